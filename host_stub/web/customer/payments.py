"""«Payments»: the list, one payment, cancelling it."""

from __future__ import annotations

from billhook import Catalogue, PaymentStatus, Redirect
from billhook.i18n import current_language
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from host_stub.domain.errors import PaymentClosed
from host_stub.plugins import paying
from host_stub.services.money_in.payments import cancel
from host_stub.services.reading import documents, journal, methods, payments, tries
from host_stub.services.reading.methods import Method
from host_stub.services.reading.payments import PaymentFilter
from host_stub.web.access import Right, actor, current_account, customer_account, may
from host_stub.web.customer import bp
from host_stub.web.customer.documents import document_menu, downloads
from host_stub.web.customer.lists import pages
from host_stub.web.panel import panel, reading, scope
from host_stub.web.plugin_texts import words_of_plugins
from host_stub.web.routing import cursor
from host_stub.web.security import allow_gateways
from host_stub.web.sentences import log_lines
from host_stub.web.statuses import STATUSES
from host_stub.web.stored_files import stored_file

_ = Catalogue("host_stub")


@bp.get("/<int:account_id>/payments", endpoint="payments")
@customer_account(Right.MONEY)
def list_payments(account_id: int) -> ResponseReturnValue:
    """List payments, newest first; `?document_id=` opens the payment with that number."""
    wanted = PaymentFilter(request.args.get("status", ""), request.args.get("q", "").strip())
    with reading() as session:
        named = payments.numbered(session, account_id, request.args.get("document_id", ""))
        if named is not None:
            return redirect(url_for("customer.payment", account_id=account_id, payment_id=named.id), 303)
        listing = payments.list_of_account(session, account_id, wanted, cursor(request.args))
        offered = methods.offered(session, current_account().reseller_id, current_account().type)
        issued = documents.issued(session, [payment.id for payment in listing.rows])
    return render_template(
        "customer/payments.html",
        listing=listing,
        wanted=wanted,
        statuses=[(status, word) for status, (_tone, word) in STATUSES["payment"].items()],
        menu=lambda payment: document_menu(payment, offered, issued),
        pager=pages(listing, "customer.payments", account_id=account_id, status=wanted.status, q=wanted.number),
    )


@bp.get("/<int:account_id>/payments/<int:payment_id>")
@customer_account(Right.MONEY)
def payment(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Show one payment: what it is, the ways to pay it, its documents, its log."""
    with reading() as session:
        shown = payments.of_account(session, account_id, payment_id)
        view = payments.view(session, payment_id, current_language())
        entries, words = journal.entries(session, "payment", payment_id), words_of_plugins(panel().registry)
        log = log_lines(entries, shown.amount.currency, for_customer=True, others=words)
        issued = documents.issued(session, [payment_id])
        credited = payments.credited(session, shown)
        begun = tries.of_payment(session, payment_id)
    offers = usable_offers(payment_id) if shown.is_open and may(Right.PAY) else []
    return render_template(
        "customer/payment.html",
        payment=view,
        offers=[(each, Markup(each.description)) for each in offers],  # noqa: S704  sanitised when saved
        downloads=downloads(shown, issued),
        credited=credited,
        tries=begun,
        pending=tries.pending(begun, panel().store.now()),
        log=log,
        is_open=shown.is_open,
        waits=shown.status == PaymentStatus.WAITING_FOR_PAYMENT,
        returned="returned" in request.args,
    )


def usable_offers(payment_id: int) -> list[Method]:
    """Return the methods that this payment can be paid with now; why others can't is for a manager to read."""
    offers = [offer for offer in paying.offers(panel().desk, scope(), payment_id) if offer.reason is None]
    if any(Redirect in offer.provider.starts for offer in offers):
        allow_gateways(demo=panel().config.demo)
    return [methods.of(offer.method) for offer in offers]


@bp.get("/<int:account_id>/payments/<int:payment_id>/methods/<int:method_id>/icon")
@customer_account(Right.MONEY)
def method_icon(account_id: int, payment_id: int, method_id: int) -> ResponseReturnValue:
    """Serve the picture of a method: raster only, checked when it was uploaded."""
    with reading() as session:
        payments.of_account(session, account_id, payment_id)
        found = methods.icon(session, method_id)
    return stored_file(found.content, found.content_type) if found is not None else ("", 404)


@bp.post("/<int:account_id>/payments/<int:payment_id>/cancel")
@customer_account(Right.CANCEL)
def cancel_payment(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Cancel a payment that waits; one that moved meanwhile stays as it is, and the page says so."""
    with reading() as session:
        payments.of_account(session, account_id, payment_id)
    try:
        cancel(panel().store, scope(), payment_id, by=actor())
    except PaymentClosed as error:
        flash(closed_message(error), "warning")
    else:
        flash(str(_("The payment was cancelled.")), "success")
    return redirect(url_for("customer.payment", account_id=account_id, payment_id=payment_id), 303)


def closed_message(error: PaymentClosed) -> str:
    """Say where a payment stands that was to be paid or cancelled."""
    _tone, word = STATUSES["payment"][error.status]
    return str(_("Payment {number} has another status by now: {status}.", number=error.number, status=word))
