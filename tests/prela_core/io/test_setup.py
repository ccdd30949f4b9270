from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.emitting import await_that, hanging_port, stand_in

import prela_core
from prela_core import keep_errors, redact
from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.errors import SettingsError
from prela_core.io.background_sink import BackgroundSink
from prela_core.io.thread_context import leave_threads_alone


@pytest.fixture(autouse=True)
def a_clean_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("PRELA_"):
            monkeypatch.delenv(name)
    yield
    prela_core.shutdown(5)
    leave_threads_alone()


def names(exporter: MemoryExporter) -> list[str]:
    return [span.name for span in exporter.spans]


def test_spans_of_the_program_go_where_init_says() -> None:
    exporter = MemoryExporter()
    tracer = prela_core.init("shop", exporter=exporter, environment="test", attributes={"a": 1})
    assert tracer is prela_core.get_tracer()
    with prela_core.span("outer"), prela_core.span("inner"):
        pass
    assert prela_core.flush(20)
    assert ["inner", "outer"] == names(exporter)
    span = exporter.spans[0]
    assert ("shop", {"environment": "test", "a": 1}) == (span.service_name, span.attributes)


def test_the_environment_says_what_init_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with stand_in() as server:
        monkeypatch.setenv("PRELA_URL", server.url)
        monkeypatch.setenv("PRELA_SERVICE_NAME", "of-the-environment")
        monkeypatch.setenv("PRELA_ENVIRONMENT", "staging")
        tracer = prela_core.init()
        with tracer.span("a") as span:
            pass
        assert prela_core.shutdown(20)
        assert [span.span_id] == server.ids
    assert "of-the-environment" == tracer.service_name
    assert {"environment": "staging"} == span.to_span().attributes


def test_the_service_is_called_after_the_program() -> None:
    program = "import prela_core; print(prela_core.init(exporter=print).service_name)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"python\n" == done.stdout


def test_the_service_is_called_after_a_file_or_a_package(tmp_path: Path) -> None:
    text = "import prela_core; print(prela_core.init(exporter=print).service_name)"
    (tmp_path / "agent.py").write_text(text)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__main__.py").write_text(text)
    for arguments, expected in ((["agent.py"], b"agent\n"), (["-m", "shop"], b"shop\n")):
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, check=True, cwd=tmp_path
        )
        assert expected == done.stdout


def test_systems_without_file_locks_do_without_spilling() -> None:
    program = """
import sys
sys.modules["fcntl"] = None
import prela_core
prela_core.init(exporter="memory")
try:
    prela_core.init(exporter="memory", spill="spilled")
except prela_core.PrelaError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"spill needs file locks that this system has not\n" == done.stdout


def test_disabled_records_nothing_and_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRELA_DISABLED", "1")
    exporter = MemoryExporter()
    tracer = prela_core.init(exporter=exporter)
    with tracer.span("a") as span:
        assert not span.recording
    assert prela_core.flush(5)
    assert [] == names(exporter)


def test_a_share_of_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = MemoryExporter()
    monkeypatch.setenv("PRELA_SAMPLE", "0")
    prela_core.init(exporter=exporter)
    with prela_core.span("a"):
        pass
    monkeypatch.setenv("PRELA_SAMPLE", "1")
    prela_core.init(exporter=exporter)
    with prela_core.span("b"):
        pass
    assert prela_core.flush(20)
    assert ["b"] == names(exporter)


def test_a_second_init_replaces_and_flushes_the_first() -> None:
    first, second = MemoryExporter(), MemoryExporter()
    prela_core.init(exporter=first)
    with prela_core.span("a"):
        pass
    prela_core.init(exporter=second)
    assert ["a"] == names(first)
    with prela_core.span("b"):
        pass
    assert prela_core.shutdown(20)
    assert (["a"], ["b"]) == (names(first), names(second))


def test_after_the_shutdown_nothing_is_recorded() -> None:
    exporter = MemoryExporter()
    prela_core.init(exporter=exporter)
    assert prela_core.shutdown(20)
    with prela_core.span("a") as span:
        assert not span.recording
    assert prela_core.shutdown(5)
    assert prela_core.flush(5)
    assert [] == names(exporter)


def test_processors_tail_and_several_exporters(tmp_path: Path) -> None:
    first, path = MemoryExporter(), tmp_path / "spans.jsonl"
    prela_core.init(
        exporter=[first, f"jsonl:{path}"], processors=[redact()], tail=keep_errors(ratio=0)
    )
    with prela_core.span("fine"):
        pass
    with prela_core.span("failed") as span:
        span.set("mail", "ada@example.org")
        span.fail("no")
    assert prela_core.shutdown(20)
    assert ["failed"] == names(first)
    assert "ada@" not in path.read_text()
    assert 1 == len(path.read_text().splitlines())


def test_without_a_background_spans_are_there_at_once() -> None:
    exporter = MemoryExporter()
    prela_core.init(exporter=exporter, background=False, processors=[redact()])
    with prela_core.span("a@example.org"):
        with prela_core.span("b"):
            pass
        assert [] == names(exporter)
    assert ["b", "[e-mail]"] == names(exporter)


def test_without_a_background_failures_are_said_once_and_borne(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with stand_in() as server:
        url = server.url
    prela_core.init(url=url, background=False)
    for _ in range(2):
        with prela_core.span("a"):
            pass
    assert 1 == len([one for one in caplog.records if one.levelno >= logging.WARNING])
    assert "spans can't be delivered now" in caplog.text
    assert "they are lost" in caplog.text


def test_threads_carry_the_span_on_unless_told_not_to() -> None:
    seen: list[Any] = []
    for carries in (True, False):
        prela_core.init(exporter=MemoryExporter(), carry_context=carries)
        with prela_core.span("a") as span:
            thread = threading.Thread(target=lambda: seen.append(prela_core.current_span()))
            thread.start()
            thread.join()
        assert (span if carries else NO_SPAN) is seen[-1]


def test_its_own_threads_are_in_no_span() -> None:
    places: list[Any] = []

    def note(span: Any) -> Any:
        places.append(prela_core.current_span())
        return span

    prela_core.init(exporter=lambda _: places.append(prela_core.current_span()), processors=[note])
    with prela_core.span("a"), prela_core.span("b"):
        pass
    assert prela_core.flush(20)
    assert {NO_SPAN} == set(places)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"service_name": ""}, "service_name is a text such as 'shop-agent', not ''"),
        ({"service_name": 5}, "service_name is a text such as 'shop-agent', not 5"),
        ({"url": "nonsense"}, "is not the URL of a server"),
        ({"api_key": "two words"}, "the API key holds characters that no key has"),
        ({"exporter": "nonsense"}, "'nonsense' is no exporter"),
        ({"exporter": 5}, "exporter is a function of spans"),
        ({"exporter": []}, "exporter is a function of spans"),
        ({"exporter": [5]}, "an exporter is a function of spans or a word; 5 is none"),
        ({"processors": redact()}, "processors is a list of functions"),
        ({"processors": ["redact"]}, "processors is a list of functions"),
        ({"processors": None}, "processors is a list of functions"),
        ({"tail": 0.1}, "tail is what keep_errors"),
        ({"url": 5}, "url is a text such as 'http://127.0.0.1:8000', not 5"),
        ({"api_key": b"secret"}, "api_key is a text, not of type bytes"),
        ({"sampler": 0.1}, "sampler is a function of prela_core.emit.samplers, such as ratio(0.1)"),
        ({"spill": 5}, "spill is the path of a directory, not 5"),
        ({"environment": 5}, "environment is a text such as 'production', not 5"),
        ({"attributes": "a"}, "attributes is a mapping of names to values, not 'a'"),
        ({"bounds": {"held": 5}}, "bounds is a prela_core.emit.batcher.Bounds, not {'held': 5}"),
        ({"flush_timeout": float("nan")}, "flush_timeout is a number of seconds from 0 on"),
        ({"flush_timeout": -1}, "flush_timeout is a number of seconds from 0 on, not -1"),
        ({"spill": "x", "background": False}, "leave out background=False"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        prela_core.init(**arguments)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
    assert None is prela_core.get_tracer()


@pytest.mark.parametrize(
    ("name", "value"), [("PRELA_SAMPLE", "2"), ("PRELA_SAMPLE", "x"), ("PRELA_DISABLED", "maybe")]
)
def test_wrong_settings_name_their_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} is .* not '{value}'"):
        prela_core.init(exporter=MemoryExporter())


def test_no_server_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRELA_SPILL_DIR", str(tmp_path))
    with hanging_port() as port:
        prela_core.init(url=f"http://127.0.0.1:{port}")
        with prela_core.span("kept"):
            pass
        assert not prela_core.shutdown(0.1)
    assert 1 == len(list(tmp_path.glob("*.jsonl")))
    with stand_in() as server:
        prela_core.init(url=server.url)
        await_that(lambda: server.ids, "the span of before")
        assert prela_core.shutdown(20)


def test_replacing_waits_no_longer_than_the_flush_deadline() -> None:
    with hanging_port() as port:
        tracer = prela_core.init(url=f"http://127.0.0.1:{port}", flush_timeout=0.1)
        assert isinstance(tracer.sink, BackgroundSink)
        with prela_core.span("a"):
            pass
        began = time.monotonic()
        prela_core.init(exporter=MemoryExporter(), flush_timeout=0.1)
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("background", [True, False])
def test_exports_are_not_observed_by_opentelemetry(background: bool) -> None:  # noqa: FBT001 - a parameter
    context: Any = pytest.importorskip("opentelemetry.context")
    seen: list[object] = []
    prela_core.init(
        exporter=lambda _: seen.append(context.get_value("suppress_instrumentation")),
        background=background,
    )
    with prela_core.span("a"):
        pass
    assert prela_core.flush(20)
    assert [True] == seen


@pytest.mark.parametrize("timeout", [float("inf"), 1e15])
def test_there_may_be_all_the_time_in_the_world(timeout: float) -> None:
    exporter = MemoryExporter()
    prela_core.init(exporter=exporter, flush_timeout=timeout)
    for name in ("a", "b"):
        with prela_core.span(name):
            pass
        assert (prela_core.flush if name == "a" else prela_core.shutdown)(timeout)
    assert ["a", "b"] == names(exporter)


@pytest.mark.parametrize("background", [True, False])
def test_what_exports_and_processes_spans_makes_none(background: bool) -> None:  # noqa: FBT001 - a parameter
    seen: list[str] = []

    @prela_core.trace
    def processor(span: prela_core.Span) -> prela_core.Span:
        return span

    @prela_core.trace
    def export(spans: Sequence[prela_core.Span]) -> None:
        seen.extend(span.name for span in spans)

    prela_core.init(exporter=export, processors=[processor], background=background)
    with prela_core.span("a"):
        pass
    assert prela_core.flush(20)
    assert prela_core.shutdown(20)
    assert ["a"] == seen
