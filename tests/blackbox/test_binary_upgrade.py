# SPDX-License-Identifier: MIT
"""A new program takes over the sockets of the old one, or gives them back."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess

from case import HoldingCase
from gateway import BINARY, run_command
from wire import DEADLINE, wait_until


class UpgradeCase(HoldingCase):
    def tearDown(self):
        for gw in self.gateways:
            for pid in gw.survivors():  # those of an upgrade that a failed test left
                if pid != gw.pid:
                    os.kill(pid, signal.SIGTERM)

    def upgrade(self, **options):
        """A gateway, and the pid of the new master beside it, which is ready."""
        gw = self.start(**options)
        return gw, self.begin_upgrade(gw)

    def begin_upgrade(self, gw):
        seen = gw.errors.text().count("new master is ready")
        gw.send_signal(signal.SIGUSR2)
        wait_until(lambda: gw.errors.text().count("new master is ready") > seen, "the new master")
        return int(re.findall(r"new master is ready pid=(\d+)", gw.errors.text())[-1])

    def path(self, name):
        return os.path.join(self.gw.directory, name)

    def pid_in(self, name):
        with open(self.path(name)) as file:
            return int(file.read())

    def with_program_of_its_own(self, **options):
        """A gateway whose program can be replaced, and the path of that."""
        program = self.temporary("api-gateway")
        shutil.copy2(BINARY, program)
        os.chmod(program, 0o755)
        gw = self.start(prefix=("sh", "-c", f'shift; exec {program} "$@"', "sh"), **options)
        return gw, program

    def command(self, *words):
        return run_command(*words, env={"RUNTIME_DIRECTORY": self.gw.directory})

    def status(self, *args):
        code, out, err = run_command("status", "--json", *args,
                                     env={"RUNTIME_DIRECTORY": self.gw.directory})
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def end(self, pid):
        os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not self.gw.survivors(), "the end of all")
        self.assertFalse(os.path.exists(self.path("api-gateway.pid")))
        self.assertFalse(os.path.exists(self.path("api-gateway.sock")))

    def assert_back(self, gw):
        wait_until(lambda: os.path.exists(self.path("api-gateway.pid")) and
                   self.pid_in("api-gateway.pid") == gw.pid, "the pid file to come back")
        wait_until(lambda: self.status()["successor"] is None, "the upgrade to be over")
        self.assertEqual(self.status()["pid"], gw.pid)
        self.assertFalse(os.path.exists(self.path("api-gateway.pid.oldbin")))
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def wait_gone(self, pid):
        wait_until(lambda: pid not in self.gw.survivors(), f"the end of {pid}")

    def listening_inodes(self):
        with open("/proc/net/tcp") as file:
            port = f":{self.gw.address[1]:04X}"
            return [line.split()[9] for line in file
                    if line.split()[1].endswith(port) and line.split()[3] == "0A"]


class Finish(UpgradeCase):
    def test_both_serve_until_quit_ends_the_old_one(self):
        gw = self.start()
        inodes = self.listening_inodes()
        client = self.slow_request()
        new = self.begin_upgrade(gw)
        self.assertEqual(self.pid_in("api-gateway.pid"), new)
        self.assertEqual(self.pid_in("api-gateway.pid.oldbin"), gw.pid)
        self.assertEqual(self.status()["pid"], new)
        old_status = self.status("--pid-file", self.path("api-gateway.pid.oldbin"))
        self.assertEqual((old_status["pid"], old_status["successor"], old_status["state"]),
                         (gw.pid, new, "upgrading"))
        self.assertEqual(self.listening_inodes(), inodes)

        gw.send_signal(signal.SIGQUIT)
        wait_until(lambda: self.status("--pid-file", self.path("api-gateway.pid.oldbin"))["state"]
                   == "stopping", "the old one to drain")
        for _ in range(20):
            self.assertEqual(gw.get("/api/service1/fast").status, 200)
        self.service.release.set()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assertEqual(gw.wait_exit(), 0)
        self.assertFalse(os.path.exists(self.path("api-gateway.pid.oldbin")))
        self.assertFalse(os.path.exists(self.path("api-gateway.pid.oldbin.sock")))
        self.assertEqual(gw.get("/api/service1/fast").status, 200)
        self.assertEqual(self.listening_inodes(), inodes)
        self.end(new)

    def test_a_request_in_progress_may_take_longer_than_a_stop_would_give_it(self):
        """The sockets are served: there is no hurry, as in a reload."""
        gw = self.start(config={"shutdown": {"drain_timeout": "0s"}})
        client = self.slow_request()
        new = self.begin_upgrade(gw)
        gw.send_signal(signal.SIGQUIT)
        status = self.status("--pid-file", self.path("api-gateway.pid.oldbin"))
        self.assertGreater(status["generations"][0]["cut_in_seconds"], 500)
        self.service.release.set()
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(gw.wait_exit(), 0)
        self.end(new)

    def test_the_program_that_is_there_now_is_executed(self):
        gw, program = self.with_program_of_its_own()
        self.assertTrue(os.path.samefile(f"/proc/{gw.pid}/exe", program))
        shutil.copy2(BINARY, program + ".new")
        os.rename(program + ".new", program)  # as a package manager does it
        new = self.begin_upgrade(gw)
        self.assertTrue(os.path.samefile(f"/proc/{new}/exe", program))
        self.assertIn("(deleted)", os.readlink(f"/proc/{gw.pid}/exe"))
        gw.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        self.end(new)

    def test_the_socket_of_a_unix_listener_goes_over_too(self):
        path = self.temporary("listener.sock")
        os.chmod(os.path.dirname(path), 0o777)
        gw, new = self.upgrade(config={"listeners": [{"address": "127.0.0.1:0"},
                                                     {"address": f"unix:{path}"}]},
                               GATEWAY_HOST=None, GATEWAY_PORT=None)
        gw.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 200"))
        self.end(new)
        self.assertFalse(os.path.exists(path))

    def test_both_go_on_counting_where_the_old_one_was(self):
        gw = self.start()
        for _ in range(3):
            gw.get("/api/service1/x")
        new = self.begin_upgrade(gw)
        gw.get("/api/service1/x")  # by either
        gw.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        response = gw.get("/api/service1/x")
        self.assert_log(gw, response, generation=2)

        def counted():
            status = json.loads(gw.get("/api/gateway/status").body)
            fine = status["traffic"]["service1"]["responses_total"]["2xx"]
            return status if (fine, status["exchanges"]) == (5, 0) else None

        status = wait_until(counted, "five answers on one count")
        self.assertEqual(status["requests_lost_total"], 0)
        self.assertEqual([each["generation"] for each in status["generations"]], [2])
        self.end(new)

    def test_status_goes_on_telling_of_crashes_and_of_the_last_reload(self):
        gw = self.start(config={})
        os.kill(gw.worker(), signal.SIGKILL)
        gw.wait_error_line("worker exited .* signal=KILL")
        gw.write_config('{ "workers": 0 }')
        self.assertEqual(self.command("reload")[0], 1)
        gw.write_config({})
        before = self.status()
        self.assertEqual(before["worker_crashes"], 1)
        self.assertFalse(before["last_reload"]["ok"])
        self.assertIn("/workers", before["last_reload"]["error"])

        self.assertEqual(self.command("upgrade")[0], 0)
        self.assertEqual(gw.wait_exit(), 0)
        after = self.status()
        self.assertNotEqual(after["pid"], before["pid"])
        for member in ("worker_crashes", "last_reload"):
            self.assertEqual(after[member], before[member])
        self.assertIn("1 worker ended unexpectedly", self.command("status")[1])

        self.assertEqual(self.command("reload")[0], 0)
        last = self.status()["last_reload"]
        self.assertEqual((last["ok"], last["generation"], last["error"]), (True, 3, None))
        self.end(after["pid"])

    def test_one_upgrade_can_follow_another(self):
        gw, second = self.upgrade()
        os.kill(second, signal.SIGUSR2)
        gw.wait_error_line("no upgrade while the old master of the last one lives "
                           f"old_master={gw.pid}")
        gw.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        os.kill(second, signal.SIGUSR2)
        third = int(re.search(rf"\[{second}\] upgrade: new master is ready pid=(\d+)",
                              gw.wait_error_line(rf"\[{second}\] upgrade: new master is ready"))[1])
        os.kill(second, signal.SIGQUIT)
        self.wait_gone(second)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertEqual(self.pid_in("api-gateway.pid"), third)
        self.end(third)


class TakeBack(UpgradeCase):
    def test_hup_to_the_old_one_takes_it_back(self):
        gw, new = self.upgrade()
        gw.send_signal(signal.SIGHUP)
        self.wait_gone(new)
        self.assert_back(gw)
        self.assertEqual(self.status()["generation"], 1)
        self.assertIn("reloaded: generation 3", run_command(  # 2 was the new one's
            "reload", env={"RUNTIME_DIRECTORY": gw.directory})[1])

    def test_the_death_of_the_new_one_brings_everything_back(self):
        gw, new = self.upgrade()
        os.kill(new, signal.SIGKILL)
        gw.wait_error_line(f"the new master has ended, this one goes on new_master={new}")
        self.assert_back(gw)
        again = self.begin_upgrade(gw)
        gw.send_signal(signal.SIGQUIT)
        self.assertEqual(gw.wait_exit(), 0)
        os.kill(again, signal.SIGQUIT)
        self.wait_gone(again)

    def test_a_program_that_does_not_start_changes_nothing(self):
        gw, program = self.with_program_of_its_own()
        os.unlink(program)
        gw.send_signal(signal.SIGUSR2)
        gw.wait_error_line(f"upgrade failed: cannot execute {program}: No such file")
        self.assert_back(gw)

    def test_a_configuration_that_the_new_one_refuses_changes_nothing(self):
        gw = self.start(config={})
        gw.write_config("{ not json")
        gw.send_signal(signal.SIGUSR2)
        gw.wait_error_line(r"upgrade failed: gateway.json:1:\d+: syntax error")
        self.assert_back(gw)

    def test_a_second_usr2_while_one_is_under_way_is_refused(self):
        gw, new = self.upgrade()
        gw.send_signal(signal.SIGUSR2)
        gw.wait_error_line(f"an upgrade is under way new_master={new}")
        code, _, err = run_command("reload", "--pid-file", self.path("api-gateway.pid.oldbin"))
        self.assertEqual(code, 1)
        self.assertIn("an upgrade is under way", err)
        os.kill(new, signal.SIGQUIT)
        self.wait_gone(new)
        self.assert_back(gw)

    def test_hup_comes_too_late_once_the_old_one_stops(self):
        gw = self.start()
        client = self.slow_request()
        new = self.begin_upgrade(gw)
        gw.send_logged_signal(signal.SIGQUIT)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("the upgrade cannot be taken back any more, this master is stopping")
        self.service.release.set()
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.end(new)


class ByCommand(UpgradeCase):
    def test_it_waits_until_the_new_one_serves_alone_and_the_old_one_finishes(self):
        gw, program = self.with_program_of_its_own()
        client = self.slow_request()
        shutil.copy2(BINARY, program + ".new")
        os.rename(program + ".new", program)
        code, out, err = self.command("upgrade")
        self.assertEqual((code, err), (0, ""))
        new = self.pid_in("api-gateway.pid")
        self.assertEqual(out, f"upgraded: the new master with pid {new} serves, the old one "
                              f"({gw.pid}) finishes what it has in progress\n")
        self.assertTrue(os.path.samefile(f"/proc/{new}/exe", program))
        old = self.status("--pid-file", self.path("api-gateway.pid.oldbin"))
        self.assertEqual(old["state"], "stopping")
        self.assertEqual([worker["state"] for worker in old["generations"][0]["workers"]],
                         ["draining"])
        self.assertEqual(gw.get("/api/service1/x").status, 200)

        code, out, err = self.command("upgrade")  # of three masters two would want one name
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, f"api-gateway: the old master of the last upgrade ({gw.pid}) has not "
                              "ended yet: it finishes what it has in progress\n"
                              "api-gateway: not upgraded\n")
        self.service.release.set()
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(gw.wait_exit(), 0)
        self.assertIn("upgraded: ", self.command("upgrade")[1])
        self.wait_gone(new)
        self.end(self.pid_in("api-gateway.pid"))

    def test_json_ends_with_the_result(self):
        gw = self.start()
        code, out, _ = self.command("upgrade", "--json")
        last = json.loads(out.splitlines()[-1])
        self.assertEqual((code, last["kind"], last["ok"]), (0, "result", True))
        self.assertEqual(gw.wait_exit(), 0)
        self.end(self.pid_in("api-gateway.pid"))

    def assert_refused(self, why):
        code, out, err = self.command("upgrade")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, why)
        self.assertTrue(err.endswith("api-gateway: not upgraded: the running program goes on\n"), err)
        self.assert_back(self.gw)

    def test_a_program_that_does_not_start_is_told_and_changes_nothing(self):
        _, program = self.with_program_of_its_own()
        os.unlink(program)
        self.assert_refused(f"^api-gateway: cannot execute {program}: No such file")
        shutil.copy2("/bin/false", program)
        self.assert_refused("^api-gateway: the new master has ended")

    def test_what_keeps_the_new_one_from_starting_is_told_with_its_place(self):
        gw = self.start(config={})
        gw.write_config("{ not json")
        self.assert_refused(r"^api-gateway: \S*gateway.json:1:\d+: syntax error")

    def test_it_is_refused_while_a_reload_is_under_way(self):
        gw = self.start()
        gw.stop_process(gw.pid)  # both are there when it goes on
        reloading, upgrading = self.ask("reload"), self.ask("upgrade")
        gw.send_signal(signal.SIGCONT)
        self.assertEqual(json.loads(reloading.readlines()[-1])["generation"], 2)
        _, error, result = map(json.loads, upgrading.readlines())
        self.assertEqual(error["text"], "a reload is under way: try again when it has ended")
        self.assertEqual((result["ok"], result["text"]), (False, "not upgraded"))
        self.assertEqual(self.pid_in("api-gateway.pid"), gw.pid)

    def ask(self, word):
        """What is answered on the control socket, as a file."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(self.path("api-gateway.sock"))
            client.sendall(word.encode() + b"\n")
            return self.enterContext(client.makefile())

    def test_without_a_control_socket_nothing_is_begun(self):
        gw = self.start()
        os.unlink(self.path("api-gateway.sock"))
        code, _, err = self.command("upgrade")
        self.assertEqual(code, 1)
        self.assertIn("no control socket", err)
        self.assertEqual(self.pid_in("api-gateway.pid"), gw.pid)

    def test_the_first_process_of_a_container_refuses(self):
        prefix = ("unshare", "--pid", "--fork")
        if os.geteuid() != 0 or subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL,
                                               check=False).returncode != 0:
            self.skipTest("not started as root, or no pid namespaces")
        gw = self.start(prefix=prefix)
        code, _, err = self.command("upgrade")
        self.assertEqual(code, 1)
        self.assertIn("replace the container instead", err)
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertEqual(self.command("quit")[0], 0)
        self.assertEqual(gw.wait_exit(), 0)
