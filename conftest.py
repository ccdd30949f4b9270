"""How thoroughly properties are tried, and on which pipeline the acceptance tests run.

`PRELA_TESTS=thorough` tries hundreds of examples each; `--pipeline deployed` takes Kafka,
ClickHouse, PostgreSQL and separate processes instead of the embedded server.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Examples that go through the embedded engine take a second; the default is for every commit.
_SHARED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("quick", max_examples=100, **_SHARED)
settings.register_profile("thorough", max_examples=2000, **_SHARED)
settings.load_profile(os.environ.get("PRELA_TESTS", "quick"))

pytest_plugins = [
    "pytester",  # for the tests of our own plug-in
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
