"""Plans: what the reseller sells."""

from __future__ import annotations

from typing import Any

from billhook import Catalogue
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice, SelectField
from wtforms.validators import DataRequired, Length

from host_stub.domain.charging import Period
from host_stub.services.charges.plans import PlanTerms, change, create, set_active
from host_stub.services.reading import plans
from host_stub.services.reading.plans import Plan
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
        listing = plans.list_plans(session, (status == "on") if status else None, text, cursor())
    return show(
        "reseller/plans.html",
        listing=listing,
        pager=pages(listing),
        statuses=statuses,
        status=status,
        query=text,
        price_words=price_words,
    )


@bp.route("/plans/new", methods=["GET", "POST"], endpoint="plan_new")
def plan_new() -> ResponseReturnValue:
    form = PlanForm(period=Period.MONTH.value)
    form.price.use(reseller().currency)
    if form.validate_on_submit():
        plan_id = create(panel().store, scope(), current_reseller_id(), form.terms(), by=actor())
        flash(str(_("Saved.")), "success")
        return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
    return _page(form, None, []), 422 if form.errors else 200


@bp.route("/plans/<int:plan_id>", methods=["GET", "POST"], endpoint="plan")
def plan_edit(plan_id: int) -> ResponseReturnValue:
    with reading() as session:
        found = plans.plan(session, plan_id)
        log = log_of(session, "plan", plan_id, found.price.currency)
    form = PlanForm(name=found.name, period=found.period, price=found.price, description=found.description)
    form.price.use(found.price.currency)
    if request.method == "POST":
        # The period stays for good, so a form without it is complete.
        form.period.data = found.period
    if form.validate_on_submit():
        change(panel().store, scope(), plan_id, form.terms(found.period), by=actor())
        flash(str(_("Saved. The next charges take the new terms.")), "success")
        return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
    return _page(form, found, log), 422 if form.errors else 200


def _page(form: PlanForm, plan: Plan | None, log: list[Any]) -> str:
    return show(
        "reseller/plan.html",
        crumbs=[(_("Plans"), url_for("reseller.plans"))],
        form=form,
        plan=plan,
        log=log,
        currency=reseller().currency,
        periods=PERIODS,
    )


@bp.post("/plans/<int:plan_id>/active")
def plan_active(plan_id: int) -> ResponseReturnValue:
    on = request.form.get("on") == "yes"
    set_active(panel().store, scope(), plan_id, on, by=actor())
    flash(str(_("The plan is on sale.") if on else _("The plan is no longer sold.")), "success")
    return redirect(url_for("reseller.plan", plan_id=plan_id), 303)
