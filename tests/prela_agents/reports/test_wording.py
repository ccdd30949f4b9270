from __future__ import annotations

from prela_agents.reports import tally


def test_counts_have_their_nouns_in_the_right_number() -> None:
    counts = {"items": 1, "drafts": 0, "issues": 1, "mentions": 1_200, "missing": 1, "unknown": 2}
    assert "1 item, 0 drafts, 1 issue, 1,200 mentions, 1 missing, 2 unknown" == tally(counts)
    assert "" == tally({})
