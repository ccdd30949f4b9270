"""`python -m examples.openai_standin`: serve until Ctrl-C."""

from __future__ import annotations

import argparse

import uvicorn

from examples.openai_standin.api import OpenAIApi


def main() -> None:
    """Serve the stand-in on this machine alone."""
    parser = argparse.ArgumentParser(prog="openai_standin", description="Stand in for OpenAI.")
    parser.add_argument("--port", type=int, default=8900)
    port = parser.parse_args().port
    print(f"export OPENAI_BASE_URL=http://127.0.0.1:{port}/v1 OPENAI_API_KEY=sk-any")
    uvicorn.run(OpenAIApi(), port=port, log_level="warning")


if __name__ == "__main__":
    main()
