"""Plans: what the reseller sells."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue, Money
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import SelectChoice, SelectField
from wtforms.validators import DataRequired, Length

from host_stub.persistence import Period, Plan, Reseller
from host_stub.persistence.listings import Search, contains, list_page
from host_stub.persistence.store import fetch
from host_stub.services.charges import plans
from host_stub.services.charges.plans import PlanTerms
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.fields import AmountField, Paragraphs, Stripped
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.reseller import bp
from host_stub.web.reseller.plan_words import PERIODS, price_words
from host_stub.web.staff.room import asked, cursor, log_of, pages, reseller, show

_ = Catalogue("host_stub")


class PlanForm(PanelForm):
    name = Stripped(_("Name"), validators=[DataRequired(_("Enter a name.")), Length(max=200)])
    period = SelectField(_("Charged"), choices=[SelectChoice(period.value, PERIODS[period]) for period in Period])
    price = AmountField(
        _("Price"),
        description=_("Of a day or a month; of an hourly plan the price of a calendar month."),
        validators=[DataRequired(_("Enter a sum."))],
    )
    description = Paragraphs(_("Description"), validators=[Length(max=2000)], render_kw={"rows": 4})

    def terms(self, period: Period | None = None) -> PlanTerms:
        return PlanTerms(
            name=self.name.data,
            period=period or Period(self.period.data),
            price=self.price.data,
            description=self.description.data or "",
        )


@bp.get("/plans", endpoint="plans")
def plans_list() -> ResponseReturnValue:
    statuses = [("on", _("on sale")), ("off", _("not sold"))]
    status, text = asked("status", ["on", "off"]), asked("q")
    with reading() as session:
        query = select(Plan)
        if status:
            query = query.where(Plan.active == (status == "on"))
        search = Search(contains(text, Plan.folded)) if text else None
        listing = list_page(session, query, Plan.id, cursor(), search=search)
        sold = plans.sold(session, [plan.id for plan in listing.rows])
    return show(
        "reseller/plans.html",
        listing=listing,
        pager=pages(listing),
        statuses=statuses,
        status=status,
        query=text,
        sold=sold,
        currency=reseller().currency,
        price_words=price_words,
    )


@bp.route("/plans/new", methods=["GET", "POST"], endpoint="plan_new")
def plan_new() -> ResponseReturnValue:
    form = PlanForm(period=Period.MONTH.value)
    form.price.use(reseller().currency)
    if form.validate_on_submit():
        plan_id = plans.create(panel().store, scope(), current_reseller_id(), form.terms(), by=actor())
        flash(str(_("Saved.")), "success")
        return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
    return _page(form, None, []), 422 if form.errors else 200


@bp.route("/plans/<int:plan_id>", methods=["GET", "POST"], endpoint="plan")
def plan_edit(plan_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = fetch(session, Plan, plan_id)
        code = fetch(session, Reseller, row.reseller_id).currency
        log = log_of(session, "plan", plan_id, code)
    form = PlanForm(
        name=row.name, period=row.period, price=Money(row.price_minor, code), description=row.description
    )  # fmt: skip
    form.price.use(code)
    if request.method == "POST":
        # The period stays for good, so a form without it is complete.
        form.period.data = row.period
    if form.validate_on_submit():
        plans.change(panel().store, scope(), plan_id, form.terms(Period(row.period)), by=actor())
        flash(str(_("Saved. The next charges take the new terms.")), "success")
        return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
    return _page(form, row, log), 422 if form.errors else 200


def _page(form: PlanForm, row: Plan | None, log: list[Any]) -> str:
    return show(
        "reseller/plan.html",
        crumbs=[(_("Plans"), url_for("reseller.plans"))],
        form=form,
        plan=row,
        log=log,
        currency=reseller().currency,
        periods=PERIODS,
    )


@bp.post("/plans/<int:plan_id>/active")
def plan_active(plan_id: int) -> ResponseReturnValue:
    on = request.form.get("on") == "yes"
    plans.set_active(panel().store, scope(), plan_id, on, by=actor())
    flash(str(_("The plan is on sale.") if on else _("The plan is no longer sold.")), "success")
    return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
