# SPDX-License-Identifier: MIT
"""What a connection may be used for again, on either side."""

import threading

from case import MIB, Case
from wire import Truncated


class Reuse(Case):
    def test_a_204_that_announces_a_body_costs_its_connection(self):
        """The body may come after all, and would be the answer to somebody else's request."""
        for field in ("Content-Length: 40", "Transfer-Encoding: chunked"):
            with self.subTest(field=field):
                def script(conn, field=field):
                    conn.read_request()
                    conn.send(f"HTTP/1.1 204 No Content\r\n{field}\r\n\r\n")
                    if conn.read_request():
                        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON")

                service = self.origin(script)
                gw = self.gateway(service)
                with gw.client() as client:
                    self.assertEqual(client.get("/api/service1/x").status, 204)
                    self.assertEqual(client.get("/api/service1/y").status, 204)
                self.assertEqual(len(service.connections), 2)

    def test_a_client_connection_is_read_again_after_an_early_answer(self):
        """Whatever part of the body was still queued for the service when the answer came."""
        answered = threading.Event()

        def script(conn):
            conn.read_request_head()
            answered.wait(1)
            conn.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
            conn.wait_end()

        gw = self.gateway(self.origin(script, record=False), GATEWAY_TIMEOUT="10")
        taken = self.stalls_at(gw)
        hung = []

        def exchange(size):
            with gw.client() as client:
                try:
                    first = client.request("POST", "/api/service1/x", body=bytes(size))
                    if not first.closes():
                        client.get("/health")
                except (ConnectionError, Truncated):
                    pass  # closed is fine
                except TimeoutError:
                    hung.append(size)

        threads = [threading.Thread(target=exchange, args=(max(1, taken + step * 12_000),))
                   for step in range(-24, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(hung, [])

    def stalls_at(self, gw):
        """Bytes of a body that are taken when the service reads none of it."""
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 9 * MIB)])
            client.sock.settimeout(0.5)
            taken = 0
            try:
                while taken < 9 * MIB:
                    taken += client.sock.send(bytes(4096))
            except (TimeoutError, ConnectionError):
                pass
            return taken
