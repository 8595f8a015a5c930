# SPDX-License-Identifier: MIT
"""The admin listener, and what is counted: as clients and services saw it, by every worker."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import unittest

from client import Client
from gateway import run_command
from metrics import Metrics, MetricsCase, route
from origin import answer
from wire import DEADLINE, Stream, wait_until


HISTOGRAM = """# HELP api_gateway_x_seconds Help.
# TYPE api_gateway_x_seconds histogram
api_gateway_x_seconds_bucket{le="0.1"} 1
api_gateway_x_seconds_bucket{le="+Inf"} 2
api_gateway_x_seconds_sum 0.5
api_gateway_x_seconds_count 2
"""


def counter(name="api_gateway_x_total", sample='{a="b"} 1', kind="counter"):
    return f"# HELP {name} Help.\n# TYPE {name} {kind}\n{name}{sample}\n"


class Format(unittest.TestCase):
    """The checker that every page below is read with finds what a scraper would."""

    def test_what_is_right(self):
        page = Metrics(counter() + HISTOGRAM)
        self.assertEqual(page.get("x_total", a="b"), 1)
        self.assertEqual(page.get("x_seconds_bucket", le="0.1"), 1)
        self.assertEqual(Metrics(counter(sample='{a="\\"\\\\\\n"} 1')).values("a"), {'"\\\n'})

    def test_what_is_wrong(self):
        for reason, page in {
                "no end of the last line": counter().rstrip("\n"),
                "an empty line": counter() + "\n",
                "a space too many": counter(sample='{a="b"}  1'),
                "no number": counter(sample='{a="b"} x'),
                "a negative counter": counter(sample='{a="b"} -1'),
                "a label without quotes": counter(sample="{a=b} 1"),
                "an escape that there is not": counter(sample='{a="\\t"} 1'),
                "a label twice": counter(sample='{a="b",a="c"} 1'),
                "a label of the scraper's": counter(sample='{instance="b"} 1'),
                "a reserved label": counter(sample='{__a="b"} 1'),
                "le without a histogram": counter(sample='{le="1"} 1'),
                "no help": "# TYPE api_gateway_x_total counter\n",
                "no type": "# HELP api_gateway_x_total Help.\napi_gateway_x_total 1\n",
                "no type, another metric": "# HELP api_gateway_y_total Help.\n" + counter(),
                "a type that there is not": counter(kind="number"),
                "a metric twice": counter() + counter(),
                "a sample twice": counter() + 'api_gateway_x_total{a="b"} 1\n',
                "a sample of another metric": counter() + "api_gateway_y_total 1\n",
                "a counter without _total": counter("api_gateway_x"),
                "a gauge with _total": counter(kind="gauge"),
                "a unit that is no base unit": counter("api_gateway_x_ms", kind="gauge"),
                "a name of somebody else": counter("process_x_total"),
                "edges that fall": HISTOGRAM.replace('"+Inf"', '"0.05"'),
                "no bucket for all": HISTOGRAM.replace('"+Inf"', '"0.2"'),
                "buckets that fall": HISTOGRAM.replace('"0.1"} 1', '"0.1"} 3'),
                "a count that differs": HISTOGRAM.replace("_count 2", "_count 3"),
                "no sum": HISTOGRAM.replace("api_gateway_x_seconds_sum 0.5\n", ""),
        }.items():
            with self.subTest(reason), self.assertRaises(AssertionError):
                Metrics(page)


class Counting(MetricsCase):
    def test_requests_are_counted_by_route_service_and_status(self):
        one, two = self.origin(answer(200, b"fine")), self.origin(answer(404, b"none"))
        gw = self.start([route("a", "one"), route("b", "two"), route("c")],
                        {"one": [one], "two": [two]})
        with gw.client() as client:
            for _ in range(3):
                client.request("POST", "/a/x", body=b"12345")
            client.get("/b/x")
            client.get("/c/x")
            client.get("/nowhere")
            client.get("/health")
        metrics = self.counted(7)
        ended = "requests_total"
        self.assertEqual(metrics.get(ended, route="a", service="one", status="2xx"), 3)
        self.assertEqual(metrics.get(ended, route="b", service="two", status="4xx"), 1)
        self.assertEqual(metrics.get(ended, route="c", service="", status="2xx"), 1)
        self.assertEqual(metrics.get(ended, route="(none)", service="", status="4xx"), 1)
        self.assertEqual(metrics.get(ended, route="(endpoint)", service="", status="2xx"), 1)
        self.assertEqual(metrics.sum(ended), 7)
        self.assertEqual(metrics.sum("requests_in_flight"), 0)
        self.assertEqual(metrics.get("request_failures_total", route="(none)", service="",
                                     cause="no_route"), 1)
        self.assertEqual(metrics.sum("request_failures_total"), 1)
        self.assertEqual(metrics.get("request_body_bytes_total", route="a", service="one"), 15)
        self.assertEqual(metrics.get("response_body_bytes_total", route="a", service="one"), 12)
        seconds = "request_duration_seconds"
        self.assertEqual(metrics.get(f"{seconds}_count", route="a", service="one"), 3)
        self.assertEqual(metrics.get(f"{seconds}_bucket", route="a", service="one", le="+Inf"), 3)
        self.assertGreater(metrics.get(f"{seconds}_sum", route="a", service="one"), 0)

    def test_instances_are_counted_by_service_and_url(self):
        up, down = self.origin(), self.origin()
        down.stop_listening()
        gw = self.start([route("a", "s")], {"s": [down, up]})
        with gw.client() as client:
            for _ in range(4):
                self.assertEqual(client.get("/a/x").status, 200)
        metrics = self.counted(4)
        good, bad = {"service": "s", "url": up.url}, {"service": "s", "url": down.url}
        failed = metrics.get("upstream_failures_total", cause="connect_refused", **bad)
        self.assertEqual(failed, 2)  # every second request, by turns
        self.assertEqual(metrics.get("upstream_attempts_total", **bad), 2)
        self.assertEqual(metrics.get("upstream_retries_total", **good), 2)
        self.assertEqual(metrics.get("upstream_attempts_total", **good), 4)
        self.assertEqual(metrics.get("upstream_responses_total", status="2xx", **good), 4)
        self.assertEqual(metrics.get("upstream_response_seconds_count", **good), 4)
        self.assertEqual(metrics.get("upstream_connects_total", **good) +
                         metrics.get("upstream_reuses_total", **good), 4)
        self.assertEqual(metrics.get("upstream_connects_total", **good), len(up.connections))
        self.assertEqual(metrics.get("upstream_connections", **good), len(up.connections))
        self.assertEqual(metrics.get("upstream_in_flight", **good), 0)
        self.assertEqual(metrics.get("upstream_up", **good), 1)
        self.assertEqual(metrics.get("upstream_up", **bad), 0)
        self.assertEqual(metrics.sum("request_failures_total"), 0)  # the clients met none

    def test_what_goes_on_is_shown_while_it_does(self):
        def script(conn):
            request = conn.read_request()
            if request.has("Upgrade"):
                conn.send("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
            conn.wait_end()

        service = self.origin(script)
        gw = self.start([route("a", "s")], {"s": [service]})
        slow, tunnel = gw.client(), gw.client()
        slow.send_request("GET", "/a/x")
        tunnel.send_request("GET", "/a/x", [("Connection", "upgrade"), ("Upgrade", "x")])
        self.assertEqual(tunnel.read_head().status, 101)
        service.wait_requests(2)
        labels = {"route": "a", "service": "s"}
        wait_until(lambda: self.metrics().get("tunnels", **labels) == 1, "the tunnel")
        metrics = self.metrics()
        self.assertEqual(metrics.get("requests_in_flight", **labels), 2)
        self.assertEqual(metrics.get("tunnels_total", **labels), 1)
        self.assertEqual(metrics.get("upstream_in_flight", service="s", url=service.url), 2)
        self.assertEqual(metrics.sum("client_connections"), 2)
        slow.close()
        tunnel.close()
        wait_until(lambda: self.metrics().sum("requests_in_flight") == 0, "the end of both")
        metrics = self.metrics()
        self.assertEqual(metrics.get("tunnels", **labels), 0)
        self.assertEqual(metrics.get("request_failures_total", cause="client_closed", **labels), 1)
        # How long the tunnel lasted is no duration of a request.
        self.assertEqual(metrics.get("request_duration_seconds_count", **labels), 1)
        wait_until(lambda: self.metrics().sum("client_connections") == 0, "no open connection")

    def test_any_worker_answers_for_all(self):
        gw = self.start([route("a")], {}, workers=3)
        for _ in range(30):
            self.assertEqual(gw.get("/a/x").status, 200)
        self.counted(30)
        for _ in range(20):
            self.assertEqual(self.metrics().sum("requests_total", route="a"), 30)
            self.assertEqual(json.loads(self.ask_admin("/status").body)["requests_total"], 30)

    def test_labels_come_from_the_configuration_only(self):
        gw = self.start([route("a", "s")], {"s": [self.origin()]})
        with gw.client() as client:
            for number in range(5):
                client.request(f"M{number}", f"/a/{number}?q={number}",
                               [("Host", f"h{number}.example"), ("X-Request-ID", f"id{number}")])
                client.get(f"/made-up-{number}/")
        metrics = self.counted(10)
        self.assertEqual(metrics.values("route"), {"(none)", "(endpoint)", "a"})
        self.assertEqual(metrics.values("service"), {"", "s"})


class Survival(MetricsCase):
    def reload(self, number, *routes):
        self.config["routes"] = list(routes)
        self.gw.write_config(self.config)
        self.gw.send_signal(signal.SIGHUP)
        self.gw.wait_error_line(f"generation ready generation={number}")
        wait_until(lambda: len(self.gw.workers()) == 1, "the end of the old worker")

    def test_counts_go_on_through_reloads_that_move_add_and_remove_routes(self):
        gw = self.start([route("a"), route("b"), route("c")], {})
        for name in ("a", "b", "b", "c"):
            gw.get(f"/{name}/x")
        self.reload(2, route("new"), route("c"), route("b"))
        for name in ("new", "b", "a"):
            gw.get(f"/{name}/x")
        metrics = self.counted(6)  # one was of a route that is gone
        counts = {name: metrics.sum("requests_total", route=name) for name in ("b", "c", "new")}
        self.assertEqual(counts, {"b": 3, "c": 1, "new": 1})
        self.assertNotIn("a", metrics.values("route"))
        self.assertEqual(metrics.get("reloads_total"), 1)
        self.assertEqual(json.loads(gw.get("/api/gateway/status").body)["requests_total"], 7)
        self.reload(3, route("a"))
        self.assertEqual(self.metrics().sum("requests_total", route="a"), 1)

    def test_a_worker_that_drains_goes_on_counting(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.origin.event.wait(60),
                                            conn.respond(200, b"late")))
        service.event = threading.Event()
        self.addCleanup(service.event.set)
        gw = self.start([route("a"), route("slow", "s")], {"s": [service]})
        client = gw.client()
        client.send_request("GET", "/slow/x")
        service.wait_requests()
        self.config["routes"].reverse()
        gw.write_config(self.config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")
        status = wait_until(lambda: [each for each in json.loads(
            self.ask_admin("/status").body)["generations"] if each["draining"] == 1],
                            "a generation that drains")
        self.assertEqual(status, [{"generation": 1, "starting": 0, "serving": 0, "draining": 1}])
        self.assertEqual(self.metrics().get("draining_generations"), 1)
        self.assertEqual(self.metrics().sum("requests_in_flight", route="slow"), 1)
        service.event.set()
        self.assertEqual(client.read_response().body, b"late")
        wait_until(lambda: self.metrics().get("requests_total", route="slow", service="s",
                                              status="2xx") == 1, "the end of the request")
        wait_until(lambda: self.metrics().get("draining_generations") == 0, "the generation's end")

    def test_what_a_killed_worker_had_in_flight_is_counted_as_lost(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.start([route("a", "s"), route("b")], {"s": [service]})
        for _ in range(5):
            gw.get("/b/x")
        self.counted(5)
        clients = [gw.client() for _ in range(3)]
        for client in clients:
            self.addCleanup(client.close)
            client.send_request("GET", "/a/x")
        service.wait_requests(3)
        worker = gw.worker()
        os.kill(worker, signal.SIGKILL)
        gw.wait_error_line(f"worker exited pid={worker} .*signal=KILL")
        metrics = self.metrics()  # of the next worker
        labels = {"route": "a", "service": "s"}
        self.assertEqual(metrics.get("requests_lost_total", **labels), 3)
        self.assertEqual(metrics.get("requests_in_flight", **labels), 0)
        self.assertEqual(metrics.sum("requests_total", route="a"), 0)
        self.assertEqual(metrics.sum("requests_total", route="b"), 5)
        self.assertEqual(metrics.get("upstream_in_flight", service="s", url=service.url), 0)
        self.assertEqual(metrics.get("upstream_connections", service="s", url=service.url), 0)
        self.assertEqual(metrics.get("worker_restarts_total"), 1)
        self.assertEqual(metrics.sum("client_connections"), 0)
        self.assertGreaterEqual(metrics.get("client_connections_total"), 8)

    def test_a_reload_that_fails_is_counted(self):
        gw = self.start([route("a")], {})
        gw.write_config("{")
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("reload failed")
        metrics = self.metrics()
        self.assertEqual(metrics.get("reload_failures_total"), 1)
        self.assertEqual(metrics.get("reloads_total"), 0)


class AdminListener(MetricsCase):
    def test_it_serves_metrics_status_and_health_and_nothing_else(self):
        gw = self.start([route("a")], {})
        self.assertEqual(json.loads(self.ask_admin("/health").body)["status"], "healthy")
        self.assertEqual(json.loads(self.ask_admin("/status?x").body)["status"], "running")
        for target in ("/", "/a/x", "/metrics/", "/api/gateway/status", "/api/gateway/services"):
            response = self.ask_admin(target)
            self.assertEqual(response.status, 404, target)
            self.assertEqual(json.loads(response.body)["cause"], "no_route")
        response = self.ask_admin("/metrics", "POST", b"data")
        self.assertEqual(response.status, 405)
        self.assertEqual(response.tokens("Allow"), ["get", "head"])
        self.assertEqual(self.ask_admin("/a b").status, 400)
        for target in ("/metrics", "/status"):
            self.assertEqual(gw.get(target).status, 404)

    def test_head_and_connections_that_are_kept(self):
        self.start([route("a")], {})
        with Client(self.admin) as client:
            for _ in range(3):
                response = client.request("HEAD", "/metrics")
                self.assertEqual(response.status, 200)
                self.assertGreater(int(response.get("Content-Length")), 1000)
                self.assertEqual(client.get("/metrics").status, 200)

    def test_looking_changes_nothing_and_is_not_logged(self):
        gw = self.start([route("a")], {})
        before = self.metrics()
        for target in ("/metrics", "/status", "/nothing"):
            self.ask_admin(target)
        after = self.metrics()
        self.assertEqual(after.counters(), before.counters())
        self.assertEqual(after.sum("client_connections"), 0)
        probe = gw.get("/a/probe")
        gw.wait_record(request_id=probe.get("X-Request-ID"))
        self.assertEqual([record["path"] for record in gw.records()], ["/a/probe"])

    def test_a_unix_socket_in_the_runtime_directory(self):
        gw = self.start([route("a")], {}, admin="unix:admin.sock")
        path = os.path.join(gw.directory, "admin.sock")
        # Who may use it is up to the directory, as the manual says.
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o666)
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(DEADLINE)
        sock.connect(path)
        client = Client.__new__(Client)
        Stream.__init__(client, sock)
        self.assertEqual(client.get("/health").status, 200)
        client.close()
        gw.stop()
        self.assertFalse(os.path.exists(path))

    def test_status_says_which_listener_it_is(self):
        for admin in ("127.0.0.1:0", "unix:admin.sock"):
            with self.subTest(admin=admin):
                gw = self.start([route("a")], {}, admin=admin)
                status = json.loads(self.command("status", "--json"))
                self.assertEqual(status["listeners"], ["127.0.0.1:%d" % gw.address[1]])
                wanted = ("127.0.0.1:%d" % self.admin[1] if admin == "127.0.0.1:0" else
                          "unix:" + os.path.join(gw.directory, "admin.sock"))
                self.assertEqual(status["admin"], wanted)
                self.assertIn(f"  admin         {wanted}\n", self.command("status"))
        del self.config["admin"]
        gw.write_config(self.config)
        self.command("reload")
        self.assertIsNone(json.loads(self.command("status", "--json"))["admin"])

    def command(self, *args):
        status, out, err = run_command(*args, env={"RUNTIME_DIRECTORY": self.gw.directory})
        self.assertEqual(status, 0, err)
        return out

    def test_a_reload_opens_moves_and_closes_it(self):
        gw = self.start([route("a")], {})
        first = self.admin
        del self.config["admin"]
        gw.write_config(self.config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")

        def is_refused():
            try:
                Client(first).close()
            except ConnectionRefusedError:
                return True
            return False

        wait_until(is_refused, "the admin listener to close")
        self.config["admin"] = {"address": f"127.0.0.1:{first[1]}"}
        gw.write_config(self.config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=3")
        self.assertEqual(self.metrics().get("generation"), 3)

    def test_it_is_off_unless_configured(self):
        gw = self.gateway(config={"routes": [route("a")]})
        self.assertNotIn("for=admin", gw.errors.text())
        self.assertEqual(gw.get("/metrics").status, 404)

    def test_an_address_that_others_can_reach_is_refused(self):
        path = self.temporary("gateway.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"admin": {"address": "0.0.0.0:9090"}}, file)
        status, _, err = run_command("-t", "-c", path)
        self.assertEqual(status, 1)
        self.assertIn("/admin/address: ", err)
        self.assertIn("can be reached from other machines", err)
        self.assertIn("127.0.0.1:9090 or a unix socket", err)

    @unittest.skipUnless(shutil.which("promtool"), "promtool (Debian package prometheus) is missing")
    def test_promtool_finds_nothing_to_complain_of(self):
        odd = self.temporary('o"d\\d')
        gw = self.start([route("a", "s")], {"s": [f"unix:{odd}"]})
        for target in ("/a/x", "/nowhere", "/health"):
            gw.get(target)
        page = self.ask_admin("/metrics").body
        check = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True,
                               timeout=3 * DEADLINE, check=False)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, b"", b""))
        self.assertEqual(self.metrics().get("upstream_up", service="s", url=f"unix:{odd}"), 0)
