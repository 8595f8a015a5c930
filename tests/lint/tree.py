# SPDX-License-Identifier: MIT
"""A tree of sources as the checks see it."""

import functools
import os
import pathlib
import re
import subprocess

TEXT_ENDINGS = (".cc", ".h", ".py", ".sh", ".md", ".ac", ".in", ".8", ".5", ".yml", ".json",
                ".example")
TEXT_NAMES = ("Makefile", "Dockerfile", "run", ".clang-format", ".clang-tidy", ".editorconfig",
              ".gitignore", ".dockerignore")
SKIPPED_FOLDERS = {".git", "build", "autom4te.cache", "__pycache__"}


class Tree:
    """Paths are relative to the root, with slashes."""

    def __init__(self, root, gateway):
        self.root = pathlib.Path(root)
        self.gateway = gateway

    def path(self, path):
        return str(self.root / path)

    def exists(self, path):
        return (self.root / path).exists()

    def read(self, path):
        """The text of a file; of one that is not there, none."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def commands(self):
        """The subcommands that --help shows."""
        return re.findall(r"^  api-gateway ([a-z][a-z-]*)", _help(self.gateway), re.M)

    def help(self):
        """What --help prints, of the program and of its subcommands."""
        return "".join([_help(self.gateway)] +
                       [_help(self.gateway, command) for command in self.commands()])

    def schema(self):
        """What --schema prints."""
        return _output(self.gateway, "--schema")

    def text_files(self):
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
            for name in sorted(files):
                if name.endswith(TEXT_ENDINGS) or name in TEXT_NAMES:
                    found.append((pathlib.Path(folder) / name).relative_to(self.root).as_posix())
        return found

    def code(self):
        """What has a licence line: programs, scripts and build rules."""
        return [path for path in self.text_files()
                if path.endswith((".cc", ".h", ".py", ".sh", ".ac", ".8", ".5")) or
                path in ("Makefile", "Dockerfile", ".ci/run")]

    def sources(self, folder):
        """C++ files below `folder`, relative to it."""
        return [path[len(folder) + 1:] for path in self.text_files()
                if path.startswith(folder + "/") and path.endswith((".cc", ".h"))]


def _help(*command):
    return _output(*command, "--help")


@functools.lru_cache
def _output(*command):
    return subprocess.run(command, text=True, capture_output=True, check=True, timeout=120).stdout
