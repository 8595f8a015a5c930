# SPDX-License-Identifier: MIT
"""Interim answers (1xx) of a service: passed on before the answer, to those who understand them."""

import threading

from case import Case
from origin import answer_raw
from wire import DEADLINE

HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </%d.css>\r\n\r\n"
FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Interim(Case):
    def response_to(self, raw, version="HTTP/1.1", headers=()):
        self.gw = self.gateway(self.origin(answer_raw(raw)))
        with self.gw.client() as client:
            return client.request("GET", "/api/service1/x", headers, version=version)

    def links(self, response):
        self.assertEqual({interim.status for interim in response.interim}, {103})
        return [interim.get("Link") for interim in response.interim]

    def test_early_hints_pass_before_the_answer(self):
        response = self.response_to(HINT % 1 + HINT % 2 + FINAL)
        self.assertEqual((response.status, response.body), (200, b"ok"))
        self.assertEqual(self.links(response), ["</1.css>", "</2.css>"])

    def test_100_and_102_of_the_service_pass_too(self):
        """RFC 9110 §15.2: also when nobody has asked for them."""
        response = self.response_to(b"HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n"
                                    b"HTTP/1.1 102 Processing\r\n\r\n" + FINAL)
        self.assertEqual((response.status, response.body), (200, b"ok"))
        self.assertEqual([interim.status for interim in response.interim], [100, 102])
        self.assertEqual(response.interim[0].get("X-A"), "1")

    def test_a_client_that_expects_100_gets_one_from_the_gateway_alone(self):
        def script(conn):
            conn.read_request_head()
            conn.origin.has_head.set()
            conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            conn.read_exactly(5)
            conn.send(HINT % 1 + FINAL)

        service = self.origin(script)
        service.has_head = threading.Event()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x",
                                [("Expect", "100-continue"), ("Content-Length", 5)])
            self.assertTrue(client.read_raw_head().startswith(b"HTTP/1.1 100 "))
            self.assertTrue(service.has_head.wait(DEADLINE))
            client.send(b"12345")
            response = client.read_response()
        self.assertEqual((response.status, self.links(response)), (200, ["</1.css>"]))

    def test_they_come_before_the_answer_is_there(self):
        answer_now = threading.Event()
        self.addCleanup(answer_now.set)

        def script(conn):
            conn.read_request()
            conn.send(HINT % 1)
            answer_now.wait(60)
            conn.send(FINAL)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            self.assertIn(b"103 Early Hints", client.read_raw_head())
            answer_now.set()
            self.assertEqual(client.read_response().status, 200)

    def test_together_they_are_no_larger_than_one_head(self):
        large = b"HTTP/1.1 103 Early Hints\r\nLink: </%s.css>\r\n\r\n" % (b"x" * 9000)
        response = self.response_to(3 * large + FINAL)
        self.assertEqual((response.status, len(response.interim)), (200, 3))
        response = self.response_to(4 * large + FINAL)
        self.assert_error(response, 502, "bad_gateway", "bad_response", "service1")
        self.assertEqual(len(response.interim), 3)

    def test_a_client_of_http_1_0_gets_none(self):
        for headers in ([], [("Connection", "keep-alive")]):
            with self.subTest(headers=headers):
                response = self.response_to(HINT % 1 + HINT % 2 + FINAL, "HTTP/1.0", headers)
                self.assertEqual((response.status, response.body), (200, b"ok"))
                self.assertEqual(response.interim, [])

    def test_a_client_of_http_1_0_is_not_told_to_continue(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x",
                                [("Expect", "100-continue"), ("Content-Length", 5)],
                                version="HTTP/1.0")
            service.wait_requests()
            client.send(b"12345")
            response = client.read_response()
            self.assertEqual((response.status, response.interim), (200, []))
        self.assertEqual(service.complete[0].body, b"12345")

    def test_none_declares_a_body(self):
        hint = b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n"
        response = self.response_to(hint + FINAL)  # the client refuses to read one that does
        self.assertEqual((response.status, response.body), (200, b"ok"))

    def test_more_than_64_are_a_bad_response(self):
        hints = [HINT % number for number in range(65)]
        response = self.response_to(b"".join(hints[:64]) + FINAL)
        self.assertEqual((response.status, len(self.links(response))), (200, 64))
        response = self.response_to(b"".join(hints) + FINAL)
        self.assert_error(response, 502, "bad_gateway", "bad_response", "service1")
        self.assertEqual(len(self.links(response)), 64)
        self.assert_log(self.gw, response, status_code=502, cause="bad_response", attempts=1)
