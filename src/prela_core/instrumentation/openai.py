"""Spans of calls through the `openai` package, without OpenTelemetry.

    from openai import OpenAI
    from prela_core.instrumentation.openai import wrap

    client = wrap(OpenAI())

Chat completions, responses and embeddings are recorded, through any method of the client: sync
and async, streamed, parsed, raw. A stream's span ends where the stream does. Its usage is known
only where it was asked for with `stream_options={"include_usage": True}`: requests go out as
they were made. Vectors and the bytes of images and sounds are not recorded.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeVar

from prela_core.instrumentation.clients.openai_chat import ChatCompletions
from prela_core.instrumentation.clients.openai_embeddings import Embeddings
from prela_core.instrumentation.clients.openai_responses import Responses
from prela_core.instrumentation.clients.requests import Api, Patch, watch

__all__ = ["patch", "wrap"]

Client = TypeVar("Client")

_PROVIDERS = MappingProxyType(
    {
        "api.deepseek.com": "deepseek",
        "api.groq.com": "groq",
        "api.mistral.ai": "mistral_ai",
        "api.perplexity.ai": "perplexity",
        "api.x.ai": "x_ai",
    }
)
"""Services that speak OpenAI's API, by host; the words are the conventions'."""


def _provider(client: Any) -> str:
    if "Azure" in type(client).__name__:
        return "azure.ai.openai"
    return _PROVIDERS.get(client.base_url.host, "openai")


_API = Api(
    MappingProxyType(
        {
            "/chat/completions": ChatCompletions(),
            "/embeddings": Embeddings(),
            "/responses": Responses(),
        }
    ),
    _provider,
)


def wrap(client: Client) -> Client:
    """Record the calls of `client`, sync or async, and give it back.

    Its copies, such as those of `with_options`, are recorded as well. A client that is wrapped
    again, or whose class is patched too, makes one span a call.
    """
    watch(client, _API)
    return client


def patch() -> Patch:
    """Record the calls of all clients, those that exist already too, until `undo()`."""
    import openai  # noqa: PLC0415 - this room works without it

    return Patch(_API, openai.OpenAI, openai.AsyncOpenAI)
