"""`python -m examples.sdk`: two customers ask; one of the tools fails on the way."""

from __future__ import annotations

import prela_core
from examples.sdk.support_agent import answer


def main() -> None:
    """Answer both, and send what was done."""
    prela_core.init("support", environment="demo", processors=[prela_core.redact("emails")])
    with prela_core.context(session="session-7", user="ada"):
        print(answer("Where is order 1042? Write to ada@example.com."))
    with prela_core.context(session="session-8", user="grace"):
        print(answer("Where is order 9999?"))


if __name__ == "__main__":
    main()
