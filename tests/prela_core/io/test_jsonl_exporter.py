from __future__ import annotations

import json
import threading
from pathlib import Path

import attrs
import pytest

from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.model import Span
from prela_core.testing.factories import NOON
from prela_core.wire.encode import span_to_json

SPAN = Span(trace_id="t", span_id="s", name="two\nlines 日本", started_at=NOON, ended_at=NOON)


def test_each_span_is_one_line_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    export = JsonlExporter(path)
    assert not path.exists()
    export([])
    assert not path.exists()

    export([SPAN, attrs.evolve(SPAN, span_id="b")])
    JsonlExporter(str(path))([attrs.evolve(SPAN, span_id="c")])

    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["span_id"] for line in lines] == ["s", "b", "c"]
    assert lines[0] == span_to_json(SPAN)


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    export = JsonlExporter(path)
    spans = [attrs.evolve(SPAN, span_id=str(at), name="x" * 5000) for at in range(20)]
    threads = [threading.Thread(target=export, args=(spans,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = path.read_bytes().splitlines()
    assert len([json.loads(line) for line in lines]) == 160


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        JsonlExporter(tmp_path / "missing" / "spans.jsonl")([SPAN])
