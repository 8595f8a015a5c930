# SPDX-License-Identifier: MIT
"""What a line of the access log says: its fields, and the secrets it keeps to itself."""

import json
import os
import signal
import socket

from case import Case
from gateway import run_command
from origin import answer

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
SECRET = "hunter2"
OPTIONAL = ("route", "host", "user_agent", "referer")


def configuration(*urls, access=None):
    """A service of these instances, a route to it, and what the access log is to be like."""
    return {"services": {"users": {"instances": [{"url": getattr(url, "url", url)}
                                                 for url in urls]}},
            "routes": [{"name": "people", "match": {"path_prefix": "/users/"}, "service": "users",
                        "rewrite": {"path_prefix": "/"}},
                       {"name": "fixed", "match": {"path_prefix": "/fixed/"}, "response": {}}],
            "logs": {"access": access or {}}}


class Fields(Case):
    def start(self, *urls, **access):
        self.gw = self.gateway(config=configuration(*(urls or (self.origin(),)), access=access))
        return self.gw

    def refused(self):
        """A URL where nobody listens, and nobody else will."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.addCleanup(sock.close)
        return f"http://127.0.0.1:{sock.getsockname()[1]}"

    def test_by_default_nothing_the_client_says_of_itself_is_logged(self):
        gw = self.start()
        response = gw.get("/users/x", [("User-Agent", "agent-007"), ("Referer", "http://from/"),
                                       ("Cookie", "a=b"), ("Authorization", "Bearer abc")])
        record = self.assert_log(gw, response, query="", target_service="users")
        self.assertFalse(set(OPTIONAL) & record.keys())
        for value in ("agent-007", "from", "a=b", "abc"):
            self.assertNotIn(value, json.dumps(record))

    def test_fields_are_those_of_the_list_in_its_order(self):
        gw = self.start(fields=["status_code", "user_agent", "request_id", "path"])
        response = gw.get("/users/x", [("User-Agent", 'A "quoted" one')])
        record = self.assert_log(gw, response, user_agent='A "quoted" one', path="/users/x")
        self.assertEqual(list(record), ["status_code", "user_agent", "request_id", "path"])

    def test_default_stands_for_the_fields_that_are_built_in(self):
        plain = self.start()
        built_in = list(self.assert_log(plain, plain.get("/users/x")))
        gw = self.start(fields=["route", "default", "host", "user_agent", "referer"])
        response = gw.get("/users/x", [("Referer", f"https://u:{SECRET}@h/p?q=1&Token={SECRET}")])
        record = self.assert_log(gw, response, route="people", user_agent="",
                                 host="gateway.test", referer="https://h/p?q=1&Token=***")
        self.assertEqual(list(record), ["route", *built_in, "host", "user_agent", "referer"])
        self.assert_log(gw, gw.get("/fixed/x"), route="fixed", instance="")
        self.assert_log(gw, gw.get("/nowhere"), route="", instance="")

    def test_a_reload_changes_the_fields(self):
        gw = self.start()
        with_all = self.assert_log(gw, gw.get("/users/x"))
        self.assertIn("generation", with_all)
        gw.write_config(configuration("http://127.0.0.1:9", access={"fields": ["path", "route"]}))
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")
        gw.get("/fixed/new")
        self.assertEqual(gw.wait_record(path="/fixed/new"),
                         {"path": "/fixed/new", "route": "fixed"})

    def test_long_values_are_cut_and_the_line_stays_whole(self):
        gw = self.start(fields=["default", *OPTIONAL])
        long = "x" * 7000
        response = gw.get(f"/users/{long}?q={'y' * 900}&token={long}"[:8000],
                          [("User-Agent", "\xe9" * 5000), ("Referer", "http://h/" + long),
                           ("traceparent", TRACEPARENT)])
        self.assertEqual(response.status, 200)
        record = self.assert_log(gw, response, trace_id=TRACE)
        for name in ("path", "user_agent", "referer"):
            self.assertTrue(record[name].endswith("…"), name)
        self.assertTrue(all(len(line.encode()) < 4096 for line in gw.output.lines))

    # --- the instance ---------------------------------------------------------------------

    def test_the_instance_is_the_one_that_was_tried_last(self):
        refused, service = self.refused(), self.origin()
        gw = self.start(refused, service)
        self.assert_log(gw, gw.get("/users/x"), instance=service.url, attempts=2, status_code=200)
        down = [self.refused(), self.refused()]
        gw = self.start(*down)
        record = self.assert_log(gw, gw.get("/users/x"), attempts=2, status_code=503,
                                 cause="connect_refused")
        self.assertEqual(record["instance"], down[1])

    def test_the_instance_is_shown_as_it_is_configured(self):
        path = self.temporary("service.sock")
        gw = self.start(self.origin(path=path))
        self.assert_log(gw, gw.get("/users/x"), instance=f"unix:{path}", status_code=200)
        gw = self.start("http://name.invalid:81")
        self.assert_log(gw, gw.get("/users/x"), instance="http://name.invalid:81",
                        cause="dns_failure")

    # --- traces ---------------------------------------------------------------------------

    def test_the_ids_of_a_trace_are_logged_and_the_field_passes(self):
        service = self.origin()
        gw = self.start(service)
        response = gw.get("/users/x", [("TraceParent", TRACEPARENT), ("tracestate", "a=1")])
        self.assert_log(gw, response, trace_id=TRACE, parent_id=PARENT)
        self.assertEqual(service.requests[0].get("traceparent"), TRACEPARENT)
        self.assertEqual(service.requests[0].get("tracestate"), "a=1")

    def test_trace_ids_that_are_not_valid_are_left_out(self):
        gw = self.start()
        for fields in ([], [TRACEPARENT, TRACEPARENT], ["ff" + TRACEPARENT[2:]],
                       [TRACEPARENT.upper()], [TRACEPARENT.replace(TRACE, "0" * 32)],
                       ['"\\' + TRACEPARENT[2:]]):
            with self.subTest(fields=fields):
                response = gw.get("/users/x", [("traceparent", value) for value in fields])
                record = self.assert_log(gw, response, status_code=200)
                self.assertFalse({"trace_id", "parent_id"} & record.keys())


class Secrets(Case):
    def start(self, **access):
        self.service = self.origin()
        self.gw = self.gateway(config=configuration(self.service, access=access))
        return self.gw

    def logged(self, query):
        return self.assert_log(self.gw, self.gw.get(f"/users/x?{query}"))["query"]

    def assert_kept(self):
        self.gw.stop()
        self.assertNotIn(SECRET, self.gw.output.text())
        self.assertNotIn(SECRET, self.gw.errors.text())

    def test_well_known_secrets_are_masked_and_pass_unchanged(self):
        self.start()
        for name in ("token", "access_token", "id_token", "refresh_token", "api_key", "apikey",
                     "key", "password", "secret", "signature", "sig", "code", "client_secret",
                     "X-Amz-Signature", "PassWord", "a%70i-key", "user[password]", "%74oken"):
            with self.subTest(name=name):
                query = f"q=1&{name}={SECRET}&page=2"
                self.assertEqual(self.logged(query), f"q=1&{name}=***&page=2")
                self.assertEqual(self.service.requests[-1].target, f"/x?{query}")
        self.assert_kept()

    def test_every_other_query_is_logged_as_it_was_sent(self):
        self.start()
        for query in ("q=a%20b&page=2", "=", "&&", "a;b", "tokens=1", "token", "token=", "a=%zz",
                      "%00", "key2=1", "monkey=1"):
            with self.subTest(query=query):
                self.assertEqual(self.logged(query), query)
        self.assertIsNone(self.logged(""))

    def test_requests_that_are_refused_keep_their_secrets_too(self):
        gw = self.start(fields=["default", "referer"])
        refused = (f"/users/x#token={SECRET}", f"http://u:{SECRET}@h/users/x",
                   f"/users/../../x?token={SECRET}", f"/nowhere?token={SECRET}",
                   f"/users?token={SECRET}", f"/x\\?token={SECRET}", f"/{'x' * 9000}?sig={SECRET}")
        for target in refused:
            with self.subTest(target=target[:80]), gw.client() as client:
                client.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n"
                            f"Referer: /x?token={SECRET}\r\n\r\n".encode())
                self.assertGreaterEqual(client.read_response().status, 300)
        with gw.client() as client:  # two hosts
            client.send(f"GET /users/x?token={SECRET} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
                        .encode())
            self.assertEqual(client.read_response().status, 400)
        self.assert_kept()
        self.assertEqual(len(gw.records()), len(refused) + 1)

    def test_the_list_of_secrets_can_be_changed(self):
        self.start(redact={"query": ["default", "pin-code"]})
        self.assertEqual(self.logged("pincode=1&token=2&x=3"), "pincode=***&token=***&x=3")
        self.start(redact={"query": ["pin"]})
        self.assertEqual(self.logged("pin=1&token=2"), "pin=***&token=2")
        self.start(redact={"query": []})
        self.assertEqual(self.logged("pin=1&token=2"), "pin=1&token=2")


class Commands(Case):
    def run_with(self, access, *options):
        path = self.temporary("gateway.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(configuration("http://127.0.0.1:9", access=access), file)
        status, out, err = run_command(*options, "-c", path)
        return status, out.replace(os.path.dirname(path), ""), err.replace(os.path.dirname(path), "")

    def test_an_unknown_field_is_an_error_that_says_what_was_meant(self):
        status, _, err = self.run_with({"fields": ["path", "querry"]}, "-t")
        self.assertEqual(status, 1)
        self.assertRegex(err, r'gateway\.json:1:\d+: /logs/access/fields/1: '
                              r'no field is named "querry"; did you mean "query"\?')

    def test_what_is_in_effect_is_shown_in_full(self):
        status, out, _ = self.run_with({"fields": ["host", "default"],
                                        "redact": {"query": ["default", "pin"]}}, "-T")
        self.assertEqual(status, 0)
        self.assertIn('"fields": ["host","timestamp","request_id",', out)
        self.assertRegex(out, r'"query": \["password",.*"token",.*"pin"\]  // /gateway\.json:1\n')
        self.assertIn('"server_timing": false', out)

    def test_the_schema_names_the_fields(self):
        schema = json.loads(run_command("--schema")[1])
        fields = schema["properties"]["logs"]["properties"]["access"]["properties"]["fields"]
        self.assertTrue(fields["uniqueItems"])
        names = fields["items"]["anyOf"][0]["enum"]
        self.assertLessEqual({"default", "path", "query", *OPTIONAL}, set(names))


class Unchanged(Case):
    def test_a_service_of_the_environment_has_the_same_log(self):
        gw = self.gateway(self.origin(answer(204)))
        record = self.assert_log(gw, gw.get(f"/api/service1/x?a=1&key={SECRET}"),
                                 query="a=1&key=***", status_code=204)
        self.assertEqual(record["instance"], self.origins[0].url)
