"""«Subscriptions»: what runs, what it costs next, why something stopped, and what starts what waits."""

from __future__ import annotations

from billhook import Catalogue, Money, formats
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from host_stub.domain.errors import InsufficientFunds, SubscriptionClosed
from host_stub.persistence import Account, Reseller, Subscription
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import running, subscriptions
from host_stub.services.reading import statements
from host_stub.web import asking
from host_stub.web.access import Right, actor, current_account, current_reseller_id, customer_account, may, own
from host_stub.web.customer import bp, words
from host_stub.web.panel import panel, reading, scope

_ = Catalogue("host_stub")


@bp.get("/<int:account_id>/subscriptions")
@customer_account(Right.SERVICES)
def services(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        account = fetch(session, Account, account_id)
        lines = [_line(session, account, found) for found in statements.list_services(session, account_id)]
    return render_template("customer/services.html", lines=lines, price=words.plan_price)


def _line(session: Session, account: Account, service: statements.Service) -> dict[str, object]:
    row = service.subscription
    sums = subscriptions.sums_to_activate(session, account, row) if row.status == "pending" else None
    return {
        "service": service,
        "coming": words.coming_charge(service, account, sums, shows_money=may(Right.MONEY), now=now(session)),
        "stopped": words.why_stopped(row),
        "can_start": sums is not None and not sums.needed and may(Right.PAY),
    }


@bp.post("/<int:account_id>/subscriptions/<int:subscription_id>/start")
@customer_account(Right.PAY)
def start_service(account_id: int, subscription_id: int) -> ResponseReturnValue:
    """Activate a subscription that waits although the balance covers it; asked first, with what it costs."""
    with reading() as session:
        row = own(session, Subscription, subscription_id)
        price = running.cost_to_start(session, row) if row.status == "pending" else None
    if asking.wants_question() and price is not None:
        return _question(row, price)
    try:
        subscriptions.activate(panel().store, scope(), subscription_id, by=actor())
    except InsufficientFunds as error:
        missing = formats.money(Money(error.missing_minor, _currency()))
        flash(str(_("Not activated: {amount} are missing on the balance.", amount=missing)), "error")
    except SubscriptionClosed:
        flash(str(_("Nothing was changed: the subscription does not wait for activation any more.")), "warning")
    else:
        flash(str(_("Subscription activated and charged for its first period.")), "success")
    return redirect(url_for("customer.services", account_id=account_id), 303)


def _question(row: Subscription, price: Money) -> ResponseReturnValue:
    balance = Money(current_account().balance_minor, price.currency)
    question = asking.Question(
        _("Start “{name}”?", name=row.name),
        _("Start"),
        [_("{amount} will be charged for the first period.", amount=price), asking.balance_line(balance, -price)],
    )
    back = url_for("customer.services", account_id=row.account_id)
    return asking.ask(question, back_url=back)


def _currency() -> str:
    with reading() as session:
        return fetch(session, Reseller, current_reseller_id()).currency
