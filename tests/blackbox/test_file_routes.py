# SPDX-License-Identifier: MIT
"""Routes of a file: which one takes a request, what it changes, and answers without a service."""

import threading

from case import Case
from origin import answer
from wire import DEADLINE, LAST_CHUNK, Truncated, chunk, wait_until


def static(name, **match):
    """A route that answers with its own name."""
    return {"name": name, "match": {"path_prefix": "/", **match}, "response": {"body": name}}


def host(name):
    return [("Host", name)]


class Matching(Case):
    def route_of(self, target, name="gateway.test", method="GET"):
        with self.gw.client() as client:
            response = client.request(method, target, host(name))
        self.assertEqual(response.status, 200, (target, name, response.body))
        return response.body.decode()

    def start(self, *routes):
        self.gw = self.gateway(config={"routes": list(routes)})

    def test_an_exact_host_goes_before_a_suffix_and_a_suffix_before_any_host(self):
        routes = [static("any"), static("suffix", host="*.example.com"),
                  static("exact", host="api.example.com"),
                  static("longer", host="*.eu.example.com")]
        for order in (routes, routes[::-1]):
            self.start(*order)
            for name, route in (("api.example.com", "exact"), ("API.Example.COM:8000", "exact"),
                                ("api.example.com.", "exact"), ("x.example.com", "suffix"),
                                ("a.b.example.com", "suffix"), ("x.eu.example.com", "longer"),
                                ("eu.example.com", "suffix"), ("x.API.example.com", "suffix"),
                                ("example.com", "any"), ("badexample.com", "any"),
                                ("api.example.com.evil.test", "any"), ("127.0.0.1", "any")):
                with self.subTest(host=name, first=order[0]["name"]):
                    self.assertEqual(self.route_of("/x", name), route)

    def test_a_route_has_several_hosts(self):
        self.start(static("both", hosts=["a.test", "*.b.test"]))
        self.assertEqual(self.route_of("/", "a.test"), "both")
        self.assertEqual(self.route_of("/", "x.b.test:80"), "both")
        self.assert_error(self.gw.get("/", host("b.test")), 404, "not_found", "no_route")

    def test_a_request_without_host_has_the_route_for_every_host(self):
        self.start(static("exact", host="a.test"), static("any"))
        with self.gw.client() as client:
            self.assertEqual(client.request("GET", "/x", version="HTTP/1.0").body, b"any")

    def test_a_host_without_route_is_a_404(self):
        self.start(static("only", host="a.test"))
        response = self.gw.get("/x", host("b.test"))
        self.assert_error(response, 404, "not_found", "no_route")
        self.assert_log(self.gw, response, status_code=404, cause="no_route", attempts=0,
                        target_service="", upstream_path="")

    def test_the_longest_prefix_wins_whatever_the_order(self):
        routes = [static("root"), static("a", path_prefix="/a/"), static("ab", path_prefix="/a/b/"),
                  static("abc", path_prefix="/a/b/c/")]
        for order in (routes, routes[::-1]):
            self.start(*order)
            for target, route in (("/", "root"), ("/x/a/b/", "root"), ("/ab/", "root"),
                                  ("/a/", "a"), ("/a/bc", "a"), ("/a/B/", "a"), ("/a/b/", "ab"),
                                  ("/a/b/cc/?/a/b/c/", "ab"), ("/a/b/c/d", "abc"),
                                  ("/a/b%2Fc/", "a")):
                with self.subTest(target=target, first=order[0]["name"]):
                    self.assertEqual(self.route_of(target), route)

    def test_a_longer_prefix_for_another_host_does_not_count(self):
        self.start(static("short"), static("long", path_prefix="/a/", host="a.test"))
        self.assertEqual(self.route_of("/a/x", "a.test"), "long")
        self.assertEqual(self.route_of("/a/x", "b.test"), "short")

    def test_the_prefix_counts_more_than_the_host(self):
        self.start(static("host", host="a.test"), static("prefix", path_prefix="/a/"))
        self.assertEqual(self.route_of("/a/x", "a.test"), "prefix")
        self.assertEqual(self.route_of("/b", "a.test"), "host")

    def test_a_route_with_the_method_goes_before_one_for_all(self):
        routes = [static("all"), static("reads", methods=["GET"]),
                  static("writes", methods=["PUT", "POST"])]
        for order in (routes, routes[::-1]):
            self.start(*order)
            for method, route in (("GET", "reads"), ("PUT", "writes"), ("POST", "writes"),
                                  ("DELETE", "all"), ("get", "all")):
                with self.subTest(method=method, first=order[0]["name"]):
                    self.assertEqual(self.route_of("/x", method=method), route)

    def test_a_method_without_route_is_a_405_that_allows_those_of_all_routes(self):
        self.start(static("reads", path_prefix="/a/", methods=["GET"]),
                   static("writes", path_prefix="/a/", methods=["PUT", "POST"]),
                   static("other", path_prefix="/a/", host="b.test", methods=["PATCH"]),
                   static("root", methods=["DELETE"]))
        with self.gw.client() as client:
            response = client.request("DELETE", "/a/x")
            self.assert_error(response, 405, "method_not_allowed", "method")
            self.assertEqual(sorted(response.tokens("Allow")), ["get", "head", "post", "put"])
            self.assert_log(self.gw, response, status_code=405, cause="method", attempts=0)
            self.assertEqual(client.request("DELETE", "/b").body, b"root")

    def test_get_includes_head_and_head_does_not_include_get(self):
        self.start(static("reads", path_prefix="/get/", methods=["GET"]),
                   static("heads", path_prefix="/head/", methods=["HEAD"]))
        with self.gw.client() as client:
            response = client.request("HEAD", "/get/x")
            self.assertEqual((response.status, response.get("Content-Length")), (200, "5"))
            self.assertEqual(client.request("HEAD", "/head/x").status, 200)
            response = client.get("/head/x")
            self.assertEqual((response.status, response.get("Allow")), (405, "HEAD"))

    def test_methods_decide_on_the_service(self):
        reads, writes = self.origin(answer(200, b"read")), self.origin(answer(201, b"written"))
        self.gw = self.gateway(config={
            "services": {"reads": {"instances": [{"url": reads.url}]},
                         "writes": {"instances": [{"url": writes.url}]}},
            "routes": [{"match": {"path_prefix": "/a/", "methods": ["GET"]}, "service": "reads"},
                       {"match": {"path_prefix": "/a/", "methods": ["POST"]},
                        "service": "writes"}]})
        with self.gw.client() as client:
            response = client.get("/a/x")
            self.assertEqual(response.body, b"read")
            self.assert_log(self.gw, response, target_service="reads", upstream_path="/a/x")
            response = client.request("POST", "/a/x", body=b"data")
            self.assertEqual((response.status, response.body), (201, b"written"))
            self.assert_log(self.gw, response, target_service="writes", bytes_in=4)
            client.request("HEAD", "/a/y")
        self.assertEqual([(r.method, r.target) for r in reads.requests],
                         [("GET", "/a/x"), ("HEAD", "/a/y")])
        self.assertEqual([(r.method, r.body) for r in writes.complete], [("POST", b"data")])


class Answers(Case):
    def test_a_static_response_has_status_type_and_body(self):
        gw = self.gateway(config={"routes": [{
            "match": {"path_prefix": "/a/"},
            "response": {"status": 418, "content_type": "text/x-pot", "body": "käse\n"}}]})
        with gw.client() as client:
            for method in ("GET", "POST"):
                response = client.request(method, "/a/x", body=b"123" if method == "POST" else b"")
                self.assertEqual((response.status, response.get("Content-Type"), response.body),
                                 (418, "text/x-pot", "käse\n".encode()))
                self.assert_log(gw, response, status_code=418, target_service="", cause="",
                                attempts=0, bytes_out=6)
            response = client.request("HEAD", "/a/x")
            self.assertEqual((response.status, response.get("Content-Length")), (418, "6"))
            self.assert_log(gw, response, method="HEAD", bytes_out=0)
            self.assertEqual(client.get("/health").status, 200)

    def test_a_static_response_without_members_is_an_empty_text(self):
        gw = self.gateway(config={"routes": [{"match": {"path_prefix": "/a/"}, "response": {}},
                                             {"match": {"path_prefix": "/b/"},
                                              "response": {"status": 204}}]})
        with gw.client() as client:
            response = client.get("/a/")
            self.assertEqual((response.status, response.body), (200, b""))
            self.assertEqual(client.get("/b/").status, 204)
            self.assertEqual(client.get("/a/").status, 200)

    def redirect(self, target, method="GET", **redirect):
        gw = self.gateway(config={"routes": [{"match": {"path_prefix": "/old/"},
                                              "redirect": redirect}]})
        with gw.client() as client:
            response = client.request(method, target)
        self.assert_log(gw, response, status_code=response.status, attempts=0, cause="",
                        target_service="")
        return response.status, response.get("Location")

    def test_a_redirect_leads_to_its_location(self):
        self.assertEqual(self.redirect("/old/a?q", location="https://new.test/x", status=301),
                         (301, "https://new.test/x"))
        self.assertEqual(self.redirect("/old/a", location="/new", method="HEAD"), (308, "/new"))

    def test_a_redirect_keeps_path_and_query_as_they_were_sent(self):
        for base in ("https://new.test/x/", "/new/"):
            for rest in ("", "a%2fb/%C3%A4?x=1&y=/old/", "?", "?q"):
                with self.subTest(base=base, rest=rest):
                    self.assertEqual(self.redirect("/old/" + rest, location=base, status=307,
                                                   keeps_path=True), (307, base + rest))

    def test_a_redirect_has_nothing_to_do_with_longer_names(self):
        gw = self.gateway(config={"routes": [{"match": {"path_prefix": "/old/"},
                                              "redirect": {"location": "/new/"}}]})
        self.assert_error(gw.get("/older/"), 404, "not_found", "no_route")


class Services(Case):
    """Routes to one service, called users."""

    def start(self, script=None, service=None, routes=(), **more):
        self.service = self.origin(script)
        self.gw = self.gateway(config={
            "services": {"users": {"instances": [{"url": self.service.url}], **(service or {})}},
            "routes": [{"service": "users", **route} for route in routes], **more})
        return self.gw


class Edits(Services):
    def edited(self, edits, sent=(), answered=()):
        """(names and values the service saw, those the client saw) of what was sent."""
        gw = self.start(answer(headers=list(answered)),
                        routes=[{"match": {"path_prefix": "/a/"}, "headers": edits}])
        response = gw.get("/a/x", list(sent))
        self.assertEqual((response.status, response.body), (200, b"ok"))

        def fields(message):
            return [(n, v) for n, v in message.headers if n.lower().startswith(("x-t", "accept"))]

        return fields(self.service.requests[0]), fields(response)

    EDITS = {"remove": ["x-test-gone"], "set": {"X-Test-Set": "mine", "X-Test-New": "new"},
             "add": {"X-Test-More": "added"}}
    FIELDS = [("X-test-ONE", "1"), ("x-TEST-gone", "a"), ("x-tesT-set", "theirs"),
              ("X-Test-MORE", "theirs"), ("x-test-TWO", "2"), ("X-Test-Gone", "b"),
              ("X-TEST-SET", "theirs too"), ("x-test-one", "3")]
    KEPT = [("X-test-ONE", "1"), ("X-Test-MORE", "theirs"), ("x-test-TWO", "2"),
            ("x-test-one", "3")]

    def assert_edited(self, fields):
        mine = [("X-Test-Set", "mine"), ("X-Test-New", "new"), ("X-Test-More", "added")]
        self.assertEqual([field for field in fields if field not in mine], self.KEPT)
        self.assertEqual(sorted(field for field in fields if field in mine), sorted(mine))

    def test_fields_of_requests_are_removed_set_and_added(self):
        request, response = self.edited({"request": self.EDITS}, self.FIELDS, self.FIELDS)
        self.assert_edited(request)
        self.assertEqual(response, self.FIELDS)

    def test_fields_of_answers_are_removed_set_and_added(self):
        request, response = self.edited({"response": self.EDITS}, self.FIELDS, self.FIELDS)
        self.assertEqual(request, self.FIELDS)
        self.assert_edited(response)

    def test_what_is_removed_can_be_set_and_added(self):
        edits = {"remove": ["X-Test"], "set": {"x-test": "set"}, "add": {"X-TEST": "added"}}
        request, response = self.edited({"request": edits, "response": edits},
                                        [("X-Test", "theirs")], [("X-Test", "theirs")])
        self.assertEqual(request, [("x-test", "set"), ("X-TEST", "added")])
        self.assertEqual(response, request)

    def test_other_routes_and_answers_of_the_gateway_are_not_edited(self):
        edits = {"request": {"set": {"X-Test": "1"}}, "response": {"set": {"X-Test": "1"}}}
        gw = self.start(routes=[{"match": {"path_prefix": "/a/"}, "headers": edits,
                                 "limits": {"request_body": 1}},
                                {"match": {"path_prefix": "/b/"}}])
        self.assertFalse(gw.get("/b/").has("X-Test"))
        self.assertFalse(self.service.requests[0].has("X-Test"))
        with gw.client() as client:
            response = client.request("POST", "/a/", body=b"12")
        self.assertEqual(response.status, 413)
        self.assertFalse(response.has("X-Test"))
        self.assertEqual(gw.get("/a/").get("X-Test"), "1")

    def test_kept_connections_and_bodies_stay_in_step(self):
        gw = self.start(routes=[{"match": {"path_prefix": "/a/"},
                                 "headers": {"request": self.EDITS, "response": self.EDITS}}])
        with gw.client() as client:
            for number in range(3):
                response = client.request("POST", f"/a/{number}", self.FIELDS, b"x" * number)
                self.assertEqual((response.status, response.body), (200, b"ok"))
                self.assertEqual(response.get("X-Test-More"), "added")
        self.assertEqual([r.body for r in self.service.complete], [b"", b"x", b"xx"])
        self.assertEqual(len(self.service.connections), 1)


class Requests(Services):
    def test_the_host_of_the_client_is_kept_where_a_route_says_so(self):
        gw = self.start(routes=[{"match": {"path_prefix": "/a/"}, "preserve_host": True},
                                {"match": {"path_prefix": "/b/"}}])
        gw.get("/a/", host("Client.Test:81"))
        gw.get("/b/", host("Client.Test:81"))
        kept, own = self.service.requests
        self.assertEqual(kept.get("Host"), "Client.Test:81")
        self.assertEqual(own.get("Host"), self.service.url.removeprefix("http://"))
        for request in (kept, own):
            self.assertEqual(request.get("X-Forwarded-Host"), "Client.Test:81")

    def test_of_a_client_without_a_host_none_is_kept(self):
        service = self.origin()
        gw = self.gateway(config={
            "services": {"users": {"instances": [{"url": url} for url in (
                self.refusing_url(), service.url)]}},
            "routes": [{"match": {"path_prefix": "/a/"}, "preserve_host": True,
                        "service": "users"}]})
        attempts = set()
        for number in range(4):
            with gw.client() as client:
                response = client.request("GET", f"/a/{number}", version="HTTP/1.0")
            attempts.add(self.assert_log(gw, response, status_code=200, host="")["attempts"])
        self.assertEqual({request.get("Host") for request in service.requests},
                         {service.url.removeprefix("http://")})
        self.assertEqual(attempts, {1, 2})

    def test_the_prefix_is_replaced_where_a_route_says_so(self):
        gw = self.start(routes=[{"match": {"path_prefix": "/a/"}},
                                {"match": {"path_prefix": "/a/b/"},
                                 "rewrite": {"path_prefix": "/"}},
                                {"match": {"path_prefix": "/"},
                                 "rewrite": {"path_prefix": "/deep/er/"}}])
        for target, sent in (("/a/x%2F?q=/a/", "/a/x%2F?q=/a/"), ("/a/b/x/a/b/", "/x/a/b/"),
                             ("/a/b/", "/"), ("/a/b/?q", "/?q"), ("/", "/deep/er/"),
                             ("/c//d", "/deep/er/c//d")):
            with self.subTest(target=target):
                response = gw.get(target)
                self.assertEqual(self.service.requests[-1].target, sent)
                self.assert_log(gw, response, path=target.split("?")[0],
                                upstream_path=sent.split("?")[0])

    def test_routes_have_body_limits_of_their_own(self):
        gw = self.start(service={"limits": {"request_body": 20}},
                        routes=[{"match": {"path_prefix": "/small/"},
                                 "limits": {"request_body": 10}},
                                {"match": {"path_prefix": "/service/"}},
                                {"match": {"path_prefix": "/off/"},
                                 "limits": {"request_body": "off"}}],
                        defaults={"limits": {"request_body": "1KiB"}})
        for target, limit in (("/small/", 10), ("/service/", 20)):
            with self.subTest(target=target), gw.client() as client:
                self.assertEqual(client.request("PUT", target, body=b"x" * limit).status, 200)
                self.assertEqual(self.service.wait_complete(len(self.service.requests)).body,
                                 b"x" * limit)
                client.send_request("PUT", target, [("Content-Length", limit + 1)])
                response = client.read_response()
                self.assert_error(response, 413, "payload_too_large", "body_limit", "users")
                self.assert_log(gw, response, status_code=413, cause="body_limit", attempts=0)
        self.assertEqual(len(self.service.requests), 2)
        with gw.client() as client:
            client.send_request("PUT", "/small/", [("Transfer-Encoding", "chunked")],
                                chunk(b"123456") + chunk(b"78901") + LAST_CHUNK)
            response = client.read_response()
            self.assert_error(response, 413, "payload_too_large", "body_limit", "users")
        with gw.client() as client:
            self.assertEqual(client.request("PUT", "/off/", body=b"x" * 5000).status, 200)
        self.assertEqual(self.service.complete[-1].body, b"x" * 5000)


class Timeouts(Services):
    def hold(self, conn):
        """Answers "/quick/…" never, everything else when the test says so."""
        while request := conn.read_request():
            if request.target.startswith("/quick/"):
                conn.wait_end()
                return
            self.release.wait(3 * DEADLINE)
            conn.respond(200, b"late")

    def setUp(self):
        super().setUp()
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def assert_quick_and_patient(self, gw):
        """A request that came before and waits is answered after another one timed out."""
        with gw.client() as patient, gw.client() as quick:
            patient.send_request("GET", "/patient/x")
            self.service.wait_requests(1)
            response = quick.get("/quick/x")
            self.assert_error(response, 504, "gateway_timeout", "response_header_timeout", "users")
            self.assert_log(gw, response, status_code=504, cause="response_header_timeout",
                            target_service="users", attempts=1)
            self.service.wait_ended(1)
            self.release.set()
            response = patient.read_response()
            self.assertEqual((response.status, response.body), (200, b"late"))
            self.assert_log(gw, response, status_code=200, cause="")
            self.assertEqual(quick.get("/health").status, 200)

    def test_a_route_is_less_patient_than_its_service(self):
        self.assert_quick_and_patient(self.start(
            self.hold, routes=[{"match": {"path_prefix": "/quick/"},
                                "timeouts": {"response_header": "200ms"}},
                               {"match": {"path_prefix": "/patient/"}}]))

    def test_a_route_is_more_patient_than_its_service_and_that_than_the_defaults(self):
        self.assert_quick_and_patient(self.start(
            self.hold, {"timeouts": {"response_header": "200ms"}},
            routes=[{"match": {"path_prefix": "/quick/"}},
                    {"match": {"path_prefix": "/patient/"},
                     "timeouts": {"response_header": "off"}}],
            defaults={"timeouts": {"response_header": "1m"}}))

    def test_a_request_as_a_whole_has_a_deadline(self):
        gw = self.start(self.hold, routes=[{"match": {"path_prefix": "/quick/"},
                                            "timeouts": {"request": "200ms"}}])
        with gw.client() as client:
            response = client.get("/quick/x")
            self.assert_error(response, 504, "gateway_timeout", "request_timeout", "users")
            self.assert_log(gw, response, status_code=504, cause="request_timeout", attempts=1)
            self.service.wait_ended()
            self.assertEqual(client.get("/health").status, 200)

    def test_the_deadline_truncates_an_answer_that_has_begun_visibly(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            conn.wait_end()

        deadlines = ("300ms", "3s", "15s")  # the longer ones where an answer takes longer to begin
        gw = self.start(script, routes=[{"match": {"path_prefix": f"/{deadline}/"},
                                         "timeouts": {"request": deadline}}
                                        for deadline in deadlines])
        for deadline in deadlines:
            with gw.client() as client:
                client.send_request("GET", f"/{deadline}/x")
                response = client.read_head()
                if response.status == 504:
                    continue
                with self.assertRaises(Truncated) as caught:
                    client.read_body(response)
                self.assertEqual(caught.exception.partial, b"half")
                break
        self.assert_log(gw, response, status_code=200, cause="request_timeout", bytes_out=4)
        self.service.wait_ended()

    def test_the_deadline_begins_anew_with_each_request(self):
        gw = self.start(self.hold, routes=[{"match": {"path_prefix": "/quick/"},
                                            "timeouts": {"request": "200ms"}},
                                           {"match": {"path_prefix": "/patient/"}}])
        with gw.client() as client:
            for _ in range(2):
                response = client.get("/quick/x")
                self.assert_error(response, 504, "gateway_timeout", "request_timeout", "users")
            client.send_request("GET", "/patient/x")
            wait_until(lambda: "/patient/x" in [r.target for r in self.service.requests],
                       "the patient request")
            self.assertEqual(gw.get("/quick/x").status, 504)  # outlives that deadline
            self.release.set()
            self.assertEqual(client.read_response().body, b"late")
