# SPDX-License-Identifier: MIT
"""How long silence is tolerated, from whom, and what happens then."""

import socket
import threading
import time

from case import Case
from wire import Truncated, chunk, pattern, wait_until


def full_listener():
    """(sockets to keep, URL) of a listening port whose queue is full: connects hang."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    keep = [listener]
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        keep.append(filler)
    return keep, f"http://127.0.0.1:{listener.getsockname()[1]}"


class UpstreamSilence(Case):
    def test_no_connection_is_a_504_connect_timeout(self):
        keep, url = full_listener()
        for sock in keep:
            self.addCleanup(sock.close)
        gw = self.gateway(url, GATEWAY_TIMEOUT="0.5")
        response = gw.get("/api/service1/x")
        self.assert_error(response, 504, "gateway_timeout", "connect_timeout", "service1")
        self.assert_log(gw, response, status_code=504, cause="connect_timeout", attempts=1)

    def test_no_answer_is_a_504_response_header_timeout(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
        with gw.client() as client:
            response = client.get("/api/service1/x")
            self.assert_error(response, 504, "gateway_timeout", "response_header_timeout",
                              "service1")
            self.assert_log(gw, response, status_code=504, cause="response_header_timeout",
                            attempts=1)
            self.assertEqual(client.get("/health").status, 200)
        service.wait_ended()  # and the service is rid of the request
        self.assertEqual(len(service.requests), 1)

    def test_half_a_response_head_is_no_answer(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-")
            conn.wait_end()

        gw = self.gateway(self.origin(script), GATEWAY_TIMEOUT="0.5")
        self.assert_error(gw.get("/api/service1/x"), 504, "gateway_timeout",
                          "response_header_timeout", "service1")

    def test_silence_within_the_answer_truncates_it_visibly(self):
        for head in (b"Content-Length: 10", b"Transfer-Encoding: chunked", b"X-Until: close"):
            def script(conn, head=head):
                conn.read_request()
                body = chunk(b"half") if b"chunked" in head else b"half"
                conn.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)
                conn.wait_end()

            with self.subTest(head=head):
                service = self.origin(script)
                gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
                with gw.client() as client:
                    client.send_request("GET", "/api/service1/x")
                    response = client.read_head()
                    with self.assertRaises(Truncated) as caught:
                        client.read_body(response)
                    self.assertEqual(caught.exception.partial, b"half")
                    self.assert_log(gw, response, status_code=200, cause="upstream_idle_timeout",
                                    bytes_out=4)
                service.wait_ended()

    def test_a_stream_that_keeps_moving_has_no_deadline(self):
        def script(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(12):
                time.sleep(0.3)
                conn.send(chunk(b"tick"))
            conn.send(b"0\r\n\r\n")

        gw = self.gateway(self.origin(script), GATEWAY_TIMEOUT="2")
        self.assertEqual(gw.get("/api/service1/x").body, b"tick" * 12)

    def test_a_slow_upload_does_not_count_as_silence_of_the_service(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_TIMEOUT="2")
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 12)])
            for _ in range(12):
                time.sleep(0.3)
                client.send(b"x")
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(service.complete[0].body, b"x" * 12)


class ClientSilence(Case):
    def test_a_client_that_stops_reading_is_cut_off(self):
        def script(conn):
            conn.read_request()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {64 << 20}\r\n\r\n")
            conn.send(*pattern(64 << 20))

        service = self.origin(script)
        gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
        with gw.client(receive_buffer=65536) as client:
            client.send_request("GET", "/api/service1/x", [("X-Request-ID", "no-reader")])
            record = gw.wait_record(request_id="no-reader")
            self.assertEqual(record["cause"], "client_write_timeout")
            self.assertLess(record["bytes_out"], 64 << 20)
            with self.assertRaises(Truncated):
                client.read_response()
        wait_until(lambda: service.connections[0].error, "the service to be told")

    def test_a_client_that_stops_reading_is_cut_off_though_the_service_trickles(self):
        """Bytes that are only queued are no progress."""
        stop = threading.Event()
        self.addCleanup(stop.set)
        fill = [64 << 20]

        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", bytes(fill[0]))
            while not stop.wait(0.1):
                conn.send(b"more")

        gw = self.gateway(self.origin(script, record=False), GATEWAY_TIMEOUT="1")

        def stall(request_id):
            with gw.client(receive_buffer=4096) as client:
                client.send_request("GET", "/api/service1/x", [("X-Request-ID", request_id)])
                return gw.wait_record(request_id=request_id)

        # What kernel and gateway take when nobody reads; then so much that the kernel is full but
        # the gateway still takes more from the service.
        fill[0] = stall("full")["bytes_out"] - 80_000
        self.assertEqual(stall("trickle")["cause"], "client_write_timeout")

    def test_half_a_head_is_a_408(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
        for part in (b"G", b"GET /api/service1/x HTTP/1.1\r\nHost: a\r\nX-Half"):
            with self.subTest(part=part), gw.client() as client:
                client.send(part)
                response = client.read_response()
                self.assert_error(response, 408, "request_timeout", "client_timeout")
                self.assertTrue(response.closes())
                self.assertTrue(client.at_end())
                self.assert_log(gw, response, status_code=408, cause="client_timeout", attempts=0)
        self.assertEqual(service.connections, [])

    def test_a_head_that_trickles_in_for_too_long_is_a_408(self):
        gw = self.gateway(GATEWAY_TIMEOUT="1")
        with gw.client() as client:
            stop = threading.Event()

            def trickle():
                try:
                    client.send(b"GET / HTTP/1.1\r\nX: ")
                    while not stop.wait(0.1):
                        client.send(b"y")
                except OSError:
                    pass

            thread = threading.Thread(target=trickle)
            thread.start()
            try:
                response = client.read_response()
            finally:
                stop.set()
                thread.join()
            self.assert_error(response, 408, "request_timeout", "client_timeout")

    def test_half_a_body_is_a_408_and_cancels_the_upstream_request(self):
        for framing, part in ((("Content-Length", 10), b"half"),
                              (("Transfer-Encoding", "chunked"), chunk(b"half"))):
            with self.subTest(framing=framing):
                service = self.origin()
                gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
                with gw.client() as client:
                    client.send_request("POST", "/api/service1/x", [framing])
                    client.send(part)
                    response = client.read_response()
                    self.assert_error(response, 408, "request_timeout", "client_timeout",
                                      "service1")
                    self.assertTrue(response.closes())
                    self.assertTrue(client.at_end())
                    self.assert_log(gw, response, status_code=408, cause="client_timeout",
                                    bytes_in=4)
                service.wait_ended()
                self.assertEqual(service.complete, [])

    def test_an_idle_connection_is_kept_longer_than_the_timeout_of_a_request(self):
        service = self.origin()
        gw = self.gateway(service, GATEWAY_TIMEOUT="0.5")
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 200)
            time.sleep(1.5)
            self.assertEqual(client.get("/api/service1/x").status, 200)
