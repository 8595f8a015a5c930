# SPDX-License-Identifier: MIT
"""Names of services: resolved without blocking anybody, and resolved again when they move.

The gateway runs in a mount namespace of its own in which /etc/resolv.conf names a small DNS
server of the test's, on a loopback address.
"""

import os
import socket
import struct
import subprocess
import threading

from case import Case
from origin import answer
from wire import wait_until

SCRIPT = """mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/hosts &&
shift && exec "$@"
"""
PREFIX = ("unshare", "-m", "sh", "-c", SCRIPT)


class NameServer:
    """Answers A queries from `addresses`; everything else is NXDOMAIN or an empty answer."""

    def __init__(self):
        self.addresses = {}
        self.silent = False
        self.queries = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = f"127.53.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
        self.socket.bind((self.address, 53))
        self.socket.settimeout(0.1)  # so that close() is noticed
        self.closed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.closed:
            try:
                query, peer = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.queries += 1
            if not self.silent:
                self.socket.sendto(self.reply(query), peer)

    def reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        known = name in self.addresses
        records = b""
        if known and kind == 1:
            records = (b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4)
                       + socket.inet_aton(self.addresses[name]))
        flags = 0x8180 if known else 0x8183
        return query[:2] + struct.pack(">HHHHH", flags, 1, bool(records), 0, 0) + question + records

    def close(self):
        self.closed = True
        self.thread.join()
        self.socket.close()


class Dns(Case):
    def setUp(self):
        super().setUp()
        try:
            probe = subprocess.run(["unshare", "-m", "mount", "--bind", "/etc/hosts",
                                    "/etc/resolv.conf"], capture_output=True, check=False)
            self.names = NameServer()
        except (PermissionError, FileNotFoundError) as error:
            self.skipTest(f"no name server or no unshare: {error}")
        if probe.returncode != 0:
            self.names.close()
            self.skipTest("no mount namespace without more privileges")
        self.addCleanup(self.names.close)
        self.resolv = self.temporary("resolv.conf")
        with open(self.resolv, "w", encoding="ascii") as file:
            file.write(f"nameserver {self.names.address}\n")
        self.hosts = self.temporary("hosts")
        with open(self.hosts, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n")

    def start(self, *services, **env):
        return self.gateway(*services, prefix=(*PREFIX, self.resolv, self.hosts), **env)

    def test_a_name_is_resolved(self):
        service = self.origin()
        self.names.addresses["service.test"] = "127.0.0.1"
        gw = self.start(f"http://service.test:{service.port}")
        response = gw.get("/api/service1/x")
        self.assertEqual(response.status, 200)
        self.assertEqual(service.requests[0].get("Host"), f"service.test:{service.port}")
        self.assert_log(gw, response, attempts=1)

    def test_the_hosts_file_is_read(self):
        with open(self.hosts, "a", encoding="ascii") as file:
            file.write("127.0.0.4 from-hosts.test\n")
        service = self.origin(host="127.0.0.4")
        gw = self.start(f"http://from-hosts.test:{service.port}")
        self.assertEqual(gw.get("/api/service1/x").status, 200)

    def test_a_name_that_does_not_resolve_is_a_503_until_it_does(self):
        service = self.origin()
        gw = self.start(f"http://late.test:{service.port}")
        response = gw.get("/api/service1/x")
        self.assert_error(response, 503, "service_unavailable", "dns_failure", "service1")
        self.assert_log(gw, response, status_code=503, cause="dns_failure",
                        target_service="service1")
        self.names.addresses["late.test"] = "127.0.0.1"
        wait_until(lambda: gw.get("/api/service1/x").status == 200, "the name to be known")

    def test_an_address_that_moved_is_found_after_a_connect_failure(self):
        port = self.reserved_port("127.0.0.11", "127.0.0.12")
        first = self.origin(answer(body=b"first", headers=[("Connection", "close")]),
                            host="127.0.0.11", port=port)
        self.names.addresses["moves.test"] = "127.0.0.11"
        gw = self.start(f"http://moves.test:{first.port}")
        self.assertEqual(gw.get("/api/service1/x").body, b"first")
        self.origin(answer(body=b"second"), host="127.0.0.12", port=port)
        self.names.addresses["moves.test"] = "127.0.0.12"
        first.close()
        wait_until(lambda: gw.get("/api/service1/x").body == b"second", "the new address")

    def test_an_address_that_moved_is_found_though_the_old_one_still_answers(self):
        port = self.reserved_port("127.0.0.13", "127.0.0.14")
        first = self.origin(answer(body=b"first"), host="127.0.0.13", port=port)
        self.names.addresses["moves.test"] = "127.0.0.13"
        gw = self.start(f"http://moves.test:{first.port}")
        self.assertEqual(gw.get("/api/service1/x").body, b"first")
        self.origin(answer(body=b"second"), host="127.0.0.14", port=port)
        self.names.addresses["moves.test"] = "127.0.0.14"
        # One kept connection stays in use all the time: it must not pin the old address.
        wait_until(lambda: gw.get("/api/service1/x").body == b"second", "the new address", 60)

    def test_a_name_server_that_is_silent_blocks_nobody(self):
        self.names.silent = True
        service = self.origin()
        gw = self.start("http://never.test:1", service,
                        config={"defaults": {"timeouts": {"connect": "2s"}}})
        with gw.client() as client:
            client.send_request("GET", "/api/service1/x")
            wait_until(lambda: self.names.queries, "the query")
            self.assertEqual(gw.get("/health").status, 200)
            self.assertEqual(gw.get("/api/service2/x").status, 200)
            self.assert_error(client.read_response(), 503, "service_unavailable", "dns_failure",
                              "service1")

    def test_the_gateway_starts_without_any_name_server(self):
        self.names.close()
        gw = self.start("http://never.test:1")
        self.assertEqual(gw.get("/health").status, 200)
        self.assert_error(gw.get("/api/service1/x"), 503, "service_unavailable", "dns_failure",
                          "service1")
