#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the black-box tests: each test file in a process of its own, some at a time.

    run.py --gateway PATH [--count FILE] [-j N] [-k PATTERN] [-v] [file ...]

Prints the failures with the logs of their daemons, then "blackbox: N passed, N failed, N
skipped". Writes "N N N" into the count file. Exit status 1 when a test failed or none ran.
Ended by a signal, it takes the daemons and the files of the tests that run along.
"""

import argparse
import concurrent.futures
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True  # test runs leave nothing in the source tree
HERE = pathlib.Path(__file__).resolve().parent
FILE_LIMIT_S = 900  # a test file that takes longer hangs
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_in_order():
    """From now on an ending signal raises KeyboardInterrupt, which no test takes for a failure."""

    def interrupt(number, _):
        for other in ENDING_SIGNALS:
            signal.signal(other, signal.SIG_IGN)  # what follows is the end already
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, interrupt)


class Result(unittest.TestResult):
    """Keeps one entry per test: name, outcome, seconds, text."""

    def __init__(self):
        super().__init__()
        self.entries = {}
        self.started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def _note(self, test, outcome, text=""):
        name = test.id()
        entry = self.entries.setdefault(name, {"outcome": outcome, "text": ""})
        if entry["outcome"] != "failed":
            entry["outcome"] = outcome
        entry["text"] += text
        entry["seconds"] = round(time.monotonic() - self.started, 1)

    def _failed(self, test, err):
        logs = test.logs() if hasattr(test, "logs") else ""
        self._note(test, "failed", self._exc_info_to_string(err, test) + logs + "\n")

    def addSuccess(self, test):
        self._note(test, "passed")

    def addError(self, test, err):
        self._failed(test, err)

    def addFailure(self, test, err):
        self._failed(test, err)

    def addSkip(self, test, reason):
        self._note(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        if err:
            logs = test.logs() if hasattr(test, "logs") else ""
            self._note(test, "failed",
                       f"{subtest}\n{self._exc_info_to_string(err, test)}{logs}\n")


def run_file(name, pattern):
    """Runs one test file in this process and prints its entries as JSON."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)  # when run.py itself is killed
    sys.path.insert(0, str(HERE))
    from gateway import kill_descendants
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [f"*{pattern}*"]
    result = Result()
    with tempfile.TemporaryDirectory(prefix="gateway-tests-", ignore_cleanup_errors=True) as path:
        os.chmod(path, 0o755)  # workers of a gateway started as root are someone else
        tempfile.tempdir = path
        try:
            loader.loadTestsFromName(name).run(result)
        finally:
            kill_descendants()
    print(json.dumps(result.entries))


class Children:
    """The processes that run test files."""

    def __init__(self):
        self.running = set()
        self.is_over = False
        self.lock = threading.Lock()

    def run(self, command):
        """Runs it to its end; gives exit status, stdout and stderr."""
        with self.lock:
            if self.is_over:
                return 1, "", "interrupted"
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     text=True, errors="backslashreplace")
            self.running.add(child)
        try:
            out, err = child.communicate(timeout=FILE_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.terminate()
            out, err = child.communicate()
            err += f"did not end within {FILE_LIMIT_S} s"
        with self.lock:
            self.running.remove(child)
        return child.returncode, out, err

    def end(self):
        """Asks all to end; from now on none is started."""
        with self.lock:
            self.is_over = True
            for child in self.running:
                child.terminate()


def run_apart(name, options, children):
    """Runs one test file in a process of its own; gives its entries."""
    command = [sys.executable, str(HERE / "run.py"), "--gateway", options.gateway,
               "--one", name]
    if options.k:
        command += ["-k", options.k]
    status, out, err = children.run(command)
    if status == 0:
        return json.loads(out.splitlines()[-1])
    return {name: {"outcome": "failed", "text": err + out, "seconds": 0}}


def report(name, entry, verbose):
    if entry["outcome"] == "failed":
        print(f"FAILED {name}\n{entry['text']}", flush=True)
    elif verbose:
        reason = f": {entry['text']}" if entry["text"] else ""
        print(f"{entry['outcome']} {name} ({entry['seconds']} s){reason}", flush=True)
    elif entry["outcome"] == "skipped":
        print(f"skipped {name}: {entry['text']}", flush=True)


def run_all(names, options):
    """Runs the test files, reports as they end; gives how many passed, failed, were skipped."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    children = Children()
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        try:
            runs = [pool.submit(run_apart, name, options, children) for name in names]
            for run in concurrent.futures.as_completed(runs):
                for test, entry in sorted(run.result().items()):
                    report(test, entry, options.v)
                    counts[entry["outcome"]] += 1
        except KeyboardInterrupt:
            children.end()
            raise
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", default=os.environ.get("GATEWAY", "build/api-gateway"))
    parser.add_argument("--count", help="write the three numbers into this file")
    parser.add_argument("-j", type=int, default=4, help="test files at a time")
    parser.add_argument("-k", default="", help="only tests whose name contains this")
    parser.add_argument("-v", action="store_true", help="name every test")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    options.gateway = os.path.abspath(options.gateway)
    os.environ["GATEWAY"] = options.gateway
    end_in_order()
    if options.one:
        run_file(options.one, options.k)
        return 0

    if not os.access(options.gateway, os.X_OK):
        print(f"blackbox: no program at {options.gateway}")
        return 1
    sys.path.insert(0, str(HERE))
    from gateway import is_sanitized  # needs $GATEWAY
    if is_sanitized():
        os.environ.setdefault("GATEWAY_TEST_PATIENCE", "4")
    names = ([pathlib.Path(file).stem for file in options.files] or
             sorted(path.stem for path in HERE.glob("test_*.py")))
    counts = run_all(names, options)
    numbers = list(counts.values())
    if options.count:
        pathlib.Path(options.count).write_text("{} {} {}\n".format(*numbers), encoding="ascii")
    print("blackbox: {} passed, {} failed, {} skipped".format(*numbers))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt as interruption:
        sys.exit(f"blackbox: ended by {interruption}")
