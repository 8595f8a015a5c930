# SPDX-License-Identifier: MIT
"""Storm: everything an operator can do to a running gateway, and what a fault does to it.

Each act is done when the gateway says that it is; between two of them the load goes on for a while.
"""

import json
import os
import random
import signal
import socket
import tempfile

from gateway import Gateway, run_command
from origin import Origin
from wire import DEADLINE, wait_until

from ledger import Ledger
from load import Load, serve


def free_address():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()


class Storm:
    def __init__(self, each=1, seed=1):
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.origin = Origin(serve(self.ledger), record=False)
        self.logs = tempfile.mkdtemp(prefix="gateway-loss-")
        os.chmod(self.logs, 0o777)  # the workers may be somebody else
        self.address, self.second = free_address(), free_address()
        self.reloads = self.rotations = 0
        self.finished = []  # (file, size) of rotated logs that nobody may write to any more
        self.gateway = Gateway({"GATEWAY_HOST": None, "GATEWAY_PORT": None,
                                "GATEWAY_WORKERS": None}, config=self.config())
        self.gateway.address = self.address
        self.old_masters = []
        self.load = Load(self.ledger, self.address, self.second, each)

    def config(self):
        """Another one for each reload: workers and a listener come and go."""
        listeners = [{"address": "%s:%d" % self.address}]
        if self.reloads % 2 == 0:
            listeners.append({"address": "%s:%d" % self.second})
        return {
            "listeners": listeners,
            "workers": 2 + self.reloads % 2,
            "logs": {"access": {"output": os.path.join(self.logs, "access.log")}},
            "services": {"service1": {"instances": [{"url": self.origin.url}]}},
            "routes": [{"match": {"path_prefix": "/api/service1/"}, "service": "service1",
                        "rewrite": {"path_prefix": "/api/"}}],
            # So that nothing but the acts themselves could cost a request, however slow this is.
            "reload": {"max_draining_generations": 64},
            "shutdown": {"drain_timeout": "60s"},
        }

    # --- acts -----------------------------------------------------------------------------

    def command(self, *words):
        status, out, err = run_command(*words, "--runtime-dir", self.gateway.directory)
        if status != 0:
            raise AssertionError(f"{' '.join(words)}: {out}{err}")
        return out

    def status(self):
        return json.loads(self.command("status", "--json"))

    def reload(self):
        self.reloads += 1
        self.gateway.write_config(self.config())
        self.command("reload")

    def rotate(self):
        """As logrotate does it."""
        path = os.path.join(self.logs, "access.log")
        self.rotations += 1
        rotated = f"{path}.{self.rotations}"
        os.rename(path, rotated)
        self.command("reopen")
        if not self.old_masters_live():
            self.finished.append((rotated, os.path.getsize(rotated)))

    def old_masters_live(self):
        living = self.gateway.survivors()
        self.old_masters = [pid for pid in self.old_masters if pid in living]
        return bool(self.old_masters)

    def upgrade(self):
        wait_until(lambda: not self.old_masters_live(), "the end of the last old master")
        old = self.status()["pid"]
        self.command("upgrade")
        self.old_masters.append(old)

    def upgrade_in_steps(self, signal_to_old=signal.SIGQUIT):
        wait_until(lambda: not self.old_masters_live(), "the end of the last old master")
        old = self.status()["pid"]
        os.kill(old, signal.SIGUSR2)
        wait_until(lambda: self.is_master(other_than=old), "the new master")
        self.load.wait_progress()
        os.kill(old, signal_to_old)
        if signal_to_old == signal.SIGQUIT:
            self.old_masters.append(old)
        else:
            wait_until(lambda: self.is_master(pid=old), "the old master to be back")

    def take_back(self):
        self.upgrade_in_steps(signal.SIGHUP)

    def is_master(self, pid=None, other_than=None):
        """Whether that one has the names, and serves."""
        done, out, _ = run_command("status", "--json", "--runtime-dir", self.gateway.directory)
        if done != 0:
            return False
        status = json.loads(out)
        return (status["pid"] not in (other_than,) and pid in (None, status["pid"]) and
                status["successor"] is None and status["summary"].startswith("generation"))

    def kill(self):
        """Kills a worker, and knows whose requests went with it."""
        serving = [worker["pid"] for generation in self.status()["generations"]
                   for worker in generation["workers"]
                   if worker["state"] == "serving" and worker["pid"]]
        victim = self.random.choice(serving)
        os.kill(victim, signal.SIGSTOP)  # from here on it accepts nobody
        wait_until(lambda: self.is_stopped(victim), "the worker to be stopped")
        self.ledger.doom(self.clients_of(victim))
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in self.gateway.survivors(), "the end of the worker")

    @staticmethod
    def is_stopped(pid):
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def clients_of(self, pid):
        """Ports of the clients whose connections this process has."""
        held = set()
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            if target.startswith("socket:["):
                held.add(target[8:-1])
        own = {f":{address[1]:04X}" for address in (self.address, self.second)}
        with open("/proc/net/tcp") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        return {int(row[2].split(":")[1], 16) for row in rows
                if row[9] in held and row[1][-5:] in own}

    def stop(self):
        """Gracefully, under load: who is in is served, who comes later is refused."""
        self.load.stopping.set()
        self.command("quit")
        self.load.end()

    # --- the whole ------------------------------------------------------------------------

    def run(self, **acts):
        """Does each act as often as it says, in a random order, then stops."""
        order = [name for name, count in acts.items() for _ in range(count)]
        self.random.shuffle(order)
        for name in order:
            self.load.wait_progress()
            getattr(self, name)()
        self.load.wait_progress()
        self.stop()

    def judge(self):
        """What went wrong; empty when nothing did."""
        ledger = self.ledger
        problems = [f"lost: {loss}" for loss in ledger.losses]
        problems += [f"unsettled: {name} ({kind})" for name, kind in ledger.open.items()]
        problems += [f"{name} reached the service more than once" for name in ledger.repeated()
                     if name in ledger.answered]
        problems += ledger.judge_log(self.records())
        problems += [f"{path} was written to after reopen had returned"
                     for path, size in self.finished if os.path.getsize(path) != size]
        problems += [f"the service saw: {error!r}" for error in self.origin.failures]
        problems += [line for line in self.gateway.errors.lines
                     if "drain timed out" in line or "tunnels ended" in line]
        return problems

    def records(self):
        records = []
        for name in os.listdir(self.logs):
            with open(os.path.join(self.logs, name)) as file:
                records += [json.loads(line) for line in file]
        return records

    def close(self):
        self.load.ending.set()
        self.gateway.kill()
        self.origin.close()


def report(storm):
    """A few lines of what was done and counted."""
    counts = ", ".join(f"{count} {what}" for what, count in sorted(storm.ledger.counts.items()))
    return (f"{storm.ledger.total()} requests answered; {counts}; "
            f"{len(storm.ledger.losses)} lost")
