from __future__ import annotations

import pytest
from tests.prela_agents.making import draft
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.model import DraftKind, DraftState, Platform
from prela_agents.run.logins import missing, missing_to_publish, waits_for
from prela_agents.run.settings import Secrets
from prela_agents.state import Reviewed

ALL = Secrets(**dict.fromkeys(Secrets.variables(), "a-login"))


def names(sentences: list[str]) -> list[str]:
    return [each.partition(":")[0] for each in sentences]


def test_what_is_not_set_is_said_by_its_variables() -> None:
    assert ["Reddit", "X", "Discord", "Linear"] == names(missing(Secrets()))
    assert ["Reddit", "X", "Discord"] == names(missing_to_publish(Secrets()))
    assert "Linear: set LINEAR_API_KEY, LINEAR_TEAM_ID" in missing(Secrets())
    assert ([], []) == (missing(ALL), missing_to_publish(ALL))


@pytest.mark.parametrize(
    ("state", "platform", "kind", "waits"),
    [
        (DraftState.APPROVED, Platform.X, DraftKind.THREAD, "X: set X_USER_TOKEN"),
        (DraftState.QUEUED, Platform.X, DraftKind.THREAD, ""),
        (DraftState.SENT, Platform.X, DraftKind.THREAD, ""),
        (DraftState.APPROVED, Platform.X, DraftKind.FACT_SHEET, ""),
        (DraftState.APPROVED, Platform.WEB, DraftKind.DOCUMENT, ""),
    ],
)
def test_only_what_would_leave_waits_for_a_login(
    state: DraftState, platform: Platform, kind: DraftKind, waits: str
) -> None:
    made = draft(platform=platform, kind=kind)
    reviewed = Reviewed(draft=made, state=state, changed_at=StandingClock().now())
    assert waits == waits_for(reviewed, Secrets(x_bearer_token="reads-only"))  # noqa: S106 - made up
    assert "" == waits_for(reviewed, ALL)
