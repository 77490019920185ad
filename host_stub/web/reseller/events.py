"""Gateway notifications; those that did not fit wait here until a manager settles them, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billhook import Catalogue, LazyText, formats
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import DataRequired

from host_stub.domain.errors import AlreadySettled, CreditedBefore, InvalidAmount, NotFound
from host_stub.services.money_in import gateway
from host_stub.services.reading import accounts, events, methods, payments
from host_stub.web.access import actor
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.fields import AMOUNT_PROBLEMS, NumberField
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.reseller import bp, questions
from host_stub.web.reseller.pick import account_picker, chosen_account
from host_stub.web.staff.forms import ReasonForm
from host_stub.web.staff.room import asked, cursor, log_of, pages, show

_ = Catalogue("host_stub")

STATUSES = {"all": _("all notifications"), "credited": _("credited"), "settled": _("settled")}


class CreditForm(ReasonForm):
    account_id = NumberField(
        _("Customer's ID"), least=1, validators=[DataRequired(_("Say which customer gets the money."))]
    )


@bp.get("/events", endpoint="events")
def events_list() -> ResponseReturnValue:
    """What is parked and not settled; by choice everything that gateways said."""
    status, text = asked("status", STATUSES), asked("q")
    with reading() as session:
        listing = events.list_events(session, status, text, cursor())
    return show(
        "reseller/events.html",
        listing=listing,
        pager=pages(listing),
        statuses=list(STATUSES.items()),
        status=status,
        query=text,
    )


@bp.get("/events/<int:event_id>")
def event(event_id: int) -> ResponseReturnValue:
    return _page(event_id)


def _page(event_id: int, *, credit: CreditForm | None = None, close: ReasonForm | None = None) -> str:
    with reading() as session:
        found = events.event(session, event_id)
        payment = payments.payment(session, found.payment_id) if found.payment_id else None
        account_id = chosen_account() or (payment.account_id if payment else None)
        account = accounts.account(session, account_id) if account_id else None
        method = methods.method(session, found.method_id)
        body = events.body(session, event_id)
        log = log_of(session, "gateway_event", event_id, found.amount.currency)
    return show(
        "reseller/event.html",
        crumbs=[(_("Parked events"), url_for("reseller.events"))],
        event=found,
        payment=payment,
        account=account,
        method=method,
        amount=found.amount,
        details=_labelled(found.details, found.source.partition(":")[0]),
        body=body.decode("utf-8", "replace"),
        credit=(credit or CreditForm(formdata=None, account_id=account_id)) if found.waits else None,
        close=close or ReasonForm(formdata=None, prefix="close-"),
        log=log,
    )


def _labelled(details: Mapping[str, str], plugin: str) -> list[tuple[LazyText | str, str]]:
    """Return what the gateway said beside the sum, under the labels of the plugin's catalogue."""
    loaded = panel().registry.plugins.get(plugin)
    if loaded is None:
        return list(details.items())
    own = Catalogue(loaded.package)
    return [(own(label), value) for label, value in details.items()]


@bp.get("/events/<int:event_id>/account")
def event_account(event_id: int) -> ResponseReturnValue:
    """Choose who gets the money of a parked event."""
    account_id = chosen_account()
    if account_id is not None:
        return redirect(url_for("reseller.event", event_id=event_id, account=account_id), 303)
    with reading() as session:
        events.event(session, event_id)
    crumbs: list[tuple[Any, str]] = [(_("Parked events"), url_for("reseller.events"))]
    return account_picker(_("Who gets the money?"), crumbs)


@bp.post("/events/<int:event_id>/credit")
def event_credit(event_id: int) -> ResponseReturnValue:
    """Credit a parked event to a customer, as a correction that is linked to it."""
    form = CreditForm()
    if not form.validate_on_submit():
        return _page(event_id, credit=form), 422
    question = _crediting(event_id, form.account_id.data) if wants_question() else None
    if question is not None:
        return ask(question, back_url=url_for("reseller.event", event_id=event_id))
    try:
        _settle(event_id, form.account_id.data, form)
    except NotFound:
        form.account_id.errors = [_("There is no customer with this ID.")]
        return _page(event_id, credit=form), 422
    except InvalidAmount as error:
        form.account_id.errors = [AMOUNT_PROBLEMS.get(error.code, AMOUNT_PROBLEMS["not_a_sum"])]
        return _page(event_id, credit=form), 422
    return redirect(url_for("reseller.event", event_id=event_id), 303)


def _crediting(event_id: int, account_id: int) -> Question | None:
    """Return the question; None where nothing would be credited, which settling says better."""
    with reading() as session:
        found, account = events.event(session, event_id), accounts.known_name(session, account_id)
        if account is None or found.settled_at is not None:
            return None
        return questions.event_credit(found, account, accounts.hold(session, account_id))


@bp.post("/events/<int:event_id>/close")
def event_close(event_id: int) -> ResponseReturnValue:
    """Close a parked event without a credit, with a reason."""
    form = ReasonForm(prefix="close-")
    if not form.validate_on_submit():
        return _page(event_id, close=form), 422
    if wants_question():
        with reading() as session:
            question = questions.event_close(events.event(session, event_id))
        return ask(question, back_url=url_for("reseller.event", event_id=event_id))
    _settle(event_id, None, form)
    return redirect(url_for("reseller.event", event_id=event_id), 303)


def _settle(event_id: int, account_id: int | None, form: PanelForm) -> None:
    """Settle, or say who was faster."""
    with reading() as session:
        events.event(session, event_id)
    try:
        gateway.settle_parked(
            panel().store, scope(), event_id, account_id=account_id, reason=form.reason.data, by=actor()
        )
    except AlreadySettled as error:
        at = formats.datetime(datetime.fromisoformat(error.at))
        flash(str(_("Nothing was changed: {name} settled it on {at}.", name=error.by or "Billhook", at=at)), "warning")
    except CreditedBefore as error:
        at = formats.datetime(datetime.fromisoformat(error.at))
        said = _(
            "Nothing was credited: {name} credited this number on {at} by another notification. "
            "If the money really came twice, correct the balance.",
            name=error.by or "Billhook",
            at=at,
        )
        flash(str(said), "error")
    else:
        flash(str(_("The event is settled.")), "success")
