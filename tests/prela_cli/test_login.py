from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from tests.conftest import clean_environment
from tests.prela_cli.conftest import FakeReader

from prela_cli import source
from prela_core.errors import SettingsError
from prela_core.io import http_client
from prela_core.io.saved_login import Login, login_file, read_login, save

Run = Callable[..., Result]
KEY = "prela_sk_notForEyes"
URL = "https://prela.example.com"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Answers of a server to each address, to be changed; it asks for `KEY`."""
    answers = {"/ready": 200, "/api/v1/traces": 200}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("x-api-key") != KEY and request.url.path != "/ready":
            return httpx.Response(401, json={"detail": "A valid API key is needed"})
        return httpx.Response(answers[request.url.path], json={"items": [], "detail": "not now"})

    real = http_client.connect
    monkeypatch.setattr(
        http_client,
        "connect",
        lambda url, key, **rest: real(
            url, key, **rest | {"transport": httpx.MockTransport(answer)}
        ),
    )
    return answers


def test_a_login_is_saved_for_its_owner_alone(run: Run, server: object) -> None:
    result = run("login", f"{URL}/", "--api-key", KEY)

    assert 0 == result.exit_code, result.output
    assert f"{URL} answers and takes the key; saved in {login_file()}\n" == result.output
    assert Login(url=URL, api_key=KEY) == read_login()
    assert 0o600 == stat.S_IMODE(login_file().stat().st_mode)
    assert 0o700 == stat.S_IMODE(login_file().parent.stat().st_mode)
    assert [login_file()] == list(login_file().parent.iterdir())


def test_a_key_comes_from_standard_input(run: Run, server: object, tmp_path: Path) -> None:
    environment = clean_environment() | {"PRELA_CONFIG_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "prela_cli", "login", URL, "--api-key", "-", "--no-check"]
    done = subprocess.run(
        command, input=f"{KEY}\n", env=environment, capture_output=True, text=True, check=True
    )

    assert KEY in (tmp_path / "login.json").read_text()
    assert KEY not in done.stdout + done.stderr


def test_a_terminal_is_asked_and_does_not_show_the_key(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    environment = clean_environment() | {"PRELA_CONFIG_DIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "prela_cli", "login", "--no-check"],
        stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True,
    ) as asking:  # fmt: skip
        os.close(its)
        shown = b""
        for question, answer in ((b"8000]: ", f"{URL}\n"), (b"none): ", f"{KEY}\n")):
            while question not in shown:
                shown += os.read(ours, 4096)
            os.write(ours, answer.encode())
        assert 0 == asking.wait(30)
    os.close(ours)

    assert KEY.encode() not in shown
    assert f'"api_key": "{KEY}"' in (tmp_path / "login.json").read_text()


@pytest.mark.parametrize(
    ("answers", "words", "said"),
    [
        ({"/ready": 503}, [URL, "--api-key", KEY], "not now"),
        ({}, [URL, "--api-key", "prela_sk_wrong"], "A valid API key is needed"),
        ({}, ["not a url", "--api-key", KEY], "is not the URL of a server"),
        ({}, [], "give the server's URL"),
    ],
)
def test_what_does_not_work_is_not_saved(
    run: Run, server: dict[str, int], answers: dict[str, int], words: list[str], said: str
) -> None:
    server |= answers
    result = run("login", *words)

    assert result.exit_code in {1, 2}
    assert said in result.output
    assert read_login() is None


def test_a_key_for_sending_only_is_taken(run: Run, server: dict[str, int]) -> None:
    server["/api/v1/traces"] = 403
    result = run("login", URL, "--api-key", KEY)

    assert 0 == result.exit_code
    assert "takes the key, for sending only" in result.output
    assert read_login() is not None


def test_logout_forgets(run: Run) -> None:
    path = save(Login(url=URL, api_key=KEY))

    assert f"Removed {path}\n" == run("logout").output
    assert read_login() is None
    assert "No login is saved.\n" == run("logout").output


@pytest.mark.parametrize(
    ("words", "environment", "asked"),
    [
        ([], {}, (URL, KEY)),
        (["--url", f"{URL}/"], {}, (f"{URL}/", KEY)),
        (["--url", "http://other"], {}, ("http://other", None)),
        ([], {"PRELA_URL": "http://other"}, ("http://other", None)),
        (["--api-key", "k"], {}, (URL, "k")),
        ([], {"PRELA_API_KEY": "k"}, (URL, "k")),
        (["--data-dir", "here"], {}, (None, None)),
        ([], {"PRELA_DATA_DIR": "here"}, (None, None)),
        (["--data-dir", "here", "--url", URL], {}, (URL, KEY)),
    ],
)
def test_what_is_said_wins_over_what_is_saved(
    run: Run,
    reader: FakeReader,
    words: list[str],
    environment: dict[str, str],
    asked: tuple[str | None, str | None],
) -> None:
    save(Login(url=URL, api_key=KEY))
    result = run("query", *words, **environment)

    assert 0 == result.exit_code, result.output
    assert [asked] == [opened[1:] for opened in reader.opened]


def test_nothing_saved_means_the_data_directory(run: Run, reader: FakeReader) -> None:
    run("query")

    assert [(None, None)] == [opened[1:] for opened in reader.opened]


def test_the_key_goes_to_standard_output_of_nothing(
    run: Run, server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(Login(url=URL, api_key=KEY))
    monkeypatch.setattr(source, "_PATIENCE", 0.0)
    result = run("doctor")

    assert KEY not in result.output
    assert f"{URL} ({path})" in result.output
    assert f"set ({path})" in result.output
    assert KEY not in repr(read_login())


@pytest.mark.parametrize(
    ("words", "environment", "url_from", "key_from"),
    [
        (["--url", "http://127.0.0.1:9"], {"PRELA_API_KEY": "k"}, "--url", "PRELA_API_KEY"),
        (["--data-dir", "here"], {}, "--data-dir", None),
        ([], {"PRELA_DATA_DIR": "here"}, "PRELA_DATA_DIR", None),
    ],
)
def test_doctor_says_where_each_value_is_from(
    *,
    run: Run,
    words: list[str],
    environment: dict[str, str],
    url_from: str,
    key_from: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    save(Login(url=URL, api_key=KEY))
    lines = run("doctor", *words, **environment).output.splitlines()

    assert any("server's URL" in line and f"({url_from})" in line for line in lines)
    key = f"set ({key_from})" if key_from else "none is set"
    assert any("API key" in line and key in line for line in lines)


def test_a_file_open_to_others_is_not_used(run: Run, reader: FakeReader) -> None:
    path = save(Login(url=URL, api_key=KEY))
    path.chmod(0o644)

    result = run("query")
    assert 2 == result.exit_code
    assert f"chmod 600 {path}" in result.output
    assert KEY not in result.output
    assert 0 == run("query", "--data-dir", "here").exit_code


@pytest.mark.parametrize("text", ["", "{", "[]", '{"api_key": "x"}'])
def test_a_broken_file_says_what_to_do(run: Run, text: str) -> None:
    path = save(Login(url=URL))
    path.write_text(text)

    with pytest.raises(SettingsError, match="run it again"):
        read_login()
    assert 0 == run("logout").exit_code


def test_a_place_that_can_not_be_written_is_one_sentence(
    run: Run, server: object, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = run("login", URL, "--api-key", KEY, PRELA_CONFIG_DIR=str(tmp_path / "file" / "sub"))

    assert 2 == result.exit_code
    assert "can't be used (Not a directory)" in result.output
