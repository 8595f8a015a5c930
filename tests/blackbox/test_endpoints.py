# SPDX-License-Identifier: MIT
"""/health, /api/gateway/status and /api/gateway/services: answered from memory, always."""

import datetime
import json
import socket

from case import Case
from wire import wait_until

PATHS = ("/health", "/api/gateway/status", "/api/gateway/services")


class Endpoints(Case):
    def services(self, gw):
        return {entry["name"]: entry for entry in json.loads(gw.get(PATHS[2]).body)}

    def test_health(self):
        gw = self.gateway()
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
        response = gw.get("/health?x=y")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.get("Content-Type"), "application/json")
        body = json.loads(response.body)
        self.assertEqual(set(body), {"status", "service", "version", "timestamp"})
        self.assertEqual((body["status"], body["service"]), ("healthy", "api-gateway"))
        self.assertRegex(body["version"], r"^\d+\.\d+\.\d+")
        self.assertTrue(body["timestamp"].endswith(("Z", "+00:00")), body["timestamp"])
        stamp = datetime.datetime.fromisoformat(body["timestamp"].replace("Z", "+00:00"))
        after = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        self.assertTrue(before <= stamp <= after, stamp)
        self.assert_log(gw, response, path="/health", status_code=200, target_service="",
                        cause="", attempts=0, bytes_out=len(response.body))

    def test_status(self):
        gw = self.gateway(self.origin(), self.origin(), GATEWAY_WORKERS=2)
        body = json.loads(gw.get(PATHS[1]).body)
        self.assertEqual(body["status"], "running")
        self.assertEqual(body["generation"], 1)
        self.assertRegex(body["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(body["workers"], {"serving": 2, "draining": 0})
        self.assertEqual(body["services"], {"service1": "unknown", "service2": "unknown"})
        self.assertGreaterEqual(body["uptime_seconds"], 0)

    def test_status_counts_requests_and_connections(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service, self.origin())
        with gw.client() as client:

            def status():
                return json.loads(client.get(PATHS[1]).body)

            before = status()["requests_total"]
            for target in ("/health", "/api/service2/x", "/nowhere"):
                client.get(target)
            self.assertEqual(status()["requests_total"], before + 4)  # itself included
            others = [gw.client() for _ in range(3)]
            for other in others:
                self.addCleanup(other.close)
            wait_until(lambda: status()["connections"] == 4, "four open connections")
            others[0].send_request("GET", "/api/service1/x")
            service.wait_requests()
            wait_until(lambda: status()["exchanges"] >= 1, "an exchange that is going on")
            for other in others:
                other.close()
            wait_until(lambda: status()["connections"] == 1, "one open connection")
        first = json.loads(gw.get(PATHS[1]).body)["uptime_seconds"]
        wait_until(lambda: json.loads(gw.get(PATHS[1]).body)["uptime_seconds"] > first,
                   "time to pass")

    def test_services_before_anything_was_tried(self):
        one, two = self.origin(), self.origin()
        gw = self.gateway(one, two)
        services = self.services(gw)
        self.assertEqual(list(services), ["service1", "service2"])
        for name, origin in (("service1", one), ("service2", two)):
            self.assertEqual(services[name]["status"], "unknown")
            self.assertEqual(services[name]["prefixes"], [f"/api/{name}/"])
            self.assertEqual(services[name]["urls"], [origin.url])
            self.assertFalse(services[name]["last_error"])
        self.assertEqual(one.connections, [])

    def test_services_tell_up_and_down(self):
        one, two = self.origin(), self.origin()
        gw = self.gateway(one, two)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        two.close()
        self.assertEqual(gw.get("/api/service2/x").status, 503)
        services = self.services(gw)
        self.assertEqual(services["service1"]["status"], "up")
        self.assertFalse(services["service1"]["last_error"])
        self.assertEqual(services["service2"]["status"], "down")
        self.assertIn("connect_refused", json.dumps(services["service2"]["last_error"]))
        self.origin(port=two.port)
        self.assertEqual(gw.get("/api/service2/x").status, 200)
        self.assertEqual(self.services(gw)["service2"]["status"], "up")

    def test_every_worker_knows_what_one_has_seen(self):
        gw = self.gateway(self.refusing_url(), GATEWAY_WORKERS=2)
        self.assertEqual(gw.get("/api/service1/x").status, 503)
        answered_by = set()

        def both_answered():
            response = gw.get(PATHS[2])
            self.assertEqual(json.loads(response.body)[0]["status"], "down")
            answered_by.add(gw.wait_record(request_id=response.get("X-Request-ID"))["worker"])
            return len(answered_by) == 2

        wait_until(both_answered, "answers of both workers")

    def test_no_service_at_all(self):
        gw = self.gateway()
        self.assertEqual(json.loads(gw.get(PATHS[2]).body), [])
        self.assertEqual(gw.get("/health").status, 200)

    def test_head_is_get_without_the_body(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            for path in PATHS:
                with self.subTest(path=path):
                    response = client.request("HEAD", path)
                    self.assertEqual(response.status, 200)
                    self.assertEqual(response.get("Content-Type"), "application/json")
                    self.assertGreater(int(response.get("Content-Length")), 1)
                    self.assert_log(gw, response, method="HEAD", bytes_out=0)

    def test_other_methods_are_a_405_that_names_the_allowed_ones(self):
        gw = self.gateway()
        for path in PATHS:
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO", "get"):
                with self.subTest(path=path, method=method), gw.client() as client:
                    response = client.request(method, path)
                    self.assert_error(response, 405, "method_not_allowed", "method")
                    self.assertEqual(response.tokens("Allow"), ["get", "head"])
                    self.assert_log(gw, response, status_code=405, cause="method")

    def test_endpoints_are_never_forwarded(self):
        service = self.origin()
        gw = self.gateway(service)
        for path in PATHS:
            self.assertEqual(gw.get(path).status, 200)
        self.assertEqual(service.connections, [])

    def test_they_answer_while_every_service_hangs(self):
        services = [self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
                    for _ in range(2)]
        gw = self.gateway(*services)
        hanging = []
        for number in range(50):
            client = gw.client()
            self.addCleanup(client.close)
            client.send_request("GET", f"/api/service{number % 2 + 1}/x")
            hanging.append(client)
        for service in services:
            service.wait_requests(25)
        for path in PATHS:
            self.assertEqual(gw.get(path).status, 200)
        for client in hanging:
            client.sock.setblocking(False)
            with self.assertRaises(BlockingIOError):
                client.sock.recv(1, socket.MSG_PEEK)

    def test_they_answer_to_a_request_with_a_body_and_keep_in_step(self):
        gw = self.gateway()
        with gw.client() as client:
            response = client.request("GET", "/health", body=b"GET /nowhere HTTP/1.1\r\n\r\n")
            self.assertEqual(response.status, 200)
            if not response.closes():
                self.assertEqual(client.get("/health").status, 200)
            else:
                self.assertTrue(client.at_end())
