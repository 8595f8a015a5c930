# SPDX-License-Identifier: MIT
"""healthcheck: whether the gateway that runs is healthy, whatever its file says by now."""

import os
import signal
import socket
import threading
import time

from case import Case
from gateway import run_command
from wire import DEADLINE


class Healthcheck(Case):
    def with_file(self, *addresses, **env):
        """A gateway that a file tells where to listen."""
        self.config = {"listeners": [{"address": address} for address in addresses]}
        self.gw = self.gateway(config=self.config, GATEWAY_HOST=None, GATEWAY_PORT=None, **env)
        return self.gw

    def check(self, *args, **env):
        """Exit status and messages, as in the environment of this gateway."""
        env.setdefault("RUNTIME_DIRECTORY", self.gw.directory)
        began = time.monotonic()
        status, out, err = run_command("healthcheck", *args, env=env)
        self.took = time.monotonic() - began
        self.assertEqual(out, "")
        return status, err

    def file(self):
        return os.path.join(self.gw.directory, "gateway.json")

    def assert_healthy(self, *args, **env):
        self.assertEqual(self.check(*(args or ("-c", self.file())), **env), (0, ""))

    def other_server(self, answer):
        """Its address; it gives this answer to whoever comes."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        server.settimeout(DEADLINE)

        def serve():
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        return "127.0.0.1:%d" % server.getsockname()[1]

    def test_its_exit_status_tells_whether_the_gateway_is_healthy(self):
        self.gw = gw = self.gateway()
        env = {"GATEWAY_HOST": gw.address[0], "GATEWAY_PORT": gw.address[1],
               "RUNTIME_DIRECTORY": "/nonexistent"}
        self.assertEqual(self.check(**env), (0, ""))
        gw.stop()
        status, err = self.check(**env)
        self.assertEqual(status, 1)
        self.assertIn("unhealthy: %s:%d: cannot connect: Connection refused" % gw.address, err)
        self.assertIn("no gateway is running", err)

    def test_a_file_that_is_broken_by_now_makes_nobody_ill(self):
        gw = self.with_file("127.0.0.1:0")
        for broken in ("{ not json", '{ "routs": [] }', '{ "listeners": [] }'):
            gw.write_config(broken)
            self.assert_healthy()
        os.unlink(self.file())
        self.assert_healthy()

    def test_a_port_that_is_changed_and_not_loaded_yet_makes_nobody_ill(self):
        gw = self.with_file("127.0.0.1:0")
        port = self.reserved_port("127.0.0.1")
        gw.write_config({"listeners": [{"address": f"127.0.0.1:{port}"}]})
        self.assert_healthy()
        stranger = self.other_server(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        gw.write_config({"listeners": [{"address": stranger}]})
        self.assert_healthy()

    def test_the_running_gateway_knows_which_port_0_became(self):
        for address in ("127.0.0.1:0", "0.0.0.0:0"):
            with self.subTest(address=address):
                self.with_file(address)
                self.assert_healthy()

    def test_a_unix_socket_is_asked_too(self):
        path = self.temporary("listener.sock")
        os.chmod(os.path.dirname(path), 0o777)
        gw = self.with_file(f"unix:{path}", "127.0.0.1:0")
        self.assert_healthy()
        gw.write_config("{ not json")
        self.assert_healthy()

    def test_what_no_gateway_answers_for_is_unhealthy(self):
        gw = self.with_file("127.0.0.1:0")
        gw.stop()
        self.gw.directory = os.path.dirname(self.temporary(""))
        gw_file = os.path.join(self.gw.directory, "gateway.json")
        with open(gw_file, "w", encoding="ascii") as file:
            file.write("{ not json")
        status, err = self.check("-c", gw_file)
        self.assertEqual(status, 1)
        self.assertRegex(err, r"gateway.json:1:\d+: syntax error")
        self.assertIn("where the running gateway listens is not known: no gateway is running", err)

    def test_a_gateway_that_hangs_is_told_before_the_patience_of_an_engine_ends(self):
        gw = self.with_file("127.0.0.1:0")
        for pid in (*gw.workers(), gw.pid):
            gw.stop_process(pid)
            self.addCleanup(self.go_on, pid)
        status, err = self.check("-c", self.file())
        self.assertEqual(status, 1)
        self.assertIn("its master does not answer", err)
        self.assertLess(self.took, 3)
        gw.write_config({"listeners": [{"address": "127.0.0.1:%d" % gw.address[1]}]})
        status, err = self.check("-c", self.file())
        self.assertEqual(status, 1)
        self.assertIn("no answer: timed out", err)
        self.assertLess(self.took, 3)

    def go_on(self, pid):
        if pid in (self.gw.pid, *self.gw.workers()):
            os.kill(pid, signal.SIGCONT)

    def test_options_say_which_gateway_is_meant(self):
        gw = self.with_file("127.0.0.1:0")
        gw.write_config("{ not json")
        other = self.temporary("other.json")
        with open(other, "w", encoding="ascii") as file:
            file.write('{ "listeners": [{ "address": "127.0.0.1:0" }] }')
        directory = os.path.dirname(other)
        for args in (("--runtime-dir", gw.directory),
                     ("--pid-file", os.path.join(gw.directory, "api-gateway.pid"))):
            self.assert_healthy("-c", self.file(), *args, RUNTIME_DIRECTORY=directory)
            self.assert_healthy("-c", other, *args, RUNTIME_DIRECTORY=directory)

    def test_a_gateway_of_another_file_does_not_answer_for_this_one(self):
        """Two gateways on one machine: the one at the default place is not the one that is meant."""
        gw = self.with_file("127.0.0.1:0")
        port = self.reserved_port("127.0.0.1")
        other = self.temporary("other.json")
        with open(other, "w", encoding="ascii") as file:
            file.write('{ "listeners": [{ "address": "127.0.0.1:%d" }] }' % port)
        status, err = self.check("-c", other)
        self.assertEqual(status, 1)
        self.assertIn(f"unhealthy: 127.0.0.1:{port}: cannot connect", err)
        self.assertIn(f'was started with "{self.file()}"', err)
        gw.write_config("{ not json")
        relative = os.path.relpath(self.file())
        self.assert_healthy("-c", relative)
