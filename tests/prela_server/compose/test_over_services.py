"""One process with all roles in it, over as many services as are set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import await_that, span
from tests.deployed import Deployment, Services

pytestmark = pytest.mark.slow

KAFKA, CLICKHOUSE = "KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_HOST"


@contextmanager
def one_process(services: Services, directory: Path, *without: str) -> Iterator[Deployment]:
    """Start it; an empty setting is the same as none."""
    settings = dict.fromkeys(without, "")
    one = Deployment(services, directory / "data", settings, roles=("",))
    try:
        yield one.start()
    finally:
        one.end()


@pytest.mark.parametrize("without", [(), (KAFKA,), (CLICKHOUSE,)], ids=str)
def test_what_is_set_is_used_and_what_is_not_is_built_in(
    services: Services, tmp_path: Path, without: tuple[str, ...]
) -> None:
    sent = span()
    with one_process(services, tmp_path, *without) as one:
        await_that(lambda: one.api.get("/ready").status_code == 200, "that it is ready", seconds=30)
        ready = set(one.api.read("/ready")["parts"])
        assert ("schema" in ready) is (KAFKA in without)
        assert ("worker" in ready) is (KAFKA not in without)
        assert one.processes[0].data_dir.exists() is (CLICKHOUSE in without)
        one.api.accept("/v1/spans", sent)
        assert sent["span_id"] == one.api.span(sent)["span_id"]
        assert 0 == one.stop()
        assert "Traceback" not in one.log
