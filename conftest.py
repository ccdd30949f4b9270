"""What pytest wants said at the root of a tree; `tests/conftest.py` has all else.

`--pipeline deployed` takes Kafka, ClickHouse, PostgreSQL and separate processes instead of the
embedded server.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]  # for the tests of our own plug-in
if find_spec("hypothesis") is not None:  # else it is an example that runs, without what tests need
    pytest_plugins += [
        "tests.postgres",
        "tests.redis_server",
        "tests.deployed",  # which uses the others
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run say what it is about."""
    parser.addoption(
        "--pipeline",
        choices=("embedded", "deployed"),
        default="embedded",
        help="what the acceptance tests are run against",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a deployment does not have."""
    if config.getoption("pipeline") == "deployed":
        embedded = pytest.mark.skip(reason="is about the embedded process")
        for item in items:
            if item.get_closest_marker("embedded"):
                item.add_marker(embedded)
