from __future__ import annotations

import attrs
import pytest
from tests.prela_agents.making import draft
from tests.prela_cli.render.conftest import Draw

from prela_agents.model import DraftState, Platform
from prela_agents.state import Reviewed
from prela_cli.render.drafts import draft_page, drafts_table
from prela_cli.render.plain import width_of
from prela_core.testing.factories import NOON

HOSTILE = "\x1b]0;mine\x07\x1b[2K[bold]pay\u202eeman"


def reviewed(**changes: object) -> Reviewed:
    return Reviewed(draft=draft(**changes), state=DraftState.QUEUED, changed_at=NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_a_draft_takes_one_line_and_keeps_its_id(draw: Draw, width: int) -> None:
    found = [
        reviewed(title="会社の" * 30, about="release:" + "1" * 90, platform=Platform.HACKERNEWS),
        reviewed(parts=("Call flush().\nThen exit. " * 20,)),
    ]
    lines = draw(drafts_table(found), width)
    assert 3 == len(lines)
    assert all(width_of(line) <= width for line in lines)
    assert all(line.startswith("dddddddd") for line in lines[1:])


def test_which_login_a_draft_waits_for_is_beside_its_state(draw: Draw) -> None:
    found = [reviewed(), attrs.evolve(reviewed(id="e" * 32), state=DraftState.APPROVED)]
    waits = {"e" * 32: "Discord: set DISCORD_BOT_TOKEN"}
    for width in (20, 40, 80, 160):
        lines = draw(drafts_table(found, waits), width)
        assert 3 == len(lines)
        assert all(width_of(line) <= width for line in lines)
        assert "approve" in lines[2]
    assert "approved, waits for a login (Discord)" in lines[2]
    assert "waits" not in lines[1]


def test_what_is_left_out_of_a_narrow_table_is_in_a_wide_one(draw: Draw) -> None:
    found = [reviewed(title="A title")]
    assert ["id", "state", "platform", "begins"] == draw(drafts_table(found), 40)[0].split()
    headings = ["id", "state", "agent", "platform", "kind", "about", "made", "begins"]
    assert headings == draw(drafts_table(found), 160)[0].split()


@pytest.mark.parametrize("width", [40, 160])
def test_words_of_strangers_do_not_act_on_the_terminal(draw: Draw, width: int) -> None:
    hostile = reviewed(title=HOSTILE, note=HOSTILE, parts=(HOSTILE,), about=HOSTILE)
    for picture in (drafts_table([hostile]), draft_page(hostile)):
        text = "\n".join(draw(picture, width))
        assert "[bold]" in text
        assert not set("\x1b\x07\u202e") & set(text)


def test_a_reviewer_sees_every_letter_on_a_narrow_terminal(draw: Draw) -> None:
    address = "https://prela.example/" + "a" * 100
    found = reviewed(parts=(f"Read this:\n\n{address}",), title="t" * 90, sources=(address,))
    seen = "".join("".join(draw(draft_page(found), 40)).replace("│", "").split())
    assert 2 == seen.count(address)
    for whole in (found.draft.content_hash, found.draft.id, found.draft.title):
        assert whole in seen
