# SPDX-License-Identifier: MIT
"""Ledger: every request of the load is entered before it is sent and settled exactly once.

What is no right answer in time is a loss. Two things are none: a connection that a killed worker
had takes its requests with it (the worker's connections are known, see storm.py), and a request
that was pipelined behind an answer with "Connection: close" was never taken (RFC 9112 §9.3.2), so
that its client sends it again.
"""

import collections
import itertools
import threading
import time


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.ids = itertools.count(1)
        self.open = {}      # id -> kind
        self.answered = {}  # id -> when
        self.losses = []    # (kind, id, what happened)
        self.counts = collections.Counter()
        self.handled = collections.Counter()  # id -> how often the service had it
        self.doomed = {}     # local port of a client -> when the worker that had it was killed
        self.kills = []      # when

    def begin(self, kind):
        """Enters a request; gives its id."""
        with self.lock:
            name = f"loss-{next(self.ids)}"
            self.open[name] = kind
            return name

    def end(self, name):
        """The whole and right answer has come."""
        with self.lock:
            self.counts[self.open.pop(name)] += 1
            self.answered[name] = time.monotonic()

    def fail(self, name, connection, error):
        """It has not, and never will; None when there was no connection."""
        with self.lock:
            kind = self.open.pop(name, None)
            if kind is None:
                return
            if connection and self.doomed.get(connection.port, 0) > connection.opened_at:
                self.counts["on a killed worker"] += 1
            else:
                self.losses.append((kind, name, repr(error)))

    def withdraw(self, name, why):
        """It was not sent, or is known not to have been taken."""
        with self.lock:
            self.open.pop(name)
            self.counts[why] += 1

    def note_handled(self, name):
        with self.lock:
            self.handled[name] += 1

    def doom(self, ports):
        with self.lock:
            now = time.monotonic()
            self.doomed.update((port, now) for port in ports)
            self.kills.append(now)

    def total(self):
        with self.lock:
            return len(self.answered)

    def repeated(self):
        """Ids that the service had more than once."""
        return [name for name, count in self.handled.items() if count > 1]

    def judge_log(self, records):
        """Problems of an access log that should have each answered request once.

        A worker writes its lines ten times a second: what it answered just before it was killed
        may be missing.
        """
        logged = collections.Counter(record["request_id"] for record in records)
        problems = [f"{name} is in the log {count} times"
                    for name, count in logged.items() if count > 1]
        for name, when in self.answered.items():
            if name not in logged:
                if any(kill - 2 < when < kill + 2 for kill in self.kills):
                    self.counts["unlogged by a killed worker"] += 1
                else:
                    problems.append(f"{name} is not in the log")
        return problems
