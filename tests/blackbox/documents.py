# SPDX-License-Identifier: MIT
"""The documents of the project: configuration files, and examples in the manuals."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "conf" / "examples"
SHIPPED = ROOT / "conf" / "gateway.json"

# A string is taken whole, so that what looks like a comment in it is none.
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)


def strip_comments(text):
    """JSON without its // and /* */ comments; lines and columns stay what they are."""

    def blank(match):
        token = match[0]
        return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)

    return STRING_OR_COMMENT.sub(blank, text)


def parse(text):
    """What a configuration file says."""
    return json.loads(strip_comments(text))


def configuration_files():
    """All of them: the one that is installed, the examples and what they include."""
    return [SHIPPED, *sorted(EXAMPLES.glob("**/*.json"))]


class Example:
    """A literal piece of a manual: the file, the headings above it, its text."""

    def __init__(self, path, heading, language, text):
        self.path = path
        self.heading = heading
        self.language = language  # what a fence says; "" in a man page
        self.text = text

    def __str__(self):
        return f"{self.path}, {self.heading}: {self.text.strip().splitlines()[0]}"


def _plain(line):
    """A line of mdoc in a literal display as a reader sees it."""
    return line.replace(r"\&", "").replace(r"\-", "-").replace(r"\e", "\\")


def man_examples(path, root=ROOT):
    """The literal displays of a man page."""
    found, heading, lines = [], "", None
    for line in (root / path).read_text(encoding="utf-8").splitlines():
        if line.startswith((".Sh ", ".Ss ")):
            heading = line[4:]
        elif line.startswith(".Bd -literal"):
            lines = []
        elif line == ".Ed":
            found.append(Example(path, heading, "", "\n".join(lines) + "\n"))
            lines = None
        elif lines is not None:
            lines.append(_plain(line))
    return found


def markdown_examples(path):
    """The fenced blocks of a Markdown file."""
    found, heading, fence, lines = [], "", None, []
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            if fence is not None:
                found.append(Example(path, heading, fence, "\n".join(lines) + "\n"))
            fence, lines = (line[3:] if fence is None else None), []
        elif fence is not None:
            lines.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("# ")
    return found
