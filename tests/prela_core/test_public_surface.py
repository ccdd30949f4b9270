"""What users may rely on: the public names, and that importing them costs little.

A name that is missing from the list below is a change of the public interface: add it here, and
to the change log.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import prela_core

PUBLIC = {
    "prela_core": [
        "PrelaError",
        "Span",
        "SpanEvent",
        "SpanLink",
        "SpanType",
        "Status",
        "Tracer",
        "__version__",
        "connect",
        "context",
        "current_span",
        "drop",
        "extract",
        "flush",
        "get_tracer",
        "in_context",
        "init",
        "inject",
        "instrument",
        "instrumentors",
        "keep",
        "keep_errors",
        "redact",
        "score",
        "set_tracer",
        "shutdown",
        "span",
        "trace",
        "truncate",
    ],
    "prela_core.analysis": [
        "AgentGraph",
        "CriticalPath",
        "Difference",
        "GraphEdge",
        "GraphNode",
        "PathSegment",
        "SpanDiff",
        "SpanFacts",
        "SpanTime",
        "TraceDiff",
        "agent_graph",
        "critical_path",
        "diff_traces",
        "self_times",
    ],
    "prela_core.ask": [
        "FIELDS",
        "GENERATIONS",
        "MAX_LENGTH",
        "Ago",
        "All",
        "And",
        "Any",
        "Child",
        "Compare",
        "Condition",
        "Field",
        "Kind",
        "Not",
        "Op",
        "Or",
        "Parent",
        "Pattern",
        "Subject",
        "Under",
        "Words",
        "bounds",
        "is_relative",
        "number_of",
        "parse",
        "resolved",
        "whole",
    ],
    "prela_core.bus": ["Bus", "Delivery", "Feed", "Record", "RecordError", "Topic"],
    "prela_core.compiled": ["NAMES", "OFF", "compiled", "why_not"],
    "prela_core.conventions": [
        "COLUMNS",
        "CONVENTIONS_VERSION",
        "Price",
        "TypedColumns",
        "explain",
        "price_of",
        "price_version",
        "resolve",
    ],
    "prela_core.emit": [
        "ActiveSpan",
        "DirectSink",
        "Entered",
        "Exporter",
        "Finished",
        "Neighbour",
        "Processor",
        "Sampler",
        "Sink",
        "Tracer",
        "context",
        "current_span",
        "extract",
        "get_tracer",
        "in_context",
        "inject",
        "score",
        "set_neighbour",
        "set_tracer",
        "span",
        "trace",
    ],
    "prela_core.errors": [
        "BusFullError",
        "BusUnavailableError",
        "DataDirectoryBusyError",
        "ForbiddenError",
        "InputError",
        "InvalidError",
        "MalformedError",
        "NotFoundError",
        "PrelaError",
        "QueryError",
        "SettingsError",
        "StoreUnavailableError",
        "TooLargeError",
        "UnauthenticatedError",
        "UnavailableError",
        "UnsupportedMediaError",
    ],
    "prela_core.html": ["trace_html", "trace_page"],
    "prela_core.instrumentation": [
        "Bridge",
        "Family",
        "Instrumented",
        "Instrumentor",
        "Outcome",
        "State",
        "bridge",
        "instrument",
        "instrumentors",
    ],
    "prela_core.instrumentation.clients": [],
    "prela_core.instrumentation.otel": [],
    "prela_core.io": [],
    "prela_core.model": [
        "EPOCH",
        "MAX_ID_LENGTH",
        "Flag",
        "Span",
        "SpanBatch",
        "SpanEvent",
        "SpanLink",
        "SpanRecord",
        "SpanType",
        "Status",
        "TraceRecord",
        "from_micros",
        "id_fault",
        "new_span_id",
        "new_trace_id",
        "to_micros",
        "to_rfc3339",
    ],
    "prela_core.notebook": [
        "Comparison",
        "Connection",
        "Groups",
        "Hits",
        "Results",
        "Spans",
        "Table",
        "Trace",
        "Traces",
    ],
    "prela_core.pytest_plugin": ["CapturedTrace"],
    "prela_core.store.export": ["ExportForm", "Selection"],
    "prela_core.store.sql": ["MAX_ROWS", "MAX_TEXT", "SqlForm", "SqlQuestion"],
    "prela_core.store": [
        "MAX_LIMIT",
        "MAX_TRACE_IDS",
        "Arrivals",
        "ArrivalsRequest",
        "Bucket",
        "Deletion",
        "DeletionRequest",
        "DeletionState",
        "Deletions",
        "Dimension",
        "GroupOrder",
        "GroupQuery",
        "GroupSummary",
        "Measure",
        "MetricQuery",
        "MetricRow",
        "MetricTable",
        "OpenTrace",
        "Order",
        "Page",
        "PageRequest",
        "Reader",
        "ReindexScope",
        "Reindexed",
        "SearchHit",
        "SpanFilter",
        "SpanOrder",
        "Store",
        "StoredSpan",
        "TraceDetail",
        "TraceFilter",
        "TraceSummary",
        "Writer",
        "decode_raw",
    ],
    "prela_core.testing": [
        "NOON",
        "ManualClock",
        "MemoryBus",
        "MemoryExporter",
        "MemoryStore",
        "search_hit",
        "span_record",
        "stored_span",
        "trace_detail",
        "trace_summary",
    ],
    "prela_core.text": ["trace_tree_text"],
    "prela_core.wire": [
        "Decoded",
        "Inflater",
        "Limits",
        "Rejected",
        "ScopeFilter",
        "decode_batch",
        "decode_otlp_json",
        "decode_otlp_protobuf",
        "decode_span",
        "decode_trace",
        "is_otlp_json",
        "parse_timestamp",
        "status_of",
        "to_record",
    ],
}

SOURCE = Path(prela_core.__file__).parents[1]
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE)
HEAVY = (
    "aiokafka",
    "anthropic",
    "anyio",
    "asyncio",
    "chdb",
    "click",
    "clickhouse_connect",
    "httpx",
    "google",
    "numpy",
    "opentelemetry",
    "pandas",
    "prela_agents",
    "prela_cli",
    "prela_server",
    "pyarrow",
    "rich",
    "sqlite3",
    "starlette",
    "uvicorn",
)


def test_the_public_names_are_these() -> None:
    packages = [
        each.name
        for each in pkgutil.walk_packages(prela_core.__path__, "prela_core.")
        if each.ispkg
    ]
    names = ["prela_core", "prela_core.errors", *packages]
    assert PUBLIC == {name: getattr(importlib.import_module(name), "__all__", []) for name in names}


@pytest.mark.parametrize("name", list(PUBLIC))
def test_every_public_name_is_there(name: str) -> None:
    module = importlib.import_module(name)
    assert [] == [each for each in PUBLIC[name] if not hasattr(module, each)]


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sapn'"):
        prela_core.Sapn  # type: ignore[attr-defined] # noqa: B018 - it must raise
    assert sorted(PUBLIC["prela_core"]) == dir(prela_core)


def _all_of(path: Path) -> list[str] | None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and "__all__" in [
            ast.unparse(each) for each in node.targets
        ]:
            return list(ast.literal_eval(node.value))
    return None


def _says_nothing(path: Path) -> bool:
    """Tell a package that is only a docstring."""
    return all(isinstance(node, ast.Expr) for node in ast.parse(path.read_text()).body)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_is_public_in_order(path: Path) -> None:
    names = _all_of(path)
    if names is None:
        assert _says_nothing(path)
        return
    assert sorted(names, key=_rank) == names
    assert len(set(names)) == len(names)


def _rank(name: str) -> tuple[int, str]:
    """Constants, classes, the rest: the order of RUF022."""
    if name.isupper():
        return 0, name
    return (1 if name[:1].isupper() else 2), name


@pytest.mark.parametrize("statement", ["import prela_core", "import prela_core.errors"])
def test_importing_prela_is_light(statement: str) -> None:
    assert [] == _loaded_by(statement)


def test_values_ports_and_filters_are_light_too() -> None:
    rooms = "model, errors, store, bus, wire, conventions"
    assert [] == _loaded_by(f"from prela_core import {rooms}")


def test_listing_instrumentors_imports_none_of_them() -> None:
    assert [] == _loaded_by("import prela_core; prela_core.instrumentors()")
    helpers = "import prela_core.instrumentation.openai, prela_core.instrumentation.anthropic"
    assert [] == _loaded_by(helpers)


def test_the_store_for_tests_needs_no_engine() -> None:
    assert ["asyncio"] == _loaded_by("import prela_core.testing")


def _loaded_by(statement: str) -> list[str]:
    """Say which heavy packages a fresh interpreter has loaded after `statement`."""
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{statement}\n"
        "import json; print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", program],
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in HEAVY if name in json.loads(done.stdout)]
