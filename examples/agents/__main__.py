"""`prela agents` with stand-ins in the places of the platforms: `python -m examples.agents`.

The stand-ins tell of a fortnight that ends today, and take no login: what is open to all is read,
and rules judge. What the agents remember is in `agents-example`, below Prela's data directory.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from examples.agents.settings import HERE, config
from examples.agents.standins.fortnight import DAYS, recorded
from examples.agents.standins.site import serving
from prela_agents.model import RunState
from prela_agents.run.running import EXIT_CODES
from prela_agents.run.settings import Secrets
from prela_agents.run.workshop import AGENTS
from prela_cli.main import prela
from prela_core.io.data_directory import default_data_directory

_PORT = 47180
"""The same whenever it is free: pages that had another address would be others to the agents."""


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Run a command while the stand-ins are there; without one, each agent, and list drafts."""
    first = _now().date() - timedelta(days=DAYS)
    world = recorded(HERE / "fortnight", first, _now)
    with serving(world, _PORT) as site, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "prela-agents.toml")
        file.write_text(config(site.url), "utf-8")
        for variable in Secrets.variables().values():
            os.environ.pop(variable, None)  # no login of yours goes to a stand-in
        os.environ["PRELA_AGENTS_CONFIG"] = str(file)
        os.environ.setdefault("PRELA_AGENTS_DIR", str(default_data_directory() / "agents-example"))
        words = sys.argv[1:]
        if words:
            sys.exit(_command(*words))
        # One of the stand-ins breaks, as the world does: a run may be partial.
        codes = [_command("run", agent) for agent in AGENTS]
        sys.exit(_command("drafts", "list") or int(EXIT_CODES[RunState.FAILED] in codes))


def _command(*words: str) -> int:
    try:
        prela(["agents", *words], prog_name="prela")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # a run says itself what came of it
        sys.exit(130)
