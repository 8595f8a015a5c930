#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mixed traffic with random aborts on both sides, for as long as one likes.

    run.py --gateway PATH [--seconds N] [--clients N] [--seed N]

Checks that every answer is whole and right or visibly broken, and never broken without a reason;
and in the end that memory did not grow, all counters are back to zero and no descriptor is left.
Exit status 1 when anything was wrong. Run it with a sanitizer build: `make soak`.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import socket
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "blackbox")]

SAMPLE_S = 2.0
GROWTH = 1.15            # of the resident size, from the second to the last quarter
SLACK = 16 << 20         # bytes


class AccessLog:
    """Counts the lines by cause; one that is no JSON object is wrong."""

    def __init__(self, pipe):
        self.causes = collections.Counter()
        self.broken = []
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe):
        for line in pipe:
            try:
                self.causes[json.loads(line)["cause"]] += 1
            except (ValueError, KeyError, TypeError):
                self.broken.append(line)


def refused_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def configuration(url):
    services = {"s": {"instances": [{"url": url}]}, "fresh": {"instances": [{"url": url}]},
                "refused": {"instances": [{"url": f"http://127.0.0.1:{refused_port()}"}]}}
    return {"pool": {"idle_timeout": "2s"}, "client": {"half_close": "1s"},
            "services": services,
            "routes": [{"match": {"path_prefix": f"/{name}/"}, "service": name}
                       for name in services]}


def resident(gateway):
    total = 0
    for pid in gateway.workers():
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            total += int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024
    return total


def status(gateway):
    return json.loads(gateway.get("/api/gateway/status").body)


def traffic(gateway, options):
    """Lets the clients act; gives them and the samples of the resident size."""
    from traffic import Session
    end = time.monotonic() + options.seconds
    sessions = [Session(gateway, options.seed * 1000 + number) for number in range(options.clients)]
    threads = [threading.Thread(target=session.run, args=(end,)) for session in sessions]
    for thread in threads:
        thread.start()
    samples = []
    while time.monotonic() < end:
        time.sleep(min(SAMPLE_S, max(0.0, end - time.monotonic())))
        samples.append(resident(gateway))
    for thread in threads:
        thread.join()
    return sessions, samples


def check_memory(samples):
    quarter = len(samples) // 4
    if quarter < 2:
        return []
    early = statistics.median(samples[quarter:2 * quarter])
    late = statistics.median(samples[-quarter:])
    print(f"soak: resident size {early / 1048576:.1f} MiB, later {late / 1048576:.1f} MiB")
    if late > early * GROWTH + SLACK:
        return [f"memory grew from {early} to {late} bytes"]
    return []


def check_end(gateway, origin, before, workers):
    """What is left when all clients have gone."""
    from wire import wait_until
    wrong = []
    try:
        wait_until(lambda: (lambda now: (now["connections"] <= 1 and now["exchanges"] <= 1 and
                                         now["tunnels"] == 0))(status(gateway)),
                   "the counters to be back to zero")
        wait_until(lambda: gateway.descriptors() <= before, "all descriptors to be free")
    except AssertionError as error:
        wrong.append(f"{error}: {status(gateway)} descriptors={gateway.descriptors()} "
                     f"(before: {before})")
    if sorted(gateway.workers()) != workers:
        wrong.append("a worker has ended")
    wrong += [f"the service received something invalid: {failure!r}"
              for failure in origin.failures]
    return wrong


def soak(options):
    from gateway import Gateway
    from origin import Origin
    from service import forget, serve
    origin = Origin(serve, record=False)
    forget(origin)
    gateway = Gateway({"GATEWAY_WORKERS": 2}, config=configuration(origin.url), read_stdout=False)
    log = AccessLog(gateway.process.stdout)
    workers = sorted(gateway.wait_workers(2))
    status(gateway)
    time.sleep(1.5)  # until that connection is gone
    before = gateway.descriptors()
    sessions, samples = traffic(gateway, options)
    done = sum((session.done for session in sessions), collections.Counter())
    wrong = [error for session in sessions for error in session.wrong]
    wrong += check_memory(samples)
    wrong += check_end(gateway, origin, before, workers)
    try:
        gateway.stop()
    except AssertionError as error:
        wrong.append(f"{error}\n{gateway.errors.text()}")
    wrong += [f"not a line of JSON: {line!r}" for line in log.broken]
    origin.close()
    print(f"soak: done {dict(sorted(done.items()))}")
    print(f"soak: causes {dict(sorted((str(k), v) for k, v in log.causes.items()))}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", default="build/asan/api-gateway")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    os.environ["GATEWAY"] = os.path.abspath(options.gateway)
    os.environ.setdefault("GATEWAY_TEST_PATIENCE", "4")
    # What is freed is kept aside for a while to find its late uses; not so much that it looks like
    # a leak.
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=16")
    print(f"soak: {options.seconds:.0f} s, {options.clients} clients, seed {options.seed}",
          flush=True)
    wrong = soak(options)
    for error in wrong[:20]:
        print(f"soak: WRONG {error}")
    print(f"soak: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
