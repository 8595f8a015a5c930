# SPDX-License-Identifier: MIT
"""Many at once: connections, requests, methods, sizes; nobody gets somebody else's answer."""

import random
import resource
import signal
import threading
import time

from case import Case
from wire import DEADLINE, chunk, pattern, wait_until

CONNECTIONS = 1000


def echo(conn):
    while request := conn.read_request():
        line = f"{request.method} {request.target} ".encode()
        conn.respond(200, line + request.body)


class Concurrency(Case):
    def test_a_thousand_connections_wait_and_are_answered(self):
        everybody_in = threading.Event()

        def script(conn):
            while request := conn.read_request():
                everybody_in.wait(3 * DEADLINE)
                conn.respond(200, request.target.encode())

        service = self.origin(script, record=False)
        gw = self.gateway(service, GATEWAY_WORKERS=2, GATEWAY_TIMEOUT="120")
        clients = []
        try:
            for number in range(CONNECTIONS):
                client = gw.client()
                clients.append(client)
                client.send_request("GET", f"/api/service1/{number}")
            wait_until(lambda: len(service.requests) == CONNECTIONS, "all requests", 3 * DEADLINE)
            self.assertEqual(gw.get("/health").status, 200)
            everybody_in.set()
            for number, client in enumerate(clients):
                self.assertEqual(client.read_response().body, b"/api/%d" % number)
            for number, client in enumerate(clients):  # and they can all go on
                client.send_request("GET", f"/api/service1/again-{number}")
            for number, client in enumerate(clients):
                self.assertEqual(client.read_response().body, b"/api/again-%d" % number)
        finally:
            everybody_in.set()
            for client in clients:
                client.close()
        wait_until(lambda: len(gw.records()) == 2 * CONNECTIONS + 1, "a line for each request")
        self.assertEqual({r["status_code"] for r in gw.records()}, {200})

    def test_a_thousand_idle_connections_cost_no_cpu_and_are_cleaned_up(self):
        gw = self.gateway(self.origin())
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        clients = [gw.client() for _ in range(CONNECTIONS)]
        wait_until(lambda: gw.descriptors() >= CONNECTIONS, "all connections")
        spent = gw.cpu_seconds()
        time.sleep(1)
        self.assertLess(gw.cpu_seconds() - spent, 0.3)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        for client in clients:
            client.close()
        self.wait_descriptors(gw, before + 1)  # one idle connection to the service

    def test_a_stop_that_has_thousands_of_connections_to_close_is_an_orderly_one(self):
        """It takes longer than a tick of the worker's clock, which finds only half of it there."""
        gw = self.gateway()
        clients = []
        for _ in range(min(3000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)):
            clients.append(gw.client())
            self.addCleanup(clients[-1].close)
        wait_until(lambda: gw.descriptors() >= len(clients), "all connections")
        gw.stop(signal.SIGINT)  # fails when a worker crashes
        for client in clients:
            self.assertEqual(client.read_to_end(), b"")

    def test_answers_never_get_mixed_up(self):
        gw = self.gateway(self.origin(echo), GATEWAY_WORKERS=2)
        failures = []

        def talk(number):
            chance = random.Random(number)
            try:
                client = gw.client()
                for count in range(60):
                    method = chance.choice(("GET", "POST", "PUT", "DELETE", "FOO"))
                    target = f"/{number}/{count}"
                    body = b"".join(pattern(chance.choice((0, 1, 100, 5000, 70000))))
                    if chance.random() < 0.5:
                        client.send_request(method, f"/api/service1{target}", [], body)
                    else:
                        client.send_request(method, f"/api/service1{target}",
                                            [("Transfer-Encoding", "chunked")])
                        cut = chance.randrange(len(body) + 1)
                        client.send(*(chunk(part) for part in (body[:cut], body[cut:]) if part),
                                    b"0\r\n\r\n")
                    response = client.read_response()
                    expected = f"{method} /api{target} ".encode() + body
                    assert response.body == expected, (response.status, response.body[:200])
                    if chance.random() < 0.1:
                        client.close()
                        client = gw.client()
                client.close()
            except Exception as error:  # whatever it is, the test names it
                failures.append(repr(error))

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
