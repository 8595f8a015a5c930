# SPDX-License-Identifier: MIT
"""Too many clients: who waits, who makes room, and that nobody else notices."""

import os
import resource
import threading
import time

from case import Case, HoldingCase, hold
from gateway import raise_file_limit
from wire import DEADLINE, wait_until


class AdmissionCase(HoldingCase):
    def start_limited(self, descriptors=None, **settings):
        self.service = self.origin(hold, record=False)
        self.service.release = threading.Event()
        self.addCleanup(self.service.release.set)
        prefix = ("sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh") if descriptors else ()
        self.gw = self.gateway(prefix=prefix, config={
            "services": {"s": {"instances": [{"url": self.service.url}]}},
            "routes": [{"match": {"path_prefix": "/api/service1/"}, "service": "s",
                        "rewrite": {"path_prefix": "/api/"}}], **settings})
        return self.gw

    def new_client(self):
        client = self.gw.client()
        self.addCleanup(client.close)
        return client

    def idle_client(self):
        client = self.new_client()
        self.assertEqual(client.get("/api/service1/x").status, 200)
        return client

    def assert_at_rest(self):
        """For a while the workers use next to no processor time."""
        spent, started = self.gw.cpu_seconds(), time.monotonic()
        time.sleep(1)
        used, passed = self.gw.cpu_seconds() - spent, time.monotonic() - started
        self.assertLess(used, 0.3 * passed)

    def lines_about(self, text):
        return [line for line in self.gw.errors.lines if text in line]

    def assert_rarely_logged(self, text, since):
        lines = self.lines_about(text)
        self.assertTrue(lines)
        self.assertLessEqual(len(lines), time.monotonic() - since + 2)


class Limit(AdmissionCase):
    def test_those_who_are_busy_are_not_disturbed(self):
        """With the limit reached a new client waits; what is in progress goes on."""
        started = time.monotonic()
        self.start_limited(max_connections=3)
        busy = [self.slow_request() for _ in range(2)]
        half = self.new_client()
        half.send(b"GET /api/service1/x HTTP/1.1\r\n")
        waiting = self.new_client()
        waiting.send_request("GET", "/api/service1/waiting")
        self.gw.wait_error_line("connection limit reached, accepting pauses connections=3")
        self.assert_at_rest()
        self.assertNotIn("/api/waiting", [r.target for r in self.service.requests])
        half.send(b"Host: a\r\nConnection: close\r\n\r\n")
        self.assertEqual(half.read_response().status, 200)
        half.close()
        self.assertEqual(waiting.read_response().status, 200)
        self.service.release.set()
        for client in busy:
            self.assertEqual(client.read_response().status, 200)
        self.assert_rarely_logged("connection limit reached", started)

    def test_idle_connections_make_room(self):
        self.start_limited(max_connections=4)
        busy = self.slow_request()
        idle = [self.idle_client() for _ in range(3)]
        self.assertEqual(self.new_client().get("/api/service1/new").status, 200)
        self.gw.wait_error_line("no room for more clients, idle connections closed closed=1")
        self.assertTrue(idle[0].at_end())  # idle for longest
        self.service.release.set()
        self.assertEqual(busy.read_response().status, 200)

    def test_while_nobody_waits_idle_connections_are_kept(self):
        self.start_limited(max_connections=2)
        idle = [self.idle_client() for _ in range(2)]
        time.sleep(1.5)
        for client in idle:
            self.assertEqual(client.get("/api/service1/x").status, 200)


class Descriptors(AdmissionCase):
    def test_idle_clients_beyond_the_descriptors_keep_nobody_out(self):
        started = time.monotonic()
        self.start_limited(descriptors=256)
        idle = [self.new_client() for _ in range(300)]
        for _ in range(3):
            with self.gw.client() as client:
                self.assertEqual(client.get("/api/service1/x").status, 200)
        self.assert_at_rest()
        self.assert_rarely_logged("accepting pauses", started)
        for client in idle:
            client.close()
        wait_until(lambda: self.gw.descriptors() < 100, "the descriptors to be free again")
        with self.gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 200)

    def test_requests_beyond_the_descriptors_wait_and_are_answered(self):
        self.start_limited(descriptors=256)
        clients = [self.new_client() for _ in range(200)]
        for client in clients:
            client.send_request("GET", "/api/service1/slow")
        self.gw.wait_error_line("connection limit reached, accepting pauses connections=96")
        self.assert_at_rest()
        self.assertLess(len(self.service.requests), 200)
        self.service.release.set()
        for client in clients:
            self.assertEqual(client.read_response().status, 200)

    def test_accepting_resumes_when_it_fails_no_longer(self):
        # The limits of another user's processes are not ours to change.
        self.start_limited(**({"user": "root"} if os.getuid() == 0 else {}))
        worker = self.gw.worker()
        before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        busy = self.slow_request()
        started = time.monotonic()
        resource.prlimit(worker, resource.RLIMIT_NOFILE,
                         (len(os.listdir(f"/proc/{worker}/fd")), before[1]))
        waiting = self.new_client()
        waiting.send_request("GET", "/health")
        self.gw.wait_error_line("accept failed, pausing error=\"Too many open files\"")
        self.assert_at_rest()
        self.assert_rarely_logged("accept failed", started)
        self.service.release.set()
        self.assertEqual(busy.read_response().status, 200)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
        self.assertEqual(waiting.read_response().status, 200)


class Many(Case):
    def test_ten_thousand_idle_connections_are_not_noticed(self):
        raise_file_limit()
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        # This process has the other ends; and half of the gateway's are left to services.
        count = min(10_000, limit - 500, limit // 2 - 100)
        self.assertGreaterEqual(count, 500, "the descriptor limit is too low for this test")
        gw = self.gateway(self.origin())
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        before = gw.memory_peak()
        clients = [gw.client() for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
        wait_until(lambda: gw.descriptors() >= count, "all connections", 3 * DEADLINE)
        spent, started = gw.cpu_seconds(), time.monotonic()
        time.sleep(1)
        self.assertLess(gw.cpu_seconds() - spent, 0.3 * (time.monotonic() - started))
        for number in range(0, count, count // 20):
            self.assertEqual(clients[number].get("/api/service1/x").status, 200)
        with gw.client() as client:
            for _ in range(200):
                self.assertEqual(client.get("/api/service1/x").status, 200)
        if not self.is_sanitized():
            self.assertLess((gw.memory_peak() - before) / count, 4096)
        for client in clients:
            client.close()
        wait_until(lambda: gw.descriptors() < 100, "all descriptors", 3 * DEADLINE)
