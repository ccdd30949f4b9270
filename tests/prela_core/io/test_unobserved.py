from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from tests.emitting import a_span

from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.io.unobserved import Unobserved, unobserved


def test_instrumentors_of_opentelemetry_are_asked_to_look_away() -> None:
    context: Any = pytest.importorskip("opentelemetry.context")
    keys = ("suppress_instrumentation", context._SUPPRESS_INSTRUMENTATION_KEY)
    before = [context.get_value(key) for key in keys]
    with unobserved():
        assert [True, True] == [context.get_value(key) for key in keys]
    assert before == [context.get_value(key) for key in keys]


def test_an_exporter_exports_and_closes_as_before() -> None:
    exporter, closes = MemoryExporter(), []
    Unobserved(exporter)([a_span()])
    assert [a_span()] == list(exporter.spans)
    Unobserved(lambda _: None).close()
    exporter.close = lambda: closes.append(1)  # type: ignore[attr-defined,method-assign]
    Unobserved(exporter).close()
    assert [1] == closes


def test_opentelemetry_is_not_loaded_for_it() -> None:
    program = (
        "import sys\n"
        "from prela_core.io.unobserved import unobserved\n"
        "with unobserved(): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
