from __future__ import annotations

import subprocess
import sys
import threading

from prela_core.io.process_lock import ProcessLock

_FORKING = """
import os, signal, threading
from prela_core.io.process_lock import ProcessLock
lock = ProcessLock()
with lock:
    child = os.fork()
    if not child:
        signal.alarm(20)
        with lock:
            os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_threads_are_kept_apart() -> None:
    lock = ProcessLock()
    entered = threading.Event()

    def enter() -> None:
        with lock:
            entered.set()

    thread = threading.Thread(target=enter)
    with lock:
        thread.start()
        assert not entered.wait(0.05)
    thread.join(10)
    assert entered.is_set()


def test_a_forked_child_finds_it_free() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORKING], capture_output=True, text=True, check=True, timeout=60
    )
    assert "7\n" == done.stdout
