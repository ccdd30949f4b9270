"""Spans of calls through the `anthropic` package, without OpenTelemetry.

    from anthropic import Anthropic
    from prela_core.instrumentation.anthropic import wrap

    client = wrap(Anthropic())

Messages are recorded, with their tools, through any method of the client: sync and async,
streamed, parsed, raw, beta. A stream's span ends where the stream does. The bytes of images and
documents are not recorded.

From its version 2 on the package makes spans itself where the process has an OpenTelemetry
provider, without messages unless asked. `prela_core.instrument` leaves those out where it has
others of the same calls.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeVar

from prela_core.instrumentation.clients.anthropic_messages import Messages
from prela_core.instrumentation.clients.requests import Api, Patch, watch

__all__ = ["patch", "wrap"]

Client = TypeVar("Client")


def _provider(client: Any) -> str:
    name = type(client).__name__
    if "Bedrock" in name:
        return "aws.bedrock"
    return "gcp.vertex_ai" if "Vertex" in name else "anthropic"


_API = Api(MappingProxyType({"/v1/messages": Messages()}), _provider)


def wrap(client: Client) -> Client:
    """Record the calls of `client`, sync or async, and give it back.

    Its copies, such as those of `with_options`, are recorded as well. A client that is wrapped
    again, or whose class is patched too, makes one span a call.
    """
    watch(client, _API)
    return client


def patch() -> Patch:
    """Record the calls of all clients, those that exist already too, until `undo()`."""
    import anthropic  # noqa: PLC0415 - this room works without it

    return Patch(_API, anthropic.Anthropic, anthropic.AsyncAnthropic)
