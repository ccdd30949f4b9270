from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import attrs
import pytest

from prela_core.io.console_exporter import ConsoleExporter
from prela_core.model import Span, Status
from prela_core.testing.factories import NOON

ROOT = Span(
    trace_id="t", span_id="r", name="root", started_at=NOON, ended_at=NOON, status=Status.SUCCESS
)
CHILD = attrs.evolve(ROOT, span_id="c", parent_span_id="r", name="child")


class Stream(io.TextIOWrapper):
    """A stream in memory that may be a terminal."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding, newline="\n", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        buffer: Any = self.buffer
        return buffer.getvalue().decode(self.encoding)


def test_a_trace_is_shown_when_its_root_has_come() -> None:
    stream = Stream()
    export = ConsoleExporter(stream)
    export([CHILD])
    assert "" == stream.text

    export([ROOT])
    assert "✓ root  succeeded" in stream.text
    assert "└╴child" in stream.text
    assert stream.text.endswith("\n\n")


def test_what_comes_after_the_root_is_shown_when_it_comes() -> None:
    stream = Stream()
    export = ConsoleExporter(stream)
    export([ROOT])
    export([CHILD])

    assert "parent not received: r" in stream.text
    assert "└╴child" in stream.text


def test_spans_without_their_root_are_shown_at_the_close() -> None:
    stream = Stream()
    export = ConsoleExporter(stream)
    export([CHILD, attrs.evolve(CHILD, trace_id="u")])
    export.close()
    shown = stream.text
    export.close()

    assert 2 == shown.count("parent not received")
    assert shown == stream.text


def test_what_waits_is_bounded() -> None:
    stream = Stream()
    export = ConsoleExporter(stream)
    export([attrs.evolve(CHILD, trace_id=f"t{at}") for at in range(10_002)])

    assert 2 == stream.text.count("parent not received")
    assert "trace t0\n" in stream.text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_stream_that_knows_no_lines_gets_ascii(encoding: str) -> None:
    stream = Stream(encoding)
    ConsoleExporter(stream)([attrs.evolve(ROOT, name="日本"), CHILD])

    assert "+ ??" in stream.text
    assert "`-child" in stream.text


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain, terminal, unwanted = Stream(), Stream(terminal=True), Stream(terminal=True)
    ConsoleExporter(plain)([ROOT])
    ConsoleExporter(terminal)([ROOT])
    monkeypatch.setenv("NO_COLOR", "1")
    ConsoleExporter(unwanted)([ROOT])

    assert [False, True, False] == [
        "\x1b[" in stream.text for stream in (plain, terminal, unwanted)
    ]


def test_it_writes_to_standard_error_as_it_is_then(capsys: pytest.CaptureFixture[str]) -> None:
    export = ConsoleExporter()
    export([ROOT])

    assert "root" in capsys.readouterr().err


def test_it_needs_none_of_the_extras() -> None:
    program = (
        "import sys\n"
        "for name in ('rich', 'pyarrow', 'chdb', 'opentelemetry'): sys.modules[name] = None\n"
        "from prela_core.io.exporters import exporter_from\n"
        "from prela_core import Span\n"
        "from datetime import datetime, UTC\n"
        "span = Span(trace_id='t', span_id='s', name='n', started_at=datetime.now(UTC))\n"
        "exporter_from('console')([span])\n"
        "exporter_from('otlp')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stdout)
    assert "trace t" in done.stderr
