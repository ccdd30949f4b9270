"""What each agent reads and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prela_agents.model import Profile
from prela_agents.ports import Gauge, Source
from prela_agents.run.places import Places

__all__ = ["GAUGES", "SOURCES"]


def _scout(profile: Profile, places: Places) -> list[Source]:
    """Find mentions of us, and all that is said where we are at home."""
    return places.our_rooms() + places.mentions(profile.us.names)


def _sentinel(profile: Profile, places: Places) -> list[Source]:
    """Find what competitors do, and what is said about them."""
    found: list[Source] = []
    for each in profile.competitors:
        found += places.releases(each)
        found += places.issues(each)
        found += places.mentions((each.name,))
    return found


def _amplifier(profile: Profile, places: Places) -> list[Source]:
    """Find our releases, and the pages that claims about competitors rest on."""
    found = places.releases(profile.us)
    for each in profile.competitors:
        found += places.pages(each)
    return found


def _radar(profile: Profile, places: Places) -> list[Source]:
    """Find releases, which are drawn on the curves."""
    return [source for each in profile.products for source in places.releases(each)]


def _gauges(profile: Profile, places: Places) -> list[Gauge]:
    return [gauge for each in profile.products for gauge in places.gauges(each)]


SOURCES: Mapping[str, Callable[[Profile, Places], list[Source]]] = {
    "scout": _scout,
    "sentinel": _sentinel,
    "amplifier": _amplifier,
    "radar": _radar,
}
GAUGES: Mapping[str, Callable[[Profile, Places], list[Gauge]]] = {"radar": _gauges}
