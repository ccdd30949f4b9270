"""Every process of a deployment is told to stop while it is busy."""

from __future__ import annotations

import pytest
from tests.conftest import NewServer
from tests.deployed import Deployment
from tests.faults.stopping import assert_stops_well

pytestmark = pytest.mark.slow


def test_a_deployment_stopped_under_load_answers_what_it_began_and_loses_nothing(
    new_deployment: NewServer,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: pytest.RecordProperty,
) -> None:
    one: Deployment = new_deployment(tmp_path_factory.mktemp("stopped") / "data")
    try:
        assert_stops_well(one.start(), record_property)
    finally:
        one.end()
