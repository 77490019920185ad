"""A reseller is closed, and opened again: the forms on its page."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.reading import resellers
from host_stub.services.tenants import closing
from host_stub.services.tenants.closing import OperatorStaysOpen
from host_stub.web.access import actor
from host_stub.web.operator import bp
from host_stub.web.operator.closing_forms import ClosingForm
from host_stub.web.operator.resellers import reseller_page
from host_stub.web.panel import panel, reading
from host_stub.web.staff.forms import ReasonForm

_ = Catalogue("host_stub")


@bp.post("/resellers/<int:reseller_id>/close")
def reseller_close(reseller_id: int) -> ResponseReturnValue:
    with reading() as session:
        name = resellers.reseller(session, reseller_id).name
    form = ClosingForm(name)
    if not form.validate_on_submit():
        return reseller_page(reseller_id, closing_form=form), 422
    try:
        done = closing.close(panel().store, reseller_id, reason=form.reason.data, by=actor())
    except OperatorStaysOpen:
        flash(str(_("The operator's own reseller stays open.")), "error")
        return _back(reseller_id)
    _say(done, str(_("Reseller closed. Its subscriptions are being stopped.")))
    return _back(reseller_id)


@bp.post("/resellers/<int:reseller_id>/reopen")
def reseller_reopen(reseller_id: int) -> ResponseReturnValue:
    with reading() as session:
        closed_at = resellers.reseller(session, reseller_id).closed_at
    form = ReasonForm()
    if closed_at is not None and not form.validate_on_submit():
        return reseller_page(reseller_id, closing_form=form), 422
    done = closing.reopen(panel().store, reseller_id, reason=form.reason.data or "", by=actor())
    _say(done, str(_("Reseller reopened. What the closing stopped runs again where the balance allows it.")))
    return _back(reseller_id)


def _say(done: bool, sentence: str) -> None:
    flash(
        sentence if done else str(_("Nothing was changed: somebody did it already.")), "success" if done else "warning"
    )


def _back(reseller_id: int) -> ResponseReturnValue:
    return redirect(url_for("operator.reseller", reseller_id=reseller_id) + "#closing", 303)
