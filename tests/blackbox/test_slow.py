# SPDX-License-Identifier: MIT
"""Peers that are slow, or no longer interested, on one side or on both at once."""

import threading
import time

from case import MIB, Case
from wire import LAST_CHUNK, chunk, pattern


class Slow(Case):
    def test_both_sides_at_once(self):
        """Request and answer trickle past each other; nothing is lost, and others do not wait."""
        words = [b"%d," % number for number in range(60)]

        def script(conn):
            request = conn.read_request_head()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

            def slowly(data):
                time.sleep(0.01)
                conn.send(chunk(data))

            conn.read_body(request, slowly)
            conn.send(LAST_CHUNK)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Transfer-Encoding", "chunked")])

            def send():
                for word in words:
                    for byte in chunk(word):
                        client.send(bytes([byte]))
                    time.sleep(0.01)
                client.send(LAST_CHUNK)

            sender = threading.Thread(target=send)
            sender.start()
            self.assertEqual(gw.get("/health").status, 200)
            response = client.read_response()
            sender.join()
            self.assertEqual((response.status, response.body), (200, b"".join(words)))
            self.assert_log(gw, response, cause="", bytes_in=len(response.body),
                            bytes_out=len(response.body))

    def test_an_early_answer_of_a_service_that_stops_reading(self):
        """The client gets all of it while it still sends, and both connections end."""
        size = 4 * MIB
        gone = threading.Event()

        def script(conn):
            conn.read_request_head()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
            for block in pattern(size):
                conn.send(block)
            gone.wait(60)

        service = self.origin(script, record=False)
        self.addCleanup(gone.set)
        gw = self.gateway(service, GATEWAY_MAX_BODY="off")
        self.assertEqual(gw.get("/health", [("Connection", "close")]).status, 200)
        before = gw.descriptors()
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 1 << 40)])
            stop = threading.Event()

            def send():
                try:
                    while not stop.is_set():
                        client.send(bytes(65536))
                except OSError:
                    pass  # the end

            sender = threading.Thread(target=send)
            sender.start()
            response = client.read_response()
            self.assertEqual(response.status, 200)
            self.assertTrue(response.body == b"".join(pattern(size)))
            self.assertTrue(response.closes())
            stop.set()
            sender.join()
            self.assert_log(gw, response, cause="", status_code=200, bytes_out=size)
        self.wait_descriptors(gw, before)

    def test_an_answer_without_end_to_half_a_request(self):
        """It flows on after the body has ended, too."""
        def script(conn):
            conn.read_request_head()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"one"))
            conn.read_exactly(10)
            conn.send(chunk(b"two"), LAST_CHUNK)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 10)])
            response = client.read_head()
            self.assertEqual(client.read_until(b"one\r\n"), b"3\r\none\r\n")
            client.send(b"0123456789")
            self.assertEqual(client.read_body(response).body, b"two")
