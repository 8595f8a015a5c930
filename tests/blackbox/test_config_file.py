# SPDX-License-Identifier: MIT
"""Configuration by a file: what -t, -T and --schema say, what runs, and what a reload does."""

import json
import signal

from case import Case
from documents import parse
from gateway import run_command
from wire import wait_until


def configuration(url, **more):
    """A configuration with one service and one route to it."""
    return {"services": {"users": {"instances": [{"url": url}]}},
            "routes": [{"name": "users", "match": {"path_prefix": "/users/"}, "service": "users",
                        "rewrite": {"path_prefix": "/"}}], **more}


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.path = self.temporary("gateway.json")

    def run_with(self, text, *options, env=None):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return run_command(*options, "-c", self.path, env=env)

    def test_errors_have_file_line_column_pointer_and_the_line(self):
        status, _, err = self.run_with('{\n  "clinet": {},\n  "workers": 0\n}\n', "-t")
        self.assertEqual(status, 1)
        self.assertIn(f'{self.path}:2:3: /clinet: unknown key; did you mean "client"?\n', err)
        self.assertIn('    "clinet": {},\n', err)
        self.assertIn(f"{self.path}:3:14: /workers: expected a whole number", err)

    def test_a_file_that_is_not_there_is_an_error(self):
        for options in (("-t",), ("-T",), ()):
            status, _, err = run_command(*options, "-c", self.path)
            self.assertEqual(status, 1)
            self.assertIn(f"cannot read {self.path}: No such file", err)

    def test_the_effective_configuration_has_origins_and_loads_again(self):
        status, out, err = self.run_with(configuration("http://127.0.0.1:9"), "-T",
                                         env={"GATEWAY_WORKERS": "3"})
        self.assertEqual((status, err), (0, ""))
        self.assertIn('"workers": 3,  // environment GATEWAY_WORKERS\n', out)
        self.assertIn(f'"url": "http://127.0.0.1:9",  // {self.path}:1\n', out)
        self.assertIn('"keep_alive": "1m",  // built-in\n', out)
        again = self.run_with(out, "-T")[1]
        self.assertEqual(parse(again), parse(out))

    def test_the_schema_is_json_and_knows_the_keys(self):
        status, out, _ = run_command("--schema")
        self.assertEqual(status, 0)
        schema = json.loads(out)
        self.assertIn("routes", schema["properties"])
        self.assertFalse(schema["additionalProperties"])


class Runs(Case):
    def setUp(self):
        super().setUp()
        self.service = self.origin()
        self.config = configuration(self.service.url)
        self.gw = self.gateway(config=self.config)

    def test_a_route_of_the_file_leads_to_its_service(self):
        self.assertEqual(self.gw.get("/users/x?y").status, 200)
        self.assertEqual(self.service.requests[0].target, "/x?y")
        self.assertEqual(self.gw.get("/api/users/x").status, 404)

    def test_a_bad_file_is_refused_by_a_reload_and_the_old_workers_go_on(self):
        self.gw.write_config('{"routes": 3')
        self.gw.send_signal(signal.SIGHUP)
        self.gw.wait_error_line(r"gateway\.json:1:13: syntax error")
        self.gw.wait_error_line("reload failed")
        self.assertEqual(self.gw.get("/users/x").status, 200)

    def test_a_reload_reads_the_file_again(self):
        self.config["routes"][0]["match"]["path_prefix"] = "/people/"
        self.gw.write_config(self.config)
        self.gw.send_signal(signal.SIGHUP)
        wait_until(lambda: self.gw.get("/people/x").status == 200, "the new route")
