#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays the tables in cases/ on a gateway: what HTTP/1 it accepts, case by case.

    run.py --gateway PATH [--count FILE] [-k TEXT] [-v]     plays every case
    run.py --gateway PATH --compare [-k TEXT] [-v]          on nginx and HAProxy as well
    run.py --list                                           prints the tables

Prints what differs from the table with the bytes of both sides, then "conformance: N passed, N
failed, N skipped". Writes "N N N" into the count file. Exit status 1 when a case failed or none
was played.
"""

import argparse
import dataclasses
import importlib
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # test runs leave nothing in the source tree
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "cases"), str(HERE.parent / "blackbox")]

TABLES = ("requests_line", "requests_target", "requests_fields", "requests_body", "requests_order",
          "answers_head", "answers_body", "answers_interim")

LONG = 1000  # bytes; so much is not sent a second time, in small pieces


def load():
    """All rules, their cases numbered."""
    rules, number = [], 0
    assert {path.stem for path in (HERE / "cases").glob("*.py")} == set(TABLES)
    for name in TABLES:
        for rule in importlib.import_module(name).TABLE:
            cases = []
            for case in rule.cases:
                number += 1
                cases.append(dataclasses.replace(case, number=number))
            rules.append(dataclasses.replace(rule, cases=tuple(cases)))
    return rules


def select(rules, text):
    """The rules with only those cases that mention `text`."""
    found = []
    for rule in rules:
        kept = tuple(case for case in rule.cases
                     if text in f"{rule.source} {rule.text}: {case.name}")
        if kept:
            found.append(dataclasses.replace(rule, cases=kept))
    return found


def shown(data, limit=1500):
    text = repr(bytes(data))[2:-1].replace("\\r\\n", "\\r\\n\n        ")
    return text if len(text) <= limit else f"{text[:limit]}... ({len(data)} bytes)"


def report(rule, case, judge, error):
    print(f"FAILED {rule.source}, {rule.text}: {case.name}\n    {error}")
    if judge.client:
        print(f"    the client sent\n        {shown(judge.client.sent)}")
        print(f"    the client received\n        {shown(judge.client.received)}")
    for request in judge.service.requests[judge.first:]:
        print(f"    the service received\n        {shown(request.raw_head + request.body)}")
    if case.answer is not None:
        sent = (case.answer + case.later).encode("latin-1")
        print(f"    the service sent\n        {shown(sent)}")
    sys.stdout.flush()


def play_all(rules, verbose):
    from bench import Bench
    from judge import Judge
    counts = {"passed": 0, "failed": 0}
    expected_logs = []
    bench = Bench()
    try:
        for rule in rules:
            for case in rule.cases:
                judge = Judge(bench, case)
                try:
                    judge.play()
                    if case.answer is None and len(case.sends) < LONG:  # however it arrives
                        judge = Judge(bench, case, piece=7)
                        judge.play()
                except (AssertionError, OSError, ValueError) as error:
                    counts["failed"] += 1
                    report(rule, case, judge, error)
                    continue
                counts["passed"] += 1
                if judge.expected_log:
                    expected_logs.append((rule, case, *judge.expected_log))
                if verbose:
                    print(f"passed {rule.source}, {rule.text}: {case.name}", flush=True)
        bench.check_cut_short()
        wrong = check_logs(bench, expected_logs)
    finally:
        bench.close()
    counts["passed"] -= wrong
    counts["failed"] += wrong
    return counts


def check_logs(bench, expected):
    """Says which cases have not left the line they should; gives their number."""
    from wire import wait_until
    wanted = {request_id for _, _, request_id, _ in expected}
    wait_until(lambda: wanted <= {record["request_id"] for record in bench.gateway.records()},
               "the access log")
    by_id = {record["request_id"]: record for record in bench.gateway.records()}
    wrong = 0
    for rule, case, request_id, fields in expected:
        record = by_id[request_id]
        found = {name: record.get(name) for name in fields}
        if found != fields:
            wrong += 1
            print(f"FAILED {rule.source}, {rule.text}: {case.name}\n"
                  f"    access log: wanted {fields}, found {found}", flush=True)
    return wrong


def print_tables(rules):
    for rule in rules:
        print(f"\n{rule.source}: {rule.text}")
        for case in rule.cases:
            sent = case.sends if case.answer is None else case.answer
            outcome = case.outcome
            result = " ".join(str(part) for part in (outcome.kind, outcome.status or "",
                                                     outcome.cause, outcome.then) if part)
            print(f"  {ascii(case.name)[1:-1]:40.40} {result:46.46} {ascii(sent)[1:-1]:.110}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", default=os.environ.get("GATEWAY", "build/api-gateway"))
    parser.add_argument("--count", help="write the three numbers into this file")
    parser.add_argument("--compare", action="store_true", help="with nginx and HAProxy")
    parser.add_argument("--list", action="store_true", help="print the tables")
    parser.add_argument("-k", default="", help="only cases that mention this")
    parser.add_argument("-v", action="store_true", help="name every case")
    options = parser.parse_args()
    os.environ["GATEWAY"] = os.path.abspath(options.gateway)
    rules = select(load(), options.k)
    if options.list:
        print_tables(rules)
        return 0
    if not os.access(os.environ["GATEWAY"], os.X_OK):
        print(f"conformance: no program at {options.gateway}")
        return 1
    if options.compare:
        from differential import compare
        return compare(rules, options.v)
    if b"san_init" in pathlib.Path(options.gateway).read_bytes():  # a sanitizer is slow
        os.environ.setdefault("GATEWAY_TEST_PATIENCE", "4")
    counts = play_all(rules, options.v)
    if options.count:
        pathlib.Path(options.count).write_text("{passed} {failed} 0\n".format(**counts),
                                               encoding="ascii")
    print("conformance: {passed} passed, {failed} failed, 0 skipped".format(**counts))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
