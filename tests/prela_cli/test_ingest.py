"""`prela ingest`, run as users run it."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.otlp import as_json, otlp_request, otlp_span
from tests.programs import Server, prela
from tests.served import listening

from prela_cli.sinks import Sink
from prela_core.errors import UnavailableError
from prela_core.wire.documents import Piece, Refusal


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("open") / "data") as one:
        yield one


def span(trace_id: str, span_id: object, **more: Any) -> dict[str, Any]:
    return {"trace_id": trace_id, "span_id": str(span_id), "name": f"step {span_id}"} | more


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def ids(server: Server, trace_id: str) -> list[str]:
    found = prela("show", trace_id, "--json", "--url", server.url)
    return [each["span_id"] for each in found.json["spans"]]


def test_a_folder_is_stored_with_every_kind_of_file_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jsonl").write_bytes(lines(span("t", "a"), span("t", "b")))
    (folder / "deep" / "b.ndjson.gz").write_bytes(gzip.compress(lines(span("t", "c"))))
    document = {"trace_id": "t", "spans": [{"span_id": "d"}, {"span_id": "e"}]}
    (folder / "c.json").write_text(json.dumps(document, indent=2))
    (folder / "d.json.gz").write_bytes(gzip.compress(json.dumps([span("t", "f")]).encode()))
    (folder / "lines.json").write_bytes(lines(span("t", "g"), span("t", "h")))
    (folder / "empty.jsonl").touch()
    (folder / "notes.txt").write_text("not for us")
    (folder / "folder.json").mkdir()
    (folder / "gone.json").symlink_to(tmp_path / "gone")
    data = tmp_path / "data"

    done = prela("ingest", folder, "--data-dir", data)
    assert (0, f"8 spans of 6 files stored in {data}\n", "") == (
        done.code,
        done.stdout,
        done.stderr,
    )

    again = prela("ingest", folder / "a.jsonl", "--data-dir", data, "--json")
    assert {"stored": 2, "files": 1, "target": str(data), "refused": []} == again.json

    shown = prela("show", "t", "--json", "--data-dir", data).json
    assert list("abcdefgh") == sorted(each["span_id"] for each in shown["spans"])


def test_a_long_trace_of_several_pieces_is_one_trace(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "long.json"
    spans = [{"span_id": str(number)} for number in range(2300)]
    trace = {"trace_id": "long", "service_name": "shop", "metadata": {"a": 1}, "spans": spans}
    file.write_text(json.dumps(trace))

    done = prela("ingest", file, "--url", server.url)
    assert (0, f"2,300 spans of 1 file stored in {server.url}\n") == (done.code, done.stdout)
    shown = prela("show", "long", "--json", "--url", server.url).json
    assert (2300, "shop", {"a": 1}) == (
        shown["span_count"],
        shown["service_name"],
        shown["metadata"],
    )


def test_bad_lines_are_named_with_their_file_and_the_rest_is_stored(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "mixed.jsonl"
    file.write_bytes(
        lines(span("mixed", "a"))
        + b"{nonsense}\n\n"
        + b'{"trace_id":"mixed","span_id":"b","attributes":{"x":NaN}}\n'
        + lines({"trace_id": "mixed"}, {"trace_id": "mixed", "spans": [{"span_id": 7}]})
        + b'{"a":'
        + b"[" * 300
        + b"]" * 300
        + b"}\n"
        + lines({"trace_id": "", "spans": []}, [span("mixed", "c"), "d"])
    )
    expected = {
        "line 2": "this is not valid JSON: object keys must be strings (byte 1)",
        "line 5": "span_id is missing",
        "line 6, span 0": "span_id must be a string",
        "line 7": "the span nests deeper than 129 levels",
        "line 8": "trace_id",
        "line 9, item 1": "the span has the wrong shape",
    }

    done = prela("ingest", file, "--url", server.url)
    assert 1 == done.code
    assert f"3 spans of 1 file stored in {server.url}\n" == done.stdout
    said = sorted(done.stderr.splitlines())
    assert len(expected) == len(said)
    for line, (place, reason) in zip(said, expected.items(), strict=True):
        assert line.startswith(f"refused  {file}: {place}: ")
        assert reason.split(":")[0] in line
    assert ["a", "b", "c"] == sorted(ids(server, "mixed"))

    as_json = prela("ingest", file, "--url", server.url, "--json")
    assert 1 == as_json.code
    assert sorted(expected) == sorted(
        each["place"].removeprefix(f"{file}: ") for each in as_json.json["refused"]
    )


def test_no_more_than_twenty_refusals_are_printed(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "bad\x1b[31m.jsonl"
    file.write_bytes(b"nonsense\n" * 30)
    done = prela("ingest", file, "--url", server.url)

    said = done.stderr.splitlines()
    assert (1, 21, "refused  10 more") == (done.code, len(said), said[-1])
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("form", ["plain", "gzip", "pretty", "blank first", "bad first"])
def test_standard_input_is_read_in_every_form(server: Server, form: str) -> None:
    trace_id = f"stdin-{form}"
    text = lines(span(trace_id, "a"), span(trace_id, "b"))
    sent = {
        "plain": text,
        "gzip": gzip.compress(text),
        "pretty": json.dumps([span(trace_id, "a"), span(trace_id, "b")], indent=2).encode(),
        "blank first": b"\n \n" + text,
        "bad first": b'{"cut":\n' + text,
    }[form]
    done = prela("ingest", "-", "--url", server.url, stdin=sent)

    assert f"2 spans of 1 file stored in {server.url}\n" == done.stdout
    if form == "bad first":
        assert 1 == done.code
        assert done.stderr.startswith("refused  standard input: line 1: this is not valid JSON: ")
    else:
        assert (0, "") == (done.code, done.stderr)
    assert ["a", "b"] == ids(server, trace_id)


@pytest.mark.parametrize("to", ["server", "directory"])
def test_otlp_is_stored_whatever_its_encoding(server: Server, tmp_path: Path, to: str) -> None:
    trace_id = f"{to.encode().hex():0>32}"
    folder = tmp_path / "otlp"
    folder.mkdir()

    def request(*ids: int) -> ExportTraceServiceRequest:
        now = time.time_ns()  # what is older than the retention is not kept
        spans = [
            otlp_span(trace_id=trace_id, span_id=f"{one:016x}", start_time_unix_nano=now)
            for one in ids
        ]
        return otlp_request(*spans, resource={"service.name": "shop"})

    packed = request(6).SerializeToString()
    bad = otlp_request(otlp_span(trace_id=trace_id, span_id=""))
    (folder / "a.json").write_bytes(as_json(request(1)) + b"\n" + as_json(request(2)) + b"\n")
    (folder / "b.json").write_text(json.dumps(json.loads(as_json(request(3))), indent=2))
    (folder / "c.pb").write_bytes(request(4, 5).SerializeToString())
    (folder / "d.binpb").write_bytes(len(packed).to_bytes(4, "big") + packed)
    (folder / "e.jsonl.gz").write_bytes(gzip.compress(as_json(request(7)) + b"\n" + as_json(bad)))
    place = ["--url", server.url] if to == "server" else ["--data-dir", str(tmp_path / "data")]

    done = prela("ingest", folder, *place)
    assert (1, "7 spans of 5 files stored in ") == (done.code, done.stdout[:29])
    assert f"refused  {folder}/e.jsonl.gz: line 2" in done.stderr
    assert "span_id" in done.stderr
    shown = prela("show", trace_id, "--json", *place).json
    assert [f"{one:016x}" for one in range(1, 8)] == sorted(
        each["span_id"] for each in shown["spans"]
    )
    assert "shop" == shown["service_name"]


def test_what_can_be_read_of_broken_files_is_stored(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(
        lines(*(span("cut", number, x=str(number) * 99) for number in range(500)))
    )
    (tmp_path / "a-cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "b-none.jsonl.gz").write_bytes(b"\x1f\x8bnonsense")
    (tmp_path / "c-cut.json").write_text('[{"trace_id": "cut", "span_id": "x"},')
    (tmp_path / "d-latin.jsonl").write_bytes('{"span_id": "ü"}\n'.encode("latin-1"))
    (tmp_path / "e-good.jsonl").write_bytes(lines(span("cut", "good")))
    (tmp_path / "f-bad.arrow").write_bytes(b"nonsense")
    (tmp_path / "g-cut.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "h-cut.pb").write_bytes(b"\0\0\0\x09\x0a\x09")
    done = prela("ingest", tmp_path, "--url", server.url)

    assert 1 == done.code
    said = [line.removeprefix(f"refused  {tmp_path}/") for line in done.stderr.splitlines()]
    assert "a-cut.jsonl.gz: file: Compressed file ended before the end-of-stream" in said[0]
    assert "b-none.jsonl.gz: file: " in said[1]
    assert "c-cut.json: file: this is not valid JSON: Input data was truncated" == said[2]
    assert "d-latin.jsonl: line 1: this is not UTF-8 (byte 13)" == said[3]
    assert "f-bad.arrow: file: this is no Arrow file: it does not begin as such a file" in said[4]
    assert "g-cut.parquet: file: the Parquet file can't be read (" in said[5]
    assert "h-cut.pb: file: the last request is cut off" == said[6]
    assert 7 == len(said)
    found = ids(server, "cut")
    assert "good" in found
    assert 100 < len(found) < 500


def test_a_file_that_can_not_be_read_is_named(server: Server) -> None:
    done = prela("ingest", "/proc/self/mem", "--url", server.url)

    assert 1 == done.code
    assert "refused  /proc/self/mem: file: Input/output error\n" == done.stderr


def test_a_span_beyond_the_limit_of_a_server_is_refused_alone(
    tmp_path: Path, server: Server
) -> None:
    file = tmp_path / "large.jsonl"
    large = span("large", "b", attributes={"x": "y" * 21_000_000})
    file.write_bytes(lines(span("large", "a"), large, span("large", "c")))
    done = prela("ingest", file, "--url", server.url)

    assert 1 == done.code
    assert done.stderr.startswith(f"refused  {file}: line 2: ")
    assert ["a", "c"] == ids(server, "large")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere.jsonl", "there is no file "),
        ("empty", "holds no file that ends in .json, .jsonl, "),
    ],
)
def test_what_is_not_there_is_a_wrong_command_line(
    path: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = prela("ingest", tmp_path / path, "--data-dir", tmp_path / "data")

    assert 2 == done.code
    assert done.stderr.startswith("prela: ")
    assert sentence in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_server_that_goes_away_is_a_fault_that_says_how_far_it_got(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(*_: object) -> Iterator[tuple[Sink, str]]:
        answers = iter([(1000, [])])

        def sink(piece: Piece) -> tuple[int, list[Refusal]]:
            for answer in answers:
                return answer
            raise UnavailableError("it is gone")

        yield sink, "there"

    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(*(span("t", number) for number in range(1500))))
    monkeypatch.setattr("prela_cli.ingest.open_sink", opened)
    done = run("ingest", str(file))

    assert (1, "") == (done.exit_code, done.stdout)
    assert done.stderr == (
        "prela: it is gone (1,000 spans stored so far; "
        "run it again, what is stored stays as it is)\n"
    )


def test_a_server_that_is_none_of_prela_is_no_fault_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(span("t", 1)))

    async def fine(_: Request) -> JSONResponse:
        return JSONResponse({})

    with listening(Starlette(routes=[Route("/{path:path}", fine, methods=["POST"])])) as url:
        done = prela("ingest", file, "--url", url)

    assert (1, "") == (done.code, done.stdout)
    assert f"prela: {url} did not say what it stored; is it a Prela server?" in done.stderr


def test_a_server_that_holds_the_directory_is_found_and_fed(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(span("found", "a")))
    done = prela("ingest", file, "--data-dir", server.data_dir)

    assert (0, f"1 span of 1 file stored in {server.url}\n") == (done.code, done.stdout)
    assert ["a"] == ids(server, "found")


def test_a_server_with_keys_takes_spans_with_a_good_one_only(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(lines(span("t", "a")))
    data = tmp_path / "data"
    with Server(data, PRELA_AUTH="on") as server:
        made = prela("keys", "create", "--project", "shop", "--data-dir", data)
        reading = prela(
            "keys", "create", "--project", "shop", "--scope", "read", "--data-dir", data
        )
        key = made.stdout.strip()
        without = prela("ingest", file, "--data-dir", data)
        wrong = prela("ingest", file, "--url", server.url, "--api-key", "prela_sk_wrong")
        forbidden = prela("ingest", file, "--data-dir", data, PRELA_API_KEY=reading.stdout)
        good = prela("ingest", file, "--url", server.url, "--api-key", key)
        listed = prela("query", "--json", PRELA_URL=server.url, PRELA_API_KEY=key)
        checked = prela("doctor", "--data-dir", data, "--json")

    assert (1, 1) == (without.code, wrong.code)
    assert "(give one by --api-key, PRELA_API_KEY or `prela login`)" in without.stderr
    assert without.stderr == wrong.stderr
    assert 1 == forbidden.code
    assert "scope" in forbidden.stderr
    assert (0, "") == (good.code, good.stderr)
    assert ["t"] == [row["trace_id"] for row in listed.json["items"]]
    assert {"server": False} == {
        each["check"]: each["well"] for each in checked.json if not each["well"]
    }
