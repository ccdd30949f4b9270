"""Warnings and faults on standard error, and not what libraries say of their work."""

from __future__ import annotations

__all__ = ["tell_faults"]


def tell_faults() -> None:
    """Have warnings and faults told from now on; a library that sets up logging itself is late."""
    import logging
    import sys

    told = logging.StreamHandler(sys.stderr)
    # The driver's own words are in the error that we tell.
    told.addFilter(
        lambda said: said.name.partition(".")[0] not in {"clickhouse_connect", "urllib3"}
    )
    logging.basicConfig(level=logging.WARNING, format="prela: %(message)s", handlers=[told])
