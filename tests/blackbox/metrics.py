# SPDX-License-Identifier: MIT
"""Metrics as a scraper reads them: a strict parser of the text format, and a case that has them."""

import re

from case import Case
from client import Client
from wire import wait_until

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\d+(?:\.\d+)?)")


def parse_labels(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"bad labels {text!r}"
        assert match[1] not in labels, f"a label twice: {text!r}"
        labels[match[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])
        at = match.end()
    return labels


# Units other than Prometheus' base units, and words that say what the type says already.
NO_BASE_UNIT = re.compile(r"_(ms|milliseconds?|us|microseconds?|minutes?|hours?|days?|kb|mb|kilobytes?"
                          r"|megabytes?|percent|bits?|counter|gauge|histogram|metric)(_|$)")
# Labels that a scraper adds, or that name things of its own.
TAKEN_LABELS = {"job", "instance", "quantile"}


class Metrics:
    """One page; what is wrong with it, or against the conventions, fails."""

    def __init__(self, text):
        self.types = {}
        self.samples = {}
        self.histograms = {}   # (name, labels) -> [(le, value)], in order
        self.current = None    # the metric of which samples follow
        assert text.endswith("\n"), "the last line has no end"
        for line in text.split("\n")[:-1]:
            if line.startswith("# HELP "):
                self._begin(line)
            elif line.startswith("# TYPE "):
                self._set_type(line)
            else:
                self._add(line)
        for name in self.types:
            self._check_name(name)
        for key, buckets in self.histograms.items():
            self._check_histogram(*key, buckets)

    def _begin(self, line):
        match = re.fullmatch(rf"# HELP ({NAME}) ((?:[^\\]|\\[\\n])+)", line)
        assert match, f"bad line {line!r}"
        assert match[1] not in self.types, f"twice: {line!r}"
        assert self.current is None or self.current in self.types, f"no type: {self.current}"
        self.current = match[1]

    def _set_type(self, line):
        match = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line)
        assert match, f"bad line {line!r}"
        assert match[1] == self.current and self.current not in self.types, f"misplaced: {line!r}"
        self.types[self.current] = match[2]

    def _add(self, line):
        match = SAMPLE.fullmatch(line)
        assert match, f"bad line {line!r}"
        assert self.current in self.types, f"{line!r} has no type"
        kind, suffix = self.types[self.current], match[1].removeprefix(self.current)
        allowed = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        assert match[1].startswith(self.current) and suffix in allowed, \
            f"{line!r} under {self.current}"
        labels, value = parse_labels(match[2] or ""), float(match[3])
        assert not TAKEN_LABELS & set(labels), f"a label of the scraper's: {line!r}"
        assert not [name for name in labels if name.startswith("__")], f"reserved: {line!r}"
        assert ("le" in labels) == (suffix == "_bucket"), f"le: {line!r}"
        key = (match[1], frozenset(labels.items()))
        assert key not in self.samples, f"twice: {line!r}"
        self.samples[key] = value
        if suffix == "_bucket":
            edge = labels.pop("le")
            self.histograms.setdefault((self.current, frozenset(labels.items())), []).append(
                (float(edge), value))

    def _check_name(self, name):
        """https://prometheus.io/docs/practices/naming/"""
        assert re.fullmatch(r"api_gateway(_[a-z]+)+", name), f"name: {name}"
        is_counter = self.types[name] == "counter"
        assert name.endswith("_total") == is_counter, f"_total is for counters: {name}"
        assert not name.endswith(("_bucket", "_sum", "_count")), f"reserved: {name}"
        assert not NO_BASE_UNIT.search(name), f"unit or type in the name: {name}"
        if self.types[name] == "histogram":
            assert name.endswith("_seconds"), f"no unit: {name}"

    def _check_histogram(self, name, labels, buckets):
        edges, values = zip(*buckets)
        assert list(edges) == sorted(set(edges)), f"edges do not rise: {name}"
        assert list(values) == sorted(values), f"a bucket holds less than the one before: {name}"
        assert edges[-1] == float("inf"), f"no bucket for all: {name}"
        assert self.samples.get((f"{name}_count", labels)) == values[-1], f"count: {name}"
        assert (f"{name}_sum", labels) in self.samples, f"no sum: {name}"

    def get(self, name, **labels):
        """Of the one sample with exactly these labels; None when there is none."""
        return self.samples.get((f"api_gateway_{name}", frozenset(labels.items())))

    def sum(self, name, **labels):
        """Of all samples with these labels, whatever others they have."""
        return sum(value for (found, of), value in self.samples.items()
                   if found == f"api_gateway_{name}" and labels.items() <= dict(of).items())

    def values(self, label):
        """All values of a label."""
        return {dict(of)[label] for _, of in self.samples if label in dict(of)}

    def counters(self):
        return {key: value for key, value in self.samples.items()
                if self.types.get(key[0], "histogram") != "gauge"}


class MetricsCase(Case):
    def start(self, routes, services, workers=1, admin="127.0.0.1:0", settings=(), **options):
        self.config = {
            **dict(settings),
            "admin": {"address": admin},
            "services": {name: {"instances": [{"url": getattr(origin, "url", origin)}
                                              for origin in origins]}
                         for name, origins in services.items()},
            "routes": routes}
        self.gw = self.gateway(config=self.config, GATEWAY_WORKERS=workers, **options)
        line = self.gw.wait_error_line("listening .* for=admin")
        if match := re.search(r"address=([0-9.]+):(\d+) for=admin", line):
            self.admin = (match[1], int(match[2]))
        return self.gw

    def ask_admin(self, target, method="GET", body=b""):
        with Client(self.admin) as client:
            return client.request(method, target, body=body)

    def metrics(self):
        response = self.ask_admin("/metrics")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        return Metrics(response.body.decode("utf-8"))

    def counted(self, requests):
        """The page once that many requests have ended: a client may have its answer before."""
        def page():
            metrics = self.metrics()
            in_flight = metrics.sum("requests_in_flight") + metrics.sum("upstream_in_flight")
            ended = metrics.sum("requests_total")
            return metrics if (ended, in_flight) == (requests, 0) else None

        return wait_until(page, f"the end of {requests} requests")


def route(name, service=None, **more):
    answer = {"service": service} if service else {"response": {"body": name}}
    return {"name": name, "match": {"path_prefix": f"/{name}/"}, **answer, **more}
