"""Requisites and taxes: the reseller as a seller."""

from __future__ import annotations

from datetime import date
from typing import Any

from billhook import Catalogue
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import InvalidSettings
from host_stub.services.reading import sellers as reading_sellers
from host_stub.services.reading.sellers import BankAccount, Seller
from host_stub.services.tenants import sellers
from host_stub.services.tenants.sellers import LastAccount
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.seller_forms import RegimeForm, account_form, requisites_form
from host_stub.web.seller_words import needs
from host_stub.web.staff.room import cursor, log_of, pages, reseller, show

_ = Catalogue("host_stub")


@bp.get("/seller", endpoint="seller")
def seller_page() -> ResponseReturnValue:
    return _page(_seller())


def _seller() -> Seller | None:
    with reading() as session:
        return reading_sellers.seller(session, current_reseller_id())


def _known() -> Seller:
    return _seller() or abort(404)


def _page(seller: Seller | None, *, form: Any = None, regime: RegimeForm | None = None) -> str:
    if seller is None:
        return show("reseller/seller_unknown.html", currency=reseller().currency)
    with reading() as session:
        former = reading_sellers.outdated_count(session, current_reseller_id(), needs())
        log = log_of(session, "reseller", current_reseller_id(), reseller().currency)
    return show(
        "reseller/seller.html",
        seller=seller,
        form=form or requisites_form(seller.scheme, seller.requisites),
        groups=_groups(seller),
        regime_form=regime or RegimeForm.of(seller.scheme, seller.today, formdata=None),
        former=former,
        log=log,
    )


def _groups(seller: Seller) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in seller.scheme.requisites:
        found.setdefault(str(each.group), []).append(each.key)
    return found


def _back(fragment: str = "") -> ResponseReturnValue:
    return redirect(url_for("reseller.seller") + fragment, 303)


@bp.post("/seller/requisites")
def seller_requisites() -> ResponseReturnValue:
    seller = _known()
    form = requisites_form(seller.scheme, seller.requisites)
    if form.validate_on_submit():
        typed = form.typed(seller.scheme.requisites)
        try:
            sellers.save_requisites(panel().store, scope(), current_reseller_id(), typed, by=actor())
        except InvalidSettings as error:
            form.take(error.findings)
        else:
            flash(str(_("Saved. Bills that were issued before keep saying what they said.")), "success")
            return _back()
    return _page(seller, form=form), 422


@bp.route("/seller/accounts/new", methods=["GET", "POST"])
def seller_account_new() -> ResponseReturnValue:
    return _account(_known(), None)


@bp.route("/seller/accounts/<int:bank_account_id>", methods=["GET", "POST"])
def seller_account(bank_account_id: int) -> ResponseReturnValue:
    seller = _known()
    account = next((each for each in seller.accounts if each.id == bank_account_id), None)
    return _account(seller, account or abort(404))


def _account(seller: Seller, account: BankAccount | None) -> ResponseReturnValue:
    form = account_form(
        seller.scheme,
        account.values if account else {},
        is_default=account.is_default if account else not seller.accounts,
    )
    if form.validate_on_submit():
        try:
            sellers.save_account(
                panel().store,
                scope(),
                current_reseller_id(),
                form.typed(seller.scheme.account),
                by=actor(),
                account_id=account.id if account else None,
                default=form.default.data,
            )
        except InvalidSettings as error:
            form.take(error.findings)
        else:
            flash(str(_("Saved. Bills that were issued before keep saying what they said.")), "success")
            return _back()
    page = show(
        "reseller/seller_account.html",
        crumbs=[(_("Requisites and taxes"), url_for("reseller.seller"))],
        account=account,
        fields=[each.key for each in seller.scheme.account],
        form=form,
    )
    return page, 422 if request.method == "POST" else 200


@bp.post("/seller/accounts/<int:bank_account_id>/close")
def seller_account_close(bank_account_id: int) -> ResponseReturnValue:
    try:
        sellers.close_account(panel().store, scope(), current_reseller_id(), bank_account_id, by=actor())
    except LastAccount:
        flash(str(_("This is the default account: make another one the default first.")), "error")
    else:
        flash(str(_("The account is not used any more.")), "success")
    return _back()


@bp.post("/seller/regimes")
def seller_regime_begin() -> ResponseReturnValue:
    seller = _known()
    form = RegimeForm.of(seller.scheme, seller.today)
    if form.validate_on_submit():
        try:
            sellers.begin_regime(panel().store, scope(), current_reseller_id(), form.wanted(), by=actor())
        except InvalidSettings as error:
            form.take(error.findings)
        else:
            flash(str(_("Saved. Documents issued from that day on follow it.")), "success")
            return _back("#taxes")
    return _page(seller, regime=form), 422


@bp.post("/seller/regimes/remove")
def seller_regime_remove() -> ResponseReturnValue:
    _known()
    try:
        since = date.fromisoformat(request.form.get("since", ""))
    except ValueError:
        abort(404)
    try:
        sellers.remove_regime(panel().store, scope(), current_reseller_id(), since, by=actor())
    except InvalidSettings as error:
        flash(" ".join(str(getattr(each, "text", each)) for each in error.findings), "error")
    else:
        flash(str(_("Removed.")), "success")
    return _back("#taxes")


@bp.get("/seller/bills")
def seller_bills() -> ResponseReturnValue:
    """Open payments whose bill says another seller, account or tax than a bill of today would."""
    with reading() as session:
        listing = reading_sellers.outdated(session, current_reseller_id(), needs(), cursor())
    return show(
        "reseller/seller_bills.html",
        crumbs=[(_("Requisites and taxes"), url_for("reseller.seller"))],
        listing=listing,
        pager=pages(listing),
    )
