from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from click.testing import Result

from prela_core.store import Page, PageRequest, SearchHit, TraceFilter
from prela_core.testing.factories import search_hit

Run = Callable[..., Result]


def test_words_and_conditions_reach_the_store(run: Run, reader: Any) -> None:
    run("search", '"rate limit"', "openai", "--service", "shop", "--limit", "3")

    where = TraceFilter(service_name="shop", q='"rate limit" openai')
    assert reader.asked == [("default", where, PageRequest(limit=3))]


def test_hits_are_shown_with_the_way_to_the_next_page(run: Run, reader: Any) -> None:
    reader.hits = [search_hit()]
    reader.next_cursor = "abc"
    lines = run("search", "refund").stdout.splitlines()

    assert lines[1:] == [
        "  You get a [refund] within five days.",
        "There are more: add --cursor abc",
    ]


def test_json_is_the_page_as_the_api_answers_it(run: Run, reader: Any) -> None:
    reader.hits = [search_hit()]
    document = run("search", "refund", "--json").stdout

    assert msgspec.json.decode(document, type=Page[SearchHit]) == Page(items=[search_hit()])


def test_nothing_found_says_what_to_try(run: Run, reader: Any) -> None:
    assert "Try fewer words" in run("search", "refund\x1b[31m").stdout
    assert "\x1b" not in run("search", "refund\x1b[31m").stdout


def test_no_words_are_a_wrong_command_line(run: Run, reader: Any) -> None:
    assert run("search").exit_code == 2
    done = run("search", "", " ")
    assert (2, True) == (done.exit_code, "WORDS are empty; give at least one" in done.stderr)
    assert [] == reader.asked
