# SPDX-License-Identifier: MIT
"""Where the time of a request went: the phases in the access log, and Server-Timing."""

import re
import socket
import threading

from case import Case
from origin import answer, answer_raw
from test_upgrade import AGREE, ASK
from wire import DEADLINE

PHASES = ("queue_ms", "connect_ms", "upstream_header_ms", "upstream_ms")
PAUSE = 0.2  # seconds that a service waits
WAITED = PAUSE * 1000 - 1  # milliseconds that are at least seen of it


def pause():
    threading.Event().wait(PAUSE)


class SlowService:
    """Pauses before the head, and again once that has come to the client."""

    def __init__(self):
        self.head_is_there = threading.Semaphore(0)

    def serve(self, conn):
        while conn.read_request():
            pause()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
            self.pause_after_head()
            conn.send(b"lf")

    def tunnel(self, conn):
        conn.read_request_head()
        conn.send(AGREE.encode())
        self.pause_after_head()
        conn.half_close()
        conn.wait_end()

    def pause_after_head(self):
        self.head_is_there.acquire(timeout=DEADLINE)
        pause()

    def read_head(self, client):
        response = client.read_head()
        self.head_is_there.release()
        return response


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
        slow = SlowService()
        gw = self.gateway(self.origin(slow.serve))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            response = client.read_body(slow.read_head(client))
        record = self.assert_log(gw, response, bytes_out=4)
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
        slow = SlowService()
        gw = self.gateway(self.origin(slow.tunnel))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", ASK)
            self.assertEqual(slow.read_head(client).status, 101)
            client.read_to_end()
        record = gw.wait_record(status_code=101)
        self.assert_phases(record, *PHASES)
        self.assertGreaterEqual(record["upstream_ms"] - record["upstream_header_ms"], WAITED)


class ServerTiming(Case):
    def start(self, script=None, instance=None, **more):
        url = instance or self.origin(script).url
        service = {"instances": [{"url": url}], **more.pop("service", {})}
        routes = [{"match": {"path_prefix": "/on/"}, "service": "a", "server_timing": True},
                  {"match": {"path_prefix": "/off/"}, "service": "a", "server_timing": False},
                  {"match": {"path_prefix": "/same/"}, "service": "a"},
                  {"match": {"path_prefix": "/fixed/"}, "response": {}}]
        self.gw = self.gateway(config={"services": {"a": service}, "routes": routes, **more})
        return self.gw

    def metrics(self, response):
        """The gateway's own metrics, in their order; the field is the last of its name."""
        values = response.all("Server-Timing")
        found = re.findall(r"(\w+);dur=(\d+\.\d{3})(?:, |$)", values[-1]) if values else []
        self.assertEqual(", ".join(f"{name};dur={dur}" for name, dur in found),
                         values[-1] if values else "")
        return {name: float(dur) for name, dur in found}

    def test_nobody_is_told_unless_asked_to(self):
        gw = self.gateway(self.origin(answer(200, b"", [("Server-Timing", "db;dur=3")])))
        self.assertEqual(gw.get("/api/service1/x").all("Server-Timing"), ["db;dur=3"])
        gw = self.start()
        for target in ("/off/x", "/same/x", "/fixed/x", "/nowhere", "/health"):
            self.assertEqual(gw.get(target).all("Server-Timing"), [], target)

    def test_it_says_what_the_log_says(self):
        slow = SlowService()
        gw = self.start(slow.serve)
        with gw.client() as client:
            for reused in (False, True):
                client.send_request("GET", "/on/x")
                response = client.read_body(slow.read_head(client))
                told, record = self.metrics(response), self.assert_log(gw, response)
                self.assertEqual(list(told), ["queue", *(["connect"] if not reused else []),
                                              "upstream", "gateway"])
                self.assertEqual(told["queue"], record["queue_ms"])
                self.assertEqual(told.get("connect"), record["connect_ms"])
                self.assertEqual(told["upstream"], record["upstream_header_ms"])
                self.assertGreaterEqual(told["upstream"], WAITED)
                self.assertGreaterEqual(told["gateway"], told["upstream"])
                self.assertLessEqual(told["gateway"] + WAITED, record["duration_ms"])

    def test_it_stands_beside_that_of_the_service(self):
        gw = self.start(answer(200, b"ok", [("Server-Timing", "db;dur=3"),
                                            ("Server-Timing", "app;dur=4")]))
        for method in ("GET", "HEAD"):
            with gw.client() as client:
                response = client.request(method, "/on/x")
            self.assertEqual(response.all("Server-Timing")[:2], ["db;dur=3", "app;dur=4"])
            self.assertIn("gateway", self.metrics(response))

    def test_routes_inherit_it(self):
        for more in ({"defaults": {"server_timing": True}}, {"service": {"server_timing": True}}):
            gw = self.start(**more)
            self.assertIn("gateway", self.metrics(gw.get("/same/x")))
            self.assertEqual(self.metrics(gw.get("/off/x")), {})
            self.assertEqual(self.metrics(gw.get("/fixed/x")), {})

    def test_it_needs_no_log(self):
        gw = self.start(logs={"access": {"fields": ["path"]}})
        self.assertEqual(list(self.metrics(gw.get("/on/x"))),
                         ["queue", "connect", "upstream", "gateway"])
        gw = self.start(logs={"access": {"output": "off"}})
        self.assertIn("upstream", self.metrics(gw.get("/on/x")))

    def test_an_error_tells_it_too(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            gw = self.start(instance=f"http://127.0.0.1:{sock.getsockname()[1]}")
            response = gw.get("/on/x")
        self.assert_error(response, 503, "service_unavailable", "connect_refused", "a")
        self.assertEqual(list(self.metrics(response)), ["queue", "connect", "gateway"])
        self.assertEqual(self.metrics(gw.get("/off/x")), {})

    def test_an_interim_answer_does_not_tell_it(self):
        gw = self.start(answer_raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        response = gw.get("/on/x")
        self.assertEqual([interim.all("Server-Timing") for interim in response.interim], [[]])
        self.assertIn("gateway", self.metrics(response))
