from __future__ import annotations

import subprocess
import sys

import pytest

from prela_server.open_files import connections_within

PROGRAM = """
import resource
from prela_server.open_files import raise_open_files

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(raise_open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
@pytest.mark.parametrize(("soft", "hard"), [(64, 512), (512, 512)])
def test_a_process_takes_what_it_may(soft: int, hard: int) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(soft=soft, hard=hard)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "512 512 512\n" == said.stdout


@pytest.mark.parametrize(
    ("files", "connections"), [(65_536, 63_488), (20_000, 17_952), (1024, 512), (256, 128)]
)
def test_connections_leave_enough_for_everything_else(files: int, connections: int) -> None:
    assert connections == connections_within(files)
