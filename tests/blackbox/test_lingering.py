# SPDX-License-Identifier: MIT
"""The gateway ends a connection so that its answer arrives, whatever the client still sends, and
interprets nothing of that."""

import signal
import time

from case import MIB, Case, HoldingCase
from wire import wait_until


class Lingering(Case):
    SECOND = b"GET /api/service1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    def refuse(self, client, rest=b""):
        client.send(b"GET /api/service1/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", rest)
        response = client.read_response()
        self.assert_error(response, 400, "bad_request", "invalid_host")
        self.assertTrue(response.closes())

    def test_nothing_behind_a_refused_request_is_interpreted(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            self.refuse(client, self.SECOND)
            for _ in range(20):
                client.send(self.SECOND)
            self.assertTrue(client.at_end())
        self.assertEqual(gw.get("/health").status, 200)
        self.assertEqual(service.connections, [])
        wait_until(lambda: len(gw.records()) == 2, "two lines")

    def test_nothing_behind_an_answer_to_half_a_request_is_interpreted(self):
        def script(conn):
            conn.read_request_head()
            conn.respond(403, b"no", [("Connection", "close")])
            conn.wait_end()

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 1000)])
            self.assertEqual(client.read_response().status, 403)
            client.send(self.SECOND * 100)
            self.assertTrue(client.at_end())
        self.assertEqual(len(service.connections), 1)

    def test_the_answer_arrives_though_megabytes_follow(self):
        gw = self.gateway(self.origin(), GATEWAY_MAX_BODY="1KiB")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 16 * MIB)])
            for _ in range(16):
                client.send(bytes(MIB))
            self.assertEqual(client.read_response().status, 413)
            self.assertTrue(client.at_end())  # a FIN: a reset would raise

    def test_it_ends_when_the_client_falls_silent(self):
        gw = self.gateway()
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        with gw.client() as client:
            self.refuse(client)
            self.assertTrue(client.at_end())
            self.wait_descriptors(gw, before)  # although the client does not close

    def test_it_ends_though_the_client_never_stops(self):
        """After so many bytes there is no more patience."""
        gw = self.gateway(GATEWAY_TIMEOUT="300")
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        with gw.client() as client:
            self.refuse(client)
            with self.assertRaises(ConnectionError):
                for _ in range(512):
                    client.send(bytes(4 * MIB))
        self.wait_descriptors(gw, before)


class Draining(HoldingCase):
    def test_a_request_that_crosses_the_last_answer_does_not_destroy_it(self):
        """The client could not know that its connection would be closed."""
        self.start()
        client = self.slow_request()
        self.gw.send_logged_signal(signal.SIGTERM)
        wait_until(lambda: not self.accepts(), "the end of accepting")
        self.service.release.set()
        started = time.monotonic()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assertTrue(response.closes())
        self.assertTrue(client.at_end())
        client.send(b"GET /api/service1/more HTTP/1.1\r\nHost: a\r\n\r\n")
        if time.monotonic() - started < 1.5:  # else the gateway may have lost its patience
            self.assertTrue(client.at_end())  # a reset would raise
