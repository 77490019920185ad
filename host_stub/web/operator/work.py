"""Does work get done: what the workers say, in words, and the clock that a person confirms."""

from __future__ import annotations

from datetime import timedelta

from billhook import Catalogue, Finding, Severity, formats
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.charges import clock_guard
from host_stub.services.reading.work_queue import WorkState
from host_stub.web.access import actor
from host_stub.web.operator import bp
from host_stub.web.panel import panel

_ = Catalogue("host_stub")


def work_findings(state: WorkState) -> list[Finding]:
    """Return what keeps work from getting done."""
    found = []
    if not state.alive:
        found.append(
            Finding(
                Severity.ERROR,
                _("No worker is running: nothing is charged, no mail leaves."),
                _("Start it with `host_stub worker`, or look at its service's log."),
            )
        )
    for job in state.stuck:
        found.append(
            Finding(
                Severity.ERROR,
                _("Nothing gets done in “{job}” for {minutes} min.", job=job.name, minutes=job.idle_seconds // 60),
                job.error or _("The worker's log says more; a restart frees a call that hangs. Other jobs go on."),
            )
        )
    return [*found, *_clock(state), *_outside(state)]


def _clock(state: WorkState) -> list[Finding]:
    if state.doubted is not None:
        shown = formats.datetime(panel().store.now())
        return [
            Finding(
                Severity.ERROR,
                _(
                    "The server's clock shows {at}, {ahead} after the last work: charging waits.",
                    at=shown,
                    ahead=_span(state.doubted),
                ),
                _("If the clock is wrong, set it right: nothing was charged by it. If it is right, confirm it below."),
            )
        ]
    if state.watched is not None:
        return [
            Finding(
                Severity.WARNING,
                _("The server's clock is {ahead} after the last work.", ahead=_span(state.watched)),
                _("Charging begins by itself once the clock has run evenly for 10 minutes."),
            )
        ]
    return []


def _outside(state: WorkState) -> list[Finding]:
    found = []
    if state.mail:
        found.append(
            Finding(
                Severity.ERROR,
                _("No mail leaves: {why}", why=state.mail),
                _("Mails wait and none is counted as failed. `host_stub doctor` tries the connection and the sign-in."),
            )
        )
    if state.silent:
        found.append(
            Finding(
                Severity.WARNING,
                _("Addresses of services that do not answer: {addresses}", addresses=", ".join(state.silent)),
                _("Their orders wait; those of other resellers go on."),
            )
        )
    return found


def _span(beyond: timedelta) -> str:
    hours = int(beyond.total_seconds()) // 3600
    return str(_("{count} h", count=hours)) if hours < 72 else str(_("{count} d", count=hours // 24))


@bp.post("/clock/confirm")
def clock_confirm() -> ResponseReturnValue:
    at = clock_guard.confirm(panel().store, actor())
    said = _("The clock is confirmed at {at}. What is due is charged within a minute.", at=formats.datetime(at))
    flash(str(said), "success")
    return redirect(url_for("operator.home"), 303)
