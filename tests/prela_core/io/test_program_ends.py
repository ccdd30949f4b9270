"""Programs of their own, which fork, hang, are killed and end: no span is lost or sent twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import clean_environment
from tests.emitting import StandIn, hanging_port, stand_in

BEGIN = """
import os, sys, threading, time
import prela_core

def record(name, count=20):
    for number in range(count):
        with prela_core.span("step", None, {"canary": name}) as span:
            pass
        os.write(1, f"{name} {span.span_id}\\n".encode())  # one piece, beside other processes
"""


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as server:
        yield server


def start(tmp_path: Path, url: str, text: str, *, begin: str = BEGIN) -> subprocess.Popen[str]:
    program = tmp_path / "program.py"
    program.write_text(begin + textwrap.dedent(text))
    return subprocess.Popen(
        [sys.executable, "-X", "dev", str(program)],
        env=clean_environment() | {"PRELA_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(tmp_path: Path, url: str, text: str) -> list[str]:
    """Run a program to its good and silent end; give the ids of the spans that it made."""
    process = start(tmp_path, url, text)
    out, err = process.communicate(timeout=60)
    assert (0, "") == (process.returncode, err)
    return [line.split()[-1] for line in out.splitlines()]


def assert_each_once(made: list[str], server: StandIn) -> None:
    assert made
    assert Counter(made) == Counter(server.ids)


def test_a_program_that_ends_sends_all_of_it(tmp_path: Path, server: StandIn) -> None:
    made = run(tmp_path, server.url, "prela_core.init()\nrecord('a', 2000)")
    assert_each_once(made, server)


def test_a_program_that_fails_sends_all_of_it(tmp_path: Path, server: StandIn) -> None:
    process = start(tmp_path, server.url, "prela_core.init()\nrecord('a')\nraise SystemExit(3)")
    out, err = process.communicate(timeout=60)
    assert (3, "") == (process.returncode, err)
    assert_each_once([line.split()[1] for line in out.splitlines()], server)


@pytest.mark.parametrize("timeout", [0.0, 1.0])
def test_a_server_that_hangs_delays_the_end_by_the_deadline(tmp_path: Path, timeout: float) -> None:
    with hanging_port() as port:
        process = start(
            tmp_path,
            f"http://127.0.0.1:{port}",
            f"""
            prela_core.init(flush_timeout={timeout})
            record("a")
            time.sleep(0.7)  # an attempt is in flight by now
            print("end", time.monotonic())
            """,
        )
        out, err = process.communicate(timeout=60)
        ended = time.monotonic()
    delay = ended - float(out.split()[-1])
    assert 0 == process.returncode
    assert "20 spans were lost in all" in err
    assert "Traceback" not in err
    assert timeout <= delay < timeout + 2  # an attempt takes 5 seconds


def test_an_interrupt_at_the_end_ends_the_waiting_and_loses_nothing_in_silence(
    tmp_path: Path,
) -> None:
    with hanging_port() as port:
        process = start(
            tmp_path,
            f"http://127.0.0.1:{port}",
            """
            import atexit
            atexit.register(print, "ended")  # runs after what `init` registers
            prela_core.init(flush_timeout=50)
            atexit.register(lambda: print("ending", flush=True))  # and this before
            record("a")
            """,
        )
        assert process.stdout is not None
        while process.stdout.readline() != "ending\n":
            pass
        time.sleep(0.3)  # into the waiting, which nothing tells of
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (0, "ended\n") == (process.returncode, out)
    assert "20 spans were lost in all: 20 as they were not delivered by the end" in err
    assert "Traceback" not in err


def test_a_forked_child_sends_its_own_spans_only(tmp_path: Path, server: StandIn) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        prela_core.init()
        record("before")
        if os.fork() == 0:
            record("child")
            sys.exit()
        record("parent")
        os.wait()
        """,
    )
    assert 60 == len(made)
    assert_each_once(made, server)


def test_processes_share_no_connection(tmp_path: Path, server: StandIn) -> None:
    """As with servers that load the program first and fork their workers then."""
    made = run(
        tmp_path,
        server.url,
        """
        prela_core.init()
        record("master")
        assert prela_core.flush(20)
        children = []
        for number in range(4):
            child = os.fork()
            if child == 0:
                for _ in range(3):
                    record(f"worker {number}")
                    assert prela_core.flush(20)
                sys.exit()
            children.append(child)
        record("master")
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        """,
    )
    assert 280 == len(made)
    assert_each_once(made, server)
    assert len(server.peers) >= 5


def test_a_fork_from_a_thread_while_spans_come(tmp_path: Path, server: StandIn) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        prela_core.init()

        def busy():
            while not done.is_set():
                with prela_core.span("busy"):
                    pass

        done = threading.Event()
        threads = [threading.Thread(target=busy, daemon=True) for _ in range(2)]
        for thread in threads: thread.start()
        for number in range(10):
            if os.fork() == 0:
                record("child", 5)
                assert prela_core.shutdown(20)
                os._exit(0)
        for number in range(10):
            assert os.wait()[1] == 0
        done.set()
        for thread in threads: thread.join()
        record("parent", 5)
        """,
    )
    assert 55 == len(made)
    assert set(made) <= set(server.ids)
    assert {1} == set(Counter(server.ids).values())


@pytest.mark.parametrize(
    "method",
    [
        "fork",
        pytest.param("spawn", marks=pytest.mark.slow),
        pytest.param("forkserver", marks=pytest.mark.slow),
    ],
)
def test_children_of_multiprocessing_send_theirs(
    tmp_path: Path, server: StandIn, method: str
) -> None:
    made = run(
        tmp_path,
        server.url,
        f"""
        import multiprocessing
        prela_core.init()
        if __name__ == "__main__":
            record("before")
            context = multiprocessing.get_context("{method}")
            children = [context.Process(target=record, args=("child",)) for _ in range(2)]
            for child in children: child.start()
            for child in children: child.join()
            if {method == "fork"}:
                with context.Pool(2) as pool:
                    pool.map(record, ["pool"] * 4)
                    pool.close()
                    pool.join()
            record("after")
        """,
    )
    assert (160 if method == "fork" else 80) == len(made)
    assert_each_once(made, server)


def test_a_child_of_multiprocessing_that_records_while_it_is_imported(
    tmp_path: Path, server: StandIn
) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        import multiprocessing
        prela_core.init()
        record("import")
        if __name__ == "__main__":
            child = multiprocessing.get_context("spawn").Process(target=record, args=("child",))
            child.start()
            child.join()
        """,
    )
    assert 60 == len(made)
    assert_each_once(made, server)


def test_sigterm_does_what_it_always_did(tmp_path: Path, server: StandIn) -> None:
    process = start(
        tmp_path,
        server.url,
        "prela_core.init()\nrecord('a', 1)\nprint('ready', flush=True)\ntime.sleep(60)",
    )
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        pass
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (-signal.SIGTERM, "") == (process.returncode, err)


def test_a_handler_of_sigterm_may_shut_down(tmp_path: Path, server: StandIn) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        import signal
        prela_core.init()
        signal.signal(signal.SIGTERM, lambda *_: (record("handler", 5), sys.exit()))
        record("a")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        """,
    )
    assert 25 == len(made)
    assert_each_once(made, server)


def test_threads_that_go_on_after_the_main_one_ended(tmp_path: Path, server: StandIn) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        prela_core.init()

        def late():
            threading.main_thread().join()
            record("late")
            thread = threading.Thread(target=record, args=("later",))
            thread.start()
            thread.join()

        threading.Thread(target=late).start()
        record("main")
        """,
    )
    assert 60 == len(made)
    assert_each_once(made, server)


def test_the_first_span_comes_after_the_main_thread_ended(tmp_path: Path, server: StandIn) -> None:
    made = run(
        tmp_path,
        server.url,
        """
        prela_core.init()

        def late():
            threading.main_thread().join()
            record("late")

        threading.Thread(target=late).start()
        """,
    )
    assert_each_once(made, server)


def test_spans_of_daemon_threads_and_of_other_exit_handlers_break_nothing(
    tmp_path: Path, server: StandIn
) -> None:
    process = start(
        tmp_path,
        server.url,
        """
        import atexit

        def busy():
            while True:
                with prela_core.span("busy"):
                    time.sleep(0.001)

        class Last:
            def __del__(self):
                with prela_core.span("at the very end"):
                    pass

        atexit.register(lambda: record("after the sink's end", 1))
        prela_core.init()
        atexit.register(lambda: record("before the sink's end", 1))
        kept = Last()
        kept.itself = kept
        for _ in range(4):
            threading.Thread(target=busy, daemon=True).start()
        record("a")
        """,
    )
    out, err = process.communicate(timeout=60)
    assert 0 == process.returncode
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    made = dict(line.rsplit(maxsplit=1) for line in out.splitlines())
    assert made["before the sink's end"] in server.ids
    assert made["after the sink's end"] not in server.ids
    assert {1} == set(Counter(server.ids).values())


def test_what_a_program_could_not_send_the_next_one_sends(tmp_path: Path, server: StandIn) -> None:
    spill = tmp_path / "spill"
    with stand_in() as gone:
        url = gone.url
    process = start(tmp_path, url, f"prela_core.init(spill={str(spill)!r})\nrecord('first', 700)")
    out, err = process.communicate(timeout=60)
    assert 0 == process.returncode
    assert ["spans can't be delivered now"] == [line[:28] for line in err.splitlines()]
    made = [line.split()[1] for line in out.splitlines()]
    made += run(
        tmp_path,
        server.url,
        f"""
        prela_core.init(spill={str(spill)!r})
        record("second")
        while os.listdir({str(spill)!r}): time.sleep(0.01)
        """,
    )
    assert 720 == len(made)
    assert_each_once(made, server)
