"""The stand-in in a thread of the program that uses it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from examples.openai_standin.api import OpenAIApi

__all__ = ["model_server"]


@contextmanager
def model_server() -> Iterator[None]:
    """Let clients of OpenAI find the stand-in, unless the environment has a key for the real one.

    They read `OPENAI_BASE_URL` and `OPENAI_API_KEY` when they are made.
    """
    if os.environ.get("OPENAI_API_KEY"):
        yield
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(OpenAIApi(), log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, args=([listener],), daemon=True)
        serving.start()
        port = listener.getsockname()[1]
        os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "sk-any"}
        try:
            # The socket listens already: who asks before the server accepts, waits for it.
            yield
        finally:
            del os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
            server.should_exit = True
            serving.join()
