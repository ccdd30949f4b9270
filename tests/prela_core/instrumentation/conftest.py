"""A program's tracer whose spans are kept, an OpenTelemetry provider, and model services."""

from __future__ import annotations

import time
from collections.abc import Iterator

import attrs
import pytest
from examples.openai_standin.api import OpenAIApi
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from tests.served import listening
from tests.standins.anthropic_api import AnthropicApi

from prela_core.emit import Finished, Tracer, set_tracer
from prela_core.model import Span


@attrs.define
class Kept:
    """A sink that keeps what was put, in the order of the ends."""

    put_in: list[Finished] = attrs.field(factory=list)

    def put(self, finished: Finished, /) -> None:
        self.put_in.append(finished)

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - the port's
        return True

    def close(self, timeout: float) -> bool:  # noqa: ARG002 - the port's
        return True

    @property
    def spans(self) -> list[Span]:
        return [each.to_span() for each in self.put_in]

    @property
    def parents(self) -> dict[str, str | None]:
        """Each span's name with its parent's; a parent that was never put is a question mark."""
        names = {span.span_id: span.name for span in self.spans}
        return {
            span.name: names.get(span.parent_span_id, "?") if span.parent_span_id else None
            for span in self.spans
        }

    def the(self, name: str) -> Span:
        [found] = [span for span in self.spans if span.name == name]
        return found

    def only(self) -> Span:
        [found] = self.spans
        return found


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept) -> Iterator[Tracer]:
    """The program's tracer."""
    tracer = Tracer("shop", kept, now_ns=time.time_ns, monotonic_ns=time.monotonic_ns)
    set_tracer(tracer)
    yield tracer
    set_tracer(None)


@pytest.fixture
def provider() -> TracerProvider:
    """A provider of the user's own making."""
    return TracerProvider(
        resource=Resource({"service.name": "till", "host.name": "h1"}), shutdown_on_exit=False
    )


@pytest.fixture(scope="session")
def openai_api() -> Iterator[tuple[str, OpenAIApi]]:
    api = OpenAIApi()
    with listening(api) as url:
        yield f"{url}/v1", api


@pytest.fixture(scope="session")
def anthropic_api() -> Iterator[tuple[str, AnthropicApi]]:
    api = AnthropicApi()
    with listening(api) as url:
        yield url, api
