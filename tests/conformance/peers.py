# SPDX-License-Identifier: MIT
"""nginx and HAProxy with the least configuration that makes reverse proxies of them."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile

from wire import wait_until

NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  upstream service {{ server {service}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend clients
  bind 127.0.0.1:{port}
  default_backend service
backend service
  server service {service}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """One of them, on a port of loopback, in a directory of its own, until close()."""

    def __init__(self, name, program, configuration, arguments, service):
        self.name = name
        self.directory = tempfile.mkdtemp(prefix="gateway-peer-")
        self.address = ("127.0.0.1", free_port())
        path = os.path.join(self.directory, "peer.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(configuration.format(directory=self.directory, port=self.address[1],
                                            service=service))
        self.process = subprocess.Popen([program, *arguments, path], cwd=self.directory,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self._listens, f"{name} to listen")
        except BaseException:
            self.close()
            raise

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def installed():
    """{name: how to start it in front of a service} of those that are there."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    known = {"nginx": (NGINX, ["-c"]), "haproxy": (HAPROXY, ["-db", "-f"])}
    found = {}
    for name, (configuration, arguments) in known.items():
        program = shutil.which(name, path=path)
        if program:
            found[name] = lambda service, row=(name, program, configuration, arguments): \
                Peer(*row, service)
    return found
