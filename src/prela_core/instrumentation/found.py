"""Which instrumentors are installed, by their entry points; nothing of theirs is imported."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, entry_points, version

import attrs

from prela_core.instrumentation.libraries import AI_LIBRARIES, normal_name

__all__ = ["Family", "Instrumentor", "find", "installed_version"]

_log = logging.getLogger("prela")

GROUPS = ("openinference_instrumentor", "opentelemetry_instrumentor")

_INSTRUMENTS = re.compile(r"""extra\s*==\s*['"]instruments(-any)?['"]""")
_PACKAGE = re.compile(r"[A-Za-z0-9._-]+")
_OF_OPENLLMETRY = "opentelemetry-semantic-conventions-ai"
"""The package of OpenLLMetry's conventions, which all of its instrumentors need."""


class Family(StrEnum):
    """Who made an instrumentor, the one to be preferred first.

    OpenInference's and OpenLLMetry's record messages without being asked to; those of
    OpenTelemetry itself only with `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
    """

    OPENINFERENCE = "openinference"
    OPENLLMETRY = "openllmetry"
    OPENTELEMETRY = "opentelemetry"
    PRELA = "prela"


@attrs.frozen
class Instrumentor:
    """What makes spans of a library's calls: an installed package, or one of our helpers.

    `library` is the package it is for, `library_version` the installed one's version, None
    where it is not installed. `ai` says whether it is started without being named.
    """

    name: str
    family: Family
    package: str
    version: str
    library: str
    library_version: str | None
    ai: bool
    entry: EntryPoint | None = attrs.field(default=None, repr=False, eq=False)

    def is_called(self, name: str) -> bool:
        """Say whether `name` means this: its name, its library, its package or its family."""
        return normal_name(name) in {
            normal_name(self.name),
            self.library,
            self.package,
            self.family.value,
        }


def find() -> list[Instrumentor]:
    """Give all installed instrumentors, ordered by library and family."""
    found: dict[tuple[str, str], Instrumentor] = {}
    for group in GROUPS:
        for entry in entry_points(group=group):
            try:
                one = _read(entry)
            except Exception:  # noqa: BLE001 - a package whose metadata is broken hides only itself
                _log.debug("the entry point %r can't be read", entry.name, exc_info=True)
                continue
            # OpenInference's stand in both groups.
            if one is not None:
                found.setdefault((one.package, entry.value), one)
    order = list(Family)
    return sorted(found.values(), key=lambda one: (one.library, order.index(one.family), one.name))


def installed_version(package: str) -> str | None:
    """Give the version of an installed package; None when it isn't."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _read(entry: EntryPoint) -> Instrumentor | None:
    dist = entry.dist
    if dist is None:
        return None
    package = normal_name(dist.name)
    targets = list(_targets(dist)) or [normal_name(entry.name)]
    library = next((one for one in targets if installed_version(one)), targets[0])
    family = _family(package, dist.requires or [])
    return Instrumentor(
        name=entry.name,
        family=family,
        package=package,
        version=dist.version,
        library=library,
        library_version=installed_version(library),
        ai=family is not Family.OPENTELEMETRY or _is_of_ai(package, targets),
        entry=entry,
    )


def _targets(dist: Distribution) -> Iterable[str]:
    """Give the packages that `dist` instruments, as its extras `instruments…` name them."""
    for requirement in dist.requires or []:
        name = _PACKAGE.match(requirement)
        if name and _INSTRUMENTS.search(requirement):
            yield normal_name(name[0])


def _family(package: str, requires: Sequence[str]) -> Family:
    if package.startswith("openinference-"):
        return Family.OPENINFERENCE
    needed = {normal_name(name[0]) for one in requires if (name := _PACKAGE.match(one))}
    return Family.OPENLLMETRY if _OF_OPENLLMETRY in needed else Family.OPENTELEMETRY


def _is_of_ai(package: str, targets: Iterable[str]) -> bool:
    if package.startswith("opentelemetry-instrumentation-genai-"):
        return True
    return any(one in AI_LIBRARIES for one in targets)
