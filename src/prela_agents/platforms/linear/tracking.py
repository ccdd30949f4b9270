"""Issues, labels and attachments."""

from __future__ import annotations

from collections.abc import Sequence

from prela_agents.errors import MalformedAnswerError, RefusedError
from prela_agents.model import Attachment, Issue, NewIssue, Platform
from prela_agents.platforms.linear import queries
from prela_agents.platforms.linear.answers import (
    Attaching,
    Creation,
    ForUrl,
    Found,
    Issues,
    LabelMaking,
    Labels,
)
from prela_agents.platforms.linear.graphql import Linear

__all__ = ["LinearTracker"]

_MOST = 50


class LinearTracker:
    """The issues of one team, by the UUID of the team."""

    def __init__(self, linear: Linear, team: str) -> None:
        self._linear = linear
        self._team = team
        self._label_ids: dict[str, str] = {}

    async def issue(self, issue_id: str) -> Issue | None:
        """Give the issue with this UUID, archived or not, or None."""
        found = await self._linear.query(queries.BY_ID, {"id": issue_id}, Issues)
        return next((each.value() for each in found.issues.nodes), None)

    async def issue_for(self, url: str) -> Issue | None:
        """Give the issue that this address is attached to, or None."""
        found = await self._linear.query(queries.BY_URL, {"url": url}, ForUrl)
        return next((each.issue.value() for each in found.attachments.nodes), None)

    async def search(self, words: str) -> Sequence[Issue]:
        """Give what Linear finds in the team, best first."""
        variables = {"term": words, "team": self._team}
        found = await self._linear.query(queries.SEARCH, variables, Found)
        return [each.value() for each in found.search_issues.nodes]

    async def issues(self, limit: int) -> Sequence[Issue]:
        """Give the issues that changed last, newest first."""
        given: list[Issue] = []
        after: str | None = None
        while len(given) < limit:
            first = min(limit - len(given), _MOST)
            variables = {"team": self._team, "first": first, "after": after}
            found = (await self._linear.query(queries.LATEST, variables, Issues)).issues
            given += [each.value() for each in found.nodes]
            after = found.page_info.end_cursor
            if not found.page_info.has_next_page or after is None:
                break
        return given

    async def create(self, new: NewIssue) -> Issue:
        """Make the issue, with labels that are made where there are none of that name."""
        # Labels come first: the issue is there, or not, with all that belongs to it.
        labels = [await self._label(name) for name in new.labels]
        made = {
            "id": new.id,
            "teamId": self._team,
            "title": new.title,
            "description": new.description,
            "labelIds": labels,
        }
        try:
            answer = await self._linear.mutate(queries.CREATE, {"input": made}, Creation)
        except RefusedError:
            taken = await self.issue(new.id)
            if taken is None:
                raise
            return taken
        if not answer.issue_create.success or answer.issue_create.issue is None:
            raise MalformedAnswerError(Platform.LINEAR, "it does not say whether it made the issue")
        return answer.issue_create.issue.value()

    async def attach(self, issue_id: str, attachment: Attachment) -> None:
        """Attach an address to an issue, or change the attachment that is there."""
        made = {
            "issueId": issue_id,
            "url": attachment.url,
            "title": attachment.title,
            "subtitle": attachment.subtitle,
        }
        answer = await self._linear.mutate(queries.ATTACH, {"input": made}, Attaching)
        if not answer.attachment_create.success:
            raise MalformedAnswerError(Platform.LINEAR, "it does not say whether it attached it")

    async def _label(self, name: str) -> str:
        if name not in self._label_ids:
            self._label_ids[name] = await self._found_label(name) or await self._made_label(name)
        return self._label_ids[name]

    async def _found_label(self, name: str) -> str | None:
        found = await self._linear.query(queries.LABELS, {"name": name}, Labels)
        ours = [
            each.id
            for each in found.issue_labels.nodes
            if each.team is None or each.team.id == self._team  # None is of the whole workspace
        ]
        return ours[0] if ours else None

    async def _made_label(self, name: str) -> str:
        made = {"name": name, "teamId": self._team}
        answer = await self._linear.mutate(queries.MAKE_LABEL, {"input": made}, LabelMaking)
        if answer.issue_label_create.issue_label is None:
            raise MalformedAnswerError(Platform.LINEAR, f"it does not say that it made {name!r}")
        return answer.issue_label_create.issue_label.id
