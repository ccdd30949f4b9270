from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from tests.conftest import clean_environment

from prela_core.errors import PrelaError, SettingsError
from prela_server.compose import Role
from prela_server.edge.protocol import BoundedHttp
from prela_server.run import _bind, _Server, run
from prela_server.settings import Settings
from prela_server.worker.worker import Worker


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_answers_of_several_packets_do_not_wait_for_each_other(host: str) -> None:
    async def nodelay() -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            seen.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _bind(Settings(host=host, port=0)) as listener:
            async with await asyncio.start_server(connected, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
                try:
                    return await seen
                finally:
                    writer.close()
                    await writer.wait_closed()

    assert asyncio.run(nodelay()) != 0


def test_a_port_belongs_to_the_first_that_binds_it() -> None:
    with _bind(Settings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsError, match=f"can't listen on 127.0.0.1:{port}"):
            _bind(Settings(port=port))


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_who_has_connected_before_the_stop_is_answered(loop: Any) -> None:
    async def page(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"here"})

    async def answers() -> list[bytes]:
        config = uvicorn.Config(page, http=BoundedHttp, lifespan="off", log_config=None)
        config.load()
        with _bind(Settings(port=0)) as listener, contextlib.ExitStack() as stack:
            server = _Server(config, lambda: None)
            server.lifespan = config.lifespan_class(config)
            await server.startup([listener])
            # In one turn of the loop, which therefore has not seen any of them.
            address = listener.getsockname()
            held = [stack.enter_context(socket.create_connection(address)) for _ in range(50)]
            for each in held:
                each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await server.shutdown([listener])
            return [each.recv(65536) for each in held]

    with asyncio.Runner(loop_factory=loop) as runner:
        found = runner.run(answers())

    assert {b"HTTP/1.1 200 OK"} == {answer[:15] for answer in found}


def test_a_worker_that_ends_by_itself_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(_: Worker) -> None:
        raise RuntimeError("broken for good")

    monkeypatch.setattr(Worker, "run", fail)

    with pytest.raises(PrelaError, match="the worker stopped unexpectedly"):
        run(Role.ALL, Settings(port=0, data_dir=tmp_path), started=lambda *_: None)
    said = capsys.readouterr()
    assert "broken for good" in said.out + said.err


_SIGNALLED_WHILE_STOPPING = """
import asyncio, os, signal, sys
from pathlib import Path
from prela_server.compose import Role
from prela_server.compose.work import DirectWork
from prela_server.run import run
from prela_server.settings import Settings

async def stop(self):
    os.kill(os.getpid(), signal.{name})
    await asyncio.sleep(0)
    print("stopped in order")

DirectWork.stop = stop
run(
    Role.ALL,
    Settings(port=0, data_dir=Path(sys.argv[1])),
    started=lambda *_: os.kill(os.getpid(), signal.SIGTERM),
)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_another_signal_does_not_end_what_is_being_stopped(name: str, tmp_path: Path) -> None:
    program = _SIGNALLED_WHILE_STOPPING.format(name=name)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "stopped in order\n") == (done.returncode, done.stdout)
