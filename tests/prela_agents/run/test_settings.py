from __future__ import annotations

from pathlib import Path

import pytest

from prela_agents.ours import PRELA
from prela_agents.run.reading import CONFIG, read_settings
from prela_core.errors import SettingsError

FILE = """
model = "claude-sonnet-5"
docs = "manual"
allowed_hosts = ["10.0.0.1:80"]

[profile.us]
repository = "prela/prela"

[[profile.competitors]]
name = "Rival"
package = "rival"
feeds = ["https://rival.test/feed.xml"]

[endpoints]
github = "https://github.corp.test/api/v3"

[budgets]
x = 5
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_anything_set_they_work_for_prela() -> None:
    settings = read_settings({"HOME": "/nowhere"}, data_dir=Path("/data"))
    assert PRELA == settings.profile.us
    assert ("rules", Path("docs")) == (settings.model, settings.docs)
    assert Path("/data/agents") == settings.directory
    assert "store:/data/agents" == settings.exporter


def test_a_file_says_who_we_are(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(FILE)
    settings = read_settings({})
    assert ("prela/prela", PRELA.near) == (
        settings.profile.us.repository,
        settings.profile.us.near,
    )
    (rival,) = settings.profile.competitors
    assert ("Rival", ("https://rival.test/feed.xml",)) == (rival.name, rival.feeds)
    assert {"x": 5.0} == settings.budgets
    assert {"github": "https://github.corp.test/api/v3"} == settings.endpoints


def test_docs_are_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.toml").write_text(FILE)
    settings = read_settings({"PRELA_AGENTS_CONFIG": str(tmp_path / "conf" / "a.toml")})
    assert tmp_path / "conf" / "manual" == settings.docs


@pytest.mark.parametrize("variable", ["", "PRELA_AGENTS_DOCS"])
def test_docs_may_be_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.toml").write_text('docs = "~/manual"')
    environ = {variable: "~/manual"} if variable else {}
    settings = read_settings(environ, config=tmp_path / "conf" / "a.toml")
    assert tmp_path / "manual" == settings.docs


def test_another_product_has_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text('[profile.us]\nname = "Otter"\n')
    us = read_settings({}).profile.us
    assert ("Otter", (), ()) == (us.name, us.aliases, us.near)


def test_the_environment_goes_before_the_file_and_arguments_before_both(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(FILE)
    environ = {
        "PRELA_AGENTS_MODEL": "claude-haiku-4-5",
        "PRELA_AGENTS_DIR": "/agents",
        "PRELA_AGENTS_GITHUB_URL": "http://127.0.0.1:1",
        "PRELA_AGENTS_ALLOWED_HOSTS": "a:1, b:2",
        "GITHUB_TOKEN": "ghp_x ",
        "CLICKHOUSE_HOST": "ch",
        "CLICKHOUSE_SECURE": "1",
        "CLICKHOUSE_PASSWORD": "word",
    }
    settings = read_settings(environ)
    assert ("claude-haiku-4-5", Path("/agents")) == (settings.model, settings.directory)
    assert "http://127.0.0.1:1" == settings.endpoints["github"]
    assert ("10.0.0.1:80", "a:1", "b:2") == settings.allowed_hosts
    assert "ghp_x" == settings.secrets.github_token
    assert ("ch", 8443, None) == (
        settings.clickhouse.host,
        settings.clickhouse.port,
        settings.exporter,
    )
    assert "rules" == read_settings(environ, model="rules").model


def test_secrets_are_not_shown() -> None:
    settings = read_settings({"GITHUB_TOKEN": "ghp_secret", "CLICKHOUSE_PASSWORD": "password1"})
    assert "ghp_secret" not in repr(settings)
    assert "password1" not in repr(settings)


def test_traces_go_where_the_environment_says() -> None:
    assert read_settings({"PRELA_URL": "http://a"}).exporter is None
    assert read_settings({"PRELA_EXPORTER": "console"}).exporter is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model = ", "no TOML"),
        ("modell = 'rules'", "modell"),
        ("[profile.us]\nname = 7", "7 is no text @ file.profile.us.name"),
        ("[profile.us]\nrepo = 'a/b'", "repo"),
        ("[[profile.competitors]]\npackage = 'x'", "name"),
        ("profile = 7", "profile"),
        ("[profile]\nus = 7", "us"),
        ("[endpoints]\nmastodon = 'x'", "no platform"),
        ("[budgets]\nx = 'five'", "budgets"),
        ("[budgets]\nx = nan", "budgets.x is dollars a month"),
        ("[budgets]\nx = -1", "budgets.x is dollars a month"),
        ("[budgets]\nx = inf", "budgets.x is dollars a month"),
        ("[profile.us]\nnear = 'database'", "'database' is no list @ file.profile.us.near"),
        ("[profile]\naccounts = 'acme-team'", "accounts"),
        ("allowed_hosts = '10.0.0.1:80'", "allowed_hosts"),
        ("allowed_hosts = ['10.0.0.1']", "with a port, not '10.0.0.1'"),
        ("allowed_hosts = ['10.0.0.1:65536']", "with a port, not '10.0.0.1:65536'"),
        ("[endpoints]\ngithub = 'github.example'", "endpoints.github is an address"),
        ("[budgets]\nx = '5'", "'5' is no number @ file.budgets"),
        ("[budgets]\nx = true", "True is no number"),
        ("[profile]\ncompetitors = 'x'", r"no table @ file.profile.competitors\[0\]"),
        ("[profile.us]\nname = ' '", "profile.us has an empty name or alias"),
        ("[profile.us]\naliases = ['']", "profile.us has an empty name or alias"),
        ("[[profile.competitors]]\nname = 'prela'", "two products of the name 'prela'"),
        (
            "[profile.us]\nrepository = 'https://github.com/acme/acme'",
            "profile.us.repository is owner/name on GitHub, not 'https",
        ),
        ("[profile.us]\npackage = 'acme db'", "profile.us.package is a name on PyPI"),
        ("[profile.us]\nguild = 'ours'", "digits, not 'ours'"),
        ("[profile.us]\nx_account = '@acme'", "a name without @, not '@acme'"),
        ("[profile.us]\nhomepage = 'acme.example'", "profile.us.homepage is an address"),
        ("[profile]\nsubreddits = ['r/acme']", "a name without r/, not 'r/acme'"),
        ("[profile]\nannounce_channel = 'general'", "announce_channel is Discord"),
        ("[profile]\ndocs_url = 'docs'", "profile.docs_url is an address"),
        (
            "[[profile.competitors]]\nname = 'R'\nfeeds = ['r.example/feed']",
            r"profile.competitors\[0\].feeds is an address",
        ),
    ],
)
def test_mistakes_are_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / CONFIG).write_text(text)
    with pytest.raises(SettingsError, match=said):
        read_settings({})


@pytest.mark.parametrize("token", ["ghp_é12345", "ghp_12345\n67890", "ghp_1\x7f2345", "ghp 12345"])
def test_a_login_that_no_header_can_carry_is_named_and_not_shown(token: str) -> None:
    with pytest.raises(SettingsError, match="GITHUB_TOKEN") as found:
        read_settings({"GITHUB_TOKEN": token})
    assert "12345" not in str(found.value)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(SettingsError, match=r"nope\.toml can't be read"):
        read_settings({}, config=Path("nope.toml"))
    with pytest.raises(SettingsError, match="CLICKHOUSE_PORT"):
        read_settings({"CLICKHOUSE_PORT": "http"})


def test_where_nobody_is_at_home_a_directory_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(self: Path) -> Path:
        if str(self).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return self

    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.raises(SettingsError, match="set PRELA_AGENTS_DIR"):
        read_settings({})
    with pytest.raises(SettingsError, match="home directory of ~/docs"):
        read_settings({"PRELA_AGENTS_DIR": "/a", "PRELA_AGENTS_DOCS": "~/docs"})
    assert Path("/a") == read_settings({"PRELA_AGENTS_DIR": "/a"}).directory
