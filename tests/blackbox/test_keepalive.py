# SPDX-License-Identifier: MIT
"""Connections that are kept: from clients (and pipelining on them), and to services (the pool)."""

import threading

from case import Case
from origin import answer
from wire import DEADLINE, chunk, wait_until


def echo_target(conn):
    while request := conn.read_request():
        conn.respond(200, request.target.encode() + b" " + request.body)


class ClientConnections(Case):
    def test_one_connection_takes_many_requests(self):
        service = self.origin(echo_target)
        gw = self.gateway(service)
        with gw.client() as client:
            for number in range(200):
                response = client.get(f"/api/service1/{number}")
                self.assertEqual(response.body, b"/api/%d " % number)
                self.assertFalse(response.closes())
        self.assertEqual(len(service.connections), 1)

    def test_connection_close_is_obeyed(self):
        gw = self.gateway(self.origin())
        for value in ("close", "Close", "x, close", "close, x", "keep-alive, close"):
            with self.subTest(value=value), gw.client() as client:
                response = client.get("/api/service1/x", [("Connection", value)])
                self.assertEqual((response.status, response.body), (200, b"ok"))
                self.assertTrue(response.closes())
                self.assertTrue(client.at_end())
        with self.subTest("in the second of two fields"), gw.client() as client:
            headers = [("Connection", "x"), ("Connection", "y, close")]
            self.assertTrue(client.get("/api/service1/x", headers).closes())
            self.assertTrue(client.at_end())

    def test_only_the_whole_word_closes(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            for value in ("closed", "not-close", "keep-alive", "x", "clos", ","):
                with self.subTest(value=value):
                    self.assertFalse(client.get("/api/service1/x", [("Connection", value)])
                                     .closes())

    def test_nothing_behind_a_closing_request_is_read(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("GET", "/api/service1/first", [("Connection", "close")])
            client.send_request("GET", "/api/service1/second")
            self.assertEqual(client.read_response().status, 200)
            self.assertTrue(client.at_end())
        self.assertEqual([request.target for request in service.requests], ["/api/first"])

    def test_http_1_0_closes_unless_asked_to_keep(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x", version="HTTP/1.0")
            self.assertEqual(client.read_response().body, b"ok")
            self.assertTrue(client.at_end())
        with gw.client() as client:
            for _ in range(3):
                response = client.request("GET", "/api/service1/x", [("Connection", "keep-alive")],
                                          version="HTTP/1.0")
                self.assertEqual(response.body, b"ok")
                self.assertIn("keep-alive", response.tokens("Connection"))

    def test_answers_are_http_1_1(self):
        gw = self.gateway(self.origin())
        for version in ("HTTP/1.0", "HTTP/1.1"):
            with gw.client() as client:
                self.assertEqual(client.request("GET", "/api/service1/x", version=version)
                                 .minor_version, 1)

    def test_a_service_that_closes_does_not_close_the_client(self):
        service = self.origin(answer(headers=[("Connection", "close")]))
        gw = self.gateway(service)
        with gw.client() as client:
            for _ in range(3):
                response = client.get("/api/service1/x")
                self.assertEqual(response.body, b"ok")
                self.assertFalse(response.closes())
        self.assertEqual(len(service.connections), 3)

    def test_a_client_that_closes_does_not_close_the_service(self):
        service = self.origin()
        gw = self.gateway(service)
        for _ in range(3):
            self.assertEqual(gw.get("/api/service1/x", [("Connection", "close")]).body, b"ok")
        self.assertEqual(len(service.connections), 1)
        self.assertNotIn("close", service.requests[0].tokens("Connection"))


class Pipelining(Case):
    def test_pipelined_requests_are_answered_in_order(self):
        service = self.origin(echo_target)
        gw = self.gateway(service)
        count = 200
        with gw.client() as client:
            client.send(b"".join(b"GET /api/service1/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number
                                 for number in range(count)))
            for number in range(count):
                self.assertEqual(client.read_response().body, b"/api/%d " % number)
        wait_until(lambda: len(gw.records()) == count, "a line for each request")

    def test_all_kinds_of_requests_can_be_mixed(self):
        gw = self.gateway(self.origin(echo_target))
        with gw.client() as client:
            client.send_request("POST", "/api/service1/a", body=b"one")
            client.send_request("GET", "/health")
            client.send_request("HEAD", "/api/service1/b")
            client.send_request("GET", "/nowhere")
            client.send_request("PUT", "/api/service1/c", [("Transfer-Encoding", "chunked")])
            client.send(b"3\r\ntwo\r\n0\r\n\r\n")
            client.send_request("HEAD", "/health")
            client.send_request("GET", "/api/service1")
            client.send_request("GET", "/api/service1/d", [("Connection", "close")])
            self.assertEqual(client.read_response().body, b"/api/a one")
            self.assertIn(b"healthy", client.read_response().body)
            self.assertEqual(client.read_response("HEAD").status, 200)
            self.assertEqual(client.read_response().status, 404)
            self.assertEqual(client.read_response().body, b"/api/c two")
            self.assertEqual(client.read_response("HEAD").status, 200)
            self.assertEqual(client.read_response().status, 308)
            self.assertEqual(client.read_response().body, b"/api/d ")
            self.assertTrue(client.at_end())

    def test_the_next_request_waits_for_the_answer_before_it(self):
        release = threading.Event()

        def script(conn):
            while request := conn.read_request():
                if request.target == "/api/slow":
                    release.wait(3 * DEADLINE)
                conn.respond(200, request.target.encode())

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("GET", "/api/service1/slow")
            client.send_request("GET", "/api/service1/fast")
            service.wait_requests(1)
            self.assertEqual(gw.get("/health").status, 200)  # others do not wait
            release.set()
            self.assertEqual(client.read_response().body, b"/api/slow")
            self.assertEqual(client.read_response().body, b"/api/fast")

    def test_bodies_errors_and_a_slow_first_one_keep_the_order(self):
        release = threading.Event()

        def script(conn):
            while request := conn.read_request():
                if request.target == "/api/first":
                    release.wait(60)
                if request.target == "/api/die":
                    return
                conn.respond(404 if request.target == "/api/none" else 200,
                             b"%s %d" % (request.target.encode(), len(request.body)))

        gw = self.gateway(self.origin(script), GATEWAY_MAX_BODY="200000")
        body = bytes(150_000)  # more than what waits unread
        with gw.client() as client:
            def send():
                client.send_request("POST", "/api/service1/first", body=body)
                client.send_request("GET", "/api/service1/none")
                client.send_request("PUT", "/api/service1/chunks",
                                    [("Transfer-Encoding", "chunked")])
                for start in range(0, len(body), 1000):
                    client.send(chunk(body[start:start + 1000]))
                client.send(b"0\r\n\r\n")
                client.send_request("POST", "/api/service1/die", body=b"x")
                client.send_request("GET", "/nowhere")
                client.send_request("POST", "/api/service1/none", body=body)
                client.send_request("GET", "/api/service1/last")
                client.send_request("POST", "/api/service1/large",
                                    [("Content-Length", 200_001)])
                client.send_request("GET", "/api/service1/never")

            sender = threading.Thread(target=send)
            sender.start()
            release.set()
            answers = [client.read_response() for _ in range(8)]
            sender.join()
            self.assertTrue(client.at_end())
        self.assertEqual([answer.status for answer in answers],
                         [200, 404, 200, 502, 404, 404, 200, 413])
        self.assertEqual([answers[n].body for n in (0, 1, 2, 6)],
                         [b"/api/first 150000", b"/api/none 0", b"/api/chunks 150000",
                          b"/api/last 0"])
        self.assertTrue(answers[-1].closes())

    def test_a_malformed_request_ends_the_pipeline_after_the_good_ones(self):
        service = self.origin(echo_target)
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("GET", "/api/service1/good")
            client.send(b"BAD\r\n\r\n")
            client.send_request("GET", "/api/service1/never")
            self.assertEqual(client.read_response().body, b"/api/good ")
            self.assertEqual(client.read_response().status, 400)
            self.assertTrue(client.at_end())
        self.assertEqual([request.target for request in service.requests], ["/api/good"])


class Pool(Case):
    def test_clients_share_the_connections_to_a_service(self):
        service = self.origin()
        gw = self.gateway(service)
        for _ in range(5):
            self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertEqual(len(service.connections), 1)

    def test_the_connection_used_last_is_used_next(self):
        release = [threading.Event(), threading.Event()]

        def script(conn):
            conn.read_request()
            release[conn.index].wait(3 * DEADLINE)
            conn.respond(200, b"%d" % conn.index)
            while conn.read_request():
                conn.respond(200, b"%d" % conn.index)

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as first, gw.client() as second:
            first.send_request("GET", "/api/service1/x")
            service.wait_requests(1)
            second.send_request("GET", "/api/service1/x")
            service.wait_requests(2)
            release[0].set()
            self.assertEqual(first.read_response().body, b"0")
            release[1].set()
            self.assertEqual(second.read_response().body, b"1")
            for _ in range(3):
                self.assertEqual(first.get("/api/service1/x").body, b"1")

    def test_services_do_not_share_connections(self):
        one, two = self.origin(answer(body=b"1")), self.origin(answer(body=b"2"))
        gw = self.gateway(one, two)
        with gw.client() as client:
            for _ in range(3):
                self.assertEqual(client.get("/api/service1/x").body, b"1")
                self.assertEqual(client.get("/api/service2/x").body, b"2")
        self.assertEqual((len(one.connections), len(two.connections)), (1, 1))

    def test_connections_that_cannot_be_used_again_are_closed(self):
        for raw in (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                    b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok"):
            def script(conn, raw=raw):
                conn.read_request()
                conn.send(raw)
                conn.wait_end()

            with self.subTest(raw=raw):
                service = self.origin(script)
                gw = self.gateway(service)
                with gw.client() as client:
                    for _ in range(2):
                        self.assertEqual(client.get("/api/service1/x").body, b"ok")
                self.assertEqual(service.wait_ended(0), "eof")
                self.assertEqual(len(service.connections), 2)

    def test_an_answer_before_the_end_of_the_request_is_not_followed_by_another_request(self):
        def script(conn):
            conn.read_request_head()
            conn.respond(200, b"early")
            conn.wait_end()

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            client.send_request("POST", "/api/service1/x", [("Content-Length", 100)])
            self.assertEqual(client.read_response().body, b"early")
        service.wait_ended(0)
        self.assertEqual(gw.get("/api/service1/x").body, b"early")
        self.assertEqual(len(service.connections), 2)

    def test_an_idle_connection_the_service_closes_is_forgotten(self):
        def script(conn):
            conn.read_request()
            conn.respond(200, b"%d" % conn.index)  # and closes without a word

        service = self.origin(script)
        gw = self.gateway(service)
        with gw.client() as client:
            self.assertEqual(client.get("/health").status, 200)
            idle = gw.descriptors()
            self.assertEqual(client.get("/api/service1/x").body, b"0")
            self.wait_descriptors(gw, idle)
            response = client.request("POST", "/api/service1/x", body=b"not sent twice")
            self.assertEqual(response.body, b"1")
            self.assert_log(gw, response, attempts=1)
