"""Which processes run with other plugins than are installed, as this web process sees it."""

from __future__ import annotations

from collections.abc import Iterable

from host_stub.plugins.plugin_sets import WEB, Outdated, outdated
from host_stub.services.reading.work_queue import Heart
from host_stub.web.panel import panel


def needed(hearts: Iterable[Heart]) -> list[Outdated]:
    """Return this web process and the living workers among `hearts` that have to be restarted."""
    running = {WEB: panel().registry.found}
    running |= {heart.name: None if heart.plugins is None else dict(heart.plugins) for heart in hearts if heart.alive}
    if all(plugins is None for plugins in running.values()):
        return []
    return outdated(running, panel().installed.versions())
