from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import InvalidError
from prela_core.model import from_micros, to_micros, to_rfc3339
from prela_core.wire.timestamps import EARLIEST, LATEST, parse_timestamp

NOON = to_micros(datetime(2026, 1, 15, 12, tzinfo=UTC))

moments = st.integers(EARLIEST, LATEST - 1)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-01-15T12:00:00Z", NOON),
        ("2026-01-15T12:00:00z", NOON),
        ("2026-01-15t12:00:00Z", NOON),
        ("2026-01-15T12:00:00", NOON),
        ("2026-01-15 12:00:00", NOON),
        ("2026-01-15T12:00", NOON),
        ("2026-01-15T12:00:00+00:00Z", NOON),
        ("2026-01-15T12:00:00.000001+00:00Z", NOON + 1),
        ("2026-01-15T14:30:00+02:30", NOON),
        ("2026-01-15T10:00:00-0200", NOON),
        ("2026-01-15T12:00:00-00:00", NOON),
        ("20260115T120000Z", NOON),
        ("2026-01-15", NOON - 12 * 3_600_000_000),
        ("2026-01-15T12:00:00.5Z", NOON + 500_000),
        ("2026-01-15T12:00:00,5Z", NOON + 500_000),
        ("2026-01-15T12:00:00.1234567Z", NOON + 123_456),
        ("2026-01-15T12:00:00.123456999999Z", NOON + 123_456),
        ("2026-01-15T11:59:60Z", NOON - 1_000_000),
        ("2026-01-15T11:59:60.25+00:00", NOON - 750_000),
        (" 2026-01-15T12:00:00Z\n", NOON),
        ("1970-01-01T00:00:00Z", 0),
        ("2099-12-31T23:59:59.999999Z", LATEST - 1),
    ],
)
def test_each_spelling_is_read(text: str, micros: int) -> None:
    assert micros == parse_timestamp(text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "Z",
        "yesterday",
        "2026-02-30T00:00:00Z",
        "2026-13-01",
        "2026-01-15T25:00:00Z",
        "2026-01-15T12:00:61Z",
        "2026-01-15T12:00:00ZZ",
        "2026-01-15T12:00:00+99:00",
        "1768478400",
        "1969-12-31T23:59:59.999999Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-01-15T12:00:00\0Z",
        "x" * 100_000,
        None,
        True,
        [],
        {},
        b"2026-01-15",
        -1,
        -0.5,
        float("nan"),
        float("inf"),
        float("-inf"),
        10**30,
        1e300,
        4_102_444_800,
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_moment_is_refused(value: Any) -> None:
    with pytest.raises(InvalidError) as refusal:
        parse_timestamp(value)
    assert len(str(refusal.value)) < 120


@given(moments)
def test_what_we_write_is_read_back(micros: int) -> None:
    assert micros == parse_timestamp(to_rfc3339(micros))


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_offsets_do_not_change_the_moment(micros: int, minutes: int) -> None:
    text = from_micros(micros).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert micros == parse_timestamp(text)


@given(moments)
def test_what_the_published_sdk_writes_is_read(micros: int) -> None:
    assert micros == parse_timestamp(from_micros(micros).isoformat() + "Z")


@given(st.integers(to_micros(datetime(2001, 9, 9, 2, tzinfo=UTC)), LATEST - 1))
def test_numbers_are_read_by_their_size(micros: int) -> None:
    """From September 2001 on, no two units can be taken for each other."""
    assert micros == parse_timestamp(micros)
    assert micros == parse_timestamp(micros * 1000)
    assert micros == parse_timestamp(micros * 1000 + 999)
    assert micros // 1000 * 1000 == parse_timestamp(micros // 1000)
    assert micros // 1_000_000 * 1_000_000 == parse_timestamp(micros // 1_000_000)
    assert 2 > abs(micros - parse_timestamp(micros / 1_000_000))


@given(st.text() | st.integers() | st.floats() | st.text("0123456789-:.TZ+ "))
def test_anything_gives_a_moment_in_range_or_is_refused(value: Any) -> None:
    try:
        micros = parse_timestamp(value)
    except InvalidError:
        return
    assert EARLIEST <= micros < LATEST
