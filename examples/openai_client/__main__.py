"""`python -m examples.openai_client`: two lines make Prela see all of it."""

from __future__ import annotations

import prela_core
from examples.openai_client.agent import answer
from examples.openai_standin.serving import model_server


def main() -> None:
    """Record one answer, its calls in one trace."""
    prela_core.init("support-openai")
    print(prela_core.instrument("openai"))
    with (
        model_server(),
        prela_core.context(session="session-7", user="ada"),
        prela_core.span("support", "agent"),
    ):
        print(answer("1042"))


if __name__ == "__main__":
    main()
