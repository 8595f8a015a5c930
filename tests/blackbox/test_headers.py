# SPDX-License-Identifier: MIT
"""Which header fields pass, in which order and letter case, and which the gateway sets."""

import datetime
import email.utils
import json

from case import UUID4, Case
from origin import answer
from wire import CRLF

OURS = {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
        "x-request-id", "connection"}


class RequestHeaders(Case):
    def setUp(self):
        super().setUp()
        self.service = self.origin()
        self.gw = self.gateway(self.service)
        self.client = self.gw.client()
        self.addCleanup(self.client.close)

    def forwarded(self, headers):
        """The request the service receives when a client sends these fields."""
        response = self.client.get("/api/service1/h", headers)
        self.assertEqual(response.status, 200, response.body)
        return self.service.requests[-1]

    def test_order_letter_case_and_repeated_fields_are_kept(self):
        sent = [("x-lower", "1"), ("X-UPPER", "2"), ("X-MiXeD", "3"), ("Accept", "a"),
                ("Cookie", "a=1"), ("Accept", "b"), ("cookie", "b=2"), ("accept", "c"),
                ("X-Empty", ""), ("X!#$%&'*+-.^`|~9", "token"), ("Authorization", "Basic eDp5"),
                ("Content-Type", "text/x; charset=\"q\""), ("Date", "today"), ("User-Agent", "t/1")]
        passed = [h for h in self.forwarded(sent).headers if h[0].lower() not in OURS]
        self.assertEqual(passed, sent)

    def test_bytes_outside_ascii_in_values_are_kept(self):
        value = "".join(map(chr, range(0x80, 0x100)))
        request = self.forwarded([("X-Obs", value), ("X-Tab", "a\tb  c")])
        self.assertEqual(request.get("X-Obs"), value)
        self.assertEqual(request.get("X-Tab"), "a\tb  c")

    def test_hop_by_hop_fields_end_at_the_gateway(self):
        request = self.forwarded([
            ("Connection", "keep-alive, X-Private"), ("connection", " x-other ,,"),
            ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("TE", "gzip"),
            ("Trailer", "X-Sum"), ("Upgrade", "websocket"), ("X-Private", "1"), ("x-OTHER", "2"),
            ("X-Kept", "3")])
        for name in ("Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "X-Private",
                     "X-Other"):
            self.assertFalse(request.has(name), name)
        self.assertNotIn("x-private", request.tokens("Connection"))
        self.assertEqual(request.get("X-Kept"), "3")

    def test_connection_cannot_remove_framing_or_the_fields_the_gateway_sets(self):
        names = "Content-Length, Host, X-Forwarded-For, X-Forwarded-Proto, X-Request-ID"
        response = self.client.request("POST", "/api/service1/h", [("Connection", names)], b"12345")
        self.assertEqual(response.status, 200)
        request = self.service.complete[-1]
        self.assertEqual(request.body, b"12345")
        self.assertEqual(request.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(request.get("X-Request-ID"), response.get("X-Request-ID"))
        self.assertEqual(request.get("Host"), self.service.host_field)

    def test_host_is_the_instances(self):
        request = self.forwarded([("Host", "client.test:1234")])
        self.assertEqual(request.get("Host"), self.service.host_field)

    def test_forwarded_fields_of_an_untrusted_peer_are_replaced(self):
        request = self.forwarded([
            ("Host", "api.test:8080"), ("X-Forwarded-For", "6.6.6.6"),
            ("x-forwarded-for", "7.7.7.7"),
            ("X-Forwarded-Proto", "https"), ("X-FORWARDED-HOST", "evil.test"),
            ("X-Forwarded-Port", "443"), ("X-Forwarded-Prefix", "/evil"),
            ("X-Forwarded-User", "root"), ("Forwarded", "for=6.6.6.6"), ("forwarded", "by=x")])
        self.assertEqual(request.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(request.get("X-Forwarded-Proto"), "http")
        self.assertEqual(request.get("X-Forwarded-Host"), "api.test:8080")
        self.assertEqual(request.get("X-Forwarded-Port"), str(self.gw.address[1]))
        self.assertFalse(request.has("Forwarded"))
        for gone in (b"6.6.6.6", b"7.7.7.7", b"evil", b"root"):
            self.assertNotIn(gone, request.raw_head)

    def test_x_forwarded_for_ends_with_the_peers_address(self):
        with self.gw.client(source="127.0.0.9") as client:
            response = client.get("/api/service1/h")
        self.assertEqual(self.service.requests[-1].get("X-Forwarded-For"), "127.0.0.9")
        self.assert_log(self.gw, response, client="127.0.0.9")

    def test_underscore_look_alikes_of_what_the_gateway_sets_are_dropped(self):
        request = self.forwarded([
            ("X_Forwarded_For", "6.6.6.6"), ("X-Forwarded_For", "6.6.6.6"),
            ("x_forwarded_proto", "6.6.6.6"), ("X_Forwarded-Host", "6.6.6.6"),
            ("X_Forwarded_Port", "6.6.6.6"), ("X_Request_ID", "6.6.6.6"),
            ("X-Request_Id", "6.6.6.6"), ("X_Other", "kept"), ("_", "kept too")])
        self.assertNotIn(b"6.6.6.6", request.raw_head)
        self.assertEqual(request.get("X_Other"), "kept")
        self.assertEqual(request.get("_"), "kept too")

    def test_expect_is_answered_here_and_not_forwarded(self):
        self.client.send_request("POST", "/api/service1/h",
                                 [("Expect", "100-Continue"), ("Content-Length", "2")])
        self.service.wait_connection()
        self.assertEqual(self.client.read_until(CRLF + CRLF), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.client.send(b"hi")
        self.assertEqual(self.client.read_response().status, 200)
        self.assertFalse(self.service.complete[0].has("Expect"))
        self.assertEqual(self.service.complete[0].body, b"hi")


class RequestId(Case):
    def test_a_valid_id_is_used_everywhere(self):
        service = self.origin(answer(headers=[("X-Request-ID", "the-services-own")]))
        gw = self.gateway(service)
        for value in ("a", "AZaz09._-", "x" * 128):
            with self.subTest(value=value):
                response = gw.get("/api/service1/x", [("x-request-id", value)])
                self.assertEqual(response.get("X-Request-ID"), value)
                self.assertEqual(service.requests[-1].get("X-Request-ID"), value)
                self.assert_log(gw, response, request_id=value, status_code=200)

    def test_without_a_valid_id_one_is_made(self):
        service = self.origin()
        gw = self.gateway(service)
        seen = set()
        for headers in ([], [("X-Request-ID", "")], [("X-Request-ID", "x" * 129)],
                        [("X-Request-ID", "with space")], [("X-Request-ID", "a\"b")],
                        [("X-Request-ID", "\xe9")], [("X-Request-ID", "a,b")]):
            with self.subTest(headers=headers):
                response = gw.get("/api/service1/x", headers)
                made = response.get("X-Request-ID")
                self.assertRegex(made, rf"^{UUID4.pattern}$")
                self.assertEqual(service.requests[-1].all("X-Request-ID"), [made])
                self.assert_log(gw, response, status_code=200)
                seen.add(made)
        self.assertEqual(len(seen), 7)

    def test_two_ids_never_reach_the_service(self):
        service = self.origin()
        response = self.gateway(service).get("/api/service1/x", [("X-Request-ID", "one"),
                                                                 ("X-Request-ID", "two")])
        self.assertEqual(service.requests[-1].all("X-Request-ID"), [response.get("X-Request-ID")])

    def test_errors_and_endpoints_carry_it(self):
        gw = self.gateway()
        error = gw.get("/nowhere", [("X-Request-ID", "mine")])
        self.assertEqual(json.loads(error.body)["request_id"], "mine")
        health = gw.get("/health", [("X-Request-ID", "mine-too")])
        self.assertEqual(health.get("X-Request-ID"), "mine-too")
        self.assert_log(gw, health, path="/health")


class ResponseHeaders(Case):
    def response_to(self, raw):
        def script(conn):
            while conn.read_request():
                conn.send(raw)

        self.gw = self.gateway(self.origin(script))
        return self.gw.get("/api/service1/x")

    def test_order_letter_case_and_repeated_fields_are_kept(self):
        sent = [("server", "svc/1"), ("DATE", "then"), ("Set-Cookie", "a=1; Path=/"),
                ("X-a", "1"), ("set-cookie", "b=2"), ("Set-Cookie", "a=3"), ("x-A", "2"),
                ("X-Empty", ""), ("Content-Type", "application/problem+json"), ("Vary", "a"),
                ("Vary", "b"), ("X_Under", "1"), ("X-Obs", "\x80\xff\xe9")]
        lines = b"".join(f"{n}: {v}\r\n".encode("latin-1") for n, v in sent)
        response = self.response_to(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\nok")
        passed = [h for h in response.headers
                  if h[0].lower() not in ("x-request-id", "content-length", "connection")]
        self.assertEqual(passed, sent)
        self.assertEqual(response.body, b"ok")

    def test_hop_by_hop_fields_end_at_the_gateway(self):
        response = self.response_to(
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Private\r\nKeep-Alive: timeout=5\r\n"
            b"Proxy-Connection: x\r\nX-Private: 1\r\nUpgrade: h2c\r\nTrailer: X-Sum\r\n"
            b"X-Kept: 2\r\n"
            b"Content-Length: 2\r\n\r\nok")
        for name in ("Keep-Alive", "Proxy-Connection", "X-Private", "Upgrade", "Trailer"):
            self.assertFalse(response.has(name), name)
        self.assertNotIn("x-private", response.tokens("Connection"))
        self.assertEqual(response.get("X-Kept"), "2")

    def test_no_field_is_invented(self):
        response = self.response_to(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.assertLessEqual({name.lower() for name, _ in response.headers},
                             {"content-length", "x-request-id", "connection", "date"})

    def test_a_date_is_added_when_the_service_sends_none(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        response = self.response_to(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        date = response.get("Date")
        self.assertRegex(date, r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        stamp = email.utils.parsedate_to_datetime(date)
        after = datetime.datetime.now(datetime.timezone.utc)
        second = datetime.timedelta(seconds=2)
        self.assertTrue(now - second <= stamp <= after + second, date)

    def test_status_and_reason_pass(self):
        for line, status, reason in ((b"200 ", 200, ""), (b"404 Not here", 404, "Not here"),
                                     (b"599 Odd \xe9", 599, "Odd \xe9"), (b"299 x", 299, "x")):
            with self.subTest(line=line):
                response = self.response_to(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")
                self.assertEqual((response.status, response.reason), (status, reason))
                self.assert_log(self.gw, response, status_code=status, cause="")

    def test_answers_without_a_body_keep_the_connection(self):
        for raw in (b"HTTP/1.1 204 No Content\r\n\r\n",
                    b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
                    b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
                    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 55\r\n\r\n"):
            with self.subTest(raw=raw):
                origin = self.origin(lambda conn, raw=raw: self.answer_all(conn, raw))
                gw = self.gateway(origin)
                with gw.client() as client:
                    for _ in range(2):
                        response = client.get("/api/service1/x")
                        self.assertEqual(response.body, b"")
                        if response.status == 204:  # RFC 9110 §8.6
                            self.assertFalse(response.has("Content-Length"))
                self.assertEqual(len(origin.connections), 1)

    @staticmethod
    def answer_all(conn, raw):
        while conn.read_request():
            conn.send(raw)
