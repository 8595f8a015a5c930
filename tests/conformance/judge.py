# SPDX-License-Identifier: MIT
"""Plays a case on the bench and says what came out otherwise than the table has it."""

import json
import re
import time

from client import Response
from table import passes
from wire import Truncated, wait_until


class Mismatch(AssertionError):
    pass


def require(ok, text):
    if not ok:
        raise Mismatch(text)


def require_equal(found, wanted, what):
    require(found == wanted, f"{what}:\n    wanted {wanted!r}\n    found  {found!r}")


def method_of(sends):
    """The method of the first request, as far as a reader of its answer must know it."""
    return "HEAD" if sends.startswith("HEAD ") else "GET"


def read_plainly(sends):
    """(start line, field lines but Host, content) of a message that is what it seems to be."""
    head, _, body = sends.removeprefix("\r\n").partition("\r\n\r\n")
    start, *fields = head.split("\r\n")
    start = re.sub(r"HTTP/1\.[01]", "HTTP/1.1", start)
    return start, [line for line in fields if not line.startswith("Host:")], body


class Judge:
    """One case in play; the client sends `piece` bytes at a time. What it did is for a report."""

    def __init__(self, bench, case, piece=1 << 20):
        self.bench = bench
        self.service = bench.service
        self.case = case
        self.piece = piece
        self.client = None
        self.first = len(self.service.requests)
        self.looked_at = []
        self.interim = []  # answers that were waited for
        self.client_ended = False
        self.is_kept = True
        self.expected_log = None  # (request id, fields of its line)

    def play(self):
        self.client = self.bench.client()
        self.service.played = None
        try:
            if self.case.answer is None:
                self.play_request()
            else:
                self.play_answer()
            require(not self.service.failures, f"the service: {self.service.failures}")
            require_equal([request.target for request in self.arrived()], [],
                          "requests nobody expected")
        except AssertionError:
            time.sleep(0.05)  # what still arrives is reported here, not with the next case
            raise
        finally:
            self.service.failures.clear()
            self.service.go.set()
            self.client.close()

    # --- what the service received ------------------------------------------------------------

    def arrived(self):
        """Requests at the service that nobody has looked at. Some of those cut short come late."""
        return [request for request in self.service.requests[self.first:]
                if request not in self.looked_at and
                request.get("X-Request-ID") not in self.bench.cut_short]

    def next_request(self):
        arrived = self.arrived()
        require(arrived, "nothing reached the service")
        self.looked_at.append(arrived[0])
        return arrived[0]

    def check_forwarded(self, outcome, sent):
        """The next request of the service is this one, and the gateway's fields are right."""
        request = self.next_request()
        start, fields, body = sent
        first, *lines = request.raw_head.decode("latin-1")[:-4].split("\r\n")
        own = [f"Host: {self.service.host_field}", "X-Forwarded-For: 127.0.0.1",
               "X-Forwarded-Proto: http", f"X-Forwarded-Port: {self.bench.gateway.address[1]}"]
        if outcome.host is not None:
            own.append(f"X-Forwarded-Host: {outcome.host}")
        for line in own:
            require(line in lines, f"{line!r} did not reach the service: {lines}")
            lines.remove(line)
        ids = [line for line in lines if line.startswith("X-Request-ID: ")]
        require_equal(len(ids), 1, "number of X-Request-ID lines")
        lines.remove(ids[0])
        require_equal(first, start if outcome.start is None else outcome.start, "request line")
        require_equal(lines, list(fields if outcome.fields is None else outcome.fields),
                      "field lines at the service")
        require(request in self.service.complete, "the request did not reach the service whole")
        require_equal(request.body.decode("latin-1"),
                      body if outcome.body is None else outcome.body,
                      "content at the service")
        require_equal([f"{name}: {value}" for name, value in request.trailers],
                      list(outcome.trailers), "trailers at the service")

    # --- requests -----------------------------------------------------------------------------

    def play_request(self):
        case, outcome = self.case, self.case.outcome
        next_one = f"GET /next-{case.number} HTTP/1.1\r\nHost: a\r\n\r\n"
        is_first_part = case.later or outcome.kind == "silence"
        self.send(case.sends + ("" if is_first_part else next_one))
        if outcome.kind == "silence":
            self.client.half_close()
            require_equal(self.client.read_to_end(), b"", "what the client received")
            return
        if case.later:
            self.interim = [Response(self.client.read_raw_head())]
            self.send(case.later + next_one)
        parts = outcome.parts or (outcome,)
        for part in parts:
            sends = case.sends if part is parts[0] else part.start or ""
            getattr(self, "judge_" + part.kind)(part, sends)
        if self.is_kept:
            self.judge_passes(passes(), next_one)
        else:
            require(self.client.at_end(), "something came behind the last answer")

    def send(self, text):
        for at in range(0, len(text), self.piece):
            try:
                self.client.send(text[at:at + self.piece])
            except BrokenPipeError:  # who asked for the end of the connection may come too late
                if (self.case.outcome.kind, self.case.outcome.then) != ("passes", "closed"):
                    raise
                return

    def judge_passes(self, outcome, sends):
        response = self.client.read_response(method_of(sends))
        response.interim = self.interim + response.interim
        self.interim = []
        require_equal(response.status, 200, "status")
        require_equal(response.body, b"" if method_of(sends) == "HEAD" else b"ok", "body")
        if outcome.interim is not None:
            require_equal([each.status for each in response.interim], list(outcome.interim),
                          "interim")
        self.check_connection(response, outcome)
        self.check_forwarded(outcome, read_plainly(sends))

    def check_connection(self, response, outcome):
        self.is_kept = not response.closes()
        if outcome.then in ("kept", "closed"):
            require_equal(self.is_kept, outcome.then == "kept", "connection kept")

    def judge_error(self, outcome, sends):
        response = self.client.read_response(method_of(sends))
        require_equal(response.status, outcome.status, "status")
        self.check_connection(response, outcome)
        if outcome.cause:
            require_equal(response.get("Content-Type"), "application/json", "Content-Type")
            if method_of(sends) != "HEAD":
                require_equal(json.loads(response.body)["cause"], outcome.cause, "cause")
            self.expect_log(response, outcome.status, outcome.cause)
        return response

    def judge_answered(self, outcome, sends):
        self.judge_error(outcome, sends)

    def judge_refused(self, outcome, sends):
        self.judge_error(outcome, sends)
        self.expected_log[1]["attempts"] = 0

    def judge_cut(self, outcome, sends):
        """A part of the request may reach the service, which must not take it for a whole one."""
        response = self.judge_error(outcome, sends)
        self.bench.cut_short.add(response.get("X-Request-ID"))

    def expect_log(self, response, status, cause, detail=None):
        fields = {"status_code": status, "cause": cause}
        if detail is not None:
            fields["detail"] = detail or None
        self.expected_log = (response.get("X-Request-ID"), fields)

    # --- answers ------------------------------------------------------------------------------

    def play_answer(self):
        case = self.case
        self.service.go.clear()
        self.service.played = case
        asks = case.asks or f"{case.method} /x HTTP/1.1\r\nHost: a\r\n\r\n"
        self.client.send(asks)
        getattr(self, "judge_" + case.outcome.kind)(case.outcome, asks)
        asked = self.arrived()
        require(asked, "nothing reached the service")
        self.looked_at += asked
        conn = asked[-1].connection
        self.service.go.set()
        if case.outcome.then == "dropped":
            wait_until(lambda: conn.ended or case.ends, "the end of the service's connection")
        self.service.played = None
        reused = self.ask_again() is conn
        require_equal(reused, case.outcome.then == "reused", "connection reused")

    def ask_again(self):
        """The connection on which the next request reaches the service."""
        target = f"/next-{self.case.number}"
        if self.client_ended:
            self.client.close()
            self.client = self.bench.client()
        require_equal(self.client.get(target).status, 200, "status of the next request")
        request = self.next_request()
        require_equal(request.target, target, "next request")
        return request.connection

    def judge_delivered(self, outcome, asks):
        response = self.client.read_response(method_of(asks))
        start, fields, body = read_plainly(self.case.answer)
        self.check_head(response, start if outcome.start is None else outcome.start,
                        fields if outcome.fields is None else outcome.fields)
        require_equal(response.body.decode("latin-1"),
                      body if outcome.body is None else outcome.body,
                      "content at the client")
        require_equal([f"{name}: {value}" for name, value in response.trailers],
                      list(outcome.trailers), "trailers at the client")
        require_equal([each.status for each in response.interim], list(outcome.interim), "interim")
        self.client_ended = response.closes()
        if self.client_ended:
            require(self.client.at_end(), "something came behind the answer")

    def check_head(self, response, start, fields):
        first, *lines = response.raw_head.decode("latin-1")[:-4].split("\r\n")
        sent_date = any(line.startswith("Date:") for line in fields)
        lines = [line for line in lines if not line.startswith("X-Request-ID:")
                 and (sent_date or not line.startswith("Date:"))]
        require_equal(first, start, "status line")
        require_equal(lines, list(fields), "field lines at the client")

    def judge_bad_gateway(self, outcome, asks):
        response = self.judge_error(outcome, asks)
        self.expect_log(response, outcome.status, outcome.cause, outcome.start)

    def judge_truncated(self, outcome, asks):
        head = self.client.read_head(method_of(asks))
        self.check_head(head, outcome.start, outcome.fields)
        self.service.go.set()
        try:
            self.client.read_body(head)
        except Truncated as error:
            require_equal(error.partial.decode("latin-1"), outcome.body, "content at the client")
        else:
            raise Mismatch("the client takes the answer for a whole one")
        self.client_ended = True

    def judge_broken(self, outcome, asks):
        try:
            response = self.client.read_response(method_of(asks))
            require_equal(response.status, outcome.status, "status")
        except Truncated:
            self.client_ended = True
