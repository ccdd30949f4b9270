from __future__ import annotations

from datetime import UTC, timedelta
from io import StringIO
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from msgspec import Raw
from rich.console import Console
from tests.html_reading import read_html

from prela_core.notebook import Hits, Spans, Trace, Traces
from prela_core.testing import NOON, search_hit, stored_span, trace_detail, trace_summary

NOW = NOON + timedelta(minutes=3)
NASTY = "<script>alert(1)</script>&\x1b[31m\u202e"


@pytest.fixture
def spans() -> Spans:
    return Spans(
        [
            stored_span(
                span_id="a", input_tokens=3, cost_usd=0.5, attributes=Raw('{"k":"é"}'.encode())
            ),
            stored_span(span_id="b", status="pending", flags=["clock_skew"]),
        ],
        now=NOW,
    )


def test_arrow_has_a_typed_column_for_every_field(spans: Spans) -> None:
    table = spans.arrow()
    assert vars(spans[0]).keys() == dict.fromkeys(table.column_names).keys()
    types = {name: table.schema.field(name).type for name in table.column_names}
    assert pa.timestamp("us", tz="UTC") == types["started_at"] == types["ended_at"]
    assert (pa.int64(), pa.float64()) == (types["input_tokens"], types["cost_usd"])
    assert (pa.string(), pa.list_(pa.string())) == (types["attributes"], types["flags"])
    first, second = table.to_pylist()
    assert ('{"k":"é"}', 3, NOON) == (
        first["attributes"],
        first["input_tokens"],
        first["started_at"],
    )
    assert (None, None, ["clock_skew"]) == (
        second["ended_at"],
        second["input_tokens"],
        second["flags"],
    )


@pytest.mark.parametrize(
    ("none", "one"),
    [
        (Traces(now=NOW), Traces([trace_summary()], now=NOW)),
        (Spans(now=NOW), Spans([stored_span()], now=NOW)),
        (Hits(now=NOW), Hits([search_hit()], now=NOW)),
    ],
    ids=["traces", "spans", "hits"],
)
def test_no_rows_have_the_same_columns_as_some(none: Any, one: Any) -> None:
    assert one.arrow().schema == none.arrow().schema
    assert one.pandas().dtypes.equals(none.pandas().dtypes)
    assert one.polars().schema == none.polars().schema
    assert (0, 1) == (len(none.polars()), len(one.polars()))


def test_pandas_keeps_the_types_and_the_memory(spans: Spans) -> None:
    table = spans.arrow()
    frame = spans.pandas()
    assert ["int64[pyarrow]", "timestamp[us, tz=UTC][pyarrow]"] == [
        str(frame[name].dtype) for name in ("input_tokens", "started_at")
    ]
    assert 3 == frame.input_tokens.sum()
    assert [False, True] == list(frame.ended_at.isna())
    assert table.column_names == list(frame.columns)


def test_polars_keeps_the_types(spans: Spans) -> None:
    frame = spans.polars()
    assert pl.Datetime("us", "UTC") == frame.schema["started_at"]
    assert pl.Int64() == frame.schema["input_tokens"]
    assert [3, None] == frame["input_tokens"].to_list()
    assert NOON.astimezone(UTC) == frame["started_at"][0]


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow"])
def test_what_is_not_installed_is_named_with_what_to_do(
    spans: Spans, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib  # noqa: PLC0415

    true_import = importlib.import_module

    def without(wanted: str) -> Any:
        if wanted == name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return true_import(wanted)

    monkeypatch.setattr("prela_core.notebook.frames.import_module", without)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'prela-core\[notebook\]'"):
        spans.arrow() if name == "pyarrow" else getattr(spans, name)()


def test_a_list_shows_itself_as_a_table() -> None:
    traces = Traces(
        [
            trace_summary(trace_id="0af7651916cd", started_at=NOON),
            trace_summary(
                trace_id="0af7651999", status="error", error_count=2, name="refund", models=[]
            ),
        ],
        now=NOW,
        more=True,
    )
    heading, first, second, note = repr(traces).splitlines()
    titles = ["trace", "name", "service", "started", "time", "spans", "failed", "tokens", "cost"]
    assert [*titles, "models"] == heading.split()
    assert first.startswith("✓  0af765191  answer question  shop-agent  3m ago   1.2 s")
    assert second.startswith("✗  0af765199  refund           shop-agent  3m ago   1.2 s")
    assert "2 traces, and there are more: ask with a higher limit" == note


def test_a_long_list_shows_its_first_rows_and_nothing_is_said_of_none() -> None:
    many = Traces([trace_summary(trace_id=f"{at:08}") for at in range(50)], now=NOW)
    assert 22 == len(repr(many).splitlines())
    assert repr(many).endswith("50 traces, of which the first 20 are shown")
    assert 21 == many._repr_html_().count("<tr>")
    assert "no traces" == repr(Traces(now=NOW))
    assert "no hits" in Hits(now=NOW)._repr_html_()


def test_a_part_of_a_list_is_such_a_list(spans: Spans) -> None:
    assert isinstance(spans[:1], Spans)
    assert ["a"] == [each.span_id for each in spans[:1]]
    assert "b" == spans[-1].span_id


@pytest.mark.parametrize(
    "shown",
    [
        Traces([trace_summary(name=NASTY, service_name=NASTY, models=[NASTY])], now=NOW),
        Spans([stored_span(name=NASTY, model=NASTY, status_message=NASTY)], now=NOW),
        Hits([search_hit(excerpt=NASTY, name=NASTY, highlights=[(0, 8), (4, 99)])], now=NOW),
    ],
    ids=["traces", "spans", "hits"],
)
def test_texts_of_strangers_stay_texts(shown: Any) -> None:
    document = read_html(shown._repr_html_())
    assert "script" not in document.tags
    assert "<script>alert(1)</script>&\ufffd[31m\ufffd" in document.text
    assert not {"\x1b", "\u202e"} & set(repr(shown) + shown._repr_html_())


def test_words_that_were_found_are_marked() -> None:
    page = Hits([search_hit()], now=NOW)._repr_html_()
    assert "You get a <mark>refund</mark> within five days." in page


def _lines(shown: Any, width: int, encoding: str = "utf-8") -> list[str]:
    file = StringIO()
    console = Console(file=file, width=width, legacy_windows=False)
    if encoding != "utf-8":
        console._encoding = encoding  # type: ignore[attr-defined]
    console.print(shown)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [30, 60, 120])
def test_rich_shows_it_as_wide_as_the_terminal(width: int, spans: Spans) -> None:
    trace = Trace(**vars(trace_detail(stored_span(name="x" * 200))))
    for shown in (spans, Traces([trace_summary()], now=NOW), trace):
        assert max(map(len, _lines(shown, width))) <= width


def test_a_trace_shows_itself_as_a_tree() -> None:
    trace = Trace(
        **vars(
            trace_detail(
                stored_span(span_id="a", span_type="agent", name="answer"),
                stored_span(span_id="b", parent_span_id="a", name="look up", status="error"),
            )
        )
    )
    assert "└╴look up" in repr(trace)
    assert repr(trace).splitlines()[0].startswith("✗ answer  failed")
    assert "look up" in read_html(trace._repr_html_()).text
    assert 2 == len(trace.pandas()) == len(trace.polars()) == trace.arrow().num_rows
    assert "look up" == trace.span("b").name


def test_importing_the_room_loads_nothing_heavy() -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    program = (
        "import sys, prela_core.notebook as _\n"
        "heavy = {'pandas', 'polars', 'pyarrow', 'altair', 'rich'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "[]\n" == done.stdout
