# SPDX-License-Identifier: MIT
"""Listeners, logs and reloads of a file: where clients come in, and what outlives a change."""

import json
import os
import re
import signal
import socket
import threading

from case import Case, HoldingCase
from client import Client
from gateway import run_command
from wire import DEADLINE, Stream, wait_until


class UnixClient(Client):
    """A client at a unix socket."""

    def __init__(self, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(path)
        Stream.__init__(self, sock)


def static(prefix, body):
    return {"match": {"path_prefix": prefix}, "response": {"body": body}}


class FileCase(Case):
    def start(self, *listeners, routes=None, **more):
        """A gateway with these listeners and a service called users, at /a/."""
        self.service = self.origin()
        self.config = {
            "listeners": [{"address": "127.0.0.1:0", **listener} for listener in listeners],
            "services": {"users": {"instances": [{"url": self.service.url}]}},
            "routes": [{"match": {"path_prefix": "/a/"}, "service": "users"}], **more}
        self.gw = self.gateway(config=self.config, GATEWAY_HOST=None, GATEWAY_PORT=None)
        return self.gw

    def addresses(self):
        found = re.findall(r"listening address=([0-9.]+):(\d+)", self.gw.errors.text())
        return [(host, int(port)) for host, port in found]

    def wait_generation(self, number):
        self.gw.wait_error_line(f"generation ready generation={number}")
        wait_until(lambda: len(self.gw.workers()) == 1, "the end of the old worker")

    def reload(self, number):
        self.gw.write_config(self.config)
        self.gw.send_signal(signal.SIGHUP)
        self.wait_generation(number)


class Listeners(FileCase):
    def test_every_listener_leads_to_the_same_routes(self):
        gw = self.start({"name": "one"}, {"name": "two"})
        addresses = self.addresses()
        self.assertEqual(len(set(addresses)), 2)
        for number, address in enumerate(addresses):
            with Client(address) as client:
                response = client.get(f"/a/{number}")
                self.assertEqual(response.status, 200)
                self.assert_log(gw, response, client="127.0.0.1", target_service="users")
            self.assertEqual(self.service.requests[number].get("X-Forwarded-Port"),
                             str(address[1]))
        gw.stop()
        for address in addresses:
            with self.assertRaises(ConnectionRefusedError):
                Client(address)

    def test_a_unix_socket_is_a_listener_and_its_file_goes_with_the_gateway(self):
        path = self.temporary("gateway.sock")
        gw = self.start({}, {"address": f"unix:{path}"})
        with UnixClient(path) as client:
            for _ in range(2):
                response = client.request("POST", "/a/x", body=b"data")
                self.assertEqual((response.status, response.body), (200, b"ok"))
                self.assert_log(gw, response, client="unix", target_service="users", bytes_in=4)
        self.assertEqual(gw.get("/a/y").status, 200)
        self.assertEqual([r.body for r in self.service.complete], [b"data", b"data", b""])
        gw.stop()
        self.assertFalse(os.path.exists(path))

    def test_a_unix_socket_survives_a_reload(self):
        path = self.temporary("gateway.sock")
        gw = self.start({}, {"address": f"unix:{path}"})
        before = os.stat(path).st_ino
        self.reload(2)
        self.assertEqual(os.stat(path).st_ino, before)
        with UnixClient(path) as client:
            self.assert_log(gw, client.get("/a/x"), status_code=200, client="unix", generation=2)

    def test_a_reload_opens_new_listeners_and_closes_those_that_are_gone(self):
        path, other = self.temporary("gateway.sock"), self.temporary("other.sock")
        gw = self.start({}, {"address": f"unix:{path}"})
        self.config["listeners"][1]["address"] = f"unix:{other}"
        self.reload(2)
        with UnixClient(other) as client:
            self.assert_log(gw, client.get("/a/x"), status_code=200, client="unix", generation=2)
        wait_until(lambda: not os.path.exists(path), "the end of the old socket file")
        self.assertEqual(gw.get("/a/y").status, 200)


class TrustedProxies(FileCase):
    SENT = [("X-Forwarded-For", "203.0.113.9, 198.51.100.7, 127.0.0.5"),
            ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "public.test")]

    def forwarded(self, trusted, source=None):
        """(request the service saw, access-log line) of a request with the fields above."""
        gw = self.start({"trusted_proxies": trusted})
        with gw.client(source=source) as client:
            response = client.get("/a/x", self.SENT)
        self.assertEqual(response.status, 200)
        return self.service.requests[0], self.assert_log(gw, response, status_code=200)

    def test_fields_of_a_trusted_proxy_are_believed_and_appended_to(self):
        request, record = self.forwarded(["10.0.0.0/8", "127.0.0.0/8"])
        self.assertEqual(", ".join(request.all("X-Forwarded-For")),
                         "203.0.113.9, 198.51.100.7, 127.0.0.5, 127.0.0.1")
        self.assertEqual(request.get("X-Forwarded-Proto"), "https")
        self.assertEqual(request.get("X-Forwarded-Host"), "public.test")
        self.assertEqual(record["client"], "198.51.100.7")

    def test_fields_of_others_are_replaced(self):
        for trusted in ([], ["127.0.0.1/32", "203.0.113.0/24"]):
            with self.subTest(trusted=trusted):
                request, record = self.forwarded(trusted, source="127.0.0.2")
                self.assertEqual(request.get("X-Forwarded-For"), "127.0.0.2")
                self.assertEqual(request.get("X-Forwarded-Proto"), "http")
                self.assertEqual(request.get("X-Forwarded-Host"), "gateway.test")
                self.assertEqual(record["client"], "127.0.0.2")

    def test_each_listener_has_trust_of_its_own(self):
        gw = self.start({"trusted_proxies": ["127.0.0.0/8"]}, {})
        for address, name in zip(self.addresses(), ("198.51.100.7", "127.0.0.1")):
            with Client(address) as client:
                self.assert_log(gw, client.get("/a/x", self.SENT), client=name)


class Connections(FileCase):
    def test_one_connection_too_many_is_served_once_another_one_closes(self):
        gw = self.start({}, max_connections=1)
        with gw.client() as first, gw.client() as second:
            self.assertEqual(first.get("/a/1").status, 200)
            second.send_request("GET", "/a/second")
            for number in range(2, 7):
                self.assertEqual(first.get(f"/a/{number}").status, 200)
            self.assertNotIn("/a/second", [r.target for r in self.service.requests])
            first.close()
            self.assertEqual(second.read_response().status, 200)
        self.assertEqual([r.target for r in self.service.requests],
                         [f"/a/{number}" for number in range(1, 7)] + ["/a/second"])


class Reload(HoldingCase):
    def test_a_changed_file_takes_effect_while_the_old_generation_finishes(self):
        gw = self.start(config={"routes": [static("/old/", "old"), static("/both/", "before")]})
        self.assertEqual(gw.get("/both/").body, b"before")
        slow = self.slow_request()
        gw.write_config({"routes": [static("/new/", "new"), static("/both/", "after")]})
        gw.send_signal(signal.SIGHUP)
        wait_until(lambda: gw.get("/both/").body == b"after", "the new generation")
        # For a moment both generations accept.
        gw.wait_error_line("reload done generation=2")
        wait_until(lambda: gw.get("/old/").status == 404, "the old generation to accept no more")
        wait_until(lambda: gw.get("/new/").status == 200, "the new generation alone")
        response = gw.get("/new/")
        self.assertEqual(response.body, b"new")
        self.assert_log(gw, response, generation=2)
        self.assert_error(gw.get("/old/"), 404, "not_found", "no_route")
        self.service.release.set()
        response = slow.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assert_log(gw, response, generation=1, status_code=200)
        gw.wait_workers(1)

    def test_a_broken_file_changes_nothing_and_the_log_has_the_places(self):
        gw = self.start(config={"routes": [static("/old/", "old")]})
        worker, slow = gw.worker(), self.slow_request()
        for text, place in (('{\n  "routes": [\n', r"gateway\.json:\d+:\d+: "),
                            ('{\n  "wrokers": 2\n}\n', r"gateway\.json:2:3: /wrokers"),
                            ('{ "client": {},\n  "client": {} }', r"gateway\.json:2:3: ")):
            with self.subTest(text=text):
                failed = gw.errors.text().count("reload failed")
                gw.write_config(text)
                gw.send_signal(signal.SIGHUP)
                gw.wait_error_line(place)
                wait_until(lambda: gw.errors.text().count("reload failed") > failed, "a failure")
                response = gw.get("/old/")
                self.assertEqual(response.body, b"old")
                self.assert_log(gw, response, generation=1)
        self.assertEqual(gw.workers(), [worker])
        self.service.release.set()
        self.assertEqual(slow.read_response().body, b"answered")


class AccessFile(FileCase):
    def begin(self, **more):
        self.path = self.temporary("access.log")
        os.chmod(os.path.dirname(self.path), 0o777)  # workers of root are somebody else
        return self.start({}, logs={"access": {"output": self.path}}, **more)

    def ids(self, path):
        with open(path, encoding="utf-8") as file:
            return [json.loads(line)["request_id"] for line in file if line.endswith("\n")]

    def reopen_by_signal(self):
        self.gw.send_signal(signal.SIGUSR1)

    def reopen_by_command(self):
        self.assertEqual(run_command("-s", "reopen",
                                     env={"RUNTIME_DIRECTORY": self.gw.directory})[0], 0)

    def test_the_access_log_is_a_file(self):
        gw = self.begin()
        sent = [gw.get("/a/x").get("X-Request-ID") for _ in range(3)]
        wait_until(lambda: self.ids(self.path) == sent, "three lines")
        gw.stop()
        self.assertEqual(self.ids(self.path), sent)
        self.assertEqual(gw.records(), [])

    def test_a_renamed_log_is_reopened_and_no_line_is_lost(self):
        """Also by workers that are somebody else than the master."""
        for reopen in (self.reopen_by_signal, self.reopen_by_command):
            with self.subTest(how=reopen.__name__):
                gw = self.begin()
                stop, sent, failures = threading.Event(), [], []

                def requests():
                    try:
                        with gw.client() as client:
                            while not stop.is_set():
                                sent.append(client.get("/a/x").get("X-Request-ID"))
                    except Exception as error:  # whatever it is, the test names it
                        failures.append(repr(error))

                thread = threading.Thread(target=requests)
                thread.start()
                old = [f"{self.path}.{number}" for number in range(3)]
                try:
                    for name in old:
                        wait_until(lambda: self.ids(self.path), "a line in the log")
                        os.rename(self.path, name)
                        reopen()
                        wait_until(lambda: os.path.exists(self.path), "the new file")
                    wait_until(lambda: self.ids(self.path), "a line in the last log")
                finally:
                    stop.set()
                    thread.join()
                self.assertEqual(failures, [])
                gw.stop()
                found = [name for path in (*old, self.path) for name in self.ids(path)]
                self.assertEqual(found, sent)
