from __future__ import annotations

import socket

from examples.agents.running import FIRST
from examples.agents.settings import HERE
from examples.agents.standing_clock import StandingClock
from examples.agents.standins.fortnight import recorded
from examples.agents.standins.site import serving

from prela_core.testing.factories import NOON


def test_they_are_where_they_were_before_if_nobody_else_is() -> None:
    world = recorded(HERE / "fortnight", FIRST, StandingClock(NOON).now)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with serving(world, port) as first, serving(world, port) as second:
        assert f"http://127.0.0.1:{port}" == first.url != second.url
    with serving(world, port) as again:
        assert first.url == again.url
