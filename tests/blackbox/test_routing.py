# SPDX-License-Identifier: MIT
"""Which service gets a request, and with which bytes as its target."""

from case import Case
from origin import answer


class Routing(Case):
    def forwarded(self, target):
        """What the service receives for that target; also checks the log."""
        response = self.client.get(target)
        self.assertEqual(response.status, 200, response.body)
        request = self.service.requests[-1]
        self.assert_log(self.gw, response, path=target.split("?")[0], target_service="service1",
                        upstream_path=request.target.split("?")[0], status_code=200, cause="")
        return request.target

    def start(self):
        self.service = self.origin()
        self.gw = self.gateway(self.service)
        self.client = self.gw.client()
        self.addCleanup(self.client.close)

    def test_the_prefix_is_replaced_and_the_rest_arrives_byte_for_byte(self):
        self.start()
        for rest in ("", "orders", "orders/", "a/b/c.txt", "a%2Fb", "a%2fb", "%2F", "/", "//x",
                     "a//b",
                     "a///", "%41", "%7e~", "a;v=1;w", "a:b@c!$&'()*+,=", "caf%C3%A9", "%ff",
                     "a|b", "a\"b", "<x>", "{y}", "\\z", "^`"):
            with self.subTest(rest=rest):
                self.assertEqual(self.forwarded("/api/service1/" + rest), "/api/" + rest)

    def test_the_query_arrives_byte_for_byte(self):
        self.start()
        for query in ("?", "?a=b", "?a=b?c", "??", "?/../..", "?a=%2F&b=%zz&c=%", "?a+b&&=;",
                      "?x=" + "y" * 4000, "?q=[1]{2}|^\"<>"):
            with self.subTest(query=query):
                self.assertEqual(self.forwarded("/api/service1/x" + query), "/api/x" + query)

    def test_a_query_directly_behind_the_prefix_is_kept(self):
        self.start()
        self.assertEqual(self.forwarded("/api/service1/?a=/x"), "/api/?a=/x")

    def test_dot_segments_that_stay_inside_the_prefix_pass_unchanged(self):
        self.start()
        for rest in ("a/../b", "./a", "a/.", "a/./b", "a/b/../..", "a/%2e%2e/b", "a/.%2E/b",
                     "...", "..a/b", "a..", "a/...", ".hidden", "%2e/x"):
            with self.subTest(rest=rest):
                self.assertEqual(self.forwarded("/api/service1/" + rest), "/api/" + rest)

    def test_dot_segments_that_would_leave_the_prefix_are_a_400(self):
        self.start()
        for rest in ("..", "../", "../x", "a/../..", "a/../../b", "%2e%2e", "%2E%2E/x", ".%2E/x",
                     "%2e./x", "./../x", "a/b/../../../c", "..%2fx", "a%2f..%2f..%2fx",
                     "../service2/x", "..?q", "..;v=1/x", "..\\x", "..%5cx", "%2e%2e%5Cx",
                     "a%5C%2e.%5c..", "%2e%2e%3bv=1/x", "a//../../x", "//..//../x", "..//x"):
            with self.subTest(rest=rest), self.gw.client() as client:
                response = client.get("/api/service1/" + rest)
                self.assert_error(response, 400, "bad_request", "dot_segments", "service1")
                self.assert_log(self.gw, response, status_code=400, cause="dot_segments",
                                attempts=0, target_service="service1", upstream_path="")
        self.assert_only_probe_arrives(self.gw, self.service)

    def test_dot_segments_within_the_query_mean_nothing(self):
        self.start()
        self.assertEqual(self.forwarded("/api/service1/x?a/../../.."), "/api/x?a/../../..")

    def test_an_absolute_target_is_routed_by_its_path(self):
        self.start()
        response = self.client.request("GET", "http://other.test:81/api/service1/x?y",
                                       [("Host", "ignored.test")])
        self.assertEqual(response.status, 200)
        self.assertEqual(self.service.requests[-1].target, "/api/x?y")
        self.assertEqual(self.service.requests[-1].get("X-Forwarded-Host"), "other.test:81")

    def test_prefixes_match_on_segment_boundaries(self):
        one, ten = self.origin(answer(body=b"one")), self.origin(answer(body=b"ten"))
        gw = self.gateway(one, SERVICE10_URL=ten.url)
        self.assertEqual(gw.get("/api/service1/0/x").body, b"one")
        self.assertEqual(gw.get("/api/service10/x").body, b"ten")
        self.assertEqual([r.target for r in one.requests], ["/api/0/x"])
        self.assertEqual([r.target for r in ten.requests], ["/api/x"])

    def test_each_service_gets_its_own_requests(self):
        origins = [self.origin(answer(body=b"%d" % n)) for n in range(1, 4)]
        gw = self.gateway(*origins)
        for number in (2, 1, 3):
            response = gw.get(f"/api/service{number}/n")
            self.assertEqual(response.body, b"%d" % number)
            self.assert_log(gw, response, target_service=f"service{number}")
        self.assertEqual([len(origin.requests) for origin in origins], [1, 1, 1])

    def test_a_path_without_a_route_is_a_404(self):
        self.start()
        for path in ("/", "/api", "/api/", "/api/service2/x", "/api/service1x", "/api/service",
                     "/api/service11/x", "/API/service1/x", "/api//service1/x", "//api/service1/x",
                     "/api/%73ervice1/x", "/favicon.ico", "/x?/api/service1/", "/api/gateway/",
                     "/api/gateway/other", "/health/", "/metrics"):
            with self.subTest(path=path):
                response = self.client.get(path)
                self.assert_error(response, 404, "not_found", "no_route")
                self.assert_log(self.gw, response, status_code=404, cause="no_route",
                                target_service="", upstream_path="", attempts=0)
        self.assertEqual(self.service.connections, [])

    def test_a_404_keeps_the_connection_and_swallows_the_body(self):
        self.start()
        response = self.client.request("POST", "/nowhere",
                                       body=b"GET /api/service1/x HTTP/1.1\r\n\r\n")
        self.assert_error(response, 404, "not_found", "no_route")
        if not response.closes():
            self.assertEqual(self.client.get("/health").status, 200)
        self.assertEqual(self.service.connections, [])

    def test_the_bare_prefix_redirects_to_the_slash_and_keeps_the_query(self):
        self.start()
        for query in ("", "?", "?a=b/c?d&e=%2F"):
            with self.subTest(query=query):
                response = self.client.get("/api/service1" + query)
                self.assertEqual(response.status, 308)
                self.assertEqual(response.get("Location"), "/api/service1/" + query)
                self.assertNotIn(b"<", response.body)
                self.assert_log(self.gw, response, status_code=308, path="/api/service1",
                                attempts=0)
        response = self.client.request("POST", "/api/service1", body=b"data")
        self.assertEqual(response.status, 308)
        self.assertEqual(self.service.connections, [])


class Methods(Case):
    def test_every_method_passes_with_and_without_a_body(self):
        service = self.origin()
        gw = self.gateway(service)
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO",
                       "PROPFIND", "M-SEARCH", "get", "X!#$%&'*+-.^_`|~1"):
            for body in (b"", b"the body"):
                with self.subTest(method=method, body=body), gw.client() as client:
                    response = client.request(method, "/api/service1/m", body=body)
                    self.assertEqual(response.status, 200, response.body)
                    self.assertEqual(response.body, b"" if method == "HEAD" else b"ok")
                    request = service.complete[-1]
                    self.assertEqual((request.method, request.body), (method, body))
                    self.assert_log(gw, response, method=method, bytes_in=len(body),
                                    bytes_out=len(response.body))

    def test_a_chunked_body_passes_with_any_method(self):
        service = self.origin()
        gw = self.gateway(service)
        for method in ("GET", "HEAD", "DELETE", "OPTIONS", "FOO"):
            with self.subTest(method=method), gw.client() as client:
                client.send_request(method, "/api/service1/m", [("Transfer-Encoding", "chunked")])
                client.send(b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n")
                self.assertEqual(client.read_response(method).status, 200)
                self.assertEqual(service.complete[-1].body, b"abcdefg")

    def test_the_answer_to_head_has_the_services_length_and_no_body(self):
        def script(conn):
            while conn.read_request():
                conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"x\"\r\n\r\n")

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            for _ in range(2):
                response = client.request("HEAD", "/api/service1/h")
                self.assertEqual((response.status, response.get("Content-Length")), (200, "12345"))
                self.assertEqual(response.get("ETag"), '"x"')
            client.half_close()
            self.assertTrue(client.at_end())

    def test_options_with_an_asterisk_is_answered_by_the_gateway(self):
        service = self.origin()
        gw = self.gateway(service)
        with gw.client() as client:
            response = client.request("OPTIONS", "*")
            self.assertNotIn(b"<", response.body)
            self.assert_log(gw, response, method="OPTIONS", path="*", target_service="")
        self.assertEqual(service.connections, [])
