"""OpenAI's embeddings: the texts and the usage, never the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prela_core.instrumentation.clients.reading import (
    Assembly,
    Attributes,
    objects,
    present,
    text_part,
    under,
)

__all__ = ["Embeddings"]


class Embeddings:
    """`POST /embeddings`."""

    operation = "embeddings"

    def request(self, body: Mapping[str, Any], /) -> Attributes:
        """Read the texts; input given as tokens says nothing to people, and is left out."""
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        parts = [text_part(one) for one in texts if isinstance(one, str)]
        encoding = body.get("encoding_format")
        return present(
            {
                "gen_ai.request.model": body.get("model"),
                "gen_ai.request.encoding_formats": [encoding] if encoding else None,
                "gen_ai.embeddings.dimension.count": body.get("dimensions"),
                "gen_ai.user": body.get("user"),
                "gen_ai.input.messages": [{"role": "user", "parts": parts}] if parts else None,
            }
        )

    def response(self, answer: Mapping[str, Any], /) -> Attributes:
        """Read the usage, and how long the vectors are where the request did not say."""
        first = next(iter(objects(answer.get("data"))), {}).get("embedding")
        return present(
            {
                "gen_ai.response.model": answer.get("model"),
                "gen_ai.usage.input_tokens": under(answer, "usage", "prompt_tokens"),
                "gen_ai.embeddings.dimension.count": len(first)
                if isinstance(first, list)
                else None,
            }
        )

    def assembly(self) -> Assembly:
        """Embeddings are not streamed."""
        raise NotImplementedError
