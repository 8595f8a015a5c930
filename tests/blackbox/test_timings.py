# SPDX-License-Identifier: MIT
"""Where the time of a request went: the phases in the access log."""

import socket
import threading

from case import Case
from origin import answer_raw
from test_upgrade import AGREE, ASK

PHASES = ("queue_ms", "connect_ms", "upstream_header_ms", "upstream_ms")
PAUSE = 0.2  # seconds that a service waits
WAITED = PAUSE * 1000 - 1  # milliseconds that are at least seen of it


def pause():
    threading.Event().wait(PAUSE)


def slow_head_and_body(conn):
    while conn.read_request():
        pause()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        pause()
        conn.send(b"lf")


def stale_once(conn):
    """Ends the first connection instead of answering its second request."""
    conn.read_request()
    conn.respond(200, b"first")
    conn.read_request()
    if conn.index > 0:
        conn.respond(200, b"again")


class Timings(Case):
    def assert_phases(self, record, *happened):
        """Exactly these phases happened, and all of them fit together. In whole microseconds."""
        us = {name: None if record[name] is None else round(record[name] * 1000)
              for name in (*PHASES, "duration_ms")}
        self.assertEqual({name for name in PHASES if us[name] is not None}, set(happened), record)
        for value in us.values():
            self.assertGreaterEqual(value or 0, 0, record)
        self.assertLessEqual((us["queue_ms"] or 0) + (us["upstream_ms"] or 0), us["duration_ms"],
                             record)
        self.assertLessEqual((us["connect_ms"] or 0) + (us["upstream_header_ms"] or 0),
                             us["upstream_ms"] or 0, record)

    def refused(self):
        """A URL where nobody listens, and nobody else will."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.addCleanup(sock.close)
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    def test_a_new_connection_has_all_phases_and_a_kept_one_does_not_connect(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            self.assert_phases(self.assert_log(gw, client.get("/api/service1/1")), *PHASES)
            for number in range(20):
                record = self.assert_log(gw, client.get(f"/api/service1/{number}"), attempts=1)
                self.assert_phases(record, "queue_ms", "upstream_header_ms", "upstream_ms")

    def test_the_head_and_the_body_are_waited_for_in_their_own_phases(self):
        gw = self.gateway(self.origin(slow_head_and_body))
        record = self.assert_log(gw, gw.get("/api/service1/x"), bytes_out=4)
        self.assert_phases(record, *PHASES)
        self.assertGreaterEqual(record["upstream_header_ms"], WAITED)
        self.assertGreaterEqual(record["upstream_ms"] - record["upstream_header_ms"], WAITED)

    def test_waiting_for_the_body_of_the_request_is_waiting_for_the_head(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 4)])
            service.wait_requests()
            pause()
            client.send(b"late")
            record = self.assert_log(gw, client.read_response(), bytes_in=4)
        self.assert_phases(record, *PHASES)
        self.assertGreaterEqual(record["upstream_header_ms"], WAITED)

    def test_what_the_gateway_answers_itself_has_no_phases(self):
        gw = self.gateway(self.origin())
        for target in ("/health", "/nowhere", "/api/service1", "/api/service1/../../x"):
            with self.subTest(target=target):
                self.assert_phases(self.assert_log(gw, gw.get(target)))

    def test_an_instance_that_cannot_be_reached_was_connected_to_in_vain(self):
        gw = self.gateway(self.refused())
        record = self.assert_log(gw, gw.get("/api/service1/x"), cause="connect_refused")
        self.assert_phases(record, "queue_ms", "connect_ms", "upstream_ms")

    def test_a_request_that_is_sent_again_has_the_phases_of_both_attempts(self):
        gw = self.gateway(self.origin(stale_once))
        with gw.client() as client:
            client.get("/api/service1/1")
            record = self.assert_log(gw, client.get("/api/service1/2"), attempts=2, status_code=200)
        self.assert_phases(record, *PHASES)

    def test_a_service_that_never_answers_has_no_head(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service, GATEWAY_TIMEOUT="0.2")
        record = self.assert_log(gw, gw.get("/api/service1/x"), cause="response_header_timeout")
        self.assert_phases(record, "queue_ms", "connect_ms", "upstream_ms")
        self.assertGreaterEqual(record["upstream_ms"], WAITED)

    def test_an_answer_that_is_cut_short_ends_where_it_was_cut(self):
        gw = self.gateway(self.origin(answer_raw(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            self.assertTrue(client.read_to_end().endswith(b"half"))
        self.assert_phases(gw.wait_record(cause="upstream_closed"), *PHASES)

    def test_a_client_that_goes_away_ends_the_phase_it_was_in(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service)
        client = gw.client()
        client.send_request("GET", "/api/service1/x")
        service.wait_requests()
        client.reset()
        self.assert_phases(gw.wait_record(cause="client_closed"), "queue_ms", "connect_ms",
                           "upstream_ms")

    def test_a_tunnel_ends_with_the_service(self):
        def script(conn):
            conn.read_request_head()
            conn.send(AGREE.encode())
            pause()
            conn.half_close()
            conn.wait_end()

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", ASK)
            self.assertEqual(client.read_head().status, 101)
            client.read_to_end()
        record = gw.wait_record(status_code=101)
        self.assert_phases(record, *PHASES)
        self.assertGreaterEqual(record["upstream_ms"] - record["upstream_header_ms"], WAITED)
