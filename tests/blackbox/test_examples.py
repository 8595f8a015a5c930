# SPDX-License-Identifier: MIT
"""The configuration files in conf/: each is accepted, runs, and does what its comment promises."""

import json
import os
import signal

from case import Case
from client import Client
from documents import EXAMPLES, SHIPPED, parse
from gateway import run_command
from origin import answer
from test_upgrade import ASK, echo
from wire import wait_until


def host(name):
    return [("Host", name)]


def targets(origin):
    return [request.target for request in origin.requests]


class Example(Case):
    """A gateway with one of the files as it is; its services are those of the test."""

    def start(self, name, *, address=None, **env):
        env = {key: getattr(value, "url", value) for key, value in env.items()}
        path = str(EXAMPLES / name)
        status, _, errors = run_command("-t", "-c", path, env=env)
        self.assertEqual((status, errors), (0, ""))
        self.env, self.path = env, path
        self.gw = self.gateway(args=("-c", path), address=address, **env)
        return self.gw

    def effective(self):
        status, text, errors = run_command("-T", "-c", self.path, env=self.env)
        self.assertEqual((status, errors), (0, ""))
        return text


class Files(Case):
    def test_each_example_has_a_test_and_a_comment_that_promises_something(self):
        with open(__file__, encoding="utf-8") as file:
            tests = file.read()
        names = sorted(path.name for path in EXAMPLES.glob("*.json"))
        self.assertGreater(len(names), 9)
        for name in names:
            self.assertIn(f'"{name}"', tests)
            with open(EXAMPLES / name, encoding="utf-8") as file:
                self.assertTrue(file.read().startswith("// "), name)

    def test_examples_are_accepted_without_their_variables(self):
        """But for the secrets, which nobody can have a default of."""
        for path in EXAMPLES.glob("*.json"):
            with self.subTest(path=path.name):
                status, _, errors = run_command("-t", "-c", str(path))
                if path.name == "secrets.json":
                    self.assertEqual(status, 1)
                    self.assertIn("cannot read /etc/api-gateway/secrets/maps: No such", errors)
                    self.assertIn('variable "PAYMENT_AUTHORIZATION" is not set', errors)
                else:
                    self.assertEqual((status, errors), (0, ""))

    def test_the_shipped_file_starts_and_leads_to_its_service(self):
        service = self.origin()
        status, _, errors = run_command("-t", "-c", str(SHIPPED))
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(parse(SHIPPED.read_text(encoding="utf-8"))["listeners"],
                         [{"address": "0.0.0.0:8000"}])
        gw = self.gateway(service, args=("-c", str(SHIPPED)))
        self.assertEqual(gw.get("/api/service1/orders?id=1").status, 200)
        self.assertEqual(targets(service), ["/api/orders?id=1"])
        self.assertEqual(gw.get("/elsewhere").status, 404)


class Services(Example):
    def test_services(self):
        large, small, orders = self.origin(), self.origin(), self.origin()
        gw = self.start("services.json", CATALOGUE_LARGE=large, CATALOGUE_SMALL=small,
                        ORDERS=orders)
        for _ in range(8):
            self.assertEqual(gw.get("/catalogue/items").status, 200)
        self.assertEqual(targets(large), ["/items"] * 6)
        self.assertEqual(targets(small), ["/items"] * 2)
        self.assertEqual(gw.get("/orders/1").status, 200)
        self.assertEqual(targets(orders), ["/orders/1"])
        large.close()
        for _ in range(4):
            self.assertEqual(gw.get("/catalogue/items").status, 200)
        self.assertEqual(len(small.requests), 6)
        routes = {route["name"]: route for route in parse(self.effective())["routes"]}
        self.assertEqual(routes["catalogue"]["timeouts"]["response_header"], "5s")
        self.assertEqual(routes["orders"]["timeouts"]["response_header"], "1m")

    def test_canary(self):
        stable, canary = self.origin(), self.origin()
        gw = self.start("canary.json", SHOP_STABLE=stable, SHOP_CANARY=canary)
        with gw.client() as client:
            for _ in range(40):
                self.assertEqual(client.get("/shop/x").status, 200)
            self.assertEqual((len(stable.requests), len(canary.requests)), (38, 2))
            for _ in range(40):
                self.assertEqual(client.request("POST", "/shop/x", body=b"1").status, 200)
        self.assertEqual((len(stable.requests), len(canary.requests)), (78, 2))

    def test_unix_sockets(self):
        folder = os.path.dirname(self.temporary(""))
        os.chmod(folder, 0o777)  # workers of root are somebody else
        app = self.origin(path=os.path.join(folder, "app.sock"))
        gw = self.start("unix-sockets.json", SOCKETS=folder, GATEWAY_HOST=None, GATEWAY_PORT=None,
                        address=os.path.join(folder, "gateway.sock"))
        self.assert_log(gw, gw.get("/x"), client="unix", target_service="app")
        self.assertEqual(targets(app), ["/x"])

    def test_include(self):
        catalogue, orders = self.origin(), self.origin()
        gw = self.start("include.json", CATALOGUE=catalogue, ORDERS=orders)
        self.assertEqual(gw.get("/catalogue/1").status, 200)
        self.assertEqual(gw.get("/orders/1").status, 200)
        self.assertEqual((targets(catalogue), targets(orders)), (["/catalogue/1"], ["/orders/1"]))
        self.assertEqual(gw.get("/").get("Location"), "/catalogue/")
        for route in parse(self.effective())["routes"]:
            if "service" in route:
                self.assertEqual(route["timeouts"]["response_header"], "10s")


class Routes(Example):
    def test_hosts(self):
        api, tenants = self.origin(), self.origin()
        gw = self.start("hosts.json", API=api, TENANTS=tenants)
        self.assertEqual(gw.get("/x", host("api.example.com")).status, 200)
        self.assertEqual(gw.get("/y", host("Acme.example.com:8000")).status, 200)
        self.assertEqual(targets(api), ["/x"])
        self.assertEqual(targets(tenants), ["/y"])
        self.assertEqual(tenants.requests[0].get("Host"), "Acme.example.com:8000")
        for other in ("example.com", "example.org"):
            response = gw.get("/x", host(other))
            self.assertEqual((response.status, response.body),
                             (421, b"There is no such site here.\n"))

    def test_maintenance(self):
        site = self.origin()
        gw = self.start("maintenance.json", SITE=site)
        response = gw.get("/shop/basket")
        self.assertEqual(response.status, 503)
        self.assertEqual(response.get("Content-Type"), "text/html; charset=utf-8")
        self.assertIn(b"The shop is back at noon.", response.body)
        self.assertEqual(gw.get("/shop/images/a.png").status, 200)
        self.assertEqual(gw.get("/about").status, 200)
        self.assertEqual(targets(site), ["/shop/images/a.png", "/about"])

    def test_redirects(self):
        site = self.origin()
        gw = self.start("redirects.json", SITE=site)
        for target, name, status, location in (
                ("/docs/a/b?c=d", "example.com", 301, "https://docs.example.com/a/b?c=d"),
                ("/summer-sale/hats", "example.com", 302, "/"),
                ("/about?x", "www.example.com", 308, "https://example.com/about?x")):
            response = gw.get(target, host(name))
            self.assertEqual((response.status, response.get("Location")), (status, location))
        self.assertEqual(gw.get("/about", host("example.com")).status, 200)
        self.assertEqual(targets(site), ["/about"])

    def test_long_transfers(self):
        files, live = self.origin(), self.origin(echo())
        gw = self.start("long-transfers.json", FILES=files, LIVE=live)
        body = bytes(11 << 20)
        with gw.client() as client:
            self.assertEqual(client.request("PUT", "/uploads/film", body=body).status, 200)
            self.assertEqual(len(files.wait_complete().body), len(body))
            client.send_request("PUT", "/reports/x", [("Content-Length", (1 << 20) + 1)])
            self.assertEqual(client.read_response().status, 413)
        with gw.client() as client:
            client.send_request("GET", "/live/x", ASK)
            self.assertEqual(client.read_head().status, 101)
            client.send(b"ping")
            self.assertEqual(client.read_exactly(4), b"ping")
        config = parse(self.effective())
        routes = {route["name"]: route for route in config["routes"]}
        self.assertEqual((config["client"]["body"], config["client"]["write"]), ("2m", "2m"))
        self.assertEqual({route["timeouts"]["idle"] for route in config["routes"]}, {"2m"})
        self.assertEqual({route["timeouts"]["request"] for route in config["routes"]}, {"off"})
        self.assertEqual(routes["reports"]["timeouts"]["response_header"], "5m")
        self.assertEqual(routes["live"]["timeouts"]["tunnel_idle"], "12h")


class Fields(Example):
    def test_behind_proxy(self):
        site = self.origin()
        gw = self.start("behind-proxy.json", SITE=site)
        told = [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "shop.example"), ("X-Forwarded-Port", "443"),
                ("Host", "inside.example")]
        self.assert_log(gw, gw.get("/", told), client="203.0.113.7")
        request = site.requests[0]
        self.assertEqual(request.get("X-Forwarded-For"), "203.0.113.7, 127.0.0.1")
        for name, value in told[1:4]:
            self.assertEqual(request.all(name), [value])
        self.assertEqual(request.get("Host"), "inside.example")
        with Client(gw.address, source="127.0.0.2") as stranger:
            self.assert_log(gw, stranger.get("/", told), client="127.0.0.2")
        request = site.requests[1]
        self.assertEqual(request.get("X-Forwarded-For"), "127.0.0.2")
        self.assertEqual(request.get("X-Forwarded-Proto"), "http")
        self.assertEqual(request.get("X-Forwarded-Host"), "inside.example")

    def test_headers(self):
        site = self.origin(answer(headers=[
            ("Server", "secret/1.0"), ("X-Powered-By", "magic"), ("Vary", "Accept"),
            ("X-Content-Type-Options", "sniff"), ("Set-Cookie", "a=b")]))
        gw = self.start("headers.json", SITE=site)
        response = gw.get("/", [("Cookie", "a=b"), ("X-Entrance", "staff"), ("Accept", "x/y")])
        request = site.requests[0]
        self.assertFalse(request.has("Cookie"))
        self.assertEqual(request.get("X-Entrance"), "public")
        self.assertEqual(request.get("Accept"), "x/y")
        self.assertFalse(response.has("Server") or response.has("X-Powered-By"))
        self.assertEqual(response.get("X-Content-Type-Options"), "nosniff")
        self.assertEqual(response.get("Strict-Transport-Security"), "max-age=31536000")
        self.assertEqual(response.all("Vary"), ["Accept", "Origin"])
        self.assertEqual(response.get("Set-Cookie"), "a=b")

    def test_secrets(self):
        maps, payment = self.origin(), self.origin()
        key = self.temporary("maps")
        with open(key, "w", encoding="ascii") as file:
            file.write("k3y-one\n")
        os.chmod(key, 0o600)
        gw = self.start("secrets.json", MAPS=maps, PAYMENT=payment, SECRETS=os.path.dirname(key),
                        PAYMENT_AUTHORIZATION="Bearer p4y")
        gw.get("/maps/x", [("X-Api-Key", "forged"), ("x-api-key", "forged too")])
        gw.get("/payment/x", [("authorization", "forged")])
        self.assertEqual(maps.requests[0].all("X-Api-Key"), ["k3y-one"])
        self.assertEqual(payment.requests[0].all("Authorization"), ["Bearer p4y"])

        with open(key, "w", encoding="ascii") as file:
            file.write("k3y-two\n")
        self.assertEqual(gw.get("/maps/x").status, 200)
        self.assertEqual(maps.requests[1].get("X-Api-Key"), "k3y-one")
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("generation ready generation=2")
        gw.wait_workers(1)
        self.assertEqual(gw.get("/maps/x").status, 200)
        self.assertEqual(maps.requests[2].get("X-Api-Key"), "k3y-two")

        os.unlink(key)
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line("reload failed")
        self.assertEqual(gw.get("/maps/x").status, 200)
        self.assertEqual(maps.requests[3].get("X-Api-Key"), "k3y-two")

        with open(key, "w", encoding="ascii") as file:
            file.write("k3y-two")
        text = self.effective()
        self.assertEqual(parse(text)["routes"][0]["headers"]["request"]["set"],
                         {"X-Api-Key": {"file": key}})
        status, explained, _ = run_command("explain", "-c", self.path, "GET", "/maps/x",
                                           env=self.env)
        self.assertEqual(status, 0)
        self.assertIn("X-Api-Key", explained)
        gw.stop()
        for shown in (text, explained, gw.logs()):
            self.assertNotIn("k3y", shown)
            self.assertNotIn("p4y", shown)


class Tests(Example):
    def test_tests(self):
        catalogue, orders = self.origin(), self.origin()
        gw = self.start("tests.json", CATALOGUE=catalogue, ORDERS=orders)
        self.assertEqual(gw.get("/hats/7?color=red").status, 200)
        self.assertEqual(gw.get("/my-orders/7").get("Location"), "/orders/7")
        with gw.client() as client:
            sent = client.request("POST", "/orders/", [("X-Internal", "forged")], b"{}")
            self.assertEqual(sent.status, 200)
            self.assertEqual(client.request("POST", "/hats/", body=b"{}").status, 405)
        self.assertEqual(targets(catalogue), ["/hats/7?color=red"])
        self.assertEqual(targets(orders), ["/v2/orders/"])
        self.assertFalse(orders.requests[0].has("X-Internal"))

    def test_a_reload_that_breaks_what_is_expected_is_refused(self):
        orders = self.origin()
        with open(EXAMPLES / "tests.json", encoding="utf-8") as file:
            text = file.read()
        gw = self.gateway(config=text, CATALOGUE="http://127.0.0.1:1", ORDERS=orders.url)
        gw.write_config(text.replace('"/v2/orders/" },', '"/v3/orders/" },'))
        line = 1 + text[:text.index('"upstream_path": "/v2/')].count("\n")
        gw.send_signal(signal.SIGHUP)
        gw.wait_error_line(rf"gateway\.json:{line}:\d+: /tests/1/expect/upstream_path: ")
        gw.wait_error_line("reload failed")
        self.assertEqual(gw.get("/orders/7").status, 200)
        self.assertEqual(targets(orders), ["/v2/orders/7"])


class Logs(Example):
    def test_logs(self):
        folder = os.path.dirname(self.temporary(""))
        os.chmod(folder, 0o777)  # workers of root are somebody else
        access, error = (os.path.join(folder, name) for name in ("access.log", "error.log"))
        site = self.origin()
        # Nobody reads the port in a log of its own: the kernel cannot be let to pick one.
        listener = os.path.join(folder, "gateway.sock")
        config = {"include": [str(EXAMPLES / "logs.json")],
                  "listeners": [{"address": f"unix:{listener}"}]}
        env = {"LOGS": folder, "SITE": site.url, "GATEWAY_HOST": None, "GATEWAY_PORT": None}
        gw = self.gateway(config=config, address=listener, **env)

        def logged():
            if not os.path.exists(access):
                return []
            with open(access, encoding="utf-8") as file:
                return [json.loads(line) for line in file if line.endswith("\n")]

        def wait_line(path):
            return wait_until(lambda: [line for line in logged() if line["path"] == path],
                              f"the line of {path}")[0]

        self.assertEqual(gw.get("/one?token=s3cret&invitation=s3cret&page=2",
                                [("User-Agent", "browser/1")]).status, 200)
        line = wait_line("/one")
        self.assertEqual(line["query"], "token=***&invitation=***&page=2")
        self.assertEqual(line["user_agent"], "browser/1")
        self.assertEqual(line["target_service"], "site")
        os.rename(access, access + ".1")
        gw.send_signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(access), "a new file")
        self.assertEqual(gw.get("/two").status, 200)
        wait_line("/two")
        site.close()
        self.assertEqual(gw.get("/three").status, 503)
        gw.stop()
        self.assertEqual(gw.output.text(), "")
        self.assertEqual(gw.errors.text(), "")
        with open(error, encoding="utf-8") as file:
            self.assertNotIn("info", file.read())

    def test_the_logs_go_where_the_file_says(self):
        status, text, errors = run_command("-T", "-c", str(EXAMPLES / "logs.json"))
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(parse(text)["logs"]["access"]["output"],
                         "/var/log/api-gateway/access.log")
