"""`python -m examples.openai_standin`: serve until Ctrl-C."""

from __future__ import annotations

import argparse
import socket

import uvicorn

from examples.openai_standin.api import OpenAIApi


def main() -> None:
    """Serve the stand-in on this machine alone, and say how clients find it."""
    parser = argparse.ArgumentParser(prog="openai_standin", description="Stand in for OpenAI.")
    parser.add_argument("--port", type=int, default=8900, help="0: any free one")
    port = parser.parse_args().port
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        parser.error(f"port {port} can't be listened on ({error}); choose another --port")
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        print(f"export OPENAI_BASE_URL={url} OPENAI_API_KEY=sk-any", flush=True)
        uvicorn.Server(uvicorn.Config(OpenAIApi(), log_level="warning")).run([listener])


if __name__ == "__main__":
    main()
