# SPDX-License-Identifier: MIT
"""A real Prometheus server scrapes the gateway and answers queries about it."""

import json
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

from gateway import Lines
from metrics import MetricsCase, route
from wire import DEADLINE, wait_until


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@unittest.skipUnless(shutil.which("prometheus"), "prometheus (Debian package) is missing")
class Prometheus(MetricsCase):
    def start_prometheus(self, target):
        directory = tempfile.mkdtemp(prefix="gateway-test-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        with open(f"{directory}/prometheus.yml", "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
                       "scrape_configs": [{"job_name": "gateway", "static_configs":
                                           [{"targets": [target]}]}]}, file)
        port = free_port()
        process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml",
             f"--storage.tsdb.path={directory}/data", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.prometheus_log = Lines(process.stderr)

        def stop():
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        self.addCleanup(stop)
        self.url = f"http://127.0.0.1:{port}/api/v1/"
        wait_until(lambda: process.poll() is not None or self.ask("status/buildinfo"),
                   "Prometheus to answer", deadline=3 * DEADLINE)
        self.assertIsNone(process.poll(), self.prometheus_log.text())

    def ask(self, path, **parameters):
        """The data of an answer of its API; None while it does not answer."""
        try:
            url = self.url + path + "?" + urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def query(self, expression):
        """{labels that tell apart: value} of an instant query."""
        found = (self.ask("query", query=expression) or {"result": []})["result"]
        return {tuple(sorted((name, value) for name, value in row["metric"].items()
                             if name not in ("__name__", "job", "instance"))):
                float(row["value"][1]) for row in found}

    def wait_query(self, expression, expected):
        def is_there():
            seen.append(self.query(expression))
            return seen[-1] == expected

        seen = []
        try:
            wait_until(is_there, expression, deadline=3 * DEADLINE)
        except AssertionError:
            raise AssertionError(f"{expression}: {seen[-1]}, not {expected}\n"
                                 f"{self.prometheus_log.text()}") from None

    def test_it_is_scraped_and_answers_queries(self):
        service = self.origin()
        gw = self.start([route("a", "s"), route("b")], {"s": [service]}, workers=2)
        for _ in range(7):
            gw.get("/a/x")
        gw.get("/nowhere")
        self.start_prometheus("{}:{}".format(*self.admin))
        self.wait_query('sum by (route) (api_gateway_requests_total{status="2xx"} > 0)',
                        {(("route", "a"),): 7.0})
        self.wait_query("api_gateway_request_failures_total",
                        {(("cause", "no_route"), ("route", "(none)")): 1.0})
        self.wait_query("api_gateway_upstream_up", {(("service", "s"), ("url", service.url)): 1.0})
        self.wait_query("sum(api_gateway_workers)", {(): 2.0})
        # Its own labels do not clash with ours.
        targets = self.ask("targets")["activeTargets"]
        self.assertEqual([(each["health"], each["lastError"]) for each in targets], [("up", "")])
        labels = set(self.ask("labels"))
        self.assertFalse([name for name in labels if name.startswith("exported_")])
        quantile = self.query("histogram_quantile(0.5, sum by (le) "
                              "(api_gateway_request_duration_seconds_bucket{route='a'}))")
        self.assertEqual(len(quantile), 1)
        self.assertTrue(0 < quantile[()] < 3 * DEADLINE, quantile)
        types = {name: rows[0]["type"] for name, rows in self.ask("metadata").items()
                 if name.startswith("api_gateway_")}
        self.assertEqual(types["api_gateway_requests_total"], "counter")
        self.assertEqual(types["api_gateway_request_duration_seconds"], "histogram")
        # The counters go on while it looks on.
        gw.write_config(self.config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")
        gw.get("/a/x")
        self.wait_query("sum(api_gateway_requests_total{route='a'})", {(): 8.0})
        self.wait_query("sum(resets(api_gateway_requests_total[5m]))", {(): 0.0})
