# SPDX-License-Identifier: MIT
"""WebSocket and other upgrades: a tunnel of bytes, if and only if the service agrees."""

import json
import threading

from case import MIB, Case
from origin import answer
from wire import DEADLINE, pattern, wait_until

ASK = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"),
       ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]
AGREE = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def echo(greeting=b""):
    """Agrees, sends a greeting glued to the head, echoes, and says BYE after the FIN."""

    def script(conn):
        conn.read_request_head()
        conn.send(AGREE.encode() + greeting)
        while data := conn.read_some():
            conn.send(data)
        conn.send(b"BYE")

    return script


class Upgrade(Case):
    def open(self, script, first_bytes=b""):
        self.service = self.origin(script)
        self.gw = self.gateway(self.service, GATEWAY_TIMEOUT="60")
        client = self.gw.client()
        self.addCleanup(client.close)
        client.send_request("GET", "/api/service1/socket?room=1", ASK)
        client.send(first_bytes)
        self.head = client.read_head()
        return client

    def test_both_heads_pass(self):
        client = self.open(echo())
        self.assertEqual(self.head.status, 101)
        self.assertEqual(self.head.get("Upgrade"), "websocket")
        self.assertIn("upgrade", self.head.tokens("Connection"))
        self.assertEqual(self.head.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        request = self.service.requests[0]
        self.assertEqual(request.target, "/api/socket?room=1")
        self.assertEqual(request.get("Upgrade"), "websocket")
        self.assertIn("upgrade", request.tokens("Connection"))
        self.assertEqual(request.get("Sec-WebSocket-Key"), ASK[2][1])
        client.half_close()
        self.assertEqual(client.read_to_end(), b"BYE")
        self.assert_log(self.gw, self.head, status_code=101, path="/api/service1/socket",
                        target_service="service1", cause="", bytes_out=3)

    def test_open_ones_are_counted(self):
        def tunnels():
            return json.loads(self.gw.get("/api/gateway/status").body)["tunnels"]

        client = self.open(echo())
        wait_until(lambda: tunnels() == 1, "the tunnel to be counted")
        other = self.gw.client()
        self.addCleanup(other.close)
        other.send_request("GET", "/api/service1/socket", ASK)
        self.assertEqual(other.read_head().status, 101)
        wait_until(lambda: tunnels() == 2, "two of them")
        client.half_close()
        self.assertEqual(client.read_to_end(), b"BYE")
        other.reset()
        wait_until(lambda: tunnels() == 0, "none of them")

    def test_bytes_pass_in_both_directions_while_it_is_open(self):
        client = self.open(echo())
        for word in (b"one", b"two", bytes(range(256))):
            client.send(word)
            self.assertEqual(client.read_exactly(len(word)), word)

    def test_bytes_glued_to_the_heads_pass(self):
        client = self.open(echo(b"HELLO"), b"EARLY")
        self.assertEqual(client.read_exactly(10), b"HELLOEARLY")

    def test_megabytes_pass_both_ways(self):
        client = self.open(echo())
        size = 4 * MIB

        def send():
            client.send(*pattern(size))
            client.half_close()

        sender = threading.Thread(target=send)
        sender.start()
        got = client.read_to_end()
        sender.join()
        self.assertEqual(len(got), size + 3)
        self.assertTrue(got == b"".join(pattern(size)) + b"BYE")
        self.assert_log(self.gw, self.head, bytes_in=size, bytes_out=size + 3)

    def test_a_fin_before_the_101_reaches_the_service(self):
        asked = threading.Event()

        def script(conn):
            conn.read_request_head()
            asked.wait(DEADLINE)
            conn.send(AGREE)
            conn.send(b"got " + conn.read_to_end())

        service = self.origin(script)
        gw = self.gateway(service, GATEWAY_TIMEOUT="60")
        with gw.client() as client:
            client.send_request("GET", "/api/service1/socket", ASK)
            client.send(b"early")
            service.wait_requests()
            client.half_close()
            asked.set()
            self.assertEqual(client.read_head().status, 101)
            self.assertEqual(client.read_to_end(), b"got early")

    def test_the_service_may_half_close_first(self):
        def script(conn):
            conn.read_request_head()
            conn.send(AGREE)
            conn.half_close()
            conn.origin.heard = conn.read_to_end()

        client = self.open(script)
        self.assertEqual(client.read_to_end(), b"")
        client.send(b"still talking")
        client.half_close()
        self.service.wait_ended()
        self.assertEqual(self.service.heard, b"still talking")

    def test_it_ends_when_the_client_resets(self):
        client = self.open(echo())
        client.reset()
        self.service.wait_ended()

    def test_it_ends_when_the_service_resets(self):
        def script(conn):
            conn.read_request_head()
            conn.send(AGREE)
            conn.read_exactly(4)
            conn.reset()

        client = self.open(script)
        client.send(b"ping")
        try:
            self.assertEqual(client.read_to_end(), b"")
        except ConnectionResetError:
            pass  # as good an end

    def test_a_tunnel_outlives_the_request_timeouts(self):
        service = self.origin(echo())
        gw = self.gateway(service, config={"defaults": {"timeouts": {"idle": "300ms"}},
                                           "client": {"body": "300ms", "write": "300ms"}})
        with gw.client() as client:
            client.send_request("GET", "/api/service1/s", ASK)
            self.assertEqual(client.read_head().status, 101)
            threading.Event().wait(1.5)
            client.send(b"ping")
            self.assertEqual(client.read_exactly(4), b"ping")

    def test_other_protocols_pass_too(self):
        def script(conn):
            conn.read_request_head()
            conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: custom/2\r\n\r\n")
            conn.send(conn.read_exactly(2))

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("OPTIONS", "/api/service1/s",
                                [("connection", "upgrade"), ("upgrade", "custom/2")])
            self.assertEqual(client.read_head().get("Upgrade"), "custom/2")
            client.send(b"hi")
            self.assertEqual(client.read_to_end(), b"hi")

    def test_a_refusal_passes_and_the_connection_goes_on(self):
        for status, headers in ((200, []), (404, []), (426, [("Upgrade", "other")])):
            with self.subTest(status=status):
                gw = self.gateway(self.origin(answer(status, b"no", headers)))
                with gw.client() as client:
                    client.send_request("GET", "/api/service1/socket", ASK)
                    response = client.read_response()
                    self.assertEqual((response.status, response.body), (status, b"no"))
                    self.assertEqual(client.get("/health").status, 200)

    def test_upgrade_without_connection_upgrade_is_no_upgrade(self):
        service = self.origin()
        response = self.gateway(service).get("/api/service1/x", [("Upgrade", "websocket")])
        self.assertEqual(response.status, 200)
        self.assertFalse(service.requests[0].has("Upgrade"))

    def test_h2c_is_forwarded_as_a_plain_request(self):
        service = self.origin()
        gw = self.gateway(service)
        for number, protocols in enumerate(("h2c", "H2C", "websocket, h2c"), 1):
            with self.subTest(protocols=protocols):
                response = gw.get("/api/service1/x", [
                    ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", protocols),
                    ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA")])
                self.assertEqual((response.status, response.body), (200, b"ok"))
                request = service.wait_requests(number)
                self.assertFalse(request.has("Upgrade"))
                self.assertFalse(request.has("HTTP2-Settings"))
                self.assertNotIn("upgrade", request.tokens("Connection"))

    def test_an_unasked_101_is_a_502(self):
        def script(conn):
            conn.read_request()
            conn.send(AGREE)
            conn.wait_end()

        gw = self.gateway(self.origin(script))
        self.assert_error(gw.get("/api/service1/x"), 502, "bad_gateway", "bad_response", "service1")
