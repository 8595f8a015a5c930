# SPDX-License-Identifier: MIT
"""Each timeout of the configuration file alone: it ends what it is for, and nothing else."""

import threading
import time

from case import Case
from test_reset_matrix import AGREE, UPGRADE, send_until_stuck
from test_timeouts import full_listener
from wire import Truncated, wait_until

LONG = "5m"
CLIENT = ("header", "body", "keep_alive", "write", "half_close")
SERVICE = ("connect", "response_header", "idle", "request", "tunnel_idle")


def serve(conn):
    request = conn.read_request_head()
    word = request.target.rsplit("/", 1)[1]
    if word == "part":
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    if word == "slow":
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            conn.send(b"x")
            time.sleep(0.05)
    if word == "tunnel":
        conn.send(AGREE)
    if word == "flood":
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        send_until_stuck(conn)
    if word == "deaf":
        conn.origin.gone.wait(60)
    conn.wait_end()


class OneTimeout(Case):
    def start(self, name, value="500ms"):
        """Only this one is short."""
        self.service = self.origin(serve, record=False)
        fillers, hanging = full_listener()
        for sock in fillers:
            self.addCleanup(sock.close)
        values = {each: LONG for each in CLIENT + SERVICE}
        values[name] = value
        self.gw = self.gateway(config={
            "client": {each: values[each] for each in CLIENT},
            "defaults": {"timeouts": {each: values[each] for each in SERVICE},
                         "limits": {"request_body": "off"}},
            "services": {"s": {"instances": [{"url": self.service.url}]},
                         "hanging": {"instances": [{"url": hanging}]}},
            "routes": [{"match": {"path_prefix": "/s/"}, "service": "s"},
                       {"match": {"path_prefix": "/hanging/"}, "service": "hanging"}]})
        self.client = self.gw.client(receive_buffer=16384)
        self.addCleanup(self.client.close)

    def ask(self, word, method="GET", headers=()):
        self.client.send_request(method, f"/s/{word}", headers)
        self.service.wait_requests()

    def assert_answer(self, status, error, cause, service="s"):
        response = self.client.read_response()
        self.assert_error(response, status, error, cause, service)
        self.assert_log(self.gw, response, status_code=status, cause=cause)
        self.assertEqual(self.gw.get("/health").status, 200)

    def assert_truncated(self, path, cause):
        response = self.client.read_head()
        with self.assertRaises(Truncated):
            self.client.read_body(response)
        self.gw.wait_record(path=path, cause=cause, status_code=200)

    def test_client_header(self):
        self.start("header")
        self.client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Half")
        self.assert_answer(408, "request_timeout", "client_timeout", None)

    def test_client_header_without_a_byte(self):
        """Nobody has asked for anything, so nobody is answered."""
        self.start("header")
        self.assertTrue(self.client.at_end())
        self.assertEqual(self.gw.records(), [])

    def test_client_body(self):
        self.start("body")
        self.ask("wait", "POST", [("Content-Length", 10)])
        self.client.send(b"half")
        self.assert_answer(408, "request_timeout", "client_timeout")
        self.service.wait_ended()

    def test_client_keep_alive(self):
        self.start("keep_alive")
        self.assertEqual(self.client.get("/health").status, 200)
        self.assertTrue(self.client.at_end())
        wait_until(lambda: len(self.gw.records()) == 1, "the line of the only request")

    def test_client_write(self):
        self.start("write")
        self.ask("flood")
        self.gw.wait_record(path="/s/flood", cause="client_write_timeout")
        self.service.wait_ended()

    def test_client_half_close(self):
        self.start("half_close")
        self.ask("wait")
        self.client.half_close()
        self.gw.wait_record(path="/s/wait", cause="client_closed", status_code=499)
        self.service.wait_ended()

    def test_connect(self):
        self.start("connect")
        self.client.send_request("GET", "/hanging/x")
        self.assert_answer(504, "gateway_timeout", "connect_timeout", "hanging")

    def test_response_header(self):
        self.start("response_header")
        self.ask("wait")
        self.assert_answer(504, "gateway_timeout", "response_header_timeout")
        self.service.wait_ended()

    def test_idle_within_the_answer(self):
        self.start("idle")
        self.ask("part")
        self.assert_truncated("/s/part", "upstream_idle_timeout")
        self.service.wait_ended()

    def test_idle_within_a_request_the_service_does_not_read(self):
        self.start("idle")
        self.service.gone = threading.Event()
        self.addCleanup(self.service.gone.set)
        self.ask("deaf", "POST", [("Content-Length", 1 << 40)])
        send_until_stuck(self.client)
        self.assert_answer(504, "gateway_timeout", "upstream_idle_timeout")

    def test_request(self):
        self.start("request")
        self.ask("wait")
        self.assert_answer(504, "gateway_timeout", "request_timeout")
        self.service.wait_ended()

    def test_request_while_everything_moves(self):
        self.start("request")
        self.ask("slow")
        self.assert_truncated("/s/slow", "request_timeout")

    def test_tunnel_idle(self):
        self.start("tunnel_idle")
        self.ask("tunnel", headers=UPGRADE)
        self.assertEqual(self.client.read_head().status, 101)
        self.client.read_to_end()
        self.gw.wait_record(path="/s/tunnel", cause="tunnel_idle", status_code=101)
        self.service.wait_ended()
