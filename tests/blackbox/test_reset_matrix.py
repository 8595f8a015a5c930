# SPDX-License-Identifier: MIT
"""A peer that goes away in any state, on either side: the other side is told, the log has the
cause, and nothing is left: no descriptor, no exchange, no processor time."""

import json
import threading
import time

from case import Case
from test_timeouts import full_listener
from wire import DEADLINE, Truncated, chunk, wait_until

UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "raw")]
AGREE = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n"
ENDS = ("reset", "close")


def send_until_stuck(stream):
    """Sends until nothing is taken any more: all buffers between here and there are full."""
    stream.sock.settimeout(0.3)
    try:
        while True:
            stream.sock.sendall(bytes(65536))
    except (TimeoutError, ConnectionResetError, BrokenPipeError):
        pass  # or the other side has ended the connection already, as the next read will tell
    finally:
        stream.sock.settimeout(DEADLINE)


class Service:
    """What the service does by the last word of a target, up to the moment that counts."""

    def answer(self, conn):
        conn.respond()

    def silent(self, conn):
        pass

    def deaf(self, conn):
        """Reads nothing more either."""

    def head(self, conn):
        conn.send(b"HTTP/1.1 200 OK\r\nContent-")

    def interim(self, conn):
        conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")

    def length(self, conn):
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def chunked(self, conn):
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half"))

    def flood(self, conn):
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        send_until_stuck(conn)

    def early(self, conn):
        conn.respond(413, b"no")

    def tunnel(self, conn):
        conn.send(AGREE)

    def tunnel_deaf(self, conn):
        conn.send(AGREE)

    def tunnel_flood(self, conn):
        conn.send(AGREE)
        send_until_stuck(conn)

    def tunnel_fin(self, conn):
        conn.send(AGREE)
        conn.half_close()


def serve(conn):
    while request := conn.read_request_head():
        if request.framing == "none" or request.target.endswith("answer"):
            conn.read_body(request)
        word = request.target.rsplit("/", 1)[1]
        getattr(Service(), word)(conn)
        conn.origin.reached.release()
        if conn.origin.ends:
            conn.origin.go.acquire()
            getattr(conn, conn.origin.ends)()
            return
        if word.endswith("deaf"):
            conn.origin.release.wait(120)
        if word != "answer":
            conn.wait_end()
            conn.origin.release.wait(120)  # keeps its own side open
            return


class Matrix(Case):
    def start(self):
        self.service = self.origin(serve, record=False)
        self.service.ends = None
        self.service.reached = threading.Semaphore(0)
        self.service.go = threading.Semaphore(0)
        self.service.release = threading.Event()
        self.addCleanup(self.service.release.set)
        fillers, hanging = full_listener()
        for sock in fillers:
            self.addCleanup(sock.close)
        long = {"connect": "5m", "response_header": "5m", "idle": "5m"}
        self.gw = self.gateway(config={
            "pool": {"max_idle": 1},
            "defaults": {"timeouts": long, "limits": {"request_body": "off"}},
            "client": {"header": "5m", "body": "5m", "write": "5m", "half_close": "300ms"},
            "services": {"s": {"instances": [{"url": self.service.url}]},
                         "hanging": {"instances": [{"url": hanging}]}},
            "routes": [{"match": {"path_prefix": "/s/"}, "service": "s"},
                       {"match": {"path_prefix": "/hanging/"}, "service": "hanging"}]})
        self.before = self.gw.descriptors()
        self.assertEqual(self.gw.get("/health", [("Connection", "close")]).status, 200)
        self.wait_descriptors(self.gw, self.before)

    def reached(self):
        self.assertTrue(self.service.reached.acquire(timeout=DEADLINE))

    def ask(self, client, word, method="GET", headers=(), body=b""):
        client.send_request(method, f"/s/{word}", headers)
        client.send(body)
        self.reached()

    def assert_nothing_left(self):
        def counters():
            status = json.loads(self.gw.get("/api/gateway/status").body)
            return status["exchanges"], status["tunnels"]

        wait_until(lambda: counters() in ((0, 0), (1, 0)), "no exchange but the one that asks")
        self.wait_descriptors(self.gw, self.before + 1)  # one idle connection to the service

    def assert_at_rest(self):
        spent, started = self.gw.cpu_seconds(), time.monotonic()
        time.sleep(0.5)
        self.assertLess(self.gw.cpu_seconds() - spent, 0.3 * (time.monotonic() - started))


class ClientGoes(Matrix):
    # --- the states: each brings a client into one and gives the path of the request that is then
    # in progress, if any.

    def connected(self, client):
        pass

    def between_requests(self, client):
        self.assertEqual(client.get("/s/answer").status, 200)
        self.reached()

    def in_head(self, client):
        client.send(b"GET / HTTP/1.1\r\nHo")

    def in_second_head(self, client):
        self.between_requests(client)
        client.send(b"GET / HTTP/1.1\r\nHo")

    def refused(self, client):
        client.send(b"BAD\r\n\r\nand more")
        self.assertEqual(client.read_response().status, 400)

    def in_body(self, client):
        self.ask(client, "silent", "POST", [("Content-Length", 1000)], b"half")
        return "/s/silent"

    def in_chunked_body(self, client):
        self.ask(client, "silent", "POST", [("Transfer-Encoding", "chunked")], b"a\r\nhalf")
        return "/s/silent"

    def in_unread_body(self, client):
        self.ask(client, "deaf", "POST", [("Content-Length", 1 << 40)])
        send_until_stuck(client)
        return "/s/deaf"

    def before_continuing(self, client):
        self.ask(client, "silent", "POST", [("Content-Length", 9), ("Expect", "100-continue")])
        return "/s/silent"

    def connecting(self, client):
        client.send_request("GET", "/hanging/x")
        return "/hanging/x"

    def connecting_with_body(self, client):
        client.send_request("POST", "/hanging/x", [("Content-Length", 1 << 40)])
        send_until_stuck(client)
        return "/hanging/x"

    def waiting(self, client):
        self.ask(client, "silent")
        return "/s/silent"

    def waiting_with_more(self, client):
        client.send(b"GET /s/silent HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        self.reached()
        return "/s/silent"

    def waiting_half_closed(self, client):
        self.ask(client, "silent")
        client.half_close()
        return "/s/silent"

    def after_half_a_head(self, client):
        self.ask(client, "head")
        return "/s/head"

    def after_interim(self, client):
        self.ask(client, "interim")
        self.assertIn(b"103", client.read_raw_head())
        return "/s/interim"

    def in_answer(self, client):
        self.ask(client, "length")
        client.read_head()
        return "/s/length"

    def in_chunked_answer(self, client):
        self.ask(client, "chunked")
        client.read_head()
        return "/s/chunked"

    def in_unread_answer(self, client):
        self.ask(client, "flood")
        return "/s/flood"

    def after_early_answer(self, client):
        self.ask(client, "early", "POST", [("Content-Length", 1 << 40)], b"half")
        self.assertEqual(client.read_response().status, 413)

    def in_tunnel(self, client):
        self.ask(client, "tunnel", headers=UPGRADE)
        client.read_head()
        return "/s/tunnel"

    def in_tunnel_half_closed(self, client):
        self.in_tunnel(client)
        client.half_close()
        return "/s/tunnel"

    def in_tunnel_after_its_fin(self, client):
        self.ask(client, "tunnel_fin", headers=UPGRADE)
        client.read_head()
        self.assertTrue(client.at_end())
        return "/s/tunnel_fin"

    def in_unread_tunnel(self, client):
        self.ask(client, "tunnel_flood", headers=UPGRADE)
        return "/s/tunnel_flood"

    def in_stuck_tunnel(self, client):
        self.ask(client, "tunnel_deaf", headers=UPGRADE)
        client.read_head()
        send_until_stuck(client)
        return "/s/tunnel_deaf"

    STATES = (connected, between_requests, in_head, in_second_head, refused, in_body,
              in_chunked_body, in_unread_body, before_continuing, connecting, connecting_with_body,
              waiting, waiting_with_more, waiting_half_closed, after_half_a_head, after_interim,
              in_answer, in_chunked_answer, in_unread_answer, after_early_answer, in_tunnel,
              in_tunnel_half_closed, in_tunnel_after_its_fin, in_unread_tunnel, in_stuck_tunnel)

    # Here what was sent stands before the FIN, and nobody reads it: only a time-out ends these.
    UNSEEN_CLOSES = (in_unread_body, connecting_with_body, in_stuck_tunnel)
    # In a tunnel a FIN does not say that nobody reads: it lasts while the service says nothing.
    UNSEEN_CLOSES += (in_tunnel, in_tunnel_half_closed)

    def wait_cancelled(self, path, seen):
        """A line after the first `seen`; a tunnel that its client closes ends as it should."""
        causes = ("client_closed", None) if "tunnel" in path else ("client_closed",)
        wait_until(lambda: any(record["path"] == path and record["cause"] in causes
                               for record in self.gw.records()[seen:]), "the line in the log")

    def test_every_state(self):
        self.start()
        for end in ENDS:
            for state in self.STATES:
                if end == "close" and state in self.UNSEEN_CLOSES:
                    continue
                with self.subTest(state=state.__name__, end=end):
                    seen = len(self.gw.records())
                    client = self.gw.client(receive_buffer=16384)
                    path = state(self, client)
                    getattr(client, end)()
                    if path:
                        self.wait_cancelled(path, seen)
                    self.assert_nothing_left()
        self.assert_at_rest()


class ServiceGoes(Matrix):
    TOLD = {"reset": "upstream_reset", "close": "upstream_closed"}

    def assert_502(self, client, end, *others):
        response = client.read_response()
        self.assertEqual(response.status, 502)
        self.assertIn(json.loads(response.body)["cause"], (self.TOLD[end], *others))
        self.assertEqual(client.get("/health").status, 200)

    def assert_truncated(self, client, response):
        with self.assertRaises(Truncated):
            client.read_body(response)

    def each(self, words, act):
        """Each of these words with each way to end; afterwards nothing must be left."""
        self.start()
        for end in ENDS:
            self.service.ends = end
            for word in words:
                with self.subTest(end=end, word=word), \
                        self.gw.client(receive_buffer=16384) as client:
                    act(client, word, end)
            self.assert_nothing_left()
        self.assert_at_rest()

    def test_while_idle(self):
        def act(client, word, _):
            self.assertEqual(client.get(f"/s/{word}").status, 200)
            self.reached()
            wait_until(lambda: self.gw.descriptors() == self.before + 2, "an idle connection")
            self.service.go.release()
            self.wait_descriptors(self.gw, self.before + 1)

        self.each(("answer",), act)

    def test_before_the_head_of_the_answer(self):
        def act(client, word, end):
            self.ask(client, word)
            self.service.go.release()
            self.assert_502(client, end)
            self.gw.wait_record(path=f"/s/{word}", cause=self.TOLD[end], status_code=502)

        self.each(("silent", "head", "interim"), act)

    def test_within_an_upload(self):
        """What the service has not read makes its close a reset."""
        def act(client, word, _):
            self.ask(client, word, "POST", [("Content-Length", 1 << 40)], b"half")
            if word == "deaf":
                send_until_stuck(client)
            self.service.go.release()
            response = client.read_response()
            self.assertEqual(response.status, 502)
            self.assertIn(json.loads(response.body)["cause"], self.TOLD.values())
            self.assertTrue(response.closes())

        self.each(("silent", "deaf"), act)

    def test_within_the_answer(self):
        def act(client, word, end):
            self.ask(client, word)
            response = client.read_head()
            self.service.go.release()
            self.assert_truncated(client, response)
            self.gw.wait_record(path=f"/s/{word}", cause=self.TOLD[end], status_code=200)

        self.each(("length", "chunked"), act)

    def test_within_an_answer_that_nobody_reads(self):
        def act(client, word, end):
            self.ask(client, word)
            self.service.go.release()
            self.assert_truncated(client, client.read_head())
            self.gw.wait_record(path="/s/flood", cause=self.TOLD[end], status_code=200)

        self.each(("flood",), act)

    def test_within_a_tunnel(self):
        def act(client, word, end):
            self.ask(client, word, headers=UPGRADE)
            self.assertEqual(client.read_head().status, 101)
            if word == "tunnel_fin":
                self.assertTrue(client.at_end())  # of what the service sends
            self.service.go.release()
            try:
                client.read_to_end()
            except ConnectionResetError:
                pass  # as good an end
            if end == "close":
                client.half_close()
            cause = "" if end == "close" else "upstream_reset"
            self.gw.wait_record(path=f"/s/{word}", cause=cause, status_code=101)

        self.each(("tunnel", "tunnel_fin", "tunnel_flood"), act)
