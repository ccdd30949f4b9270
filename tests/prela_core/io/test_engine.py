"""What opening the engine loads, and that all of it works afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_READS = """
import json, sys
from pathlib import Path
from prela_core.io.clickhouse_opening import open_embedded

store = open_embedded(Path(sys.argv[1]) / "store", readers=1)
assert store.trace("default", "unknown") is None
heavy = [name for name in ("numpy", "pandas", "pyarrow") if name in sys.modules]
store.close()

import chdb
import chdb.state.sqlitelike as driver
import pyarrow.parquet

with chdb.connect() as connection:
    answer = connection.send_query("SELECT 7 AS seven", "Arrow").record_batch().read_all()
same = isinstance(answer, pyarrow.Table) and driver.pa.Table is pyarrow.Table
print(json.dumps([heavy, answer.to_pydict(), same]))
"""


def test_a_question_loads_neither_arrow_nor_numpy_and_who_wants_them_has_them(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _READS, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert [[], {"seven": [7]}, True] == json.loads(done.stdout)
