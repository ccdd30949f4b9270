"""The operations that delete."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import attrs
import msgspec

from prela_core.store import Deletion, DeletionState, Page
from prela_server.accounts import Scope
from prela_server.deletion.documents import DeletionCount, DeletionDocument
from prela_server.docs.operation import ASKING, DELETING, SENDING, Operation
from prela_server.docs.samples import CURSOR, DELETION_ID, TRACE_ID, Samples
from prela_server.query.parameters import PAGE_PARAMETERS

__all__ = ["deletion_operations"]

_ONE = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def deletion_operations(samples: Samples) -> list[Operation]:
    """Give the operations by which deletions are asked for and looked at."""
    waiting = Deletion(
        deletion_id=DELETION_ID,
        state=DeletionState.WAITING,
        selection=msgspec.Raw(msgspec.json.encode({"trace_ids": [TRACE_ID]})),
        asked_at=samples.moment,
    )
    done = attrs.evolve(
        waiting,
        state=DeletionState.DONE,
        gone_at=samples.moment + timedelta(seconds=1),
        completed_at=samples.moment + timedelta(seconds=3),
        traces=1,
        spans=3,
        rows={"spans": 3, "trace_announcements": 1},
    )
    delete = Operation(
        method="POST",
        path="/api/v1/deletions",
        name="deleteTraces",
        tag=DELETING,
        summary="Delete traces",
        description="By their ids, by a filter, or everything that the project holds. Which traces "
        "a filter means is fixed before the answer. The answer's `Location` is where the receipt "
        "is found.",
        scope=Scope.DELETE,
        body=DeletionDocument,
        sent={
            "One trace": {"trace_ids": [TRACE_ID]},
            "Failed traces of last year": {
                "filter": {"status": "error", "end_time": "2026-01-01T00:00:00Z"}
            },
        },
        status=HTTPStatus.ACCEPTED,
        answer=Deletion,
        answer_text="It is durable that they be deleted.",
        given=waiting,
        errors=SENDING,
    )
    return [
        Operation(
            method="DELETE",
            path="/api/v1/traces/{trace_id}",
            name="deleteTrace",
            tag=DELETING,
            summary="Delete one trace",
            description="As `POST /api/v1/deletions` with its id, for a trace that is there.",
            scope=Scope.DELETE,
            status=HTTPStatus.ACCEPTED,
            answer=Deletion,
            answer_text="It is durable that it be deleted.",
            given=waiting,
            errors=_ONE,
        ),
        delete,
        attrs.evolve(
            delete,
            path="/api/v1/deletions/count",
            name="countDeletion",
            summary="Count what would be deleted",
            description="What `POST /api/v1/deletions` would delete now; nothing is done.",
            status=HTTPStatus.OK,
            answer=DeletionCount,
            answer_text="What there is of it.",
            given=DeletionCount.of(done),
        ),
        Operation(
            method="GET",
            path="/api/v1/deletions",
            name="listDeletions",
            tag=DELETING,
            summary="List deletions",
            description="The receipts of the project's deletions, the newest first.",
            scope=Scope.DELETE,
            query=PAGE_PARAMETERS,
            shown={"limit": "5"},
            answer=Page[Deletion],
            answer_text="A page of receipts.",
            given=Page(items=[done], next_cursor=CURSOR),
            errors=ASKING,
        ),
        Operation(
            method="GET",
            path="/api/v1/deletions/{deletion_id}",
            name="getDeletion",
            tag=DELETING,
            summary="Show the receipt of a deletion",
            description="How far it is, and what it deleted.",
            scope=Scope.DELETE,
            answer=Deletion,
            answer_text="The receipt.",
            given=done,
            errors=_ONE,
        ),
    ]
