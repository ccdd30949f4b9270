"""Running a process of Prela until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import signal
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from prela_core.compiled import OFF, why_not
from prela_core.errors import PrelaError, SettingsError
from prela_core.io.data_directory import DataDirectory
from prela_server.collecting import seldom_collected
from prela_server.compose import Role, Running, require, running
from prela_server.deadline import Deadline
from prela_server.edge.protocol import BoundedHttp
from prela_server.open_files import connections_within, raise_open_files
from prela_server.settings import Settings

__all__ = ["run"]

_log = structlog.get_logger()

_PATIENCE = 1.0
"""Seconds to wait for a short command that has the data directory, or that looks who has."""

_BACKLOG = 4096
"""Connections that may wait to be taken."""
_LET_IN_SECONDS = 3.0


def run(role: Role, settings: Settings, *, started: Callable[[str, Running], None]) -> None:
    """Serve until SIGINT or SIGTERM; `started` is called with the URL once requests are taken.

    Raises `DataDirectoryBusyError` when another process has the data directory, and
    `SettingsError` when the address can't be bound or `role` lacks a setting.
    """
    settings.check()
    require(role, settings)
    if (fault := why_not()) and OFF not in fault:
        _log.info("spans are read by Python alone, which takes longer", reason=fault)
    files = raise_open_files()
    with contextlib.ExitStack() as stack:
        directory = None
        if role is Role.ALL and not settings.clickhouse.is_set:
            directory = DataDirectory(settings.data_dir, command=role.command)
            stack.enter_context(directory.acquire(patience=_PATIENCE))
        listener = stack.enter_context(_bind(settings))
        runner = stack.enter_context(asyncio.Runner(loop_factory=_loop_factory()))

        def announce(url: str, parts: Running) -> None:
            if directory is not None:
                directory.announce(url)
            started(url, parts)

        http = _protocol(settings, connections_within(files))
        runner.run(_serve(role, settings, listener, http, announce))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give uvloop where it is installed, which is everywhere but on Windows."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop


def _protocol(settings: Settings, connections: int) -> type[BoundedHttp]:
    class Http(BoundedHttp):  # uvicorn makes one for each connection, and knows no more of it
        head_seconds = settings.body_seconds
        most_connections = connections

    return Http


class _Server(uvicorn.Server):
    """A server that says when it takes requests, and leaves signals to us.

    uvicorn lets go of signals when it has stopped, and raises those it caught once more: either
    would end the process before what was accepted is stored.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who has connected already, and end; they would get no answer otherwise."""
        with contextlib.suppress(TimeoutError), selectors.DefaultSelector() as selector:
            for listener in sockets or ():
                listener.listen(0)  # let no more queue up
                selector.register(listener, selectors.EVENT_READ)
            async with asyncio.timeout(_LET_IN_SECONDS):
                while selector.select(0):  # noqa: ASYNC110 - the system tells nobody else
                    await asyncio.sleep(0.001)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stop:
    """Hears SIGINT and SIGTERM for as long as a block lasts; `asked` is set by the first.

    A second Ctrl-C lets `server` hang up on requests; what was accepted is stored all the same.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.server: _Server | None = None

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self._hear, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _hear(self, number: signal.Signals) -> None:
        if number is signal.SIGINT and self.asked.is_set() and self.server is not None:
            self.server.force_exit = True
        self.asked.set()


async def _serve(
    role: Role,
    settings: Settings,
    listener: socket.socket,
    http: type[BoundedHttp],
    started: Callable[[str, Running], None],
) -> None:
    deadline = Deadline(settings.shutdown_seconds)
    stop = _Stop()
    with stop.heard():
        async with running(role, settings, deadline) as parts:
            if parts.grpc is not None and settings.otlp_grpc_port is not None:
                await parts.grpc.start(settings.host, settings.otlp_grpc_port)
            server = stop.server = _Server(
                uvicorn.Config(
                    parts.app,
                    http=http,
                    lifespan="off",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    proxy_headers=False,
                    ws="none",
                    timeout_graceful_shutdown=deadline.for_gateways,
                    backlog=_BACKLOG,
                ),
                lambda: started(_url(settings.host, listener), parts),
            )
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            asked = asyncio.create_task(stop.asked.wait())
            failed = asyncio.create_task(parts.failed.wait())
            with seldom_collected():
                await asyncio.wait({serving, asked, failed}, return_when=asyncio.FIRST_COMPLETED)
            deadline.begin()
            server.should_exit = True
            if parts.grpc is not None:
                await parts.grpc.stop(deadline.for_gateways)
            await serving
            asked.cancel()
            if failed.done():
                raise PrelaError("the worker stopped unexpectedly; the log says why")
            failed.cancel()


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol must be named: without it asyncio leaves Nagle's algorithm on, and an answer
    # of two packets waits 40 ms for the first one's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host.strip("[]"), settings.port))
        # Of several processes that bind a port before any listens, each but one fails here.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"can't listen on {settings.host}:{settings.port} ({error.strerror}); "
            "choose another --host or --port"
        ) from error
    return listener


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound
    name = anywhere.get(host, host).strip("[]")
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
