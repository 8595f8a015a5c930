# SPDX-License-Identifier: MIT
"""One JSON line per request, complete and whole, and no worker ever waits for a log."""

import datetime
import json
import os
import signal
import threading

from case import UUID4, Case
from origin import answer
from wire import wait_until

FIELDS = {"timestamp": str, "request_id": str, "client": str, "method": str, "path": str,
          "query": str, "protocol": str, "target_service": str, "instance": str,
          "upstream_path": str, "status_code": int, "duration_ms": float, "queue_ms": float,
          "connect_ms": float, "upstream_header_ms": float, "upstream_ms": float, "bytes_in": int,
          "bytes_out": int, "attempts": int, "worker": int, "generation": int}


class AccessLog(Case):
    def test_a_line_has_every_field(self):
        gw = self.gateway(self.origin(answer(201, b"created")))
        with gw.client() as client:
            response = client.request("POST", "/api/service1/a%20b?q=1", body=b"12345")
        record = self.assert_log(
            gw, response, client="127.0.0.1", method="POST", path="/api/service1/a%20b",
            query="q=1", protocol="HTTP/1.1", target_service="service1",
            instance=self.origins[0].url, upstream_path="/api/a%20b",
            status_code=201, bytes_in=5, bytes_out=7, attempts=1, cause="", generation=1)
        for name, kind in FIELDS.items():
            self.assertIsInstance(record[name], kind, name)
        self.assertIn("cause", record)
        self.assertRegex(record["request_id"], f"^{UUID4.pattern}$")
        self.assertGreaterEqual(record["duration_ms"], 0)
        stamp = datetime.datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00"))
        age = datetime.datetime.now(datetime.timezone.utc) - stamp
        self.assertLess(abs(age.total_seconds()), 120)

    def test_every_request_has_one_line(self):
        gw = self.gateway(self.origin())
        with gw.client() as client:
            client.get("/api/service1/1")
            client.request("HEAD", "/health")
            client.get("/nowhere")
            client.get("/api/service1")
            client.send(b"GET / HTTP/2.0\r\n\r\n")
            client.read_response()
        wait_until(lambda: len(gw.records()) >= 5, "five lines")
        self.assertEqual([(r["status_code"], r["path"]) for r in gw.records()][:4],
                         [(200, "/api/service1/1"), (200, "/health"), (404, "/nowhere"),
                          (308, "/api/service1")])
        self.assertEqual(gw.records()[4]["status_code"], 505)
        gw.stop()
        self.assertEqual(len(gw.records()), 5)

    def test_duration_covers_the_wait_for_the_service(self):
        def script(conn):
            conn.read_request()
            threading.Event().wait(0.3)
            conn.respond()

        gw = self.gateway(self.origin(script))
        record = self.assert_log(gw, gw.get("/api/service1/x"))
        self.assertGreaterEqual(record["duration_ms"], 299)

    def test_a_malformed_request_has_a_line_too(self):
        gw = self.gateway()
        with gw.client() as client:
            client.send(b"\x01\x02nonsense\r\n\r\n")
            response = client.read_response()
        self.assert_log(gw, response, status_code=400, cause="malformed_request_line",
                        client="127.0.0.1", target_service="", attempts=0)

    def test_strange_bytes_stay_within_their_json_string(self):
        gw = self.gateway(self.origin())
        path = '/api/service1/"\\<>&\'{}'
        self.assert_log(gw, gw.get(path), path=path)

    def test_a_long_path_is_cut_and_marked(self):
        gw = self.gateway(self.origin())
        path = "/api/service1/" + "x" * 8000
        response = gw.get(path)
        self.assertEqual(response.status, 200)
        record = gw.wait_record(request_id=response.get("X-Request-ID"))
        self.assertTrue(record["path"].endswith("…"))
        self.assertTrue(path.startswith(record["path"][:-1]))
        self.assertTrue(all(len(line.encode()) < 4096 for line in gw.output.lines))

    def test_a_client_that_is_gone_is_a_499(self):
        service = self.origin(lambda conn: (conn.read_request(), conn.wait_end()))
        gw = self.gateway(service)
        client = gw.client()
        client.send_request("GET", "/api/service1/gone")
        service.wait_requests()
        client.reset()
        record = gw.wait_record(path="/api/service1/gone")
        self.assertEqual((record["status_code"], record["cause"]), (499, "client_closed"))
        self.assertEqual(record["target_service"], "service1")
        self.assertEqual((record["bytes_out"], record["attempts"]), (0, 1))

    def test_lines_of_two_workers_never_interleave(self):
        gw = self.gateway(self.origin(), GATEWAY_WORKERS=2)
        each, threads = 300, 8

        def hammer(number):
            with gw.client() as client:
                for count in range(each):
                    client.get(f"/nowhere/{number}/{count}/" + "x" * 700)

        running = [threading.Thread(target=hammer, args=(number,)) for number in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        wait_until(lambda: len(gw.output.lines) >= each * threads, "all lines")
        records = gw.records()  # fails on a line that is not whole
        self.assertEqual(len({record["path"] for record in records}), each * threads)
        self.assertEqual(len(records), each * threads)

    def test_a_log_nobody_reads_blocks_nobody(self):
        gw = self.gateway(read_stdout=False)
        with gw.client() as client:
            for _ in range(100):  # some megabytes of log into a pipe of 64 KiB
                client.send(b"GET /nowhere/%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"x" * 1000) * 50)
                for _ in range(50):
                    self.assertEqual(client.read_response().status, 404)
        self.assertEqual(gw.get("/health").status, 200)
        gw.send_signal(signal.SIGTERM)
        self.assertEqual(gw.wait_exit(), 0)  # nor does it block the end
        lines = gw.process.stdout.read().splitlines()
        self.assertGreater(len(lines), 10)
        for line in lines:
            json.loads(line)

    def test_a_log_whose_reader_is_gone_harms_nobody(self):
        gw = self.gateway(read_stdout=False)
        gw.process.stdout.close()
        for _ in range(20):
            self.assertEqual(gw.get("/health").status, 200)
        self.assertEqual(len(gw.workers()), 1)

    def test_a_redirected_log_that_is_truncated_goes_on_at_its_beginning(self):
        """What logrotate's copytruncate does: a writer that keeps an offset would leave a hole."""
        path = self.temporary("access.log")
        gw = self.gateway(prefix=("sh", "-c", 'exec "$@" >"$0"', path), read_stdout=False)

        def lines():
            with open(path, encoding="ascii") as file:
                return [line for line in file if line.endswith("\n")]

        for name in ("before", "after"):
            self.assertEqual(gw.get("/health", [("X-Request-ID", name)]).status, 200)
            wait_until(lines, "a line in the file")
            self.assertEqual([json.loads(line)["request_id"] for line in lines()], [name])
            os.truncate(path, 0)

    def test_the_error_log_is_separate(self):
        gw = self.gateway(self.origin())
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        gw.stop()
        self.assertNotIn('"status_code"', gw.errors.text())
        self.assertEqual(len(gw.output.lines), 1)
