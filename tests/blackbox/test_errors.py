# SPDX-License-Identifier: MIT
"""When a service fails: which answer, which cause, and never half a body taken for a whole one."""

import socket
import signal
import threading

from case import Case
from origin import answer_raw
from wire import DEADLINE, LAST_CHUNK, Truncated, chunk


def unreachable_host():
    """An address the kernel refuses to route to at once, or None."""
    for family, address, url in ((socket.AF_INET6, "100::1", "http://[100::1]:9"),
                                 (socket.AF_INET, "255.255.255.255", "http://255.255.255.255:9")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(1)
                probe.connect((address, 9))
        except TimeoutError:
            continue
        except OSError as error:
            if "unreachable" in str(error):
                return url
    return None


class ConnectErrors(Case):
    def test_a_refused_connection_is_a_503(self):
        gw = self.gateway(self.refusing_url())
        for method in ("GET", "POST"):
            with gw.client() as client:
                response = client.request(method, "/api/service1/x?q",
                                          body=b"1" * (method == "POST"))
                self.assert_error(response, 503, "service_unavailable", "connect_refused",
                                  "service1")
                self.assert_log(gw, response, status_code=503, cause="connect_refused", attempts=1,
                                target_service="service1", upstream_path="/api/x")

    def test_a_refused_get_keeps_the_clients_connection(self):
        gw = self.gateway(self.refusing_url())
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 503)
            self.assertEqual(client.get("/health").status, 200)

    def test_a_refused_unix_socket_is_a_503(self):
        gw = self.gateway("unix:/nonexistent/gateway-test.sock")
        self.assertEqual(gw.get("/api/service1/x").status, 503)

    def test_an_unreachable_address_is_a_503(self):
        url = unreachable_host()
        if not url:
            self.skipTest("every address can be routed to here")
        gw = self.gateway(url)
        response = gw.get("/api/service1/x")
        self.assert_error(response, 503, "service_unavailable", "connect_unreachable", "service1")
        self.assert_log(gw, response, cause="connect_unreachable", attempts=1)

    def test_a_service_that_comes_back_is_used_again(self):
        service = self.origin()
        service.stop_listening()
        gw = self.gateway(service)
        self.assertEqual(gw.get("/api/service1/x").status, 503)
        self.origin(port=service.port)
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_a_client_that_waits_for_100_gets_the_503_instead(self):
        gw = self.gateway(self.refusing_url())
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x",
                                [("Expect", "100-continue"), ("Content-Length", 5)])
            response = client.read_response()
            self.assert_error(response, 503, "service_unavailable", "connect_refused", "service1")
            self.assertEqual(response.interim, [])


class ResponseErrors(Case):
    def failing(self, script, cause, method="GET"):
        """A service that fails before its answer begins: a 502 with that cause."""
        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            response = client.request(method, "/api/service1/x")
            if method == "HEAD":
                self.assertEqual(response.status, 502)
            else:
                self.assert_error(response, 502, "bad_gateway", cause, "service1")
            self.assert_log(gw, response, status_code=502, cause=cause, attempts=1,
                            target_service="service1", upstream_path="/api/x")
            self.assertEqual(client.get("/health").status, 200)  # the connection is still good
        self.assertEqual(len(service.requests), 1)  # a fresh connection is not tried twice
        return service

    def test_closed_before_the_head(self):
        self.failing(answer_raw(b""), "upstream_closed")

    def test_closed_within_the_head(self):
        self.failing(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "upstream_closed")

    def test_closed_after_an_interim_answer(self):
        self.failing(answer_raw(b"HTTP/1.1 100 Continue\r\n\r\n"), "upstream_closed")

    def test_closed_before_the_head_of_a_head_request(self):
        self.failing(answer_raw(b""), "upstream_closed", "HEAD")

    def test_reset_before_the_head(self):
        def script(conn):
            conn.read_request()
            conn.reset()

        self.failing(script, "upstream_reset")

    def test_reset_within_the_head(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nX")
            conn.reset()

        self.failing(script, "upstream_reset")

    def test_invalid_answers(self):
        for raw in (
                b"nonsense\r\n\r\n", b"\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n",
                b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1 099 OK\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n",
                b"HTTP/2.0 200 OK\r\n\r\n", b"HTTP/1.1200 OK\r\n\r\n", b"HTTP/1.1 200abc\r\n\r\n",
                b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
                b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2\r\nok\r\n0\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nX-Cr: a\rb\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\n: empty\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok",
                b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        ):
            with self.subTest(raw=raw[:100]):
                self.failing(answer_raw(raw), "bad_response")

    def test_bytes_behind_an_answer_are_never_the_next_answer(self):
        def script(conn):
            while conn.read_request():
                conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                          b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON")

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            for _ in range(3):
                self.assertEqual(client.get("/api/service1/x").body, b"ok")

    def test_unasked_bytes_on_an_idle_connection_are_never_an_answer(self):
        poisoned = threading.Event()

        def script(conn):
            while conn.read_request():
                conn.respond(200, b"ok")
                if conn.index == 0:
                    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON")
                    poisoned.set()

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").body, b"ok")
            self.assertTrue(poisoned.wait(DEADLINE))
            for _ in range(3):
                self.assertEqual(client.get("/api/service1/x").body, b"ok")
        service.wait_ended(0)


class Truncation(Case):
    def truncated(self, raw, cause, then=b"", end="close"):
        """A service that fails once its head was delivered: the client sees it."""

        def script(conn):
            conn.read_request()
            conn.send(raw)
            conn.origin.delivered.wait(DEADLINE)
            conn.send(then)
            getattr(conn, end)()

        service = self.origin(script)
        service.delivered = threading.Event()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            head = client.read_head()
            self.assertEqual(head.status, 200)
            service.delivered.set()
            with self.assertRaises(Truncated) as caught:
                client.read_body(head)
            self.assert_log(gw, head, status_code=200, target_service="service1", cause=cause)
        self.assertEqual(len(service.requests), 1)
        self.assertEqual(caught.exception.partial, b"half")

    def test_an_answer_shorter_than_its_length(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "upstream_closed")

    def test_a_chunked_answer_without_its_last_chunk(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half"),
                       "upstream_closed")

    def test_a_chunked_answer_that_ends_within_a_chunk(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf",
                       "upstream_closed")

    def test_a_chunked_answer_that_ends_within_the_last_chunk(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half")
                       + LAST_CHUNK[:3], "upstream_closed")

    def test_a_client_of_http_1_0_sees_the_truncation_as_a_reset(self):
        """Its answers end with the connection: a FIN would make half a body look whole."""
        delivered = threading.Event()

        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half"))
            delivered.wait(DEADLINE)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", version="HTTP/1.0")
            head = client.read_head()
            self.assertEqual(client.read_exactly(4), b"half")
            delivered.set()
            with self.assertRaises(ConnectionResetError):
                client.read_to_end()
            self.assert_log(gw, head, status_code=200, cause="upstream_closed")

    def test_a_client_of_http_1_0_sees_a_stopping_gateway_as_a_reset(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half"))
            conn.wait_end()

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", version="HTTP/1.0")
            client.read_head()
            self.assertEqual(client.read_exactly(4), b"half")
            gw.stop(signal.SIGINT)
            with self.assertRaises(ConnectionResetError):
                client.read_to_end()

    def test_a_bad_chunk(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        for bad in (b"0x5\r\nhello\r\n0\r\n\r\n", b"-1\r\n", b"5 x\r\nhello", b"5\nhello\n",
                    b"\r\n",
                    b"ffffffffffffffffff\r\n"):
            with self.subTest(bad=bad):
                self.truncated(head + chunk(b"half"), "bad_response", then=bad)

    def test_a_chunk_longer_than_its_size(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf",
                       "bad_response", then=b"X\r\n0\r\n\r\n")

    def test_a_bad_chunk_right_behind_the_head_is_a_502(self):
        gw = self.gateway(self.origin(answer_raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            head = client.read_head()
            if head.status == 200:  # its head went out before the chunk was seen
                self.assertRaises(Truncated, client.read_body, head)
            else:
                self.assert_error(client.read_body(head), 502, "bad_gateway", "bad_response",
                                  "service1")

    def test_a_reset_within_a_body_with_a_length(self):
        self.truncated(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "upstream_reset",
                       end="reset")

    def test_a_reset_within_a_body_that_ends_with_the_connection(self):
        self.truncated(b"HTTP/1.1 200 OK\r\n\r\nhalf", "upstream_reset", end="reset")
