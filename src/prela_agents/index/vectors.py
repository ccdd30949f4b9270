"""Vectors of texts, by a model whose weights come with its package: nothing is downloaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wordllama.inference import WordLlamaInference

__all__ = ["WordLlamaEmbedder"]


class WordLlamaEmbedder:
    """Means of the vectors of a text's tokens, of 256 dimensions. It is loaded at its first use."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Give a vector of length 1 for each text; of all zeros where there is no word."""
        if not texts:
            return []
        # Texts are taken in batches, each as wide as its longest: so alike lengths go together.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        found: Any = _loaded().embed([texts[number] for number in order])
        vectors = dict(zip(order, found.tolist(), strict=True))
        return [_of_length_one(vectors[number]) for number in range(len(texts))]


def _of_length_one(vector: list[float]) -> list[float]:
    length = math.hypot(*vector)
    return [each / length for each in vector] if length else vector


@cache
def _loaded() -> WordLlamaInference:
    import wordllama  # noqa: PLC0415 - it brings numpy and 19 MB of weights

    return wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )
