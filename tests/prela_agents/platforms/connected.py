"""Connections to the fakes, with logins that they take."""

from __future__ import annotations

from typing import Any

from examples.agents.standins import discord as fake_discord
from examples.agents.standins import linear as fake_linear
from examples.agents.standins import reddit as fake_reddit
from examples.agents.standins import x as fake_x
from examples.agents.standins.site import Site
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.wire import wire

from prela_agents.http import Http
from prela_agents.platforms import discord, linear, reddit, x

REFRESH = "refresh-1234"


def to_reddit(site: Site, clock: StandingClock, **options: Any) -> reddit.Reddit:
    return reddit.connect(
        *fake_reddit.CLIENT,
        "ada",
        base_url=site.at("reddit"),
        login_url=site.at("reddit-login"),
        clock=clock,
        transport=wire(),
        **options,
    )


def to_discord(site: Site, clock: StandingClock) -> Http:
    return discord.connect(fake_discord.TOKEN, site.at("discord"), clock=clock, transport=wire())


def to_x(site: Site, clock: StandingClock) -> Http:
    return x.connect(fake_x.TOKEN, site.at("x"), clock=clock, transport=wire())


def to_linear(site: Site, clock: StandingClock) -> linear.Linear:
    return linear.connect(fake_linear.KEY, site.at("linear"), clock=clock, transport=wire())
