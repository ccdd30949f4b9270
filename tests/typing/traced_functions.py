"""What type checkers know of traced functions: as much as without. Read by mypy, never run.

An ignore that is not needed is an error in strict mode, so each holds that a mistake is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import prela_core
from prela_core import trace


@trace
def bare(a: int, *, b: str = "") -> float:
    return a + float(b)


@trace(name="other", span_type="tool", capture_input=False, attributes={"a": 1})
def with_arguments(a: int) -> list[int]:
    return [a]


@trace
async def coroutine(a: int) -> str:
    return str(a)


@trace
def generator(a: int) -> Iterator[int]:
    yield a


@trace(span_type=prela_core.SpanType.AGENT)
async def async_generator(a: int) -> AsyncIterator[int]:
    yield a


class Shop:
    @trace
    def method(self, a: int) -> int:
        return a

    @classmethod
    @trace
    def of_class(cls, a: int) -> int:
        return a

    @staticmethod
    @trace
    def static(a: int) -> int:
        return a


async def awaited() -> None:
    assert_type(await coroutine(1), str)


assert_type(bare(1, b="2"), float)
assert_type(with_arguments(1), list[int])
assert_type(generator(1), Iterator[int])
assert_type(async_generator(1), AsyncIterator[int])
assert_type(Shop().method(1), int)
assert_type(Shop.of_class(1), int)
assert_type(Shop.static(1), int)
assert_type(prela_core.in_context(bare)(1, b="2"), float)

bare("1")  # type: ignore[arg-type]
bare(1, c=1)  # type: ignore[call-arg]
with_arguments()  # type: ignore[call-arg]
Shop().method("1")  # type: ignore[arg-type]
prela_core.in_context(bare)("1")  # type: ignore[arg-type]
trace(nmae="x")  # type: ignore[call-overload]
