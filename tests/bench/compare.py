#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPU and system calls of a proxied request: this gateway, nginx and HAProxy, side by side.

    compare.py --gateway PATH [--rounds N] [--seconds S] [-k SCENARIO]

The service is the gateway's built-in example, the load comes from here, and all of it shares the
machine: how much passes in a second says more about that than about a proxy. What counts is the CPU
that the processes of a proxy use for a request, and of that the ratio to another proxy's in the
same round, since rounds are interleaved: the median of those ratios is what the table has. System
calls come from a run of their own under strace, where that is installed. Every proxy has one
worker, keeps connections on both sides and writes a JSON access log to a file, which nginx and the
gateway buffer; HAProxy cannot.

How long a client waits is measured at half of what the slowest of them can do: requests are due at
fixed times, whether or not those before them have been answered, and each is timed from when it was
due.
"""

import argparse
import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 64
IDLE_CONNECTIONS = 400
PATIENCE_S = 20
KIB, MIB = 1 << 10, 1 << 20

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.error;
{user}events {{ worker_connections 4096; }}
http {{
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; client_max_body_size 16m;
  keepalive_requests 1000000000;
  log_format line escape=json '{{"timestamp":"$time_iso8601","request_id":"$request_id",'
    '"client":"$remote_addr","method":"$request_method","path":"$uri","query":"$args",'
    '"protocol":"$server_protocol","instance":"$upstream_addr","status_code":$status,'
    '"duration_s":$request_time,"connect_s":"$upstream_connect_time",'
    '"upstream_header_s":"$upstream_header_time","upstream_s":"$upstream_response_time",'
    '"bytes_in":$request_length,"bytes_out":$body_bytes_sent,"worker":$pid}}';
  access_log {folder}/nginx.log line buffer=64k flush=1s;
  upstream service {{ server 127.0.0.1:{service}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Port $server_port;
      add_header X-Request-ID $request_id always;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 4096
  log stdout format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
  log global
  unique-id-format %{{+X}}o%ci%cp%ts%rt%pid
  log-format '{{"timestamp":"%tr","request_id":"%ID","client":"%ci","method":"%HM","path":"%HP",\
"query":"%HQ","protocol":"%HV","instance":"%s","status_code":%ST,"duration_ms":%Ta,\
"queue_ms":%Tw,"connect_ms":%Tc,"upstream_header_ms":%Tr,"bytes_in":%U,"bytes_out":%B}}'
frontend clients
  bind 127.0.0.1:{port}
  unique-id-header X-Request-ID
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-response set-header X-Request-ID %[unique-id]
  default_backend service
backend service
  server one 127.0.0.1:{service}
"""

GATEWAY = """
{{"listeners": [{{"address": "127.0.0.1:{port}"}}], "workers": 1,
  "services": {{"bench": {{"instances": [{{"url": "http://127.0.0.1:{service}"}}]}}}},
  "routes": [{{"match": {{"path_prefix": "/"}}, "service": "bench"}}]}}
"""

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


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def descendants(pid):
    found = [pid]
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += descendants(int(child))
    return found


class Server:
    """A process with its children, in the folder of the run."""

    def __init__(self, name, command, folder, port):
        self.name, self.port = name, port
        environment = {key: value for key, value in os.environ.items()
                       if not re.match("GATEWAY_|SERVICE|RUNTIME_DIRECTORY", key)}
        with open(folder / f"{name}.out", "wb") as out, open(folder / f"{name}.err", "wb") as err:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out,
                                            stderr=err, stdin=subprocess.DEVNULL,
                                            start_new_session=True)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"{name} does not start: see "
                                       f"{(folder / f'{name}.err').read_text()}") from None
                time.sleep(0.02)

    def cpu_ns(self):
        total = 0
        for pid in descendants(self.process.pid):
            for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    total += int(file.read_text().split()[0])
        return total

    def memory_kib(self):
        """What belongs to these processes alone, and their share of the rest."""
        total = 0
        for pid in descendants(self.process.pid):
            with contextlib.suppress(OSError):
                rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Client:
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, port, scenario):
        self.port, self.scenario = port, scenario
        self.socket = None
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def ask(self):
        self.to_send = memoryview(self.scenario.request)
        self.head, self.missing = b"", None
        self.send()

    def send(self):
        """False while not all of the request is out."""
        with contextlib.suppress(BlockingIOError):
            while self.to_send:
                self.to_send = self.to_send[self.socket.send(self.to_send):]
        return not self.to_send

    def receive(self):
        """True when the answer is complete."""
        data = self.socket.recv(MIB)
        if not data:
            raise RuntimeError("the connection ended within an answer")
        if self.missing is None:
            self.head += data
            head, end, data = self.head.partition(b"\r\n\r\n")
            if not end:
                return False
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"not the answer of the service: {head[:200]!r}")
            self.missing = self.scenario.size
        self.missing -= len(data)
        return self.missing == 0


class Load:
    def __init__(self, port, scenario):
        self.poll = select.epoll()
        self.clients = {}
        for _ in range(scenario.connections):
            self.add(Client(port, scenario))

    def add(self, client):
        self.clients[client.socket.fileno()] = client
        client.ask()
        wanted = select.EPOLLIN if not client.to_send else select.EPOLLIN | select.EPOLLOUT
        self.poll.register(client.socket, wanted)

    def run(self, seconds):
        """Gives the number of answers."""
        answers = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number, events in self.poll.poll(PATIENCE_S):
                client = self.clients[number]
                if events & select.EPOLLOUT and client.send():
                    self.poll.modify(client.socket, select.EPOLLIN)
                if events & ~select.EPOLLOUT and client.receive():
                    answers += 1
                    self.again(number, client)
        return answers

    def again(self, number, client):
        if client.scenario.closes:
            self.poll.unregister(number)
            del self.clients[number]
            client.socket.close()
            client.connect()
            self.add(client)
            return
        client.ask()
        if client.to_send:
            self.poll.modify(client.socket, select.EPOLLIN | select.EPOLLOUT)

    def close(self):
        for client in self.clients.values():
            client.socket.close()
        self.poll.close()


@contextlib.contextmanager
def load_on(server, scenario):
    load = Load(server.port, scenario)
    try:
        load.run(0.1)  # connections to the service are made, and caches filled
        yield load
    finally:
        load.close()


def cpu_us(server, scenario, seconds):
    with load_on(server, scenario) as load:
        before = server.cpu_ns()
        answers = load.run(seconds)
        return (server.cpu_ns() - before) / max(answers, 1) / 1000


def calls(server, scenario, folder):
    """System calls per request; None without strace."""
    if shutil.which("strace") is None:
        return None
    pids = [argument for pid in descendants(server.process.pid) for argument in ("-p", str(pid))]
    report = folder / "strace"
    with load_on(server, scenario) as load:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", report, *pids],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        tracer.stderr.readline()  # attached
        answers = load.run(0.7)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=PATIENCE_S)
    rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*?(\S+)$", report.read_text(), re.M)
    counted = sum(int(count) for count, name in rows if name != "total")
    return counted / max(answers, 1) if counted else None


def answers_per_second(server, scenario, seconds):
    with load_on(server, scenario) as load:
        return load.run(seconds) / seconds


def waits_ms(server, scenario, rate, seconds):
    """The median and the 99th percentile of what `rate` requests a second wait for an answer."""
    poll = select.epoll()
    clients, due, free, waits = {}, {}, [], []
    try:
        for _ in range(CONNECTIONS):
            client = Client(server.port, scenario)
            clients[client.socket.fileno()] = client
            poll.register(client.socket, select.EPOLLIN)
        free += clients.values()
        count, asked, start = int(rate * seconds), 0, time.monotonic() + 0.05
        while len(waits) < count:
            while free and asked < count and start + asked / rate <= time.monotonic():
                client = free.pop()
                due[client] = start + asked / rate
                client.ask()
                asked += 1
            for number, _ in poll.poll(0):
                if clients[number].receive():
                    waits.append(time.monotonic() - due[clients[number]])
                    free.append(clients[number])
    finally:
        poll.close()
        for client in clients.values():
            client.socket.close()
    percentiles = statistics.quantiles(waits, n=100)
    return 1000 * percentiles[49], 1000 * percentiles[98]


def idle_kib(server):
    """Memory of one client connection that has been used once."""
    before = server.memory_kib()
    request = SCENARIOS[0].request
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE_CONNECTIONS):
            client = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), PATIENCE_S))
            client.sendall(request)
            received = b""
            while len(received) < SCENARIOS[0].size:
                received += client.recv(65536)
        return (server.memory_kib() - before) / IDLE_CONNECTIONS


def start_all(stack, gateway, folder):
    def start(name, command, port):
        server = Server(name, command, folder, port)
        stack.callback(server.stop)
        return server

    service = free_port()
    start("service", [gateway, "example-service", "--listen", f"127.0.0.1:{service}",
                      "--name", "bench"], service)
    servers = []
    user = "user root; " if os.geteuid() == 0 else ""
    for name, template, command in (
            ("gateway", GATEWAY, [gateway, "--runtime-dir", ".", "-c"]),
            ("nginx", NGINX, ["nginx", "-p", ".", "-c"]),
            ("haproxy", HAPROXY, ["haproxy", "-db", "-f"])):
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
        program = shutil.which(command[0], path=path)
        if program is None:
            print(f"{name} is not installed and not in the table")
            continue
        port = free_port()
        config = folder / f"{name}.conf"
        config.write_text(template.format(port=port, service=service, folder=folder, user=user))
        servers.append(start(name, [program, *command[1:], str(config)], port))
    return servers


def row(scenario, servers, options, folder):
    rounds = [{} for _ in range(options.rounds)]
    for number, figures in enumerate(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            figures[server] = cpu_us(server, scenario, options.seconds)
    gateway = servers[0]
    cells = []
    for server in servers:
        cpu = statistics.median(figures[server] for figures in rounds)
        ratio = statistics.median(figures[gateway] / figures[server] for figures in rounds)
        count = calls(server, scenario, folder)
        cells.append(f"{cpu:>9.1f} {'' if server is gateway else format(ratio, '.2f'):>5}"
                     f" {'-' if count is None else format(count, '.1f'):>7}")
    return f"{scenario.name:14}" + " |".join(cells)


def waiting(servers, options):
    """One line: how long clients wait at half of what the slowest server can do."""
    scenario = SCENARIOS[0]
    rate = min(answers_per_second(server, scenario, options.seconds) for server in servers) / 2
    rounds = {server: [] for server in servers}
    for number in range(options.rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            rounds[server].append(waits_ms(server, scenario, rate, options.seconds))
    figures = []
    for server in servers:
        median, slowest = (statistics.median(column) for column in zip(*rounds[server]))
        figures.append(f"{server.name} {median:.2f} {slowest:.2f}")
    return (f"milliseconds until the answer at {rate:,.0f} requests a second, median and 99th "
            f"percentile: {', '.join(figures)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--gateway", required=True, help="the program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.7, help="of one proxy in one round")
    parser.add_argument("-k", default="", metavar="SCENARIO", help="only those that mention this")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # not without ending the servers
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name, \
            contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)  # the worker of a root is somebody else
        servers = start_all(stack, os.path.abspath(options.gateway), folder)
        idle = ", ".join(f"{server.name} {idle_kib(server):.2f}" for server in servers)
        print("per request: microseconds of CPU, the gateway's as a part of that (below 1: it takes"
              " less),\nand system calls")
        print(f"{'':14}" + " |".join(f"{server.name:>23}" for server in servers))
        for scenario in SCENARIOS:
            if options.k in scenario.name:
                print(row(scenario, servers, options, folder), flush=True)
        if options.k in SCENARIOS[0].name:
            print(waiting(servers, options), flush=True)
        print(f"KiB of an idle client connection: {idle}")


if __name__ == "__main__":
    main()
