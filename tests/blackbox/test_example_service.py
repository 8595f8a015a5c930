# SPDX-License-Identifier: MIT
"""`api-gateway example-service`: every path it offers, asked through a gateway."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess

from case import MIB, Case
from client import Client
from gateway import BINARY, SANITIZER_SIGNS, Lines, clean_environment, run_command
from wire import DEADLINE, wait_until

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", KEY)]


def frame(opcode, payload):
    """One masked WebSocket frame (RFC 6455 §5.2) of less than 126 bytes."""
    mask = b"\x11\x22\x33\x44"
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


class ExampleService(Case):
    def service(self, listen="127.0.0.1:0", name="service1"):
        """Starts one; gives its address as the log names it."""
        process = subprocess.Popen(
            [BINARY, "example-service", "--listen", listen, "--name", name],
            env=clean_environment({}), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        lines = Lines(process.stderr)
        self.addCleanup(self.end, process, lines)
        found = wait_until(lambda: re.search(r"listening name=\S+ address=(\S+)", lines.text()),
                           "the 'listening' line of the example service")
        self.process = process
        return found[1]

    def end(self, process, lines):
        process.send_signal(signal.SIGTERM)
        try:
            self.assertEqual(process.wait(DEADLINE), 0)
        finally:
            process.kill()
        lines.thread.join(DEADLINE)
        for sign in SANITIZER_SIGNS:
            self.assertNotIn(sign, lines.text())

    def start(self):
        gw = self.gateway(f"http://{self.service()}")
        client = gw.client()
        self.addCleanup(client.close)
        return client

    def test_it_echoes_what_arrives(self):
        client = self.start()
        response = client.request("PUT", "/api/service1/a%2Fb?c=d&e",
                                  [("X-One", "1"), ("x-one", "2")],
                                  b"the b\xc3\xb6dy")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.get("Content-Type"), "application/json")
        body = json.loads(response.body)
        self.assertEqual(
            (body["service"], body["method"], body["path"], body["query"], body["body"]),
            ("service1", "PUT", "/api/a%2Fb", "c=d&e", "the b\u00f6dy"))
        headers = body["headers"]
        self.assertEqual([pair for pair in headers if pair[0].lower() == "x-one"],
                         [["X-One", "1"], ["x-one", "2"]])
        self.assertIn(["X-Forwarded-For", "127.0.0.1"], headers)
        self.assertEqual(body["body_bytes"], len(b"the b\xc3\xb6dy"))

    def test_status_codes(self):
        client = self.start()
        for status in (200, 201, 204, 304, 404, 418, 500, 503):
            response = client.get(f"/api/service1/status/{status}")
            self.assertEqual(response.status, status)
        self.assertEqual(client.get("/api/service1/status/999").status, 400)

    def test_delays(self):
        response = self.start().get("/api/service1/delay/0.2")
        self.assertEqual(response.status, 200)
        self.assertEqual(json.loads(response.body)["delay_ms"], 200)

    def test_streams(self):
        response = self.start().get("/api/service1/stream?count=3&interval=0.05")
        self.assertEqual(response.get("Content-Type"), "text/event-stream")
        self.assertEqual(re.findall(r"(?m)^id: (\d+)$", response.body.decode()), ["1", "2", "3"])

    def test_sized_bodies(self):
        client = self.start()
        for size in (0, 1, 65536, 5 * MIB + 7):
            response = client.get(f"/api/service1/bytes/{size}")
            self.assertEqual(len(response.body), size)
        head = client.request("HEAD", "/api/service1/bytes/77")
        self.assertEqual(head.get("Content-Length"), "77")

    def test_health(self):
        response = self.start().get("/api/service1/health")
        body = json.loads(response.body)
        self.assertEqual((body["status"], body["service"]), ("healthy", "service1"))

    def test_websocket_echo(self):
        client = self.start()
        client.send_request("GET", "/api/service1/ws", HANDSHAKE)
        head = client.read_head()
        self.assertEqual(head.status, 101)
        magic = (KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
        self.assertEqual(head.get("Sec-WebSocket-Accept"),
                         base64.b64encode(hashlib.sha1(magic).digest()).decode())
        client.send(frame(1, b"hello"))
        self.assertEqual(client.read_exactly(7), b"\x81\x05hello")
        client.send(frame(2, bytes(range(100))))
        self.assertEqual(client.read_exactly(102), b"\x82\x64" + bytes(range(100)))
        client.send(frame(9, b"p"))
        self.assertEqual(client.read_exactly(3), b"\x8a\x01p")
        client.send(frame(8, b"\x03\xe8"))
        self.assertEqual(client.read_to_end(), b"\x88\x02\x03\xe8")

    def test_websocket_without_a_handshake_is_a_426(self):
        response = self.start().get("/api/service1/ws")
        self.assertEqual(response.status, 426)
        self.assertEqual(response.get("Sec-WebSocket-Version"), "13")

    def test_without_a_gateway_it_answers_the_same_paths(self):
        host, port = self.service(name="alone").rsplit(":", 1)
        with Client((host, int(port))) as client:
            self.assertEqual(json.loads(client.get("/anything").body)["service"], "alone")
            self.assertEqual(client.get("/status/503").status, 503)

    def test_it_can_listen_on_a_unix_socket(self):
        path = self.temporary("example.sock")
        self.service(f"unix:{path}")
        os.chmod(path, 0o777)
        gw = self.gateway(f"unix:{path}")
        self.assertEqual(json.loads(gw.get("/api/service1/x").body)["service"], "service1")

    def test_bad_arguments_are_errors(self):
        for args in ((), ("--listen", "127.0.0.1:0"), ("--name", "x"),
                     ("--listen", "nonsense", "--name", "x"), ("--what",)):
            with self.subTest(args=args):
                status, _, err = run_command("example-service", *args)
                self.assertNotEqual(status, 0)
                self.assertTrue(err.strip())
