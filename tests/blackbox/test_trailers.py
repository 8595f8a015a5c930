# SPDX-License-Identifier: MIT
"""Trailers: fields behind a chunked body, passed on to those who take them."""

from case import Case
from origin import answer_raw
from wire import LAST_CHUNK, chunk

ASK = [("TE", "trailers"), ("Connection", "TE")]
GRPC = [("grpc-status", "0"), ("grpc-message", "fine")]
ANSWER = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status, grpc-message\r\n"
          b"Content-Type: application/grpc-web+proto\r\n\r\n5\r\nhello\r\n0\r\n"
          b"grpc-status: 0\r\ngrpc-message: fine\r\n\r\n")


class ResponseTrailers(Case):
    def response_to(self, raw=ANSWER, headers=(), method="GET", version="HTTP/1.1", config=None):
        self.service = self.origin(answer_raw(raw))
        if config:
            route = {"match": {"path_prefix": "/api/service1/"}, "service": "s", **config}
            self.gw = self.gateway(config={
                "services": {"s": {"instances": [{"url": self.service.url}]}}, "routes": [route]})
        else:
            self.gw = self.gateway(self.service)
        with self.gw.client() as client:
            return client.request(method, "/api/service1/x", headers, version=version)

    def test_they_reach_a_client_that_asked(self):
        response = self.response_to(headers=ASK)
        self.assertEqual(response.body, b"hello")
        self.assertEqual(response.trailers, GRPC)
        self.assertEqual(response.get("Trailer"), "grpc-status, grpc-message")
        self.assertFalse(response.has("grpc-status"))  # never merged into the head
        request = self.service.requests[0]
        self.assertEqual(request.get("TE"), "trailers")
        self.assertEqual(request.tokens("Connection"), ["te"])
        self.assert_log(self.gw, response, status_code=200, bytes_out=5, cause="")

    def test_nobody_else_gets_them_or_is_told_of_them(self):
        for headers in ([], [("TE", "gzip")], [("Trailer", "grpc-status")]):
            with self.subTest(headers=headers):
                response = self.response_to(headers=headers)
                self.assertEqual((response.body, response.trailers), (b"hello", []))
                self.assertFalse(response.has("Trailer"))
                self.assertFalse(response.has("grpc-status"))
                self.assertFalse(self.service.requests[0].has("TE"))
                self.assertFalse(self.service.requests[0].has("Connection"))

    def test_a_client_of_http_1_0_gets_the_body_alone(self):
        response = self.response_to(headers=ASK, version="HTTP/1.0")
        self.assertEqual((response.body, response.framing), (b"hello", "close"))
        self.assertFalse(response.has("Trailer"))

    def test_an_answer_to_head_announces_none(self):
        raw = ANSWER[:ANSWER.index(b"5\r\n")]
        response = self.response_to(raw, ASK, "HEAD")
        self.assertEqual(response.status, 200)
        self.assertFalse(response.has("Trailer"))

    def test_an_answer_without_a_chunked_body_has_none(self):
        raw = b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nok"
        response = self.response_to(raw, ASK)
        self.assertEqual((response.body, response.trailers), (b"ok", []))
        self.assertFalse(response.has("Trailer"))

    def test_an_empty_body_can_have_them(self):
        raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 0\r\n\r\n"
        response = self.response_to(raw, ASK)
        self.assertEqual((response.body, response.trailers), (b"", [("X-Sum", "0")]))

    def test_a_large_body_can_have_them(self):
        body = bytes(range(256)) * 4096
        raw = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(body) +
               b"0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n")
        response = self.response_to(raw, ASK)
        self.assertEqual(response.trailers, [("X-Sum", "1"), ("X-Sum", "2")])
        self.assertEqual(response.body, body)

    def test_they_may_come_in_single_bytes_and_the_connection_goes_on(self):
        def script(conn):
            while conn.read_request():
                for at in range(len(ANSWER)):
                    conn.send(ANSWER[at:at + 1])

        self.service = self.origin(script)
        gw = self.gateway(self.service)
        with gw.client() as client:
            for headers, trailers in ((ASK, GRPC), ([], []), (ASK, GRPC)):
                response = client.get("/api/service1/x", headers)
                self.assertEqual((response.body, response.trailers), (b"hello", trailers))
        self.assertEqual(len(self.service.connections), 1)

    def test_what_belongs_into_a_head_is_left_out(self):
        raw = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
               b"Content-Length: 0\r\nX-Sum: 1\r\nTransfer-Encoding: chunked\r\n"
               b"Set-Cookie: a=b\r\nX-Request-ID: other\r\nContent-Type: text/html\r\n"
               b"Authorization: Basic x\r\nX-Internal: secret\r\n\r\n")
        response = self.response_to(raw, ASK, config={
            "headers": {"response": {"remove": ["X-Internal"]}}})
        self.assertEqual(response.trailers, [("X-Sum", "1")])

    def test_malformed_ones_break_the_answer_off(self):
        for trailer in (b"X Sum: 1", b" X-Sum: 1", b"X-Sum : 1", b"X-Sum", b"X-Sum: a\0b",
                        b"X-Sum: 1\n", b": 1", b"X-Sum: " + b"x" * 17000):
            with self.subTest(trailer=trailer[:20]):
                raw = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                       chunk(b"x" * 100000) + b"0\r\n" + trailer + b"\r\n\r\n")
                service = self.origin(answer_raw(raw))
                gw = self.gateway(service)
                with gw.client() as client:
                    client.send_request("GET", "/api/service1/x", ASK)
                    response = client.read_head()
                    if response.status == 200:
                        with self.assertRaises(AssertionError):
                            client.read_body(response)
                    record = gw.wait_record(path="/api/service1/x")
                    self.assertEqual(record["cause"], "bad_response")


class RequestTrailers(Case):
    HEADERS = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum")]

    def send(self, trailers, headers=HEADERS, config=None):
        self.service = self.origin()
        route = {"match": {"path_prefix": "/api/service1/"}, "service": "s", **(config or {})}
        self.gw = self.gateway(config={
            "services": {"s": {"instances": [{"url": self.service.url}]}}, "routes": [route]})
        with self.gw.client() as client:
            client.send_request("POST", "/api/service1/x", headers)
            client.send(chunk(b"body"), LAST_CHUNK[:-2], trailers, b"\r\n")
            response = client.read_response()
            self.assertEqual(response.status, 200)
            self.assertEqual(client.get("/health").status, 200)
        request = self.service.complete[0]
        self.assertEqual(request.body, b"body")
        self.assertFalse(request.has("X-Sum"))
        return request

    def test_announced_ones_reach_the_service(self):
        request = self.send(b"X-Sum: 1\r\nx-other:\r\n")
        self.assertEqual(request.trailers, [("X-Sum", "1"), ("x-other", "")])
        self.assertEqual(request.get("Trailer"), "X-Sum")

    def test_others_do_not(self):
        request = self.send(b"X-Sum: 1\r\n", [("Transfer-Encoding", "chunked")])
        self.assertEqual(request.trailers, [])

    def test_what_belongs_into_a_head_is_left_out(self):
        request = self.send(
            b"Host: other\r\nX-Sum: 1\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n"
            b"Authorization: Basic x\r\nContent-Length: 3\r\nCookie: a=b\r\nX-Internal: 1\r\n",
            config={"headers": {"request": {"remove": ["X-Internal"]}}})
        self.assertEqual(request.trailers, [("X-Sum", "1")])

    def test_a_request_sent_again_has_them_again(self):
        def script(conn):
            conn.read_request()
            conn.respond()
            if conn.index == 0:
                conn.read_request()
            else:
                while conn.read_request():
                    conn.respond()

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            client.get("/api/service1/warm")
            client.send_request("PUT", "/api/service1/x", self.HEADERS)
            client.send(chunk(b"body"), b"0\r\nX-Sum: 1\r\n\r\n")
            self.assertEqual(client.read_response().status, 200)
        tries = [request for request in service.complete if request.method == "PUT"]
        self.assertEqual([(request.body, request.trailers) for request in tries],
                         2 * [(b"body", [("X-Sum", "1")])])
