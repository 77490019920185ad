"""The panel's log goes through the standard library's while the kit runs: heard by who listens, printed by nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

_NAME: Final = "billhook"


@contextmanager
def quiet_log() -> Iterator[None]:
    """Log quietly inside the block; the log's settings are process-wide and put back afterwards."""
    known = structlog.get_config()
    log_quietly()
    try:
        yield
    finally:
        structlog.configure(**known)


def log_quietly() -> None:
    logger = logging.getLogger(_NAME)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=lambda *_names: logger,
        cache_logger_on_first_use=False,
    )
