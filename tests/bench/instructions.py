#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions that a request costs a worker, with callgrind.

    instructions.py --gateway PATH

Each figure is the difference between two runs that differ in nothing but the number of requests,
divided by that number: what starting and stopping cost is not in it. Of several such runs the least
counts, since a slow machine adds timers and nothing takes instructions away. One worker, one client
and one service, each on one kept connection on loopback; the access log is written. Exit status 1
when 2,000 routes cost a request noticeably more than 8 do.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

FEW, MANY = 8, 2000
SHORT_RUN, LONG_RUN = 100, 1100
MORE_FIELDS = 10
ROUNDS = 2
TOLERATED_PERCENT = 3
PATIENCE_S = 60  # for one step of a run; a whole run takes a few seconds


class Service(threading.Thread):
    """Answers every request with the same few bytes."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        received = b""
        while data := connection.recv(65536):
            received += data
            while b"\r\n\r\n" in received:
                received = received.partition(b"\r\n\r\n")[2]
                connection.sendall(self.ANSWER)


def configuration(count, url):
    """`count` routes; each four of them share a prefix and differ in host and method."""
    routes = []
    for number in range(count):
        group, kind = number // 4, number % 4
        match = {"path_prefix": f"/group-{group:04}/items/"}
        if kind == 1:
            match["host"] = f"host-{group:04}.bench.test"
        if kind == 2:
            match["host"] = f"*.zone-{group:04}.bench.test"
        if kind == 3:
            match["methods"] = ["PUT", "DELETE"]
        routes.append({"match": match, "service": "bench", "rewrite": {"path_prefix": "/"}})
    return {"listeners": [{"address": "127.0.0.1:0"}], "workers": 1, "routes": routes,
            "services": {"bench": {"instances": [{"url": url}]}}}


def requests(count, routes, more_fields):
    """`count` GETs that meet routes of all groups, with and without a host."""
    fields = "".join(f"X-Bench-{number}: some-value-{number}\r\n" for number in range(more_fields))
    for number in range(count):
        group = number * 7 % (routes // 4)
        host = ("elsewhere", f"host-{group:04}", f"any.zone-{group:04}")[number % 3]
        yield (f"GET /group-{group:04}/items/{number % 10} HTTP/1.1\r\nHost: {host}.bench.test\r\n"
               f"User-Agent: bench\r\nAccept: */*\r\n{fields}\r\n").encode("ascii")


class Run:
    """One gateway under callgrind in a directory of its own."""

    def __init__(self, gateway, folder, config):
        self.folder = pathlib.Path(folder)
        (self.folder / "gateway.json").write_text(json.dumps(config), encoding="ascii")
        environment = {name: value for name, value in os.environ.items()
                       if not re.match("GATEWAY_|SERVICE|RUNTIME_DIRECTORY", name)}
        self.process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--quiet", "--callgrind-out-file=callgrind.%p",
             gateway, "-c", "gateway.json", "--runtime-dir", "."],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
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

    def drive(self, messages):
        with socket.create_connection(("127.0.0.1", self.wait_ready()), PATIENCE_S) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for message in messages:
                client.sendall(message)
                received = b""
                while not received.endswith(b"\r\n\r\nok\n"):
                    data = client.recv(65536)
                    if not data or not received and not data.startswith(b"HTTP/1.1 200 "):
                        raise RuntimeError(f"not the answer of the service: {data!r}")
                    received += data

    def worker_instructions(self):
        """Ends the gateway; gives what callgrind counted in its worker."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE_S) != 0:
            raise RuntimeError(f"the gateway ended with {self.process.returncode}")
        counts = {int(path.suffix[1:]): re.findall(r"^(?:totals|summary): (\d+)", path.read_text(),
                                                   re.M)
                  for path in self.folder.glob("callgrind.*")}
        workers = [found for pid, found in counts.items() if pid != self.process.pid]
        if len(workers) != 1 or not workers[0]:
            raise RuntimeError(f"no counts of one worker: {counts}")
        return int(workers[0][-1])

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def count_run(gateway, config, messages):
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        os.chmod(folder, 0o777)  # the worker of a root is somebody else
        run = Run(gateway, folder, config)
        try:
            run.drive(messages)
            return run.worker_instructions()
        finally:
            run.kill()


def per_request(gateway, service, routes, more_fields=0):
    config = configuration(routes, service.url)
    short, long = (min(count_run(gateway, config, requests(count, routes, more_fields))
                       for _ in range(ROUNDS)) for count in (SHORT_RUN, LONG_RUN))
    return (long - short) / (LONG_RUN - SHORT_RUN)


def main():
    parser = argparse.ArgumentParser(description="instructions of a request, by callgrind")
    parser.add_argument("--gateway", required=True, help="the program")
    options = parser.parse_args()
    gateway = os.path.abspath(options.gateway)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending the gateway
    if not shutil.which("valgrind"):
        sys.exit('bench-instructions: valgrind is missing, install the package "valgrind"')

    service = Service()
    small = per_request(gateway, service, FEW)
    fields = per_request(gateway, service, FEW, MORE_FIELDS)
    many = per_request(gateway, service, MANY)
    percent = 100 * (many - small) / small
    print("instructions of one worker per request (a small answer, all connections kept):")
    print(f"  {'a small GET, ' + format(FEW, ',') + ' routes':34} {small:>9,.0f}")
    print(f"  {'each further header field':34} {(fields - small) / MORE_FIELDS:>9,.0f}")
    print(f"  {'a small GET, ' + format(MANY, ',') + ' routes':34} {many:>9,.0f}"
          f"  ({percent:+.2f} %)")
    return 1 if percent > TOLERATED_PERCENT else 0


if __name__ == "__main__":
    sys.exit(main())
