# SPDX-License-Identifier: MIT
"""A worker killed at any moment never spoils a counter: the totals are what the clients saw.

    GATEWAY_TEST_KILLS=200 kills that often (`make check-kills`); a few times otherwise.
"""

import json
import os
import random
import signal
import threading
import time

from metrics import MetricsCase, route
from wire import Truncated, wait_until

KILLS = int(os.environ.get("GATEWAY_TEST_KILLS", "5"))
CLIENTS = 8


class Load:
    """Clients that ask one after the other, and know of each request what became of it."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.answered = 0   # whole answers, all of them 200
        self.broken = 0     # sent, in part at least, and not answered
        self.failures = []
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        try:
            while not self.is_over.is_set():
                self._use_connection(f"/{'ab'[number % 2]}/x")
        except Exception as error:
            self.failures.append(error)

    def _use_connection(self, target):
        """Until the gateway ends it, or enough was asked on it."""
        try:
            client = self.gateway.client()
        except ConnectionError:
            time.sleep(0.01)  # no worker at the moment
            return
        with client:
            for _ in range(20):
                try:
                    response = client.get(target)
                except (Truncated, ConnectionError):
                    with self.lock:
                        self.broken += 1
                    return
                assert (response.status, response.body) == (200, b"ok"), response.status
                with self.lock:
                    self.answered += 1
                if response.closes():
                    return

    def wait_more(self, count):
        """Until that many more requests were answered."""
        seen = self.answered
        wait_until(lambda: self.answered >= seen + count or self.failures,
                   f"{count} more answers", deadline=60)

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


class Kills(MetricsCase):
    generation = 1

    def assert_never_falls(self, before, after):
        """Counters only grow."""
        for key, value in before.counters().items():
            self.assertGreaterEqual(after.samples.get(key, 0), value, key)

    def test_counters_are_what_the_clients_saw(self):
        randomly = random.Random(os.environ.get("GATEWAY_TEST_SEED", "1"))
        service = self.origin(record=False)
        gw = self.start([route("a", "s"), route("b", "s")], {"s": [service]}, workers=2,
                        settings={"logs": {"access": {"output": "off"}}})
        load = Load(gw)
        self.addCleanup(load.is_over.set)
        before = self.metrics()
        for number in range(1, KILLS + 1):
            load.wait_more(randomly.randrange(1, 200))
            self.kill(randomly.choice(gw.wait_workers(2)))
            after = self.metrics_while_workers_die()
            self.assert_never_falls(before, after)
            before = after
            if number % 8 == 0:
                self.reload()
        load.wait_more(10)
        load.end()
        wait_until(lambda: self.metrics().get("worker_restarts_total") == KILLS, "all restarts")
        metrics = wait_until(lambda: self.settled(), "nothing to be in flight")
        self.check(metrics, load, json.loads(self.ask_admin("/status").body))

    def kill(self, worker):
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in self.gw.workers(), "the end of the worker")

    def reload(self):
        """To workers that have not been killed often, and so are started again at once."""
        old = set(self.gw.workers())
        self.generation += 1
        self.gw.send_signal(signal.SIGHUP)
        self.gw.wait_error_line(f"generation ready generation={self.generation} ")
        wait_until(lambda: not old & set(self.gw.workers()), "the end of the old workers")

    def metrics_while_workers_die(self):
        def page():
            try:
                return self.metrics()
            except (Truncated, ConnectionError):
                return None  # by the one that was killed

        return wait_until(page, "the metrics of a worker that lives")

    def settled(self):
        metrics = self.metrics()
        return metrics if metrics.sum("requests_in_flight") == 0 else None

    def check(self, metrics, load, status):
        # Each request was begun at most once, and each that was answered was: also one whose
        # worker was killed when it had written the answer, and counts as lost for that.
        ended = metrics.sum("requests_total", service="s")
        lost = metrics.sum("requests_lost_total", service="s")
        begun = ended + lost
        self.assertGreaterEqual(begun, load.answered)
        self.assertLessEqual(begun, load.answered + load.broken)
        self.assertLessEqual(lost, KILLS * CLIENTS)
        fine = metrics.sum("requests_total", service="s", status="2xx")
        self.assertGreaterEqual(fine, load.answered - lost)
        self.assertLessEqual(fine, load.answered + load.broken)
        self.assertEqual(metrics.sum("requests_total", service="s", status="5xx"), 0)
        # What is counted before the end itself may be there once more for each worker killed.
        for counted in (metrics.sum("request_duration_seconds_count", service="s"),
                        metrics.sum("response_body_bytes_total", service="s") / 2):
            self.assertGreaterEqual(counted, ended)
            self.assertLessEqual(counted, ended + KILLS)
        self.assertGreaterEqual(metrics.sum("upstream_attempts_total"), ended)
        self.assertEqual(metrics.sum("upstream_in_flight"), 0)
        self.assertEqual(status["requests_lost_total"], lost)
        self.assertEqual(status["worker_restarts_total"], KILLS)
