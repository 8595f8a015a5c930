# SPDX-License-Identifier: MIT
"""The service of the benchmark and the proxies before it, each a process with its children.

Every proxy has one worker, keeps connections on both sides and writes a JSON access log to a file,
which nginx and the gateway buffer; HAProxy cannot. All else is each one's default. Of nginx that
means that it has a large body whole, in a file, before it forwards it, and small buffers for
answers; of HAProxy buffers of 16 KiB. The logs are some hundred bytes for each request and go with
the folder.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

PATIENCE_S = 20

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


def reserved_port(stack):
    """Nobody else gets it while `stack` lasts; who sets SO_REUSEADDR may listen on it."""
    keeper = stack.enter_context(socket.socket())
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper.getsockname()[1]


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
        try:
            self.wait_ready(folder / f"{name}.err")
        except BaseException:  # also an interrupt: nobody else knows of the process yet
            self.stop()
            raise

    def wait_ready(self, errors):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not start: see "
                                       f"{errors.read_text()}") from None
                time.sleep(0.02)

    def cpu_ns(self):
        total = 0
        for pid in descendants(self.process.pid):
            for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    total += int(file.read_text().split()[0])
        if total == 0:
            raise RuntimeError("the kernel does not tell the CPU of a process (schedstat)")
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


def start_all(stack, gateway, service_program, folder):
    """Gives the proxies that are installed, the gateway first; `stack` stops them."""
    def start(name, command, port):
        server = Server(name, command, folder, port)
        stack.callback(server.stop)
        return server

    service = reserved_port(stack)
    start("service", [service_program, str(service)], service)
    servers = []
    user = "user root; " if os.geteuid() == 0 else ""
    for name, template, command in (
            ("gateway", GATEWAY, [gateway, "--runtime-dir", ".", "-c"]),
            ("nginx", NGINX, ["nginx", "-p", ".", "-c"]),
            ("haproxy", HAPROXY, ["haproxy", "-db", "-f"])):
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
        program = shutil.which(command[0], path=path)
        if program is None and name == "gateway":
            raise FileNotFoundError(gateway)
        if program is None:
            print(f"{name} is not installed and not in the table")
            continue
        port = reserved_port(stack)
        config = folder / f"{name}.conf"
        config.write_text(template.format(port=port, service=service, folder=folder, user=user))
        servers.append(start(name, [program, *command[1:], str(config)], port))
    return servers
