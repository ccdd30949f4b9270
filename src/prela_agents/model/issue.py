"""Issues of the tracker."""

from __future__ import annotations

import attrs

__all__ = ["Attachment", "Issue", "NewIssue"]


@attrs.frozen(kw_only=True)
class Issue:
    """An issue as the tracker has it. `id` is a UUID, `number` what people say: `PRE-42`."""

    id: str
    number: str
    title: str
    description: str
    url: str
    state: str = ""
    labels: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class NewIssue:
    """An issue to be made. `id` is ours, a version 4 UUID: with it, making it twice makes one.

    `perhaps` are issues that it may be the same as, for people to tell, of which no more than
    number, title and address is known; those that are planned have no number, and the address of
    what they are made of.
    """

    id: str
    title: str
    description: str
    labels: tuple[str, ...] = ()
    perhaps: tuple[Issue, ...] = ()


@attrs.frozen(kw_only=True)
class Attachment:
    """The address of where someone said it, on an issue; one for each issue and `url`."""

    url: str
    title: str
    subtitle: str = ""
