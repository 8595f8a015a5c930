# SPDX-License-Identifier: MIT
"""explain: what the gateway would do with a request is what it does."""

import json
import os

from case import Case
from gateway import run_command

CONFIG = {
    "services": {"users": {"instances": [{"url": "http://127.0.0.1:9"}],
                           "timeouts": {"idle": "9s"}}},
    "routes": [
        {"name": "users", "match": {"path_prefix": "/users/", "methods": ["GET", "POST"]},
         "service": "users", "rewrite": {"path_prefix": "/v1/"},
         "limits": {"request_body": 10},
         "headers": {"request": {"remove": ["Cookie"], "set": {"X-Team": "a"},
                                 "add": {"X-Team": "b"}}}},
        {"name": "beta", "match": {"path_prefix": "/users/", "host": "*.beta.test"},
         "service": "users", "preserve_host": True},
        {"name": "tea", "match": {"path_prefix": "/tea/"},
         "response": {"status": 418, "body": "short"}},
        {"name": "old", "match": {"path_prefix": "/old/"},
         "redirect": {"status": 301, "location": "/users/", "keeps_path": True}},
        {"name": "put", "match": {"path_prefix": "/put/", "methods": ["PUT"]},
         "response": {"status": 204}}]}

# (method, target, headers)
REQUESTS = [
    ("GET", "/users/7?x=1", []),
    ("GET", "/users/7//a/./b?x=/../", [("Cookie", "a"), ("X-Team", "mine"), ("X-A", "1, 2")]),
    ("HEAD", "/users/%2F%41", [("Connection", "X-A"), ("X-A", "1"), ("X_Forwarded_For", "2")]),
    ("POST", "/users/", [("X-Request-ID", "id-1"), ("X-Forwarded-For", "10.1.1.1"),
                         ("Forwarded", "for=1"), ("Content-Length", "0")]),
    ("GET", "/users/", [("X-Request-ID", "not valid")]),
    ("GET", "http://a.beta.test/users/x", []),
    ("PUT", "/users/x", [("Host", "b.beta.test:81")]),
    ("PUT", "/users/x", []),
    ("DELETE", "/put/x", []),
    ("PUT", "/put", []),
    ("GET", "/users", []),
    ("GET", "/users?x=1&y", []),
    ("GET", "/users/../x", []),
    ("GET", "/users/a/%2e%2E/..;x/b", []),
    ("POST", "/users/", [("Content-Length", "11")]),
    ("POST", "/users/", [("Content-Length", "1x")]),
    ("POST", "/users/", [("Transfer-Encoding", "gzip")]),
    ("POST", "/users/", [("Transfer-Encoding", "chunked"), ("Content-Length", "1")]),
    ("GET", "/users/", [("Expect", "the unexpected")]),
    ("GET", "/users/", [("A B", "c")]),
    ("GET", "/users/", [("Host", "a b")]),
    ("GET", "/users/" + 9000 * "x", []),
    ("GET", "/users/", [("X", 40_000 * "x")]),
    ("GET", "/tea/x?y", []),
    ("GET", "/tea", []),
    ("GET", "/old/a/b?c", []),
    ("GET", "/old/../x", []),
    ("GET", "/nobody", []),
    ("GET", "/health", []),
    ("POST", "/health", []),
    ("GET", "/api/gateway/services?x", []),
    ("GET", "/api/gateway/", []),
    ("GET", "/api/gateway", []),
    ("OPTIONS", "*", []),
    ("OPTIONS", "/old/x", [("Max-Forwards", "0")]),
    ("TRACE", "/users/x", [("Max-Forwards", "0")]),
    ("OPTIONS", "http://a.beta.test/users/x", [("Max-Forwards", "7")]),
    ("CONNECT", "h:1", []),
    ("GET", "users", []),
    ("GET", "/%zz", []),
    ("GET", "/a b", []),
]


class Explain(Case):
    def setUp(self):
        super().setUp()
        self.path = self.temporary("gateway.json")
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(CONFIG, file)

    def explain(self, *args, env=None):
        return run_command("explain", *args, env=env, cwd=os.path.dirname(self.path))

    def test_a_forwarded_request_is_explained_for_people(self):
        status, out, err = self.explain("-c", "gateway.json", "GET", "/users/7?x=1",
                                        "-H", "Cookie: a, b", "-H", "X-B:1")
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(out.startswith('GET /users/7?x=1 goes to service "users" as /v1/7?x=1 by '
                                       'route "users" (gateway.json:1)\n\nRequest\n'), out)
        for pattern in (r"\n  rewrite\.path_prefix +/v1/ +gateway\.json:1\n",
                        r"\n  beta +the host is not \*\.beta\.test +gateway\.json:1\n",
                        r"\n  idle +9s +gateway\.json:1 \(service\)\n",
                        r"\n  request_body +10B +gateway\.json:1\n",
                        r"\n  response_header +30s +built-in\n",
                        r"\n  GET +/v1/7\?x=1\n  Host +127\.0\.0\.1:9\n  X-B +1\n"):
            self.assertRegex(out, pattern)
        self.assertNotIn("a, b", out)

    def test_the_environment_alone_can_be_explained(self):
        status, out, _ = self.explain("GET", "/api/service2/x", env={
            "SERVICE1_URL": "http://127.0.0.1:1", "SERVICE2_URL": "unix:/run/two.sock",
            "GATEWAY_TIMEOUT": "7"})
        self.assertEqual(status, 0)
        self.assertIn('goes to service "service2" as /api/x by route "service2" (environment '
                      'SERVICE2_URL)', out)
        self.assertRegex(out, r"\n  idle +7s +environment GATEWAY_TIMEOUT\n")

    def test_the_exit_status_tells_refused_from_answered(self):
        for status, url in ((0, "/users/7"), (0, "/users"), (0, "/tea/"), (0, "/old/"),
                            (0, "/health"), (1, "/nobody"), (1, "/users/../x"), (1, "/put/")):
            with self.subTest(url=url):
                self.assertEqual(self.explain("-c", "gateway.json", "GET", url)[0], status)

    def test_a_bad_configuration_is_told_as_by_a_test_of_it(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write('{"rutes": []}')
        status, out, err = self.explain("-c", "gateway.json", "--json", "GET", "/")
        self.assertEqual((status, out), (1, ""))
        self.assertIn('gateway.json:1:2: /rutes: unknown key; did you mean "routes"?', err)

    def test_a_failing_test_of_the_file_does_not_keep_from_asking_why(self):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump({**CONFIG, "tests": [{"request": "GET /tea/", "expect": {"status": 200}}]},
                      file)
        self.assertEqual(self.explain("-c", "gateway.json", "GET", "/tea/")[0], 0)

    def test_bad_usage_is_told_with_status_2(self):
        for args in ((), ("GET",), ("GET", "/", "x"), ("GET", "/", "-H", "x"), ("GET", "/\nx"),
                     ("GET", "/", "--none")):
            with self.subTest(args=args):
                status, out, err = self.explain(*args)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("try api-gateway --help", err)


class SameAsServed(Case):
    """Each request is explained, then sent: what comes of it must be what was said."""

    def setUp(self):
        super().setUp()
        self.service = self.origin()
        config = json.loads(json.dumps(CONFIG))
        config["services"]["users"]["instances"][0]["url"] = self.service.url
        self.gw = self.gateway(config=config)

    def explained(self, method, target, headers):
        fields = [word for name, value in headers for word in ("-H", f"{name}: {value}")]
        if not any(name == "Host" for name, _ in headers) and not target.startswith("http"):
            fields += ["-H", "Host: gateway.test"]
        _, out, err = run_command(
            "explain", "-c", "gateway.json", "--json", *fields, "--", method, target,
            cwd=self.gw.directory, env={"GATEWAY_HOST": "127.0.0.1",
                                        "GATEWAY_PORT": self.gw.address[1]})
        self.assertEqual(err, "")
        return json.loads(out)

    def served(self, method, target, headers):
        if target.startswith("http"):  # as a client does
            host, _, path = target.partition("://")[2].partition("/")
            target, headers = "/" + path, [("Host", host), *headers]
        with self.gw.client() as client:
            return client.request(method, target, headers)

    def assert_same(self, explained, response, request):
        self.assertEqual(response.get("Location"), explained["location"])
        self.assertEqual(response.get("Allow"), explained["allow"])
        if explained["outcome"] != "service":
            self.assertEqual(response.status, explained["status"])
            self.assertIsNone(request)
            has_cause = explained["cause"] is not None and request is None
            if has_cause and response.body:
                body = json.loads(response.body)
                self.assertEqual((body["cause"], body["message"]),
                                 (explained["cause"], explained["message"]))
            return
        self.assertEqual(response.status, 200)
        self.assertEqual(request.target, explained["upstream"]["target"])
        expected = [(field["name"], field["value"]) for field in explained["upstream"]["headers"]]
        if expected[-1] == ("X-Request-ID", "<a new UUID>"):
            expected[-1] = ("X-Request-ID", response.get("X-Request-ID"))
        self.assertEqual(request.headers, expected)

    def test_what_is_explained_is_what_happens(self):
        outcomes = set()
        for method, target, headers in REQUESTS:
            with self.subTest(method=method, target=target[:40], headers=str(headers)[:60]):
                explained = self.explained(method, target, headers)
                outcomes.add(explained["outcome"])
                seen = len(self.service.requests)
                response = self.served(method, target, headers)
                arrived = self.service.requests[seen:]
                self.assert_same(explained, response, arrived[0] if arrived else None)
                route = explained["route"]
                record = self.assert_log(self.gw, response, status_code=response.status)
                if explained["outcome"] == "service":
                    self.assertEqual(record["target_service"], explained["service"]["name"])
                    self.assertEqual(route["service"]["value"], explained["service"]["name"])
        self.assertEqual(outcomes, {"service", "response", "redirect", "endpoint", "refused"})
