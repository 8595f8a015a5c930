# SPDX-License-Identifier: MIT
"""Load: clients of all kinds, each a thread, and the service they are answered by.

Every body is made from the request's id and checked by its hash at the other end. A client reads
what is there before it sends: one that finds its kept connection closed opens another, as it should.
"""

import base64
import hashlib
import random
import select
import threading
import time

from client import Client
from wire import DEADLINE, WireError, chunk

PIECE = 16384


def body_for(name, size):
    """`size` bytes that only this request has."""
    seed = hashlib.sha256(name.encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


def digest(data):
    return hashlib.sha256(data).hexdigest()


# --- the service ------------------------------------------------------------------------------

def serve(ledger):
    """A script for Origin: answers with hashes, makes downloads, echoes tunnels."""

    def script(conn):
        while request := conn.read_request():
            name = request.get("X-Request-ID")
            ledger.note_handled(name)
            if request.has("Upgrade"):
                return echo(conn)
            _, _, kind, size = request.target.split("/")
            if kind == "download":
                send_slowly(conn, name, int(size))
            else:
                conn.respond(200, f"{name} {digest(request.body)}".encode())

    return script


def echo(conn):
    conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
    with conn.patient():
        while data := conn.read_some():
            conn.send(data)


def send_slowly(conn, name, size):
    """A download that lasts: chunked, a piece at a time."""
    body = body_for(name, size)
    conn.send("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(0, size, PIECE):
        conn.send(chunk(body[at:at + PIECE]))
        time.sleep(0.02)
    conn.send(b"0\r\n\r\n")


# --- clients ----------------------------------------------------------------------------------

class Connection(Client):
    """One that knows its port and since when it has it."""

    def __init__(self, address):
        self.opened_at = time.monotonic()
        super().__init__(address)
        self.port = self.sock.getsockname()[1]


class Over(Exception):
    """The gateway does not listen any more, and was told to stop."""


class LoadClient:
    """Sends requests of one kind until it is told to end; a subclass says what one is."""

    kind = ""
    pause = 0.0  # seconds between two requests

    def __init__(self, load):
        self.load = load
        self.ledger = load.ledger
        self.connection = None
        self.random = random.Random(self.kind)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.load.ending.is_set():
                self.once()
                self.load.ending.wait(self.pause)
        except Over:
            pass
        except Exception as error:  # a defect of the load itself, and a loss all the same
            with self.ledger.lock:
                self.ledger.losses.append((self.kind, "client", repr(error)))
        self.leave()

    def once(self):
        """One request, and its answer in full."""
        name = self.ledger.begin(self.kind)
        try:
            connection = self.connect()
        except Over:
            self.ledger.withdraw(name, "not sent, the gateway had stopped")
            raise
        except OSError as error:
            return self.ledger.fail(name, None, error)
        try:
            self.exchange(connection, name)
            self.ledger.end(name)
        except (OSError, WireError) as error:
            self.ledger.fail(name, connection, error)
            self.leave()

    def exchange(self, connection, name):
        raise NotImplementedError

    def connect(self):
        """The kept connection while it is open, else a new one."""
        if self.connection and select.select([self.connection.sock], [], [], 0)[0]:
            self.leave()  # a FIN: nothing else may come here unasked
        if not self.connection:
            try:
                self.connection = Connection(self.load.address)
            except ConnectionRefusedError:
                if self.load.stopping.is_set():
                    raise Over from None
                raise
        return self.connection

    def leave(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def expect(self, connection, name, sent=b""):
        """Reads the answer to a request with this body."""
        response = connection.read_response()
        wanted = f"{name} {digest(sent)}".encode()
        if response.status != 200 or response.body != wanted:
            raise WireError(f"{response.start}: {response.body!r}, not {wanted!r}")
        if response.closes():
            self.leave()


class Keeper(LoadClient):
    """One connection for as long as it lasts, as fast as answers come."""

    kind = "keep-alive GET"

    def exchange(self, connection, name):
        connection.send_request("GET", "/api/service1/get/0", [("X-Request-ID", name)])
        self.expect(connection, name)


class Thinker(Keeper):
    """The same with pauses longer than any round trip, in which reloads fall."""

    kind = "idle keep-alive GET"
    pause = 0.5


class Newcomer(LoadClient):
    """A connection for each request."""

    kind = "fresh GET"

    def exchange(self, connection, name):
        connection.send_request("GET", "/api/service1/get/0",
                                [("X-Request-ID", name), ("Connection", "close")])
        self.expect(connection, name)


class Poster(LoadClient):
    """Bodies, with a length or in chunks."""

    kind = "POST"

    def exchange(self, connection, name):
        body = body_for(name, self.random.choice((1, 700, 20_000, 90_000)))
        headers = [("X-Request-ID", name)]
        if self.random.random() < 0.5:
            connection.send_request("POST", "/api/service1/post/0", headers, body)
        else:
            connection.send_request("POST", "/api/service1/post/0",
                                    headers + [("Transfer-Encoding", "chunked")])
            connection.send(chunk(body), b"0\r\n\r\n")
        self.expect(connection, name, body)


class Uploader(LoadClient):
    """A body that takes its time."""

    kind = "slow upload"

    def exchange(self, connection, name):
        body = body_for(name, 40 * PIECE)
        connection.send_request("PUT", "/api/service1/put/0",
                                [("X-Request-ID", name), ("Content-Length", len(body))])
        for at in range(0, len(body), PIECE):
            connection.send(body[at:at + PIECE])
            time.sleep(0.02)
        self.expect(connection, name, body)


class Downloader(LoadClient):
    """An answer that takes its time."""

    kind = "slow download"
    size = 60 * PIECE

    def exchange(self, connection, name):
        connection.send_request("GET", f"/api/service1/download/{self.size}",
                                [("X-Request-ID", name)])
        response = connection.read_response()
        if response.status != 200 or digest(response.body) != digest(body_for(name, self.size)):
            raise WireError(f"{response.start}: {len(response.body)} of {self.size} bytes")
        if response.closes():
            self.leave()


class Pipeliner(LoadClient):
    """Several requests in one write; the answers come in order."""

    kind = "pipelined GET"
    depth = 4

    def once(self):
        try:
            connection = self.connect()
        except Over:
            raise
        except OSError as error:
            return self.ledger.fail(self.ledger.begin(self.kind), None, error)
        names = [self.ledger.begin(self.kind) for _ in range(self.depth)]
        try:
            connection.send("".join(
                f"GET /api/service1/get/0 HTTP/1.1\r\nHost: x\r\nX-Request-ID: {name}\r\n\r\n"
                for name in names))
            while names:
                self.expect(connection, names[0])
                self.ledger.end(names.pop(0))
                if not self.connection:
                    break
        except (OSError, WireError) as error:
            for name in names:
                self.ledger.fail(name, connection, error)
            self.leave()
            return
        for name in names:  # behind an answer that closes
            self.ledger.withdraw(name, "pipelined behind a close, to be sent again")


class Talker(LoadClient):
    """A tunnel in which everything said comes back; each word is a request of the ledger."""

    kind = "word in a tunnel"

    def once(self):
        opening = self.ledger.begin("tunnel")
        try:
            connection = self.connect()
        except Over:
            self.ledger.withdraw(opening, "not sent, the gateway had stopped")
            raise
        except OSError as error:
            return self.ledger.fail(opening, None, error)
        word = None
        try:
            key = base64.b64encode(opening.encode().ljust(16)[:16]).decode()
            connection.send_request("GET", "/api/service1/ws/0", [
                ("X-Request-ID", opening), ("Connection", "Upgrade"), ("Upgrade", "echo"),
                ("Sec-WebSocket-Key", key)])
            response = connection.read_head()
            if response.status != 101:
                raise WireError(response.start)
            for _ in range(self.random.randrange(20, 200)):
                word = self.ledger.begin(self.kind)
                self.say(connection, word)
                if self.load.ending.wait(0.02):
                    break
            connection.half_close()
            connection.read_to_end()
            self.ledger.end(opening)
        except (OSError, WireError) as error:
            for name in (word, opening):
                if name:
                    self.ledger.fail(name, connection, error)
        self.leave()

    def say(self, connection, word):
        data = body_for(word, 500)
        connection.send(data)
        if connection.read_exactly(len(data)) != data:
            raise WireError("something else came back")
        with self.ledger.lock:
            self.ledger.counts[self.ledger.open.pop(word)] += 1  # it has no line in the log


class Visitor(LoadClient):
    """Of a listener that comes and goes: refused is no loss, but who was let in is answered."""

    kind = "GET at a listener that goes"
    pause = 0.01

    def once(self):
        name = self.ledger.begin(self.kind)
        try:
            connection = Connection(self.load.second_address)
        except ConnectionRefusedError:
            return self.ledger.withdraw(name, "refused by a listener that was removed")
        try:
            connection.send_request("GET", "/api/service1/get/0", [("X-Request-ID", name)])
            self.expect(connection, name)
            self.ledger.end(name)
        except (OSError, WireError) as error:
            self.ledger.fail(name, connection, error)
        connection.close()


KINDS = (Keeper, Thinker, Newcomer, Poster, Uploader, Downloader, Pipeliner, Talker, Visitor)


class Load:
    """The clients, all of them at work from the start."""

    def __init__(self, ledger, address, second_address, each=1):
        self.ledger = ledger
        self.address = address
        self.second_address = second_address
        self.ending = threading.Event()    # no more requests
        self.stopping = threading.Event()  # the gateway was told to stop: it may refuse
        self.clients = [kind(self) for kind in KINDS for _ in range(each)]

    def wait_progress(self, count=20):
        """Until that many more requests were answered."""
        wanted = self.ledger.total() + count
        end = time.monotonic() + DEADLINE
        while self.ledger.total() < wanted:
            if time.monotonic() > end:
                raise AssertionError("the load stands still")
            time.sleep(0.01)

    def end(self):
        self.ending.set()
        for client in self.clients:
            client.thread.join(3 * DEADLINE)
            if client.thread.is_alive():
                raise AssertionError(f"a client hangs: {client.kind}")
