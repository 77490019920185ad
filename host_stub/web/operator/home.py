"""The operator's start page."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from host_stub.web import access
from host_stub.web.operator import bp


@bp.get("/", endpoint="home")
def home_page() -> ResponseReturnValue:
    return render_template("operator/home.html")


@bp.post("/resellers/<int:reseller_id>/enter")
def enter_reseller(reseller_id: int) -> ResponseReturnValue:
    """Go on in this reseller's room."""
    access.act_for(reseller_id)
    return redirect(url_for("reseller.home"), 303)
