"""`prela`, and `python -m prela_cli`."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from prela_cli.ending import ended_promptly
from prela_cli.without_pandas import do_without_pandas

__all__ = ["main"]


def main() -> None:
    """Run the command line; output that can't be written is one sentence, and exit code 1."""
    _open_what_is_closed()
    do_without_pandas()
    with ended_promptly():
        _run_to_its_end()


def _run_to_its_end() -> None:
    try:
        try:
            _run()
        finally:
            # Left to the interpreter, what fails here would be a traceback.
            sys.stdout.flush()
    except KeyboardInterrupt:  # before the command line is there to take it
        sys.stderr.write("Aborted!\n")
        sys.exit(1)
    except OSError as error:
        _drop_output()
        if error.errno != errno.EPIPE:
            with contextlib.suppress(OSError):
                sys.stderr.write(f"prela: can't write the output: {error.strerror or error}\n")
        sys.exit(1)


def _run() -> None:
    """Say what to install where the command line's libraries are missing, or else run it."""
    try:
        import click  # noqa: F401 - asked for here to say so kindly
        import rich  # noqa: F401 - likewise
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f'prela: the command line needs {error.name}: pip install "prela-core[cli]"\n'
        )
        sys.exit(1)
    from prela_cli.main import prela

    prela(prog_name="prela")


def _open_what_is_closed() -> None:
    """Open the standard streams that the caller closed, on nothing.

    Else the next file that is opened takes such a number, and is read or written in its place.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is given, and those below are open by now.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _drop_output() -> None:
    """Send what is still buffered nowhere, for the interpreter tries once more to write it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main()
