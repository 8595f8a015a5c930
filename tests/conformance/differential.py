# SPDX-License-Identifier: MIT
"""What nginx and HAProxy make of the cases, beside what the gateway makes of them.

One line a case: what reached the service and what the client was told. A case the gateway takes
and another refuses is marked: with "laxer" when its `note` says why, else with "BUG?".
"""

import re
import socket
import time

import peers
from bench import Bench, Recorder, start_service
from wire import Stream, WireError

QUIET_S = 0.7  # nothing more comes, is taken for granted after this long


class Ended(Exception):
    """The connection is closed, or nothing came for a while."""


class Reader(Recorder):
    """Reads answers as they are, without judging them."""

    def __init__(self, address):
        super().__init__(address)
        self.sock.settimeout(QUIET_S)
        self.state = "open"

    def _more(self):
        try:
            more = super()._more()
        except TimeoutError:
            raise Ended from None
        except OSError:
            self.state = "reset"
            raise Ended from None
        if not more:
            self.state = "closed"
            raise Ended
        return more

    def answer(self, method):
        """(status, content, complete) of the next final answer; Ended when there is none."""
        while True:
            head = self.read_raw_head().decode("latin-1")
            status = int(re.match(r"HTTP/1\.[01] (\d{3})", head)[1])
            if status >= 200 or status == 101:
                break
        length = re.search(r"^Content-Length: *(\d+)", head, re.M | re.I)
        content = bytearray()
        if method == "HEAD" or status in (101, 204, 304):
            return status, "", True
        try:
            if re.search(r"^Transfer-Encoding: *chunked", head, re.M | re.I):
                for piece in self.read_chunks():
                    content += piece
            elif length:
                for piece in self.read_length(int(length[1])):
                    content += piece
            else:
                while True:
                    content += self.read_some()
        except Ended:
            complete = not length and "chunked" not in head.lower() and self.state == "closed"
            return status, content.decode("latin-1"), complete
        return status, content.decode("latin-1"), True


class Subject:
    """A gateway under observation, with a service of its own."""

    def __init__(self, name, start):
        self.name = name
        self.service = start_service()
        self.running = start(self.service)

    def close(self):
        self.running.close()
        self.service.close()

    def observe(self, case):
        self.service.played = None
        self.service.go.clear()
        reader = Reader(self.running.address)
        try:
            if case.answer is None:
                return self.observe_request(case, reader)
            return self.observe_answer(case, reader)
        except (Ended, WireError, OSError, TypeError, AttributeError) as error:
            return Seen("lost", f"cannot be read: {error!r}", False)
        finally:
            self.service.go.set()
            self.service.played = None
            self.service.failures.clear()
            reader.close()

    def observe_request(self, case, reader):
        service, seen = self.service, len(self.service.requests)
        mark = f"/next-{case.number}"
        reader.send(case.sends + case.later)
        reader.send(f"GET {mark} HTTP/1.1\r\nHost: a\r\n\r\n")
        statuses = []
        try:
            while len(statuses) < 8:
                head = case.sends.startswith("HEAD ") and not statuses
                statuses.append(reader.answer("HEAD" if head else "GET")[0])
                if any(request.target == mark for request in service.requests[seen:]):
                    break
        except Ended:
            pass
        arrived = service.requests[seen:]
        taken = [request for request in arrived if request.target != mark]
        whole = [request for request in taken if request in service.complete]
        text = ", ".join(f"{request.method} {request.target[:24]} {len(request.body)}"
                         for request in whole)
        told = " ".join(map(str, statuses)) or f"nothing, {reader.state}"
        told += ", closed" if reader.state != "open" and statuses else ""
        if service.failures:
            return Seen("passes", f"forwards what is no HTTP: {service.failures[0]}"[:60], True)
        if not whole:
            own = bool(statuses) and statuses[0] < 400
            return Seen("answers" if own else "refuses", told, own)
        sense = [(request.method, request.target, bytes(request.body)) for request in whole]
        return Seen(sense, f"-> {text} | {told}", True)

    def observe_answer(self, case, reader):
        service, seen = self.service, len(self.service.requests)
        service.played = case
        reader.send(case.asks or f"{case.method} /x HTTP/1.1\r\nHost: a\r\n\r\n")
        if case.later:
            time.sleep(0.1)
            service.go.set()
        try:
            status, content, complete = reader.answer(case.method)
        except Ended:
            return Seen("refuses", f"nothing, {reader.state}", False)
        asked = service.requests[seen:]
        service.played = None
        time.sleep(0.05)
        again = Stream(socket.create_connection(self.running.address))
        again.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        again.read_raw_head()
        again.close()
        reused = service.requests[-1].connection is asked[-1].connection
        text = f"{status} {len(content)}" + ("" if complete else " truncated")
        text += ", reused" if reused else ""
        if not complete or status >= 500 and f" {status}" not in case.answer[:20]:
            return Seen("refuses", text, False)
        return Seen([status, content], text, True)


class Seen:
    """`sense`: what must be equal for two observations to mean the same."""

    def __init__(self, sense, text, accepted):
        self.sense, self.text, self.accepted = sense, text, accepted


class Ours:
    """The bench's gateway, in front of a service that is already there."""

    def __init__(self, service):
        self.bench = Bench(service)
        self.address = self.bench.gateway.address

    def close(self):
        self.bench.gateway.stop()


def mark_of(case, ours, others):
    if ours.accepted and any(not other.accepted for other in others):
        return "laxer" if case.note else "BUG?"
    if not ours.accepted and any(other.accepted for other in others):
        return "stricter"
    return "" if all(other.sense == ours.sense for other in others) else "differs"


def compare(rules, verbose):
    found = peers.installed()
    if not found:
        print("conformance: neither nginx nor haproxy is installed")
        return 0
    subjects = [Subject("gateway", Ours)]
    counts = {}
    try:
        for name, start in found.items():
            subjects.append(Subject(name, lambda service, start=start: start(service.host_field)))
        print_line("", "case", [subject.name for subject in subjects])
        for rule in rules:
            print(f"\n{rule.source}: {rule.text}")
            for case in rule.cases:
                ours, *others = (subject.observe(case) for subject in subjects)
                mark = mark_of(case, ours, others)
                counts[mark] = counts.get(mark, 0) + 1
                print_line(mark, case.name, [each.text for each in (ours, *others)])
                if mark == "laxer":
                    print(f"{'':10}{case.note}")
    finally:
        for subject in subjects:
            subject.close()
    print(f"\nconformance: {sum(counts.values())} cases, {counts.get('stricter', 0)} stricter than "
          f"another, {counts.get('differs', 0)} otherwise different, "
          f"{counts.get('laxer', 0)} laxer by decision, {counts.get('BUG?', 0)} laxer without one")
    return 1 if counts.get("BUG?") else 0


def print_line(mark, name, texts):
    print(f"{mark:10}{printable(name):34.34} " +
          " ".join(f"{printable(text):38.38}" for text in texts).rstrip(), flush=True)


def printable(text):
    return "".join(char if " " <= char <= "~" else "." for char in text)
