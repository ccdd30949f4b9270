from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
from prela_cli.ending import ended_promptly

def work():
    threading.Event().wait({seconds})
    print("done", flush=True)

with ended_promptly():
    threading.Thread(target=work).start()
    print("begun", end=" ")
    sys.exit({code})
"""


def run(*, seconds: float, code: object) -> tuple[int, str]:
    return run_program(PROGRAM.format(seconds=seconds, code=code))


def run_program(program: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=20, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(("code", "expected"), [("3", 3), ("", 0), ("'a sentence'", 1)])
def test_a_thread_that_never_ends_is_left_behind(code: str, expected: int) -> None:
    assert (expected, "begun ") == run(seconds=60, code=code)


def test_a_thread_that_is_about_to_end_is_waited_for() -> None:
    assert (3, "begun done\n") == run(seconds=0.1, code=3)


def test_threads_that_were_there_before_are_none_of_its_concern() -> None:
    start = "    threading.Thread(target=work).start()\n"
    program = PROGRAM.format(seconds=2, code=3).replace(start, "")
    program = program.replace("with ended", f"{start.strip()}\nwith ended")
    assert (3, "begun done\n") == run_program(program)
