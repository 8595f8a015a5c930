# SPDX-License-Identifier: MIT
"""The service of the soak: each request says in its query how it wants to be treated."""

import functools
import hashlib
import random
import struct
import threading
import time
import urllib.parse

from wire import chunk, make_head

BLOCK = 8192
AGREE = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: soak\r\n\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </soak.css>\r\n\r\n"


@functools.lru_cache(maxsize=256)
def base(seed):
    return random.Random(seed).randbytes(BLOCK - 8)


def content(seed, size):
    """Blocks that all differ: what is lost, repeated or mixed up shows."""
    number = 0
    while size > 0:
        block = (struct.pack(">Q", number) + base(seed))[:size]
        yield block
        size -= len(block)
        number += 1


class Cut(Exception):
    """The service ends the connection here, as it was told to."""


class Wire:
    """Sends what it is given, up to the byte where the service is to go away."""

    def __init__(self, conn, cut):
        self.conn = conn
        self.left = cut  # None: never

    def send(self, data):
        if self.left is None:
            self.conn.send(data)
            return
        self.conn.send(data[:self.left])
        self.left -= len(data)
        if self.left < 0:
            raise Cut


class Query:
    def __init__(self, target):
        values = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))
        self.seed = int(values.get("seed", 0))
        self.size = int(values.get("size", 0))
        self.framing = values.get("framing", "length")
        self.cut = int(values["cut"]) if "cut" in values else None
        self.end = values.get("end", "close")  # how, when cut
        self.pause = float(values.get("pause", 0))  # seconds, now and then
        self.hints = int(values.get("hints", 0))
        self.trailers = "trailers" in values
        self.early = "early" in values  # answers before it has read the body
        self.last = "last" in values    # closes afterwards without having said so


def answer(wire, query, request, digest):
    fields = [("X-Digest", digest), ("Content-Type", "application/octet-stream")]
    if query.framing == "length":
        fields.append(("Content-Length", query.size))
    elif query.framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
    wire.send(HINT * query.hints)
    wire.send(make_head("HTTP/1.1 200 OK", fields))
    if request.method == "HEAD":
        return
    for number, block in enumerate(content(query.seed, query.size)):
        wire.send(chunk(block) if query.framing == "chunked" else block)
        if query.pause and number % 8 == 0:
            time.sleep(query.pause)
    if query.framing == "chunked":
        wire.send(b"0\r\n" + (b"X-Sum: %d\r\n" % query.size if query.trailers else b"") + b"\r\n")


def tunnel(conn, wire):
    wire.send(AGREE)
    while data := conn.read_some():
        wire.send(data)
    wire.send(b"BYE")


def one_request(conn, request):
    """Serves it; gives whether the connection goes on."""
    query = Query(request.target)
    wire = Wire(conn, query.cut)
    if request.has("Upgrade"):
        tunnel(conn, wire)
        return False
    if query.early:
        answer(wire, query, request, "early")
        return False
    digest = hashlib.sha256()

    def take(data):
        digest.update(data)
        if query.pause:
            time.sleep(query.pause)

    conn.read_body(request, take)
    answer(wire, query, request, digest.hexdigest())
    return query.framing != "close" and not query.last


def serve(conn):
    """The script of the origin."""
    while request := conn.read_request_head():
        try:
            if not one_request(conn, request):
                return
        except Cut:
            if Query(request.target).end == "reset":
                conn.reset()
            return


def forget(origin, interval=5):
    """An origin remembers everything; for hours of traffic that is too much."""

    def run():
        while True:
            time.sleep(interval)
            with origin.lock:
                origin.requests.clear()
                origin.connections[:] = [c for c in origin.connections if c.thread.is_alive()]

    threading.Thread(target=run, daemon=True).start()
