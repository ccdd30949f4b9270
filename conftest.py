"""How thoroughly properties are tried: `PRELA_TESTS=thorough` for hundreds of examples each."""

from __future__ import annotations

import os

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
]
