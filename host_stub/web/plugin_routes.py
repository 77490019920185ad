"""Addresses that carry a plugin's name: public document links, gateway callbacks, return pages.

None of them knows a session or a CSRF token; each has a check of its own: the capability, the signature, or nothing to
protect.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from billhook import RawRequest, TakesReturns
from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from host_stub.domain.errors import NotFound
from host_stub.plugins import callbacks, public_documents
from host_stub.plugins.errors import PluginPaused, PluginUnavailable
from host_stub.services.reading import resellers
from host_stub.web import context
from host_stub.web.capabilities import guessed_wrong, refuse_guessing
from host_stub.web.errors import unavailable_page
from host_stub.web.panel import panel
from host_stub.web.security import from_outside, no_referrer, reads_raw_body
from host_stub.web.stored_files import paper

_log = structlog.get_logger("billhook.callbacks")

bp = Blueprint("plugin", __name__, url_prefix="/plugin")

#: A gateway's message is small; a larger one is no message.
LARGEST_BODY = 64 * 1024
#: What a form is posted as; some gateways name no kind at all, or a plain text.
_FORMS = ("application/x-www-form-urlencoded", "text/plain", "application/octet-stream")


@bp.get("/<name>/payment/<int:payment_id>/payment_method/<int:method_id>/<kind>")
def public_document(name: str, payment_id: int, method_id: int, kind: str) -> ResponseReturnValue:
    """The frozen PDF for whoever has the link. A wrong or foreign anything is one and the same 404."""
    no_referrer()
    refuse_guessing()
    try:
        found = public_documents.open_public(panel().desk, name, payment_id, method_id, kind, request.args.get("h", ""))
    except NotFound:
        guessed_wrong()
        raise
    if found.standing is public_documents.Standing.COUNTS:
        return paper(found.content, found.file_name)
    context.brand_of(found.reseller_id)
    page = url_for("customer.payment", account_id=found.account_id, payment_id=found.payment_id)
    return render_template(
        "plugin/document_closed.html", standing=found.standing, newer_url=found.newer_url, payment_url=page
    )


def _address() -> str:
    """Return the real client's address: `security.Front` has put it there."""
    return request.remote_addr or ""


@bp.route("/<name>/method/<int:method_id>/<address>", methods=["GET", "POST"])
@from_outside
@reads_raw_body
def callback(name: str, method_id: int, address: str) -> ResponseReturnValue:
    """A gateway's message, or the payer's browser coming back from it."""
    try:
        found = callbacks.find(panel().desk, name, method_id, address)
        if found.hears is TakesReturns:
            return _returned(found)
        if request.method != "POST":
            return _plain(b"method not allowed", 405, Allow="POST")
        answer = callbacks.receive(panel().desk, found, _raw(address))
    except (PluginUnavailable, SQLAlchemyError) as error:
        named = {"plugin": name, "method": method_id, "address": address}
        if isinstance(error, PluginPaused):
            # Strangers can bring about any number of these: a line each, and no traceback.
            _log.warning("callback turned away", **named, why=error.why)
        else:
            _log.exception("callback not judged", **named)
        # A payer's browser names HTML; what gateways send asks for anything, or for nothing.
        if "text/html" in request.accept_mimetypes.values():
            return unavailable_page()
        return _plain(b"try again later", 503, **{"Retry-After": "60"})
    response = _plain(answer.body, answer.status)
    response.content_type = answer.content_type
    return response


def _plain(body: bytes, status: int, **headers: str) -> Response:
    response = make_response(body, status)
    response.content_type = "text/plain; charset=utf-8"
    response.headers.extend(headers)
    return response


def _raw(address: str) -> RawRequest:
    """Return the request as it came: the body's bytes, and its fields in order with repeated names kept.

    What is longer than any message is answered 413 by its length, and not read.
    """
    request.max_content_length = LARGEST_BODY
    body, query = request.get_data(cache=True, parse_form_data=False), _fields(request.query_string)
    return RawRequest(
        method=request.method,
        content_type=request.content_type or "",
        body=body,
        fields=_form(body) if request.method == "POST" else query,
        headers={key.lower(): value for key, value in request.headers.items()},
        remote_address=_address(),
        address=address,
        query=query,
    )


def _form(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the fields of a posted form; a document of a kind that is no form (JSON, XML) has none."""
    return () if request.mimetype and request.mimetype not in _FORMS else _fields(body)


def _fields(encoded: bytes) -> tuple[tuple[str, str], ...]:
    """Decode a form; what is not UTF-8 keeps its bytes as surrogates, so that no signature fits by accident."""
    try:
        text = encoded.decode("ascii")
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=200, errors="surrogateescape"))
    except ValueError:
        return ()


def _returned(found: callbacks.Callback) -> ResponseReturnValue:
    """Show a payer where to go on; with a fault's status where the plugin can't say what became of the payment."""
    back = callbacks.returned(panel().desk, found, _raw(found.address), request.args.get("t", ""))
    status = 503 if back.failed else 200
    with panel().store.page() as session:
        reseller = resellers.of_number(session, back.reseller_id)
    no_referrer()
    context.brand_of(back.reseller_id)
    if reseller is None or reseller.closed_at is not None:
        # None of its people signs in: no way on, and nothing that a way on would be for.
        return render_template("plugin/returned_closed.html", successful=back.successful, failed=back.failed), status
    target = (
        url_for("customer.payment", account_id=back.payment.account_id, payment_id=back.payment.id, returned=1)
        if back.payment is not None
        else url_for("customer.home")
    )
    return render_template(
        "plugin/returned.html",
        payment=back.payment,
        successful=back.successful,
        failed=back.failed,
        target=target,
        reseller=reseller,
    ), status
