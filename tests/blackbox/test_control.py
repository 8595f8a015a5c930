# SPDX-License-Identifier: MIT
"""The control socket and the subcommands that use it: what an operator asks and is told."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading

from case import Case, HoldingCase
from gateway import BINARY, clean_environment, run_command
from wire import DEADLINE, wait_until


def free_address():
    """An address nobody listens on at the moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % sock.getsockname()[1]


class ControlCase(HoldingCase):
    def command(self, word, *args, gw=None):
        return run_command(word, *args, env={"RUNTIME_DIRECTORY": (gw or self.gw).directory})

    def told(self, word, *args):
        """The output of a command that succeeds."""
        status, out, err = self.command(word, *args)
        self.assertEqual(status, 0, out + err)
        return out

    def status(self):
        return json.loads(self.told("status", "--json"))

    def with_file(self, **more):
        """A gateway with a file: self.config, changed and written by the test."""
        self.config = {"listeners": [{"address": "127.0.0.1:0"}], "workers": 1, **more}
        return self.start(config=self.config, GATEWAY_HOST=None, GATEWAY_PORT=None,
                          GATEWAY_WORKERS=None)

    def socket_path(self):
        return os.path.join(self.gw.directory, "api-gateway.sock")


class Reload(ControlCase):
    def test_it_waits_tells_what_changed_and_names_the_generation(self):
        gw = self.with_file()
        added = free_address()
        self.config["workers"] = 2
        self.config["listeners"].append({"address": added})
        self.config["routes"] = [{"name": "hello", "match": {"path_prefix": "/hello/"},
                                  "response": {"body": "hi"}}]
        gw.write_config(self.config)
        out = self.told("reload")
        for line in ("listener 127.0.0.1:0 kept", f"listener {added} added", "route hello added",
                     "workers 1 -> 2", "reloaded: generation 2 serves with 2 workers"):
            self.assertIn(line, out)
        # It has waited: whoever comes now is served by the new generation.
        response = gw.get("/hello/")
        self.assertEqual((response.status, response.body), (200, b"hi"))
        self.assert_log(gw, response, generation=2)
        gw.wait_error_line("reloaded: workers 1 -> 2")

    def test_s_reload_is_the_same(self):
        self.start()
        self.assertIn("reloaded: generation 2", self.told("-s", "reload"))

    def test_json_is_one_object_a_line_and_the_last_is_the_result(self):
        self.start()
        lines = [json.loads(line) for line in self.told("reload", "--json").splitlines()]
        self.assertEqual([line["kind"] for line in lines], ["change", "result"])
        self.assertEqual((lines[-1]["ok"], lines[-1]["generation"]), (True, 2))

    def test_an_error_is_told_as_by_t_and_the_old_generation_goes_on(self):
        gw = self.with_file()
        old = gw.worker()
        gw.write_config('{\n  "workers": 0,\n  "lissteners": []\n}\n')
        _, _, wanted = run_command("-t", "-c", os.path.join(gw.directory, "gateway.json"))
        status, out, err = self.command("reload")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("gateway.json:2:14: /workers", err)
        told = err.splitlines()
        self.assertEqual([line.replace(gw.directory + "/", "") for line in wanted.splitlines()],
                         [line.replace(gw.directory + "/", "") for line in told[:-1]])
        self.assertEqual(told[-1], "api-gateway: not reloaded: generation 1 goes on")
        self.assert_log(gw, gw.get("/api/service1/x"), status_code=200, generation=1)
        self.assertEqual(gw.workers(), [old])
        last = self.status()["last_reload"]
        self.assertEqual((last["ok"], last["generation"]), (False, 1))
        self.assertIn("/workers", last["error"])

    def test_a_new_listener_that_cannot_be_bound_refuses_the_reload(self):
        gw = self.with_file()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.config["listeners"] = [{"address": address}]
            gw.write_config(self.config)
            status, _, err = self.command("reload")
        self.assertEqual(status, 1)
        self.assertIn(f"cannot listen on {address}: Address already in use", err)
        self.assert_log(gw, gw.get("/api/service1/x"), status_code=200, generation=1)
        self.assertIn("reloaded: generation 2", self.told("reload"))  # it is free now

    def test_a_removed_listener_is_closed_once_the_new_generation_serves(self):
        gw = self.with_file()
        second = free_address()
        self.config["listeners"].append({"address": second})
        gw.write_config(self.config)
        self.told("reload")
        host, port = second.split(":")
        socket.create_connection((host, int(port)), DEADLINE).close()
        del self.config["listeners"][1]
        gw.write_config(self.config)
        self.assertIn(f"listener {second} removed", self.told("reload"))

        def is_refused():
            try:
                socket.create_connection((host, int(port)), DEADLINE).close()
                return False
            except ConnectionRefusedError:
                return True

        wait_until(is_refused, "the removed listener to refuse connections")
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_a_listener_that_was_removed_can_be_added_again_at_once(self):
        gw = self.with_file()
        second = free_address()
        for number in range(6):
            self.config["listeners"][1:] = [] if number % 2 else [{"address": second}]
            gw.write_config(self.config)
            self.told("reload")

    def test_what_a_variable_overrides_is_named(self):
        gw = self.start(config={"workers": 3}, GATEWAY_WORKERS=1)
        self.assertIn("not changed: gateway.json:1: /workers has no effect: the variable "
                      "GATEWAY_WORKERS is set", self.told("reload"))
        gw.wait_workers(1)

    def test_many_at_once_are_answered_and_need_not_be_as_many_generations(self):
        gw = self.start()
        outcomes = []
        threads = [threading.Thread(target=lambda: outcomes.append(self.command("reload")))
                   for _ in range(6)]
        for thread in threads:
            thread.start()
        gw.send_signal(signal.SIGHUP)
        for thread in threads:
            thread.join()
        for status, out, err in outcomes:
            self.assertEqual(status, 0, out + err)
            self.assertRegex(out, "reloaded: generation [2-8] ")
        self.assertEqual(len(outcomes), 6)
        wait_until(lambda: self.status()["state"] == "running", "the last reload")
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_with_a_pid_file_elsewhere_the_socket_is_beside_it(self):
        path = self.temporary("one.pid")
        self.start(args=("--pid-file", path))
        status, out, err = run_command("reload", "--pid-file", path)
        self.assertEqual(status, 0, err)
        self.assertIn("reloaded: generation 2", out)
        self.assertTrue(stat.S_ISSOCK(os.stat(path.replace(".pid", ".sock")).st_mode))

    def test_names_may_be_relative_to_the_working_directory(self):
        for args in (("--runtime-dir", "."), ("--pid-file", "one.pid")):
            with self.subTest(args=args):
                gw = self.start(args=args)
                status, out, err = run_command("reload", *args, cwd=gw.directory)
                self.assertEqual((status, err), (0, ""))
                self.assertIn("reloaded: generation 2", out)


class Status(ControlCase):
    def test_json_has_generations_and_workers(self):
        gw = self.start(GATEWAY_WORKERS=2)
        self.slow_request()
        wait_until(lambda: sum(worker["exchanges"] for worker in
                               self.status()["generations"][0]["workers"]) == 1,
                   "the request to be counted")
        status = self.status()
        self.assertEqual((status["pid"], status["state"], status["generation"]),
                         (gw.pid, "running", 1))
        self.assertEqual(status["listeners"], ["127.0.0.1:%d" % gw.address[1]])
        generation, = status["generations"]
        self.assertEqual((generation["number"], generation["state"]), (1, "serving"))
        self.assertEqual({worker["pid"] for worker in generation["workers"]}, set(gw.workers()))
        self.assertIsNone(status["last_reload"])

    def test_draining_generations_are_visible_to_people_and_programs(self):
        self.start()
        self.slow_request()
        self.told("reload")
        out = self.told("status")
        self.assertRegex(out, r"^api-gateway \S+, pid \d+, running, up \S+( \S+)?: "
                              r"generation 2 serves with 1 worker, 1 drains\n")
        self.assertRegex(out, r"generation 2  serving  1 worker,")
        self.assertRegex(out, r"generation 1  draining 1 worker, .*cut in 9m")
        self.assertRegex(out, r"last reload   ok at 20")
        newest, oldest = self.status()["generations"]
        self.assertEqual((newest["state"], newest["cut_in_seconds"]), ("serving", None))
        self.assertEqual(oldest["state"], "draining")
        self.assertLessEqual(oldest["cut_in_seconds"], 600)
        self.service.release.set()
        wait_until(lambda: len(self.status()["generations"]) == 1, "the end of the old one")


class End(ControlCase):
    def test_quit_waits_until_all_is_finished_and_gone(self):
        gw = self.start()
        client = self.slow_request()
        quitting = subprocess.Popen(
            [BINARY, "quit"], env=clean_environment({"RUNTIME_DIRECTORY": gw.directory}),
            stdout=subprocess.PIPE, text=True)
        wait_until(lambda: not self.accepts(), "the listener to close")
        self.assertEqual(self.status()["state"], "stopping")
        self.assertEqual(self.command("reload")[0], 1)  # too late
        self.assertIsNone(quitting.poll())
        self.service.release.set()
        self.assertEqual(client.read_response().status, 200)
        out, _ = quitting.communicate(timeout=DEADLINE)
        self.assertEqual((quitting.returncode, out), (0, "stopped\n"))
        self.assertFalse(os.path.exists(self.socket_path()))
        self.assertFalse(os.path.exists(os.path.join(gw.directory, "api-gateway.pid")))
        self.assertEqual(gw.wait_exit(), 0)

    def test_stop_cuts_what_is_in_flight(self):
        gw = self.start()
        self.slow_request()
        self.assertEqual(self.told("stop"), "stopped\n")
        self.assertEqual(gw.wait_exit(), 0)
        self.assertNotIn("drain timed out", gw.errors.text())


    def test_a_reload_that_a_stop_overtakes_is_told_so(self):
        gw = self.start()
        os.kill(gw.pid, signal.SIGSTOP)  # both are there when it goes on
        reloading = subprocess.Popen(
            [BINARY, "reload"], env=clean_environment({"RUNTIME_DIRECTORY": gw.directory}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gw.send_signal(signal.SIGTERM)
        gw.send_signal(signal.SIGCONT)
        out, err = reloading.communicate(timeout=DEADLINE)
        self.assertNotIn("reloaded", out)
        self.assertNotEqual(reloading.returncode, 0)
        self.assertTrue(err.startswith("api-gateway: "), err)
        self.assertEqual(gw.wait_exit(), 0)


class Errors(ControlCase):
    def test_where_no_gateway_runs_the_error_says_what_to_give(self):
        for word in ("reload", "reopen", "quit", "stop", "status"):
            status, out, err = run_command(word, "--runtime-dir", "/nonexistent")
            self.assertEqual((status, out), (1, ""))
            self.assertIn("no gateway is running: there is no pid file "
                          "/nonexistent/api-gateway.pid", err)
            self.assertIn("--runtime-dir or --pid-file", err)

    def test_who_may_not_use_the_socket_is_told_who_may(self):
        if os.geteuid() != 0:
            self.skipTest("not started as root")
        gw = self.start()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket_path()).st_mode), 0o600)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                               BINARY, "status", "--runtime-dir", gw.directory],
                              env=clean_environment({}), capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        if "No such file" in done.stderr or "Permission denied" in done.stderr:
            self.skipTest("another user cannot run the program from here")
        self.assertEqual(done.returncode, 1)
        self.assertIn("be root or the user who started the gateway", done.stderr)

    def test_without_a_socket_a_signal_is_sent(self):
        gw = self.start()
        os.unlink(self.socket_path())
        status, _, err = self.command("reopen")
        self.assertEqual(status, 0)
        self.assertIn("a signal was sent", err)
        gw.wait_error_line("signal received signal=USR1")
        status, _, err = self.command("status")
        self.assertEqual(status, 1)
        self.assertIn("no control socket", err)

    def test_a_stale_socket_is_no_obstacle(self):
        directory = os.path.dirname(self.temporary("x"))
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(os.path.join(directory, "api-gateway.sock"))
        gw = self.start(RUNTIME_DIRECTORY=directory)
        self.assertEqual(run_command("status", "--runtime-dir", directory)[0], 0)
        self.assertNotIn("no control socket", gw.errors.text())


class Clients(ControlCase):
    """Whatever comes by the socket, the master goes on."""

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(self.socket_path())
        self.addCleanup(sock.close)
        return sock

    def answer_to(self, data):
        sock = self.connect()
        sock.sendall(data)
        answer = b""
        while piece := sock.recv(4096):
            answer += piece
        return [json.loads(line) for line in answer.splitlines()]

    def test_an_unknown_or_endless_request_is_refused(self):
        self.start()
        result, = self.answer_to(b"dance\n")
        self.assertEqual((result["kind"], result["ok"]), ("result", False))
        self.assertIn("dance", result["text"])
        result, = self.answer_to(b"x" * 300)
        self.assertIn("too long", result["text"])

    def test_a_request_may_come_in_pieces_or_end_with_the_connection(self):
        self.start()
        sock = self.connect()
        for piece in (b"sta", b"tus"):
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        lines = sock.makefile().read().splitlines()
        self.assertEqual(json.loads(lines[-1])["status"]["generation"], 1)

    def test_silent_and_vanishing_clients_hold_nobody_up(self):
        gw = self.start()
        for _ in range(10):
            self.connect()
        for _ in range(20):
            sock = self.connect()
            sock.sendall(b"reload\n")
            sock.close()
        self.assertEqual(self.status()["pid"], gw.pid)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        os.kill(gw.worker(), signal.SIGKILL)
        gw.wait_error_line("worker exited.*KILL")
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_more_clients_than_there_are_places_wait_for_their_turn(self):
        gw = self.start()
        silent = [self.connect() for _ in range(40)]
        for sock in silent[:30]:
            sock.close()
        self.assertEqual(self.status()["pid"], gw.pid)

    def test_a_command_that_meets_the_end_of_an_upgrade_asks_the_new_master(self):
        """The old one ends with the command unread: the socket's name is the new one's by then."""
        gw = self.start()
        for word, told in (("status", "generation 1 serves"), ("reload", "reloaded: generation 2"),
                           ("quit", "stopped")):
            with self.subTest(word=word):
                os.rename(self.socket_path(), self.socket_path() + ".new")
                with socket.socket(socket.AF_UNIX) as old:
                    old.bind(self.socket_path())
                    old.listen()
                    old.settimeout(DEADLINE)
                    asking = subprocess.Popen(
                        [BINARY, word], env=clean_environment({"RUNTIME_DIRECTORY": gw.directory}),
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    client, _ = old.accept()
                    self.assertTrue(client.recv(100))
                    os.rename(self.socket_path() + ".new", self.socket_path())
                    client.close()
                out, err = asking.communicate(timeout=DEADLINE)
                self.assertEqual((asking.returncode, err), (0, ""))
                self.assertIn(told, out)
        self.assertEqual(gw.wait_exit(), 0)

    def test_it_is_said_that_somebody_is_there_before_anything_is_done(self):
        gw = self.start()
        for word in ("status", "reopen", "reload", "upgrade", "stop"):
            lines = self.answer_to(word.encode() + b"\n")
            self.assertEqual(lines[0], {"kind": "accepted"})
            self.assertEqual((lines[-1]["kind"], lines[-1]["ok"]), ("result", True))
            if word == "upgrade":
                self.assertEqual(gw.wait_exit(), 0)
        wait_until(lambda: not gw.survivors(), "the end of all")

    def test_workers_have_no_part_in_it(self):
        gw = self.start()
        with open("/proc/net/unix") as file:
            inodes = {line.split()[6] for line in file if line.rstrip().endswith(self.socket_path())}
        self.assertTrue(inodes)
        worker = gw.worker()
        held = {re.sub(r"\D", "", os.readlink(f"/proc/{worker}/fd/{fd}"))
                for fd in os.listdir(f"/proc/{worker}/fd")}
        self.assertFalse(inodes & held)


class Reopen(Case):
    def test_it_waits_until_every_worker_writes_to_the_new_file(self):
        path = self.temporary("access.log")
        os.chmod(os.path.dirname(path), 0o777)
        gw = self.gateway(config={"logs": {"access": {"output": path}}}, GATEWAY_WORKERS=2)
        os.rename(path, path + ".1")
        status, out, err = run_command("reopen", env={"RUNTIME_DIRECTORY": gw.directory})
        self.assertEqual(status, 0, err)
        self.assertIn("open anew", out)
        for pid in (gw.pid, *gw.workers()):
            files = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            self.assertIn(path, files)
            self.assertNotIn(path + ".1", files)

    def test_however_often_it_leaks_no_descriptor(self):
        path = self.temporary("access.log")
        os.chmod(os.path.dirname(path), 0o777)
        gw = self.gateway(config={"logs": {"access": {"output": path}}})

        def held():
            return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (gw.pid, gw.worker())]

        before = held()
        for number in range(10):
            os.rename(path, f"{path}.{number}")
            self.assertEqual(
                run_command("reopen", env={"RUNTIME_DIRECTORY": gw.directory})[0], 0)
        self.assertEqual(held(), before)

    def test_a_file_that_cannot_be_opened_is_told(self):
        path = self.temporary("access.log")
        os.chmod(os.path.dirname(path), 0o777)
        gw = self.gateway(config={"logs": {"access": {"output": path}}})
        os.rename(path, path + ".1")
        os.mkdir(path)
        status, _, err = run_command("reopen", env={"RUNTIME_DIRECTORY": gw.directory})
        self.assertEqual(status, 1)
        self.assertIn("the old ones stay in use", err)
        gw.wait_error_line("log not reopened: .*access.log")
        self.assertEqual(gw.get("/health").status, 200)
