# SPDX-License-Identifier: MIT
"""One worker by itself: signals that reach only it, and a master that is gone."""

import os
import signal
import time

from case import HoldingCase
from wire import wait_until


class OneWorker(HoldingCase):
    def test_term_drains_it_and_the_master_replaces_it(self):
        gw = self.start()
        worker = gw.worker()
        with gw.client() as idle:
            self.assertEqual(idle.get("/health").status, 200)
            client = self.slow_request()
            os.kill(worker, signal.SIGTERM)
            self.assertTrue(idle.at_end())  # it drains
            self.assertEqual(gw.workers(), [worker])  # until it is done
        self.service.release.set()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assertTrue(response.closes())
        self.assertTrue(client.at_end())
        self.assert_log(gw, response, status_code=200, cause="")
        gw.wait_error_line(rf"worker exited pid={worker} .*status=0 signal=none")
        self.assertEqual(gw.get("/api/service1/x").status, 200)
        self.assertNotEqual(gw.worker(), worker)

    def test_hup_is_ignored(self):
        gw = self.start()
        worker = gw.worker()
        with gw.client() as client:
            self.assertEqual(client.get("/api/service1/x").status, 200)
            os.kill(worker, signal.SIGHUP)
            for _ in range(5):  # time enough to notice a signal: each answer is a turn of its loop
                response = client.get("/api/service1/x")
                self.assertEqual(response.status, 200)
                self.assertFalse(response.closes())
        self.assertEqual(gw.workers(), [worker])
        self.assert_log(gw, gw.get("/api/service1/x"), generation=1)


class Orphans(HoldingCase):
    def kill_master(self):
        self.gw.send_signal(signal.SIGKILL)
        self.gw.process.wait()
        self.addCleanup(self.gw.kill)

    def test_they_finish_what_is_in_flight_and_go(self):
        gw = self.start(GATEWAY_WORKERS=2)
        client = self.slow_request()
        self.kill_master()
        wait_until(lambda: not self.accepts(), "the listener to close")
        wait_until(lambda: len(gw.survivors()) == 1, "the worker without a request to go")
        self.service.release.set()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"answered"))
        self.assertTrue(client.at_end())
        wait_until(lambda: not gw.survivors(), "the end of the other worker")
        self.assert_log(gw, response, status_code=200, cause="")

    def test_a_request_that_never_ends_does_not_keep_them(self):
        gw = self.start(GATEWAY_TIMEOUT="300")
        self.slow_request()
        started = time.monotonic()
        self.kill_master()
        wait_until(lambda: not gw.survivors(), "the end of the worker")
        self.assertGreater(time.monotonic() - started, 7)  # shutdown.drain_timeout is 8 s
        gw.wait_error_line("drain timed out")
