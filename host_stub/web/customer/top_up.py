"""«Top up balance»: a sum becomes a payment that waits to be paid."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from billhook import Catalogue, Money
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, ValidationError

from host_stub.domain.amounts import AmountProblem, UnreadableAmount, read_amount
from host_stub.domain.errors import InvalidAmount
from host_stub.services.money_in import payments
from host_stub.services.money_in.payments import PURPOSE_LENGTH, TopUp
from host_stub.services.reading import accounts, methods, resellers
from host_stub.web.access import Right, actor, current_account, current_reseller_id, customer_account
from host_stub.web.customer import bp
from host_stub.web.customer.words import short_money
from host_stub.web.fields import AMOUNT_PROBLEMS, AmountField, Stripped
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm

_ = Catalogue("host_stub")

_TOKEN_LENGTH = 32


class TopUpForm(PanelForm):
    """once: drawn when the form is shown, so that a button pressed twice makes one payment."""

    amount = AmountField(_("Amount"))
    purpose = Stripped(
        _("Payment purpose"),
        description=_("If you like: what the payment is for, in your own words. At most 200 characters."),
    )
    once = HiddenField()

    def validate_purpose(self, field: Stripped) -> None:
        if len(field.data or "") > PURPOSE_LENGTH:
            raise ValidationError(_("At most 200 characters."))

    def validate_once(self, field: HiddenField) -> None:
        if len(field.data or "") > _TOKEN_LENGTH:
            raise ValidationError(_("Open the page anew."))


@bp.get("/<int:account_id>/top-up")
@customer_account(Right.PAY)
def top_up(account_id: int) -> ResponseReturnValue:
    """Show the form; `?amount=` fills it in, and so does what a financial blocking needs."""
    form, limits = _form()
    form.once.data = secrets.token_hex(_TOKEN_LENGTH // 2)
    if asked := request.args.get("amount", "").strip():
        _prefill(form, asked)
    elif limits.needed:
        form.amount.data = max(limits.needed, limits.least)
    return _page(form, limits)


@bp.post("/<int:account_id>/top-up")
@customer_account(Right.PAY)
def create_top_up(account_id: int) -> ResponseReturnValue:
    form, limits = _form()
    if not form.validate_on_submit() or form.amount.data is None:
        return _page(form, limits), 422
    wanted = TopUp(account_id, form.amount.data, form.purpose.data or "", once_token=form.once.data or None)
    try:
        payment_id = payments.start_top_up(panel().store, scope(), wanted, by=actor())
    except InvalidAmount as error:
        form.amount.errors = [_outside(error, limits)]
        return _page(form, limits), 422
    return redirect(url_for("customer.payment", account_id=account_id, payment_id=payment_id), 303)


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be topped up, and what has to be. needed: nought without a blocking. payable: by some method."""

    least: Money
    most: Money
    needed: Money
    payable: bool


def _form() -> tuple[TopUpForm, Limits]:
    account = current_account()
    with reading() as session:
        reseller = resellers.reseller(session, current_reseller_id())
        needed = accounts.hold(session, account.id).needed if account.on_hold else Money.zero(reseller.currency)
        # Which ones will do for a sum is known once it is named.
        offered = methods.offered(session, account.reseller_id, account.type)
    payable = any(method.plugin in panel().registry.plugins for method in offered)
    limits = Limits(reseller.min_top_up, reseller.max_top_up, needed, payable)
    form = TopUpForm()
    form.amount.use(reseller.currency)
    form.amount.flags.required = True
    return form, limits


def _prefill(form: TopUpForm, text: str) -> None:
    try:
        form.amount.data = read_amount(text, form.amount.currency)
    except UnreadableAmount:
        form.amount.raw_data = [text[:40]]


def _outside(error: InvalidAmount, limits: Limits) -> object:
    if error.code == AmountProblem.TOO_SMALL:
        return _("Minimum payment: {amount}", amount=short_money(limits.least))
    if error.code == AmountProblem.TOO_LARGE:
        return _("Maximum payment: {amount}", amount=short_money(limits.most))
    return AMOUNT_PROBLEMS[error.code]


def _page(form: TopUpForm, limits: Limits) -> str:
    least = _("Minimum payment: {amount}", amount=short_money(limits.least))
    return render_template(
        "customer/top_up.html", form=form, least=least, currency=form.amount.currency, payable=limits.payable
    )
