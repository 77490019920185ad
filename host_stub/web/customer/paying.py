"""A method is chosen: to the gateway by a form or a redirect, or to the plugin's instructions."""

from __future__ import annotations

from dataclasses import dataclass

from billhook import Catalogue, DocumentKind, Instructions, PluginError, PostForm, ProviderError, Redirect
from billhook.i18n import current_language
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import MethodUnavailable, PaymentClosed
from host_stub.plugins import paying
from host_stub.plugins.desk import document_url
from host_stub.plugins.errors import PluginFailed
from host_stub.plugins.paying import Started
from host_stub.services.reading import documents, methods, payments
from host_stub.web.access import Right, actor, current_reseller_id, customer_account
from host_stub.web.context import drawing_plugins
from host_stub.web.customer import bp
from host_stub.web.customer.documents import issue, kinds_of
from host_stub.web.customer.payments import closed_message
from host_stub.web.page import DocumentLink
from host_stub.web.panel import panel, reading, scope
from host_stub.web.plugin_texts import page_names
from host_stub.web.routing import row_number
from host_stub.web.security import allow_form_action, allow_gateways

_ = Catalogue("host_stub")


@dataclass(frozen=True, slots=True)
class ShownMethod:
    """A method as pages of plugins see it: without its settings, since secrets are among them."""

    id: int
    name: str


_NOT_WORKING = _("This payment method is not working right now. Try again later or choose another one.")


@bp.post("/<int:account_id>/payments/<int:payment_id>/pay")
@customer_account(Right.PAY)
def pay(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Start a payment with a method. The same start again takes up the same attempt, so Back and a second press do."""
    with reading() as session:
        payments.of_account(session, account_id, payment_id)
    page = url_for("customer.payment", account_id=account_id, payment_id=payment_id)
    method_id = row_number(request.form.get("method_id")) or 0
    try:
        started = paying.start(panel().desk, scope(), payment_id, method_id, language=current_language(), by=actor())
        return _lead_on(started, page)
    except PaymentClosed as error:
        return _back(page, closed_message(error))
    except MethodUnavailable:
        return _back(page, _("This payment can no longer be paid this way. Choose another method."))
    except (PluginError, ProviderError):
        return _back(page, _NOT_WORKING)


def _lead_on(started: Started, page: str) -> ResponseReturnValue:
    """Answer with what the plugin wants; the guard saw to it that addresses are of the web."""
    match started.outcome:
        case Redirect(url):
            return redirect(url, 303)
        case PostForm() as form:
            allow_form_action(form.url)
            allow_gateways(demo=panel().config.demo)
            return render_template(
                "billhook/post_form.html",
                payment=started.payment,
                method=_shown(started),
                form=form,
                back_url=page,
            )
        case Instructions():
            return _instruct(started, page)


def _shown(started: Started) -> ShownMethod:
    return ShownMethod(started.method.id, started.method.name)


def _back(page: str, message: object) -> ResponseReturnValue:
    flash(str(message), "error")
    return redirect(page, 303)


def _instruct(started: Started, page: str) -> ResponseReturnValue:
    """Issue and freeze the method's documents, then show the instructions by GET: reloading them does nothing."""
    for kind in kinds_of(started.method.plugin):
        # What could not be issued is missing there, with a way to try again.
        issue(started.payment.id, started.method.id, kind.name)
    return redirect(f"{page}/methods/{started.method.id}", 303)


@bp.get("/<int:account_id>/payments/<int:payment_id>/methods/<int:method_id>")
@customer_account(Right.PAY)
def instructions(account_id: int, payment_id: int, method_id: int) -> ResponseReturnValue:
    """Show the plugin's instructions of a method that was chosen before; else the payment itself."""
    page = url_for("customer.payment", account_id=account_id, payment_id=payment_id)
    with reading() as session:
        payment = payments.of_account(session, account_id, payment_id)
        method = methods.of_reseller(session, current_reseller_id(), method_id)
        issued = documents.issued(session, [payment_id])
    try:
        starts = panel().registry.provider(method.plugin).starts
        if not payment.is_open or Instructions not in starts:
            return redirect(page, 303)
        started = paying.show_again(panel().desk, scope(), payment_id, method_id, language=current_language())
    except MethodUnavailable:
        return redirect(page, 303)
    except (PluginError, ProviderError):
        return _back(page, _NOT_WORKING)
    links = {
        kind.name: DocumentLink(kind.label, document_url(panel().desk, payment, method, kind.name, found.version))
        for kind in kinds_of(method.plugin)
        if (found := issued.find(payment_id, method_id, kind.name))
    }
    missing = [kind for kind in kinds_of(method.plugin) if kind.name not in links]
    try:
        return _draw(started, page, links, missing)
    except PluginFailed:
        return _back(page, _NOT_WORKING)


def _draw(
    started: Started, page: str, links: dict[str, DocumentLink], missing: list[DocumentKind]
) -> ResponseReturnValue:
    outcome = started.outcome
    if not isinstance(outcome, Instructions):
        raise PluginFailed(started.method.plugin, "start returned no instructions")
    ours = {
        "payment": started.payment,
        "method": _shown(started),
        "reseller": started.payment.reseller,
        "documents": links,
        "missing_documents": missing,
        "issue_url": f"{page}/documents",
        "language": current_language(),
        "back_url": page,
    }
    theirs = dict(outcome.context)
    theirs |= page_names(panel().registry.loaded(started.method.plugin), theirs)
    return drawing_plugins().ask(started.method, "template", _render, outcome.template, {**theirs, **ours})


def _render(template: str, context: dict[str, object]) -> str:
    return render_template(template, **context)
