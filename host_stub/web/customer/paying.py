"""A method is chosen: to the gateway by a form or a redirect, or to the plugin's instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import segno
from billhook import (
    Catalogue,
    CodeForm,
    DocumentKind,
    Instructions,
    PaymentPaid,
    PaymentPending,
    PluginError,
    PostForm,
    ProviderError,
    Redirect,
    ShowCode,
    StartDeclined,
    Verdict,
)
from billhook.i18n import current_language
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from host_stub.domain.errors import MethodUnavailable, PaymentClosed
from host_stub.plugins import paying
from host_stub.plugins.desk import document_url
from host_stub.plugins.errors import PluginFailed
from host_stub.plugins.paying import Started
from host_stub.services.reading import documents, methods, payments, tries
from host_stub.web.access import Right, actor, current_reseller_id, customer_account
from host_stub.web.context import drawing_plugins
from host_stub.web.customer import bp
from host_stub.web.customer.asking import ask_payer
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
    """Start a payment with a method. The same start again takes up the same try, so Back and a second press do.

    While a gateway is still busy with the payment the payer is asked first.
    """
    with reading() as session:
        payment = payments.of_account(session, account_id, payment_id)
        under_way = tries.pending(tries.of_payment(session, payment_id), panel().store.now())
    page = url_for("customer.payment", account_id=account_id, payment_id=payment_id)
    method_id = row_number(request.form.get("method_id")) or 0
    if under_way and payment.is_open and request.form.get("anyway") != "yes":
        begun, said = under_way
        asked = {"payment": payment, "begun": begun, "said": said, "method_id": method_id}
        return render_template("customer/pay_again.html", **asked)
    answered = ask_payer(payment, method_id)
    if not isinstance(answered, Mapping):
        return answered
    try:
        started = paying.start(
            panel().desk,
            scope(),
            payment_id,
            method_id,
            language=current_language(),
            by=actor(),
            answers=answered,
        )
        return _lead_on(started, page)
    except StartDeclined as error:
        return _back(page, error)
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
        case ShowCode():
            return redirect(f"{page}/methods/{started.method.id}", 303)
        case PaymentPaid() | PaymentPending():
            return _told(started, page)


def _told(started: Started, page: str) -> ResponseReturnValue:
    """Say what became of a payment that was settled at once. The page behind says the same, from the books."""
    verdict = started.ruling.verdict if started.ruling else Verdict.NOTED
    if verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE):
        flash(str(_("Paid. The money is on your balance.")), "success")
    elif verdict is Verdict.PARKED:
        flash(str(_("The payment has come and is being checked by us. You need not pay again.")), "warning")
    return redirect(page, 303)


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
        if not payment.is_open or not {Instructions, ShowCode} & set(starts):
            return redirect(page, 303)
        if request.headers.get("X-Requested-With") == "refresh":
            return f'<div data-state="{payment.status}"></div>'  # the page asks whether it is paid: no plugin need know
        started = paying.show_again(panel().desk, scope(), payment_id, method_id, language=current_language())
    except MethodUnavailable:
        return redirect(page, 303)
    except (PluginError, ProviderError):
        return _back(page, _NOT_WORKING)
    if isinstance(started.outcome, ShowCode):
        return _show_code(started, started.outcome, page)
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


def _show_code(started: Started, code: ShowCode, page: str) -> ResponseReturnValue:
    picture = segno.make_qr(code.payload).svg_inline(border=4, omitsize=True) if code.form is CodeForm.QR else ""
    return render_template(
        "billhook/show_code.html",
        payment=started.payment,
        method=_shown(started),
        code=code,
        picture=Markup(picture),  # noqa: S704  made here, of modules alone
        is_over=code.expires_at is not None and code.expires_at <= panel().store.now(),
        back_url=page,
    )


def _render(template: str, context: dict[str, object]) -> str:
    return render_template(template, **context)
