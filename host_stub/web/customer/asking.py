"""What a method asks of its payer before it starts: a voucher's code, a phone, a bank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billhook import Catalogue, Level, Setting
from flask import render_template, request
from flask.typing import ResponseReturnValue

from host_stub.plugins import paying
from host_stub.services.people import limits
from host_stub.services.reading import methods, payments
from host_stub.services.reading.payments import Payment
from host_stub.services.settings.setting_levels import Standing
from host_stub.web import access
from host_stub.web.pacing import take
from host_stub.web.panel import panel, reading, scope
from host_stub.web.panel_form import PanelForm
from host_stub.web.settings_form import change_of, groups, settings_form

_ = Catalogue("host_stub")

#: The field by which a form with answers is told from the button that leads to it.
ANSWERED: Final = "answered"


def ask_payer(payment: Payment, method_id: int) -> Mapping[str, object] | ResponseReturnValue:
    """Return what the payer answered to the chosen method's questions, or the page that asks them.

    Nothing is asked where the method asks nothing, and where a try is taken up that has its answers.
    Raises TooManyAttempts: whoever answers too often may be guessing.
    """
    asks = paying.questions_of(panel().desk, scope(), payment.id, method_id)
    if not asks:
        return {}
    standings = {each.key: _standing(each) for each in asks}
    form = settings_form(PanelForm, standings, Level.METHOD, currency=payment.amount.currency)
    if ANSWERED in request.form:
        take(limits.ANSWERS)
        if form.validate():
            return change_of(form, standings).values
    with reading() as session:
        name = methods.of_reseller(session, access.current_reseller_id(), method_id).name
        came = payments.credited(session, payment)
    return render_template(
        "customer/ask_payer.html",
        method=name,
        rest=payment.amount - came if 0 < came.minor < payment.amount.minor else None,
        payment=payment,
        method_id=method_id,
        form=form,
        groups=groups(form, standings),
        anyway=request.form.get("anyway", ""),
    )


def _standing(setting: Setting) -> Standing:
    return Standing(setting, setting.default, None, own=False, source=None)
