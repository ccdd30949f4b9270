from __future__ import annotations

import re
from importlib import resources

import pytest

from prela_core.errors import SettingsError
from prela_core.store import migrations

STEPS = migrations.migrations()
OF_THE_ENGINE = migrations.migrations(migrations.DURABLE)
STATEMENTS = {migrations.LOG_TABLE, *(step.sql for step in OF_THE_ENGINE)}


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql).strip()


def test_steps_are_in_order_and_no_two_have_one_number() -> None:
    numbers = [step.number for step in STEPS]
    assert sorted(set(numbers)) == numbers


def test_every_file_is_a_step() -> None:
    files = [file.name for file in resources.files("prela_core.store").joinpath("schema").iterdir()]
    assert sorted(files) == [f"{step.number:04}_{step.name}.sql" for step in OF_THE_ENGINE]
    assert ["packed_parts"] == [step.name for step in OF_THE_ENGINE if step.is_embedded]


def test_a_server_is_asked_nothing_that_is_for_the_engine_in_this_process() -> None:
    assert [] == [step.name for step in STEPS if step.is_embedded]
    assert len(STEPS) == len([step for step in OF_THE_ENGINE if not step.is_embedded])


@pytest.mark.parametrize("sql", sorted(STATEMENTS), ids=lambda sql: _without_comments(sql)[:60])
def test_each_is_one_statement_that_does_nothing_the_second_time(sql: str) -> None:
    """Many replicas run them at once, and a step that was cut off is run again."""
    bare = _without_comments(sql)
    assert ";" not in bare
    assert re.match(
        r"(CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS"
        r"|ALTER TABLE \w+\s+\(?(ADD (COLUMN|INDEX|PROJECTION) IF NOT EXISTS"
        r"|DROP (COLUMN|INDEX|PROJECTION) IF EXISTS|MODIFY (COLUMN|SETTING))"
        r"|DROP (TABLE|VIEW) IF EXISTS) ",
        bare,
    )


def test_durability_goes_into_every_table_that_holds_what_was_accepted() -> None:
    for step in migrations.migrations(migrations.DURABLE):
        tables = step.sql.count("ENGINE = ")
        assert tables == step.sql.count("fsync_after_insert = 1, fsync_part_directory = 1")
        assert "$" not in step.sql
    assert all("fsync" not in step.sql for step in STEPS)


def test_the_columns_of_the_original_design_are_there_by_name() -> None:
    spans, _, traces, *_ = STEPS
    for name in [
        "span_id",
        "trace_id",
        "parent_span_id",
        "name",
        "span_type",
        "service_name",
        "started_at",
        "ended_at",
        "duration_ms",
        "status",
        "attributes",
        "events",
        "created_at",
    ]:
        assert re.search(rf"^ +{name} ", spans.sql, re.MULTILINE), name
    for name in [
        "service_name",
        "started_at",
        "completed_at",
        "duration_ms",
        "status",
        "root_span_id",
        "span_count",
        "metadata",
        "created_at",
    ]:
        assert re.search(rf"AS {name},?$", traces.sql, re.MULTILINE), name


@pytest.mark.parametrize("days", [1, 90, 36_500])
def test_retention_is_a_ttl_in_the_engines_spelling(days: int) -> None:
    ttl = f"toDateTime(started_at) + toIntervalDay({days})"
    found = migrations.retention(days)
    assert (ttl, ttl) == (found["spans"], found["trace_announcements"])


@pytest.mark.parametrize(("days", "kept"), [(1, 40), (40, 40), (90, 90)])
def test_deletions_are_known_of_for_longer_than_dead_letters_are_kept(days: int, kept: int) -> None:
    ttl = f"toDateTime(asked_at) + toIntervalDay({kept})"
    found = migrations.retention(days)
    assert (ttl, ttl) == (found["deletions"], found["deleted_traces"])


def test_no_retention_is_no_ttl() -> None:
    assert {""} == set(migrations.retention(0).values())


@pytest.mark.parametrize("days", [-1, 36_501, 10**9])
def test_a_retention_out_of_range_is_refused(days: int) -> None:
    with pytest.raises(SettingsError, match=str(days)):
        migrations.retention(days)
