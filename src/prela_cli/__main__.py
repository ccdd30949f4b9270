"""`prela`, and `python -m prela_cli`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
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


if __name__ == "__main__":
    main()
