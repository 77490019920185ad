"""Money that has come; what waits here is decided by a manager: credited, split, closed, kept or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billhook import Catalogue, LazyText, formats
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.arrivals import Kind
from host_stub.domain.errors import (
    AlreadySettled,
    InvalidAmount,
    NotFound,
    NotTheSame,
    OperatorsAlone,
    PartsDoNotFit,
    PaymentClosed,
    RefusedError,
)
from host_stub.services.money_in import decisions
from host_stub.services.money_in.decisions import Handled, Part
from host_stub.services.money_in.doubts import Doubtful
from host_stub.services.reading import accounts, arrivals, methods, payments
from host_stub.services.reading.arrivals import Arrival
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp, questions
from host_stub.web.reseller.arrival_forms import CloseForm, PartForm, SeenForm, blank_parts, part_forms
from host_stub.web.reseller.credit_anyway import answered, credit_anyway
from host_stub.web.reseller.payment_words import closed_words
from host_stub.web.reseller.pick import account_picker, chosen_account
from host_stub.web.staff.arrival_words import DOORS, WAITS, arrival_name, decided
from host_stub.web.staff.room import asked, cursor, pages, show

_ = Catalogue("host_stub")

STATUSES = {"all": _("all money that came"), "credited": _("credited"), "closed": _("closed without a credit")}


@bp.get("/arrivals", endpoint="arrivals")
def arrivals_list() -> ResponseReturnValue:
    """What waits for a person; by choice everything that came."""
    status, text = asked("status", STATUSES), asked("q")
    with reading() as session:
        listing = arrivals.list_arrivals(session, status, text, cursor())
    return show(
        "reseller/arrivals.html",
        listing=listing,
        pager=pages(listing),
        statuses=list(STATUSES.items()),
        status=status,
        query=text,
        waits=WAITS,
        doors=DOORS,
    )


@bp.get("/arrivals/<int:arrival_id>")
def arrival(arrival_id: int) -> ResponseReturnValue:
    return _page(arrival_id)


def _page(
    arrival_id: int,
    *,
    parts: list[PartForm] | None = None,
    credit: SeenForm | None = None,
    close: CloseForm | None = None,
    keep: SeenForm | None = None,
    undo: SeenForm | None = None,
) -> str:
    with reading() as session:
        history = arrivals.history(session, arrival_id)
        found = history.arrival
        payment = payments.payment(session, found.payment_id) if found.payment_id else None
        named = payment.number if payment is not None and payment.is_open else ""
        account_id = chosen_account() or (payment.account_id if payment is not None and not payment.is_open else None)
        account = accounts.account(session, account_id) if account_id else None
        method = methods.method(session, found.method_id) if found.method_id else None
        messages = arrivals.messages(session, arrival_id)
        suspects = arrivals.suspects(session, history.decisions)
        if found.is_open and payment is not None:
            suspects = arrivals.alike(session, found, payment.account_id)
    return show(
        "reseller/arrival.html",
        crumbs=[(_("Arrivals"), url_for("reseller.arrivals"))],
        arrival=found,
        title=arrival_name(found),
        history=history,
        payment=payment,
        account=account,
        method=method,
        details=_labelled(found.details, found.plugin),
        messages=messages,
        suspects=suspects,
        parts=parts or blank_parts(found.rest, named, account_id),
        credit=credit or SeenForm(formdata=None, seen=found.seen),
        close=close or CloseForm(formdata=None, prefix="close-", seen=found.seen),
        keep=keep or SeenForm(formdata=None, prefix="keep-", seen=found.seen),
        undo=undo or SeenForm(formdata=None, prefix="undo-", seen=found.seen),
        decided=decided,
        waits=WAITS,
        doors=DOORS,
    )


def _labelled(details: Mapping[str, str], plugin: str) -> list[tuple[LazyText | str, str]]:
    """Return what the gateway said beside the sum, under the labels of the plugin's catalogue."""
    loaded = panel().registry.plugins.get(plugin)
    if loaded is None:
        return list(details.items())
    own = Catalogue(loaded.package)
    return [(own(label), value) for label, value in details.items()]


@bp.get("/arrivals/<int:arrival_id>/account")
def arrival_account(arrival_id: int) -> ResponseReturnValue:
    """Choose who gets money that waits."""
    account_id = chosen_account()
    if account_id is not None:
        return redirect(url_for("reseller.arrival", arrival_id=arrival_id, account=account_id), 303)
    with reading() as session:
        arrivals.arrival(session, arrival_id)
    crumbs: list[tuple[Any, str]] = [(_("Arrivals"), url_for("reseller.arrivals"))]
    return account_picker(_("Who gets the money?"), crumbs)


@bp.post("/arrivals/<int:arrival_id>/credit")
def arrival_credit(arrival_id: int) -> ResponseReturnValue:
    """Credit money that waits, to a payment or a customer, or to several."""
    with reading() as session:
        found = arrivals.arrival(session, arrival_id)
    form, parts = SeenForm(), part_forms(found.amount.currency)
    given = [part for part in parts if part.is_given] or parts[:1]
    # Each says its own faults.
    if not all([form.validate_on_submit(), *(part.validate() for part in given)]):
        return _page(arrival_id, credit=form, parts=parts), 422
    wanted = [part for each in given if (part := _part(each, found)) is not None]
    if len(wanted) < len(given):
        return _page(arrival_id, credit=form, parts=parts), 422
    if wants_question() and found.is_open and found.seen == form.seen.data:
        question = _crediting(found, wanted)
        if question is not None:
            return ask(question, back_url=_address(arrival_id))
    handled = Handled(arrival_id, form.seen.data or 0, form.reason.data)
    try:
        decisions.credit_parts(panel().store, scope(), handled, wanted, by=actor(), anyway=answered())
    except Doubtful as doubtful:
        return credit_anyway(doubtful.doubts, arrival_name(found), _address(arrival_id))
    except AlreadySettled as first:
        return _told(arrival_id, first)
    except (NotFound, RefusedError) as error:
        _say(given, error)
        return _page(arrival_id, credit=form, parts=parts), 422
    flash(str(_("The money is credited.")), "success")
    return redirect(_address(arrival_id), 303)


def _part(form: PartForm, found: Arrival) -> Part | None:
    """Return what a form asks for; None, with words at the field, if it names nobody or two."""
    amount = form.amount.data if form.amount.data is not None else found.rest
    if bool(form.payment.data) == bool(form.account_id.data):
        form.account_id.errors = [_("Say which payment or which customer gets the money.")]
        return None
    if not form.payment.data:
        return Part(amount, account_id=form.account_id.data)
    with reading() as session:
        payment = payments.of_number(session, current_reseller_id(), form.payment.data)
    if payment is None:
        form.payment.errors = [_("There is no payment with this number.")]
        return None
    return Part(amount, payment_id=payment.id)


def _say(given: list[PartForm], error: Exception) -> None:
    first = given[0]
    if isinstance(error, PaymentClosed):
        field: Any = next((form for form in given if form.payment.data == error.number), first).payment
        field.errors = [_("{closed} Credit the customer instead.", closed=closed_words(error))]
    elif isinstance(error, NotFound):
        first.account_id.errors = [_("There is no customer with this ID.")]
    elif isinstance(error, PartsDoNotFit):
        first.amount.errors = [_("The parts are more than what is left, or one of them is no sum.")]
    elif isinstance(error, OperatorsAlone):
        first.account_id.errors = [_("It names another reseller's payment: only the operator may credit it.")]
    elif isinstance(error, InvalidAmount):
        first.amount.errors = [AMOUNT_PROBLEMS.get(error.code, AMOUNT_PROBLEMS["not_a_sum"])]
    else:
        raise error


def _crediting(found: Arrival, wanted: list[Part]) -> Question | None:
    """Return the question; None where nothing would be credited, which crediting says better."""
    with reading() as session:
        receivers = []
        for part in wanted:
            account_id = part.account_id or payments.payment(session, part.payment_id or 0).account_id
            account = accounts.known_name(session, account_id)
            if account is None:
                return None
            receivers.append((account, accounts.hold(session, account_id), part.amount))
    return questions.arrival_credit(found, receivers)


@bp.post("/arrivals/<int:arrival_id>/close")
def arrival_close(arrival_id: int) -> ResponseReturnValue:
    """Close money that waits without a credit, with a reason."""
    form = CloseForm(prefix="close-")
    if not form.validate_on_submit():
        return _page(arrival_id, close=form), 422
    if wants_question():
        with reading() as session:
            question = questions.arrival_close(arrivals.arrival(session, arrival_id))
        return ask(question, back_url=_address(arrival_id))
    handled = Handled(arrival_id, form.seen.data or 0, form.reason.data)
    kind = Kind(form.how.data)
    other_id = form.other_id.data if kind is Kind.SAME_AS else None
    with reading() as session:
        arrivals.arrival(session, arrival_id)
    try:
        decisions.close(panel().store, scope(), handled, kind, by=actor(), other_id=other_id)
    except AlreadySettled as first:
        return _told(arrival_id, first)
    except NotFound:
        form.other_id.errors = [_("There is no arrival with this ID.")]
        return _page(arrival_id, close=form), 422
    except NotTheSame:
        form.other_id.errors = [_("Name another arrival, one of which a credit stands.")]
        return _page(arrival_id, close=form), 422
    flash(str(_("Closed without a credit.")), "success")
    return redirect(_address(arrival_id), 303)


@bp.post("/arrivals/<int:arrival_id>/keep")
def arrival_keep(arrival_id: int) -> ResponseReturnValue:
    """Say that what was perhaps paid twice is right as it is."""
    form = SeenForm(prefix="keep-")
    if not form.validate_on_submit():
        return _page(arrival_id, keep=form), 422
    if wants_question():
        with reading() as session:
            question = questions.arrival_keep(arrivals.arrival(session, arrival_id))
        return ask(question, back_url=_address(arrival_id))
    try:
        decisions.keep(panel().store, scope(), _handled(arrival_id, form), by=actor())
    except AlreadySettled as first:
        return _told(arrival_id, first)
    flash(str(_("It stays as it is.")), "success")
    return redirect(_address(arrival_id), 303)


@bp.post("/arrivals/<int:arrival_id>/reverse")
def arrival_reverse(arrival_id: int) -> ResponseReturnValue:
    """Take the latest credit of an arrival back; what came waits again."""
    form = SeenForm(prefix="undo-")
    if not form.validate_on_submit():
        return _page(arrival_id, undo=form), 422
    question = _undoing(arrival_id) if wants_question() else None
    if question is not None:
        return ask(question, back_url=_address(arrival_id))
    with_services = request.form.get("option") == questions.WITH_SERVICES
    try:
        decisions.reverse(panel().store, scope(), _handled(arrival_id, form), by=actor(), with_services=with_services)
    except AlreadySettled as first:
        return _told(arrival_id, first)
    except PaymentClosed as closed:
        flash(str(closed_words(closed)), "warning")
    else:
        flash(str(_("The credit is taken back, and the money waits here.")), "success")
    return redirect(_address(arrival_id), 303)


def _undoing(arrival_id: int) -> Question | None:
    with reading() as session:
        standing = arrivals.history(session, arrival_id).standing
        if standing is None or standing.account_id is None:
            return None
        name = accounts.known_name(session, standing.account_id)
        if name is None:
            return None
        started = payments.started_by(session, standing)
        return questions.undoing(name, standing, accounts.hold(session, standing.account_id), started)


def _handled(arrival_id: int, form: SeenForm) -> Handled:
    return Handled(arrival_id, form.seen.data or 0, form.reason.data)


def _told(arrival_id: int, first: AlreadySettled) -> ResponseReturnValue:
    """Tell whoever was second who was first, and when."""
    at = formats.datetime(datetime.fromisoformat(first.at))
    flash(str(_("Nothing was changed: {name} decided on {at}.", name=first.by or "Billhook", at=at)), "warning")
    return redirect(_address(arrival_id), 303)


def _address(arrival_id: int) -> str:
    return url_for("reseller.arrival", arrival_id=arrival_id)
