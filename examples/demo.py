"""The whole of Prela in a minute: serve, run an agent, look at what it did.

    python examples/demo.py            # everything once, in a folder that is removed again
    python examples/demo.py --stay     # leave the server up for a look around

What you see is real: the agent reads this project's own files, its spans go to the server over
HTTP, and the answers come from the ClickHouse engine in the server's process.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRELA = (sys.executable, "-m", "prela_cli")
START_SECONDS = 60


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stay", action="store_true", help="leave the server up until Ctrl-C")
    parser.add_argument("--port", type=int, default=0, help="the server's port (0: any free one)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="prela-demo-") as folder,
        server(Path(folder), options.port) as url,
    ):
        say("An agent answers questions about this project's files; its spans go to the server.")
        show(sys.executable, "-m", "examples.file_agent", "--demo", "--url", url)

        say("What did it do? The newest traces:")
        show(*PRELA, "query", "--url", url, "--limit", "10")

        found = traces(url)
        failed = next((each for each in found if each["error_count"]), found[0])
        say("One of them, step by step:")
        show(*PRELA, "show", str(failed["trace_id"]), "--url", url)

        say("Where did a word turn up?")
        show(*PRELA, "search", "ClickHouse", "--url", url, "--limit", "3")

        say("And the same for programs:")
        show(*PRELA, "query", "--url", url, "--limit", "1", "--json")
        if options.stay:
            stay(url)
        else:
            print("\nTo look around yourself: nox -s demo -- --stay")


@contextmanager
def server(folder: Path, port: int) -> Iterator[str]:
    """Start `prela serve` on a folder of its own, and stop it again."""
    say("Starting the server: one process, nothing to set up.")
    began = time.monotonic()
    command = [*PRELA, "serve", "--port", str(port), "--data-dir", str(folder)]
    print(f"$ prela {' '.join(command[3:])}")
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own program
    try:
        url = wait_for_url(folder, process)
        print(f"(ready after {time.monotonic() - began:.1f} s)")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_for_url(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server has written into its folder where it answers."""
    lock = folder / "prela.lock"
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit("the server did not start; the lines above say why")
        try:
            url = json.loads(lock.read_text())["url"]
        except (OSError, ValueError, KeyError):
            url = None
        if url:
            return str(url)
        time.sleep(0.05)
    sys.exit(f"the server was not ready after {START_SECONDS} s")


def traces(url: str) -> list[dict[str, object]]:
    """Ask for the newest traces as a program does."""
    asked = subprocess.run(  # noqa: S603 - our own program
        [*PRELA, "query", "--url", url, "--json"], cwd=ROOT, check=True, capture_output=True
    )
    found: list[dict[str, object]] = json.loads(asked.stdout)["items"]
    return found


def show(*command: str) -> None:
    """Print a command as a user would type it, and run it."""
    typed: Sequence[str] = command
    if command[: len(PRELA)] == PRELA:
        typed = ("prela", *command[len(PRELA) :])
    elif command[0] == sys.executable:
        typed = ("python", *command[1:])
    print(f"$ {' '.join(typed)}", flush=True)
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"PRELA_URL": ""})  # noqa: S603 - our own commands


def say(sentence: str) -> None:
    """Tell what comes next."""
    print(f"\n── {sentence}\n", flush=True)


def stay(url: str) -> None:
    """Leave the server up until the user has seen enough."""
    say("The server stays up. In another terminal:")
    print(f"prela query --url {url}\nprela show --latest --url {url}\ncurl {url}/api/v1/traces")
    print(f"or open {url}/docs in a browser. Ctrl-C ends it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
