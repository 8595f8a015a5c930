#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what a request costs a worker: instructions and system calls, by valgrind.

    costs.py --gateway PATH [--count FILE]

Both are the same on a fast machine and on a slow one, so each has a ceiling in the table below, and
more than that is a failure (exit status 1). That of instructions is for x86-64: a number, or so many
more than a small GET was found to take. Each figure is the difference between two runs that differ
in nothing but REQUESTS requests, divided by that number: what starting and stopping cost is not in
it. A busy machine adds ticks of the timer to a run and nothing takes any away: what is above its
ceiling is counted again, and the least of each run counts. One worker, one client and one service,
each on one kept connection on loopback; the access log goes to a file. Of two workers the sum
counts: were there anything that they share, it would cost either some.

Waiting (epoll_wait) and writing the log are not counted as calls: both are shared by as many
requests as come together. Nor is looking at the clock: outside of valgrind that is no system call.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

WARM_UP, REQUESTS = 30, 400
MORE_FIELDS = 10
ROUNDS = 8
CONNECTIONS_OF_MANY = 8  # to more than one worker: which of them accepts is up to the kernel
PATIENCE_S = 60  # for one step of a run; a whole run takes a second or two

KIB = 1024
SHARED_CALLS = {"epoll_wait", "write", "clock_gettime", "time"}


class Scenario:
    """What all requests of a run are like, and the most that one of them may cost."""

    def __init__(self, name, instructions, calls, routes=8, **kind):
        self.name, self.instructions, self.calls, self.routes = name, instructions, calls, routes
        self.more_fields = kind.get("more_fields", 0)
        self.body = b"x" * kind.get("body", 0)
        self.answer_size = kind.get("answer_size", 3)
        self.workers = kind.get("workers", 1)

    def warm_up(self):
        return Scenario(SMALL.name, 0, 0, self.routes, workers=self.workers)

    def ceiling(self, small):
        """Of instructions and calls; `small` is what a small GET was found to take."""
        if platform.machine() != "x86_64":
            return float("inf"), self.calls
        return (self.instructions(small) if callable(self.instructions) else self.instructions,
                self.calls)


SMALL = Scenario("a small GET", 13000, 4.1)
SCENARIOS = [
    SMALL,
    Scenario(f"the same with {MORE_FIELDS} more header fields",
             lambda small: small + MORE_FIELDS * 400, 4.1, more_fields=MORE_FIELDS),
    Scenario("the same, 2,000 routes instead of 8", lambda small: small * 1.03, 4.1, routes=2000),
    Scenario("a POST of 1 KiB", 14000, 4.1, body=KIB),
    Scenario("an answer of 16 KiB", 13500, 4.1, answer_size=16 * KIB),
    Scenario("an answer of 1 MiB", 20000, 24, answer_size=KIB * KIB),
    Scenario("an upload of 1 MiB", 20000, 24, body=KIB * KIB),
    Scenario("a small GET, two workers", lambda small: small * 1.03, 4.1, workers=2),
]


class Service(threading.Thread):
    """Answers each request with as many bytes as its path ends with."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    @staticmethod
    def serve(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        while data := connection.recv(65536):
            received += data
            head, end, rest = received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
            body = int(length[1]) if length else 0
            if not end or len(rest) < body:
                continue
            received = rest[body:]
            size = int(re.match(rb"\S+ /(\d+)", head)[1])
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               b"Content-Length: %d\r\n\r\n" % size + b"a" * size)


def configuration(scenario, url):
    """Each four of its routes share a prefix and differ in host and method."""
    routes = []
    for number in range(scenario.routes):
        group, kind = number // 4, number % 4
        match = {"path_prefix": f"/group-{group:04}/items/"}
        if kind == 1:
            match["host"] = f"host-{group:04}.bench.test"
        if kind == 2:
            match["host"] = f"*.zone-{group:04}.bench.test"
        if kind == 3:
            match["methods"] = ["PUT", "DELETE"]
        routes.append({"match": match, "service": "bench", "rewrite": {"path_prefix": "/"}})
    return {"listeners": [{"address": "127.0.0.1:0"}], "workers": scenario.workers,
            "routes": routes, "services": {"bench": {"instances": [{"url": url}]}}}


def requests(count, scenario):
    """`count` requests that meet routes of all groups, with and without a host."""
    fields = "".join(f"X-Bench-{number}: some-value-{number}\r\n"
                     for number in range(scenario.more_fields))
    method = "GET"
    if scenario.body:
        method = "POST"
        fields += f"Content-Length: {len(scenario.body)}\r\n"
    for number in range(count):
        group = number * 7 % (scenario.routes // 4)
        host = ("elsewhere", f"host-{group:04}", f"any.zone-{group:04}")[number % 3]
        yield (f"{method} /group-{group:04}/items/{scenario.answer_size} HTTP/1.1\r\n"
               f"Host: {host}.bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n{fields}\r\n"
               ).encode("ascii") + scenario.body


class Run:
    """One gateway under callgrind in a directory of its own."""

    def __init__(self, gateway, folder, config):
        self.folder = pathlib.Path(folder)
        (self.folder / "gateway.json").write_text(json.dumps(config), encoding="ascii")
        environment = {name: value for name, value in os.environ.items()
                       if not re.match("GATEWAY_|SERVICE|RUNTIME_DIRECTORY", name)}
        with open(self.folder / "access.log", "wb") as access_log:
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=callgrind.%p",
                 "--trace-syscalls=yes", "--log-file=calls.%p",
                 gateway, "-c", "gateway.json", "--runtime-dir", "."],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=access_log,
                stderr=subprocess.PIPE, text=True, start_new_session=True)

    def wait_ready(self):
        """Gives the port once workers accept."""
        port, said = None, []
        for line in self.process.stderr:
            said.append(line)
            if found := re.search(r"listening address=127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
            if "generation ready" in line:
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return port
        raise RuntimeError("the gateway did not start:\n" + "".join(said))

    def drive(self, messages, connections):
        """Sends them one after the other, on each connection in turn."""
        port = self.wait_ready()
        with contextlib.ExitStack() as stack:
            clients = []
            for number, message in enumerate(messages):
                if number < connections:
                    client = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    clients.append(stack.enter_context(client))
                self.ask(clients[number % connections], message)

    @staticmethod
    def ask(client, message):
        client.sendall(message)
        received, whole = b"", None
        while whole is None or len(received) < whole:
            data = client.recv(65536)
            if not data or not received and not data.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"not the answer of the service: {data!r}")
            received += data
            head, end, _ = received.partition(b"\r\n\r\n")
            if end:
                length = re.search(rb"\nContent-Length: (\d+)", head)
                whole = len(head) + len(end) + int(length[1])

    def worker_costs(self):
        """Ends the gateway; gives the instructions and the system calls of each of its workers."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE_S) != 0:
            raise RuntimeError(f"the gateway ended with {self.process.returncode}")
        return [self.process_costs(path) for path in self.folder.glob("callgrind.*")
                if int(path.suffix[1:]) != self.process.pid]

    def process_costs(self, path):
        totals = re.findall(r"^(?:totals|summary): (\d+)", path.read_text(), re.M)
        said = (self.folder / f"calls{path.suffix}").read_text()
        calls = [name for name in re.findall(r"^SYSCALL\[\d+,1\]\( *\d+\) sys_(\w+)", said, re.M)
                 if name not in SHARED_CALLS]
        if not totals or not calls:
            raise RuntimeError("valgrind did not say what a worker did")
        return int(totals[-1]), len(calls)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def count_run(gateway, scenario, url, messages):
    """The instructions and the system calls of all workers; all of them had something to do."""
    connections = 1 if scenario.workers == 1 else CONNECTIONS_OF_MANY
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
            os.chmod(folder, 0o777)  # the worker of a root is somebody else
            run = Run(gateway, folder, configuration(scenario, url))
            try:
                run.drive(messages, connections)
                costs = run.worker_costs()
            finally:
                run.kill()
        instructions, calls = zip(*costs)
        if len(costs) == scenario.workers and min(calls) * 10 > max(calls):
            return sum(instructions), sum(calls)
    raise RuntimeError(f"not all of {scenario.workers} workers had something to do: {costs}")


class Counter:
    def __init__(self, gateway):
        self.gateway = gateway
        self.service = Service()
        self.started = {}  # routes, workers: what a run of WARM_UP small requests cost, at least

    def run(self, scenario, messages):
        return count_run(self.gateway, scenario, self.service.url, list(messages))

    def start(self, scenario):
        costs = self.run(scenario, requests(WARM_UP, scenario.warm_up()))
        key = scenario.routes, scenario.workers
        self.started[key] = tuple(map(min, costs, self.started.get(key, costs)))
        return self.started[key]

    def count(self, scenario, ceiling):
        """Of as many rounds as it takes to be below the ceiling; of three in any case for what the
        others are compared with."""
        started = self.started.get((scenario.routes, scenario.workers))
        least = None
        for number in range(ROUNDS):
            started = self.start(scenario) if number > 0 or started is None else started
            costs = self.run(scenario, [*requests(WARM_UP, scenario.warm_up()),
                                        *requests(REQUESTS, scenario)])
            least = tuple(map(min, costs, least or costs))
            figures = tuple((cost - start) / REQUESTS for cost, start in zip(least, started))
            is_below = all(map(lambda figure, most: figure <= most, figures, ceiling))
            if is_below and (scenario is not SMALL or number >= 2):
                break
        return figures


def main():
    parser = argparse.ArgumentParser(description="instructions and system calls of a request")
    parser.add_argument("--gateway", required=True, help="the program")
    parser.add_argument("--count", help="write passed, failed and skipped into this file")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending the gateway
    if shutil.which("valgrind") is None:
        sys.exit('costs.py: valgrind is missing, install the package "valgrind"')

    counter = Counter(os.path.abspath(options.gateway))
    failed = 0
    small = None
    print("what a request costs a worker, with all connections kept:\n"
          f"  {'':42} {'instructions':>18} {'system calls':>14}")
    for scenario in SCENARIOS:
        most_instructions, most_calls = scenario.ceiling(small)
        instructions, calls = counter.count(scenario, (most_instructions, most_calls))
        small = small or instructions
        is_above = instructions > most_instructions or calls > most_calls
        failed += is_above
        print(f"  {scenario.name:42} {instructions:>9,.0f} /{most_instructions:>7,.0f}"
              f" {calls:>8.2f} /{most_calls:>4}{'  ABOVE ITS CEILING' if is_above else ''}",
              flush=True)
    if options.count:
        pathlib.Path(options.count).write_text(f"{len(SCENARIOS) - failed} {failed} 0\n",
                                               encoding="ascii")
    print(f"costs: {len(SCENARIOS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
