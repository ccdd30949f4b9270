"""Sends one approved post, and is killed before the line of the outbox that it is told.

`python killed_program.py STATE LEDGER LINE`: the ledger is a file, which stands for the platform.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import anyio
import attrs
from tests.prela_agents.making import DRAFT
from tests.prela_agents.outbox.crashing import crashing_before_line

from prela_agents.errors import AgentError
from prela_agents.http import SystemClock
from prela_agents.model import Platform, Post, Receipt
from prela_agents.outbox import POLICIES, Outbox
from prela_agents.outbox import sending as sending_module
from prela_agents.state import Database, Drafts, Memory, Outgoing


@attrs.frozen
class Ledger:
    path: Path
    platform: Platform = Platform.DISCORD

    async def publish(self, post: Post, key: str) -> Receipt:
        with self.path.open("a") as file:
            file.write(f"{key} {post.text}\n")
            file.flush()
            os.fsync(file.fileno())
        return Receipt("1", "https://place.test/1")

    async def find(self, post: Post, key: str) -> Receipt | None:
        made = self.path.read_text() if self.path.exists() else ""
        return Receipt("1", "https://place.test/1") if post.text in made else None


async def send(state: Path, ledger: Path) -> None:
    clock = SystemClock()
    with Database(state) as db:
        Memory(db, "scout", clock).queue(DRAFT)
        with suppress(AgentError):  # approved in an earlier life
            Drafts(db, clock, POLICIES).approve(DRAFT.id, DRAFT.content_hash, "grace")
        outbox = Outbox(Outgoing(db, clock), {Platform.DISCORD: Ledger(ledger)}, clock)
        await outbox.send()
        await outbox.send()  # what was found not to be there


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    sending_module._SETTLES = timedelta(0)  # the ledger shows at once what is in it
    state, ledger, line = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with crashing_before_line(line if line >= 0 else None, end=killed) as lines:
        anyio.run(send, state, ledger)
    sys.stdout.write(f"{lines.count}\n")


if __name__ == "__main__":
    main()
