# SPDX-License-Identifier: MIT
"""Limits on bodies, heads and targets: refused early, and the client gets the answer."""

import threading

from case import MIB, Case
from wire import DEADLINE, chunk, pattern


class BodyLimit(Case):
    def assert_too_large(self, gw, response, service="service1"):
        self.assert_error(response, 413, "payload_too_large", "body_limit", service)
        self.assertTrue(response.closes())
        return self.assert_log(gw, response, status_code=413, cause="body_limit")

    def test_a_length_over_the_limit_is_refused_before_connecting(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_MAX_BODY="1000")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 1001)])
            response = client.read_response()
            record = self.assert_too_large(gw, response)
            self.assertEqual(record["attempts"], 0)
        self.assert_only_probe_arrives(gw, service)

    def test_exactly_the_limit_passes(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_MAX_BODY="1000")
        with gw.client() as client:
            self.assertEqual(client.request("POST", "/api/service1/x", body=b"x" * 1000).status,
                             200)
            client.send_request("POST", "/api/service1/x", [("Transfer-Encoding", "chunked")])
            client.send(chunk(b"y" * 999), chunk(b"z"), b"0\r\n\r\n")
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual([len(request.body) for request in service.complete], [1000, 1000])

    def test_a_chunked_body_is_refused_as_soon_as_the_count_passes_the_limit(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_MAX_BODY="1000")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Transfer-Encoding", "chunked")])
            client.send(chunk(b"x" * 1000))
            service.wait_requests()
            client.send(b"ffff\r\ny")  # one byte too many, far from the end of its chunk
            self.assert_too_large(gw, client.read_response())
        service.wait_ended()
        self.assertEqual(service.complete, [])  # the service never sees the end of that body

    def assert_answer_survives(self, headers, blocks):
        """The client gets the 413 though it sends on and reads only afterwards."""
        gw = self.gateway(self.origin(), GATEWAY_MAX_BODY="1KiB")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", headers)
            sent = threading.Event()

            def send():
                for block in blocks:
                    client.send(block)
                sent.set()

            sender = threading.Thread(target=send, daemon=True)
            sender.start()
            self.assertTrue(sent.wait(DEADLINE), "the gateway stopped taking the body")
            response = client.read_response()
            self.assert_too_large(gw, response)
            self.assertTrue(client.at_end())  # a FIN; a reset would raise

    def test_a_client_that_sends_on_gets_the_answer(self):
        self.assert_answer_survives([("Content-Length", 4 * MIB)], pattern(4 * MIB))

    def test_a_client_that_sends_on_in_chunks_gets_the_answer(self):
        self.assert_answer_survives([("Transfer-Encoding", "chunked")],
                                    map(chunk, pattern(4 * MIB)))

    def test_the_default_is_10_mib(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 10 * MIB)])
            client.send(*pattern(10 * MIB))
            self.assertEqual(client.read_response().status, 200)
            client.send_request("POST", "/api/service1/x", [("Content-Length", 10 * MIB + 1)])
            self.assert_too_large(gw, client.read_response())

    def test_off_means_no_limit(self):
        gw = self.gateway(self.origin(record=False), GATEWAY_MAX_BODY="off")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 11 * MIB)])
            client.send(*pattern(11 * MIB))
            self.assertEqual(client.read_response().status, 200)

    def test_a_refused_expectation_gets_no_100(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_MAX_BODY="10")
        with gw.client() as client:
            response = client.request("POST", "/api/service1/x",
                                      [("Expect", "100-continue"), ("Content-Length", 11)])
            self.assert_too_large(gw, response)
            self.assertEqual(response.interim, [])
        self.assertEqual(service.connections, [])


class HeadLimits(Case):
    def setUp(self):
        super().setUp()
        self.service = self.origin()
        self.gw = self.gateway(self.service)

    def refused(self, raw, status, error):
        with self.gw.client() as client:
            client.send(raw)
            response = client.read_response()
            self.assert_error(response, status, error, "limit")
            self.assertTrue(response.closes())
            self.assertTrue(client.at_end())
            self.assert_log(self.gw, response, status_code=status, cause="limit", attempts=0)

    def head(self, target=b"/api/service1/probe", fields=b""):
        return b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n"

    def test_a_long_target_is_a_414(self):
        prefix = b"/api/service1/"
        self.refused(self.head(prefix + b"x" * (8192 - len(prefix) + 1)), 414, "uri_too_long")
        self.refused(self.head(prefix + b"?" + b"x" * 20000), 414, "uri_too_long")
        self.refused(b"GET /" + b"x" * 40000, 414, "uri_too_long")  # and no end in sight
        self.assert_only_probe_arrives(self.gw, self.service)

    def test_a_target_of_exactly_8_kib_passes(self):
        target = "/api/service1/" + "x" * (8192 - len("/api/service1/"))
        self.assertEqual(self.gw.get(target).status, 200)
        self.assertEqual(self.service.requests[0].target, "/api" + target[len("/api/service1"):])

    def test_a_large_head_is_a_431(self):
        self.refused(self.head(fields=b"X: " + b"y" * 33000 + b"\r\n"), 431, "headers_too_large")
        self.refused(self.head(fields=b"X: " + b"y" * 900000 + b"\r\n"), 431, "headers_too_large")
        self.refused(self.head(fields=(b"X: " + b"y" * 990 + b"\r\n") * 40), 431,
                     "headers_too_large")
        self.assert_only_probe_arrives(self.gw, self.service)

    def test_a_head_that_never_ends_is_a_431(self):
        self.refused(b"GET / HTTP/1.1\r\nX: " + b"y" * 33000, 431, "headers_too_large")

    def test_more_than_100_fields_are_a_431(self):
        self.refused(self.head(fields=b"X: y\r\n" * 100), 431, "headers_too_large")
        self.assert_only_probe_arrives(self.gw, self.service)

    def test_exactly_100_fields_pass(self):
        with self.gw.client() as client:
            client.send(self.head(fields=b"X: y\r\n" * 99))
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(len(self.service.requests[0].all("X")), 99)

    def test_a_head_just_under_32_kib_passes(self):
        head = self.head()
        fields = b"X-Big: " + b"y" * (32768 - len(head) - len(b"X-Big: \r\n")) + b"\r\n"
        with self.gw.client() as client:
            client.send(self.head(fields=fields))
            self.assertEqual(client.read_response().status, 200)
