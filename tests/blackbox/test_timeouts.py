# SPDX-License-Identifier: MIT
"""How long silence is tolerated, from whom, and what happens then.

Only the timeout that a test is about is short: on a slow machine none of the others may come first.
"""

import socket
import threading
import time

from case import Case
from wire import Truncated, chunk, make_head, pattern, wait_until


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


def timeouts(**values):
    return {"defaults": {"timeouts": values}}


class OneVariable(Case):
    def test_it_sets_all_of_them_and_is_no_deadline(self):
        """GATEWAY_TIMEOUT; those who keep moving outlast the silence that the others end with."""
        keep, full = full_listener()
        for sock in keep:
            self.addCleanup(sock.close)

        def never_answers(conn):
            conn.read_request()
            conn.wait_end()

        def halfway(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            conn.wait_end()

        def ticks(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(9):
                time.sleep(0.5)
                conn.send(chunk(b"tick"))
            conn.send(b"0\r\n\r\n")

        services = [full, *(self.origin(script) for script in (never_answers, halfway, ticks)),
                    self.origin()]
        gw = self.gateway(*services, GATEWAY_TIMEOUT="3")
        clients = []
        for number in range(1, 7):
            client = gw.client()
            self.addCleanup(client.close)
            clients.append(client)
            if number < 5:
                client.send_request("GET", f"/api/service{number}/x")
        no_connection, no_answer, half_an_answer, moving, half_a_body, slow_upload = clients
        upload = "POST /api/service5/%s HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
        half_a_body.send(upload % "half" + "half")
        slow_upload.send(upload % "slow")
        for _ in range(9):
            time.sleep(0.5)
            slow_upload.send(b"x")
        self.assertEqual(slow_upload.read_response().status, 200)
        self.assertEqual(moving.read_response().body, b"tick" * 9)
        for client, cause in ((no_connection, "connect_timeout"),
                              (no_answer, "response_header_timeout"),
                              (half_a_body, "client_timeout")):
            response = client.read_response()
            self.assertEqual(response.status, 408 if client is half_a_body else 504)
            self.assert_log(gw, response, cause=cause)
        with self.assertRaises(Truncated):
            half_an_answer.read_response()
        gw.wait_record(cause="upstream_idle_timeout", status_code=200)


class UpstreamSilence(Case):
    def test_no_connection_is_a_504_connect_timeout(self):
        keep, url = full_listener()
        for sock in keep:
            self.addCleanup(sock.close)
        gw = self.gateway(url, config=timeouts(connect="500ms"))
        response = gw.get("/api/service1/x")
        self.assert_error(response, 504, "gateway_timeout", "connect_timeout", "service1")
        self.assert_log(gw, response, status_code=504, cause="connect_timeout", attempts=1)

    def test_an_idle_connection_to_a_service_is_given_up(self):
        service = self.origin()
        gw = self.gateway(service, config={"pool": {"idle_timeout": "300ms"}})
        for index in range(2):
            self.assertEqual(gw.get("/api/service1/x").status, 200)
            self.assertEqual(service.wait_ended(index), "eof")

    def test_no_answer_is_a_504_response_header_timeout(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service, config=timeouts(response_header="500ms"))
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

        gw = self.gateway(self.origin(script), config=timeouts(response_header="500ms"))
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
                gw = self.gateway(service, config=timeouts(idle="500ms"))
                with gw.client() as client:
                    client.send_request("GET", "/api/service1/x")
                    response = client.read_head()
                    with self.assertRaises(Truncated) as caught:
                        client.read_body(response)
                    self.assertEqual(caught.exception.partial, b"half")
                    self.assert_log(gw, response, status_code=200, cause="upstream_idle_timeout",
                                    bytes_out=4)
                service.wait_ended()

    def test_a_slow_upload_does_not_count_as_silence_of_the_service(self):
        service = self.origin()
        gw = self.gateway(service, config=timeouts(idle="300ms", response_header="2s"))
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 5)])
            for _ in range(5):
                time.sleep(0.5)
                client.send(b"x")
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(service.complete[0].body, b"x" * 5)


class ClientSilence(Case):
    def test_a_client_that_stops_reading_is_cut_off(self):
        def script(conn):
            conn.read_request()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {64 << 20}\r\n\r\n")
            conn.send(*pattern(64 << 20))

        service = self.origin(script)
        gw = self.gateway(service, config={"client": {"write": "500ms"}})
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

        gw = self.gateway(self.origin(script, record=False), config={"client": {"write": "1s"}})

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
        gw = self.gateway(service, config={"client": {"header": "2s"}})
        clients = []
        for part in (b"G", b"GET /api/service1/x HTTP/1.1\r\nHost: a\r\nX-Half"):
            clients.append(gw.client())
            self.addCleanup(clients[-1].close)
            clients[-1].send(part)
        for client in clients:
            response = client.read_response()
            self.assert_error(response, 408, "request_timeout", "client_timeout")
            self.assertTrue(response.closes())
            self.assertTrue(client.at_end())
            self.assert_log(gw, response, status_code=408, cause="client_timeout", attempts=0)
        self.assertEqual(service.connections, [])

    def test_a_head_that_trickles_in_for_too_long_is_a_408(self):
        gw = self.gateway(config={"client": {"header": "2s"}})
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
                gw = self.gateway(service, config={"client": {"body": "500ms"}})
                with gw.client() as client:
                    client.send(make_head("POST /api/service1/x HTTP/1.1",
                                          [("Host", "a"), framing]) + part)
                    response = client.read_response()
                    self.assert_error(response, 408, "request_timeout", "client_timeout",
                                      "service1")
                    self.assertTrue(response.closes())
                    self.assertTrue(client.at_end())
                    self.assert_log(gw, response, status_code=408, cause="client_timeout",
                                    bytes_in=4)
                service.wait_ended()
                self.assertEqual(service.complete, [])

    def test_a_connection_that_brings_no_request_is_closed_without_a_word(self):
        for name, wait in (("header", lambda client: None),
                           ("keep_alive", lambda client: client.get("/health"))):
            with self.subTest(timeout=name):
                gw = self.gateway(config={"client": {name: "1s"}})
                started = time.monotonic()
                with gw.client() as client:
                    wait(client)
                    self.assertTrue(client.at_end())
                    self.assertGreaterEqual(time.monotonic() - started, 1)
                gw.stop()
                self.assertEqual([record["path"] for record in gw.records()],
                                 ["/health"] * (name == "keep_alive"))

    def test_an_idle_connection_is_kept_longer_than_the_timeout_of_a_request(self):
        gw = self.gateway(self.origin(), config={"client": {"header": "2s", "write": "2s",
                                                            "body": "2s"}})
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 200)
            time.sleep(3)
            self.assertEqual(client.get("/api/service1/x").status, 200)
