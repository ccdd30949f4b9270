"""Logs on standard error: readable lines for people, JSON where programs collect them."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

from prela_server.settings import Environment, Settings

__all__ = ["configure_logs", "writes_json"]

_FOR_PROGRAMS = frozenset({Environment.STAGING, Environment.PRODUCTION})


def writes_json(settings: Settings) -> bool:
    """Say whether each line is a JSON object."""
    return settings.environment in _FOR_PROGRAMS


def configure_logs(settings: Settings, *, colours: bool) -> None:
    """Send logs to standard error, one line each, with the id of the request they belong to.

    What libraries log comes the same way. Of those of others it does from the level warning on:
    below it some write what they carry, which may be anybody's.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if writes_json(settings):
        shared.append(structlog.processors.format_exc_info)
        render: Processor = structlog.processors.JSONRenderer()
    else:
        render = structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:1], structlog.stdlib.add_logger_name, *shared[1:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("prela_core").setLevel(level)
    # It warns of each request that is no HTTP. Any client can send such, and is answered 400.
    logging.getLogger("uvicorn.error").setLevel(max(level, logging.ERROR))
