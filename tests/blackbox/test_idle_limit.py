# SPDX-License-Identifier: MIT
"""How long services keep idle connections: learned, obeyed, forgotten; and what a race costs."""

import json
import select
import socket
import threading
import time

from case import Case
from wire import wait_until

# A pool that never gives up a connection by itself while a test runs.
PATIENT = {"idle_timeout": "1h"}


class IdleLimitCase(Case):
    def start(self, script, pool=None, names=("s",)):
        """Services of these names, all at one origin, but what is learned is each one's own."""
        self.service = self.origin(script, record=False)
        self.gw = self.gateway(config={
            "pool": pool or PATIENT,
            "services": {name: {"instances": [{"url": self.service.url}]} for name in names},
            "routes": [{"match": {"path_prefix": f"/{name}/"}, "service": name}
                       for name in names]})

    def limit(self):
        """What the gateway says of the only instance."""
        return json.loads(self.gw.get("/api/gateway/services").body)[0]["instances"][0][
            "idle_limit_seconds"]

    def ask(self, client):
        response = client.get("/s/x")
        self.assertEqual(response.status, 200)
        return response


def closes_after(conn):
    """Closes when nothing came for `origin.patience` seconds; "hold" waits for `origin.release`."""
    while True:
        ready, _, _ = select.select([conn.sock], [], [], conn.origin.patience)
        if not ready or not (request := conn.read_request()):
            return
        if request.target == "/s/hold":
            conn.origin.release.wait(60)
        conn.respond()


class Learning(IdleLimitCase):
    def start_impatient(self, patience, pool=None):
        self.start(closes_after, pool)
        self.service.patience = patience

    def learn(self):
        def learned():
            self.assertEqual(self.gw.get("/s/x").status, 200)
            last = self.service.connections[-1]
            wait_until(lambda: not last.thread.is_alive(), "the service to close")
            return self.limit()

        return wait_until(learned, "the limit to be learned")

    def test_a_limit_is_learned_from_closes_and_obeyed(self):
        self.start_impatient(1.0)
        limit = self.learn()
        self.gw.wait_error_line(rf"instance closes idle connections url={self.service.url} after")
        self.service.patience = 3600  # from now on whatever closes is the gateway
        self.assertEqual(self.gw.get("/s/x").status, 200)
        count = len(self.service.connections)
        time.sleep(limit + 0.2)  # longer than the service is believed to wait
        self.assertEqual(self.gw.get("/s/x").status, 200)
        self.assertEqual(len(self.service.connections), count + 1)
        self.service.wait_ended(count)

    def test_it_is_forgotten_when_the_service_keeps_connections_longer(self):
        self.start_impatient(0.5, pool={"idle_timeout": "2s"})
        self.learn()
        self.service.patience = 3600
        self.assertEqual(self.gw.get("/s/x").status, 200)
        wait_until(lambda: self.limit() is None, "the limit to be forgotten")
        self.gw.wait_error_line(f"instance keeps idle connections url={self.service.url}")

    def ask_together(self, count):
        """That many requests at once, so on that many connections."""
        self.service.release = threading.Event()
        seen = len(self.service.requests)
        clients = [self.gw.client() for _ in range(count)]
        for client in clients:
            client.send_request("GET", "/s/hold")
        self.service.wait_requests(seen + count)
        self.service.release.set()
        for client in clients:
            self.assertEqual(client.read_response().status, 200)
            client.close()

    def test_restarts_teach_nothing(self):
        """They close connections of all ages at once."""
        self.start_impatient(3600)
        for _ in range(4):
            for count in (3, 2, 1):
                self.ask_together(count)
                time.sleep(0.3)
            for conn in self.service.connections:
                if conn.thread.is_alive():
                    conn.sock.shutdown(socket.SHUT_RDWR)
                    conn.thread.join()
        self.assertEqual(len(self.service.connections), 4 * 3)
        self.assertIsNone(self.limit())


class Announced(IdleLimitCase):
    def test_keep_alive_timeout_is_obeyed(self):
        def script(conn):
            while conn.read_request():
                conn.respond(200, b"ok", [("Keep-Alive", "timeout=1, max=100")])

        self.start(script)
        self.assertEqual(self.gw.get("/s/x").status, 200)
        self.assertEqual(self.limit(), 1)
        self.assertEqual(self.service.wait_ended(0), "eof")  # by the gateway: the script waits

    def test_what_ends_at_once_is_not_kept(self):
        for hint in ("timeout=0", "max=0", "timeout=100, max=0"):
            def script(conn, hint=hint):
                while conn.read_request():
                    conn.respond(200, b"ok", [("Keep-Alive", hint)])

            with self.subTest(hint=hint):
                self.start(script)
                with self.gw.client() as client:
                    self.ask(client)
                    self.assertEqual(self.service.wait_ended(0), "eof")
                    self.ask(client)
                self.assertEqual(len(self.service.connections), 2)

    def test_keep_alive_max_is_obeyed(self):
        def script(conn):
            first = True
            while conn.read_request():
                conn.respond(200, b"ok", [("Keep-Alive", "max=4")] if first else [])
                first = False

        self.start(script)
        with self.gw.client() as client:
            for _ in range(10):
                self.ask(client)
        self.assertEqual(len(self.service.connections), 2)
        self.assertEqual(self.service.wait_ended(0), "eof")

    def test_nonsense_is_ignored(self):
        def script(conn):
            while conn.read_request():
                conn.respond(200, b"ok", [("Keep-Alive", "timeout=soon, max=-1, 5"),
                                          ("Keep-Alive", "timeout=99999999999999999999")])

        self.start(script)
        with self.gw.client() as client:
            for _ in range(3):
                self.ask(client)
        self.assertIsNone(self.limit())
        self.assertEqual(len(self.service.connections), 1)


def one_segment(conn):
    """Answer and FIN in one segment."""
    if conn.read_request():
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        conn.respond()
        conn.half_close()
        conn.wait_end()


class SilentCloses(IdleLimitCase):
    """A service that closes after every response without saying so costs idempotent clients
    nothing, at whatever moment the close comes."""

    COUNT = 100
    METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")

    def assert_costs_nothing(self, script):
        # A gateway that has learned what the service does avoids the races: many have to learn.
        names = [f"s{number}" for number in range(20)]
        self.start(script, names=names)
        with self.gw.client() as client:
            for number in range(self.COUNT):
                method = self.METHODS[number % len(self.METHODS)]
                body = b"x" * 1000 if method == "PUT" else b""
                name = names[number * len(names) // self.COUNT]
                response = client.request(method, f"/{name}/x", body=body)
                self.assertEqual(response.status, 200, (number, method, response.body))

    def test_the_end_comes_with_the_answer(self):
        self.assert_costs_nothing(one_segment)

    def test_the_end_comes_when_the_next_request_is_there(self):
        """The request is on its way, or has even arrived, when the service closes."""
        for end in ("close", "reset"):
            def script(conn, end=end):
                if conn.read_request():
                    conn.respond()
                    conn.sock.recv(65536 if conn.index % 2 else 1)  # what is unread makes a reset
                    getattr(conn, end)()

            with self.subTest(end=end):
                self.assert_costs_nothing(script)

    def test_the_end_comes_a_moment_later(self):
        for delay in (0.0, 0.0005, 0.002, 0.01):
            def script(conn, delay=delay):
                if conn.read_request():
                    conn.respond()
                    time.sleep(delay)

            with self.subTest(delay=delay):
                self.assert_costs_nothing(script)

    def test_once_that_is_known_orders_are_safe_too(self):
        """What cannot be sent again never goes on a connection that may be closed."""
        self.start(one_segment)

        def learned():
            self.assertEqual(self.gw.get("/s/x").status, 200)
            return self.limit()

        wait_until(learned, "the limit to be learned")
        before = len(self.service.connections)
        with self.gw.client() as client:
            for _ in range(self.COUNT):
                response = client.request("POST", "/s/x", body=b"order")
                self.assertEqual(response.status, 200)
        self.assertEqual(len(self.service.connections), before + self.COUNT)
