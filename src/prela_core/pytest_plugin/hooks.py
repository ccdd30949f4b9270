"""The plug-in that pytest loads: the fixture, the options, and the traces of failing tests."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from prela_core.pytest_plugin.captured import CapturedTrace

__all__ = ["prela_trace"]

_captured = pytest.StashKey["CapturedTrace"]()
_TITLE = "prela trace"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what can be chosen on the command line."""
    group = parser.getgroup("prela", "prela: what the code under test did")
    group.addoption(
        "--prela-all",
        action="store_true",
        help="capture the trace of every test, also of those that don't ask for `prela_trace`",
    )
    group.addoption(
        "--prela-keep",
        metavar="DIR",
        type=Path,
        help="keep traces of failing tests here, for `prela ingest`; by default, in pytest's cache",
    )


@pytest.fixture
def prela_trace(request: pytest.FixtureRequest) -> Iterator[CapturedTrace]:
    """Capture what the test's code does: its spans, to make assertions about.

    While the test runs, the tracer that the program shares (`prela_core.init`, `@trace`,
    `prela_core.span`) exports to here and nowhere else, whatever the code under test sets up; its
    sampler and processors are left out. New threads carry on the span that starts them, as after
    `init`. See `CapturedTrace` for what it offers.
    """
    # Imported here, since most runs of pytest have no test that asks for this.
    from prela_core.emit.process_wide import standing_in  # noqa: PLC0415
    from prela_core.io.thread_context import carry_into_threads  # noqa: PLC0415
    from prela_core.io.tracing import open_tracer  # noqa: PLC0415
    from prela_core.pytest_plugin.captured import CapturedTrace  # noqa: PLC0415

    captured = CapturedTrace()
    request.node.stash[_captured] = captured
    tracer = open_tracer("tests", export=captured.add, at_once=True)
    carry_into_threads()
    with standing_in(tracer):
        yield captured
    tracer.sink.close(0)


def pytest_itemcollected(item: pytest.Item) -> None:
    """With `--prela-all`, let every test ask for the fixture."""
    names = getattr(item, "fixturenames", None)
    if names is not None and item.config.getoption("prela_all") and "prela_trace" not in names:
        names.insert(0, "prela_trace")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show and keep the trace of a test that failed."""
    report = yield
    captured = item.stash.get(_captured, None)
    if captured is not None and report.failed and captured.raw:
        text = captured.text()
        # The failure of one of its own assertions shows it already.
        is_shown = text.partition("\n")[0] in report.longreprtext
        report.sections.append((_TITLE, ("" if is_shown else text) + _kept(item, captured)))
    return report


def _kept(item: pytest.Item, captured: CapturedTrace) -> str:
    from prela_core.errors import UnavailableError  # noqa: PLC0415 - as above
    from prela_core.pytest_plugin.kept_traces import keep  # noqa: PLC0415 - as above

    try:
        directory = item.config.getoption("prela_keep") or _cache(item.config)
        if directory is None:
            return ""
        path = keep(directory, item.nodeid, captured.raw)
    except (OSError, UnavailableError) as error:
        return f"it could not be kept: {error}\n"
    return f"kept in {path}; `prela ingest {path}` stores it to look at\n"


def _cache(config: pytest.Config) -> Path | None:
    """Give a place in pytest's cache; None where that is turned off."""
    cache = getattr(config, "cache", None)
    return None if cache is None else Path(cache.mkdir("prela"))
