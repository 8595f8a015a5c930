# SPDX-License-Identifier: MIT
"""`api-gateway top`: what the gateway does, for people at a terminal and for scripts."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

from gateway import BINARY, clean_environment, run_command
from metrics import MetricsCase, route
from wire import DEADLINE, wait_until


class Screen:
    """`top` on a terminal of its own."""

    def __init__(self, directory, *args, rows=40, columns=160):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [BINARY, "top", "--runtime-dir", directory, *args], stdin=slave, stdout=slave,
            stderr=subprocess.PIPE, env=clean_environment({"TERM": "xterm"}),
            start_new_session=True)
        self.output = ""
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            with self.lock:
                self.output += data.decode("utf-8", "replace")

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pages(self):
        """What was shown, page by page, as lines; without one that is on its way."""
        with self.lock:
            pages = [page for page in self.output.split("\x1b[H")[1:] if "\x1b[J" in page]
        plain = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", page) for page in pages]
        # The terminal's driver makes one more \r of each end of a line.
        return [[line.rstrip("\r") for line in page.split("\n")] for page in plain]

    def wait_page(self, what, condition):
        return wait_until(lambda: next((page for page in self.pages()[1:] if condition(page)),
                                       None), what)

    def settings(self):
        return termios.tcgetattr(self.slave)

    def wait_end(self):
        return self.process.wait(DEADLINE)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.slave)
        os.close(self.master)


class Top(MetricsCase):
    def start_gateway(self):
        self.service = self.origin()
        return self.start([route("a", "s"), route("b")], {"s": [self.service]}, workers=2)

    def once(self, *args):
        status, out, err = run_command("top", "--once", "--runtime-dir", self.gw.directory, *args)
        self.assertEqual((status, err), (0, ""))
        return out

    def screen(self, *args, **options):
        screen = Screen(self.gw.directory, *args, **options)
        self.addCleanup(screen.close)
        return screen

    def busy(self):
        """Requests until the test ends."""
        over = threading.Event()

        def run():
            with self.gw.client() as client:
                while not over.is_set():
                    client.get("/a/x")
                    time.sleep(0.002)

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(over.set)

    def test_json_for_scripts(self):
        gw = self.start_gateway()
        for _ in range(3):
            gw.get("/a/x")
        gw.get("/nowhere")
        self.counted(4)
        out = self.once("--json", "--interval", "100ms")
        self.assertEqual(out.count("\n"), 1)
        top = json.loads(out)
        self.assertEqual(top["generation"], 1)
        self.assertEqual(top["generations"],
                         [{"generation": 1, "starting": 0, "serving": 2, "draining": 0}])
        self.assertGreaterEqual(top["interval_seconds"], 0.1)
        self.assertEqual(top["total"]["requests_total"], 4)
        routes = {(row["route"], row["service"]): row for row in top["routes"]}
        self.assertEqual(set(routes), {("a", "s"), ("b", None), ("(none)", None),
                                       ("(endpoint)", None)})
        self.assertEqual(routes["a", "s"]["requests_total"], 3)
        self.assertEqual(routes["a", "s"]["requests_per_second"], 0)
        self.assertIsNone(routes["a", "s"]["p50_ms"])  # nothing ended in the interval
        self.assertEqual([row["service"] for row in top["services"]], ["s"])
        instance = top["instances"][0]
        self.assertEqual((instance["service"], instance["url"], instance["status"]),
                         ("s", self.service.url, "up"))
        self.assertEqual(instance["attempts_total"], 3)
        self.assertEqual({row["pid"] for row in top["workers"]}, set(gw.workers()))
        self.assertEqual(sum(row["requests_total"] for row in top["workers"]), 4)

    def test_rates_and_quantiles_are_of_what_happens_now(self):
        self.start_gateway()
        self.busy()

        def is_busy():
            top = json.loads(self.once("--json", "--interval", "200ms"))
            row = next(row for row in top["routes"] if row["route"] == "a")
            return row["requests_per_second"] > 0 and row["p50_ms"] is not None and top

        top = wait_until(is_busy, "a rate")
        self.assertGreater(top["total"]["responses_per_second"]["2xx"], 0)
        self.assertGreater(top["instances"][0]["attempts_per_second"], 0)
        self.assertGreater(sum(row["requests_per_second"] for row in top["workers"]), 0)
        self.assertGreaterEqual(top["total"]["p99_ms"], top["total"]["p50_ms"])

    def test_text_when_there_is_no_terminal(self):
        gw = self.start_gateway()
        gw.get("/a/x")
        self.counted(1)
        out = self.once("--interval", "100ms")
        self.assertNotIn("\x1b", out)
        self.assertRegex(out, r"(?m)^api-gateway  up 00:0\d:\d\d  generation 1  workers 2")
        self.assertRegex(out, r"(?m)^ROUTE +SERVICE +REQ/S")
        self.assertRegex(out, r"(?m)^a +s +0 ")
        self.assertRegex(out, rf"(?m)^{re.escape(self.service.url)} +s +up ")
        for pid in gw.workers():
            self.assertRegex(out, rf"(?m)^\d+ +{pid} +1 +serving")

    def test_lines_go_on_without_once(self):
        gw = self.start_gateway()
        process = subprocess.Popen(
            [BINARY, "top", "--json", "-n", "100ms", "--runtime-dir", gw.directory],
            stdout=subprocess.PIPE, env=clean_environment({}))
        try:
            for _ in range(3):
                self.assertEqual(json.loads(process.stdout.readline())["generation"], 1)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def test_the_terminal_is_given_back_by_q_and_by_signals(self):
        self.start_gateway()
        for end in ("q", signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(end=end):
                screen = self.screen("-n", "100ms")
                screen.wait_page("the routes", lambda page: any(l.startswith("ROUTE")
                                                                for l in page))
                self.assertNotEqual(screen.settings(), screen.before)
                self.assertIn("\x1b[?1049h", screen.output)
                if end == "q":
                    os.write(screen.master, b"q")
                else:
                    screen.process.send_signal(end)
                self.assertEqual(screen.wait_end(), 0)
                self.assertEqual(screen.settings(), screen.before)
                wait_until(lambda: screen.output.rstrip().endswith("\x1b[?1049l"),
                           "the former screen")
                self.assertIn("\x1b[?25h", screen.output)

    def test_it_fits_the_terminal_also_after_that_was_resized(self):
        self.start_gateway()
        screen = self.screen("-n", "100ms", rows=12, columns=50)
        page = screen.wait_page("the summary", lambda page: page[0].startswith("api-gateway"))
        self.assertLessEqual(len(page), 12)
        self.assertLessEqual(max(map(len, page)), 50, page)
        screen.resize(50, 170)
        screen.process.send_signal(signal.SIGWINCH)  # as the terminal's own driver does
        page = screen.wait_page("more room", lambda page: any("OUT B/S" in l for l in page))
        self.assertTrue(any(l.startswith("WORKER") for l in page), page)

    def test_draining_generations_are_shown(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.start([route("slow", "s")], {"s": [service]})
        client = gw.client()
        self.addCleanup(client.close)
        client.send_request("GET", "/slow/x")
        service.wait_requests()
        gw.write_config(self.config)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")
        wait_until(lambda: "generation 2 (draining: 1)" in self.once("-n", "100ms"),
                   "the old generation")
        self.assertRegex(self.once("-n", "100ms"), r"(?m)^\d+ +\d+ +1 +draining +0 +0 +1 ")

    def test_without_a_gateway_it_says_what_to_do(self):
        directory = os.path.dirname(self.temporary("x"))
        status, out, err = run_command("top", "--once", "--runtime-dir", directory)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("no gateway is running: there is no pid file", err)
        self.assertIn("--pid-file or --runtime-dir", err)

    def test_it_ends_when_the_gateway_does(self):
        gw = self.start_gateway()
        screen = self.screen("-n", "100ms")
        screen.wait_page("the routes", lambda page: any(l.startswith("ROUTE") for l in page))
        gw.stop()
        self.assertEqual(screen.wait_end(), 1)
        self.assertIn(b"no gateway is running", screen.process.stderr.read())
        self.assertEqual(screen.settings(), screen.before)

    def test_mistakes_in_usage(self):
        for args in (("-n", "soon"), ("-n", "10ms"), ("extra",), ("--what",)):
            status, out, err = run_command("top", *args)
            self.assertEqual((status, out), (2, ""), args)
            self.assertIn("api-gateway: ", err)
