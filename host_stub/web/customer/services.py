"""«Subscriptions»: what runs, what it costs next, why something stopped, and what starts what waits."""

from __future__ import annotations

from billhook import Catalogue, Money, formats
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import InsufficientFunds, SubscriptionClosed
from host_stub.services.charges.subscriptions import activate
from host_stub.services.reading import subscriptions
from host_stub.services.reading.subscriptions import Service, Subscription
from host_stub.web import asking
from host_stub.web.access import Right, actor, current_account, customer_account, may
from host_stub.web.customer import bp, words
from host_stub.web.panel import panel, reading, scope

_ = Catalogue("host_stub")


@bp.get("/<int:account_id>/subscriptions")
@customer_account(Right.SERVICES)
def services(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = subscriptions.services(session, account_id)
    return render_template("customer/services.html", lines=list(map(_line, found)), price=words.plan_price)


def _line(service: Service) -> dict[str, object]:
    sums, at = service.to_start, panel().store.now()
    return {
        "service": service,
        "coming": words.coming_charge(service, current_account(), shows_money=may(Right.MONEY), now=at),
        "stopped": words.why_stopped(service.subscription),
        "can_start": sums is not None and not sums.needed and may(Right.PAY),
    }


@bp.post("/<int:account_id>/subscriptions/<int:subscription_id>/start")
@customer_account(Right.PAY)
def start_service(account_id: int, subscription_id: int) -> ResponseReturnValue:
    """Activate a subscription that waits although the balance covers it; asked first, with what it costs."""
    with reading() as session:
        found = subscriptions.of_account(session, account_id, subscription_id)
        price = subscriptions.cost_to_start(session, subscription_id)
    if asking.wants_question() and price is not None:
        return _question(found, price)
    try:
        activate(panel().store, scope(), subscription_id, by=actor())
    except InsufficientFunds as error:
        missing = formats.money(Money(error.missing_minor, current_account().balance.currency))
        flash(str(_("Not activated: {amount} are missing on the balance.", amount=missing)), "error")
    except SubscriptionClosed:
        flash(str(_("Nothing was changed: the subscription does not wait for activation any more.")), "warning")
    else:
        flash(str(_("Subscription activated and charged for its first period.")), "success")
    return redirect(url_for("customer.services", account_id=account_id), 303)


def _question(subscription: Subscription, price: Money) -> ResponseReturnValue:
    balance = current_account().balance
    question = asking.Question(
        _("Start “{name}”?", name=subscription.name),
        _("Start"),
        [_("{amount} will be charged for the first period.", amount=price), asking.balance_line(balance, -price)],
    )
    back = url_for("customer.services", account_id=subscription.account_id)
    return asking.ask(question, back_url=back)
