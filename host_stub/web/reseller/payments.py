"""Payments: the list, the page of one, approval, reversal, cancelling, documents."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue
from billhook.host.reading import documents_of
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import InvalidAmount, MethodUnavailable, PaymentClosed
from host_stub.plugins import paying
from host_stub.plugins.documents import issue
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.charges import holds
from host_stub.services.money_in import approvals
from host_stub.services.money_in.doubts import Doubtful
from host_stub.services.money_in.payments import cancel
from host_stub.services.money_in.reversals import Undo
from host_stub.services.reading import accounts, documents, payments, sellers
from host_stub.services.reading.payments import PaymentFilter
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp, questions
from host_stub.web.reseller.credit_anyway import answered, credit_anyway
from host_stub.web.reseller.legibility import unprintable
from host_stub.web.reseller.payment_forms import ApprovalForm
from host_stub.web.reseller.payment_words import approval_words, closed_words, difference
from host_stub.web.routing import row_number
from host_stub.web.seller_words import needs, stated_rows
from host_stub.web.staff.arrival_words import DOORS, WAITS, arrival_name, decided
from host_stub.web.staff.forms import ReasonForm
from host_stub.web.staff.room import asked, cursor, log_of, manual_plugins, pages, reseller, show
from host_stub.web.statuses import STATUSES
from host_stub.web.stored_files import paper

_ = Catalogue("host_stub")

#: Not a status of its own: open payments whose method is paid at the bank.
TO_APPROVE: Final = "to_approve"


@bp.get("/payments", endpoint="payments")
def payments_list() -> ResponseReturnValue:
    """All payments, newest first; by status, number or customer. What waits for approval stands oldest first."""
    statuses = [(TO_APPROVE, _("waiting for approval")), *_words()]
    status, text = asked("status", [value for value, _label in statuses]), asked("q")
    waiting = status == TO_APPROVE
    wanted = PaymentFilter("" if waiting else status, text)
    with reading() as session:
        listing = payments.list_all(
            session, current_reseller_id(), wanted, cursor(), manual_plugins=manual_plugins() if waiting else None
        )
    return show(
        "reseller/payments.html",
        listing=listing,
        pager=pages(listing),
        statuses=statuses,
        status=status,
        query=text,
    )


def _words() -> list[tuple[str, Any]]:
    return [(value, word) for value, (_tone, word) in STATUSES["payment"].items()]


@bp.get("/payments/<int:payment_id>")
def payment(payment_id: int) -> ResponseReturnValue:
    return _page(payment_id)


def _page(payment_id: int, *, form: ApprovalForm | None = None, undo: ReasonForm | None = None) -> str:
    with reading() as session:
        found = payments.payment(session, payment_id)
        facts = payments.facts(session, found)
        log = log_of(session, "payment", payment_id, found.amount.currency)
        former = sellers.former(session, found, facts.documents, needs())
    is_open = found.is_open
    if form is None and is_open:
        form = ApprovalForm.blank(found.amount, panel().store.now(), reseller().timezone)
    offers = paying.offers(panel().desk, scope(), payment_id) if is_open else []
    return show(
        "reseller/payment.html",
        crumbs=[(_("Payments"), url_for("reseller.payments"))],
        facts=facts,
        payment=found,
        difference=difference,
        decided=decided,
        name_of=arrival_name,
        waits=WAITS,
        doors=DOORS,
        form=form if is_open else None,
        undo=undo or ReasonForm(formdata=None),
        log=log,
        offered=_documents_to_issue(offers),
        former=former,
        stated_rows=stated_rows,
        warnings=unprintable(found.purpose) if is_open else [],
        withheld=[(offer.method.name, offer.reason) for offer in offers if offer.reason is not None],
    )


def _documents_to_issue(offers: list[paying.Offer]) -> list[tuple[int, str, str, Any]]:
    """Return method id, method name, kind and label of every document that can be issued for an open payment."""
    return [
        (offer.method.id, offer.method.name, kind.name, kind.label)
        for offer in offers
        if offer.reason is None
        for kind in documents_of(offer.provider)
    ]


@bp.post("/payments/<int:payment_id>/approve")
def payment_approve(payment_id: int) -> ResponseReturnValue:
    """Credit what arrived; ask first where this money may stand already, or still come through another door."""
    with reading() as session:
        found = payments.with_account(session, payment_id)
    form = ApprovalForm.of(found.payment, panel().store.now(), reseller().timezone)
    if not found.payment.is_open:
        return _already(payment_id)
    if not form.validate_on_submit():
        return _page(payment_id, form=form), 422
    order = form.order()
    if wants_question():
        # Looked at ahead of the question that is asked first; what counts is decided in the unit that credits.
        with reading() as session:
            doubted = payments.questions(session, payment_id, order)
            hold = accounts.hold(session, found.account.id)
        if not doubted:
            return ask(questions.approval(found, hold, order), back_url=_address(payment_id))
    try:
        approvals.approve_payment(
            panel().store,
            scope(),
            payment_id,
            order,
            by=actor(),
            anyway=answered(),
        )
    except PaymentClosed:
        return _already(payment_id)
    except InvalidAmount as error:
        form.received.errors = [AMOUNT_PROBLEMS.get(error.code, AMOUNT_PROBLEMS["not_a_sum"])]
        return _page(payment_id, form=form), 422
    except Doubtful as doubtful:
        return credit_anyway(doubtful.doubts, found.payment.number, _address(payment_id))
    flash(str(approval_words(order.received, found.payment)), "success")
    return redirect(_address(payment_id), 303)


def _already(payment_id: int) -> ResponseReturnValue:
    """Tell the second manager who did it and when."""
    with reading() as session:
        flash(str(closed_words(payments.closed(session, payment_id))), "warning")
    return redirect(_address(payment_id), 303)


def _address(payment_id: int) -> str:
    return url_for("reseller.payment", payment_id=payment_id)


@bp.post("/payments/<int:payment_id>/reverse")
def payment_reverse(payment_id: int) -> ResponseReturnValue:
    """Undo the approval that stands, with a reason; asked first what becomes of what its credit started."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(payment_id, undo=form), 422
    question = _undoing(payment_id) if wants_question() else None
    if question is not None:
        return ask(question, back_url=_address(payment_id))
    with_services = request.form.get("option") == questions.WITH_SERVICES
    try:
        undo = Undo(form.reason.data, with_services)
        approvals.reverse_approval(panel().store, scope(), payment_id, undo, by=actor())
    except PaymentClosed:
        flash(str(_("There is no approval to reverse.")), "warning")
    else:
        flash(_what_became(payment_id), "success")
    return redirect(_address(payment_id), 303)


def _undoing(payment_id: int) -> Question | None:
    with reading() as session:
        found = payments.with_account(session, payment_id)
        standing = payments.standing_approval(session, found.payment)
        if standing is None:
            return None
        started = payments.started_by(session, standing)
        return questions.undoing(found.account, standing, accounts.hold(session, found.account.id), started)


def _what_became(payment_id: int) -> str:
    with reading() as session:
        account = payments.with_account(session, payment_id).account
        hold = accounts.hold(session, account.id)
    said = [
        _(
            "The approval was reversed: the balance of {name} is {balance}.",
            name=account.name,
            balance=hold.sums.balance,
        )
    ]
    if hold.on_hold:
        said += [holds.title(hold), *holds.until(hold)]
    return " ".join(map(str, said))


@bp.post("/payments/<int:payment_id>/cancel")
def payment_cancel(payment_id: int) -> ResponseReturnValue:
    if wants_question():
        with reading() as session:
            found = payments.with_account(session, payment_id)
        return ask(questions.cancelling(found), back_url=_address(payment_id))
    try:
        cancel(panel().store, scope(), payment_id, by=actor())
    except PaymentClosed:
        return _already(payment_id)
    flash(str(_("Payment cancelled.")), "success")
    return redirect(_address(payment_id), 303)


@bp.post("/payments/<int:payment_id>/documents")
def payment_issue(payment_id: int) -> ResponseReturnValue:
    """Issue a document if it was not issued yet, and show it."""
    from host_stub.adapters.render import RendererBroken, RendererBusy

    method_id = row_number(request.form.get("method_id")) or 0
    kind = request.form.get("kind", "")
    try:
        document_id = issue(panel().desk, scope(), payment_id, method_id, kind, by=actor())
    except PaymentClosed:
        return _already(payment_id)
    except (MethodUnavailable, PluginUnavailable, RendererBusy, RendererBroken):
        flash(str(_("The document could not be drawn. Try again in a minute.")), "error")
        return redirect(_address(payment_id), 303)
    return redirect(url_for("reseller.payment_document", payment_id=payment_id, document_id=document_id), 303)


@bp.get("/payments/<int:payment_id>/documents/<int:document_id>")
def payment_document(payment_id: int, document_id: int) -> ResponseReturnValue:
    """An issued document, as it was frozen."""
    with reading() as session:
        found = documents.paper(session, payment_id, document_id)
    return paper(found.content, found.file_name)
