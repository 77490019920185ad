"""A manager makes a top-up for a customer."""

from __future__ import annotations

from billhook import Catalogue, Money, formats
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from host_stub.domain.amounts import AmountProblem
from host_stub.domain.errors import InvalidAmount, NotFound
from host_stub.persistence import Account, PaymentMethod, Reseller
from host_stub.persistence.store import fetch
from host_stub.services.money_in import payments
from host_stub.services.money_in.payments import TopUp
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.account_forms import TopUpForm
from host_stub.web.reseller.pick import account_picker, chosen_account
from host_stub.web.staff.room import once_token, show

_ = Catalogue("host_stub")


@bp.route("/payments/new", methods=["GET", "POST"], endpoint="payment_new")
def payment_new() -> ResponseReturnValue:
    crumbs = [(_("Payments"), url_for("reseller.payments"))]
    account_id = chosen_account()
    if account_id is None:
        return account_picker(_("New payment"), crumbs)
    with reading() as session:
        account = fetch(session, Account, account_id)
        seller = fetch(session, Reseller, current_reseller_id())
        query = select(PaymentMethod).where(PaymentMethod.active).order_by(PaymentMethod.position, PaymentMethod.id)
        methods = [row for row in session.scalars(query) if account.type in row.account_types]
    form = TopUpForm(once_token=once_token())
    form.amount.use(seller.currency)
    form.method_id.choices = [(0, _("the customer chooses")), *((row.id, row.name) for row in methods)]
    if form.validate_on_submit():
        made = _create(account, form, seller)
        if made is not None:
            flash(str(_("Payment created. The customer sees it among the payments.")), "success")
            return redirect(url_for("reseller.payment", payment_id=made), 303)
    page = show(
        "reseller/payment_new.html",
        crumbs=[*crumbs, (account.name, url_for("reseller.account", account_id=account.id))],
        form=form,
        account=account,
        currency=seller.currency,
        least=Money(seller.min_top_up_minor, seller.currency),
        most=Money(seller.max_top_up_minor, seller.currency),
    )
    return page, 422 if form.errors else 200


def _create(account: Account, form: TopUpForm, seller: Reseller) -> int | None:
    top_up = TopUp(
        account_id=account.id,
        amount=form.amount.data,
        purpose=form.purpose.data,
        comment=form.comment.data,
        method_id=form.method_id.data or None,
        once_token=form.once_token.data or None,
    )
    try:
        return payments.start_top_up(panel().store, scope(), top_up, by=actor())
    except InvalidAmount as error:
        form.amount.errors = [_sentence(error, seller.currency)]
    except NotFound:
        form.method_id.errors = [_("Choose one of the list.")]
    return None


def _sentence(error: InvalidAmount, currency: str) -> object:
    if error.limit_minor is None:
        return AMOUNT_PROBLEMS.get(error.code, AMOUNT_PROBLEMS[AmountProblem.NOT_A_SUM])
    limit = formats.money(Money(error.limit_minor, currency))
    if error.code == AmountProblem.TOO_SMALL:
        return _("The least sum of a payment is {limit}.", limit=limit)
    return _("The greatest sum of a payment is {limit}.", limit=limit)
