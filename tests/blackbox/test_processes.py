# SPDX-License-Identifier: MIT
"""Master and workers: who runs, what is inherited, and what happens when one dies."""

import itertools
import os
import pwd
import re
import signal
import socket
import subprocess
import threading
import time

from case import Case
from gateway import BINARY, processes, run_command
from wire import DEADLINE, wait_until


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().rstrip("\n")
    except OSError:
        return None


class Processes(Case):
    def test_the_master_has_as_many_workers_as_configured_and_no_other_children(self):
        gw = self.gateway(GATEWAY_WORKERS=3)
        workers = gw.wait_workers(3)
        self.assertEqual(set(gw.survivors()), {gw.pid, *workers})

    def test_the_master_serves_no_request(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            for _ in range(20):
                client.get("/api/service1/x")
            sockets = [os.readlink(f"/proc/{gw.pid}/fd/{fd}")
                       for fd in os.listdir(f"/proc/{gw.pid}/fd")]
            ports = self.ports_of([name for name in sockets if name.startswith("socket:")])
            self.assertEqual(ports, {(gw.address[1], "0A")})  # the listener and nothing else

    @staticmethod
    def ports_of(sockets):
        """{(local port, state)} of these sockets."""
        inodes = {name[len("socket:["):-1] for name in sockets}
        with open("/proc/net/tcp") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        return {(int(row[1].rsplit(":", 1)[1], 16), row[3]) for row in rows if row[9] in inodes}

    def test_all_workers_inherit_one_socket(self):
        gw = self.gateway(GATEWAY_WORKERS=2)
        gw.wait_workers(2)
        self.assertEqual(len(gw.listener_inodes()), 1)

    def test_a_killed_worker_is_replaced_while_the_others_serve(self):
        gw = self.gateway(self.origin(), GATEWAY_WORKERS=2)
        before = set(gw.wait_workers(2))
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        for _ in range(20):
            self.assertEqual(gw.get("/api/service1/x").status, 200)
        wait_until(lambda: len(set(gw.workers()) - {victim}) == 2, "the replacement")
        self.assertTrue(before - {victim} <= set(gw.workers()))
        self.assertIn(str(victim), gw.wait_error_line(r"worker exited.*KILL"))

    def test_a_worker_that_keeps_dying_young_is_always_replaced_each_time_later(self):
        gw = self.gateway()
        seen, took_ms = set(), []
        for _ in range(5):
            pid = wait_until(lambda: [p for p in gw.workers() if p not in seen], "a new worker")[0]
            seen.add(pid)
            killed_at = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: set(gw.workers()) - seen, "a new worker")
            took_ms.append((time.monotonic() - killed_at) * 1000)
        self.assertEqual(gw.get("/health").status, 200)
        waits_ms = [int(ms) for ms in
                    re.findall(r"worker exited .*\brespawn_in_ms=(\d+)", gw.errors.text())]
        self.assertEqual(len(waits_ms), 5)
        for before, after in itertools.pairwise(waits_ms):
            self.assertGreater(after, before)
        for promised, took in zip(waits_ms, took_ms):
            self.assertGreaterEqual(took, promised)  # and it does wait that long

    def test_a_worker_that_dies_before_the_master_hears_that_it_is_ready_is_replaced(self):
        """It waits for /etc/group, a FIFO here, until the master is stopped."""
        probe = ("unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/group")
        if os.geteuid() != 0 or subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("not started as root, or no mount namespaces")
        fifo = self.temporary("group")
        os.mkfifo(fifo)
        port = self.reserved_port("127.0.0.1")
        done = threading.Event()
        self.addCleanup(done.set)

        def let_workers_start():
            """Stops the master once it has a worker; then whoever reads the FIFO finds it empty."""
            name = os.path.basename(BINARY)[:15]
            me, master = os.getpid(), None
            while not done.wait(0.01):
                table = processes()
                master = master or next(
                    (parent for pid, (parent, _, _) in table.items()
                     if table.get(parent, (0,))[0] == me and name_of(pid) == name), None)
                if master is None:
                    continue
                if not stopped.is_set():
                    os.kill(master, signal.SIGSTOP)
                    stopped.set()
                try:
                    os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
                except OSError:
                    pass  # nobody reads

        stopped = threading.Event()
        threading.Thread(target=let_workers_start, daemon=True).start()
        gw = self.gateway(prefix=("unshare", "-m", "sh", "-c",
                                  'mount --bind "$0" /etc/group && exec "$@"', fifo),
                          address=("127.0.0.1", port), GATEWAY_PORT=port)
        victim = gw.worker()  # it answers already
        self.assertEqual(processes()[gw.pid][2], "T")
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: processes()[victim][2] == "Z", "the end of the worker")
        os.kill(gw.pid, signal.SIGCONT)
        gw.wait_error_line(rf"worker exited pid={victim} .*signal=KILL")
        wait_until(lambda: set(gw.workers()) - {victim}, "the replacement")
        self.assertEqual(gw.get("/health").status, 200)

    def test_connections_wait_for_a_worker_in_the_inherited_socket(self):
        gw = self.gateway()
        pid = gw.worker()
        gw.stop_process(pid)
        with gw.client() as client:  # accepted by the kernel, by nobody else
            client.send_request("GET", "/health")
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(client.read_response().status, 200)

    def test_workers_end_when_the_master_is_killed(self):
        gw = self.gateway(self.origin(), GATEWAY_WORKERS=2)
        workers = gw.wait_workers(2)
        os.kill(gw.pid, signal.SIGKILL)
        gw.process.wait()
        wait_until(lambda: not set(workers) & {pid for pid, (_, _, state) in processes().items()
                                               if state not in "ZX"}, "the end of the workers")
        gw.kill()

    def test_workers_do_not_run_as_root_and_the_log_says_as_whom(self):
        if os.geteuid() != 0:
            self.skipTest("not started as root")
        gw = self.gateway()
        name, uid = re.search(r"workers run as user=(\S+) uid=(\d+)",
                              gw.wait_error_line("workers run as")).groups()
        account = pwd.getpwnam(name)
        self.assertEqual(str(account.pw_uid), uid)
        self.assertNotEqual(account.pw_uid, 0)
        with open(f"/proc/{gw.worker()}/status") as file:
            ids = dict(line.split(":", 1) for line in file)
        groups = os.getgrouplist(name, account.pw_gid)
        self.assertEqual(ids["Uid"].split(), [uid] * 4)
        self.assertEqual(ids["Gid"].split(), [str(account.pw_gid)] * 4)
        self.assertEqual(set(map(int, ids["Groups"].split())), set(groups))
        self.assertNotIn(0, groups)

    def test_workers_have_no_capabilities_and_can_gain_none(self):
        gw = self.gateway()
        for pid, most in ((gw.worker(), 0), (gw.pid, self.NEEDED)):
            with open(f"/proc/{pid}/status") as file:
                facts = dict(line.split(":", 1) for line in file)
            self.assertEqual(facts["NoNewPrivs"].strip(), "1")
            for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                self.assertEqual(int(facts[name], 16) & ~most, 0, name)

    # CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, NET_BIND_SERVICE
    NEEDED = sum(1 << bit for bit in (0, 1, 3, 5, 6, 7, 10))

    def test_titles_say_which_process_is_which(self):
        def title(pid):
            with open(f"/proc/{pid}/cmdline") as file:
                return file.read().rstrip("\0")

        release = threading.Event()
        self.addCleanup(release.set)

        def script(conn):
            conn.read_request()
            release.wait(60)
            conn.respond(200, b"late")

        gw = self.gateway(self.origin(script))
        old = gw.worker()
        self.assertEqual(title(gw.pid), "api-gateway: master")
        self.assertEqual(title(old), "api-gateway: worker 0 gen 1")
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            self.origins[0].wait_requests()
            gw.send_signal(signal.SIGHUP)
            gw.wait_error_line("reload done generation=2")
            self.assertEqual(title(old), "api-gateway: worker 0 gen 1 (draining)")
            new = next(pid for pid in gw.workers() if pid != old)
            self.assertEqual(title(new), "api-gateway: worker 1 gen 2")
            release.set()
            self.assertEqual(client.read_response().status, 200)


class PidFile(Case):
    def test_the_pid_file_holds_the_masters_pid_and_goes_with_it(self):
        path = self.temporary("gateway.pid")
        gw = self.gateway(args=("--pid-file", path))
        with open(path) as file:
            self.assertEqual(file.read(), f"{gw.pid}\n")
        gw.stop()
        self.assertFalse(os.path.exists(path))

    def test_a_second_gateway_with_the_same_pid_file_is_refused(self):
        path = self.temporary("gateway.pid")
        gw = self.gateway(args=("--pid-file", path))
        status, _, err = run_command("--pid-file", path, env={
            "GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": "0"})
        self.assertNotEqual(status, 0)
        self.assertIn(str(gw.pid), err)
        self.assertEqual(gw.get("/health").status, 200)

    def test_a_stale_pid_file_is_no_obstacle(self):
        path = self.temporary("gateway.pid")
        with open(path, "w") as file:
            file.write("1\n")
        gw = self.gateway(args=("--pid-file", path))
        with open(path) as file:
            self.assertEqual(file.read(), f"{gw.pid}\n")

    def test_a_pid_file_that_cannot_be_written_is_an_error(self):
        status, _, err = run_command("--pid-file", "/nonexistent/dir/x.pid", env={
            "GATEWAY_HOST": "127.0.0.1", "GATEWAY_PORT": "0"})
        self.assertNotEqual(status, 0)
        self.assertIn("/nonexistent/dir/x.pid", err)
