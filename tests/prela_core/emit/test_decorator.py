from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any

import attrs
import pytest
from tests.prela_core.emit.conftest import Kept, a_tracer

from prela_core.emit import Tracer, current_span, set_tracer, trace
from prela_core.emit.captured import MAX_CHARACTERS, MAX_VALUES
from prela_core.emit.samplers import never
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.model import SpanType, Status

pytestmark = pytest.mark.usefixtures("tracer")


def test_a_call_is_a_span_with_its_arguments_and_its_result(kept: Kept) -> None:
    @trace
    def add(a: int, b: int = 2, *more: int, scale: float = 1.0, **rest: int) -> float:
        return (a + b + sum(more)) * scale + sum(rest.values())

    assert 8.0 == add(1, scale=2.0, x=2)
    assert 10.0 == add(1, 2, 3, 4)

    one, other = kept.spans
    assert ("add", SpanType.CUSTOM, Status.SUCCESS) == (one.name, one.span_type, one.status)
    assert {"input.value": {"a": 1, "scale": 2.0, "x": 2}, "output.value": 8.0} == one.attributes
    assert {"a": 1, "b": 2, "more": [3, 4]} == other.attributes["input.value"]


@pytest.mark.parametrize(
    ("span_type", "said"),
    [
        ("tool", {"tool.name": "look", "tool.input": {"q": "x"}, "tool.output": "X"}),
        (SpanType.AGENT, {"agent.name": "look", "input.value": {"q": "x"}, "output.value": "X"}),
        (None, {"input.value": {"q": "x"}, "output.value": "X"}),
    ],
)
def test_attributes_are_those_of_the_type(
    kept: Kept, span_type: SpanType | str | None, said: dict[str, Any]
) -> None:
    @trace(span_type=span_type)
    def look(q: str) -> str:
        return q.upper()

    look("x")

    assert said == kept.spans[0].attributes


def test_everything_may_be_said(kept: Kept) -> None:
    @trace(
        name="call",
        span_type="llm",
        attributes={"llm.model": "m"},
        capture_input=False,
        capture_output=False,
    )
    def function(secret: str) -> str:
        return secret

    function("secret")

    [span] = kept.spans
    assert ("call", SpanType.LLM, {"llm.model": "m"}) == (
        span.name,
        span.span_type,
        span.attributes,
    )


def test_methods_leave_out_what_they_are_called_on(kept: Kept) -> None:
    class Shop:
        @trace
        def method(self, a: int) -> int:
            return a

        @classmethod
        @trace
        def of_class(cls, a: int) -> type:  # noqa: ARG003 - it is captured
            return cls

        @trace  # type: ignore[arg-type] # a type checker wants it the other way round
        @classmethod
        def above(cls, a: int) -> type:  # noqa: ARG003 - it is captured
            return cls

        @staticmethod
        @trace
        def static(a: int) -> int:
            return a

        @trace
        @staticmethod
        def static_above(a: int) -> int:
            return a

    shop = Shop()
    assert 1 == shop.method(1) == Shop.static(1) == shop.static_above(1)
    assert Shop is Shop.of_class(1) is Shop.above(1)  # type: ignore[call-arg,arg-type,comparison-overlap]

    assert [{"a": 1}] * 5 == [span.attributes["input.value"] for span in kept.spans]


def test_a_function_stays_what_it_is() -> None:
    def sync(a: int, *, b: str = "x") -> float:
        """Say something."""
        return float(a)

    async def coroutine(a: int) -> None: ...

    def generator(a: int) -> Iterator[int]:
        yield a

    async def async_generator(a: int) -> AsyncIterator[int]:
        yield a

    functions: list[Callable[..., Any]] = [sync, coroutine, generator, async_generator]
    for function in functions:
        traced = trace(function)
        assert inspect.signature(function) == inspect.signature(traced)
        assert (function.__name__, function.__doc__) == (traced.__name__, traced.__doc__)
        for question in (
            inspect.iscoroutinefunction,
            inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        ):
            assert question(function) == question(traced)


def test_only_functions_can_be_traced() -> None:
    for wrong in (3, dict, "name"):
        with pytest.raises(TypeError, match="for functions and methods"):
            trace(wrong)  # type: ignore[type-var]


def test_functions_of_c_and_partial_ones_can(kept: Kept) -> None:
    assert 3 == trace(len)("abc")
    assert 2 == trace(partial(max, 1))(2)

    assert ["len", "max"] == [span.name for span in kept.spans]


def test_an_object_whose_call_is_a_coroutine_is_awaited_within_its_span(kept: Kept) -> None:
    class Tool:
        async def __call__(self, q: str) -> str:
            await asyncio.sleep(0)
            return current_span().span_id + q

    look = trace(Tool())
    assert inspect.iscoroutinefunction(look)
    said = asyncio.run(look("x"))

    [span] = kept.spans
    assert ("Tool", said) == (span.name, f"{span.span_id}x")
    assert {"input.value": {"q": "x"}, "output.value": said} == span.attributes


def test_an_exception_ends_the_span_and_goes_on(kept: Kept) -> None:
    @trace
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(fails())

    assert (Status.ERROR, "ValueError: no") == (
        kept.spans[0].status,
        kept.spans[0].status_message,
    )


def test_without_a_tracer_a_function_is_called_as_it_is(kept: Kept) -> None:
    set_tracer(None)

    @trace
    def function(a: int) -> int:
        assert current_span() is NO_SPAN
        return a

    @trace
    def numbers() -> Iterator[int]:
        yield 1

    @trace
    async def numbers_async() -> AsyncIterator[int]:
        yield 1

    async def taken() -> list[int]:
        return [n async for n in numbers_async()]

    assert (1, [1], [1]) == (function(1), list(numbers()), asyncio.run(taken()))
    assert [] == kept.spans


def test_what_is_not_sampled_is_not_captured() -> None:
    class Precious:
        def __repr__(self) -> str:
            raise AssertionError("was looked at")

    @trace(tracer=a_tracer(Kept(), never))
    def function(a: Precious) -> Precious:
        return a

    @trace(tracer=a_tracer(Kept(), never))
    def numbers() -> Iterator[Precious]:
        yield Precious()

    function(Precious())
    list(numbers())


def test_captured_values_are_copied_and_bounded(kept: Kept) -> None:
    @attrs.define
    class Thing:
        name: str

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    @trace
    def function(**given: Any) -> None: ...

    looped: list[Any] = []
    looped.append(looped)
    items = [1]
    unread = iter([1, 2])
    function(
        thing=Thing("n"),
        items=items,
        broken=Broken(),
        nan=float("nan"),
        raw=b"\xff",
        looped=looped,
        unread=unread,
    )
    items.append(2)
    function(text="x" * 10**6, after="nothing left")
    function(many=range(10**9))
    function(keys={n: n for n in range(10**4)})

    first, long, many, keys = [span.attributes["input.value"] for span in kept.spans]
    assert ({"name": "n"}, [1]) == (first["thing"], first["items"])
    assert ("<Broken: RuntimeError>", None, "\ufffd") == (
        first["broken"],
        first["nan"],
        first["raw"],
    )
    assert [1, 2] == list(unread)
    assert {"text": "x" * MAX_CHARACTERS + "…", "after": "…"} == long
    assert MAX_VALUES >= len(many["many"]) > MAX_VALUES - 5
    assert "…" in keys["keys"]


# Generators.


def test_a_generator_gives_what_it_yields_as_its_output(kept: Kept) -> None:
    @trace
    def words() -> Iterator[str]:
        yield from ("one ", "two")

    @trace
    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def taken() -> list[int]:
        return [n async for n in numbers()]

    assert ["one ", "two"] == list(words())
    assert [1, 2] == asyncio.run(taken())

    assert ["one two", [1, 2]] == [span.attributes["output.value"] for span in kept.spans]


def test_a_generator_takes_and_returns_as_without(kept: Kept) -> None:
    @trace
    def echo(first: int) -> Generator[int, int, str]:
        got = yield first
        try:
            yield got
        except KeyError:
            yield -1
        return "done"

    items = echo(1)
    assert 1 == next(items)
    assert 7 == items.send(7)
    assert -1 == items.throw(KeyError())
    with pytest.raises(StopIteration) as stop:
        next(items)

    assert "done" == stop.value.value
    assert ({"first": 1}, [1, 7, -1]) == (
        kept.spans[0].attributes["input.value"],
        kept.spans[0].attributes["output.value"],
    )


def test_an_async_generator_takes_as_without(kept: Kept) -> None:
    @trace
    async def echo() -> Any:
        got = yield 1
        try:
            yield got
        except KeyError:
            yield -1

    async def main() -> None:
        items = echo()
        assert [1, 7, -1] == [
            await anext(items),
            await items.asend(7),
            await items.athrow(KeyError()),
        ]
        with pytest.raises(StopAsyncIteration):
            await anext(items)

    asyncio.run(main())

    assert [1, 7, -1] == kept.spans[0].attributes["output.value"]


def test_a_generator_that_is_never_asked_is_no_span(kept: Kept) -> None:
    @trace
    def numbers() -> Iterator[int]:
        yield 1

    numbers()

    assert [] == kept.spans


@pytest.mark.parametrize("ends", ["exhausted", "closed", "failed"])
def test_a_generator_ends_once(kept: Kept, ends: str) -> None:
    @trace
    def numbers() -> Iterator[int]:
        yield 1
        if ends == "failed":
            raise ValueError("no")

    items = numbers()
    next(items)
    assert current_span() is NO_SPAN
    assert [] == kept.spans
    if ends == "closed":
        items.close()  # type: ignore[attr-defined] # it is a generator
    elif ends == "failed":
        with pytest.raises(ValueError, match="no"):
            next(items)
    else:
        assert [] == list(items)

    [span] = kept.spans
    assert (Status.ERROR if ends == "failed" else Status.SUCCESS) == span.status
    assert [1] == span.attributes["output.value"]


def test_a_generator_that_cleans_up_does_so_in_its_span(kept: Kept, tracer: Tracer) -> None:
    @trace
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            with tracer.span("clean up"):
                await asyncio.sleep(0)

    async def main() -> None:
        items = numbers()
        await anext(items)
        await items.aclose()  # type: ignore[attr-defined] # it is a generator

    asyncio.run(main())

    assert {"numbers": None, "clean up": "numbers"} == kept.tree()


def test_items_that_never_end_are_bounded(kept: Kept) -> None:
    @trace
    def words() -> Iterator[str]:
        for _ in range(100):
            yield "x" * 10_000

    for _ in words():
        pass

    assert len(kept.spans[0].attributes["output.value"]) == MAX_CHARACTERS + 1
