# SPDX-License-Identifier: MIT
"""Service: the life of an installed gateway under systemd, step by step, whatever installed it.

The load of the loss test runs at the gateway while its package is upgraded: nothing may be lost.
"""

import json
import os
import re
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "blackbox"), os.path.join(TESTS, "lossless")]

from client import Client  # noqa: E402  (its folder had to be named first)
from ledger import Ledger  # noqa: E402
from load import Load, serve  # noqa: E402
from origin import Origin  # noqa: E402
from wire import wait_until  # noqa: E402

UNIT = "api-gateway.service"
PROGRAM = "/usr/sbin/api-gateway"
CONFIG = "/etc/api-gateway/gateway.json"
ACCESS_LOG = "/var/log/api-gateway/access.log"
ADDRESS, LOW = ("127.0.0.1", 8000), ("127.0.0.1", 80)


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, not {wanted!r}")


class Service:
    """Steps are methods; each says in its name what is so after it, or raises."""

    def __init__(self, root):
        self.root = root
        self.ledger = Ledger()
        self.origin = Origin(serve(self.ledger), record=False)
        self.upgrades = 0

    # --- looking ----------------------------------------------------------------------------

    def show(self, name):
        return self.root.run("systemctl", "show", "--value", "-p", name, UNIT).strip()

    def active(self):
        return self.show("ActiveState")

    def status(self):
        return json.loads(self.root.run(PROGRAM, "status", "--json"))

    def get(self, target, address=ADDRESS, name=None):
        with Client(address) as client:
            headers = [("X-Request-ID", name)] if name else []
            return client.request("GET", target, headers).status

    def proc(self, pid, name):
        """A file of /proc, of a process as it is numbered inside."""
        return self.root.run("cat", f"/proc/{pid}/{name}")

    def records(self):
        found = []
        folder = self.root.path / os.path.dirname(ACCESS_LOG).lstrip("/")
        for file in folder.iterdir():
            if file.name.startswith("access.log"):
                found += [json.loads(line) for line in file.read_text().splitlines()]
        return found

    # --- steps ------------------------------------------------------------------------------

    def the_unit_is_sound(self):
        for unit in (UNIT, "api-gateway.socket"):
            expect(f"systemd-analyze verify {unit}", self.root.run("systemd-analyze", "verify", unit),
                   "")
        said = self.root.run("systemd-analyze", "security", "--threshold=20", UNIT)
        print("    " + said.strip().splitlines()[-1].lstrip("→ "))

    def it_serves_as_it_was_installed(self):
        expect("state", self.active(), "active")
        expect("/health", self.get("/health"), 200)
        expect("service1, which is not there", self.get("/api/service1/x"), 503)
        self.root.run(PROGRAM, "healthcheck")
        self.root.run(PROGRAM, "-t")

    def it_has_no_more_rights_than_it_needs(self):
        master = self.show("MainPID")
        worker = self.status()["generations"][0]["workers"][0]["pid"]
        user = self.root.run("id", "-u", "api-gateway").strip()
        for pid, capabilities in ((master, "0000000000000400"), (worker, "0000000000000000")):
            facts = dict(line.split(":\t", 1) for line in self.proc(pid, "status").splitlines())
            expect("user", facts["Uid"].split(), [user] * 4)
            expect("capabilities", facts["CapEff"], capabilities)
            expect("no new privileges", facts["NoNewPrivs"], "1")
            expect("system call filter", facts["Seccomp"], "2")
        if self.root.call("nsenter", "--target", master, "--mount", "touch", "/etc/x")[0] == 0:
            raise AssertionError("the gateway can write to /etc")

    def configuration(self, **more):
        return {
            "listeners": [{"address": f"0.0.0.0:{port}"} for _, port in (ADDRESS, LOW)],
            "logs": {"access": {"output": ACCESS_LOG}},
            "services": {"service1": {"instances": [{"url": self.origin.url}]}},
            "routes": [{"match": {"path_prefix": "/api/service1/"}, "service": "service1",
                        "rewrite": {"path_prefix": "/api/"}}], **more}

    def a_reload_takes_a_new_configuration_and_a_low_port(self):
        self.root.write(CONFIG, json.dumps(self.configuration()))
        self.root.run("systemctl", "reload", UNIT)
        expect("low port", self.get("/api/service1/get/0", LOW, "low"), 200)

    def a_bad_file_is_a_failed_reload_and_nothing_else(self):
        before = self.status()["generation"]
        self.root.write(CONFIG, '{ "routs": [] }')
        status, said = self.root.call("systemctl", "reload", UNIT)
        if status == 0:
            raise AssertionError("a reload with a bad file succeeded")
        journal = self.root.run("journalctl", "--no-pager", "-u", UNIT)
        if "gateway.json:1:3: /routs: unknown key" not in journal:
            raise AssertionError(f"the journal does not say what is wrong: {said}{journal}")
        expect("state", self.active(), "active")
        expect("generation", self.status()["generation"], before)
        expect("a request", self.get("/api/service1/get/0", name="bad"), 200)
        self.root.write(CONFIG, json.dumps(self.configuration()))
        self.root.run("systemctl", "reload", UNIT)

    def its_logs_are_rotated(self):
        expect("a request", self.get("/api/service1/get/0", name="before"), 200)
        self.root.run("logrotate", "--force", "/etc/logrotate.d/api-gateway")
        wait_until(lambda: (self.root.path / ACCESS_LOG.lstrip("/")).exists(), "the new log")
        expect("a request", self.get("/api/service1/get/0", name="after"), 200)
        for path, name in ((ACCESS_LOG + ".1", "before"), (ACCESS_LOG, "after")):
            wait_until(lambda: f'"{name}"' in self.root.read(path), f"{name} in {path}")
        owner = self.root.run("stat", "-c", "%U %a", ACCESS_LOG).strip()
        expect("owner and mode of the log", owner, "api-gateway 640")

    def upgrades_under_load_lose_nothing(self, upgrade, times=3):
        """`upgrade` installs another version and gives the version that it is."""
        load = Load(self.ledger, ADDRESS, LOW)
        for _ in range(times):
            load.wait_progress(200)
            before, restarts = self.show("MainPID"), self.show("NRestarts")
            upgrade()
            load.wait_progress(200)
            after = self.show("MainPID")
            if before == after:
                raise AssertionError("the old program goes on:\n" + self.journal())
            expect("program", self.root.run("readlink", f"/proc/{after}/exe").strip(), PROGRAM)
            expect("main process", str(self.status()["pid"]), after)
            expect("restarts", self.show("NRestarts"), restarts)
            self.wait_for_the_old_one()
        load.end()
        problems = self.ledger.losses + self.ledger.judge_log(self.records_of_load())
        problems += [f"{name} unsettled" for name in self.ledger.open]
        if problems:
            raise AssertionError("lost: " + "\n".join(map(str, problems[:20])) + self.journal())
        print(f"    {self.ledger.total()} requests answered, {times} upgrades, none lost")

    def records_of_load(self):
        wait_until(lambda: len({each["request_id"] for each in self.records()} &
                               set(self.ledger.answered)) == self.ledger.total(),
                   "all requests in the log")
        return [each for each in self.records() if each["request_id"].startswith("loss-")]

    def wait_for_the_old_one(self):
        wait_until(lambda: self.root.call(
            "test", "-e", "/run/api-gateway/api-gateway.pid.oldbin")[0] != 0,
            "the end of the old master")

    def journal(self):
        return self.root.call("journalctl", "--no-pager", "-n", "40", "-u", UNIT)[1]

    def an_upgrade_that_cannot_start_leaves_the_old_program(self, upgrade):
        before = self.show("MainPID")
        self.root.write(CONFIG, "{ not json")
        said = upgrade()
        for part in ("gateway.json:1:4: syntax error", "not upgraded", "systemctl restart"):
            if part not in said:
                raise AssertionError(f"the package does not say {part!r}: {said}")
        expect("main process", self.show("MainPID"), before)
        expect("a request", self.get("/api/service1/get/0", name="old"), 200)
        self.root.write(CONFIG, json.dumps(self.configuration()))
        self.root.run(PROGRAM, "upgrade")
        self.wait_for_the_old_one()

    def a_crash_of_the_new_main_process_is_noticed(self):
        before = self.show("MainPID")
        self.root.run("kill", "-SEGV", before)
        wait_until(lambda: self.show("NRestarts") == "1" and self.active() == "active", "a restart")
        expect("a request", self.get("/api/service1/get/0", name="crash"), 200)

    def one_that_hangs_is_restarted_by_the_watchdog(self):
        self.root.write(f"/etc/systemd/system/{UNIT}.d/short.conf", "[Service]\nWatchdogSec=2s\n")
        self.root.run("systemctl", "daemon-reload")
        self.root.run("systemctl", "restart", UNIT)
        before = self.show("NRestarts")
        self.root.run("kill", "-STOP", self.show("MainPID"))
        wait_until(lambda: self.show("NRestarts") != before and self.active() == "active",
                   "a restart by the watchdog")
        self.root.run("rm", "-r", f"/etc/systemd/system/{UNIT}.d")
        self.root.run("systemctl", "daemon-reload")
        self.root.run("systemctl", "restart", UNIT)

    def a_stop_finishes_what_is_in_progress(self):
        self.stop_during_a_download()
        if self.root.call("test", "-e", "/run/api-gateway")[0] == 0:
            raise AssertionError("the runtime directory is left")

    def after_an_upgrade_as_well(self):
        self.root.run("systemctl", "start", UNIT)
        self.root.run(PROGRAM, "upgrade")
        self.wait_for_the_old_one()  # of which the main process was a child
        self.stop_during_a_download()

    def stop_during_a_download(self):
        with Client(ADDRESS) as client:
            client.send_request("GET", "/api/service1/download/300000", [("X-Request-ID", "stop")])
            client.read_head()
            self.root.run("systemctl", "stop", UNIT)
            if len(client.read_to_end()) < 300_000:
                raise AssertionError("a stop cut an answer short:\n" + self.journal())
        expect("state", (self.active(), self.show("Result")), ("inactive", "success"))

    def the_socket_starts_it(self):
        self.root.run("systemctl", "enable", "--now", "api-gateway.socket")
        expect("state before a connection", self.active(), "inactive")
        expect("first request", self.get("/api/service1/get/0", name="socket"), 200)
        expect("state after it", self.active(), "active")
        if "inherited socket is not used" in self.journal():
            raise AssertionError("the gateway did not take the socket:\n" + self.journal())
        self.root.run("systemctl", "reload", UNIT)
        expect("a request", self.get("/api/service1/get/0", name="reloaded"), 200)

    def its_manuals_are_readable(self):
        for page in (("8", "api-gateway"), ("5", "api-gateway.json")):
            said = self.root.run("man", *page)
            if not re.search(r"^NAME$", said, re.M):
                raise AssertionError(f"man {' '.join(page)}: {said[:200]}")

    def walk(self, *steps):
        """Does each and says so."""
        for step in steps:
            print(f"  {step.__name__.replace('_', ' ')}", flush=True)
            step()
