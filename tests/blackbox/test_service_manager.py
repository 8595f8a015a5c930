# SPDX-License-Identifier: MIT
"""What a service manager is told, and what it passes on: notifications and sockets."""

import os
import re
import signal
import socket
import sys

from case import HoldingCase
from gateway import BINARY
from wire import DEADLINE, wait_until


class Manager:
    """The socket that a service manager listens on for notifications."""

    def __init__(self, name):
        self.name = name
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind("\0" + name[1:] if name.startswith("@") else name)
        if not name.startswith("@"):
            os.chmod(name, 0o777)
        self.sock.settimeout(DEADLINE)

    def next(self):
        """The next notification, as a dictionary; feedings of the watchdog are passed over."""
        while True:
            text = self.sock.recv(4096).decode()
            if text != "WATCHDOG=1":
                return dict(line.split("=", 1) for line in text.splitlines())

    def close(self):
        self.sock.close()


class Notifications(HoldingCase):
    def manager(self, name=None):
        manager = Manager(name or self.temporary("notify"))
        self.addCleanup(manager.close)
        return manager

    def test_ready_reload_and_stop_are_told(self):
        manager = self.manager()
        gw = self.start(NOTIFY_SOCKET=manager.name, config={"workers": 1})
        told = manager.next()
        self.assertEqual(told["READY"], "1")
        self.assertEqual(told["STATUS"], "generation 1 serves with 1 worker")
        gw.send_signal(signal.SIGHUP)
        told = manager.next()
        self.assertEqual(told["RELOADING"], "1")
        self.assertRegex(told["MONOTONIC_USEC"], r"^\d+$")
        told = manager.next()
        self.assertEqual(told["READY"], "1")
        self.assertIn("generation 2 serves", told["STATUS"])
        gw.write_config("{")
        gw.send_signal(signal.SIGHUP)
        self.assertIn("RELOADING", manager.next())
        self.assertIn("generation 2 serves", manager.next()["STATUS"])  # it goes on
        gw.send_signal(signal.SIGTERM)
        told = manager.next()
        self.assertEqual(told["STOPPING"], "1")
        self.assertEqual(told["EXTEND_TIMEOUT_USEC"], "13000000")
        self.assertEqual(gw.wait_exit(), 0)

    def test_an_abstract_socket_does_as_well(self):
        manager = self.manager(f"@gateway-test-{os.getpid()}")
        self.start(NOTIFY_SOCKET=manager.name)
        self.assertEqual(manager.next()["READY"], "1")

    def test_the_watchdog_is_fed_while_the_master_lives(self):
        manager = self.manager()
        # The pid to watch is that of the gateway: the shell's own, which it becomes.
        gw = self.start(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC=100_000,
                        prefix=("sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"))
        fed = 0
        while fed < 5:
            fed += manager.sock.recv(4096) == b"WATCHDOG=1"
        os.kill(gw.pid, signal.SIGSTOP)
        manager.sock.settimeout(0.5)  # five times as long as it may be silent
        with self.assertRaises(TimeoutError):
            while True:
                manager.sock.recv(4096)
        os.kill(gw.pid, signal.SIGCONT)
        manager.sock.settimeout(DEADLINE)
        self.assertTrue(manager.sock.recv(4096))

    def test_somebody_elses_watchdog_is_not_fed(self):
        manager = self.manager()
        gw = self.start(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC=1000, WATCHDOG_PID=1)
        self.assertEqual(manager.sock.recv(4096)[:7], b"READY=1")
        gw.send_signal(signal.SIGTERM)
        self.assertEqual(manager.sock.recv(4096)[:10], b"STOPPING=1")

    def test_an_upgrade_names_the_new_main_process(self):
        manager = self.manager()
        gw = self.start(NOTIFY_SOCKET=manager.name)
        manager.next()
        gw.send_signal(signal.SIGUSR2)
        told = [manager.next(), manager.next()]
        line = gw.wait_error_line("new master is ready")
        new = re.search(r"pid=(\d+)", line)[1]
        self.assertIn({"MAINPID": new}, told)  # by the old one: it is whom the manager believes
        self.assertIn("1", [each.get("READY") for each in told])
        os.kill(int(new), signal.SIGKILL)
        self.assertEqual(manager.next(), {"MAINPID": str(gw.pid)})

    def test_without_somebody_at_the_socket_the_gateway_runs(self):
        gw = self.start(NOTIFY_SOCKET="/nonexistent/notify")
        self.assertEqual(gw.get("/api/service1/x").status, 200)


# Binds the addresses, puts the sockets at 3, 4, … and becomes the gateway, as systemd does it.
ACTIVATE = r"""
import os, socket, sys
names, addresses = sys.argv[1], sys.argv[2].split(",")
socks = []
for address in addresses:
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(address[5:])
        os.chmod(address[5:], 0o777)
    else:
        sock = socket.socket()
        host, port = address.split(":")
        sock.bind((host, int(port)))
    sock.listen(100)
    socks.append(sock)
high = [os.dup2(sock.fileno(), 100 + i, False) for i, sock in enumerate(socks)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.set_inheritable(3 + i, True)
os.environ.update(LISTEN_PID=os.environ.get("LISTEN_PID", str(os.getpid())), LISTEN_FDS=str(len(high)))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(sys.argv[3], sys.argv[3:])
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Activation(HoldingCase):
    def activated(self, names, addresses, **options):
        return self.start(prefix=(sys.executable, "-c", ACTIVATE, names, ",".join(addresses)),
                          **options)

    def inode(self, pid, port):
        with open("/proc/net/tcp") as file:
            inodes = [line.split()[9] for line in file
                      if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"]
        held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        return [inode for inode in inodes if f"socket:[{inode}]" in held]

    def test_sockets_are_taken_by_name_or_by_address(self):
        port, named = free_port(), free_port()
        gw = self.activated(
            f"web:public", [f"127.0.0.1:{port}", f"127.0.0.1:{named}"],
            config={"listeners": [{"address": f"127.0.0.1:{port}"},
                                  {"address": "127.0.0.1:1", "name": "public"}]},
            GATEWAY_HOST=None, GATEWAY_PORT=None, LISTEN_PID=None)
        for each in (port, named):
            self.assertEqual(len(self.inode(gw.pid, each)), 1)
            socket.create_connection(("127.0.0.1", each), DEADLINE).close()
        gw.wait_error_line(f"listening address=127.0.0.1:{named}")
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        gw.send_signal(signal.SIGHUP)  # they stay across a reload
        gw.wait_error_line("generation ready generation=2")
        for each in (port, named):
            socket.create_connection(("127.0.0.1", each), DEADLINE).close()

    def test_one_without_a_listener_is_closed_with_a_warning(self):
        port, other = free_port(), free_port()
        gw = self.activated("", [f"127.0.0.1:{port}", f"127.0.0.1:{other}"], GATEWAY_PORT=port,
                            LISTEN_PID=None)
        gw.wait_error_line(f"inherited socket is not used.*address=127.0.0.1:{other}")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", other), DEADLINE)

    def test_the_file_of_an_inherited_unix_socket_stays_the_managers(self):
        path = self.temporary("listener.sock")
        gw = self.activated("", ["127.0.0.1:0", f"unix:{path}"], LISTEN_PID=None,
                            config={"listeners": [{"address": "127.0.0.1:0"},
                                                  {"address": f"unix:{path}"}]},
                            GATEWAY_HOST=None, GATEWAY_PORT=None)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
        gw.stop()
        self.assertTrue(os.path.exists(path))

    def test_sockets_for_another_process_are_left_alone(self):
        port = free_port()
        gw = self.activated("", [f"127.0.0.1:{port}"], LISTEN_PID=1)
        self.assertNotEqual(gw.address[1], port)
        self.assertNotIn("inherited", gw.errors.text())

    def test_what_is_no_listening_socket_is_an_error(self):
        import subprocess
        done = subprocess.run(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 GATEWAY_PORT=0 exec "$0" 3</dev/null', BINARY],
            capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("descriptor 3 is no listening stream socket", done.stderr)
