"""`.env.example` lists every setting as it is, and can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prela_server.settings import Setting, Settings, load, settings_of

EXAMPLE = Path(__file__).parents[3] / ".env.example"
TEXT = EXAMPLE.read_text()
SETTINGS = list(settings_of(Settings))
LINES = dict(re.findall(r"^#([A-Z_]+)=(.*)$", TEXT, re.MULTILINE))


def test_every_setting_is_there_once_and_nothing_else() -> None:
    assert [setting.variable.names[0] for setting in SETTINGS] == list(LINES)
    assert len(LINES) == len(re.findall(r"^#?[A-Z_]+=", TEXT, re.MULTILINE))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.path)
def test_it_shows_the_default_and_says_what_a_setting_is(setting: Setting) -> None:
    name = setting.variable.names[0]
    before = TEXT.partition(f"\n#{name}=")[0].rpartition("\n\n")[2]
    said = " ".join(line.removeprefix("# ") for line in before.splitlines())

    assert said.startswith(setting.variable.about)
    assert all(other in said for other in setting.variable.names[1:])
    shown = LINES[name]
    assert setting.default == (setting.variable.read(shown) if shown else setting.default)
    assert bool(shown) == (setting.default not in (None, ()))


def test_with_all_of_it_in_force_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "all.env"
    path.write_text(re.sub(r"^#([A-Z_]+=)", r"\1", TEXT, flags=re.MULTILINE))

    assert Settings() == load(path, environ={}).settings
    assert Settings() == load(EXAMPLE, environ={}).settings
