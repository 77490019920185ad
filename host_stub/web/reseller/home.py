"""The start page: a work queue, oldest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billhook import Catalogue, LazyText, formats
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from host_stub.services.reading import methods, payments, up_to, work_queue
from host_stub.services.reading.work_queue import Waiting
from host_stub.web.access import current_reseller_id
from host_stub.web.page import QueueRow, Tile, Tone
from host_stub.web.panel import panel, reading
from host_stub.web.reseller import bp
from host_stub.web.staff.room import manual_plugins, show

_ = Catalogue("host_stub")


@bp.get("/", endpoint="home")
def home() -> ResponseReturnValue:
    with reading() as session:
        manual = manual_plugins()
        oldest = payments.waiting_longest(session, manual, 10)
        since = oldest[0].payment.created_at if oldest else None
        tiles = _tiles(session, Waiting(work_queue.approvals_waiting(session, manual), since))
        queue = _queue(session)
    return show("reseller/home.html", tiles=tiles, queue=queue, waiting=oldest)


def _tiles(session: Session, approvals: Waiting) -> list[Tile]:
    stopping = work_queue.stopping_count(session)
    held = work_queue.held_count(session)
    return [
        Tile(
            _("Awaiting approval"),
            approvals.counted or "0",
            url_for("reseller.payments", status="to_approve"),
            _since(approvals.since),
            Tone.WAIT if approvals.count else Tone.CALM,
        ),
        Tile(
            _("Will stop within 24 hours"),
            up_to(stopping),
            url_for("reseller.accounts", status="stopping"),
            _.plural("customer whose balance does not last", "customers whose balance does not last", stopping),
            Tone.WAIT if stopping else Tone.CALM,
        ),
        Tile(
            _("On hold"),
            up_to(held),
            url_for("reseller.accounts", status="on_hold"),
            _.plural("customer", "customers", held),
            Tone.BAD if held else Tone.CALM,
        ),
    ]


def _since(at: datetime | None) -> LazyText | str:
    return _("since {at}", at=formats.datetime(at)) if at is not None else ""


def _queue(session: Session) -> list[QueueRow]:
    """Return what went wrong and waits for somebody; only what there is."""
    found, bad = work_queue.queue(session), Tone.BAD
    not_switched, not_charged = _("Services that could not be switched"), _("Customers who could not be charged")
    rows = [
        *_methods_that_fail(session),
        _row(_("Money that waits for a decision"), found.arrivals, "arrivals", bad),
        _row(not_switched, found.not_switched, "subscriptions", bad, status="failing"),
        _row(not_charged, found.not_charged, "accounts", bad, status="not_charged"),
        _row(_("Refused mails"), found.refused_mails, "mails", status="refused"),
        _row(_("Customers with nobody to write to"), found.unreachable, "accounts", status="unreachable"),
        _row(_("Failed deliveries"), found.given_up, "deliveries", bad),
    ]
    return [row for row in rows if row.count]


def _methods_that_fail(session: Session) -> list[QueueRow]:
    """Return the methods that look switched on and are offered to nobody, and the templates that failed."""
    plugins = panel().registry.plugins
    dark = work_queue.methods_without_plugin(session, current_reseller_id(), plugins)
    settings = {name: p.provider.settings for name, p in plugins.items() if p.provider is not None}
    failed = methods.templates_given_up(session, settings)
    return [
        QueueRow(
            _("Methods that are on while their plugin is not"),
            url_for("reseller.methods"),
            _counted(dark),
            "",
            Tone.BAD,
        ),
        QueueRow(
            _("Templates that failed: bills are stock ones"), url_for("reseller.templates"), _counted(len(failed)), ""
        ),
    ]


def _counted(count: int) -> str:
    return up_to(count) if count else ""


def _row(label: LazyText, found: Waiting, endpoint: str, tone: Tone = Tone.WAIT, **values: Any) -> QueueRow:
    return QueueRow(label, url_for(f"reseller.{endpoint}", **values), found.counted, _since(found.since), tone)
