# SPDX-License-Identifier: MIT
"""HUP: a new generation of workers takes over and the old one finishes what it has."""

import itertools
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time

from case import HoldingCase
from wire import DEADLINE, Truncated, wait_until


class Reload(HoldingCase):
    def wait_generation(self, number):
        """Until that generation serves and no other one accepts connections."""
        self.gw.wait_error_line(f"reload done generation={number}$")
        status = json.loads(self.gw.get("/api/gateway/status").body)
        self.assertEqual(status["generation"], number)

    def test_a_new_generation_serves_while_the_old_one_finishes(self):
        gw = self.start()
        old = gw.worker()
        client = self.slow_request()
        gw.send_signal(signal.SIGHUP)
        self.wait_generation(2)
        self.assertIn(old, gw.workers())
        response = gw.get("/api/service1/fast")
        self.assert_log(gw, response, generation=2, status_code=200)
        self.service.release.set()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assert_log(gw, response, generation=1, status_code=200)
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")
        self.assertEqual(len(gw.workers()), 1)

    def test_no_request_is_lost_by_reloads(self):
        gw = self.start(GATEWAY_WORKERS=2)
        stop = threading.Event()
        failures, counts = [], []

        def fresh_connections():
            count = 0
            try:
                while not stop.is_set():
                    response = gw.get("/api/service1/f", [("Connection", "close")])
                    assert response.status == 200, response.body
                    count += 1
            except Exception as error:  # whatever it is, the test names it
                failures.append(repr(error))
            counts.append(count)

        def kept_connection():
            """May be closed between two requests only when a second went by without one."""
            count = 0
            try:
                client = gw.client()
                quiet_since = time.monotonic()
                while not stop.is_set():
                    try:
                        response = client.get("/api/service1/k")
                    except (Truncated, ConnectionError):
                        if client.buffer or time.monotonic() - quiet_since < 1:
                            raise
                        client.close()
                        client = gw.client()
                        quiet_since = time.monotonic()
                        continue
                    quiet_since = time.monotonic()
                    assert response.status == 200, response.body
                    count += 1
                    if response.closes():
                        client.close()
                        client = gw.client()
                client.close()
            except Exception as error:
                failures.append(repr(error))
            counts.append(count)

        threads = [threading.Thread(target=target)
                   for target in (fresh_connections, fresh_connections, kept_connection)]
        for thread in threads:
            thread.start()
        for generation in (2, 3, 4):
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(generation)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertTrue(all(counts), counts)
        gw.wait_workers(2)

    def test_a_tunnel_outlives_a_reload(self):
        def script(conn):
            conn.read_request_head()
            conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            while data := conn.read_some():
                conn.send(data)

        self.gw = gw = self.gateway(self.origin(script))
        old = gw.worker()
        with gw.client() as client:
            client.send_request("GET", "/api/service1/t",
                                [("Connection", "Upgrade"), ("Upgrade", "x")])
            self.assertEqual(client.read_head().status, 101)
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(2)
            client.send(b"ping")
            self.assertEqual(client.read_exactly(4), b"ping")
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")

    def test_a_download_outlives_a_reload(self):
        go_on = threading.Event()

        def script(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            go_on.wait(3 * DEADLINE)
            conn.send("half")

        self.gw = gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/d")
            head = client.read_head()
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(2)
            go_on.set()
            self.assertEqual(client.read_body(head).body, b"halfhalf")

    def test_one_whose_workers_cannot_be_started_leaves_the_old_generation(self):
        if self.is_sanitized():
            self.skipTest("the sanitizers themselves need descriptors")
        gw = self.start()
        old = gw.worker()
        used = {int(name) for name in os.listdir(f"/proc/{gw.pid}/fd")}
        free = (number for number in itertools.count() if number not in used)
        before = resource.prlimit(gw.pid, resource.RLIMIT_NOFILE)
        # Two descriptors more: enough for the new logs, not for the pipe to the new worker.
        limit = next(itertools.islice(free, 2, None))
        resource.prlimit(gw.pid, resource.RLIMIT_NOFILE, (limit, before[1]))
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("worker not started: .*generation=2")
        gw.wait_error_line("reload failed, the old workers go on")
        self.assert_log(gw, gw.get("/api/service1/x"), status_code=200, generation=1)
        self.assertEqual(gw.workers(), [old])
        resource.prlimit(gw.pid, resource.RLIMIT_NOFILE, before)
        gw.send_signal(signal.SIGHUP)
        self.wait_generation(2)

    def test_one_whose_workers_die_before_they_are_ready_leaves_the_old_generation(self):
        """A new worker started by root reads /etc/group: here from a FIFO nobody writes to."""
        probe = ("unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/group")
        if os.geteuid() != 0 or subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("not started as root, or no mount namespaces")
        gw = self.start(prefix=("unshare", "-m"))
        old = gw.worker()
        fifo = self.temporary("group")
        os.mkfifo(fifo)
        enter = ("nsenter", "-t", str(gw.pid), "-m")
        subprocess.run([*enter, "mount", "--bind", fifo, "/etc/group"], check=True)
        gw.send_signal(signal.SIGHUP)
        line = gw.wait_error_line("worker started .*generation=2")
        self.assert_log(gw, gw.get("/api/service1/x"), generation=1)  # the old one serves meanwhile
        os.kill(int(re.search(r"worker started pid=(\d+)", line)[1]), signal.SIGKILL)
        gw.wait_error_line("new workers did not get ready generation=2 lost=1")
        gw.wait_error_line("reload failed, the old workers go on")
        self.assert_log(gw, gw.get("/api/service1/x"), status_code=200, generation=1)
        self.assertEqual(gw.workers(), [old])
        subprocess.run([*enter, "umount", "/etc/group"], check=True)
        gw.send_signal(signal.SIGHUP)
        self.wait_generation(2)
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")

    def test_an_idle_connection_may_bring_one_more_request(self):
        gw = self.start()
        old = gw.worker()
        with gw.client() as client:
            self.assertFalse(client.get("/api/service1/first").closes())
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(2)
            self.assertIn(old, gw.workers())  # it waits for this connection
            response = client.get("/api/service1/second")
            self.assertEqual((response.status, response.body), (200, b"answered"))
            self.assertTrue(response.closes())
            self.assertTrue(client.at_end())
            self.assert_log(gw, response, generation=1)
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")

    def test_an_idle_connection_that_brings_none_ends_with_a_fin(self):
        gw = self.start()
        old = gw.worker()
        with gw.client() as client:
            client.get("/api/service1/first")
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(2)
            self.assertTrue(client.at_end())  # after the 10 seconds that the manual promises
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")

    def test_of_too_many_draining_generations_the_oldest_ends_its_tunnels(self):
        gw = self.start(config={"reload": {"max_draining_generations": 1}},
                        SERVICE2_URL=self.origin(self.tunnel).url)
        clients = []
        for generation in (2, 3):
            client = gw.client()
            self.addCleanup(client.close)
            client.send_request("GET", "/api/service2/t",
                                [("Connection", "Upgrade"), ("Upgrade", "x"),
                                 ("X-Request-ID", f"tunnel-{generation - 1}")])
            self.assertEqual(client.read_head().status, 101)
            clients.append(client)
            gw.send_signal(signal.SIGHUP)
            self.wait_generation(generation)
        gw.wait_error_line("too many generations drain, the oldest ends its tunnels generation=1")
        gw.wait_error_line("tunnels ended count=1")
        record = gw.wait_record(request_id="tunnel-1")
        self.assertEqual((record["cause"], record["generation"]), ("drain_limit", 1))
        clients[1].send(b"ping")
        self.assertEqual(clients[1].read_exactly(4), b"ping")

    def test_what_takes_longer_than_the_drain_timeout_is_cut(self):
        gw = self.start(config={"reload": {"drain_timeout": "100ms"}})
        old = gw.worker()
        self.slow_request()
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("drain timed out")
        wait_until(lambda: old not in gw.workers(), "the end of the old worker")
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_logs_and_limits_are_those_of_the_new_file(self):
        path = self.temporary("access.log")
        os.chmod(os.path.dirname(path), 0o777)
        gw = self.start(config={})
        gw.write_config({"logs": {"access": {"output": path}},
                         "defaults": {"limits": {"request_body": 10}}})
        gw.send_signal(signal.SIGHUP)
        self.wait_generation(2)
        with gw.client() as client:
            self.assertEqual(client.request("POST", "/api/service1/x", body=b"x" * 11).status, 413)
        gw.stop()
        with open(path) as file:
            self.assertEqual([json.loads(line)["status_code"] for line in file][-1], 413)

    @staticmethod
    def tunnel(conn):
        conn.read_request_head()
        conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        while data := conn.read_some():
            conn.send(data)

    def test_the_listener_stays_the_same(self):
        gw = self.start()
        inodes = gw.listener_inodes()
        gw.send_signal(signal.SIGHUP)
        self.wait_generation(2)
        self.assertEqual(gw.listener_inodes(), inodes)
        self.assertEqual(len(inodes), 1)
