"""Subscriptions: the list, one of them, activate, delete."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue, Money, formats
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.validators import Length

from host_stub.domain.charging import Reckoning
from host_stub.domain.errors import InsufficientFunds, SubscriptionClosed
from host_stub.domain.texts import clean_line
from host_stub.services.charges import holds
from host_stub.services.charges.subscriptions import PlanInactive, activate, create, delete, rename
from host_stub.services.reading import accounts, plans, subscriptions, work_queue
from host_stub.services.reading.subscriptions import NOT_SWITCHED, Subscription, SubscriptionFacts, Switching
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.fields import Stripped
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.reseller import bp, questions
from host_stub.web.reseller.accounts import account_page
from host_stub.web.reseller.pick import account_picker, chosen_account
from host_stub.web.reseller.plan_words import price_words
from host_stub.web.staff.room import asked, cursor, log_of, pages, reseller, show
from host_stub.web.statuses import STATUSES

_ = Catalogue("host_stub")

#: How many of a subscription's charges stand on its page.
_CHARGES: Final = 20
_SWITCHING: Final = {
    Switching.NEVER: _("not started yet"),
    Switching.DONE: _("up to date"),
    Switching.UNDER_WAY: _("being switched"),
}


@bp.get("/subscriptions", endpoint="subscriptions")
def subscriptions_list() -> ResponseReturnValue:
    statuses = [
        *((value, word) for value, (_tone, word) in STATUSES["subscription"].items()),
        (NOT_SWITCHED, _("service not switched")),
    ]
    status, text = asked("status", [value for value, _word in statuses]), asked("q")
    with reading() as session:
        listing = subscriptions.list_all(session, status, text, cursor())
    return show(
        "reseller/subscriptions.html",
        listing=listing,
        pager=pages(listing),
        statuses=statuses,
        status=status,
        query=text,
        price_words=price_words,
    )


@bp.get("/accounts/<int:account_id>/subscriptions")
def account_subscriptions(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        accounts.account(session, account_id)
        listing = subscriptions.list_of_account(session, account_id, cursor())
    return account_page(
        "reseller/account_subscriptions.html",
        account_id,
        listing=listing,
        pager=pages(listing),
        price_words=price_words,
    )


@bp.get("/subscriptions/<int:subscription_id>")
def subscription(subscription_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = subscriptions.subscription(session, subscription_id)
        facts = subscriptions.facts(session, found, _CHARGES)
        account = facts.account
        log = log_of(session, "subscription", subscription_id, account.balance.currency)
    sums = facts.to_start
    return show(
        "reseller/subscription.html",
        crumbs=[
            (_("Subscriptions"), url_for("reseller.subscriptions")),
            (account.name, url_for("reseller.account_subscriptions", account_id=account.id)),
        ],
        subscription=found,
        account=account,
        plan=facts.plan,
        upcoming=facts.next,
        missing=str(holds.how(sums)) if sums is not None and sums.needed else "",
        stops_at=found.next_charge_at if facts.hold.on_hold and found.status == "active" else None,
        stopping=_stopping(found, facts),
        switching=_SWITCHING[found.switching],
        charges=facts.charges,
        log=log,
        price_words=price_words,
    )


def _stopping(subscription: Subscription, facts: SubscriptionFacts) -> str:
    """Return what soon stops a subscription, or starts it again, where the balance does not cover it; else nothing."""
    hold, upcoming = facts.hold, facts.next
    if hold.on_hold and subscription.status in ("active", "stopped"):
        return " ".join(map(str, holds.way_out(hold)))
    sums = Reckoning(hold.sums.balance, hold.sums.threshold, upcoming.price)
    soon = upcoming.span is not None and upcoming.span.start <= facts.at + work_queue.SOON
    if subscription.status == "active" and soon and sums.needed:
        return str(_("The next charge does not fit, and the service stops then. {sums}", sums=holds.how(sums)))
    return ""


class SubscriptionForm(PanelForm):
    plan_id = SelectField(_("Plan"), coerce=int)
    name = Stripped(_("Name"), description=_("Empty: the plan's name."), validators=[Length(max=200)])


@bp.route("/subscriptions/new", methods=["GET", "POST"], endpoint="subscription_new")
def subscription_new() -> ResponseReturnValue:
    crumbs: list[tuple[Any, str]] = [(_("Subscriptions"), url_for("reseller.subscriptions"))]
    account_id = chosen_account()
    if account_id is None:
        return account_picker(_("New subscription"), crumbs)
    with reading() as session:
        account = accounts.account(session, account_id)
        offered = plans.on_sale(session, current_reseller_id())
    form = SubscriptionForm()
    form.plan_id.choices = [(plan.id, f"{plan.name} · {price_words(plan)}") for plan in offered]
    if form.validate_on_submit():
        try:
            made = create(panel().store, scope(), account_id, form.plan_id.data, name=form.name.data, by=actor())
        except PlanInactive:
            form.plan_id.errors = [_("This plan is no longer sold.")]
        else:
            flash(str(_("Subscription created. It waits for activation.")), "success")
            return redirect(url_for("reseller.subscription", subscription_id=made), 303)
    page = show("reseller/subscription_new.html", crumbs=crumbs, form=form, account=account, plans=offered)
    return page, 422 if form.errors else 200


@bp.post("/subscriptions/<int:subscription_id>/activate")
def subscription_activate(subscription_id: int) -> ResponseReturnValue:
    """Charge the first period and let it run, or say what sum is missing."""
    question = _activation(subscription_id) if wants_question() else None
    if question is not None:
        return ask(question, back_url=_address(subscription_id))
    try:
        activate(panel().store, scope(), subscription_id, by=actor())
    except InsufficientFunds as error:
        missing = formats.money(Money(error.missing_minor, reseller().currency))
        flash(str(_("Not activated: {amount} are missing on the balance.", amount=missing)), "error")
    except SubscriptionClosed:
        flash(str(_("Nothing was changed: the subscription does not wait for activation any more.")), "warning")
    else:
        flash(str(_("Subscription activated and charged for its first period.")), "success")
    return _back(subscription_id)


@bp.post("/subscriptions/<int:subscription_id>/delete")
def subscription_delete(subscription_id: int) -> ResponseReturnValue:
    if wants_question():
        with reading() as session:
            found = subscriptions.with_neighbours(session, subscription_id)
        return ask(questions.deletion(found), back_url=_address(subscription_id))
    try:
        delete(panel().store, scope(), subscription_id, by=actor())
    except SubscriptionClosed:
        flash(str(_("Nothing was changed: the subscription is deleted already.")), "warning")
    else:
        flash(str(_("Subscription deleted.")), "success")
    return _back(subscription_id)


@bp.post("/subscriptions/<int:subscription_id>/name")
def subscription_name(subscription_id: int) -> ResponseReturnValue:
    with reading() as session:
        subscriptions.subscription(session, subscription_id)
    name = clean_line(request.form.get("name", ""))[:200]
    if name and name.isprintable():
        rename(panel().store, scope(), subscription_id, name, by=actor())
        flash(str(_("Saved.")), "success")
    else:
        flash(str(_("Enter a name.")), "error")
    return _back(subscription_id)


def _activation(subscription_id: int) -> Question | None:
    """Return the question; None where nothing would be charged, which activating says better."""
    with reading() as session:
        start = subscriptions.to_start(session, subscription_id)
        if start is None or start[1].needed:
            return None
        found = subscriptions.with_neighbours(session, subscription_id)
        return questions.activation(found, accounts.hold(session, found.account.id), start[0])


def _address(subscription_id: int) -> str:
    return url_for("reseller.subscription", subscription_id=subscription_id)


def _back(subscription_id: int) -> ResponseReturnValue:
    return redirect(_address(subscription_id), 303)
