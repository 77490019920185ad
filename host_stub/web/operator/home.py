"""The operator's start page: is the installation well?"""

from __future__ import annotations

from datetime import datetime

from billhook import Catalogue, Finding, LazyText, Severity, formats
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from host_stub.adapters.disk import MEGABYTE, Room
from host_stub.services.books.proof import nightly
from host_stub.services.reading import up_to, work_queue
from host_stub.services.reading.work_queue import Failure, Heart, WorkState
from host_stub.web.operator import bp
from host_stub.web.operator.plugins import pause_sentences, restart_sentences, table_sentences
from host_stub.web.operator.work import work_findings
from host_stub.web.page import QueueRow, Tile, Tone
from host_stub.web.panel import panel, reading
from host_stub.web.staff.room import show

_ = Catalogue("host_stub")


@bp.get("/", endpoint="home")
def home() -> ResponseReturnValue:
    with reading() as session:
        hearts = work_queue.workers(session)
        tiles = _tiles(session)
        queue = _queue(session)
        failures = work_queue.plugin_failures(session)
        state = work_queue.work_state(session, hearts)
        findings = [*_findings(hearts, failures, state), *_of_proof(session), *_of_disks()]
    findings = [each for each in findings if each.severity is not Severity.OK] or findings[:1]
    return show(
        "operator/home.html",
        hearts=hearts,
        tiles=tiles,
        queue=queue,
        state=state,
        findings=findings,
        now=panel().store.now(),
    )


def _tiles(session: Session) -> list[Tile]:
    held = work_queue.held_count(session)
    return [
        Tile(_("Resellers"), up_to(work_queue.reseller_count(session)), url_for("operator.resellers")),
        Tile(_("Customers"), up_to(work_queue.account_count(session))),
        Tile(_("On hold"), up_to(held), tone=Tone.WAIT if held else Tone.CALM),
        Tile(_("Plugins loaded"), str(len(panel().registry.plugins)), url_for("operator.plugins")),
    ]


def _queue(session: Session) -> list[QueueRow]:
    found = work_queue.queue_of_all(session)
    money, given_up, off = found.arrivals, found.given_up, found.not_switched
    rows = [
        QueueRow(
            _("Money that waits for a decision"),
            url_for("operator.arrivals"),
            money.counted,
            _since(money.since),
            Tone.BAD,
        ),
        QueueRow(
            _("Failed deliveries"), url_for("operator.deliveries"), given_up.counted, _since(given_up.since), Tone.BAD
        ),
        QueueRow(_("Services that could not be switched"), url_for("operator.deliveries"), off.counted, tone=Tone.BAD),
        QueueRow(_("Refused mails"), url_for("operator.resellers"), found.refused_mails.counted),
    ]
    return [row for row in rows if row.count]


def _since(at: datetime | None) -> LazyText | str:
    return _("since {at}", at=formats.datetime(at)) if at is not None else ""


def _of_proof(session: Session) -> list[Finding]:
    """Say what the last proof of the books found, or that there was none for too long."""
    last = nightly.last(session)
    if last is not None and last.found:
        names = ", ".join(result.name for result in last.failing)
        when = formats.datetime(last.ended_at)
        text = _("The proof of the books of {at} found what is not right: {checks}.", at=when, checks=names)
        return [Finding(Severity.ERROR, text, _("Run `host_stub prove`: it names the rows. See docs/proof.md."))]
    if nightly.overdue(session, last):
        remedy = _("A worker that runs at night does it; `host_stub prove` does it now.")
        return [Finding(Severity.WARNING, _("The books were not proved last night."), remedy)]
    return []


def _of_disks() -> list[Finding]:
    """Say which disks of this machine have little room."""
    return [
        Finding(
            Severity.ERROR if place.room is Room.FULL else Severity.WARNING,
            _(
                "Little room on the disk: {megabytes} MB free at {folder}.",
                megabytes=place.free // MEGABYTE,
                folder=str(place.folder),
            ),
            _("Make room: on a full disk neither payments nor charges can be written."),
        )
        for place in panel().config.disks()
        if place.free is not None and place.room is not Room.OK
    ]


def _findings(hearts: list[Heart], failures: list[Failure], state: WorkState) -> list[Finding]:
    """Return the short doctor: what keeps the installation from working; the long one is `host_stub doctor`."""
    found = work_findings(state)
    for name, why in panel().registry.broken.items():
        found.append(
            Finding(
                Severity.ERROR,
                _("Plugin {plugin} is not loaded: {why}", plugin=name, why=why),
                _("Mend or remove its package, then restart. Its payments answer 503 until then."),
            )
        )
    found += [Finding(Severity.ERROR, text, remedy) for text, remedy in restart_sentences(hearts)]
    found += [Finding(Severity.ERROR, text, remedy) for text, remedy in table_sentences(failures)]
    for name in panel().registry.plugins:
        found += [Finding(Severity.ERROR, text, remedy) for text, remedy in pause_sentences(name)]
    if failures:
        found.append(Finding(Severity.WARNING, _("Plugins have failed while they were called."), _("See Plugins.")))
    return found or [Finding(Severity.OK, _("Workers and plugins are in order."))]
