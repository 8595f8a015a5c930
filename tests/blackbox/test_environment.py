# SPDX-License-Identifier: MIT
"""Configuration by environment: every variable, its default, its errors, and what -t says."""

import os
import re
import signal
import socket

from case import Case
from gateway import run_command
from wire import DEADLINE, wait_until

BAD = {
    "GATEWAY_HOST": ("not-an-address", "1.2.3", "1.2.3.4.5", "::1:", "300.0.0.1", "example.com",
                     "127.0.0.1:80"),
    "GATEWAY_PORT": ("abc", "-1", "65536", "99999999999", "80x", "0x50", "8000.0", "+80", "80 81"),
    "GATEWAY_TIMEOUT": ("abc", "-1", "0", "nan", "inf", "1e3", "30s", "1,5", ".", "0x10", "-0.5"),
    "GATEWAY_LOG_LEVEL": ("loud", "info,debug", "1", "inf"),
    "GATEWAY_WORKERS": ("0", "-1", "many", "1.5", "1000000", "2x"),
    "GATEWAY_MAX_BODY": ("-1", "lots", "10XiB", "10 M B", "1.5MiB", "99999999999999999999",
                         "9999999999999GiB", "MiB"),
    "SERVICE1_URL": ("127.0.0.1:80", "localhost", "ftp://a", "https://a", "http://", "http:///x",
                     "http://a/path", "http://a/x/", "http://a?query", "http://a#fragment",
                     "http://user@a", "http://user:secret@a", "http://a:0", "http://a:65536",
                     "http://a:port", "http://a:", "http://a b", "http://::1", "http://[::1",
                     "http://[x]", "http://a..b", "http://-a", "unix:", "unix:relative/path",
                     "unix:/" + "x" * 108, "http://256.1.1.1"),
}
GOOD = {
    "GATEWAY_HOST": ("0.0.0.0", "127.0.0.1", "::", "::1", ""),
    "GATEWAY_PORT": ("0", "1", "8000", "65535", ""),
    "GATEWAY_TIMEOUT": ("30", "0.5", "2.75", "3600", ""),
    "GATEWAY_LOG_LEVEL": ("trace", "debug", "info", "warning", "warn", "error", "critical", "off",
                          "WARN", "Info", "oFF", ""),
    "GATEWAY_WORKERS": ("1", "4", "auto", "AUTO", ""),
    "GATEWAY_MAX_BODY": ("1", "1048576", "10MiB", "1GiB", "512KiB", "500KB", "1 MiB", "off", "OFF",
                         ""),
    "SERVICE1_URL": ("http://127.0.0.1", "http://127.0.0.1:9000", "http://localhost:1/",
                     "http://[::1]:9000", "http://service-1.example.com:80", "HTTP://a_b:80",
                     "unix:/run/service.sock", ""),
    "SERVICE25_URL": ("http://a:1",),
}


class Check(Case):
    def check(self, **env):
        """(exit status, everything it said) of api-gateway -t."""
        status, out, err = run_command("-t", env=env)
        return status, out + err

    def test_a_good_configuration_exits_with_0(self):
        for option in ("-t", "--test"):
            status, out, err = run_command(option, env={"SERVICE1_URL": "http://127.0.0.1:9"})
            self.assertEqual(status, 0, out + err)

    def test_every_accepted_value(self):
        for name, values in GOOD.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    status, said = self.check(**{name: value})
                    self.assertEqual(status, 0, said)

    def test_every_bad_value_is_an_error_with_name_value_and_what_is_accepted(self):
        for name, values in BAD.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    status, said = self.check(**{name: value})
                    self.assertEqual(status, 1, said)
                    line = next(text for text in said.splitlines() if name in text)
                    self.assertIn(re.sub("//.*@", "//***@", value)[:40], line)
                    self.assertRegex(line, "expected|supported|too long|absolute|at most")
        self.assertNotIn("secret", self.check(SERVICE1_URL="http://user:secret@a")[1])

    def test_all_errors_are_reported_at_once(self):
        bad = {name: values[0] for name, values in BAD.items()}
        bad["SERVICE7_URL"] = "https://a"
        status, said = self.check(**bad)
        self.assertEqual(status, 1)
        for name in bad:
            self.assertEqual(len([line for line in said.splitlines() if f"{name}=" in line]), 1,
                             f"{name} in {said}")

    def test_a_bad_value_also_keeps_the_gateway_from_starting(self):
        status, _, err = run_command(env={"GATEWAY_PORT": "http"})
        self.assertNotEqual(status, 0)
        self.assertIn("GATEWAY_PORT", err)

    def test_no_service_is_a_warning(self):
        status, said = self.check()
        self.assertEqual(status, 0)
        self.assertIn("no service", said)
        self.assertIn("SERVICE1_URL", said)
        self.assertNotIn("no service", self.check(SERVICE3_URL="http://a")[1])

    def test_misspelled_variables_are_warned_about(self):
        for name, meant in (("GATEWAY_PROT", "GATEWAY_PORT"), ("GATEWAY_LOGLEVEL",
                                                               "GATEWAY_LOG_LEVEL"),
                            ("SERVICE_1_URL", "SERVICE1_URL"), ("service1_url", "SERVICE1_URL")):
            with self.subTest(name=name):
                status, said = self.check(**{name: "1"})
                self.assertEqual(status, 0)
                self.assertIn(name, said)
                self.assertIn(meant, said)

    def test_it_starts_nothing(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            status, said = self.check(GATEWAY_HOST="127.0.0.1",
                                      GATEWAY_PORT=taken.getsockname()[1])
            self.assertEqual(status, 0, said)


class Effect(Case):
    def test_defaults(self):
        """0.0.0.0:8000 when nothing is set: shown by what it says when it cannot have the port."""
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("0.0.0.0", 8000))
            except OSError:
                self.skipTest("port 8000 is in use on this machine")
            taken.listen()
            status, _, err = run_command(env={})
            self.assertNotEqual(status, 0)
            self.assertIn("0.0.0.0:8000", err)
            self.assertIn("in use", err)

    def test_host_and_port(self):
        port = self.reserved_port("127.0.0.3", "127.0.0.1")
        gw = self.gateway(GATEWAY_HOST="127.0.0.3", GATEWAY_PORT=port)
        self.assertEqual(gw.address, ("127.0.0.3", port))
        self.assertEqual(gw.get("/health").status, 200)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), DEADLINE).close()

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 on this machine")
        service = self.origin(host="::1")
        gw = self.gateway(service, GATEWAY_HOST="::1")
        response = gw.get("/api/service1/x")
        self.assertEqual(response.status, 200)
        self.assertEqual(service.requests[0].get("X-Forwarded-For"), "::1")
        self.assertEqual(service.requests[0].get("Host"), service.host_field)
        self.assert_log(gw, response, client="::1")

    def test_an_ipv4_client_of_an_ipv6_listener_is_logged_as_ipv4(self):
        try:
            gw = self.gateway(self.origin(), GATEWAY_HOST="::")
        except AssertionError as error:
            if "IPv6" in str(error):
                self.skipTest("no IPv6 on this machine")
            raise
        gw.address = ("127.0.0.1", gw.address[1])
        self.assert_log(gw, gw.get("/api/service1/x"), client="127.0.0.1")

    def test_a_port_in_use_is_an_error_that_names_it(self):
        gw = self.gateway()
        status, _, err = run_command(env={"GATEWAY_HOST": "127.0.0.1",
                                          "GATEWAY_PORT": gw.address[1]})
        self.assertNotEqual(status, 0)
        self.assertIn(f"127.0.0.1:{gw.address[1]}", err)

    def test_no_service_warns_and_every_route_is_a_404(self):
        gw = self.gateway()
        gw.wait_error_line(r"warn.*no service")
        self.assert_error(gw.get("/api/service1/x"), 404, "not_found", "no_route")

    def test_an_empty_url_is_no_service(self):
        gw = self.gateway(SERVICE1_URL="", SERVICE2_URL=self.origin().url)
        self.assertEqual(gw.get("/api/service1/x").status, 404)
        self.assertEqual(gw.get("/api/service2/x").status, 200)

    def test_the_default_port_of_a_service_is_80(self):
        try:
            service = self.origin(host="127.0.0.80", port=80)
        except OSError as error:
            self.skipTest(f"127.0.0.80:80 cannot be had: {error}")
        gw = self.gateway("http://127.0.0.80", "http://127.0.0.80:80")
        for name in ("service1", "service2"):
            self.assertEqual(gw.get(f"/api/{name}/x").status, 200)
        self.assertEqual([request.get("Host") for request in service.requests], ["127.0.0.80"] * 2)

    def test_workers(self):
        for value in (1, 3):
            with self.subTest(value=value):
                self.gateway(GATEWAY_WORKERS=value).wait_workers(value)

    def test_workers_by_default_one_per_core(self):
        cores = len(os.sched_getaffinity(0))
        for value in ("auto", ""):
            with self.subTest(value=value):
                self.gateway(GATEWAY_WORKERS=value).wait_workers(cores)

    def test_a_log_level_shows_what_is_at_or_above_it_and_hides_the_rest(self):
        """Provoked are a warning (no service) and an error (a killed worker)."""
        for level, shown in (("Info", {"info", "warning", "error"}), ("debug", None),
                             ("warn", {"warning", "error"}), ("error", {"error"}),
                             ("critical", set()), ("off", set())):
            with self.subTest(level=level):
                address = ("127.0.0.5", self.reserved_port("127.0.0.5"))
                gw = self.gateway(GATEWAY_LOG_LEVEL=level, address=address,
                                  GATEWAY_HOST=address[0], GATEWAY_PORT=address[1])
                victim = gw.worker()
                os.kill(victim, signal.SIGKILL)
                wait_until(lambda: set(gw.workers()) - {victim}, "the replacement")
                gw.stop()
                lines = [line for line in gw.errors.lines if line]
                levels = {re.match(r"\S+ (\w+) \[", line)[1] for line in lines}
                if shown is None:
                    self.assertLessEqual({"info", "warning", "error"}, levels)
                    continue
                self.assertEqual(levels, shown)
                self.assertEqual("listening" in gw.errors.text(), "info" in shown)
                self.assertEqual("no service" in gw.errors.text(), "warning" in shown)
                self.assertEqual("worker exited" in gw.errors.text(), "error" in shown)

    def test_a_start_that_fails_is_never_silent(self):
        status, _, err = run_command(env={"GATEWAY_HOST": "127.0.0.1", "GATEWAY_LOG_LEVEL": "off",
                                          "GATEWAY_PORT": "0", "SERVICE1_URL": "x"})
        self.assertNotEqual(status, 0)
        self.assertIn("SERVICE1_URL", err)


class Options(Case):
    def test_version(self):
        for option in ("-V", "--version"):
            status, out, _ = run_command(option)
            self.assertEqual(status, 0)
            self.assertRegex(out, r"^api-gateway \d+\.\d+\.\d+")

    def test_help(self):
        for option in ("-h", "--help"):
            status, out, _ = run_command(option)
            self.assertEqual(status, 0)
            for word in ("--test", "--pid-file", "reload", "example-service"):
                self.assertIn(word, out)

    def test_an_unknown_option_or_command_is_an_error(self):
        for args in (("--nonsense",), ("nonsense",), ("-s",), ("-s", "dance")):
            with self.subTest(args=args):
                status, _, err = run_command(*args)
                self.assertNotEqual(status, 0)
                self.assertTrue(err.strip())
