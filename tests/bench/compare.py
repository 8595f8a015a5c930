#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPU and system calls of a proxied request: this gateway, nginx and HAProxy, side by side.

    compare.py --gateway PATH --load PATH --service PATH [--rounds N] [--seconds S] [-k SCENARIO]

Service and clients (service.cc, load.cc) take as little CPU as they can, but share the machine with
the proxies: how much passes in a second says more about that than about a proxy. What counts is the
CPU that the processes of a proxy use for a request, and of that the ratio to another proxy's in the
same round, since rounds are interleaved: the median of those ratios is what the table has. System
calls come from a run of their own under strace, where that is installed.

How long a client waits is measured at half of what the slowest of them can do: requests are due at
fixed times, whether or not those before them have been answered, and each is timed from when it was
due.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leaves nothing in the source tree
from proxies import PATIENCE_S, descendants, start_all  # noqa: E402

CONNECTIONS = 64
IDLE_CONNECTIONS = 400
KIB, MIB = 1 << 10, 1 << 20

BROWSER = "".join(f"{name}: {value}\r\n" for name, value in {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5", "Accept-Encoding": "gzip, deflate, br",
    "Referer": "http://bench.test/some/page", "Cookie": "session=0123456789abcdef; theme=dark",
    "Upgrade-Insecure-Requests": "1", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate",
}.items())


class Scenario:
    def __init__(self, name, size, **kind):
        self.name, self.size = name, size
        self.body = kind.get("body", 0)
        self.closes = kind.get("closes", False)
        self.connections = kind.get("connections", CONNECTIONS)
        fields = kind.get("fields", "")
        if self.body:
            fields += f"Content-Length: {self.body}\r\n"
        if self.closes:
            fields += "Connection: close\r\n"
        self.request = (f"{'POST' if self.body else 'GET'} /bytes/{size} HTTP/1.1\r\n"
                        f"Host: bench.test\r\n{fields}\r\n").encode() + b"x" * self.body


SCENARIOS = [
    Scenario("small GET", 200),
    Scenario("browser GET", 200, fields=BROWSER),
    Scenario("POST 1 KiB", 200, body=KIB),
    Scenario("16 KiB answer", 16 * KIB),
    Scenario("1 MiB answer", MIB, connections=8),
    Scenario("1 MiB upload", 200, body=MIB, connections=8),
    Scenario("close", 200, closes=True),
]


class Load:
    """Clients of one server, connected."""

    def __init__(self, program, port, scenario):
        self.request = tempfile.NamedTemporaryFile()
        self.request.write(scenario.request)
        self.request.flush()
        self.process = subprocess.Popen(
            [program, str(port), str(scenario.connections), self.request.name, str(scenario.size),
             "close" if scenario.closes else "keep"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        figures = self.process.stdout.readline().split()
        if not figures:
            raise RuntimeError("the clients have ended")
        return [int(figure) for figure in figures]

    def run(self, seconds):
        """Gives the number of answers; there is one to each request."""
        return self.order("run", seconds)[0]

    def close(self):
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_S)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.request.close()


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    @contextlib.contextmanager
    def load_on(self, server, scenario):
        load = Load(self.options.load, server.port, scenario)
        try:
            load.run(0.1)  # connections to the service are made, and caches filled
            yield load
        finally:
            load.close()

    def cpu_us(self, server, scenario):
        with self.load_on(server, scenario) as load:
            before = server.cpu_ns()
            answers = load.run(self.options.seconds)
            return (server.cpu_ns() - before) / answers / 1000

    def calls(self, server, scenario):
        """System calls per request; None where strace is not installed or not allowed."""
        if shutil.which("strace") is None:
            return None
        pids = [argument for pid in descendants(server.process.pid)
                for argument in ("-p", str(pid))]
        report = self.folder / "strace"
        report.write_text("")
        with self.load_on(server, scenario) as load:
            tracer = subprocess.Popen(["strace", "-f", "-c", "-o", report, *pids],
                                      stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                said = [tracer.stderr.readline() for _ in range(len(pids) // 2)]
                answers = load.run(0.7)
                tracer.send_signal(signal.SIGINT)
                tracer.communicate(timeout=PATIENCE_S)
            finally:
                tracer.kill()
                tracer.wait()
            if not all(line.endswith(b" attached\n") for line in said):
                return None
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*?(\S+)$", report.read_text(),
                          re.M)
        counted = sum(int(count) for count, name in rows if name != "total")
        return counted / answers if counted else None

    def rounds(self, servers, measure):
        """What each server's figure was in each round, whose order changes."""
        rounds = [{} for _ in range(self.options.rounds)]
        for number, figures in enumerate(rounds):
            for server in servers if number % 2 == 0 else reversed(servers):
                figures[server] = measure(server)
        return rounds

    def row(self, scenario, servers):
        rounds = self.rounds(servers, lambda server: self.cpu_us(server, scenario))
        gateway = servers[0]
        cells = []
        for server in servers:
            cpu = statistics.median(figures[server] for figures in rounds)
            ratio = statistics.median(figures[gateway] / figures[server] for figures in rounds)
            count = self.calls(server, scenario)
            cells.append(f"{cpu:>9.1f} {'' if server is gateway else format(ratio, '.2f'):>5}"
                         f" {'-' if count is None else format(count, '.1f'):>7}")
        return f"{scenario.name:14}" + " |".join(cells)

    def answers_per_second(self, server):
        with self.load_on(server, SCENARIOS[0]) as load:
            return load.run(self.options.seconds) / self.options.seconds

    def waits_ms(self, server, rate):
        """Median and 99th percentile of what `rate` requests a second wait for their answers."""
        with self.load_on(server, SCENARIOS[0]) as load:
            return [us / 1000 for us in load.order("pace", rate, self.options.seconds)]

    def waiting(self, servers):
        """One line: how long clients wait at half of what the slowest server can do."""
        rate = min(self.answers_per_second(server) for server in servers) / 2
        rounds = self.rounds(servers, lambda server: self.waits_ms(server, rate))
        cells = []
        for server in servers:
            median, slowest = (statistics.median(column)
                               for column in zip(*(figures[server] for figures in rounds)))
            cells.append(f"{server.name} {median:.2f} {slowest:.2f}")
        return (f"milliseconds until the answer at {rate:,.0f} requests a second, median and 99th "
                f"percentile: {', '.join(cells)}")


def idle_kib(server):
    """Memory of one more client connection that has been used once."""
    request = SCENARIOS[0].request
    with contextlib.ExitStack() as stack:
        def connect(count):
            for _ in range(count):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", server.port), PATIENCE_S))
                client.sendall(request)
                received = b""
                while len(received) < SCENARIOS[0].size:
                    data = client.recv(65536)
                    received += data
                    if not data or not received.startswith(b"HTTP/1.1 200 "[:len(received)]):
                        raise RuntimeError(f"{server.name} answers {received!r}")

        connect(IDLE_CONNECTIONS // 4)  # what is needed once, for whatever number
        before = server.memory_kib()
        connect(IDLE_CONNECTIONS)
        return (server.memory_kib() - before) / IDLE_CONNECTIONS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for program in ("gateway", "load", "service"):
        parser.add_argument(f"--{program}", required=True, type=os.path.abspath, help="the program")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.7, help="of one proxy in one round")
    parser.add_argument("-k", default="", metavar="SCENARIO", help="only those that mention this")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(1))  # not without ending the servers
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name, \
            contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)  # the worker of a root is somebody else
        servers = start_all(stack, options.gateway, options.service, folder)
        bench = Bench(options, folder)
        idle = ", ".join(f"{server.name} {idle_kib(server):.2f}" for server in servers)
        print("per request: microseconds of CPU, the gateway's as a part of that (below 1: it takes"
              " less),\nand system calls")
        print(f"{'':14}" + " |".join(f"{server.name:>23}" for server in servers))
        for scenario in SCENARIOS:
            if options.k in scenario.name:
                print(bench.row(scenario, servers), flush=True)
        if options.k in SCENARIOS[0].name:
            print(bench.waiting(servers), flush=True)
        print(f"KiB of an idle client connection: {idle}")


if __name__ == "__main__":
    main()
