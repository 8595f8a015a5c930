# SPDX-License-Identifier: MIT
"""What --schema prints, judged by a validator that is not ours: editors and gateway agree."""

import copy
import functools
import json
import os
import pathlib
import subprocess
import sys

from case import Case
from documents import EXAMPLES, SHIPPED, configuration_files, parse, strip_comments
from gateway import run_command
from wire import DEADLINE

JUDGE = pathlib.Path(__file__).with_name("validate.py")


@functools.lru_cache(maxsize=None)
def interpreter():
    """A Python that has jsonschema: it may be a package of the system's own one only."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        found = subprocess.run([candidate, "-c", "import jsonschema"], check=False,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if found.returncode == 0:
            return candidate
    raise AssertionError('no python3 has jsonschema: "make deps" installs it')


@functools.lru_cache(maxsize=None)
def schema():
    status, text, errors = run_command("--schema")
    assert (status, errors) == (0, ""), errors
    return json.loads(text)


def judge(documents):
    """{name: what the schema says against this document}"""
    request = json.dumps({"schema": schema(), "documents": documents})
    done = subprocess.run([interpreter(), str(JUDGE)], input=request, text=True, check=False,
                          capture_output=True, timeout=3 * DEADLINE)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


# One of everything; every row of BROKEN spoils it in one place.
WHOLE = {
    "$schema": "gateway.schema.json", "version": 1, "workers": "auto", "user": "nobody",
    "group": "nogroup", "max_connections": 1000, "include": [],
    "listeners": [{"name": "public", "address": "127.0.0.1:8000",
                   "trusted_proxies": ["10.0.0.0/8"]}],
    "logs": {"access": {"output": "stdout", "fields": ["default", "${FIELD:-host}"],
                        "redact": {"query": ["default", "pin"]}},
             "error": {"output": "stderr", "level": "info"}},
    "client": {"header": "30s", "half_close": "0s", "write": "${WRITE:-1m30s}"},
    "limits": {"head": "32KiB", "header_fields": 100, "target": 8192},
    "pool": {"max_idle": "${IDLE:-64}", "idle_timeout": "off"},
    "shutdown": {"drain_timeout": "8s"},
    "reload": {"drain_timeout": "off", "max_draining_generations": 8},
    "defaults": {"timeouts": {"connect": "5s"}, "limits": {"request_body": "off"},
                 "server_timing": True},
    "services": {"a": {"instances": [{"url": "http://a", "weight": 2}, {"url": "http://b"}],
                       "timeouts": {"idle": "500ms"}, "limits": {"request_body": 1},
                       "server_timing": False}},
    "routes": [
        {"name": "a", "match": {"path_prefix": "/a/", "hosts": ["a.example", "*.b.example"],
                                "methods": ["GET"]},
         "service": "a", "rewrite": {"path_prefix": "/"}, "preserve_host": True,
         "timeouts": {"request": "1h"}, "limits": {"request_body": "1GiB"},
         "server_timing": "${TIMING:-true}",
         "headers": {"request": {"remove": ["Cookie"], "set": {"X-A": "1", "X-B": {"env": "HOME"}}},
                     "response": {"add": {"X-C": {"file": "secret"}}}}},
        {"match": {"path_prefix": "/b/", "host": "${HOST:-b}"},
         "response": {"status": 200, "content_type": "text/html", "body": ""}},
        {"match": {"path_prefix": "/c/"},
         "redirect": {"status": 301, "location": "/", "keeps_path": "${KEEPS:-false}"}}],
    "tests": [{"request": "GET http://a.example/a/", "headers": {"X-D": "1"},
               "expect": {"route": "a", "service": "a", "upstream_path": "/",
                          "request_headers": {"X-A": "1", "Cookie": None}}},
              {"request": "GET http://c/c/", "expect": {"status": 301, "location": "/"}},
              {"request": "GET /nowhere", "expect": {"cause": "no_route"}}]}

MISSING = object()

# (pointer, what is there instead): what an editor marks and -t refuses.
BROKEN = [
    ("/wrokers", 1), ("/listeners/0/adress", "x"), ("/logs/access/level", "info"),
    ("/services/a/instances/0/wieght", 1), ("/routes/0/match/prefix", "/"),
    ("/routes/0/headers/request/replace", {}), ("/routes/1/response/text", ""),
    ("/defaults/timeouts/conect", "1s"),
    ("/workers", "many"), ("/workers", 0), ("/workers", 257), ("/workers", 1.5),
    ("/workers", True), ("/workers", None), ("/workers", "4"), ("/version", 2),
    ("/user", 1), ("/user", ""), ("/include", "conf.d/*.json"), ("/include", [1]),
    ("/max_connections", "none"), ("/max_connections", 0),
    ("/listeners", []), ("/listeners", {}), ("/listeners/0", "127.0.0.1:8000"),
    ("/listeners/0/address", MISSING), ("/listeners/0/address", 8000),
    ("/listeners/0/name", "Public"), ("/listeners/0/trusted_proxies", "10.0.0.0/8"),
    ("/logs/access/fields", []), ("/logs/access/fields", "path"),
    ("/logs/access/fields/1", "hots"), ("/logs/access/fields/1", "default"),
    ("/logs/access/fields/1", 1), ("/logs/access/redact/query", "pin"),
    ("/logs/access/redact/query/1", ""), ("/logs/access/redact/qeury", []),
    ("/logs", []), ("/logs/error/level", "wran"), ("/logs/error/level", 3),
    ("/client/header", 30), ("/client/header", "30"), ("/client/header", "30 s"),
    ("/client/header", "1s1m"), ("/client/header", ""), ("/client/header", "never"),
    ("/client/header", None),
    ("/limits/head", "32 kibi"), ("/limits/head", 1), ("/limits/head", []),
    ("/limits/header_fields", 1001), ("/limits/header_fields", "100"), ("/pool/max_idle", -1),
    ("/reload/max_draining_generations", 65),
    ("/defaults/limits/request_body", "unlimited"), ("/defaults/limits/request_body", 0),
    ("/services", []), ("/services/Shop", {"instances": [{"url": "http://s"}]}),
    ("/services/a", {}), ("/services/a/instances", MISSING), ("/services/a/instances", []),
    ("/services/a/instances/0/url", MISSING), ("/services/a/instances/0/url", 1),
    ("/services/a/instances/0/weight", 0), ("/services/a/instances/0/weight", "2"),
    ("/routes", {}), ("/routes/0/name", "A route"), ("/routes/0/match", MISSING),
    ("/routes/0/match/path_prefix", MISSING), ("/routes/0/match/path_prefix", ""),
    ("/routes/0/match/host", "x"), ("/routes/0/match/hosts", []),
    ("/routes/0/match/methods", []), ("/routes/0/match/methods", "GET"),
    ("/routes/0/service", MISSING), ("/routes/0/service", 1), ("/routes/0/response", {}),
    ("/routes/0/rewrite", {}), ("/routes/0/preserve_host", "yes"),
    ("/routes/0/preserve_host", 1), ("/routes/0/timeouts", "1s"),
    ("/routes/0/headers/request/remove", "Cookie"), ("/routes/0/headers/request/set", []),
    ("/routes/0/headers/request/set/X-A", 1), ("/routes/0/headers/request/set/X-A", "***"),
    ("/routes/0/headers/request/set/X-B", {}),
    ("/routes/0/headers/request/set/X-B", {"env": "A B"}),
    ("/routes/0/headers/request/set/X-B", {"env": 1}),
    ("/routes/0/headers/request/set/X-B", {"env": "HOME", "file": "x"}),
    ("/routes/0/headers/request/set/X-B", {"file": ""}),
    ("/routes/0/headers/request/set/X-B", {"variable": "HOME"}),
    ("/routes/1/response/status", 99), ("/routes/1/response/status", "200"),
    ("/routes/1/response/content_type", ""), ("/routes/1/response/body", 1),
    ("/routes/1/rewrite", {"path_prefix": "/"}), ("/routes/1/preserve_host", True),
    ("/routes/2/timeouts", {}), ("/routes/2/limits", {}), ("/routes/2/server_timing", True),
    ("/defaults/server_timing", "on"), ("/services/a/server_timing", 1),
    ("/routes/2/redirect/status", 309), ("/routes/2/redirect/location", MISSING),
    ("/routes/2/redirect/location", ""), ("/routes/2/redirect/keeps_path", "no"),
    ("/tests", {}), ("/tests/0/request", MISSING), ("/tests/0/request", 1),
    ("/tests/0/headers", []), ("/tests/0/expect", MISSING), ("/tests/0/expect/service", 1),
    ("/tests/0/expect/sevice", "a"), ("/tests/0/expect/request_headers/X-A", 1),
    ("/tests/0/headers/X-D", "***"), ("/tests/0/expect/request_headers/X-A", "***"),
    ("/tests/1/expect/status", "301"), ("/tests/1/expect/status", 99),
]


def spoiled(document, pointer, value):
    """A copy of the document with something else at the pointer."""
    document = copy.deepcopy(document)
    *parents, last = pointer.split("/")[1:]
    node = document
    for step in parents:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is MISSING:
        del node[last]
    else:
        node[int(last) if isinstance(node, list) else last] = value
    return document


class Schema(Case):
    def setUp(self):
        super().setUp()
        self.path = self.temporary("gateway.json")
        with open(os.path.join(os.path.dirname(self.path), "secret"), "w", encoding="ascii") as f:
            f.write("s3cret\n")

    def check(self, document):
        """What -t says of it."""
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return run_command("-t", "-c", self.path)

    def test_it_is_a_schema(self):
        self.assertEqual(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema")
        self.assertEqual(judge({"nothing": {}, "an array": []})["nothing"], [])
        self.assertNotEqual(judge({"an array": []})["an array"], [])

    def test_files_and_examples_are_valid(self):
        documents = {str(path): parse(path.read_text(encoding="utf-8"))
                     for path in configuration_files()}
        documents["whole"] = WHOLE
        self.assertGreater(len(documents), 12)
        self.assertEqual({name: wrong for name, wrong in judge(documents).items() if wrong}, {})

    def test_the_effective_configuration_is_valid_and_the_same_again(self):
        secrets = self.temporary("")
        env = {"SECRETS": os.path.dirname(secrets), "PAYMENT_AUTHORIZATION": "Bearer s3cret"}
        with open(os.path.join(env["SECRETS"], "maps"), "w", encoding="ascii") as file:
            file.write("s3cret")
        self.assertEqual(self.check(WHOLE)[0], 0)
        printed = {}
        for path in [self.path, SHIPPED, *EXAMPLES.glob("*.json")]:
            status, text, errors = run_command("-T", "-c", str(path), env=env)
            self.assertEqual((status, errors), (0, ""))
            printed[str(path)] = parse(text)
        self.assertEqual({name: wrong for name, wrong in judge(printed).items() if wrong}, {})
        for name, document in printed.items():
            with self.subTest(name=name), open(self.path, "w", encoding="utf-8") as file:
                json.dump(document, file)
                file.flush()
                self.assertEqual(parse(run_command("-T", "-c", self.path, env=env)[1]), document)

    def test_what_the_schema_marks_the_gateway_refuses(self):
        self.assertEqual(self.check(WHOLE)[:1], (0,))
        broken = {f"{pointer} = {'missing' if value is MISSING else json.dumps(value)}":
                  (pointer, spoiled(WHOLE, pointer, value)) for pointer, value in BROKEN}
        self.assertEqual(len(broken), len(BROKEN))
        verdicts = judge({name: document for name, (_, document) in broken.items()})
        for name, (pointer, document) in broken.items():
            with self.subTest(name=name):
                self.assertNotEqual(verdicts[name], [])
                status, _, errors = self.check(document)
                self.assertEqual(status, 1, errors)
                self.assertIn(os.path.dirname(pointer), errors)

    def test_defaults_are_what_is_in_effect(self):
        """Those of the schema, put into a file, change nothing."""
        def defaults(node):
            found = {}
            for key, member in node.get("properties", {}).items():
                if "default" in member:
                    found[key] = member["default"]
                elif below := defaults(member):
                    found[key] = below
            return found

        found = defaults(schema())
        for key in ("workers", "listeners", "client", "defaults", "include"):
            self.assertIn(key, found)
        self.assertEqual(found["client"]["half_close"], "2s")
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(found, file)
        status, text, _ = run_command("-T", "-c", self.path)
        self.assertEqual((status, parse(text)), (0, parse(run_command("-T")[1])))


class Comments(Case):
    def test_they_are_blanked_but_not_in_strings(self):
        text = '{"a": "http://x /* y */", // "b"\n /* "c": "\n" */ "d\\"//": 1}'
        stripped = strip_comments(text)
        self.assertEqual(len(stripped), len(text))
        self.assertEqual(stripped.count("\n"), text.count("\n"))
        self.assertEqual(json.loads(stripped), {"a": "http://x /* y */", 'd"//': 1})
