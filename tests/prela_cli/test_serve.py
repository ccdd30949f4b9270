"""`prela serve`, run as users run it."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.programs import Server, prela

from prela_core.io.data_directory import DataDirectory, holder_of
from prela_core.io.http_client import HttpClient


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("serve") / "data") as one:
        yield one


def post(url: str, span_id: str) -> None:
    body = json.dumps({"trace_id": "t", "span_id": span_id, "name": "find me"}).encode()
    with HttpClient(url) as client:
        client.send("/v1/spans", body)


def test_it_says_where_it_is_and_what_to_do_next(server: Server) -> None:
    here = f" --data-dir {server.data_dir}"
    assert [
        f"Opening {server.data_dir} ...",
        f"Prela is ready at {server.url}  (data in {server.data_dir})",
        f"  send   POST {server.url}/v1/traces, /v1/spans or /v1/batch",
        f"  ask    prela query{here}, {server.url}/api/v1/traces",
        f"  read   {server.url}/docs",
    ] == server.lines
    host, _, port = server.url.rpartition(":")
    assert "http://127.0.0.1" == host
    assert int(port) > 0


def test_who_holds_the_directory_is_written_in_it(server: Server) -> None:
    holder = holder_of(server.data_dir)

    assert holder is not None
    assert ("prela serve", server.process.pid, server.url) == (
        holder.command,
        holder.pid,
        holder.url,
    )


def test_a_second_server_on_the_directory_is_told_who_has_it(server: Server) -> None:
    done = prela("serve", "--port", 0, "--data-dir", server.data_dir)

    assert (1, "") == (done.code, done.stdout)
    assert done.stderr.splitlines()[-1] == (
        f"prela: {server.data_dir} is open in `prela serve` (process {server.process.pid}), which "
        f"answers at {server.url}. Ask that server instead (--url {server.url}), stop it, or "
        "choose another --data-dir."
    )


def test_other_commands_find_the_server_of_a_directory_and_ask_it(server: Server) -> None:
    post(server.url, "found")

    for command in (["query"], ["show", "--latest"], ["search", "find"]):
        done = prela(*command, "--data-dir", server.data_dir)
        assert (0, "") == (done.code, done.stderr)
        assert "find me" in done.stdout


def test_the_trace_that_a_server_does_not_have_is_named(server: Server) -> None:
    post(server.url, "compared")

    for pair in (["t", "nope"], ["nope", "t"]):
        done = prela("diff", *pair, "--url", server.url)
        assert (3, "") == (done.code, done.stdout)
        assert "there is no trace nope; `prela query` lists what there is" in done.stderr


def test_what_is_no_http_is_answered_and_writes_no_line(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as client:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
        server.end()
        assert server.process.stderr is not None
        assert "Invalid HTTP request" not in server.process.stderr.read()


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = prela("serve", "--port", port, "--data-dir", tmp_path)

    assert 2 == done.code
    assert done.stderr.splitlines()[-1] == (
        f"prela: can't listen on 127.0.0.1:{port} (Address already in use); "
        "choose another --host or --port"
    )
    assert holder_of(tmp_path) is None


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PRELA_PORT": "http"}, "PRELA_PORT=http: 'http' is not a whole number"),
        (
            {"PRELA_RETENTION_DAYS": "-1"},
            "PRELA_RETENTION_DAYS=-1: retention_days must be between 0 and 36500, not -1",
        ),
        (
            {"PRELA_AUTH": "off", "PRELA_HOST": "0.0.0.0"},  # noqa: S104 - it is refused
            (
                "PRELA_AUTH=off on 0.0.0.0 would let everybody on the network read and write; "
                "bind 127.0.0.1, use PRELA_AUTH=on, or say PRELA_AUTH=insecure"
            ),
        ),
        (
            {"PRELA_HOST": "nowhere.invalid"},
            (
                "can't listen on nowhere.invalid:8000 (Name or service not known); "
                "choose another --host or --port"
            ),
        ),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, dict) else "",
)
def test_a_setting_that_can_not_be_used_is_one_sentence(
    environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    done = prela("serve", "--data-dir", tmp_path / "data", **environment)

    assert (2, "") == (done.code, done.stdout)
    assert f"prela: {sentence}" == done.stderr.splitlines()[-1]
    assert all(line.startswith("Opening ") for line in done.stderr.splitlines()[:-1])


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_a_wrong_command_line(port: str, tmp_path: Path) -> None:
    assert 2 == prela("serve", "--port", port, "--data-dir", tmp_path).code


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_data_directory_that_is_a_file_is_a_wrong_command_line(by: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    if by == "option":
        done = prela("serve", "--port", 0, "--data-dir", file)
    else:
        done = prela("serve", "--port", 0, PRELA_DATA_DIR=str(file))

    assert 2 == done.code
    assert "is a file" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_signal_ends_it_well_and_what_it_took_is_there(
    number: signal.Signals, tmp_path: Path
) -> None:
    with Server(tmp_path) as server:
        post(server.url, "kept")
        assert 0 == server.end(number)
        assert server.process.stderr is not None
        assert "" == server.process.stderr.read()

    assert holder_of(tmp_path) is None
    shown = prela("show", "--latest", "--json", "--data-dir", tmp_path)
    assert ["kept"] == [span["span_id"] for span in shown.json["spans"]]


def test_on_any_other_address_keys_are_asked_for_and_said_to_be_missing(tmp_path: Path) -> None:
    with Server(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104 - with keys
        assert server.url.startswith("http://127.0.0.1:")
        done = prela("query", "--url", server.url)
        assert server.process.stderr is not None
        hint = server.process.stderr.readline()

    assert 1 == done.code
    assert "--api-key" in done.stderr
    assert (
        f"No API key exists yet: prela keys create --project default --data-dir {tmp_path}" in hint
    )


def test_another_loopback_address_answers_under_its_own_name(tmp_path: Path) -> None:
    with Server(tmp_path, "--host", "127.0.0.2") as server:
        assert server.url.startswith("http://127.0.0.2:")
        assert 0 == prela("query", "--url", server.url).code


def test_it_waits_a_moment_for_a_short_command_to_end(tmp_path: Path) -> None:
    held = DataDirectory(tmp_path, command="prela").acquire()
    server = Server(tmp_path)
    assert server.process.stderr is not None
    assert "Opening" in server.process.stderr.readline()
    held.release()

    with server:
        assert server.url
