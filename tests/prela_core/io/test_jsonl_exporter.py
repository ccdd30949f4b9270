from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import prela

from prela_core.errors import UnavailableError
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


def test_half_a_line_of_a_writer_that_died_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_bytes(b'{"trace_id": "t", "sp')
    for _ in range(2):
        JsonlExporter(path)([SPAN])

    lines = path.read_bytes().splitlines()
    assert ["s", "s"] == [json.loads(line)["span_id"] for line in lines[1:]]


def test_a_full_disk_may_pass() -> None:
    # Linux's own disk that is always full.
    with pytest.raises(UnavailableError, match="No space left on device"):
        JsonlExporter("/dev/full")([SPAN])


def named(at: int) -> Span:
    return attrs.evolve(SPAN, span_id=f"s{at:04}", name="x" * 100)


def held(folder: Path) -> list[str]:
    """Give the span ids of a folder's files, oldest file first, and let no line be broken."""
    found = []
    files = [*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]
    for path in sorted(files, key=lambda path: (path.name == "spans.jsonl", path.name)):
        data = path.read_bytes()
        lines = gzip.decompress(data) if path.suffix == ".gz" else data
        found += [json.loads(line)["span_id"] for line in lines.splitlines()]
    return found


def test_a_file_that_would_grow_too_large_is_put_aside(tmp_path: Path) -> None:
    export = JsonlExporter(tmp_path / "spans.jsonl", max_bytes=2000, clock=lambda: 1768478400)
    for at in range(20):
        export([named(at)])

    assert [f"s{at:04}" for at in range(20)] == held(tmp_path)
    files = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert "spans.20260115T120000.000000Z.jsonl" == files[0]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.glob("*.jsonl"))


def test_what_is_too_large_alone_still_has_a_file(tmp_path: Path) -> None:
    export = JsonlExporter(tmp_path / "spans.jsonl", max_bytes=10)
    for at in range(3):
        export([named(at)])

    assert 3 == len(list(tmp_path.glob("*.jsonl")))
    assert 3 == len(held(tmp_path))


def test_a_file_of_a_certain_age_is_put_aside(tmp_path: Path) -> None:
    now = [1000.0]
    export = JsonlExporter(tmp_path / "spans.jsonl", max_seconds=60, clock=lambda: now[0])
    for moment in (1000, 1059, 1060, 1119, 1120):
        now[0] = moment
        export([SPAN])

    lines = sorted(len(path.read_text().splitlines()) for path in tmp_path.glob("*.jsonl"))
    assert [1, 2, 2] == lines


def test_the_age_is_known_to_another_exporter(tmp_path: Path) -> None:
    def export(now: float) -> None:
        JsonlExporter(tmp_path / "spans.jsonl", max_seconds=60, clock=lambda: now)([SPAN])

    export(1000)
    export(1059)
    export(1060)
    assert 2 == len(list(tmp_path.glob("*.jsonl")))


def test_the_newest_are_kept_and_no_file_of_another(tmp_path: Path) -> None:
    others = ["spans.note.jsonl", "spans.20260115.jsonl", "other.20260115T120000.000000Z.jsonl"]
    for name in others:
        (tmp_path / name).write_text("")
    export = JsonlExporter(tmp_path / "spans.jsonl", max_bytes=1, keep=2)
    for at in range(6):
        export([named(at)])

    assert ["s0003", "s0004", "s0005"] == held(tmp_path)
    assert set(others) <= {path.name for path in tmp_path.iterdir()}


def test_none_is_kept_when_none_is_wanted(tmp_path: Path) -> None:
    export = JsonlExporter(tmp_path / "spans.jsonl", max_bytes=1, keep=0, compress=True)
    for at in range(3):
        export([named(at)])

    assert ["s0002"] == held(tmp_path)


@given(
    sizes=st.lists(st.integers(0, 3), max_size=12),
    most=st.integers(1, 3000),
    compress=st.booleans(),
)
def test_nothing_is_lost_whatever_the_bound(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], most: int, *, compress: bool
) -> None:
    folder = tmp_path_factory.mktemp("rotated")
    export = JsonlExporter(folder / "spans.jsonl", max_bytes=most, compress=compress)
    count = 0
    for size in sizes:
        export([named(at) for at in range(count, count + size)])
        count += size

    assert [f"s{at:04}" for at in range(count)] == held(folder)


_PROGRAM = """
import sys
from datetime import datetime, UTC
from prela_core import Span
from prela_core.errors import UnavailableError
from prela_core.io.jsonl_exporter import JsonlExporter
export = JsonlExporter(sys.argv[1], max_bytes=4000, compress=True)
for at in range(int(sys.argv[2]), int(sys.argv[2]) + 100):
    name = "x" * 100
    export([Span(trace_id="t", span_id=f"s{at:04}", name=name, started_at=datetime.now(UTC))])
"""


def test_processes_share_a_file_that_rotates_and_the_command_reads_the_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "traces"
    folder.mkdir()
    file = folder / "spans.jsonl"
    processes = [
        subprocess.Popen([sys.executable, "-c", _PROGRAM, file, str(first)])
        for first in (0, 100, 200)
    ]
    assert [0, 0, 0] == [process.wait(60) for process in processes]

    assert [f"s{at:04}" for at in range(300)] == sorted(held(folder))
    assert len(list(folder.glob("*.jsonl.gz"))) > 5
    done = prela("ingest", "--json", folder, "--data-dir", tmp_path / "data")
    assert (0, 300, []) == (done.code, done.json["stored"], done.json["refused"])
    shown = prela("show", "t", "--json", "--data-dir", tmp_path / "data")
    assert 300 == shown.json["span_count"]
