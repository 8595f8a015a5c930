# SPDX-License-Identifier: MIT
"""The examples of the manuals and of README.md, taken from there and tried.

Only addresses are replaced: ports that a test cannot have, services that are elsewhere, and the
runtime directory.
"""

import grp
import json
import os
import pwd
import re
import signal
import subprocess

from case import Case
from documents import man_examples, markdown_examples, parse
from gateway import BINARY, clean_environment, processes, run_command
from test_schema import judge
from wire import DEADLINE, wait_until

FILE_MAN = "man/api-gateway.json.5"
MAN = "man/api-gateway.8"
README = "README.md"


def configurations():
    """The examples of the manual of the file that are files."""
    return [example for example in man_examples(FILE_MAN) if example.text.startswith(("{", "//"))]


def example_with(path, part):
    """The one example of a document that has this in it."""
    found = [example for example in man_examples(path) if part in example.text]
    if path == README:
        found = [example for example in markdown_examples(path) if part in example.text]
    assert len(found) == 1, f"{len(found)} examples of {path} have {part!r}"
    return found[0]


class Manual(Case):
    def shell(self, text, cwd=None, **env):
        """Runs the lines of an example, the program being in the path; gives what they print."""
        path = os.path.dirname(self.temporary(""))
        os.symlink(os.path.abspath(BINARY), os.path.join(path, "api-gateway"))
        env = clean_environment({**env, "PATH": f"{path}:{os.environ['PATH']}", "no_proxy": "*"})
        done = subprocess.run(["sh", "-ec", text], env=env, cwd=cwd, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=3 * DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def file_with_tests(self, **more):
        """The example of the manual that has tests, with other members."""
        path = self.temporary("gateway.json")
        config = parse(example_with(FILE_MAN, '"tests"').text)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**config, **more}, file)
        return path

    def at(self, gw, text):
        """The text with the address of this gateway in the place of the built-in one."""
        return text.replace("127.0.0.1:8000", "{}:{}".format(*gw.address))

    def assert_like(self, answer, example):
        """An answer of the gateway is what a manual shows, but for the id."""
        shown, body = json.loads(example.text), json.loads(answer.body)
        self.assertEqual(list(body), list(shown))
        self.assertNotEqual(body.pop("request_id"), shown.pop("request_id"))
        self.assertEqual(body, shown)


class Files(Manual):
    def test_each_file_in_the_manual_is_accepted_and_starts(self):
        self.assertGreater(len(configurations()), 8)
        for example in configurations():
            with self.subTest(example=str(example)):
                folder = os.path.dirname(self.temporary(""))
                text = example.text.replace("/run/api-gateway", folder)
                text = text.replace("127.0.0.1:8008", "127.0.0.1:0")
                if os.geteuid() != 0:  # only root can be somebody else
                    text = text.replace("nobody", pwd.getpwuid(os.geteuid()).pw_name)
                    text = text.replace("nogroup", grp.getgrgid(os.getegid()).gr_name)
                path = os.path.join(folder, "gateway.json")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                env = {"SERVICE1_URL": "http://127.0.0.1:1"}  # without any there is a warning
                self.assertEqual(run_command("-t", "-c", path, env=env)[::2], (0, ""))
                gw = self.gateway(config=text, GATEWAY_LOG_LEVEL="info")
                self.assertEqual(gw.get("/health").status, 200)
                gw.stop()

    def test_each_file_in_the_manual_is_valid_by_the_schema(self):
        verdicts = judge({str(example): parse(example.text) for example in configurations()})
        self.assertEqual({name: wrong for name, wrong in verdicts.items() if wrong}, {})

    def test_the_routes_do_what_the_manual_says(self):
        service = self.origin()
        example = example_with(FILE_MAN, '"name": "orders"')
        gw = self.gateway(config=example.text.replace("http://10.0.0.7:8080", service.url))
        with gw.client() as client:
            sent = [("Host", "eu.shop.example"), ("Cookie", "a=b"), ("X-Entrance", "staff")]
            self.assertEqual(client.request("POST", "/orders/7?x", sent, b"{}").status, 200)
            self.assertEqual(client.request("DELETE", "/orders/7", sent).status, 405)
            self.assertEqual(client.get("/teapot/", [("Host", "shop.example")]).status, 418)
            self.assertEqual(client.get("/teapot/").status, 404)
            moved = client.get("/old-orders/7?x")
        self.assertEqual((moved.status, moved.get("Location")), (301, "/orders/7?x"))
        request = service.complete[0]
        self.assertEqual((request.target, request.body), ("/v2/orders/7?x", b"{}"))
        self.assertEqual(request.get("Host"), "eu.shop.example")
        self.assertEqual(request.get("X-Entrance"), "public")
        self.assertEqual(request.get("Via"), "1.1 gateway")
        self.assertFalse(request.has("Cookie"))

    def test_the_error_in_the_manuals_is_what_a_mistake_gives(self):
        path = self.temporary("gateway.json")
        with open(path, "w", encoding="ascii") as file:
            file.write('{\n\n\n\n\n\n  "client": { "haeder": "10s" }\n}\n')
        status, _, errors = run_command("-t", "-c", path)
        self.assertEqual(status, 1)
        said = "".join(line.removeprefix("api-gateway: ").replace(path, "gateway.json")
                       for line in errors.splitlines(keepends=True))
        for document in (FILE_MAN, README):
            self.assertEqual(example_with(document, "haeder").text, said)


class Commands(Manual):
    def test_the_program_runs_asks_and_reloads_as_the_manual_shows(self):
        first = self.origin()
        second = self.origin(path=self.temporary("orders.sock"))
        start = example_with(MAN, "SERVICE1_URL").text
        start = start.replace("http://127.0.0.1:8001", first.url)
        start = start.replace("/run/orders.sock", second.path).replace("api-gateway", '"$0"')
        gw = self.gateway(prefix=("sh", "-c", f"exec env {start}"))
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertEqual(gw.get("/api/service2/x").status, 200)
        self.assertEqual([len(first.requests), len(second.requests)], [1, 1])

        ask = example_with(MAN, "curl").text
        health, services = self.shell(self.at(gw, ask.replace("\n", "; echo\n"))).splitlines()
        self.assertEqual(json.loads(health)["status"], "healthy")
        self.assertEqual([each["name"] for each in json.loads(services)],
                         ["service1", "service2"])

        said = self.shell(example_with(MAN, "api-gateway reload").text,
                          RUNTIME_DIRECTORY=gw.directory)
        self.assertIn("generation 2", said)
        gw.wait_workers(1)

    def test_logs_are_rotated_as_the_manual_shows(self):
        folder = os.path.dirname(self.temporary("access.log"))
        os.chmod(folder, 0o777)  # workers of a gateway started as root make the new file
        log = os.path.join(folder, "access.log")
        gw = self.gateway(config={"logs": {"access": {"output": log}}})
        self.assertEqual(gw.get("/one").status, 404)
        self.shell(example_with(MAN, "api-gateway reopen").text, cwd=folder,
                   RUNTIME_DIRECTORY=gw.directory)
        self.assertEqual(gw.get("/two").status, 404)
        gw.stop()
        for name, path in (("access.log.1", "/one"), ("access.log", "/two")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                self.assertEqual([json.loads(line)["path"] for line in file], [path])

    def test_the_program_is_upgraded_as_the_manual_shows(self):
        gw = self.gateway()
        said = self.shell(example_with(MAN, "api-gateway upgrade").text,
                          RUNTIME_DIRECTORY=gw.directory)
        new = int(re.search("new master with pid ([0-9]+) serves", said)[1])
        self.addCleanup(lambda: new in processes() and os.kill(new, signal.SIGKILL))
        self.assertEqual(gw.wait_exit(), 0)
        self.assertEqual(gw.get("/health").status, 200)
        os.kill(new, signal.SIGTERM)
        wait_until(lambda: not gw.survivors(), "the end of the new master")

    def test_the_program_is_upgraded_in_steps_as_the_manual_shows(self):
        gw = self.gateway()
        text = example_with(MAN, "kill -USR2").text.replace("/run/api-gateway", gw.directory)
        upgrade, status, finish = text.splitlines()
        self.shell(upgrade)
        gw.wait_error_line("new master is ready")
        pid_file = os.path.join(gw.directory, "api-gateway.pid")
        self.assertTrue(os.path.exists(pid_file + ".oldbin"))
        with open(pid_file, encoding="ascii") as file:
            new = int(file.read())
        self.addCleanup(lambda: new in processes() and os.kill(new, signal.SIGKILL))
        self.assertNotEqual(new, gw.pid)
        self.assertIn(str(new), self.shell(status, RUNTIME_DIRECTORY=gw.directory))
        self.shell(finish)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertEqual(gw.get("/health").status, 200)
        os.kill(new, signal.SIGTERM)
        wait_until(lambda: not gw.survivors(), "the end of the new master")

    def test_requests_are_explained_as_the_manual_shows(self):
        path = self.temporary("new.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"routes": [{"name": "orders", "match": {"path_prefix": "/orders/"},
                                   "response": {}}]}, file)
        text, json_to_jq = example_with(MAN, "explain").text.splitlines()
        # The manual asks about the installed configuration.
        text = text.replace("explain", f"explain -c {path}")
        said = self.shell(text)
        self.assertTrue(said.startswith("GET https://api.example.com/orders/7?full=1 "), said)

        command, jq = json_to_jq.split(" | jq .")
        said = json.loads(self.shell(command, cwd=os.path.dirname(path)))
        for step in jq.split("."):
            said = said[step]
        self.assertEqual(said, "orders")

    def test_the_answer_in_the_manual_is_what_a_client_gets(self):
        def silent(conn):
            conn.read_request()
            conn.wait_end()

        gw = self.gateway(self.origin(silent), GATEWAY_TIMEOUT="0.1")
        self.assert_like(gw.get("/api/service1/x"), example_with(MAN, '{"error"'))

    def test_every_example_of_the_manual_is_tried(self):
        tried = ["SERVICE1_URL", "curl", "explain", "reload", "reopen", "upgrade",
                 "kill -USR2", '{"error"']
        for example in man_examples(MAN):
            self.assertTrue(any(part in example.text for part in tried), str(example))
        for example in man_examples(FILE_MAN):
            self.assertTrue(example.text.startswith("{") or "haeder" in example.text, str(example))


class Readme(Manual):
    # What has a test of its own, or suites of its own (make), or is a picture.
    TRIED_ELSEWHERE = ("haeder", '{"error"', "explain", '"tests"', "make run", "│ master",
                       "make deb", "docker build", "make install")  # by tests/packages

    def test_its_commands_work(self):
        services = [self.origin(), self.origin()]
        gw = self.gateway(*services)
        commands = [line for example in markdown_examples(README)
                    if not any(part in example.text for part in self.TRIED_ELSEWHERE)
                    for line in example.text.splitlines()]
        self.assertGreater(len(commands), 5)
        for command in commands:
            with self.subTest(command=command):
                self.assertTrue(command.startswith("curl "))
                said = self.shell(self.at(gw, command))
                if shown := re.search(r"# (\{.*)…", command):
                    self.assertTrue(said.startswith(shown[1].rstrip(",")), said)
        self.assertEqual([request.target for request in services[0].requests],
                         ["/api/hello?from=me"])
        self.assertEqual([request.target for request in services[1].requests],
                         ["/api/stream?count=3"])

    def test_its_explanation_is_what_the_program_says(self):
        lines = example_with(README, "explain").text.splitlines()
        self.assertEqual((lines[0][:2], lines[-1]), ("$ ", "…"))
        folder = os.path.dirname(self.file_with_tests())
        said = self.shell(lines[0][2:], cwd=folder).splitlines()

        def without_place(line):
            return re.sub(r"gateway\.json:\d+", "gateway.json:N", line)

        self.assertEqual([without_place(line) for line in said[:len(lines) - 2]],
                         [without_place(line) for line in lines[1:-1]])

    def test_its_tests_pass(self):
        tests = parse("{" + example_with(README, '"tests"').text + "}")["tests"]
        self.assertEqual(len(tests), 2)
        path = self.file_with_tests(tests=tests)
        self.assertEqual(run_command("-t", "-c", path)[::2], (0, ""))

    def test_its_error_is_what_a_client_gets(self):
        service = self.origin()
        gw = self.gateway(service)
        service.stop_listening()
        self.assert_like(gw.get("/api/service1/x"), example_with(README, '{"error"'))
