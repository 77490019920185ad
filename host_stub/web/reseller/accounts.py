"""Customers: the list, one of them in tabs, what a manager does to a balance."""

from __future__ import annotations

from typing import Any

from billhook import AccountType, Catalogue, formats
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import InvalidAmount
from host_stub.services.books import corrections
from host_stub.services.charges import holds, subscriptions
from host_stub.services.reading import accounts, operations, payments
from host_stub.services.reading.accounts import Account, Status
from host_stub.services.reading.payments import PaymentFilter
from host_stub.services.tenants.accounts import change, create
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.asking import ask, wants_question
from host_stub.web.fields import AMOUNT_PROBLEMS
from host_stub.web.page import NavItem
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp, questions
from host_stub.web.reseller.account_forms import AccountForm, CorrectionForm, ThresholdForm
from host_stub.web.sentences import ACCOUNT_TYPES
from host_stub.web.staff.room import asked, cursor, log_of, once_token, pages, reseller, show

_ = Catalogue("host_stub")

FILTERS = {
    **{kind.value: ACCOUNT_TYPES[kind] for kind in AccountType},
    Status.ON_HOLD.value: _("on hold"),
    Status.IN_DEBT.value: _("below zero"),
    Status.STOPPING.value: _("will stop within 24 hours"),
    Status.NOT_CHARGED.value: _("could not be charged"),
    Status.UNREACHABLE.value: _("nobody to write to"),
}


@bp.get("/accounts", endpoint="accounts")
def accounts_list() -> ResponseReturnValue:
    status, text = asked("status", FILTERS), asked("q")
    with reading() as session:
        listing = accounts.list_accounts(session, status, text, cursor())
    return show(
        "reseller/accounts.html",
        listing=listing,
        pager=pages(listing),
        filters=list(FILTERS.items()),
        status=status,
        query=text,
    )


def account_tabs(account_id: int) -> list[NavItem]:
    """Return the tabs of an account's pages; the log stands last."""
    labels = (
        ("account", _("General")),
        ("account_subscriptions", _("Subscriptions")),
        ("account_payments", _("Payments")),
        ("account_operations", _("Operations")),
        ("account_users", _("Users")),
        ("account_log", _("Journal")),
    )
    return [
        NavItem(
            label, url_for(f"reseller.{name}", account_id=account_id), active=request.endpoint == f"reseller.{name}"
        )
        for name, label in labels
    ]


def account_page(template: str, account_id: int, **values: Any) -> str:
    """Render a tab of an account."""
    with reading() as session:
        account, hold = accounts.account(session, account_id), accounts.hold(session, account_id)
    return show(
        template,
        tabs=account_tabs(account_id),
        crumbs=[(_("Customers"), url_for("reseller.accounts"))],
        account=account,
        currency=account.balance.currency,
        hold=hold,
        hold_text=" ".join(map(str, (holds.title(hold), *holds.until(hold), *holds.way_out(hold)))),
        **values,
    )


@bp.get("/accounts/<int:account_id>")
def account(account_id: int) -> ResponseReturnValue:
    return _general(account_id)


def _general(account_id: int, *, correction: CorrectionForm | None = None, limit: ThresholdForm | None = None) -> str:
    with reading() as session:
        account = accounts.account(session, account_id)
        contacts = accounts.finance_emails(session, account_id)
    warnings = AccountForm.of(account).warnings() if request.method == "GET" else []
    if correction is None:
        correction = CorrectionForm(formdata=None, once_token=once_token())
    if limit is None:
        limit = ThresholdForm(formdata=None, threshold=account.threshold)
    return account_page(
        "reseller/account.html", account_id, correction=correction, limit=limit, contacts=contacts, warnings=warnings
    )


@bp.route("/accounts/new", methods=["GET", "POST"], endpoint="account_new")
def account_new() -> ResponseReturnValue:
    form = AccountForm()
    if form.validate_on_submit():
        account_id = create(panel().store, scope(), current_reseller_id(), form.draft(), by=actor())
        return _saved(form, account_id)
    return _edit_page(form, None)


@bp.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"], endpoint="account_edit")
def account_edit(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        account = accounts.account(session, account_id)
    form = AccountForm() if request.method == "POST" else AccountForm.of(account)
    if form.validate_on_submit():
        change(panel().store, scope(), account_id, form.draft(), by=actor())
        return _saved(form, account_id)
    return _edit_page(form, account)


def _saved(form: AccountForm, account_id: int) -> ResponseReturnValue:
    flash(str(_("Saved.")), "success")
    for warning in form.warnings():
        flash(str(warning), "warning")
    return redirect(url_for("reseller.account", account_id=account_id), 303)


def _edit_page(form: AccountForm, account: Account | None) -> ResponseReturnValue:
    crumbs = [(_("Customers"), url_for("reseller.accounts"))]
    if account is not None:
        crumbs.append((account.name, url_for("reseller.account", account_id=account.id)))  # type: ignore[arg-type]
    page = show("reseller/account_form.html", crumbs=crumbs, form=form, account=account)
    return page, 422 if form.errors else 200


@bp.post("/accounts/<int:account_id>/corrections")
def account_correct(account_id: int) -> ResponseReturnValue:
    """Change the balance by hand; the same form twice changes it once."""
    form = CorrectionForm()
    form.amount.use(reseller().currency)
    if not form.validate_on_submit():
        return _general(account_id, correction=form), 422
    if wants_question():
        question = questions.correction(*_standing(account_id), form.amount.data, form.reason.data)
        return ask(question, back_url=_address(account_id))
    token = form.once_token.data or once_token()
    try:
        corrections.correct(
            panel().store, scope(), account_id, form.amount.data, reason=form.reason.data, once_token=token, by=actor()
        )
    except InvalidAmount as error:
        form.amount.errors = [AMOUNT_PROBLEMS.get(error.code, AMOUNT_PROBLEMS["not_a_sum"])]
        return _general(account_id, correction=form), 422
    flash(str(_("Balance corrected by {amount}.", amount=formats.money(form.amount.data))), "success")
    return redirect(url_for("reseller.account", account_id=account_id), 303)


def _standing(account_id: int) -> tuple[str, holds.HoldSummary]:
    """Return the account's name and how it stands."""
    with reading() as session:
        return accounts.account(session, account_id).name, accounts.hold(session, account_id)


def _address(account_id: int) -> str:
    return url_for("reseller.account", account_id=account_id)


@bp.post("/accounts/<int:account_id>/threshold")
def account_threshold(account_id: int) -> ResponseReturnValue:
    form = ThresholdForm()
    form.threshold.use(reseller().currency)
    if not form.validate_on_submit() or form.threshold.data is None:
        return _general(account_id, limit=form), 422
    if wants_question():
        return ask(questions.threshold(*_standing(account_id), form.threshold.data), back_url=_address(account_id))
    subscriptions.change_threshold(panel().store, scope(), account_id, form.threshold.data, by=actor())
    flash(str(_("Blocking threshold saved, the hold was decided again.")), "success")
    return redirect(url_for("reseller.account", account_id=account_id), 303)


@bp.get("/accounts/<int:account_id>/payments")
def account_payments(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        accounts.account(session, account_id)
        listing = payments.list_of_account(session, account_id, PaymentFilter(), cursor())
    return account_page("reseller/account_payments.html", account_id, listing=listing, pager=pages(listing))


@bp.get("/accounts/<int:account_id>/operations")
def account_operations(account_id: int) -> ResponseReturnValue:
    """Every movement, with its reason and the running balance."""
    with reading() as session:
        accounts.account(session, account_id)
        listing = operations.list_operations(session, account_id, cursor())
    return account_page("reseller/account_operations.html", account_id, listing=listing, pager=pages(listing))


@bp.get("/accounts/<int:account_id>/log")
def account_log(account_id: int) -> ResponseReturnValue:
    with reading() as session:
        currency = accounts.account(session, account_id).balance.currency
        log = log_of(session, "account", account_id, currency)
    return account_page("reseller/account_log.html", account_id, log=log)
