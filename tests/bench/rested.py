"""What spans take on disk once the engine's merges have come to rest.

    python tests/bench/rested.py DIR

Opens a store that nobody holds, in a process of its own: what a merge has replaced lies about for
some minutes, so that the size of the folder would say more of the last minutes than of the spans.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import clickhouse_connect

from prela_core.io.clickhouse_opening import open_embedded

__all__ = ["disk_a_span"]

_PATIENCE_SECONDS = 30
_SIZE = (
    "SELECT sumIf(bytes_on_disk, table IN ('spans', 'trace_announcements')), "
    "sumIf(rows, table = 'spans') FROM system.parts "
    "WHERE active AND database = currentDatabase()"
)


def disk_a_span(store: Path) -> float:
    """Give bytes on disk for each row of `spans`, indexes and all."""
    done = subprocess.run(
        [sys.executable, __file__, str(store)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main() -> None:
    store = Path(sys.argv[1])
    with closing(open_embedded(store, retention_days=None)):
        client = clickhouse_connect.get_client(dsn=f"chdb://{store}")
        until = time.monotonic() + _PATIENCE_SECONDS
        quiet = 0
        while quiet < 2 and time.monotonic() < until:
            time.sleep(0.5)
            ((merging,),) = client.query("SELECT count() FROM system.merges").result_rows
            quiet = 0 if merging else quiet + 1
        ((size, rows),) = client.query(_SIZE).result_rows
        client.close()
    print(size / rows)


if __name__ == "__main__":
    main()
