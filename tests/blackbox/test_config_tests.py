# SPDX-License-Identifier: MIT
"""The tests of a configuration: -t, start and every reload run them, and a failing one refuses."""

import json
import os
import signal

from case import Case
from gateway import run_command


def configuration(*tests, prefix="/users/"):
    return {"services": {"users": {"instances": [{"url": "http://127.0.0.1:9"}]}},
            "routes": [{"name": "users", "match": {"path_prefix": prefix}, "service": "users",
                        "rewrite": {"path_prefix": "/"}},
                       {"name": "old", "match": {"path_prefix": "/old/"},
                        "redirect": {"location": "/users/", "keeps_path": True}}],
            "tests": list(tests)}


def expecting(request, **expect):
    return {"request": request, "expect": expect}


PASSING = expecting("GET /users/7?x", route="users", service="users", upstream_path="/7")
FAILING = expecting("GET /people/7", service="users")
FAILURE = ('/tests/1/expect/service: expected "users", found none: GET /people/7 is refused with '
           '404 no_route: no route matches this path; route "users" (gateway.json:1) does not take '
           'it: the path does not begin with /users/')


class ConfigTests(Case):
    def run_with(self, config, *options):
        path = self.temporary("gateway.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config if isinstance(config, str) else json.dumps(config))
        return run_command(*options, "-c", "gateway.json", cwd=os.path.dirname(path))

    def test_a_test_of_the_file_accepts_what_passes(self):
        status, out, err = self.run_with(configuration(PASSING), "-t")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(" tests=1\n", out)

    def test_a_test_of_the_file_names_all_that_fails_with_its_place(self):
        status, out, err = self.run_with(
            configuration(PASSING, FAILING, expecting("GET /old/x", location="/x")), "-t")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"^api-gateway: gateway\.json:1:\d+: ")
        self.assertIn(FAILURE + "\n", err)
        self.assertIn('/tests/2/expect/location: expected "/x", found "/users/x": ', err)
        self.assertNotIn("/tests/0", err)

    def test_the_place_is_shown(self):
        text = json.dumps(configuration(FAILING), indent=1)
        line = next(n for n, text in enumerate(text.split("\n"), 1) if '"service": "users"\n' in
                    text + "\n" and n > 30)
        _, _, err = self.run_with(text, "-t")
        self.assertIn(f"gateway.json:{line}:16: /tests/0/expect/service: ", err)
        self.assertIn('api-gateway:       "service": "users"\napi-gateway:                  ^\n',
                      err)

    def test_a_gateway_does_not_start_when_one_fails(self):
        status, _, err = self.run_with(configuration(PASSING, FAILING))
        self.assertEqual(status, 1)
        self.assertIn(FAILURE, err)
        self.assertNotIn("listening", err)

    def test_what_is_in_effect_can_be_seen_also_when_one_fails(self):
        status, out, err = self.run_with(configuration(FAILING), "-T")
        self.assertEqual((status, err), (0, ""))
        self.assertIn('"request": "GET /people/7"', out)

    def test_a_reload_is_refused_and_the_old_workers_go_on(self):
        service = self.origin()
        config = configuration(PASSING)
        config["services"]["users"]["instances"][0]["url"] = service.url
        gw = self.gateway(config=config)
        self.assertEqual(gw.get("/users/7").status, 200)

        config["routes"][0]["match"]["path_prefix"] = "/people/"
        gw.write_config(config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line(r'/tests/0/expect/route: expected "users", found none: GET /users/7\?x')
        gw.wait_error_line("reload failed, the old workers go on")
        self.assertEqual(gw.get("/users/7").status, 200)
        self.assertEqual(gw.get("/people/7").status, 404)
        self.assertEqual(json.loads(gw.get("/api/gateway/status").body)["generation"], 1)

        config["tests"] = [expecting("GET /people/7", upstream_path="/7")]
        gw.write_config(config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready.*generation=2")
        response = gw.get("/people/7")
        self.assert_log(gw, response, generation=2, status_code=200)
