# SPDX-License-Identifier: MIT
"""What every file of the project has in common."""

import functools
import re
import subprocess

SPDX = "SPDX-License-Identifier: MIT"


def check_licence(tree):
    """each source names its licence in its first three lines"""
    return [f"{path}: no line with {SPDX}" for path in tree.code()
            if not any(SPDX in line for line in tree.read(path).splitlines()[:3])]


def check_whitespace(tree):
    """each text file ends with one newline and has no trailing blanks or stray tabs"""
    problems = []
    for path in tree.text_files():
        text = tree.read(path)
        if not text.endswith("\n") or text.endswith("\n\n"):
            problems.append(f"{path}: does not end with exactly one newline")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                problems.append(f"{path}:{number}: trailing blanks")
            if "\t" in line and path.endswith((".cc", ".h", ".py")):
                problems.append(f"{path}:{number}: a tab")
    return problems


def check_headers(tree):
    """each header is included once (#pragma once)"""
    return [f"{path}: no #pragma once" for path in tree.code()
            if path.endswith(".h") and "\n#pragma once\n" not in tree.read(path)]


def check_test_mirror(tree):
    """each unit test is named after the source it tests"""
    problems = []
    for path in tree.sources("tests/unit"):
        if "/" not in path or not path.endswith(".cc"):
            continue
        source = re.sub(r"_test\.cc$", "", path)
        if source == path:
            problems.append(f"tests/unit/{path}: is not named <source>_test.cc")
        elif not any(tree.exists(f"src/{source}{end}") for end in (".cc", ".h")):
            problems.append(f"tests/unit/{path}: there is no src/{source}.cc or .h")
    return problems


@functools.lru_cache
def can_check_format():
    """Another version than that of `make format` would format in another way."""
    try:
        version = subprocess.run(["clang-format", "--version"], text=True, capture_output=True,
                                 check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return re.search(r"\bversion 14\.", version) is not None


def check_format(tree):
    """each C++ source is formatted, where clang-format 14 is here to tell"""
    if not can_check_format():
        return []
    paths = [path for path in tree.code() if path.endswith((".cc", ".h"))]
    done = subprocess.run(["clang-format", "--dry-run", *paths], cwd=tree.root, text=True,
                          capture_output=True, check=False)
    places = re.findall(r"^(\S+?:\d+):\d+: warning: code should be clang-formatted", done.stderr,
                        re.M)
    if done.returncode:
        return done.stderr.splitlines()
    return [f"{place}: not formatted (make format)" for place in dict.fromkeys(places)]


CHECKS = [check_licence, check_whitespace, check_headers, check_test_mirror, check_format]
