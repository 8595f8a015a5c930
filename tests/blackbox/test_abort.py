# SPDX-License-Identifier: MIT
"""Clients that leave at any moment: the upstream request is cancelled and nothing is left over."""

import threading
import time

from case import Case
from wire import DEADLINE, chunk, pattern, wait_until

ASK = [("Connection", "Upgrade"), ("Upgrade", "raw")]


def never_answers(conn):
    conn.read_request_head()
    conn.wait_end()


def endless_answer(conn):
    conn.read_request()
    conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = chunk(bytes(65536))
    while True:
        conn.send(block)


def tunnel(conn):
    conn.read_request_head()
    conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n")
    conn.wait_end()


class HalfClose(Case):
    def test_the_answer_is_delivered_after_the_clients_fin(self):
        fin_sent = threading.Event()

        def script(conn):
            conn.read_request()
            fin_sent.wait(3 * DEADLINE)
            conn.respond(200, b"still here")

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            client.half_close()
            fin_sent.set()
            response = client.read_response()
            self.assertEqual((response.status, response.body), (200, b"still here"))
            self.assertTrue(client.at_end())
            self.assert_log(gw, response, status_code=200, cause="")

    def test_a_fin_together_with_pipelined_requests(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send(b"GET /api/service1/x HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
            client.half_close()
            for _ in range(5):
                self.assertEqual(client.read_response().body, b"ok")
            self.assertTrue(client.at_end())

    def test_after_the_grace_the_upstream_request_is_cancelled(self):
        service = self.origin(never_answers)
        gw = self.gateway(service, GATEWAY_TIMEOUT="300")
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", [("X-Request-ID", "half-closed")])
            service.wait_requests()
            started = time.monotonic()
            client.half_close()
            service.wait_ended()
            self.assertGreater(time.monotonic() - started, 1.5)  # not before the grace of 2 s
            record = gw.wait_record(request_id="half-closed")
            self.assertEqual((record["status_code"], record["cause"]), (499, "client_closed"))
            self.assertEqual(client.read_to_end(), b"")

    def test_a_fin_within_the_body_cancels_at_once(self):
        for headers, part in (([("Content-Length", 10)], b"half"),
                              ([("Transfer-Encoding", "chunked")], chunk(b"half"))):
            with self.subTest(headers=headers):
                service = self.origin()
                gw = self.gateway(service, GATEWAY_TIMEOUT="300")
                with gw.client() as client:
                    client.send_request("POST", "/api/service1/x", headers)
                    client.send(part)
                    service.wait_requests()
                    client.half_close()
                    service.wait_ended()
                    record = gw.wait_record(path="/api/service1/x")
                    self.assertEqual((record["status_code"], record["cause"]),
                                     (499, "client_closed"))
                self.assertEqual(service.complete, [])

    def test_a_fin_within_the_head_ends_the_connection_quietly(self):
        gw = self.gateway()
        with gw.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost")
            client.half_close()
            client.read_to_end()
        self.assertEqual(gw.get("/health").status, 200)


class Reset(Case):
    """After each of these nothing may be left: no descriptor, no CPU time, no upstream request."""

    def assert_nothing_left(self, script, moment, **env):
        service = self.origin(script, record=False)
        gw = self.gateway(service, GATEWAY_TIMEOUT="300", GATEWAY_MAX_BODY="off", **env)
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        for _ in range(10):
            client = gw.client()
            moment(client, service)
            client.reset()
        self.wait_descriptors(gw, before)
        spent = gw.cpu_seconds()
        time.sleep(1)
        self.assertLess(gw.cpu_seconds() - spent, 0.3)
        self.assertEqual(gw.get("/health").status, 200)
        return gw, service

    def assert_cancelled(self, gw, service, status):
        wait_until(lambda: len([r for r in gw.records() if r["cause"] == "client_closed"
                                and r["status_code"] == status]) == 10,
                   f"ten lines with status {status} and cause client_closed")
        for index in range(10):
            service.wait_ended(index)

    def test_while_idle(self):
        self.assert_nothing_left(None, lambda client, service: None)

    def test_while_idle_between_requests(self):
        self.assert_nothing_left(None, lambda client, service: client.get("/health"))

    def test_within_the_head(self):
        self.assert_nothing_left(None, lambda client, service: client.send(b"GET / HTTP/1.1\r\nHo"))

    def test_within_the_body(self):
        def moment(client, service):
            seen = len(service.requests)
            client.send_request("POST", "/api/service1/x", [("Content-Length", 100000)])
            client.send(b"x" * 1000)
            service.wait_requests(seen + 1)

        gw, service = self.assert_nothing_left(never_answers, moment)
        self.assert_cancelled(gw, service, 499)

    def test_within_a_body_the_service_does_not_read(self):
        def script(conn):
            conn.read_request_head()
            conn.origin.hold.wait(3 * DEADLINE)
            conn.wait_end()

        def moment(client, service):
            service.hold = getattr(service, "hold", None) or threading.Event()
            seen = len(service.requests)
            client.send_request("POST", "/api/service1/x", [("Content-Length", 1 << 30)])
            service.wait_requests(seen + 1)
            client.sock.settimeout(0.3)
            try:
                client.send(*pattern(1 << 26))
            except TimeoutError:
                pass  # everything is full: now the gateway reads no more from this client

        gw, service = self.assert_nothing_left(script, moment)
        service.hold.set()
        self.assert_cancelled(gw, service, 499)

    def test_while_waiting_for_the_answer(self):
        def moment(client, service):
            seen = len(service.requests)
            client.send_request("GET", "/api/service1/x")
            service.wait_requests(seen + 1)

        gw, service = self.assert_nothing_left(never_answers, moment)
        self.assert_cancelled(gw, service, 499)

    def test_while_the_answer_goes_on(self):
        def moment(client, service):
            client.send_request("GET", "/api/service1/x")
            client.read_head()
            client.read_exactly(100000)

        gw, service = self.assert_nothing_left(endless_answer, moment)
        wait_until(lambda: len([r for r in gw.records() if r["cause"] == "client_closed"]) == 10,
                   "ten lines with cause client_closed")

    def test_while_the_answer_waits_for_the_client_to_read(self):
        stalled = threading.Semaphore(0)

        def script(conn):
            conn.sock.settimeout(0.3)
            try:
                endless_answer(conn)
            except TimeoutError:
                stalled.release()  # everything is full: the gateway reads no more of this answer
            conn.wait_end()

        def moment(client, service):
            client.send_request("GET", "/api/service1/x")
            client.read_head()
            self.assertTrue(stalled.acquire(timeout=DEADLINE))

        gw, service = self.assert_nothing_left(script, moment)
        self.assert_cancelled(gw, service, 200)

    def test_with_further_requests_pipelined(self):
        def moment(client, service):
            seen = len(service.requests)
            client.send(b"GET /api/service1/x HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
            service.wait_requests(seen + 1)

        self.assert_nothing_left(never_answers, moment)

    def test_in_a_tunnel(self):
        def moment(client, service):
            client.send_request("GET", "/api/service1/x", ASK)
            client.read_head()
            client.send(b"some bytes")

        gw, service = self.assert_nothing_left(tunnel, moment)
        for index in range(10):
            service.wait_ended(index)

    def test_while_being_refused(self):
        def moment(client, service):
            client.send_request("POST", "/api/service1/x", [("Content-Length", "x")])
            client.send(b"x" * 1000)

        self.assert_nothing_left(None, moment)

    def test_a_clean_close_while_waiting_leaves_nothing_either(self):
        service = self.origin(never_answers)
        gw = self.gateway(service, GATEWAY_TIMEOUT="300")
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        for number in range(1, 6):
            with gw.client() as client:
                client.send_request("GET", "/api/service1/x")
                service.wait_requests(number)
        self.wait_descriptors(gw, before)
        spent = gw.cpu_seconds()
        time.sleep(1)
        self.assertLess(gw.cpu_seconds() - spent, 0.3)


class ServiceAborts(Case):
    def test_a_service_that_resets_costs_nothing_afterwards(self):
        def script(conn):
            conn.read_request_head()
            if conn.index % 3 == 1:
                conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            if conn.index % 3 == 2:
                conn.respond(200, b"whole")
            conn.reset()

        gw = self.gateway(self.origin(script))
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        for _ in range(12):
            with gw.client() as client:
                client.send_request("POST", "/api/service1/x", [("Content-Length", 5)])
                try:
                    client.send(b"12345")
                    client.read_some()
                except ConnectionError:
                    pass
        self.wait_descriptors(gw, before)
        spent = gw.cpu_seconds()
        time.sleep(1)
        self.assertLess(gw.cpu_seconds() - spent, 0.3)
        self.assertEqual(gw.get("/health").status, 200)
