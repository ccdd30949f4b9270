"""What the worker measures, as Prometheus reads it: one registry for each service, none global."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from prela_core.bus.figures import FeedFigures

__all__ = ["FeedMeter", "WorkerMetrics"]

_FEED = ("feed",)
_SPANS = (1, 10, 100, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class WorkerMetrics:
    """The metrics of a worker, labelled with the feed that each is about."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.spans = Counter("prela_worker_spans_stored", "Spans stored.", _FEED, registry=registry)
        self.groups = Histogram(
            "prela_worker_insert_spans",
            "Spans in one insert.",
            _FEED,
            buckets=_SPANS,
            registry=registry,
        )
        self.seconds = Histogram(
            "prela_worker_insert_seconds",
            "Seconds that one insert took.",
            _FEED,
            buckets=_SECONDS,
            registry=registry,
        )
        self.away = Counter(
            "prela_worker_store_unavailable",
            "Inserts that the store could not do.",
            _FEED,
            registry=registry,
        )
        self.poison = Counter(
            "prela_worker_poison_spans", "Spans that can't be stored.", _FEED, registry=registry
        )
        self._feeds: dict[str, FeedFigures] = {}
        registry.register(_Feeds(self._feeds))

    def of(self, feed: str, figures: FeedFigures) -> FeedMeter:
        """Give the meter for a worker on the feed of this name, whose figures are shown too."""
        self._feeds[feed] = figures
        return FeedMeter(self, feed)

    def expose(self) -> bytes:
        """Write all of it in Prometheus' text format (`text/plain; version=0.0.4`)."""
        return generate_latest(self.registry)


class FeedMeter:
    """A worker's `Meter`."""

    def __init__(self, metrics: WorkerMetrics, feed: str) -> None:
        self._spans = metrics.spans.labels(feed)
        self._groups = metrics.groups.labels(feed)
        self._seconds = metrics.seconds.labels(feed)
        self._away = metrics.away.labels(feed)
        self._poison = metrics.poison.labels(feed)

    def stored(self, spans: int, seconds: float) -> None:
        """Count an insert."""
        self._spans.inc(spans)
        self._groups.observe(spans)
        self._seconds.observe(seconds)

    def away(self) -> None:
        """Count an insert that was not done."""
        self._away.inc()

    def poison(self, spans: int) -> None:
        """Count what can't be stored."""
        self._poison.inc(spans)


class _Feeds(Collector):
    """Reads the figures of feeds when it is asked."""

    def __init__(self, feeds: dict[str, FeedFigures]) -> None:
        self._feeds = feeds

    def collect(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "prela_worker_lag_records",
            "Records that wait in a partition.",
            labels=["feed", "partition"],
        )
        for name, figures in self._feeds.items():
            for partition, records in sorted(figures.lag.items()):
                lag.add_metric([name, str(partition)], records)
        yield lag
        held = GaugeMetricFamily(
            "prela_worker_held_bytes", "Bytes taken from the bus and not stored.", labels=_FEED
        )
        paused = GaugeMetricFamily(
            "prela_worker_paused", "1 while no more is asked for.", labels=_FEED
        )
        for name, figures in self._feeds.items():
            held.add_metric([name], figures.held_bytes)
            paused.add_metric([name], figures.paused)
        yield held
        yield paused
        for field, text in _COUNTS.items():
            counter = CounterMetricFamily(f"prela_worker_{field}", text, labels=_FEED)
            for name, figures in self._feeds.items():
                counter.add_metric([name], getattr(figures, field))
            yield counter


_COUNTS = {
    "rebalances": "How often partitions were given out anew.",
    "dead_letters": "Dead letters written.",
    "undecodable": "Records that could not be decoded.",
    "lost": "Records that the bus deleted before they were taken.",
    "kept": "Groups kept to be given again, for the store was away.",
    "taken": "Records taken from the bus.",
}
