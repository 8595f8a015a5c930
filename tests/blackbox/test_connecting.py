# SPDX-License-Identifier: MIT
"""Body bytes that arrive while a connection to the service is still being opened."""

import socket
import threading

from case import Case
from origin import OriginConnection
from wire import DEADLINE, pattern, wait_until

LARGE = 120_000  # more than the replay buffer and less than what is read ahead


def is_open(port):
    """Whether a process has a connection whose own port this is, or one that its peer has ended."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return any(row[1].endswith(f":{port:04X}") and row[3] in ("01", "08") for row in rows)


class Slow:
    """A listener whose backlog the test fills: connects hang until it makes room."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.settimeout(DEADLINE)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.address = self.listener.getsockname()
        self.url = "http://%s:%d" % self.address
        self.fillers = []

    def fill(self):
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.address)
            self.fillers.append(filler)

    def make_room(self):
        for filler in self.fillers:
            filler.close()

    def accept(self, origin):
        """The next connection that brings anything."""
        while True:
            sock, _ = self.listener.accept()
            conn = OriginConnection(sock, origin, 0)
            request = conn.read_request_head()
            if request:
                return conn, request
            conn.close()

    def close(self):
        self.make_room()
        self.listener.close()


class WhileConnecting(Case):
    def test_a_large_pipelined_body_is_forwarded_whole(self):
        def script(conn):
            if conn.read_request():
                conn.respond(200, b"ok", [("Connection", "close")])

        service = self.origin(script)
        gw = self.gateway(service, GATEWAY_TIMEOUT="20")
        body = b"".join(pattern(LARGE))
        head = "POST /api/service1/up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % LARGE
        with gw.client() as client:
            # All at once: the second request is read ahead and needs a connection of its own.
            client.send("GET /api/service1/x HTTP/1.1\r\nHost: a\r\n\r\n", head, body)
            self.assertEqual(client.read_response().status, 200)
            response = client.read_response()
            self.assertEqual(response.status, 200)
            self.assert_log(gw, response, bytes_in=LARGE)
        self.assertEqual(service.wait_complete(2).body, body)

    def test_a_body_that_goes_on_during_a_retry_is_forwarded_whole(self):
        """A pooled connection turns out stale, and more body comes while the new one opens."""
        service = Slow()
        self.addCleanup(service.close)
        notes = self.origin()  # records what raw connections receive
        # Longer than it takes until the kernel tries again to connect.
        gw = self.gateway(service.url, config={"defaults": {"timeouts": {"connect": "1m"}}})
        body = b"".join(pattern(2 * LARGE))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/warm")
            conn, _ = service.accept(notes)
            conn.respond(200, b"ok")
            self.assertEqual(client.read_response().status, 200)
            client.send_request("PUT", "/api/service1/up", [("Content-Length", len(body))])
            client.send(body[:60_000])
            conn.read_request_head()
            conn.read_exactly(60_000)
            service.fill()
            port = conn.sock.getpeername()[1]
            conn.close()  # stale: its answer never began
            # More body before the gateway knows would be too much to send again.
            wait_until(lambda: not is_open(port), "the gateway drops the stale connection")
            client.send(body[60_000:80_000])
            threading.Timer(0.5, service.make_room).start()
            sender = threading.Thread(target=client.send, args=(body[80_000:],))
            sender.start()
            conn, request = service.accept(notes)
            self.assertEqual(request.get("Content-Length"), str(len(body)))
            self.assertEqual(conn.read_exactly(len(body)), body)
            conn.respond(200, b"ok")
            response = client.read_response()
            sender.join()
            self.assertEqual(response.status, 200)
            self.assert_log(gw, response, attempts=2, bytes_in=len(body))
