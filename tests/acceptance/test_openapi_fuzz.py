"""The running server against its own document: what it describes is what it does.

schemathesis makes requests from the document, right ones and wrong ones, and they are sent over a
socket.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.conftest import NewServer, Server

from prela_core.store.groups import LISTS
from prela_server.docs.document import build_document
from prela_server.docs.samples import Samples
from prela_server.query.metric_parameters import SHORTCUTS

pytestmark = pytest.mark.slow

SEED = 20260115
LONGEST_URL = 60_000

ALIKE = [
    "/api/v1/export",
    "/api/v1/search",
    *(f"/api/v1/metrics/{name}" for name in SHORTCUTS),
    *(f"/api/v1/{name}" for name in LISTS.values() if name != "services"),
]
"""Paths that read their parameters as another does, whose boundaries are walked for all."""

TRUTHFUL = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    allow_header_conformance,
    unsupported_method,
]
# What schemathesis takes for a date-time begins in the year 1; the document says 1970 to 2099.
_MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2099, 12, 30),  # noqa: DTZ001 - likewise
    timezones=st.just(UTC),
).map(datetime.isoformat)
schemathesis.openapi.format("date-time", _MOMENTS)
# Of all texts of this format only some are queries.
schemathesis.openapi.format("sql", st.sampled_from(["SELECT 1", "SELECT count() FROM spans"]))


@schemathesis.serializer("application/x-protobuf")
def _as_it_is(_: Any, value: Any) -> bytes:
    """Send what was made up for protobuf: bytes that are no message, or by chance are one."""
    return bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()


def described(*, coverage: bool) -> Any:
    """Give the API as the document has it; with `coverage`, also its boundaries, one by one."""
    document = build_document(Samples(), asks_for_keys=False)
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig(seed=SEED))
    schema.config.phases.coverage.enabled = coverage
    return schema


every = described(coverage=True)
# The spans of a trace or batch have the boundaries of a single one, which are walked once.
at_random = described(coverage=False)
fuzzing = settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# Bodies are read with every leniency of the wire contract, so a wrong one need not be refused.
@every.include(path="/v1/spans").parametrize()
@fuzzing
def test_a_span(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    checks = [*TRUTHFUL, positive_data_acceptance]
    case.call_and_validate(base_url=fuzzed.url, session=session, checks=checks)


@at_random.include(path=["/v1/traces", "/v1/batch"]).parametrize()
@fuzzing
def test_many_spans(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    checks = [*TRUTHFUL, positive_data_acceptance]
    case.call_and_validate(base_url=fuzzed.url, session=session, checks=checks)


# What is in an OTLP request is for OTLP to say, so that one made up need not be taken.
@every.include(path="/v1/otlp/v1/traces").parametrize()
@fuzzing
def test_otlp(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    case.call_and_validate(base_url=fuzzed.url, session=session, checks=TRUTHFUL)


@every.include(method="GET").exclude(path=ALIKE).parametrize()
@fuzzing
def test_asking(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    ask(case, fuzzed.asks_at, session)


# Nothing that another test asks about is in this server, so all of it may be deleted.
@at_random.include(path_regex="^/api/v1/deletions", method="POST").parametrize()
@fuzzing
def test_deleting(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    case.call_and_validate(base_url=fuzzed.asks_at, session=session, checks=TRUTHFUL)


@at_random.include(method="DELETE").parametrize()
@fuzzing
def test_deleting_one(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    case.call_and_validate(base_url=fuzzed.asks_at, session=session, checks=TRUTHFUL)


@at_random.include(path=ALIKE).parametrize()
@fuzzing
def test_asking_alike(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    ask(case, fuzzed.asks_at, session)


@at_random.include(path="/api/v1/sql").parametrize()
@fuzzing
def test_asking_in_sql(case: schemathesis.Case, fuzzed: Server, session: requests.Session) -> None:
    checks = [*TRUTHFUL, positive_data_acceptance]
    case.call_and_validate(base_url=fuzzed.asks_at, session=session, checks=checks)


def ask(case: schemathesis.Case, base_url: str, session: requests.Session) -> None:
    query = dict(case.query or {})
    url = requests.Request("GET", base_url, params=query).prepare().url or ""
    # The HTTP parser refuses longer addresses by itself, before there is a request to answer.
    assume(len(url) < LONGEST_URL)
    checks = [*TRUTHFUL]
    if not {"cursor", "query"} & set(query):
        # No schema can say which cursors the server gave out, or what the query language is.
        checks.append(positive_data_acceptance)
    if "" not in query.values():
        # An empty parameter is the same as none, whatever its schema.
        checks.append(negative_data_rejection)
    case.call_and_validate(base_url=base_url, session=session, checks=checks)


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as one:
        one.trust_env = False  # the environment may name a proxy
        yield one


@pytest.fixture(scope="module")
def fuzzed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_server: NewServer
) -> Iterator[Server]:
    is_thorough = os.environ.get("PRELA_TESTS") == "thorough"
    if request.config.getoption("pipeline") == "deployed" and not is_thorough:
        pytest.skip("the document says the same of roles apart, which answer by the same routes")
    server = new_server(tmp_path_factory.mktemp("fuzzed") / "data")
    try:
        yield server.start()
        assert 0 == server.stop()
        assert "Traceback" not in server.log
    finally:
        server.end()
