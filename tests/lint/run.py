#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of the source tree itself: include levels, documentation, style.

    run.py --gateway PATH [--count FILE]

Prints each check and what it found, then "lint: N passed, N failed". Writes "passed failed
skipped" into the count file. Exit status 1 when a check failed.
"""

import argparse
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # leaves nothing in the source tree

import documentation  # noqa: E402
import include_levels  # noqa: E402
import manual  # noqa: E402
import selftest  # noqa: E402
import sources  # noqa: E402
from tree import Tree  # noqa: E402

CHECKS = include_levels.CHECKS + sources.CHECKS + documentation.CHECKS + manual.CHECKS


def checks_can_fail(tree):
    """each of these checks fails on a tree damaged for it"""
    return selftest.run(tree, CHECKS)


def main():
    parser = argparse.ArgumentParser(description="checks of the source tree")
    parser.add_argument("--gateway", required=True, help="the program")
    parser.add_argument("--count", help='file that receives "passed failed skipped"')
    options = parser.parse_args()

    root = pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(root, os.path.abspath(options.gateway))
    failed = 0
    checks = CHECKS + [checks_can_fail]
    for check in checks:
        problems = check(tree)
        print(f"{'FAILED' if problems else 'ok':6} {check.__doc__}")
        for problem in problems:
            print(f"       {problem}")
        failed += bool(problems)
    passed = len(checks) - failed
    print(f"lint: {passed} passed, {failed} failed")
    if options.count:
        pathlib.Path(options.count).write_text(f"{passed} {failed} 0\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
