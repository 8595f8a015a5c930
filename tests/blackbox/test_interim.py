# SPDX-License-Identifier: MIT
"""Interim answers (1xx) of a service: passed on before the answer, to those who understand them."""

from case import Case
from origin import answer_raw

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

    def test_an_unasked_100_of_the_service_is_no_answer(self):
        response = self.response_to(b"HTTP/1.1 100 Continue\r\n\r\n" + FINAL)
        self.assertEqual((response.status, response.body), (200, b"ok"))
        self.assertEqual(response.interim, [])

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
