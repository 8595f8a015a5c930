# SPDX-License-Identifier: MIT
"""Origin: a scripted service on raw sockets, one thread a connection.

A script is a function of the connection. It reads requests and sends bytes as it likes;
everything that came in is recorded, and so is how the connection ended. Whatever a script raises
fails the test, unless it only says that the gateway went away.
"""

import contextlib
import os
import re
import socket
import threading
import time

from wire import (DEADLINE, Message, Stream, Truncated, WireError, declared_framing, make_head,
                  parse_head, wait_until)


class Request(Message):
    def __init__(self, raw):
        start, headers = parse_head(raw)
        super().__init__(start, headers)
        match = re.fullmatch(r"([!-~]+) ([^ ]+) (HTTP/1\.[01])", start)
        if not match:
            raise WireError(f"bad request line {start!r}")
        self.method, self.target, self.version = match.groups()
        self.raw_head = raw


class OriginConnection(Stream):
    """One connection from the gateway."""

    def __init__(self, sock, origin, index):
        super().__init__(sock)
        self.origin = origin
        self.index = index
        self.received = bytearray()
        self.received_total = 0
        self.ended = None  # "eof" or "reset" once the gateway has ended it
        self.error = None  # what the script was told when the gateway went away

    def note_received(self, data):
        self.received_total += len(data)
        if self.origin.record:
            self.received += data
        if not data:
            self.ended = self.ended or "eof"

    def _more(self):
        try:
            return super()._more()
        except (ConnectionResetError, BrokenPipeError):
            self.ended = "reset"
            raise

    @contextlib.contextmanager
    def patient(self):
        """While the gateway may take as long as it likes: the test has its own deadline."""
        before = self.sock.gettimeout()
        self.sock.settimeout(None)
        yield
        self.sock.settimeout(before)

    def read_request_head(self):
        """The next request without its body; None when the gateway closed between requests."""
        with self.patient():
            while not self.buffer:
                if not self._more():
                    return None
        request = Request(self.read_raw_head())
        request.connection = self
        request.framing = declared_framing(request) or "none"
        self.origin.note_request(request)
        return request

    def read_request(self, sink=None):
        request = self.read_request_head()
        if request:
            self.read_body(request, sink)
            self.origin.note_complete(request)
        return request

    def respond(self, status=200, body=b"", headers=(), reason="Fine"):
        names = {name.lower() for name, _ in headers}
        fields = list(headers)
        if not names & {"content-length", "transfer-encoding"} and status not in (204, 304):
            fields.append(("Content-Length", len(body)))
        self.send(make_head(f"HTTP/1.1 {status} {reason}", fields) + body)

    def wait_end(self):
        """Reads until the gateway ends the connection; says how ("eof" or "reset")."""
        try:
            with self.patient():
                while self._more():
                    pass
        except (ConnectionResetError, BrokenPipeError):
            pass
        return self.ended


def answer(status=200, body=b"ok", headers=()):
    """A script that gives every request the same answer."""

    def script(conn):
        while conn.read_request():
            conn.respond(status, body, headers)

    return script


def answer_raw(data):
    """A script that reads one request, sends these bytes and closes."""

    def script(conn):
        if conn.read_request():
            conn.send(data)

    return script


class Origin:
    """Listens on TCP (`host`, `port`) or on a unix socket (`path`) and runs `script`."""

    def __init__(self, script=None, host="127.0.0.1", port=0, path=None, record=True):
        self.script = script or answer()
        self.record = record
        self.connections = []
        self.requests = []   # heads, in the order they came
        self.complete = []   # requests whose body came whole
        self.failures = []   # what scripts raised: looked at when the test ends
        self.lock = threading.Lock()
        self.path = path
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o777)  # workers of a gateway started as root run as another user
            self.url = f"unix:{path}"
        else:
            self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host, port))
            self.port = self.listener.getsockname()[1]
            self.host_field = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
            self.url = f"http://{self.host_field}"
        self.listener.listen(2048)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if not self.path:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                conn = OriginConnection(sock, self, len(self.connections))
                self.connections.append(conn)
                conn.thread = threading.Thread(target=self._serve, args=(conn,), daemon=True)
                conn.thread.start()

    def _serve(self, conn):
        try:
            self.script(conn)
        except (ConnectionError, Truncated) as error:
            conn.error = error  # the gateway went away: for the test to judge
        except Exception as error:  # a violation of HTTP, a broken script: whatever it is
            self.failures.append(error)
        finally:
            conn.close()

    def note_request(self, request):
        with self.lock:
            self.requests.append(request)

    def note_complete(self, request):
        with self.lock:
            self.complete.append(request)

    def wait_requests(self, count=1):
        """Waits until that many request heads came; returns the last of them."""
        wait_until(lambda: len(self.requests) >= count, f"{count} requests at {self.url}")
        return self.requests[count - 1]

    def wait_complete(self, count=1):
        wait_until(lambda: len(self.complete) >= count, f"{count} whole requests at {self.url}")
        return self.complete[count - 1]

    def wait_connection(self, index=0):
        wait_until(lambda: len(self.connections) > index, f"connection {index} at {self.url}")
        return self.connections[index]

    def wait_ended(self, index=0):
        """Waits until the gateway ended that connection; says how."""
        conn = self.wait_connection(index)
        return wait_until(lambda: conn.ended, f"the end of connection {index} at {self.url}")

    def stop_listening(self):
        """New connections are refused from now on. The port stays ours: nobody else gets it."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # not for the first time
        self.thread.join(DEADLINE)

    def close(self):
        """Stops listening and ends every connection and its script."""
        self.stop_listening()
        with self.lock:
            for conn in self.connections:
                try:
                    conn.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        end = time.monotonic() + DEADLINE
        for conn in self.connections:
            conn.thread.join(max(0.0, end - time.monotonic()))
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)

    def give_up_port(self):
        """Gives the port away, when the test is over."""
        self.listener.close()
