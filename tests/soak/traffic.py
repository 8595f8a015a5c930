# SPDX-License-Identifier: MIT
"""The clients of the soak. Whatever they receive is whole and right, or visibly broken; and it may
be broken only if one of the two sides was told to go away."""

import collections
import hashlib
import json
import random
import time

from service import content
from wire import LAST_CHUNK, Truncated, WireError, chunk

UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "soak")]
MIB = 1 << 20


class Wrong(Exception):
    """Something that must not happen."""


class Plan:
    """One request and what the service is told to do with it."""

    def __init__(self, chance, can_break=True):
        self.seed = chance.randrange(200)
        self.size = size_of(chance)
        self.framing = chance.choice(("length", "chunked", "chunked", "close"))
        self.hints = chance.choice((0, 0, 0, 1, 3))
        self.trailers = self.framing == "chunked" and chance.random() < 0.3
        self.pause = chance.choice((0, 0, 0, 0, 0, 0.002))
        self.last = chance.random() < 0.1
        self.cut = None
        self.end = "reset"
        if can_break and chance.random() < 0.15:
            self.cut = chance.choice((0, 10, 200, chance.randrange(self.size + 300)))
            # The end of what only the end of the connection delimits is no break.
            self.end = "reset" if self.framing == "close" else chance.choice(("reset", "close"))

    def target(self):
        query = f"seed={self.seed}&size={self.size}&framing={self.framing}&hints={self.hints}"
        query += f"&pause={self.pause}"
        query += "&trailers=1" if self.trailers else ""
        query += "&last=1" if self.last else ""
        query += f"&cut={self.cut}&end={self.end}" if self.cut is not None else ""
        return f"/s/x?{query}"


def size_of(chance):
    return chance.choice((0, 1, 100, 5000, 20_000, 70_000, chance.randrange(300_000),
                          chance.randrange(MIB) if chance.random() < 0.2 else 10))


class Session:
    """One client: talks on one connection as long as that lasts."""

    def __init__(self, gateway, seed):
        self.gateway = gateway
        self.chance = random.Random(seed)
        self.client = None
        self.done = collections.Counter()
        self.wrong = []

    # --- the connection -------------------------------------------------------------------

    def connection(self):
        if self.client is None:
            small = self.chance.random() < 0.1
            self.client = self.gateway.client(receive_buffer=8192 if small else None)
        return self.client

    def drop(self, how="close"):
        if self.client is not None:
            getattr(self.client, how)()
            self.client = None

    def settle(self, response):
        if response.closes():
            self.drop()

    # --- what is received -----------------------------------------------------------------

    def read(self, plan, method="GET", digest=None):
        """Reads one answer and judges it."""
        received = hashlib.sha256()
        size = 0

        def take(data):
            nonlocal size
            size += len(data)
            received.update(data)
            if plan.pause and self.chance.random() < 0.05:
                time.sleep(plan.pause)

        try:
            response = self.client.read_response(method, take)
        except (Truncated, ConnectionError) as error:
            if plan.cut is None:
                raise Wrong(f"broken without a reason: {error!r}") from None
            self.done["broken answers"] += 1
            self.drop()
            return None
        self.settle(response)
        if response.status == 502 and plan.cut is not None:
            self.done["502 answers"] += 1
            return None
        if response.status != 200:
            raise Wrong(f"{response.status} {response.headers}")
        expected = hashlib.sha256()
        for block in content(plan.seed, 0 if method == "HEAD" else plan.size):
            expected.update(block)
        if received.digest() != expected.digest():
            raise Wrong(f"the wrong content: {size} bytes instead of {plan.size}")
        if digest is not None and response.get("X-Digest") != digest:
            raise Wrong("the service received another body")
        return response

    # --- what clients do ------------------------------------------------------------------

    def get(self):
        plan = Plan(self.chance)
        self.connection().send_request("GET", plan.target(), [("TE", "trailers")]
                                       if plan.trailers else [])
        response = self.read(plan)
        if response and plan.trailers and response.trailers != [("X-Sum", str(plan.size))]:
            raise Wrong(f"trailers {response.trailers}")
        if response and len(response.interim) != plan.hints:
            raise Wrong(f"{len(response.interim)} interim answers")

    def head(self):
        plan = Plan(self.chance, can_break=False)
        self.connection().send_request("HEAD", plan.target())
        self.read(plan, "HEAD")

    def old(self):
        plan = Plan(self.chance)
        keep = [("Connection", "keep-alive")] if self.chance.random() < 0.5 else []
        self.connection().send_request("GET", plan.target(), keep, version="HTTP/1.0")
        self.read(plan)
        if not keep:
            self.drop()

    def upload(self):
        """PUT, so that a kept connection that turns out closed costs nothing."""
        plan = Plan(self.chance)
        body = b"".join(content(plan.seed + 1, min(plan.size, 60_000)))
        client = self.connection()
        try:
            if self.chance.random() < 0.5:
                client.send_request("PUT", plan.target(), body=body)
            else:
                client.send_request("PUT", plan.target(), [("Transfer-Encoding", "chunked")])
                client.send(*map(chunk, self.pieces(body)), LAST_CHUNK)
        except ConnectionError:
            if plan.cut is None:
                raise
        self.read(plan, digest=hashlib.sha256(body).hexdigest())

    def large_upload(self):
        """POST on a connection of its own to the service: it may not be sent twice."""
        plan = Plan(self.chance, can_break=False)
        plan.size, plan.last = 10, False
        digest = hashlib.sha256()
        client = self.connection()
        size = self.chance.randrange(2 * MIB)
        client.send_request("POST", plan.target().replace("/s/", "/fresh/"),
                            [("Content-Length", size)])
        for block in content(plan.seed + 1, size):
            digest.update(block)
            client.send(block)
        self.read(plan, digest=digest.hexdigest())

    def pieces(self, data):
        at = 0
        while at < len(data):
            size = self.chance.choice((1, 10, 1000, 20_000))
            yield data[at:at + size]
            at += size

    def early(self):
        """An answer before the body was read: the connection ends, the answer arrives."""
        client = self.connection()
        client.send_request("PUT", "/s/x?early=1&size=100&seed=1", [("Content-Length", 50_000)])
        client.send(b"x" * self.chance.randrange(1000))
        plan = Plan(self.chance, can_break=False)
        plan.seed, plan.size, plan.pause = 1, 100, 0
        # It may also be lost to the reset that follows it, as the service closes with unread bytes.
        plan.cut = 0
        self.read(plan)
        self.drop()

    def pipeline(self):
        plans = [Plan(self.chance, can_break=False) for _ in range(self.chance.randrange(2, 12))]
        client = self.connection()
        for plan in plans:
            plan.size = min(plan.size, 20_000)
        client.send(b"".join(b"GET %s HTTP/1.1\r\nHost: soak\r\n\r\n" % plan.target().encode()
                             for plan in plans))
        for plan in plans:
            self.read(plan)

    def events(self):
        """A stream of events, some of which the client does not wait for."""
        plan = Plan(self.chance, can_break=False)
        plan.framing, plan.pause, plan.size, plan.trailers = "chunked", 0.001, 200_000, False
        client = self.connection()
        client.send_request("GET", plan.target())
        if self.chance.random() < 0.5:
            self.read(plan)
        else:
            client.read_head()
            client.read_some()
            self.drop(self.chance.choice(("close", "reset")))

    def tunnel(self):
        self.drop()
        client = self.connection()
        broken = self.chance.random() < 0.2
        cut = f"?cut={self.chance.randrange(90, 50_000)}&end=reset" if broken else ""
        client.send_request("GET", f"/s/tunnel{cut}", UPGRADE)
        try:
            if client.read_head().status != 101:
                raise Wrong("no tunnel")
            sent = hashlib.sha256()
            received = hashlib.sha256()
            for _ in range(self.chance.randrange(1, 20)):
                data = self.chance.randbytes(self.chance.choice((1, 100, 4000)))
                sent.update(data)
                client.send(data)
                received.update(client.read_exactly(len(data)))
            client.half_close()
            if client.read_to_end() != b"BYE" or sent.digest() != received.digest():
                raise Wrong("a tunnel that changes what passes")
        except (Truncated, ConnectionError):
            if not broken:
                raise
            self.done["broken tunnels"] += 1
        self.drop()

    def errors(self):
        request, status = self.chance.choice((
            (b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            (b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405),
            (b"GET /s/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /s/never HTTP/1.1\r\n\r\n", 400),
            (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            (b"POST /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nx", 413),
            (b"POST /s/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\r\nhello\r\nx",
             400),
            (b"GET /s/../../x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            (b"GET /refused/x HTTP/1.1\r\nHost: a\r\n\r\n", 503),
            (b"GET /s/x HTTP/2.0\r\nHost: a\r\n\r\n", 505)))
        client = self.connection()
        client.send(request)
        response = client.read_response()
        if response.status != status or "request_id" not in json.loads(response.body):
            raise Wrong(f"{response.status} instead of {status}: {response.body}")
        self.settle(response)

    def abort(self):
        """Leaves at any moment, in any way."""
        plan = Plan(self.chance)
        client = self.connection()
        head = f"POST {plan.target()} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n".encode()
        raw = head + bytes(5000)
        if self.chance.random() < 0.3:
            raw = raw.replace(b"POST", b"GET").replace(b"Content-Length: 5000\r\n", b"")[:-5000]
        sent = raw[:self.chance.choice((1, len(raw), self.chance.randrange(len(raw)) + 1))]
        client.send(sent)
        try:
            client.sock.settimeout(self.chance.choice((0.001, 0.02)))
            client.read_exactly(self.chance.randrange(1, 3000))
        except (TimeoutError, Truncated, ConnectionError):
            pass
        if self.chance.random() < 0.2:
            try:
                client.half_close()
            except OSError:
                pass
        self.drop(self.chance.choice(("close", "reset")))

    ACTS = (get, get, get, head, old, upload, upload, large_upload, early, pipeline, events, tunnel,
            errors, errors, abort, abort)

    def run(self, end):
        """Acts until `end` (a monotonic time)."""
        while time.monotonic() < end:
            act = self.chance.choice(self.ACTS)
            try:
                act(self)
                self.done[act.__name__] += 1
            except (Wrong, WireError, OSError, ValueError) as error:
                self.wrong.append(f"{act.__name__}: {error!r}")
                self.drop()
        self.drop()
