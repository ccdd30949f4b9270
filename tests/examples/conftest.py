from __future__ import annotations

import sys
from pathlib import Path

# The examples are run from the root of the repository and are no part of the distribution.
ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
