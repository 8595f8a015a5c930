# SPDX-License-Identifier: MIT
"""Bench: a gateway with one service behind it, on which one case after the other is played."""

import threading

from client import Client
from gateway import Gateway
from origin import Origin
from wire import DEADLINE, wait_until

CONFIG = {
    "listeners": [{"address": "127.0.0.1:0"}],
    "routes": [{"match": {"path_prefix": "/"}, "service": "s"}],
}


def serve(conn):
    """Answers "/x" with what the case in play says, everything else with 200."""
    while request := conn.read_request_head():
        conn.read_body(request)
        conn.origin.note_complete(request)
        played = conn.origin.played
        if played and request.target == "/x":
            request.is_asked = True
            conn.send(played.answer)
            if played.later:
                conn.origin.go.wait(DEADLINE)
                conn.send(played.later)
            if played.ends:
                return
        else:
            conn.respond(200, b"" if request.method == "HEAD" else b"ok",
                         [("Content-Length", 2)] if request.method == "HEAD" else ())


def start_service():
    service = Origin(serve)
    service.played = None
    service.go = threading.Event()
    return service


class Recorder(Client):
    """A client that remembers both directions."""

    def __init__(self, address):
        self.sent = bytearray()
        self.received = bytearray()
        super().__init__(address)

    def note_received(self, data):
        self.received += data

    def send(self, *pieces):
        for piece in pieces:
            self.sent += piece.encode("latin-1") if isinstance(piece, str) else piece
        super().send(*pieces)


class Bench:
    def __init__(self, service=None):
        self.service = service or start_service()
        self.cut_short = set()  # ids of requests that may be at the service, but never whole
        config = {**CONFIG, "services": {"s": {"instances": [{"url": self.service.url}]}}}
        self.gateway = Gateway(config=config)

    def client(self):
        return Recorder(self.gateway.address)

    def check_cut_short(self):
        """None of them was taken for a whole one, and each one's connection has ended."""
        for request in list(self.service.requests):
            if request.get("X-Request-ID") in self.cut_short:
                wait_until(lambda: request.connection.ended, "the end of the service's connection")
                assert request not in self.service.complete, f"came whole: {request.raw_head}"

    def close(self):
        try:
            self.gateway.stop()
        finally:
            self.service.close()
