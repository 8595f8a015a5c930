# SPDX-License-Identifier: MIT
"""What is sent arrives while the message is still going on: nothing waits for its end."""

import threading

from case import Case
from wire import DEADLINE, LAST_CHUNK, chunk


class Streaming(Case):
    def test_server_sent_events_arrive_one_by_one(self):
        next_event = threading.Semaphore(0)

        def script(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                      "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(5):
                next_event.acquire()
                conn.send(chunk(b"data: %d\n\n" % number))
            next_event.acquire()
            conn.send(LAST_CHUNK)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/events", [("Accept", "text/event-stream")])
            head = client.read_head()
            self.assertEqual(head.get("Content-Type"), "text/event-stream")
            self.assertEqual(head.framing, "chunked")
            pieces = client.read_chunks()
            for number in range(5):
                next_event.release()  # the next event is not even sent before this one arrived
                event = b"data: %d\n\n" % number
                got = b""
                while len(got) < len(event):
                    got += next(pieces)
                self.assertEqual(got, event)
            next_event.release()
            self.assertEqual(list(pieces), [])
            self.assert_log(gw, head, bytes_out=5 * len(b"data: 0\n\n"), cause="")

    def test_the_head_of_an_answer_arrives_before_its_body(self):
        go_on = threading.Event()

        def script(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
            go_on.wait(3 * DEADLINE)
            conn.send("abc")

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            head = client.read_head()
            go_on.set()
            self.assertEqual(client.read_body(head).body, b"abc")

    def test_events_until_the_connection_ends_arrive_one_by_one(self):
        next_event = threading.Semaphore(0)

        def script(conn):
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\n\r\n")
            for number in range(3):
                next_event.acquire()
                conn.send(b"%d" % number)
            next_event.acquire()

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/events")
            head = client.read_head()
            pieces = client.read_chunks() if head.framing == "chunked" else client.read_close()
            for number in range(3):
                next_event.release()
                self.assertEqual(next(pieces), b"%d" % number)
            next_event.release()
            self.assertEqual(list(pieces), [])

    def test_a_request_body_arrives_piece_by_piece(self):
        received = threading.Semaphore(0)

        def script(conn):
            request = conn.read_request_head()
            pieces = (conn.read_chunks() if request.framing == "chunked"
                      else conn.read_length(int(request.get("Content-Length"))))
            for _ in pieces:
                received.release()
            conn.respond()

        for framing in (("Transfer-Encoding", "chunked"), ("Content-Length", 3)):
            with self.subTest(framing=framing):
                gw = self.gateway(self.origin(script))
                with gw.client() as client:
                    client.send_request("POST", "/api/service1/x", [framing])
                    for _ in range(3):  # each byte is at the service before the next one is sent
                        client.send(b"1\r\nx\r\n" if framing[1] == "chunked" else b"x")
                        self.assertTrue(received.acquire(timeout=DEADLINE))
                    if framing[1] == "chunked":
                        client.send(LAST_CHUNK)
                    self.assertEqual(client.read_response().status, 200)

    def test_the_head_of_a_request_arrives_before_its_body(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 3)])
            service.wait_requests()
            client.send(b"abc")
            self.assertEqual(client.read_response().status, 200)

    def test_a_conversation_in_one_exchange(self):
        def script(conn):
            conn.read_request_head()
            conn.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for data in conn.read_chunks():
                conn.send(chunk(data.upper()))
            conn.send(LAST_CHUNK)

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("POST", "/api/service1/talk", [("Transfer-Encoding", "chunked")])
            client.read_head()
            answers = client.read_chunks()
            for word in (b"one", b"two", b"three"):
                client.send(chunk(word))
                got = b""
                while len(got) < len(word):
                    got += next(answers)
                self.assertEqual(got, word.upper())
            client.send(LAST_CHUNK)
            self.assertEqual(list(answers), [])
