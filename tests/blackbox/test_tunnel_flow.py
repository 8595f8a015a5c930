# SPDX-License-Identifier: MIT
"""Tunnels whose service is slow, half-closed or gone: no byte is lost silently."""

import threading
import time

from case import MIB, Case
from test_upgrade import AGREE, ASK
from wire import DEADLINE, pattern, wait_until

SIZE = 8 * MIB  # more than the sockets in between take


class TunnelFlow(Case):
    def open(self, script):
        self.service = self.origin(script, record=False)
        self.gw = self.gateway(self.service, GATEWAY_TIMEOUT="20")
        client = self.gw.client()
        self.addCleanup(client.close)
        client.send_request("GET", "/api/service1/socket", ASK)
        self.assertEqual(client.read_head().status, 101)
        return client

    def test_a_service_that_reads_late_receives_everything(self):
        sent = threading.Event()
        body = b"".join(pattern(SIZE))

        def script(conn):
            conn.read_request_head()
            conn.send(AGREE)
            sent.wait(1)  # the client sends on meanwhile, until nothing more is taken
            received = conn.read_exactly(SIZE)
            conn.send(b"whole" if received == body else b"changed")
            conn.wait_end()

        client = self.open(script)
        client.send(body)
        sent.set()
        self.assertEqual(client.read_exactly(5), b"whole")

    def test_what_is_queued_when_both_sides_have_ended_still_arrives(self):
        sent = threading.Event()
        result = []

        def script(conn):
            conn.read_request_head()
            conn.send(AGREE)
            conn.half_close()
            sent.wait(DEADLINE)
            result.append(len(conn.read_to_end()))

        client = self.open(script)
        self.assertTrue(client.at_end())
        sender = threading.Thread(target=lambda: (client.send(bytes(SIZE)), client.half_close()))
        sender.start()
        sender.join(1)  # as much as is taken while nobody reads
        sent.set()
        sender.join()
        wait_until(lambda: result, "the service to have read everything")
        self.assertEqual(result, [SIZE])
        self.gw.wait_record(status_code=101)

    def test_a_service_that_resets_after_its_fin_ends_the_tunnel(self):
        gone = threading.Event()

        def script(conn):
            conn.read_request_head()
            conn.send(AGREE)
            conn.half_close()
            gone.wait(DEADLINE)
            conn.reset()

        client = self.open(script)
        self.assertTrue(client.at_end())
        gone.set()
        with self.assertRaises((ConnectionResetError, BrokenPipeError)):
            end = time.monotonic() + DEADLINE
            while time.monotonic() < end:
                client.send(b"is anybody there?")
        self.assertEqual(self.gw.wait_record(status_code=101)["cause"], "upstream_reset")
