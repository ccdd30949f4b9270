from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.emitting import Ended, a_span, await_that, stand_in

from prela_core.emit.batcher import Bounds
from prela_core.errors import UnavailableError
from prela_core.io.background_sink import BackgroundSink
from prela_core.io.http_exporter import HttpExporter
from prela_core.io.sink_log import SinkLog
from prela_core.io.spill import Spill
from prela_core.model import Span

SOON = Bounds(linger=0.01, first_pause=0.02, longest_pause=0.05)


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    return Spill(tmp_path / "spill", SinkLog())


def spans(count: int, **fields: Any) -> list[Span]:
    return [a_span(f"s{number}", **fields) for number in range(count)]


def files(spill: Spill, kind: str = "*") -> list[Path]:
    return sorted(spill.directory.glob(kind))


def away(spans: Sequence[Span]) -> None:
    raise UnavailableError("it is away", 0)


def test_what_is_saved_comes_back_and_is_gone_when_delivered(spill: Spill) -> None:
    assert 3 == spill.save(spans(3, attributes={"a": ["ä", {"b": 1.5}]}))
    claim = spill.claim()
    assert claim is not None
    assert spans(3, attributes={"a": ["ä", {"b": 1.5}]}) == claim.spans
    claim.delivered()
    assert None is spill.claim()
    assert [] == files(spill)


def test_the_oldest_file_comes_first(spill: Spill) -> None:
    for number in range(5):
        spill.save([a_span(f"s{number}")])
    came = []
    while claim := spill.claim():
        came += [span.span_id for span in claim.spans]
        claim.delivered()
    assert ["s0", "s1", "s2", "s3", "s4"] == came


def test_a_claimed_file_is_nobody_elses_until_it_is_released(spill: Spill) -> None:
    spill.save(spans(1))
    other = Spill(spill.directory, SinkLog())
    claim = spill.claim()
    assert claim is not None
    assert None is other.claim()
    claim.release()
    again = other.claim()
    assert again is not None
    again.delivered()
    assert None is spill.claim()


def test_only_the_user_can_read_it(spill: Spill) -> None:
    spill.save(spans(1))
    assert 0o700 == stat.S_IMODE(spill.directory.stat().st_mode)
    assert [0o600] == [stat.S_IMODE(one.stat().st_mode) for one in files(spill)]


def test_files_are_small_and_bounded_in_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spill = Spill(tmp_path, SinkLog(), most_bytes=20_000, most_a_file=3000)
    saved = spill.save(spans(100, attributes={"text": "x" * 500}))
    sizes = [one.stat().st_size for one in files(spill)]
    assert sum(sizes) <= 20_000
    assert max(sizes) <= 3000
    assert 20 < saved < 30
    assert 0 == spill.save(spans(5, attributes={"text": "x" * 500}))
    assert 1 == len(caplog.records)
    assert "holds as much as it may (20,000 bytes)" in caplog.text


def test_a_corrupt_file_is_set_aside_and_said(
    spill: Spill, caplog: pytest.LogCaptureFixture
) -> None:
    spill.save(spans(2))
    (path,) = files(spill)
    path.write_bytes(path.read_bytes() + b'{"trace_id": "t", "span_\n\xff\n[]\n{}\n')
    claim = spill.claim()
    assert claim is not None
    assert spans(2) == claim.spans
    claim.delivered()
    assert [path.with_suffix(".corrupt")] == files(spill)
    assert None is spill.claim()
    assert "holds 4 lines that are no spans" in caplog.text


def test_a_file_begun_by_a_process_that_died_goes_in_time(spill: Spill) -> None:
    spill.save(spans(1))
    fresh, stale = (spill.directory / name for name in ("a.part", "b.part"))
    fresh.write_bytes(b"{")
    stale.write_bytes(b"{")
    os.utime(stale, (0, 0))
    claim = spill.claim()
    assert claim is not None
    claim.release()
    assert [fresh] == files(spill, "*.part")


def test_a_directory_that_can_not_be_written_to_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    spill = Spill(tmp_path / "file" / "spill", SinkLog())
    assert 0 == spill.save(spans(2))
    assert 0 == spill.save(spans(2))
    assert None is spill.claim()
    assert ["WARNING"] == [record.levelname for record in caplog.records]
    assert "or name another PRELA_SPILL_DIR" in caplog.text


def test_prela_ingest_reads_the_files(spill: Spill) -> None:
    spill.save(spans(3))
    with stand_in() as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "prela_cli", "ingest", "--url", server.url),
                *map(str, files(spill)),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        assert ["s0", "s1", "s2"] == server.ids


# As the background sink uses it.


def sink_to(exporter: Any, directory: Path, **bounds: Any) -> BackgroundSink:
    held = Bounds(linger=0.01, first_pause=0.02, longest_pause=0.05, **bounds)
    return BackgroundSink([exporter], bounds=held, spill=directory)


def test_what_is_left_at_the_end_is_delivered_at_the_next_start(tmp_path: Path) -> None:
    sink = sink_to(away, tmp_path)
    for span in spans(700):
        sink.put(Ended(span))
    sink.close(20)
    assert 0 == sink.lost
    came: list[Span] = []
    after = sink_to(came.extend, tmp_path)
    await_that(lambda: 700 == len(came), "all of them")
    await_that(lambda: not list(tmp_path.iterdir()), "an empty directory")
    assert [f"s{number}" for number in range(700)] == [span.span_id for span in came]
    assert after.close(20)


def test_what_gives_way_is_delivered_when_the_server_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with stand_in() as server:
        port = server.port
    exporter = HttpExporter(f"http://127.0.0.1:{port}", attempts=1)
    sink = sink_to(exporter, tmp_path, held=100, batch=20, give_way=20)
    names = [f"s{number}" for number in range(1000)]
    for at in range(0, 1000, 50):
        for name in names[at : at + 50]:
            sink.put(Ended(a_span(name)))
        await_that(lambda: not sink._here._inbox, "a look at the inbox")
    await_that(lambda: any(tmp_path.glob("*.jsonl")), "a file")
    with stand_in(port) as server:
        await_that(lambda: set(names) == set(server.ids), "all of them")
        await_that(lambda: not list(tmp_path.iterdir()), "an empty directory")
        sink.close(20)
    assert 0 == sink.lost


def test_processes_share_a_directory_and_send_nothing_twice(tmp_path: Path) -> None:
    """Four processes start at once on what an earlier one left."""
    spill = Spill(tmp_path / "spill", SinkLog(), most_a_file=1000)
    spill.save(spans(200))
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from prela_core.io.sink_log import SinkLog\n"
        "from prela_core.io.spill import Spill\n"
        "spill = Spill(sys.argv[1], SinkLog())\n"
        "while claim := spill.claim():\n"
        "    for span in claim.spans: print(span.span_id)\n"
        "    claim.delivered()\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, spill.directory], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    came = [line for one in running for line in one.communicate(timeout=60)[0].split()]
    assert sorted(span.span_id for span in spans(200)) == sorted(came)
