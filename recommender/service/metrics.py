"""What operators watch, in the text form of Prometheus. Each service has its own registry."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from recommender.engine.answer import Recommendations

_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it when it is imported
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STAGES = ("encode", "queue", "query", "search", "render", "body")
"""Encoding a text that GET asks for; waiting for a thread; reading the query, any other text's encoding with it;
candidates and ranking; the hits' fields; the answer's bytes. What a request takes beyond these is reading, sending, and
waiting for other requests."""

Gauges = Callable[[], Iterable[tuple[str, str, dict[str, str], float]]]
"""Name, help text, labels and value of each thing that is looked up when the metrics are read."""


def share(folder: str) -> None:
    """Let the processes that are started from now on count together, in files of a folder that outlives them."""
    os.environ[_SHARED] = folder


def is_shared() -> bool:
    """Whether one of the processes that count together has begun to."""
    return bool(os.listdir(os.environ[_SHARED]))


class Metrics:
    """Counters of one service, or of all workers of one (see `share`)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._lookups: list[Collector] = []
        self._requests = Counter(
            "recommender_http_requests", "Requests by route and status", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "recommender_http_request_seconds", "Time to the end of an answer", ["route"],
            registry=self._registry, buckets=_SECONDS,
        )  # fmt: skip
        self._engine = Histogram(
            "recommender_engine_seconds",
            "Time in the engine for one question",
            registry=self._registry,
            buckets=_SECONDS,
        )
        stages = Histogram(
            "recommender_stage_seconds", "Time of one question in each stage", ["stage"],
            registry=self._registry, buckets=_SECONDS,
        )  # fmt: skip
        self._stages = {name: stages.labels(name) for name in STAGES}
        self._cache = Counter(
            "recommender_answers", "Answers to GET by where they came from", ["source"], registry=self._registry
        )
        self._short = Counter(
            "recommender_short_answers", "Answers with fewer hits than asked for", registry=self._registry
        )
        self._empty = Counter("recommender_empty_answers", "Answers without a hit", registry=self._registry)
        self._known: dict[tuple[str, int], Any] = {}
        self._timers: dict[str, Any] = {}
        self._sources = {name: self._cache.labels(name) for name in ("hit", "miss", "not_modified")}

    def watch(self, gauges: Gauges) -> None:
        """Look these up whenever the metrics are read."""
        self._lookups.append(_Lookup(gauges))

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered. `route` is a pattern, never an address."""
        key = route, status
        counter = self._known.get(key)
        if counter is None:
            counter = self._known[key] = self._requests.labels(route, str(status))
            self._timers[route] = self._seconds.labels(route)
        counter.inc()
        self._timers[route].observe(seconds)

    def source(self, name: str) -> None:
        """Count where an answer to GET came from: hit, miss or not_modified."""
        self._sources[name].inc()

    def answered(self, found: Recommendations, limit: int) -> None:
        """Count an answer of the engine, of which `limit` hits were asked for."""
        self._engine.observe(found.processing_time_ms / 1_000)
        for stage, seconds in found.seconds.items():
            self.stage(stage, seconds)
        if len(found.hits) < limit:
            self._short.inc()
        if not found.hits:
            self._empty.inc()

    def stage(self, name: str, seconds: float) -> None:
        """Count the time that a question spent in a stage (see `STAGES`)."""
        self._stages[name].observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        registry = CollectorRegistry()
        if folder := os.environ.get(_SHARED):
            MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        else:
            registry.register(self._registry)
        for lookup in self._lookups:
            registry.register(lookup)
        return generate_latest(registry)


class _Lookup(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, labels, value in self._gauges():
            family = families.setdefault(name, GaugeMetricFamily(name, text, labels=list(labels)))
            family.add_metric(list(labels.values()), value)
        return families.values()

    def describe(self) -> Iterable[Metric]:
        return ()
