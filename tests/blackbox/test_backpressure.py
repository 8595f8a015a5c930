# SPDX-License-Identifier: MIT
"""Whoever sends faster than the other side reads is made to wait: the gateway buffers little."""

import hashlib
import itertools
import socket
import threading
import time

from case import MIB, Case
from wire import DEADLINE, pattern, wait_until


def largest_buffer(name):
    """What the kernel lets a socket buffer grow to by itself."""
    with open(f"/proc/sys/net/ipv4/{name}", encoding="ascii") as file:
        return int(file.read().split()[2])


# What the kernel may hold where a test sets no size (one receiver, two senders), the sizes that
# tests set, and high-water marks.
STALL_BOUND = largest_buffer("tcp_rmem") + 2 * largest_buffer("tcp_wmem") + 2 * MIB
TOTAL = max(96 * MIB, 2 * STALL_BOUND)
MEMORY_GROWTH = 4 * MIB


class Sender:
    """Sends blocks (the pattern) from a thread and counts what the kernel took."""

    def __init__(self, stream, blocks=None):
        self.stream = stream
        self.blocks = blocks or pattern(TOTAL)
        self.sent = 0
        self.digest = hashlib.sha256()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def _run(self):
        try:
            for block in self.blocks:
                view = memoryview(block)
                while view:
                    count = self.stream.sock.send(view)
                    self.sent += count
                    view = view[count:]
                self.digest.update(block)
        except OSError:
            pass  # the test ends the connection


def wait_stalled(*senders):
    """Waits until nothing was accepted for a while; gives the bytes accepted."""
    quiet_s = 1.5
    last, since = -1, 0.0
    end = time.monotonic() + 3 * DEADLINE
    while time.monotonic() < end:
        sent = sum(sender.sent for sender in senders)
        if sent != last:
            last, since = sent, time.monotonic()
        elif last > 0 and time.monotonic() - since > quiet_s:
            return last
        time.sleep(0.05)
    raise AssertionError("the senders never stall")


class Backpressure(Case):
    def assert_bounded(self, gw, before, sender):
        stalled_at = wait_stalled(sender)
        self.assertLess(stalled_at, STALL_BOUND)
        if not self.is_sanitized():
            self.assertLess(gw.memory_peak() - before, MEMORY_GROWTH)
        self.assertEqual(gw.get("/health").status, 200)  # nobody else waits

    def test_a_client_that_does_not_read_stalls_the_service(self):
        senders = []

        def script(conn):
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            conn.sock.settimeout(None)
            conn.read_request()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {TOTAL}\r\n\r\n")
            senders.append(Sender(conn).start())
            senders[0].thread.join()

        gw = self.gateway(self.origin(script), GATEWAY_TIMEOUT=300)
        self.assertEqual(gw.get("/health").status, 200)
        before = gw.memory_peak()
        with gw.client(receive_buffer=65536) as client:
            client.send_request("GET", "/api/service1/big")
            head = client.read_head()
            wait_until(lambda: senders, "the answer to begin")
            self.assert_bounded(gw, before, senders[0])
            digest = hashlib.sha256()
            client.read_body(head, digest.update)
            senders[0].thread.join(DEADLINE)
            self.assertEqual(digest.digest(), senders[0].digest.digest())
            self.assert_log(gw, head, bytes_out=TOTAL, cause="")

    def test_many_stalled_downloads_cost_little_memory_each(self):
        """The high-water mark is 128 KiB; buffers are allocated in larger steps."""
        if self.is_sanitized():
            self.skipTest("under a sanitizer the resident size says nothing")
        count, each = 50, 6 * MIB  # more than the kernel takes off the gateway's hands
        senders = []

        def script(conn):
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            conn.sock.settimeout(None)
            conn.read_request()
            conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {each}\r\n\r\n")
            senders.append(Sender(conn, pattern(each)).start())
            senders[-1].thread.join()

        gw = self.gateway(self.origin(script), GATEWAY_TIMEOUT=300)
        self.assertEqual(gw.get("/health").status, 200)
        before = gw.memory_peak()
        for _ in range(count):
            client = gw.client(receive_buffer=16384)
            self.addCleanup(client.close)
            client.send_request("GET", "/api/service1/big")
            client.read_head()
        wait_until(lambda: len(senders) == count, "all answers to begin")
        wait_stalled(*senders)
        self.assertLess((gw.memory_peak() - before) / count, 512 * 1024)

    def test_a_service_that_does_not_read_stalls_the_client(self):
        read_on = threading.Event()
        digest = hashlib.sha256()

        def script(conn):
            request = conn.read_request_head()
            read_on.wait(6 * DEADLINE)
            conn.read_body(request, digest.update)
            conn.respond()

        service = self.origin(script, record=False)
        # Accepted sockets inherit the small buffer.
        service.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        gw = self.gateway(service, GATEWAY_MAX_BODY="off", GATEWAY_TIMEOUT=300)
        self.assertEqual(gw.get("/health").status, 200)
        before = gw.memory_peak()
        with gw.client() as client:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            client.sock.settimeout(None)
            client.send_request("POST", "/api/service1/up", [("Content-Length", TOTAL)])
            sender = Sender(client).start()
            self.assert_bounded(gw, before, sender)
            read_on.set()
            response = client.read_response()
            self.assertEqual(response.status, 200)
            sender.thread.join(DEADLINE)
            self.assertEqual(digest.digest(), sender.digest.digest())
            self.assert_log(gw, response, bytes_in=TOTAL, cause="")

    def pipeline_without_end(self, gw, target):
        """A client that sends requests for ever and reads no answer."""
        self.assertEqual(gw.get("/health").status, 200)
        before = gw.memory_peak()
        client = gw.client(receive_buffer=65536)
        self.addCleanup(client.close)
        client.sock.settimeout(None)
        requests = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target * 1000
        sender = Sender(client, itertools.repeat(requests, TOTAL // len(requests))).start()
        self.assert_bounded(gw, before, sender)
        client.sock.shutdown(socket.SHUT_RDWR)
        sender.thread.join(DEADLINE)

    def test_a_client_that_pipelines_behind_a_slow_answer_stalls(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        self.pipeline_without_end(self.gateway(service, GATEWAY_TIMEOUT=300), b"/api/service1/x")

    def test_a_client_that_pipelines_and_reads_no_answer_stalls(self):
        self.pipeline_without_end(self.gateway(GATEWAY_TIMEOUT=300), b"/api/gateway/status")

    def test_a_tunnel_stalls_too(self):
        senders = []

        def script(conn):
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            conn.sock.settimeout(None)
            conn.read_request()
            conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n")
            senders.append(Sender(conn).start())
            senders[0].thread.join()  # then its FIN ends what the client reads

        gw = self.gateway(self.origin(script), GATEWAY_TIMEOUT=300)
        self.assertEqual(gw.get("/health").status, 200)
        before = gw.memory_peak()
        with gw.client(receive_buffer=65536) as client:
            client.send_request("GET", "/api/service1/t",
                                [("Connection", "Upgrade"), ("Upgrade", "raw")])
            self.assertEqual(client.read_head().status, 101)
            wait_until(lambda: senders, "the tunnel to open")
            self.assert_bounded(gw, before, senders[0])
            digest = hashlib.sha256()
            for data in client.read_close():
                digest.update(data)
            self.assertEqual(digest.digest(), senders[0].digest.digest())
