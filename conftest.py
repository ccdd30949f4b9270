"""What pytest wants said at the root of a tree; `tests/conftest.py` has all else."""

from __future__ import annotations

pytest_plugins = ["pytester"]  # for the tests of our own plug-in
