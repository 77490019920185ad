"""The reseller's settings: contacts, brand, money, provisioning."""

from __future__ import annotations

from billhook import Catalogue
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.tenants import resellers
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.staff.reseller_forms import ResellerForm, accent_words, example_number
from host_stub.web.staff.room import log_of, reseller, show

_ = Catalogue("host_stub")


@bp.route("/settings", methods=["GET", "POST"], endpoint="settings")
def settings_page() -> ResponseReturnValue:
    row = reseller()
    form = ResellerForm.of(row, row.currency)
    if form.validate_on_submit():
        resellers.change(
            panel().store,
            scope(),
            current_reseller_id(),
            form.draft(),
            form.extras(),
            keys=panel().keys,
            by=actor(),
        )
        flash(str(_("Saved.")), "success")
        return redirect(url_for("reseller.settings"), 303)
    with reading() as session:
        log = log_of(session, "reseller", row.id, row.currency)
    page = show(
        "reseller/settings.html",
        form=form,
        reseller=row,
        accent_words=accent_words(row.accent),
        next_number=example_number(row),
        log=log,
    )
    return page, 422 if request.method == "POST" else 200
