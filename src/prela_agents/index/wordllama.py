"""Vectors of words that come with the package: no download, no key, 256 dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from prela_core.errors import SettingsError

__all__ = ["WordLlama"]


class WordLlama:
    """Averages the vectors of a text's words. The weights are read when they are first needed.

    Likeness finds candidates; it decides nothing, as different things are often said alike.
    """

    @cached_property
    def _model(self) -> Any:
        try:
            import wordllama  # noqa: PLC0415 - heavy
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"vectors need {error.name}: pip install 'prela-core[agents]'"
            ) from error
        return wordllama.WordLlama.load(
            cache_dir=Path(wordllama.__file__).parent, disable_download=True
        )

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Give a vector of length 1 for each text; zeros for one without words."""
        # Texts are taken in batches, each as wide as its longest: so alike lengths go together.
        said = sorted(
            (n for n, text in enumerate(texts) if text.strip()), key=lambda n: len(texts[n])
        )
        vectors: list[Sequence[float]] = [(0.0,) * 256] * len(texts)
        if said:
            found = self._model.embed([texts[n] for n in said], norm=True)
            for n, vector in zip(said, found.tolist(), strict=True):
                vectors[n] = vector
        return vectors
