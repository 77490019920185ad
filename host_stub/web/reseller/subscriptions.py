"""Subscriptions: the list, one of them, activate, delete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billhook import Catalogue, Money, formats
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from wtforms import SelectField
from wtforms.validators import Length

from host_stub.domain.charging import Reckoning
from host_stub.domain.errors import InsufficientFunds, SubscriptionClosed
from host_stub.domain.texts import clean_line
from host_stub.persistence import Account, Charge, Plan, Reseller, Subscription
from host_stub.persistence.listings import list_page
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import holds, plans, running, subscriptions
from host_stub.services.charges.subscriptions import PlanInactive
from host_stub.services.money_in import consequences
from host_stub.services.reading import searching, work_queue
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


@bp.get("/subscriptions", endpoint="subscriptions")
def subscriptions_list() -> ResponseReturnValue:
    statuses = [
        *((value, word) for value, (_tone, word) in STATUSES["subscription"].items()),
        ("failing", _("service not switched")),
    ]
    status, text = asked("status", [value for value, _word in statuses]), asked("q")
    with reading() as session:
        search = searching.subscriptions(text) if text else None
        listing = list_page(session, _filtered(status), Subscription.id, cursor(), search=search)
    return show(
        "reseller/subscriptions.html",
        listing=listing,
        pager=pages(listing),
        statuses=statuses,
        status=status,
        query=text,
        currency=reseller().currency,
        price_words=price_words,
    )


def _filtered(status: str) -> Select[Any]:
    query = (
        select(Subscription)
        .join(Account, Account.id == Subscription.account_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .add_columns(Account, Plan)
    )
    if status == "failing":
        return query.where(work_queue.not_switched())
    return query.where(Subscription.status == status) if status else query


@bp.get("/accounts/<int:account_id>/subscriptions")
def account_subscriptions(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        fetch(session, Account, account_id)
        query = (
            select(Subscription)
            .join(Plan, Plan.id == Subscription.plan_id)
            .where(Subscription.account_id == account_id)
            .add_columns(Plan)
        )
        listing = list_page(session, query, Subscription.id, cursor())
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
        row = fetch(session, Subscription, subscription_id)
        account = fetch(session, Account, row.account_id)
        code = fetch(session, Reseller, row.reseller_id).currency
        hold = holds.hold_summary(session, account)
        upcoming = subscriptions.upcoming(session, row)
        missing = ""
        if row.status == "pending":
            sums = subscriptions.sums_to_activate(session, account, row)
            missing = str(holds.how(sums)) if sums.needed else ""
        query = select(Charge).where(Charge.subscription_id == row.id).order_by(Charge.id.desc()).limit(20)
        charges = list(session.scalars(query))
        page_values: dict[str, Any] = {
            "plan": fetch(session, Plan, row.plan_id),
            "upcoming": upcoming,
            "stops_at": row.next_charge_at if hold.on_hold and row.status == "active" else None,
            "stopping": _stopping(row, hold, upcoming, now(session)),
            "charges": charges,
            "given_back": consequences.given_back(session, charges),
            "log": log_of(session, "subscription", row.id, code),
        }
    return show(
        "reseller/subscription.html",
        crumbs=[
            (_("Subscriptions"), url_for("reseller.subscriptions")),
            (account.name, url_for("reseller.account_subscriptions", account_id=account.id)),
        ],
        subscription=row,
        account=account,
        missing=missing,
        currency=code,
        price_words=price_words,
        **page_values,
    )


def _stopping(row: Subscription, hold: holds.HoldSummary, upcoming: subscriptions.Upcoming, at: datetime) -> str:
    """Return what soon stops a subscription, or starts it again, where the balance does not cover it; else nothing."""
    if hold.on_hold and row.status in ("active", "stopped"):
        return " ".join(map(str, holds.way_out(hold)))
    sums = Reckoning(hold.sums.balance, hold.sums.threshold, upcoming.price)
    soon = upcoming.span is not None and upcoming.span.start <= at + work_queue.SOON
    if row.status == "active" and soon and sums.needed:
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
        account = fetch(session, Account, account_id)
        offered = plans.of_reseller(session, current_reseller_id(), only_active=True)
    code = reseller().currency
    form = SubscriptionForm()
    form.plan_id.choices = [(plan.id, f"{plan.name} · {price_words(plan, code)}") for plan in offered]
    if form.validate_on_submit():
        try:
            made = subscriptions.create(
                panel().store, scope(), account_id, form.plan_id.data, name=form.name.data, by=actor()
            )
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
        subscriptions.activate(panel().store, scope(), subscription_id, by=actor())
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
            row = fetch(session, Subscription, subscription_id)
            account = fetch(session, Account, row.account_id)
        return ask(questions.deletion(row, account), back_url=_address(subscription_id))
    try:
        subscriptions.delete(panel().store, scope(), subscription_id, by=actor())
    except SubscriptionClosed:
        flash(str(_("Nothing was changed: the subscription is deleted already.")), "warning")
    else:
        flash(str(_("Subscription deleted.")), "success")
    return _back(subscription_id)


@bp.post("/subscriptions/<int:subscription_id>/name")
def subscription_name(subscription_id: int) -> ResponseReturnValue:
    with reading() as session:
        fetch(session, Subscription, subscription_id)
    name = clean_line(request.form.get("name", ""))[:200]
    if name and name.isprintable():
        subscriptions.rename(panel().store, scope(), subscription_id, name, by=actor())
        flash(str(_("Saved.")), "success")
    else:
        flash(str(_("Enter a name.")), "error")
    return _back(subscription_id)


def _activation(subscription_id: int) -> Question | None:
    """Return the question; None where nothing would be charged, which activating says better."""
    with reading() as session:
        row = fetch(session, Subscription, subscription_id)
        account = fetch(session, Account, row.account_id)
        if row.status != "pending" or subscriptions.missing_to_activate(session, account, row):
            return None
        price = running.cost_to_start(session, row)
        return questions.activation(row, account, holds.hold_summary(session, account), price)


def _address(subscription_id: int) -> str:
    return url_for("reseller.subscription", subscription_id=subscription_id)


def _back(subscription_id: int) -> ResponseReturnValue:
    return redirect(_address(subscription_id), 303)
