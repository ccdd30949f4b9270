from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console, RenderableType

Draw = Callable[..., list[str]]


@pytest.fixture
def draw() -> Draw:
    """Print a renderable as a terminal of that width and encoding would get it, as lines."""

    def draw(
        picture: RenderableType, width: int = 80, encoding: str = "utf-8", *, colour: bool = False
    ) -> list[str]:
        # Strict errors: what the encoding can't say must have been replaced before.
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="")
        console = Console(
            file=file,
            width=width,
            force_terminal=colour,
            color_system="standard" if colour else None,
            legacy_windows=False,
        )
        console.print(picture)
        file.flush()
        assert isinstance(file.buffer, io.BytesIO)
        return file.buffer.getvalue().decode(encoding).split("\n")[:-1]

    return draw
