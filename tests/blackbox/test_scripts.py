# SPDX-License-Identifier: MIT
"""The scripts behind `make deps` and `make run`."""

import json
import os
import re
import signal
import socket
import subprocess
import unittest

from case import Case
from gateway import BINARY, Lines, clean_environment, processes
from wire import DEADLINE, wait_until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DEPS = os.path.join(ROOT, "packaging", "deps.sh")
DEMO = os.path.join(ROOT, "packaging", "run-demo.sh")
BENCH = os.path.join(ROOT, "tests", "bench", "compare.py")


class Deps(Case):
    """Runs the script where nothing exists but stand-ins that write down how they were called."""

    def setUp(self):
        super().setUp()
        self.bin = self.temporary("bin")
        os.mkdir(self.bin)
        self.calls = os.path.join(self.bin, "calls")
        os.symlink("/usr/bin/env", os.path.join(self.bin, "env"))
        with open(DEPS, encoding="ascii") as file:
            needs = re.findall(r"^need .*", file.read(), re.M)
        self.assertGreater(len(needs), 5)
        for tool in {"g++" if "$cxx" in need else need.split()[-1] for need in needs
                     if "command -v" in need}:
            self.stub(tool)
        self.stub("id", "echo 0")
        self.stub("pkg-config")

    def stub(self, name, does='exit 0'):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\n{does}\n')
        os.chmod(path, 0o755)

    def installer(self, name):
        self.stub(name, f'echo "{name} $*" >>{self.calls}')

    def lack(self):
        """spdlog and mandoc are missing."""
        self.stub("pkg-config", 'case $* in *spdlog*) exit 1; esac')
        os.unlink(os.path.join(self.bin, "mandoc"))

    def run_script(self, *args, **env):
        """(exit status, what it said, the calls of installers)"""
        done = subprocess.run(["/bin/sh", DEPS, *args], env={"PATH": self.bin, **env},
                              text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE)
        calls = []
        if os.path.exists(self.calls):
            with open(self.calls, encoding="ascii") as file:
                calls = file.read().splitlines()
        return done.returncode, done.stdout, calls

    def test_nothing_is_done_when_all_is_there(self):
        for name in ("apt-get", "dnf", "sudo"):
            self.installer(name)
        self.assertEqual(self.run_script(), (0, "", []))
        self.assertEqual(self.run_script(CXX="g++ -m64"), (0, "", []))

    def test_what_is_missing_is_installed_and_said(self):
        self.lack()
        self.installer("apt-get")
        status, said, calls = self.run_script()
        self.assertEqual(status, 0, said)
        update, install = calls
        self.assertRegex(update, "^apt-get update")
        self.assertRegex(install, "^apt-get install .* libspdlog-dev mandoc$")
        self.assertIn("missing: spdlog mandoc\n", said)
        self.assertIn(f"+ {update}\n", said)
        self.assertIn(f" {install}\n", said)

    def test_packages_need_more(self):
        self.installer("apt-get")
        self.stub("dh")
        _, said, calls = self.run_script("deb")
        self.assertRegex(calls[1], " build-essential lintian$")
        self.assertIn("missing: build-essential lintian\n", said)
        _, _, calls = self.run_script("rpm")
        self.assertRegex(calls[3], " rpm rpmlint$")

    def test_dnf_is_used_where_that_is_what_the_system_has(self):
        self.lack()
        self.installer("dnf")
        status, said, calls = self.run_script()
        self.assertEqual((status, calls), (0, ["dnf install -y spdlog-devel mandoc"]), said)
        self.assertIn(f"+ {calls[0]}\n", said)

    def test_sudo_is_used_when_not_root(self):
        self.lack()
        self.stub("id", "echo 1000")
        self.installer("apt-get")
        self.stub("sudo", f'echo "sudo $*" >>{self.calls}; exec "$@"')
        status, said, calls = self.run_script()
        self.assertEqual(status, 0, said)
        self.assertEqual([call.split()[0] for call in calls], ["sudo", "apt-get"] * 2)
        self.assertIn("+ sudo apt-get update", said)

    def test_without_sudo_it_says_what_root_has_to_do(self):
        self.lack()
        self.stub("id", "echo 1000")
        self.installer("apt-get")
        status, said, calls = self.run_script()
        self.assertEqual((status, calls), (1, []))
        self.assertRegex(said, r"apt-get install .* libspdlog-dev mandoc\n")

    def test_without_an_installer_it_says_what_is_missing(self):
        self.lack()
        status, said, _ = self.run_script()
        self.assertEqual(status, 1)
        self.assertIn("missing: spdlog mandoc\n", said)


class Demo(Case):
    """What `make run` does once the program is built."""

    def start(self, **env):
        """The script, once it has said what to try; gives what it printed."""
        port = self.reserved_port("127.0.0.1")
        self.script = subprocess.Popen(
            ["env", "--default-signal=INT", "/bin/sh", DEMO, BINARY],  # as at a terminal
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
            env=clean_environment({"GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": port, **env}))
        self.addCleanup(self.end)
        self.output, self.errors = Lines(self.script.stdout), Lines(self.script.stderr)
        wait_until(lambda: "Try:" in self.output.text() or self.script.poll() is not None,
                   "what to try")
        return port

    def survivors(self):
        return [pid for pid, (_, session, state) in processes().items()
                if session == self.script.pid and state not in "ZX"]

    def end(self):
        for pid in self.survivors():
            os.kill(pid, signal.SIGKILL)
        self.script.wait()

    def logs(self):
        return self.errors.text()

    def curls(self, count):
        return wait_until(lambda: re.findall(r"^  (curl .*)", self.output.text(), re.M)[:count]
                          if self.output.text().count("  curl ") >= count else None,
                          f"{count} commands to try")

    def test_it_serves_two_example_services_and_names_three_commands_that_work(self):
        for port in (8001, 8002):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    self.skipTest(f"port {port} is in use on this machine")
        self.start()
        if "in use" in self.errors.text():
            self.skipTest("a port of the example services is in use on this machine")
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy")}
        said = [subprocess.run(["/bin/sh", "-c", command], env=env, check=True, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               timeout=DEADLINE).stdout for command in self.curls(3)]
        self.assertEqual(json.loads(said[0])["status"], "healthy")
        echo = json.loads(said[1])
        self.assertEqual((echo["service"], echo["query"]), ("service1", "from=me"))
        self.assertEqual(re.findall(r"(?m)^id: (\d+)", said[2]), ["1", "2", "3"])
        self.script.send_signal(signal.SIGINT)  # Ctrl-C
        self.assertEqual(self.script.wait(DEADLINE), 130)
        self.assertEqual(self.survivors(), [])

    def test_services_of_the_environment_are_used_instead(self):
        one, two = self.origin(), self.origin()
        port = self.start(SERVICE1_URL=one.url, SERVICE2_URL=two.url)
        for name in ("service1", "service2"):
            done = subprocess.run(["curl", "-s", "--noproxy", "*",
                                   f"http://127.0.0.1:{port}/api/{name}/x"],
                                  check=True, stdout=subprocess.PIPE, timeout=DEADLINE)
            self.assertEqual(done.stdout, b"ok")
        self.script.send_signal(signal.SIGTERM)
        self.assertEqual(self.script.wait(DEADLINE), 143)
        self.assertEqual(self.survivors(), [])

    def test_a_port_in_use_is_an_error_that_says_what_to_do(self):
        service = self.origin()
        port = self.start(SERVICE1_URL=service.url, SERVICE2_URL=service.url,
                          GATEWAY_PORT=service.port)
        self.assertNotEqual(port, service.port)
        self.assertEqual(self.script.wait(DEADLINE), 1)
        wait_until(lambda: "GATEWAY_PORT" in self.errors.text(), "the way out")
        self.assertIn(f"127.0.0.1:{service.port}", self.errors.text())
        self.assertEqual(self.survivors(), [])


class Bench(Case):
    """`make bench`: not its figures, which are the machine's, but that it has them."""

    @unittest.skipUnless(os.path.exists("/proc/self/schedstat"), "the kernel does not tell CPU")
    def test_it_measures_an_answer_and_an_idle_connection(self):
        programs = [argument for name in ("load", "service") for argument in
                    (f"--{name}", os.path.join(os.path.dirname(BINARY), "tests", "bench", name))]
        done = subprocess.run(["python3", BENCH, "--gateway", BINARY, *programs,
                               "--rounds", "1", "--seconds", "0.1", "-k", "small"],
                              env={"PATH": "/usr/bin:/bin", "HOME": self.temporary("home")},
                              text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=6 * DEADLINE)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"\nsmall GET +\d+\.\d +(\d+\.\d|-)( \||\n)")
        self.assertRegex(done.stdout, r"\nmilliseconds until .*: gateway \d+\.\d\d \d+\.\d\d")
        self.assertRegex(done.stdout, r"\nKiB of an idle client connection: gateway -?\d+\.\d\d")
