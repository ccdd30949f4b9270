"""What Linear answers."""

from __future__ import annotations

import msgspec

from prela_agents.model import Issue

__all__ = [
    "Attaching",
    "Creation",
    "ForUrl",
    "Found",
    "IssueFields",
    "Issues",
    "LabelMaking",
    "Labels",
]


class _Name(msgspec.Struct):
    name: str


class _Names(msgspec.Struct):
    nodes: list[_Name]


class IssueFields(msgspec.Struct):
    """An issue."""

    id: str
    identifier: str
    title: str
    url: str
    description: str | None = None
    state: _Name | None = None
    labels: _Names | None = None

    def value(self) -> Issue:
        """Give it as the agents know it."""
        return Issue(
            id=self.id,
            number=self.identifier,
            title=self.title,
            description=self.description or "",
            url=self.url,
            state=self.state.name if self.state else "",
            labels=tuple(each.name for each in self.labels.nodes) if self.labels else (),
        )


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Nodes(msgspec.Struct, rename="camel"):
    nodes: list[IssueFields]
    page_info: _PageInfo = msgspec.field(default_factory=_PageInfo)


class Issues(msgspec.Struct):
    """A list of issues."""

    issues: _Nodes


class Found(msgspec.Struct, rename="camel"):
    """What a search finds."""

    search_issues: _Nodes


class _Attached(msgspec.Struct):
    issue: IssueFields


class _Attachments(msgspec.Struct):
    nodes: list[_Attached]


class ForUrl(msgspec.Struct):
    """What an address is attached to."""

    attachments: _Attachments = msgspec.field(name="attachmentsForURL")


class _Created(msgspec.Struct):
    success: bool
    issue: IssueFields | None = None


class Creation(msgspec.Struct, rename="camel"):
    """What became of making an issue."""

    issue_create: _Created


class _Done(msgspec.Struct):
    success: bool


class Attaching(msgspec.Struct, rename="camel"):
    """What became of attaching."""

    attachment_create: _Done


class _Id(msgspec.Struct):
    id: str


class _Label(msgspec.Struct):
    id: str
    team: _Id | None = None


class _LabelNodes(msgspec.Struct):
    nodes: list[_Label]


class Labels(msgspec.Struct, rename="camel"):
    """Labels with a name."""

    issue_labels: _LabelNodes


class _MadeLabel(msgspec.Struct, rename="camel"):
    success: bool
    issue_label: _Id | None = None


class LabelMaking(msgspec.Struct, rename="camel"):
    """What became of making a label."""

    issue_label_create: _MadeLabel
