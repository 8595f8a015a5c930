# SPDX-License-Identifier: MIT
"""Services of a file: several instances, and what the environment says against the file."""

from case import Case
from origin import answer


class Instances(Case):
    def start(self, *instances):
        self.gw = self.gateway(config={
            "services": {"users": {"instances": [{"url": getattr(origin, "url", origin),
                                                  "weight": weight}
                                                 for origin, weight in instances]}},
            "routes": [{"match": {"path_prefix": "/a/"}, "service": "users"}]})
        return self.gw

    def test_instances_have_requests_by_their_weights(self):
        origins = [self.origin() for _ in range(3)]
        gw = self.start(*zip(origins, (3, 2, 1)))
        with gw.client() as client:
            for number in range(30):
                self.assertEqual(client.get(f"/a/{number}").status, 200)
        self.assertEqual([len(origin.requests) for origin in origins], [15, 10, 5])
        self.assertEqual([len(origin.connections) for origin in origins], [1, 1, 1])

    def test_instances_of_the_same_weight_take_turns(self):
        first, second = self.origin(answer(200, b"1")), self.origin(answer(200, b"2"))
        gw = self.start((first, 1), (second, 1))
        with gw.client() as client:
            bodies = [client.get("/a/x").body for _ in range(6)]
        self.assertEqual({tuple(sorted(bodies[at:at + 2])) for at in (0, 2, 4)}, {(b"1", b"2")})

    def test_the_host_is_that_of_the_instance(self):
        origins = [self.origin(), self.origin()]
        gw = self.start(*((origin, 1) for origin in origins))
        with gw.client() as client:
            for _ in range(4):
                client.get("/a/x")
        for origin in origins:
            self.assertEqual({request.get("Host") for request in origin.requests},
                             {origin.url.removeprefix("http://")})

    def test_another_instance_answers_for_one_that_refuses(self):
        for order in (1, -1):
            with self.subTest(order=order):
                service = self.origin()
                gw = self.start(*[(self.refusing_url(), 1), (service, 1)][::order])
                with gw.client() as client:
                    attempts = []
                    for number in range(6):
                        method, body = (("GET", b""), ("POST", b"data"))[number // 2 % 2]
                        response = client.request(method, f"/a/{number}", body=body)
                        self.assertEqual((response.status, response.body), (200, b"ok"))
                        record = self.assert_log(gw, response, status_code=200, cause="",
                                                 target_service="users")
                        attempts.append(record["attempts"])
                self.assertIn(2, attempts)
                self.assertLessEqual(set(attempts), {1, 2})
                self.assertEqual([r.target for r in service.complete],
                                 [f"/a/{number}" for number in range(6)])
                self.assertEqual([r.body for r in service.complete],
                                 [b"", b"", b"data", b"data", b"", b""])

    def test_a_client_is_told_when_every_instance_refuses(self):
        gw = self.start((self.refusing_url(), 1), (self.refusing_url(), 1))
        with gw.client() as client:
            response = client.get("/a/x")
            self.assert_error(response, 503, "service_unavailable", "connect_refused", "users")
            self.assert_log(gw, response, status_code=503, cause="connect_refused", attempts=2)
            self.assertEqual(client.get("/health").status, 200)


class Environment(Case):
    def configuration(self, url, **more):
        return {"services": {"service1": {"instances": [{"url": url}]}},
                "routes": [{"match": {"path_prefix": "/a/"}, "service": "service1"}], **more}

    def test_a_url_of_the_environment_replaces_the_instances_of_the_file(self):
        filed, given = self.origin(answer(200, b"file")), self.origin(answer(200, b"environment"))
        config = self.configuration(filed.url)
        config["services"]["service1"]["instances"] *= 2
        gw = self.gateway(given, config=config)
        with gw.client() as client:
            for _ in range(4):
                response = client.get("/a/x")
                self.assertEqual(response.body, b"environment")
            self.assert_log(gw, response, target_service="service1", upstream_path="/a/x")
            # The file has a route to it: there is no other one.
            self.assert_error(client.get("/api/service1/x"), 404, "not_found", "no_route")
        self.assertEqual(len(given.requests), 4)
        self.assertEqual(filed.connections, [])

    def test_a_service_of_the_environment_comes_with_its_route(self):
        filed, given = self.origin(answer(200, b"file")), self.origin(answer(200, b"environment"))
        gw = self.gateway(config=self.configuration(filed.url), SERVICE2_URL=given.url)
        self.assertEqual(gw.get("/a/x").body, b"file")
        self.assertEqual(gw.get("/api/service2/x").body, b"environment")
        self.assertEqual(given.requests[0].target, "/api/x")

    def test_a_body_limit_of_the_environment_goes_before_the_defaults_of_the_file(self):
        service = self.origin()
        config = self.configuration(service.url, defaults={"limits": {"request_body": 10}})
        gw = self.gateway(config=config, GATEWAY_MAX_BODY="20")
        with gw.client() as client:
            self.assertEqual(client.request("PUT", "/a/x", body=b"x" * 20).status, 200)
            client.send_request("PUT", "/a/x", [("Content-Length", 21)])
            response = client.read_response()
            self.assert_error(response, 413, "payload_too_large", "body_limit", "service1")
        self.assertEqual([r.body for r in service.complete], [b"x" * 20])
