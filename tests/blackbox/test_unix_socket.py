# SPDX-License-Identifier: MIT
"""Services on unix sockets."""

import json

from case import MIB, Case
from origin import answer
from wire import pattern


class UnixSocket(Case):
    def test_requests_and_bodies_pass(self):
        service = self.origin(path=self.temporary("service.sock"))
        gw = self.gateway(service)
        body = b"".join(pattern(MIB))
        with gw.client() as client:
            response = client.request("POST", "/api/service1/x?y", body=body)
            self.assertEqual((response.status, response.body), (200, b"ok"))
            self.assertEqual(client.get("/api/service1/z").status, 200)
            self.assert_log(gw, response, target_service="service1", attempts=1, bytes_in=MIB)
        request = service.complete[0]
        self.assertEqual((request.target, request.body), ("/api/x?y", body))
        self.assertTrue(request.get("Host"))
        self.assertEqual(request.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(len(service.connections), 1)  # the pool works here too

    def test_a_missing_socket_is_a_503_until_it_is_there(self):
        path = self.temporary("later.sock")
        gw = self.gateway(f"unix:{path}")
        response = gw.get("/api/service1/x")
        self.assertEqual(response.status, 503)
        cause = json.loads(response.body)["cause"]
        self.assertIn(cause, ("connect_refused", "connect_unreachable"))
        self.assert_log(gw, response, cause=cause)
        self.origin(answer(body=b"there now"), path=path)
        self.assertEqual(gw.get("/api/service1/x").body, b"there now")

    def test_a_socket_nobody_accepts_on_is_a_503(self):
        service = self.origin(path=self.temporary("gone.sock"))
        service.stop_listening()
        gw = self.gateway(service)
        self.assert_error(gw.get("/api/service1/x"), 503, "service_unavailable", "connect_refused",
                          "service1")

    def test_a_stale_connection_is_replaced(self):
        def script(conn):
            conn.read_request()
            conn.respond(200, b"%d" % conn.index)
            if conn.index == 0:
                conn.read_request()

        gw = self.gateway(self.origin(script, path=self.temporary("stale.sock")))
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").body, b"0")
            response = client.get("/api/service1/x")
            self.assertEqual(response.body, b"1")
            self.assert_log(gw, response, attempts=2)

    def test_an_upgrade_passes(self):
        def script(conn):
            conn.read_request_head()
            conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            while data := conn.read_some():
                conn.send(data)

        gw = self.gateway(self.origin(script, path=self.temporary("tunnel.sock")))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/t",
                                [("Connection", "upgrade"), ("Upgrade", "x")])
            self.assertEqual(client.read_head().status, 101)
            client.send(b"ping")
            self.assertEqual(client.read_exactly(4), b"ping")

    def test_the_service_is_listed_with_its_url(self):
        path = self.temporary("listed.sock")
        gw = self.gateway(f"unix:{path}")
        services = json.loads(gw.get("/api/gateway/services").body)
        self.assertEqual(services[0]["urls"], [f"unix:{path}"])
