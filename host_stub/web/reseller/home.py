"""The start page: a work queue, oldest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billhook import Catalogue, LazyText, formats
from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import Account, GatewayEvent, Mail, Outbox, Payment
from host_stub.persistence.listings import Cursor, count_up_to, list_page, up_to
from host_stub.persistence.sales import ChargingFailure
from host_stub.persistence.store import now
from host_stub.services.money_in.templates import given_up
from host_stub.services.reading import work_queue
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
        ranges = work_queue.for_approval(session, manual_plugins())
        query = select(Payment).join(Account, Account.id == Payment.account_id).add_columns(Account)
        oldest = list_page(
            session, query, Payment.id, Cursor(), ranges=ranges, limit=10, oldest_first=True, count=False
        )
        since = oldest.rows[0][0].created_at if oldest.rows else None
        tiles = _tiles(session, Waiting(work_queue.approvals_waiting(session, ranges), since))
        queue = _queue(session)
    return show("reseller/home.html", tiles=tiles, queue=queue, waiting=oldest.rows)


def _tiles(session: Session, approvals: Waiting) -> list[Tile]:
    stopping = count_up_to(session, select(Account).where(work_queue.will_stop(session)))
    held = count_up_to(session, select(Account).where(Account.on_hold_since.is_not(None)))
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
    at = now(session)
    rows = [
        *_methods_that_fail(session),
        _row(session, _("Parked gateway events"), work_queue.parked(), GatewayEvent.received_at, "events", Tone.BAD),
        _row(
            session,
            _("Services that could not be switched"),
            work_queue.provisioning_failures(),
            None,
            "subscriptions",
            Tone.BAD,
            status="failing",
        ),
        _row(
            session,
            _("Customers who could not be charged"),
            work_queue.charging_failures(),
            ChargingFailure.first_at,
            "accounts",
            Tone.BAD,
            status="not_charged",
        ),
        _row(session, _("Refused mails"), work_queue.refused_mails(at), Mail.created_at, "mails", status="refused"),
        _row(
            session,
            _("Customers with nobody to write to"),
            work_queue.unreachable(at),
            None,
            "accounts",
            status="unreachable",
        ),
        _row(session, _("Failed deliveries"), work_queue.dead_letters(), Outbox.dead_at, "deliveries", Tone.BAD),
    ]
    return [row for row in rows if row.count]


def _methods_that_fail(session: Session) -> list[QueueRow]:
    """Return the methods that look switched on and are offered to nobody, and the templates that failed."""
    plugins = panel().registry.plugins
    dark = work_queue.methods_without_plugin(session, current_reseller_id(), plugins)
    failed = given_up(session, {name: p.provider.settings for name, p in plugins.items() if p.provider is not None})
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


def _row(
    session: Session, label: LazyText, query: Any, since: Any, endpoint: str, tone: Tone = Tone.WAIT, **values: Any
) -> QueueRow:
    found: Waiting = work_queue.waiting(session, query, since)
    return QueueRow(label, url_for(f"reseller.{endpoint}", **values), found.counted, _since(found.since), tone)
