from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from prela_core.store import Store
from prela_server.compose.application import application, ingest_gateway
from prela_server.docs.document import build_document
from prela_server.docs.samples import Samples
from prela_server.edge.frame import Frame
from prela_server.edge.guard import open_guard
from prela_server.settings import Settings

Get = Callable[..., httpx.Response]


class NoStore:
    """Has nothing, whatever is asked for."""

    @property
    def deletions(self) -> NoStore:
        return self

    def export(self, *_: object) -> Iterator[bytes]:
        return iter(())

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


class NoBus:
    async def ready(self) -> None: ...


@pytest.fixture(params=[False, True], ids=["open", "with-keys"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return build_document(Samples(), asks_for_keys=request.param)


@pytest.fixture
def docs_app(tmp_path: Path) -> Starlette:
    """The application as it is composed, but for what it stands on."""
    settings = Settings(data_dir=tmp_path)
    gateway = ingest_gateway(settings, cast("Any", NoBus()))
    frame = application(settings, open_guard(), {}, gateway=gateway, store=cast("Store", NoStore()))
    assert isinstance(frame, Frame)
    return cast("Starlette", frame._app)


@pytest.fixture
def docs_get(docs_app: Starlette) -> Get:
    def get(path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=docs_app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.get(path, **options)

        return asyncio.run(ask())

    return get
