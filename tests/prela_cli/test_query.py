from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from prela_cli.main import prela
from prela_core.ask import parse
from prela_core.errors import (
    DataDirectoryBusyError,
    MalformedError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from prela_core.model import to_micros
from prela_core.store import Order, Page, PageRequest, TraceFilter, TraceSummary
from prela_core.testing.factories import NOON, stored_span, trace_detail

Run = Callable[..., Result]


def test_all_conditions_reach_the_store(run: Run, reader: Any) -> None:
    result = run(
        "query",
        *("--service", "shop", "--status", "OK", "--type", "LLM", "--name", "chat"),
        *("--model", "gpt-4o", "--user", "u", "--session", "s", "--agent", "a", "--env", "prod"),
        *("--min-duration", "250", "--max-duration", "2s", "--search", "refund now"),
        *("--start", "2026-01-15T12:00:00Z", "--end", "2026-01-16"),
        *("--attr", "tenant=acme", "--attr", "note=a=b", "--order", "dearest"),
        *("--limit", "7", "--cursor", "c1"),
    )

    assert result.exit_code == 0, result.output
    assert reader.asked == [
        (
            "default",
            TraceFilter(
                service_name="shop",
                status="success",
                span_type="llm",
                name="chat",
                model="gpt-4o",
                user_id="u",
                session_id="s",
                agent_name="a",
                environment="prod",
                min_duration_ms=250,
                max_duration_ms=2000,
                start_time=to_micros(NOON),
                end_time=to_micros(NOON) + 12 * 3600 * 1_000_000,
                q="refund now",
                attributes=(("tenant", "acme"), ("note", "a=b")),
            ),
            Order.DEAREST,
            PageRequest(limit=7, cursor="c1"),
        )
    ]


@pytest.mark.parametrize("order", Order)
def test_orders_have_a_word_and_the_api_spelling(run: Run, reader: Any, order: Order) -> None:
    run("query", "--order", order.name.lower().replace("_", "-"))
    run("query", "--order", order.value)

    assert [asked[2] for asked in reader.asked] == [order, order]


def test_since_counts_back_from_now(run: Run, reader: Any) -> None:
    run("query", "--since", "2h")

    # Said as it was meant, so that a cursor of the first page fits the second.
    assert reader.asked[0][1] == TraceFilter(where=parse("since:2h"))


def test_since_longer_than_time_itself_is_the_beginning(run: Run, reader: Any) -> None:
    run("query", "--since", "99999w")

    assert reader.asked[0][1].at(to_micros(NOON)).start_time == to_micros(NOON) - 10**15


def test_the_source_comes_from_options_and_from_the_environment(run: Run, reader: Any) -> None:
    run("query")
    run("query", "--data-dir", "d", "--url", "http://h", "--api-key", "k")
    run("query", PRELA_DATA_DIR="e", PRELA_URL="http://e", PRELA_API_KEY="ek")

    assert reader.opened == [
        (Path("~/.prela").expanduser(), None, None),
        (Path("d"), "http://h", "k"),
        (Path("e"), "http://e", "ek"),
    ]
    assert not reader.is_open


def test_json_is_the_page_as_the_api_answers_it(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span(name="a\x9bb\u202e"))]
    reader.next_cursor = "more"
    result = run("query", "--json")

    assert result.stdout.count("\n") == 1
    assert "\\u009b" in result.stdout
    assert result.stdout.strip().isprintable()
    page = msgspec.json.decode(result.stdout, type=Page[TraceSummary])
    assert (page.next_cursor, page.items[0].name) == ("more", "a\x9bb\u202e")


def test_json_can_be_said_in_ascii(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span(name="\u65e5\U0001f600"))]
    result = CliRunner(charset="ascii").invoke(prela, ["query", "--json"])

    assert '"name":"\\u65e5\\ud83d\\ude00"' in result.stdout
    page = msgspec.json.decode(result.stdout, type=Page[TraceSummary])
    assert page.items[0].name == "\u65e5\U0001f600"


def test_a_table_by_default_with_the_way_to_the_next_page(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span(name="answer [bold]me[/bold]"))]
    reader.next_cursor = "abc"
    lines = run("query").stdout.splitlines()

    assert lines[0].split()[:2] == ["trace", "name"]
    assert "answer [bold]me[/bold]" in lines[1]
    assert lines[2] == "There are more: add --cursor abc"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "No traces yet. Start `prela serve`"),
        (["--since", "1h"], "Try an earlier --since"),
        (["--model", "x"], "fewer conditions"),
        (["--cursor", "x"], "No more traces"),
    ],
)
def test_nothing_found_says_what_to_try(
    run: Run, reader: Any, arguments: list[str], hint: str
) -> None:
    result = run("query", *arguments)

    assert result.exit_code == 0
    assert hint in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "0"],
        ["--limit", "1001"],
        ["--limit", "x"],
        ["--status", "sad"],
        ["--status", ""],
        ["--type", "x"],
        ["--attr", "novalue"],
        ["--attr", "=x"],
        ["--order", "name"],
        ["--since", "yesterday"],
        ["--start", "yesterday"],
        ["--since", "1h", "--start", "2026-01-15"],
        ["--start", "2026-01-16", "--end", "2026-01-15"],
        ["--start", "2026-01-15", "--end", "2026-01-15"],
        ["--unknown"],
    ],
)
def test_a_wrong_command_line_ends_with_2(run: Run, reader: Any, arguments: list[str]) -> None:
    result = run("query", *arguments)

    assert result.exit_code == 2
    assert not result.stdout
    assert reader.asked == []


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (StoreUnavailableError("the store is away"), 1, "prela: the store is away\n"),
        (
            UnauthenticatedError("no key\n\x1b[31m"),
            1,
            "prela: no key \ufffd[31m (give one by --api-key, PRELA_API_KEY or `prela login`)\n",
        ),
        (MalformedError("the cursor is damaged"), 2, "prela: the cursor is damaged\n"),
    ],
)
def test_errors_are_one_sentence_on_stderr(
    run: Run, reader: Any, error: Exception, code: int, sentence: str
) -> None:
    reader.error = error
    result = run("query")

    assert (code, sentence, "") == (result.exit_code, result.stderr, result.stdout)


def test_a_busy_data_directory_is_a_fault(run: Run, reader: Any) -> None:
    reader.error = DataDirectoryBusyError("prela-data is open in another process")
    result = run("query")

    assert (1, "prela: prela-data is open in another process\n") == (
        result.exit_code,
        result.stderr,
    )


def test_what_was_not_foreseen_is_a_sentence_too(run: Run, reader: Any) -> None:
    reader.error = ZeroDivisionError("division by zero")
    result = run("query")

    assert result.exit_code == 1
    assert result.stderr.startswith("prela: unexpected ZeroDivisionError: division by zero")
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("query", PRELA_DEBUG="1").stderr


def test_a_query_is_joined_of_its_words_and_adds_to_the_options(run: Run, reader: Any) -> None:
    result = run("query", "status:error", "or", "model:claude*", "--env", "prod", "--since", "2h")

    assert result.exit_code == 0, result.output
    asked = parse("(status:error or model:claude*) since:2h")
    assert reader.asked[0][1] == TraceFilter(environment="prod", where=asked)


def test_a_mistake_in_a_query_is_pointed_at(run: Run, reader: Any) -> None:
    result = run("query", "語 status:error modle:gpt*")

    assert result.exit_code == 2
    first, text, carets = result.stderr.splitlines()
    assert first.startswith("prela: column 16: there is no field 'modle'; did you mean model?")
    assert text == "prela:   語 status:error modle:gpt*"
    assert carets == "prela:                   ^^^^^^^^^^"
    assert reader.asked == []


def test_of_a_long_query_the_part_around_the_mistake_is_shown(run: Run, reader: Any) -> None:
    result = run("query", "word " * 40 + "and (")

    _, text, carets = result.stderr.splitlines()
    assert text.startswith("prela:   ...")
    assert len(text) < 100
    assert carets.index("^") == len(text)


@pytest.mark.parametrize("columns", ["0", "1", "-5", "\u00b2", "many"])
def test_columns_in_which_nothing_fits_are_passed_over(run: Run, reader: Any, columns: str) -> None:
    reader.details = [trace_detail(stored_span(name="a chat"))]
    plain = run("query")

    assert "a chat" in plain.stdout
    assert plain.stdout == run("query", COLUMNS=columns).stdout


def test_rows_are_printed_as_lines_of_json(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span(name=name)) for name in ("a\x9b", "b")]
    reader.next_cursor = "more"
    lines = run("query", "--jsonl")
    found = [msgspec.json.decode(line, type=TraceSummary) for line in lines.stdout.splitlines()]
    assert ["a\x9b", "b"] == [row.name for row in found]
    assert "prela: there are more: add --cursor more\n" == lines.stderr
    both = run("query", "--json", "--jsonl")
    assert (2, True) == (both.exit_code, "give --json or --jsonl, not both" in both.stderr)
