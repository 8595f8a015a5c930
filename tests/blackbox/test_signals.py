# SPDX-License-Identifier: MIT
"""What each signal means (HUP: test_reload.py), and `api-gateway -s` for its words."""

import json
import os
import signal
import time

from case import HoldingCase
from gateway import run_command
from wire import Truncated, chunk, wait_until


class Stop(HoldingCase):
    def test_quit_and_term_finish_what_is_in_flight(self):
        for number in (signal.SIGQUIT, signal.SIGTERM):
            with self.subTest(signal=number):
                gw = self.start()
                client = self.slow_request()
                gw.send_signal(number)
                wait_until(lambda: not self.accepts(), "the listener to close")
                self.service.release.set()
                response = client.read_response()
                self.assertEqual((response.status, response.body), (200, b"answered"))
                self.assertTrue(response.closes())
                self.assertTrue(client.at_end())
                self.assert_log(gw, response, status_code=200, cause="")
                self.assertEqual(gw.wait_exit(), 0)
                gw.stop()

    def test_quit_without_requests_ends_at_once(self):
        gw = self.start()
        idle = [gw.client() for _ in range(3)]  # idle connections hold nothing up
        idle[0].get("/health")
        for client in idle:
            self.addCleanup(client.close)
        gw.stop(signal.SIGQUIT)
        self.assertNotIn("drain timed out", gw.errors.text())

    def test_an_upload_in_flight_is_finished(self):
        gw = self.start()
        with gw.client() as client:
            client.send_request("POST", "/api/service1/up", [("Content-Length", 10)])
            client.send(b"first")
            self.service.wait_requests()
            gw.send_signal(signal.SIGTERM)
            wait_until(lambda: not self.accepts(), "the listener to close")
            client.send(b"later")
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(self.service.complete[0].body, b"firstlater")
        self.assertEqual(gw.wait_exit(), 0)

    def test_int_ends_at_once_and_cuts_visibly(self):
        def stream(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"half"))
            conn.wait_end()

        gw = self.start(SERVICE2_URL=self.origin(stream).url)
        waiting = self.slow_request()
        with gw.client() as old, gw.client() as new:
            for client, version in ((old, "HTTP/1.0"), (new, "HTTP/1.1")):
                client.send_request("GET", "/api/service2/x", version=version)
                self.assertEqual(client.read_head().status, 200)
            self.assertEqual(old.read_exactly(4), b"half")
            chunks = new.read_chunks()
            self.assertEqual(next(chunks), b"half")
            gw.stop(signal.SIGINT)
            with self.assertRaises(ConnectionResetError):
                old.read_to_end()  # its answer ends with the connection: a FIN would look whole
            with self.assertRaises((Truncated, ConnectionResetError)):
                next(chunks)
        try:
            left = waiting.read_to_end()
        except ConnectionResetError:
            left = b""
        self.assertNotIn(b" 200 ", left)
        for path, status in (("/api/service1/slow", 499), ("/api/service2/x", 200)):
            self.assertEqual(gw.wait_record(path=path, cause="shutdown")["status_code"], status)
        self.assertNotIn("drain timed out", gw.errors.text())

    def test_a_second_term_ends_at_once(self):
        gw = self.start()
        self.slow_request()
        gw.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.accepts(), "the listener to close")
        gw.send_signal(signal.SIGTERM)
        self.assertEqual(gw.wait_exit(), 0)
        gw.stop()
        self.assertNotIn("drain timed out", gw.errors.text())

    def test_a_request_that_never_ends_cannot_hold_the_end_up(self):
        gw = self.start(GATEWAY_TIMEOUT="300")
        self.slow_request()
        started = time.monotonic()
        gw.stop(signal.SIGTERM)
        self.assertGreater(time.monotonic() - started, 7)  # shutdown.drain_timeout is 8 s
        self.assertIn("drain timed out", gw.errors.text())

    def test_a_tunnel_cannot_hold_the_end_up(self):
        def script(conn):
            conn.read_request_head()
            conn.send("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            conn.wait_end()

        gw = self.gateway(self.origin(script))
        with gw.client() as client:
            client.send_request("GET", "/api/service1/t",
                                [("Connection", "Upgrade"), ("Upgrade", "x")])
            self.assertEqual(client.read_head().status, 101)
            gw.stop(signal.SIGTERM)

    def test_idle_connections_end_with_a_fin_while_others_are_served(self):
        gw = self.start()
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 200)
            holder = self.slow_request()
            gw.send_signal(signal.SIGTERM)
            self.assertTrue(client.at_end())
            self.service.release.set()
            self.assertEqual(holder.read_response().status, 200)


class Others(HoldingCase):
    def test_usr1_harms_nobody(self):
        gw = self.start()
        worker = gw.worker()
        client = self.slow_request()
        for _ in range(2):  # when the second is logged, the first was passed on
            gw.send_logged_signal(signal.SIGUSR1)
        self.service.release.set()
        for _ in range(2):  # this worker's connection: no other one can answer on it
            self.assertEqual(client.read_response().status, 200)
            client.send_request("GET", "/api/service1/x")
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(gw.workers(), [worker])

    def test_usr1_is_logged_and_a_redirected_access_log_keeps_every_line_whole(self):
        """stdout cannot be opened anew: what must not happen is that a line is lost or torn."""
        path = self.temporary("access.log")
        gw = self.start(prefix=("sh", "-c", 'exec "$@" >"$0"', path), read_stdout=False,
                        GATEWAY_WORKERS=2)
        ids = [f"id-{number}" for number in range(200)]
        for number, name in enumerate(ids):
            if number % 10 == 0:
                gw.send_logged_signal(signal.SIGUSR1)
            self.assertEqual(gw.get("/api/service1/x", [("X-Request-ID", name)]).status, 200)
        gw.stop(signal.SIGQUIT)
        with open(path, encoding="ascii") as file:
            text = file.read()
        self.assertTrue(text.endswith("\n"))
        self.assertEqual(sorted(json.loads(line)["request_id"] for line in text.splitlines()),
                         sorted(ids))
        self.assertNotIn("not reopened", gw.errors.text())

    def test_winch_and_pipe_mean_nothing(self):
        """A terminal sends WINCH to all that run in it; of a daemon see test_daemon.py."""
        gw = self.start()
        worker = gw.worker()
        client = self.slow_request()
        for number in (signal.SIGWINCH, signal.SIGPIPE):
            for pid in (gw.pid, worker):
                os.kill(pid, number)
        gw.send_logged_signal(signal.SIGUSR1)  # whoever logs this has survived what came before
        self.service.release.set()
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(client.get("/api/service1/x").status, 200)
        self.assertEqual(gw.workers(), [worker])


class Words(HoldingCase):
    def command(self, word, path):
        return run_command("-s", word, "--pid-file", path)

    def test_s_tells_the_gateway_its_word(self):
        path = self.temporary("gateway.pid")
        gw = self.start(args=("--pid-file", path))
        worker = gw.worker()
        status, _, err = self.command("reopen", path)
        self.assertEqual(status, 0, err)
        gw.wait_error_line("told to reopen")
        self.assertEqual(gw.workers(), [worker])
        status, _, err = self.command("reload", path)
        self.assertEqual(status, 0, err)
        gw.wait_error_line("told to reload")
        wait_until(lambda: gw.workers() and worker not in gw.workers(), "the new generation")
        status, _, err = self.command("quit", path)
        self.assertEqual(status, 0, err)
        self.assertEqual(gw.wait_exit(), 0)
        gw.stop()
        gw.wait_error_line("told to quit")

    def test_without_pid_file_the_one_in_the_runtime_directory_is_used(self):
        gw = self.start()
        status, _, err = run_command("-s", "quit", env={"RUNTIME_DIRECTORY": gw.directory})
        self.assertEqual(status, 0, err)
        self.assertEqual(gw.wait_exit(), 0)

    def test_s_stop_is_fast(self):
        path = self.temporary("gateway.pid")
        gw = self.start(args=("--pid-file", path))
        self.slow_request()
        self.assertEqual(self.command("stop", path)[0], 0)
        self.assertEqual(gw.wait_exit(), 0)
        gw.stop()
        gw.wait_error_line("told to stop")
        self.assertNotIn("drain timed out", gw.errors.text())

    def test_s_without_a_gateway_is_an_error(self):
        path = self.temporary("gateway.pid")
        for content in (None, "999999999\n", "junk\n"):
            with self.subTest(content=content):
                if content:
                    with open(path, "w") as file:
                        file.write(content)
                status, _, err = self.command("reload", path)
                self.assertNotEqual(status, 0)
                self.assertIn(path, err)
