# SPDX-License-Identifier: MIT
"""--daemon: the command returns when the gateway is ready, or says why it never will be."""

import json
import os
import signal
import socket

from case import Case
from client import Client
from gateway import processes, run_command
from wire import wait_until


class Daemon(Case):
    def setUp(self):
        super().setUp()
        self.directory = os.path.dirname(self.temporary("x"))
        os.chmod(self.directory, 0o777)
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.address = sock.getsockname()
        self.config = {"listeners": [{"address": "127.0.0.1:%d" % self.address[1]}], "workers": 1,
                       "logs": {"access": {"output": self.path("access.log")},
                                "error": {"output": self.path("error.log")}}}

    def path(self, name):
        return os.path.join(self.directory, name)

    def run_daemon(self, *args):
        with open(self.path("gateway.json"), "w") as file:
            json.dump(self.config, file)
        outcome = run_command("--daemon", "-c", "gateway.json", "--runtime-dir", self.directory,
                              *args, cwd=self.directory)
        self.addCleanup(self.end)
        return outcome

    def command(self, word):
        return run_command(word, "--runtime-dir", self.directory)

    def end(self):
        self.command("stop")

    def pid(self):
        with open(self.path("api-gateway.pid")) as file:
            return int(file.read())

    def error_log(self):
        with open(self.path("error.log")) as file:
            return file.read()

    def get(self):
        with Client(self.address) as client:
            return client.get("/health").status

    def test_it_returns_when_the_gateway_serves(self):
        self.assertEqual(self.run_daemon(), (0, "", ""))
        self.assertEqual(self.get(), 200)  # at once
        pid = self.pid()
        parent, session, _ = processes()[pid]
        self.assertNotEqual(parent, os.getpid())
        self.assertEqual(session, pid)
        for fd in (0, 1, 2):
            self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"), "/dev/null")
        self.assertEqual(self.command("quit")[:2], (0, "stopped\n"))
        wait_until(lambda: processes().get(pid, ("", "", "X"))[2] in "ZX", "the daemon's end")
        self.assertIn("stopped", self.error_log())

    def test_what_keeps_it_from_starting_is_told_with_the_exit_status(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(self.address)
            taken.listen()
            status, out, err = self.run_daemon()
        self.assertEqual((status, out), (1, ""))
        self.assertIn("cannot listen on 127.0.0.1:%d: Address already in use" % self.address[1], err)
        self.config["workers"] = 0
        status, _, err = self.run_daemon()
        self.assertEqual(status, 1)
        self.assertIn("gateway.json:1:", err)

    def test_logs_to_standard_output_are_warned_of(self):
        del self.config["logs"]
        status, _, err = self.run_daemon()
        self.assertEqual(status, 0)
        self.assertIn("warning: a daemon has no standard output", err)
        self.assertEqual(self.get(), 200)

    def test_it_excludes_what_runs_nothing(self):
        status, _, err = run_command("--daemon", "-t")
        self.assertEqual(status, 2)
        self.assertIn("-t and --daemon exclude each other", err)

    def test_winch_lets_the_workers_go_and_a_reload_brings_others(self):
        self.assertEqual(self.run_daemon()[0], 0)
        pid = self.pid()
        os.kill(pid, signal.SIGWINCH)

        def workers():
            return [each for each, (parent, _, state) in processes().items()
                    if parent == pid and state not in "ZX"]

        wait_until(lambda: not workers(), "the end of the workers")
        with socket.create_connection(self.address, 20) as waiting:  # the socket is still there
            waiting.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(self.command("reload")[0], 0)
            self.assertTrue(waiting.recv(4096).startswith(b"HTTP/1.1 200"))

    def test_an_upgrade_with_winch_can_be_taken_back(self):
        """The long way: the old workers go, look at the new ones, and change one's mind."""
        self.assertEqual(self.run_daemon()[0], 0)
        old = self.pid()
        os.kill(old, signal.SIGUSR2)
        wait_until(lambda: "new master is ready" in self.error_log(), "the new master")
        new = self.pid()
        self.assertNotEqual(new, old)
        os.kill(old, signal.SIGWINCH)
        wait_until(lambda: [each for each, (parent, _, state) in processes().items()
                            if parent == old and state not in "ZX"] == [new],
                   "the old workers to go")
        self.assertEqual(self.get(), 200)
        os.kill(old, signal.SIGHUP)
        wait_until(lambda: new not in processes(), "the end of the new master")
        wait_until(lambda: os.path.exists(self.path("api-gateway.pid")), "the pid file")
        self.assertEqual(self.pid(), old)
        self.assertEqual(self.get(), 200)
