"""The operations that send whole files of spans."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from prela_core.store import StoredSpan
from prela_core.store.export import ExportForm
from prela_server.accounts import Scope
from prela_server.docs.operation import ASKING, QUERY, Operation
from prela_server.docs.samples import Samples
from prela_server.query.documents import ParameterNote
from prela_server.query.export_routes import (
    EXPORT_PARAMETERS,
    EXPORT_SPANS_PARAMETERS,
    MEDIA_TYPES,
)

__all__ = ["export_operations"]

_NOTES: Mapping[str, ParameterNote] = MappingProxyType(
    {
        "format": ParameterNote(
            {
                "type": "string",
                "enum": [form.value for form in ExportForm],
                "default": ExportForm.JSONL.value,
            },
            "The form of the file.",
            ExportForm.JSONL.value,
        )
    }
)
_FORMS = (
    "Lines of JSON hold a span each, as the API answers it, and for a trace of which something was "
    "said as a whole a line with its `metadata`. Arrow (an IPC stream) and Parquet have a row for "
    "each span, the same fields as columns, JSON as text, and the trace's metadata as "
    "`trace_metadata`. `prela import` reads all of them. The file is sent as it is made, however "
    "long it is; one that ends early was not sent to its end."
)


def export_operations(samples: Samples) -> list[Operation]:
    """Give `/api/v1/export` and `/api/v1/export/spans`."""
    traces = Operation(
        method="GET",
        path="/api/v1/export",
        name="exportTraces",
        tag=QUERY,
        summary="Export traces",
        description="All spans of the traces for which every given condition holds, in a file. "
        f"{_FORMS}",
        scope=Scope.READ,
        query=EXPORT_PARAMETERS,
        attributes=True,
        notes=_NOTES,
        shown={"format": "jsonl", "status": "error"},
        answer=StoredSpan,
        answer_text="The file.",
        given=samples.trace_detail.spans[0],
        is_json=False,
        others=tuple(MEDIA_TYPES.values()),
        errors=ASKING,
    )
    return [
        traces,
        attrs.evolve(
            traces,
            path="/api/v1/export/spans",
            name="exportSpans",
            summary="Export spans",
            description="The spans that meet the query, in a file, whatever else their traces "
            f"hold. {_FORMS}",
            query=EXPORT_SPANS_PARAMETERS,
            attributes=False,
            shown={"format": "jsonl", "query": "status:error"},
        ),
    ]
