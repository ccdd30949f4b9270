from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_agents.index import passages_of

TEXT = """\
---
title: Guide
---
Before all.

# Using *Prela*

## Install

Run it:

```bash
# this is no heading
pip install prela-core
```

### From [source](https://x.test)

Clone.

## Install ##

Again.

## Empty

# Köln & more: `code_name`

~~~
## nor this
```
~~~
End.
"""


def test_a_file_is_cut_by_its_headings() -> None:
    assert [
        ("guide.md#", ("guide.md",), "Before all."),
        (
            "guide.md#install",
            ("Using Prela", "Install"),
            "Run it:\n\n```bash\n# this is no heading\npip install prela-core\n```",
        ),
        ("guide.md#from-source", ("Using Prela", "Install", "From source"), "Clone."),
        ("guide.md#install-1", ("Using Prela", "Install"), "Again."),
        (
            "guide.md#köln--more-codename",
            ("Köln & more: codename",),
            "~~~\n## nor this\n```\n~~~\nEnd.",
        ),
    ] == [(each.id, each.trail, each.text) for each in passages_of("guide.md", TEXT)]


def test_windows_line_ends_make_no_difference() -> None:
    assert passages_of("a.md", TEXT) == passages_of("a.md", TEXT.replace("\n", "\r\n"))


@given(st.lists(st.sampled_from(["# A", "## B", "text", "```", "~~~~", "", "#no", "   ### C #"])))
def test_no_line_of_text_is_lost_and_ids_are_unique(lines: list[str]) -> None:
    made = passages_of("a.md", "\n".join(lines))
    assert len(made) == len({each.id for each in made})
    kept = "\n".join(each.text for each in made)
    assert lines.count("text") == kept.split("\n").count("text")
    assert all(each.text.strip() and each.trail for each in made)
