"""A manager makes a top-up for a customer."""

from __future__ import annotations

from billhook import Catalogue, Money, formats
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.amounts import AmountProblem
from host_stub.domain.errors import InvalidAmount, NotFound
from host_stub.services.money_in import payments
from host_stub.services.money_in.payments import TopUp
from host_stub.services.reading import accounts, methods
from host_stub.services.reading.accounts import Account
from host_stub.web.access import actor
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.account_forms import TopUpForm
from host_stub.web.reseller.pick import account_picker, chosen_account
from host_stub.web.staff.room import once_token, reseller, show

_ = Catalogue("host_stub")


@bp.route("/payments/new", methods=["GET", "POST"], endpoint="payment_new")
def payment_new() -> ResponseReturnValue:
    crumbs = [(_("Payments"), url_for("reseller.payments"))]
    account_id = chosen_account()
    if account_id is None:
        return account_picker(_("New payment"), crumbs)
    with reading() as session:
        account = accounts.account(session, account_id)
        usable = [each for each in methods.all_in_order(session) if each.active and account.type in each.account_types]
    seller = reseller()
    form = TopUpForm(once_token=once_token())
    form.amount.use(seller.currency)
    form.method_id.choices = [(0, _("the customer chooses")), *((method.id, method.name) for method in usable)]
    if form.validate_on_submit():
        made = _create(account, form)
        if made is not None:
            flash(str(_("Payment created. The customer sees it among the payments.")), "success")
            return redirect(url_for("reseller.payment", payment_id=made), 303)
    page = show(
        "reseller/payment_new.html",
        crumbs=[*crumbs, (account.name, url_for("reseller.account", account_id=account.id))],
        form=form,
        account=account,
        currency=seller.currency,
        least=seller.min_top_up,
        most=seller.max_top_up,
    )
    return page, 422 if form.errors else 200


def _create(account: Account, form: TopUpForm) -> int | None:
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
        form.amount.errors = [_sentence(error, account.balance.currency)]
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
