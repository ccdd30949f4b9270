from __future__ import annotations

from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from prela_core.bus.figures import FeedFigures
from prela_server.worker.metrics import WorkerMetrics


def shown(metrics: WorkerMetrics) -> dict[str, float]:
    """Read what is exposed, as Prometheus does."""
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.expose().decode())
        for sample in family.samples
    }


def test_what_a_worker_tells_is_shown_by_feed() -> None:
    metrics = WorkerMetrics()
    meter = metrics.of("spans", FeedFigures())
    metrics.of("traces", FeedFigures())
    meter.stored(30, 0.02)
    meter.stored(12, 0.3)
    meter.away()
    meter.poison(2)
    seen = shown(metrics)
    assert 42 == seen["prela_worker_spans_stored_total/spans"]
    assert 0 == seen["prela_worker_spans_stored_total/traces"]
    assert 2 == seen["prela_worker_insert_spans_count/spans"]
    assert 2 == seen["prela_worker_insert_spans_bucket/spans/100.0"]
    assert 0.32 == seen["prela_worker_insert_seconds_sum/spans"]
    assert 1 == seen["prela_worker_insert_seconds_bucket/spans/0.025"]
    assert 1 == seen["prela_worker_store_unavailable_total/spans"]
    assert 2 == seen["prela_worker_poison_spans_total/spans"]


def test_the_figures_of_a_feed_are_read_when_they_are_asked_for() -> None:
    metrics, figures = WorkerMetrics(), FeedFigures()
    metrics.of("spans", figures)
    assert "prela_worker_lag_records/spans/0" not in shown(metrics)
    figures.lag = {0: 7, 3: 0}
    figures.rebalances, figures.dead_letters, figures.undecodable = 2, 3, 1
    figures.held_bytes, figures.paused, figures.kept, figures.taken = 1024, True, 5, 99
    seen = shown(metrics)
    assert {
        "prela_worker_lag_records/spans/0": 7,
        "prela_worker_lag_records/spans/3": 0,
        "prela_worker_rebalances_total/spans": 2,
        "prela_worker_dead_letters_total/spans": 3,
        "prela_worker_undecodable_total/spans": 1,
        "prela_worker_held_bytes/spans": 1024,
        "prela_worker_paused/spans": 1,
        "prela_worker_kept_total/spans": 5,
        "prela_worker_taken_total/spans": 99,
    }.items() <= seen.items()


def test_two_services_do_not_share_and_nothing_is_global() -> None:
    first, second = WorkerMetrics(), WorkerMetrics()
    first.of("spans", FeedFigures()).stored(1, 0.1)
    second.of("spans", FeedFigures())
    assert 0 == shown(second)["prela_worker_spans_stored_total/spans"]
    assert not [each for each in REGISTRY.collect() if each.name.startswith("prela_")]
