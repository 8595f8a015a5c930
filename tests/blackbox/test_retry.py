# SPDX-License-Identifier: MIT
"""When a request is sent again, and when it must not be."""

import json
import os
import signal
import threading

from case import Case
from wire import DEADLINE


def stale_once(end):
    """The first connection answers once and fails at its second request; later ones work."""

    def script(conn):
        conn.read_request()
        conn.respond(200, b"first")
        if conn.index == 0:
            conn.read_request()
            getattr(conn, end)()
            return
        while conn.read_request():
            conn.respond(200, b"again")

    return script


class Retry(Case):
    def second_request(self, method, end="close", script=None, **request):
        """Warms the pool, then sends a request on the connection that will fail."""
        self.service = self.origin(script or stale_once(end))
        self.gw = self.gateway(self.service)
        with self.gw.client() as client:
            self.assertEqual(client.get("/api/service1/warm").body, b"first")
            return client.request(method, "/api/service1/again", **request)

    def assert_sent_again(self, response):
        self.assertEqual((response.status, response.body), (200, b"first"))
        self.assert_log(self.gw, response, attempts=2, status_code=200, cause="")
        self.assertEqual([r.target for r in self.service.requests],
                         ["/api/warm", "/api/again", "/api/again"])
        self.assertEqual(len(self.service.connections), 2)
        self.assertEqual(self.service.requests[1].raw_head, self.service.requests[2].raw_head)

    def assert_not_sent_again(self, response, *causes):
        cause = json.loads(response.body)["cause"]
        self.assertIn(cause, causes)
        self.assert_error(response, 502, "bad_gateway", cause, "service1")
        self.assert_log(self.gw, response, attempts=1, status_code=502, cause=cause)
        self.assertEqual(len(self.service.requests), 2)
        self.assertEqual(len(self.service.connections), 1)

    def test_idempotent_requests_are_sent_again_on_a_fresh_connection(self):
        for method in ("GET", "OPTIONS", "DELETE", "PUT", "TRACE"):
            for end in ("close", "reset"):
                with self.subTest(method=method, end=end):
                    self.assert_sent_again(self.second_request(method, end))

    def test_head_is_sent_again(self):
        self.service = self.origin(stale_once("close"))
        self.gw = self.gateway(self.service)
        with self.gw.client() as client:
            client.get("/api/service1/warm")
            response = client.request("HEAD", "/api/service1/again")
            self.assertEqual(response.status, 200)
            self.assert_log(self.gw, response, attempts=2)

    def test_a_body_as_large_as_the_replay_buffer_is_sent_again_whole(self):
        body = bytes(range(256)) * 256
        self.assert_sent_again(self.second_request("PUT", body=body))
        self.assertEqual(self.service.complete[-1].body, body)

    def test_post_is_not_sent_again(self):
        for body in (b"", b"order 1 pizza"):
            with self.subTest(body=body):
                self.assert_not_sent_again(self.second_request("POST", body=body),
                                           "upstream_closed")

    def test_patch_and_unknown_methods_are_not_sent_again(self):
        for method in ("PATCH", "FOO"):
            with self.subTest(method=method):
                self.assert_not_sent_again(self.second_request(method, "reset"), "upstream_reset")

    def test_a_post_does_not_meet_a_connection_whose_reset_has_come(self):
        """The reset of the kept connection comes while the worker, stopped, cannot see it."""
        reset_now, is_reset = threading.Event(), threading.Event()

        def script(conn):
            conn.read_request()
            conn.respond(200, b"first")
            if conn.index == 0:
                reset_now.wait(3 * DEADLINE)
                conn.reset()
                is_reset.set()

        service = self.origin(script)
        gw = self.gateway(service)
        worker = gw.worker()
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/warm").body, b"first")
            gw.stop_process(worker)
            client.send_request("POST", "/api/service1/order", body=b"1 pizza")
            reset_now.set()
            self.assertTrue(is_reset.wait(3 * DEADLINE))
            os.kill(worker, signal.SIGCONT)
            response = client.read_response()
            self.assertEqual((response.status, response.body), (200, b"first"))
            self.assert_log(gw, response, attempts=1, cause="")
        self.assertEqual([(request.target, request.body) for request in service.complete],
                         [("/api/warm", b""), ("/api/order", b"1 pizza")])
        self.assertEqual(len(service.connections), 2)

    def test_a_body_beyond_the_replay_buffer_is_not_sent_again(self):
        for body_read in (100000, 200000):
            with self.subTest(body_read=body_read):

                def script(conn, body_read=body_read):
                    conn.read_request()
                    conn.respond(200, b"first")
                    conn.read_request_head()
                    conn.read_exactly(body_read)

                response = self.second_request("PUT", script=script, body=b"x" * 200000)
                # What is unread at the close makes it a reset.
                self.assert_not_sent_again(response, "upstream_closed", "upstream_reset")

    def test_nothing_is_sent_again_after_the_first_byte_of_an_answer(self):
        def script(conn):
            conn.read_request()
            conn.respond(200, b"first")
            conn.read_request()
            conn.send(b"HTTP/1.1 200 O")

        response = self.second_request("GET", script=script)
        self.assertEqual(response.status, 502)
        self.assertEqual(len(self.service.requests), 2)

    def test_a_request_is_sent_again_only_once(self):
        def script(conn):
            conn.read_request()
            if conn.index == 0:
                conn.respond(200, b"first")
                conn.read_request()

        response = self.second_request("GET", script=script)
        self.assert_error(response, 502, "bad_gateway", "upstream_closed", "service1")
        self.assert_log(self.gw, response, attempts=2)
        self.assertEqual(len(self.service.requests), 3)

    def test_a_silent_service_is_not_asked_again(self):
        def script(conn):
            conn.read_request()
            conn.respond(200, b"first")
            conn.read_request()
            conn.wait_end()

        service = self.origin(script)
        gw = self.gateway(service, config={"routes": [
            {"match": {"path_prefix": "/impatient/"}, "service": "service1",
             "timeouts": {"response_header": "500ms"}},
            {"match": {"path_prefix": "/"}, "service": "service1"}]})
        with gw.client() as client:
            self.assertEqual(client.get("/warm").body, b"first")
            response = client.get("/impatient/again")
            self.assert_error(response, 504, "gateway_timeout", "response_header_timeout",
                              "service1")
            self.assert_log(gw, response, attempts=1)
        self.assertEqual(len(service.requests), 2)
