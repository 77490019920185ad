"""Documents of a payment: issued by a POST, frozen, downloaded by those who are signed in whatever its status."""

from __future__ import annotations

from collections.abc import Sequence

from billhook import Catalogue, DocumentKind, LazyText, NotSupported, PluginError
from billhook.host.reading import documents_of
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.adapters.render.errors import RenderError
from host_stub.domain.errors import MethodUnavailable, PaymentClosed
from host_stub.plugins import documents
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.reading import documents as issued_documents
from host_stub.services.reading import payments
from host_stub.services.reading.documents import IssuedDocuments
from host_stub.services.reading.methods import Method
from host_stub.services.reading.payments import Payment
from host_stub.web.access import Right, actor, customer_account, may
from host_stub.web.customer import bp
from host_stub.web.page import MenuEntry
from host_stub.web.panel import panel, reading, scope
from host_stub.web.routing import row_number
from host_stub.web.stored_files import paper

_ = Catalogue("host_stub")


def kinds_of(plugin: str) -> Sequence[DocumentKind]:
    """Return what documents a plugin can issue; none if it is not there."""
    try:
        return documents_of(panel().registry.provider(plugin))
    except PluginUnavailable:
        return ()


def document_menu(payment: Payment, methods: Sequence[Method], issued: IssuedDocuments) -> list[MenuEntry]:
    """Return what the arrow beside a payment's status opens.

    An open payment has an entry for each method that can issue a document, a POST that issues it if needed; any other
    has what was issued while it was open.
    """
    if not payment.is_open or not may(Right.PAY):
        return downloads(payment, issued)
    account_id = payment.account_id
    entries = [
        MenuEntry(
            _download(kind.label, method.name),
            url_for("customer.issue_document", account_id=account_id, payment_id=payment.id),
            post=True,
            fields=(("method_id", str(method.id)), ("kind", kind.name)),
            new_tab=True,
        )
        for method in methods
        for kind in kinds_of(method.plugin)
    ]
    pay = MenuEntry(
        _("Choose a payment method"), url_for("customer.payment", account_id=account_id, payment_id=payment.id)
    )
    return [*entries, pay]


def downloads(payment: Payment, issued: IssuedDocuments) -> list[MenuEntry]:
    """Return the links to what was issued for a payment."""
    return [
        MenuEntry(
            _download(_label(document.plugin, document.kind), document.method_name),
            url_for(
                "customer.document",
                account_id=payment.account_id,
                payment_id=payment.id,
                document_id=document.id,
            ),
            new_tab=True,
        )
        for document in issued.of(payment.id)
    ]


def _download(document: object, method: str) -> LazyText:
    return _("Download “{document}” ({method})", document=document, method=method)


def _label(plugin: str, name: str) -> object:
    return next((kind.label for kind in kinds_of(plugin) if kind.name == name), name)


@bp.post("/<int:account_id>/payments/<int:payment_id>/documents")
@customer_account(Right.PAY)
def issue_document(account_id: int, payment_id: int) -> ResponseReturnValue:
    """Issue a document of a method if it was not issued yet, and lead to it; `next=instructions` back to those."""
    with reading() as session:
        payments.of_account(session, account_id, payment_id)
    method_id, kind = row_number(request.form.get("method_id")) or 0, request.form.get("kind", "")
    problem, document_id = issue(payment_id, method_id, kind)
    if request.form.get("next") == "instructions":
        back = url_for("customer.instructions", account_id=account_id, payment_id=payment_id, method_id=method_id)
        return redirect(back, 303)
    if document_id is None:
        flash(str(problem), "error")
        return redirect(url_for("customer.payment", account_id=account_id, payment_id=payment_id), 303)
    return redirect(
        url_for("customer.document", account_id=account_id, payment_id=payment_id, document_id=document_id), 303
    )


def issue(payment_id: int, method_id: int, kind: str) -> tuple[LazyText | None, int | None]:
    """Issue a document; return (None, its id), or (what to tell the customer, None).

    Raises NotFound.
    """
    try:
        return None, documents.issue(panel().desk, scope(), payment_id, method_id, kind, by=actor())
    except RenderError:
        return _("The bill could not be made just now. Please try again in a minute."), None
    except PaymentClosed:
        return _("The payment is closed: a new document cannot be issued for it."), None
    except (MethodUnavailable, NotSupported):
        return _("This method issues no such document."), None
    except PluginError:
        return _("This payment method is not working right now. Try again later or choose another one."), None


@bp.get("/<int:account_id>/payments/<int:payment_id>/documents/<int:document_id>")
@customer_account(Right.MONEY)
def document(account_id: int, payment_id: int, document_id: int) -> ResponseReturnValue:
    """Serve an issued document that counts: the frozen bytes and nothing else."""
    with reading() as session:
        payments.of_account(session, account_id, payment_id)
        found = issued_documents.paper(session, payment_id, document_id)
    if not found.counts:
        flash(str(_("This bill was replaced or withdrawn: do not pay by it.")), "warning")
        return redirect(url_for("customer.payment", account_id=account_id, payment_id=payment_id), 303)
    return paper(found.content, found.file_name)
