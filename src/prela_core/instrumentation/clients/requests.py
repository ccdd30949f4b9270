"""Making a client's requests spans: around its `request`, which all its methods go through.

Both clients, their module-level forms, their variants for other clouds, their raw and streaming
responses and their stream helpers end up there, with the body as it will be sent.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MethodType
from typing import Any

import attrs

from prela_core.emit import get_tracer
from prela_core.instrumentation.clients.answers import follow
from prela_core.instrumentation.clients.call import Call
from prela_core.instrumentation.clients.reading import Reading

__all__ = ["Api", "Patch", "watch"]

_log = logging.getLogger("prela")

_calling: ContextVar[Call | None] = ContextVar("prela_model_call", default=None)
"""The call whose request is being made: a client that is watched twice makes one span, not two."""

_WATCHED = "_prela_watched"
_REQUEST = "request"
_RETRY = "_sleep_for_retry"
"""What the clients call before they try again; where it is missing, retries are not noted."""


@attrs.frozen
class Api:
    """What is recorded of a client: the reading of a request by its path, and who provides it."""

    readings: Mapping[str, Reading]
    provider: Callable[[Any], str]

    def call(self, client: Any, options: Any) -> Call | None:
        """Start the span of a request; None where it is not to have one. Never raises."""
        if _calling.get() is not None:
            return None
        try:
            reading = self.readings.get(str(options.url).partition("?")[0])
            tracer = get_tracer()
            if reading is None or tracer is None:
                return None
            address = client.base_url
            about = {
                "gen_ai.provider.name": self.provider(client),
                "server.address": address.host,
                "server.port": address.port or (80 if address.scheme == "http" else 443),
            }
            body, extra = options.json_data, getattr(options, "extra_json", None)
            return Call(tracer, reading, about, {**body, **extra} if extra else body)
        except Exception:  # noqa: BLE001 - recording a call must not break it
            _log.debug("a model call was not recorded", exc_info=True)
            return None


class Patch:
    """Watches all clients of some classes, until `undo`.

    Where others have patched over ours meanwhile, ours stays in place and does nothing.
    """

    def __init__(self, api: Api, *classes: type) -> None:
        self._active = True
        self._undo: list[Callable[[], None]] = []
        for client in classes:
            # Clients for other clouds share the class that defines it, rather than this one.
            kind = next(one for one in client.__mro__ if _REQUEST in vars(one))
            self._put(kind, _REQUEST, functools.partial(_observed, api))
            if hasattr(kind, _RETRY):
                self._put(kind, _RETRY, _noting_retries)

    def _put(self, kind: type, name: str, around: Callable[[Any, Callable[[], bool]], Any]) -> None:
        before = getattr(kind, name)
        was_own = name in vars(kind)
        ours = around(before, lambda: self._active)
        setattr(kind, name, ours)

        def undo() -> None:
            if vars(kind).get(name) is not ours:
                return
            if was_own:
                setattr(kind, name, before)
            else:
                delattr(kind, name)

        self._undo.append(undo)

    def undo(self) -> None:
        """Watch no more. Undoing again does nothing."""
        self._active = False
        while self._undo:
            self._undo.pop()()


def watch(client: Any, api: Api) -> None:
    """Watch one client, and the copies that it makes of itself with other options."""
    if getattr(client, _WATCHED, False):
        return
    kind = type(client)
    setattr(client, _WATCHED, True)
    setattr(client, _REQUEST, MethodType(_observed(api, getattr(kind, _REQUEST)), client))
    if hasattr(kind, _RETRY):
        setattr(client, _RETRY, MethodType(_noting_retries(getattr(kind, _RETRY)), client))
    for name in ("copy", "with_options"):
        setattr(client, name, _watching(getattr(client, name), api))


def _watching(copy: Callable[..., Any], api: Api) -> Callable[..., Any]:
    @functools.wraps(copy)
    def watching(*args: Any, **options: Any) -> Any:
        made = copy(*args, **options)
        watch(made, api)
        return made

    return watching


def _always() -> bool:
    return True


def _observed(
    api: Api, request: Callable[..., Any], is_active: Callable[[], bool] = _always
) -> Callable[..., Any]:
    """Give `request`, the method of a client's class, with a span around what it does."""

    def call_of(client: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Call | None:
        # request(cast_to, options, *, stream, stream_cls)
        asked = options["options"] if "options" in options else args[1] if len(args) > 1 else None
        return api.call(client, asked) if is_active() else None

    if inspect.iscoroutinefunction(request):

        @functools.wraps(request)
        async def aobserved(client: Any, *args: Any, **options: Any) -> Any:
            call = call_of(client, args, options)
            if call is None:
                return await request(client, *args, **options)
            with _requesting(call):
                answer = await request(client, *args, **options)
            follow(answer, call)
            return answer

        return aobserved

    @functools.wraps(request)
    def observed(client: Any, *args: Any, **options: Any) -> Any:
        call = call_of(client, args, options)
        if call is None:
            return request(client, *args, **options)
        with _requesting(call):
            answer = request(client, *args, **options)
        follow(answer, call)
        return answer

    return observed


@contextmanager
def _requesting(call: Call) -> Iterator[None]:
    token = _calling.set(call)
    try:
        yield
    except BaseException as error:
        call.fail(error)
        raise
    finally:
        _calling.reset(token)
        call.requested()


def _noting_retries(
    sleep: Callable[..., Any], is_active: Callable[[], bool] = _always
) -> Callable[..., Any]:
    @functools.wraps(sleep)
    def noting(client: Any, *args: Any, **options: Any) -> Any:
        call = _calling.get()
        if call is not None and is_active():
            call.retried(getattr(options.get("response"), "status_code", None))
        return sleep(client, *args, **options)

    return noting
