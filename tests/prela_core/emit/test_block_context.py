from __future__ import annotations

import asyncio

from tests.prela_core.emit.conftest import Kept

from prela_core.conventions import COLUMNS
from prela_core.emit import Tracer, context, trace


def test_every_span_within_says_it_and_none_outside(tracer: Tracer, kept: Kept) -> None:
    with (
        context(session="s", user="u", tags=["a"], environment="prod", tenant="acme"),
        tracer.span("root"),
        tracer.span("child"),
    ):
        pass
    with tracer.span("outside"):
        pass

    said = {
        "session.id": "s",
        "user.id": "u",
        "environment": "prod",
        "prela.tags": ["a"],
        "tenant": "acme",
    }
    assert said == kept.one("root").attributes == kept.one("child").attributes
    assert {} == kept.one("outside").attributes


def test_inner_blocks_add_and_win_and_tags_are_joined(tracer: Tracer, kept: Kept) -> None:
    with context(session="s", user="u", tags=["a", "b"]):
        with context(user="v", tags=["b", "c"]), tracer.span("inner"):
            pass
        with tracer.span("outer"):
            pass

    inner = {"session.id": "s", "user.id": "v", "prela.tags": ["a", "b", "c"]}
    assert inner == kept.one("inner").attributes
    outer = {"session.id": "s", "user.id": "u", "prela.tags": ["a", "b"]}
    assert outer == kept.one("outer").attributes


def test_what_a_span_sets_itself_wins(tracer: Tracer, kept: Kept) -> None:
    with context(user="u"), tracer.span("x", attributes={"user.id": "mine"}):
        pass

    assert {"user.id": "mine"} == kept.one("x").attributes


def test_attributes_of_the_tracer_are_on_every_span_and_give_way(kept: Kept) -> None:
    tracer = Tracer(
        "s", kept, now_ns=int, monotonic_ns=int, attributes={"environment": "prod", "region": "eu"}
    )
    with context(environment="test"), tracer.span("x", region="us"):
        pass

    assert {"environment": "test", "region": "us"} == kept.one("x").attributes


def test_what_was_said_does_not_change_later(tracer: Tracer, kept: Kept) -> None:
    tags = ["a"]
    with context(tags=tags):
        tags.append("b")
        with tracer.span("x"):
            pass

    assert ["a"] == kept.one("x").attributes["prela.tags"]


def test_a_block_may_be_entered_again_and_within_itself(tracer: Tracer, kept: Kept) -> None:
    block = context(user="u")
    with block, block, tracer.span("in"):
        pass
    with tracer.span("out"):
        pass

    assert ({"user.id": "u"}, {}) == (kept.one("in").attributes, kept.one("out").attributes)


def test_tasks_keep_their_blocks_apart(tracer: Tracer, kept: Kept) -> None:
    @trace
    async def answer() -> None:
        await asyncio.sleep(0)

    async def one(user: str) -> None:
        with context(user=user):
            await answer()

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())

    assert {"a", "b"} == {span.attributes["user.id"] for span in kept.spans}


def test_the_conventions_have_columns_for_them() -> None:
    assert {"session_id", "user_id", "environment"} <= set(COLUMNS)


def test_one_object_may_be_used_in_several_tasks_at_once(tracer: Tracer, kept: Kept) -> None:
    shared = context(user="u")

    async def task(session: str, entered: asyncio.Event, may_leave: asyncio.Event) -> None:
        with context(session=session):
            with shared:
                entered.set()
                await may_leave.wait()
            with tracer.span(f"after {session}"):
                pass

    async def main() -> None:
        first_entered, second_entered, never_late = (asyncio.Event() for _ in range(3))
        first = asyncio.create_task(task("first", first_entered, second_entered))
        await first_entered.wait()
        second = asyncio.create_task(task("second", second_entered, never_late))
        await first
        never_late.set()
        await second

    asyncio.run(main())

    assert {"session.id": "first"} == kept.one("after first").attributes
    assert {"session.id": "second"} == kept.one("after second").attributes
