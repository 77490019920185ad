"""A bill that is replaced by a new version, or withdrawn: with a reason, after a question."""

from __future__ import annotations

from billhook import Catalogue, LazyText
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from host_stub.adapters.render.errors import RenderError
from host_stub.domain.errors import MethodUnavailable, PaymentClosed, ResellerClosed
from host_stub.plugins import documents
from host_stub.plugins.documents import Replacement
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in import versions
from host_stub.services.money_in.versions import NoLongerCounts
from host_stub.services.reading import documents as issued
from host_stub.services.reading import payments
from host_stub.web.access import actor
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.payment_words import closed_words
from host_stub.web.staff.forms import ReasonForm

_ = Catalogue("host_stub")


@bp.post("/payments/<int:payment_id>/documents/<int:document_id>/reissue")
def payment_reissue(payment_id: int, document_id: int) -> ResponseReturnValue:
    """Issue the document anew, with what holds now."""
    form, question = ReasonForm(), _question(payment_id, document_id, _REISSUE)
    if not form.validate_on_submit():
        return _no_reason(payment_id)
    if wants_question():
        return ask(question, back_url=_address(payment_id))
    try:
        replacement = Replacement(document_id, form.reason.data)
        documents.reissue(panel().desk, scope(), payment_id, replacement, by=actor())
    except NoLongerCounts as error:
        return _back(payment_id, _too_late(error), "warning")
    except PaymentClosed as error:
        return _back(payment_id, closed_words(error), "warning")
    except ResellerClosed:
        return _back(payment_id, _("The reseller is closed: no new bill can be issued."), "error")
    except MethodUnavailable as error:
        text = _("The method issues no bill now: {reason}", reason=error.reason)
        return _back(payment_id, text, "error")
    except (PluginUnavailable, RenderError):
        return _back(payment_id, _("The document could not be drawn. Try again in a minute."), "error")
    text = _("The bill was issued anew. Its former link says so and leads to the new one.")
    return _back(payment_id, text, "success")


@bp.post("/payments/<int:payment_id>/documents/<int:document_id>/withdraw")
def payment_withdraw(payment_id: int, document_id: int) -> ResponseReturnValue:
    """Withdraw the document: its link says so, and the payer can have a new one made."""
    form, question = ReasonForm(), _question(payment_id, document_id, _WITHDRAW)
    if not form.validate_on_submit():
        return _no_reason(payment_id)
    if wants_question():
        return ask(question, back_url=_address(payment_id))
    try:
        versions.withdraw(panel().store, scope(), payment_id, document_id, reason=form.reason.data, by=actor())
    except NoLongerCounts as error:
        return _back(payment_id, _too_late(error), "warning")
    except PaymentClosed as error:
        return _back(payment_id, closed_words(error), "warning")
    return _back(payment_id, _("The bill was withdrawn. Its link says so."), "success")


_REISSUE = (
    _("Issue the bill anew?"),
    _("Issue anew"),
    (
        _("A new version is made with the present requisites, tax and settings, and gets a link of its own."),
        _("The former link says that the bill was replaced. The payer is not written to."),
    ),
)
_WITHDRAW = (
    _("Withdraw the bill?"),
    _("Withdraw"),
    (
        _("Its link says that it was withdrawn. Money that comes by it can still be credited."),
        _("The payer can have a new bill made on the page of the payment. They are not written to."),
    ),
)


def _question(payment_id: int, document_id: int, words: tuple[LazyText, LazyText, tuple[LazyText, ...]]) -> Question:
    """Return what is asked first. Raises NotFound, also for another payment's document."""
    with reading() as session:
        found = payments.with_account(session, payment_id)
        issued.paper(session, payment_id, document_id)
    title, go, lines = words
    whose = _(
        "Payment {number} of {amount}, {name}.",
        number=found.payment.number,
        amount=found.payment.amount,
        name=found.account.name,
    )
    return Question(title, go, [whose, *lines])


def _too_late(error: NoLongerCounts) -> LazyText:
    if error.withdrawn:
        return _("The bill was withdrawn already.")
    return _("The bill was issued anew already.")


def _no_reason(payment_id: int) -> ResponseReturnValue:
    return _back(payment_id, _("Say why: it stays in the log."), "error")


def _back(payment_id: int, text: LazyText, kind: str) -> ResponseReturnValue:
    flash(str(text), kind)
    return redirect(_address(payment_id), 303)


def _address(payment_id: int) -> str:
    return url_for("reseller.payment", payment_id=payment_id)
