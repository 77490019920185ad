"""«Payments»: the list, one payment, cancelling it."""

from __future__ import annotations

from billhook import Catalogue, Money, PaymentStatus, Redirect
from billhook.i18n import current_language
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from host_stub.domain.errors import PaymentClosed
from host_stub.domain.payments import OPEN
from host_stub.persistence import Payment, PaymentMethod
from host_stub.plugins import paying
from host_stub.plugins.paying import Offer
from host_stub.services.money_in import payments
from host_stub.services.reading import statements
from host_stub.services.reading.statements import PaymentFilter
from host_stub.services.telling import journal
from host_stub.services.telling.views import payment_view
from host_stub.web.access import Right, actor, current_account, customer_account, may, own
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
        named = statements.payment_numbered(session, account_id, request.args.get("document_id", ""))
        if named is not None:
            return redirect(url_for("customer.payment", account_id=account_id, payment_id=named.id), 303)
        listing = statements.list_payments(session, account_id, wanted, cursor(request.args))
        methods = statements.methods_for(session, current_account())
        issued = statements.issued_documents(session, [payment.id for payment in listing.rows])
    return render_template(
        "customer/payments.html",
        listing=listing,
        wanted=wanted,
        statuses=[(status, word) for status, (_tone, word) in STATUSES["payment"].items()],
        menu=lambda payment: document_menu(payment, methods, issued),
        payment_amount=lambda payment: Money(payment.amount_minor, payment.currency),
        pager=pages(listing, "customer.payments", account_id=account_id, status=wanted.status, q=wanted.number),
    )


@bp.get("/<int:account_id>/payments/<int:payment_id>")
@customer_account(Right.MONEY)
def payment(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Show one payment: what it is, the ways to pay it, its documents, its log."""
    with reading() as session:
        row = own(session, Payment, payment_id)
        view = payment_view(session, row, current_language())
        entries, words = journal.entries(session, "payment", row.id), words_of_plugins(panel().registry)
        log = log_lines(entries, row.currency, for_customer=True, others=words)
        issued = statements.issued_documents(session, [row.id])
        credited = statements.credited(session, row)
    offers = usable_offers(payment_id) if row.status in OPEN and may(Right.PAY) else []
    return render_template(
        "customer/payment.html",
        payment=view,
        offers=[(offer, Markup(offer.method.description)) for offer in offers],  # noqa: S704  sanitised when saved
        downloads=downloads(row, issued),
        credited=credited,
        log=log,
        is_open=row.status in OPEN,
        waits=row.status == PaymentStatus.WAITING_FOR_PAYMENT,
        returned="returned" in request.args,
    )


def usable_offers(payment_id: int) -> list[Offer]:
    """Return the methods that this payment can be paid with now; why others can't is for a manager to read."""
    offers = [offer for offer in paying.offers(panel().desk, scope(), payment_id) if offer.reason is None]
    if any(Redirect in offer.provider.starts for offer in offers):
        allow_gateways(demo=panel().config.demo)
    return offers


@bp.get("/<int:account_id>/payments/<int:payment_id>/methods/<int:method_id>/icon")
@customer_account(Right.MONEY)
def method_icon(account_id: int, payment_id: int, method_id: int) -> ResponseReturnValue:
    """Serve the picture of a method: raster only, checked when it was uploaded."""
    with reading() as session:
        own(session, Payment, payment_id)
        method = session.get(PaymentMethod, method_id)
    if method is None or method.reseller_id != current_account().reseller_id or not method.icon:
        return "", 404
    return stored_file(method.icon, method.icon_type or "image/png")


@bp.post("/<int:account_id>/payments/<int:payment_id>/cancel")
@customer_account(Right.CANCEL)
def cancel_payment(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Cancel a payment that waits; one that moved meanwhile stays as it is, and the page says so."""
    with reading() as session:
        own(session, Payment, payment_id)
    try:
        payments.cancel(panel().store, scope(), payment_id, by=actor())
    except PaymentClosed as error:
        flash(closed_message(error), "warning")
    else:
        flash(str(_("The payment was cancelled.")), "success")
    return redirect(url_for("customer.payment", account_id=account_id, payment_id=payment_id), 303)


def closed_message(error: PaymentClosed) -> str:
    """Say where a payment stands that was to be paid or cancelled."""
    _tone, word = STATUSES["payment"][error.status]
    return str(_("Payment {number} has another status by now: {status}.", number=error.number, status=word))
