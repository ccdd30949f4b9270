"""Workers as processes of their own, and what they show of themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import Server
from tests.deployed import RoleProcess
from tests.worker_program import FAULTS

__all__ = ["figure_of", "worker_process"]


def worker_process(directory: Path, settings: dict[str, str], **faults: Any) -> RoleProcess:
    """Make a worker, not yet started; `faults` are those of `tests.worker_program`."""
    if not faults:
        return RoleProcess(directory, settings, ("worker",))
    told = settings | {FAULTS: json.dumps(faults)}
    return RoleProcess(directory, told, ("worker",), program="tests.worker_program")


def figure_of(worker: Server, name: str, **labels: str) -> float:
    """Give the sum of what a worker shows now under `prela_worker_NAME` with these labels."""
    shown = worker.client.get(f"{worker.url}/metrics").raise_for_status().text
    return sum(
        sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
        if sample.name == f"prela_worker_{name}" and labels.items() <= sample.labels.items()
    )
