# SPDX-License-Identifier: MIT
"""Case: base of all black-box tests: starts and ends what a test needs, common assertions."""

import json
import os
import re
import shutil
import socket
import tempfile
import threading
import unittest

from gateway import Gateway, is_sanitized
from origin import Origin
from wire import DEADLINE, wait_until

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MIB = 1 << 20


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.gateways = []
        self.origins = []

    def origin(self, script=None, **options):
        origin = Origin(script, **options)
        self.origins.append(origin)
        self.addCleanup(self._end_origin, origin)
        return origin

    def _end_origin(self, origin):
        origin.close()
        origin.give_up_port()
        if origin.failures:
            raise origin.failures[0]

    def gateway(self, *services, args=(), prefix=(), read_stdout=True, config=None, address=None,
                **env):
        """A gateway with SERVICE1_URL, SERVICE2_URL … at these origins or URLs."""
        for number, service in enumerate(services, 1):
            env[f"SERVICE{number}_URL"] = getattr(service, "url", service)
        gateway = Gateway(env, args, prefix, read_stdout, config, address)
        self.gateways.append(gateway)
        self.addCleanup(gateway.stop)
        return gateway

    def reserved_port(self, host, *others):
        """A port of these addresses which nobody else gets; who sets REUSEADDR may listen on it."""
        for _ in range(100):
            port = 0
            keepers = []
            try:
                for address in (host, *others):
                    keepers.append(socket.socket())
                    self.addCleanup(keepers[-1].close)
                    keepers[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    keepers[-1].bind((address, port))
                    port = keepers[-1].getsockname()[1]
                return port
            except OSError:  # the port is taken at one of the others
                pass
        raise AssertionError(f"no port is free at {(host, *others)}")

    def refusing_url(self):
        """The URL of a port that refuses connections and that nobody else gets."""
        return f"http://127.0.0.1:{self.reserved_port('127.0.0.1')}"

    def temporary(self, name):
        """A path in a directory of this test, readable by everybody."""
        directory = tempfile.mkdtemp(prefix="gateway-test-")
        os.chmod(directory, 0o755)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        return os.path.join(directory, name)

    def logs(self):
        """What the daemon this test used last logged, for the report of a failure."""
        return "\n".join(gateway.logs() for gateway in getattr(self, "gateways", [])[-1:])

    def is_sanitized(self):
        return is_sanitized()

    # --- assertions -----------------------------------------------------------------------

    def assert_error(self, response, status, error, cause, service=None):
        """The gateway's own JSON error, complete and consistent; gives its members."""
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.get("Content-Type"), "application/json")
        self.assertEqual(response.get("Cache-Control"), "no-store")
        body = json.loads(response.body)
        self.assertEqual(body["error"], error)
        self.assertEqual(body["cause"], cause)
        self.assertTrue(body["message"])
        self.assertEqual(body["request_id"], response.get("X-Request-ID"))
        self.assertEqual(body.get("service"), service)
        self.assertLessEqual(set(body), {"error", "message", "request_id", "cause", "service"})
        return body

    def assert_log(self, gateway, response, **fields):
        """The access-log line of this answer has these fields."""
        record = gateway.wait_record(request_id=response.get("X-Request-ID"))
        for name, value in fields.items():
            found = record.get(name)
            self.assertEqual(found or "" if value == "" else found, value,
                             f"{name} in {record}")
        return record

    def assert_only_probe_arrives(self, gateway, origin):
        """Nothing reached the origin so far: a probe is the first request it ever sees."""
        self.assertEqual(gateway.get("/api/service1/probe").status, 200)
        self.assertEqual([request.target for request in origin.requests], ["/api/probe"])
        self.assertEqual(len(origin.connections), 1)
        self.assertEqual(bytes(origin.connections[0].received), origin.requests[0].raw_head)

    def wait_descriptors(self, gateway, count):
        """Waits until the workers have at most that many descriptors open."""
        wait_until(lambda: gateway.descriptors() <= count,
                   f"{gateway.descriptors()} descriptors to become {count}")


def hold(conn):
    """Answers "/api/slow" when the test says so, everything else at once."""
    while request := conn.read_request():
        if request.target == "/api/slow":
            conn.origin.release.wait(3 * DEADLINE)
        conn.respond(200, b"answered")


class HoldingCase(Case):
    """A gateway with one service that can be made to keep its clients waiting."""

    def start(self, **options):
        self.service = self.origin(hold)
        self.service.release = threading.Event()
        self.addCleanup(self.service.release.set)
        self.gw = self.gateway(self.service, **options)
        return self.gw

    def slow_request(self):
        """A client whose request is at the service and waits there."""
        client = self.gw.client()
        self.addCleanup(client.close)
        seen = len(self.service.requests)
        client.send_request("GET", "/api/service1/slow")
        self.service.wait_requests(seen + 1)
        return client

    def accepts(self):
        try:
            socket.create_connection(self.gw.address, DEADLINE).close()
            return True
        except OSError:
            return False
