# SPDX-License-Identifier: MIT
"""Bodies pass byte for byte in both directions, whatever their size, at constant memory."""

import hashlib
import threading

from case import MIB, Case
from wire import LAST_CHUNK, CRLF, chunk, pattern

SIZES = (0, 1, 65536, 100 * MIB)
MEMORY_BOUND = 40 * MIB


class Digest:
    """A sink that keeps no bytes."""

    def __init__(self):
        self.hash = hashlib.sha256()
        self.size = 0

    def __call__(self, data):
        self.hash.update(data)
        self.size += len(data)

    def value(self):
        return self.size, self.hash.hexdigest()


def digest_of(size):
    digest = Digest()
    for block in pattern(size):
        digest(block)
    return digest.value()


def uploads(conn):
    """Answers every request with the digest of its body."""
    while True:
        digest = Digest()
        if not conn.read_request(digest):
            return
        conn.respond(200, repr(digest.value()).encode())


def download(framing):
    """A script that answers "/api/SIZE" with that many bytes."""

    def script(conn):
        while request := conn.read_request():
            size = int(request.target.rsplit("/", 1)[1])
            if framing == "length":
                conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
            elif framing == "close":
                conn.send("HTTP/1.1 200 OK\r\n\r\n")
            else:
                conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            if framing == "one chunk" and size:
                conn.send(f"{size:x}\r\n")
            for block in pattern(size):
                conn.send(chunk(block) if framing == "chunked" else block)
            if framing == "one chunk" and size:
                conn.send(CRLF)
            if framing == "close":
                return
            if framing != "length":
                conn.send(LAST_CHUNK)

    return script


class Bodies(Case):
    def assert_memory(self, gw):
        """Under a sanitizer the resident size says nothing."""
        if not self.is_sanitized():
            self.assertLess(gw.memory_peak(), MEMORY_BOUND)

    def upload(self, encode, headers_for):
        service = self.origin(uploads, record=False)
        gw = self.gateway(service, GATEWAY_MAX_BODY="off")
        for size in SIZES:
            with self.subTest(size=size), gw.client() as client:
                client.send_request("POST", "/api/service1/up", headers_for(size))
                encode(client, size)
                response = client.read_response()
                self.assertEqual(response.status, 200, response.body)
                self.assertEqual(response.body.decode(), repr(digest_of(size)))
                self.assert_log(gw, response, bytes_in=size, bytes_out=len(response.body))
        self.assert_memory(gw)

    def test_requests_with_a_length(self):
        def encode(client, size):
            for block in pattern(size):
                client.send(block)

        self.upload(encode, lambda size: [("Content-Length", size)])

    def test_chunked_requests(self):
        def encode(client, size):
            for block in pattern(size):
                client.send(chunk(block))
            client.send(LAST_CHUNK)

        self.upload(encode, lambda size: [("Transfer-Encoding", "chunked")])

    def test_a_request_in_one_giant_chunk(self):
        def encode(client, size):
            if size:
                client.send(f"{size:X};name=\"value\"\r\n", *pattern(size), CRLF)
            client.send(LAST_CHUNK)

        self.upload(encode, lambda size: [("Transfer-Encoding", "chunked")])

    def download(self, framing, sizes=SIZES):
        gw = self.gateway(self.origin(download(framing)))
        for size in sizes:
            with self.subTest(size=size), gw.client() as client:
                client.send_request("GET", f"/api/service1/{size}")
                digest = Digest()
                response = client.read_response(sink=digest)
                self.assertEqual(response.status, 200)
                self.assertEqual(digest.value(), digest_of(size))
                self.assert_log(gw, response, bytes_in=0, bytes_out=size, cause="")
        self.assert_memory(gw)

    def test_answers_with_a_length(self):
        self.download("length")

    def test_chunked_answers(self):
        self.download("chunked")

    def test_answers_in_one_giant_chunk(self):
        self.download("one chunk")

    def test_answers_that_end_with_the_connection(self):
        self.download("close")

    def test_a_client_of_http_1_0_gets_a_chunked_answer_as_it_is(self):
        gw = self.gateway(self.origin(download("chunked")))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/200000", version="HTTP/1.0")
            digest = Digest()
            response = client.read_response(sink=digest)
            self.assertFalse(response.has("Transfer-Encoding"))
            self.assertEqual(digest.value(), digest_of(200000))

    def test_both_directions_at_once(self):
        size = 8 * MIB

        def echo(conn):
            conn.read_request_head()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
            for data in conn.read_length(size):
                conn.send(data)

        gw = self.gateway(self.origin(echo))
        with gw.client() as client:
            def send():
                client.send_request("POST", "/api/service1/echo", [("Content-Length", size)])
                client.send(*pattern(size))

            sender = threading.Thread(target=send)
            sender.start()
            digest = Digest()
            self.assertEqual(client.read_response(sink=digest).status, 200)
            sender.join()
            self.assertEqual(digest.value(), digest_of(size))

    def test_a_request_in_single_bytes(self):
        service = self.origin()
        gw = self.gateway(service)
        raw = (b"POST /api/service1/slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
               b"X-Y: z\r\n\r\n5;e=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n")
        with gw.client() as client:
            for i in range(len(raw)):
                client.send(raw[i:i + 1])
            response = client.read_response()
        self.assertEqual(response.status, 200)
        self.assertEqual(service.complete[0].body, b"hello!")
        self.assertEqual(service.complete[0].get("X-Y"), "z")

    def test_an_answer_in_single_bytes(self):
        raw = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Y: z\r\n\r\n"
               b"5;e=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n")

        def script(conn):
            while conn.read_request():
                for i in range(len(raw)):
                    conn.send(raw[i:i + 1])

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            for _ in range(2):
                response = client.get("/api/service1/x")
                self.assertEqual((response.body, response.get("X-Y")), (b"hello!", "z"))

    def test_an_answer_before_the_body_is_complete_is_delivered(self):
        def script(conn):
            conn.read_request_head()
            conn.respond(409, b"no need for more", [("Connection", "close")])
            conn.wait_end()

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 1000)])
            client.send(b"x" * 10)
            response = client.read_response()
            self.assertEqual((response.status, response.body), (409, b"no need for more"))
            self.assertTrue(response.closes())
            self.assertTrue(client.at_end())
        service.wait_ended()
