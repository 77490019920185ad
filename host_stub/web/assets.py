"""A reseller's public face: the stylesheet with the accent and the logo. Served to anybody."""

from __future__ import annotations

from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import NotFound
from host_stub.services.reading import resellers
from host_stub.web import brand
from host_stub.web.panel import panel
from host_stub.web.stored_files import stored_file

bp = Blueprint("assets", __name__, url_prefix="/brand")

_LOGO_TYPES = ("image/png", "image/jpeg", "image/webp", "image/svg+xml")


@bp.get("/<int:reseller_id>/style.css")
def style(reseller_id: int) -> ResponseReturnValue:
    with panel().store.page() as session:
        accent = resellers.reseller(session, reseller_id).accent
    return _kept(make_response(brand.brand_css(accent) if brand.is_colour(accent) else ""), "text/css; charset=utf-8")


@bp.get("/<int:reseller_id>/logo")
def logo(reseller_id: int) -> ResponseReturnValue:
    with panel().store.page() as session:
        found = resellers.logo(session, reseller_id)
    if found is None or found.content_type not in _LOGO_TYPES:
        raise NotFound("logo", reseller_id)
    return _kept(stored_file(found.content, found.content_type), found.content_type)


def _kept(response: Response, content_type: str) -> Response:
    response.content_type = content_type
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
