"""A bill that is replaced by a new version, or withdrawn: with a reason, after a question."""

from __future__ import annotations

from typing import Final

from billhook import Catalogue, LazyText
from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectChoice

from host_stub.adapters.render.errors import RenderError
from host_stub.domain.errors import MethodUnavailable, NotFound, PaymentClosed, ResellerClosed
from host_stub.plugins import documents
from host_stub.plugins.documents import Replacement
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in import versions
from host_stub.services.money_in.versions import NoLongerCounts
from host_stub.services.reading import documents as issued
from host_stub.services.reading import payments, sellers
from host_stub.services.reading.documents import IssuedDocument
from host_stub.services.reading.payments import OfReseller
from host_stub.web.access import actor
from host_stub.web.asking import Question, ask, wants_question
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.payment_words import closed_words
from host_stub.web.seller_words import needs, stated_rows
from host_stub.web.staff.forms import ReasonForm
from host_stub.web.staff.room import show

_ = Catalogue("host_stub")

REISSUE, WITHDRAW = "reissue", "withdraw"
#: By what is done: the question, the button, what follows.
_QUESTIONS: Final = {
    REISSUE: (
        _("Issue the bill anew?"),
        _("Issue anew"),
        (
            _("A new version is made with the present requisites, tax and settings, and gets a link of its own."),
            _("The former link says that the bill was replaced. The payer is not written to."),
        ),
    ),
    WITHDRAW: (
        _("Withdraw the bill?"),
        _("Withdraw"),
        (
            _("Its link says that it was withdrawn. Money that comes by it can still be credited."),
            _("The payer can have a new bill made on the page of the payment. They are not written to."),
        ),
    ),
}


class ChangeForm(ReasonForm):
    act = RadioField(
        _("What to do"),
        choices=[
            SelectChoice(REISSUE, _("Issue it anew with what holds today")),
            SelectChoice(WITHDRAW, _("Withdraw it without a new one")),
        ],
        default=REISSUE,
    )


@bp.route("/payments/<int:payment_id>/documents/<int:document_id>/change", methods=["GET", "POST"])
def payment_document_change(payment_id: int, document_id: int) -> ResponseReturnValue:
    """Issue a document anew, or withdraw it. What no longer counts leads back to its payment."""
    with reading() as session:
        found = payments.with_account(session, payment_id)
        paper = next((each for each in issued.of_payment(session, payment_id) if each.id == document_id), None)
        if paper is None:
            raise NotFound("Document", document_id)
        is_former = bool(sellers.former(session, found.payment, [paper], needs()))
    if not (paper.counts and found.payment.is_open):
        return _back(payment_id, _("This bill no longer counts, or its payment is closed."), "warning")
    form = ChangeForm()
    if not form.validate_on_submit():
        return _page(form, found, paper, is_former=is_former), 422 if request.method == "POST" else 200
    if wants_question():
        return ask(_question(found, form.act.data, form.reason.data), back_url=request.path)
    return _done(payment_id, document_id, form)


def _page(form: ChangeForm, found: OfReseller, paper: IssuedDocument, *, is_former: bool) -> str:
    return show(
        "reseller/document_change.html",
        crumbs=[
            (_("Payments"), url_for("reseller.payments")),
            (found.payment.number, _address(found.payment.id)),
        ],
        form=form,
        payment=found.payment,
        account=found.account,
        paper=paper,
        rows=stated_rows(paper),
        is_former=is_former,
    )


def _question(found: OfReseller, act: str, reason: str) -> Question:
    title, go, lines = _QUESTIONS[act]
    payment = found.payment
    whose = _(
        "Payment {number} of {amount}, {name}.", number=payment.number, amount=payment.amount, name=found.account.name
    )
    return Question(title, go, [whose, *lines, _("Reason: {reason}", reason=reason)])


def _done(payment_id: int, document_id: int, form: ChangeForm) -> ResponseReturnValue:
    try:
        if form.act.data == REISSUE:
            replacement = Replacement(document_id, form.reason.data)
            documents.reissue(panel().desk, scope(), payment_id, replacement, by=actor())
            said = _("The bill was issued anew. Its former link says so and leads to the new one.")
        else:
            versions.withdraw(panel().store, scope(), payment_id, document_id, reason=form.reason.data, by=actor())
            said = _("The bill was withdrawn. Its link says so.")
    except NoLongerCounts as error:
        return _back(payment_id, _too_late(error), "warning")
    except PaymentClosed as error:
        return _back(payment_id, closed_words(error), "warning")
    except ResellerClosed:
        return _back(payment_id, _("The reseller is closed: no new bill can be issued."), "error")
    except MethodUnavailable:
        return _back(payment_id, _("The method issues no bill now: look at its settings and the requisites."), "error")
    except (PluginUnavailable, RenderError):
        return _back(payment_id, _("The document could not be drawn. Try again in a minute."), "error")
    return _back(payment_id, said, "success")


def _too_late(error: NoLongerCounts) -> LazyText:
    if error.withdrawn:
        return _("The bill was withdrawn already.")
    return _("The bill was issued anew already.")


def _back(payment_id: int, text: LazyText, kind: str) -> ResponseReturnValue:
    flash(str(text), kind)
    return redirect(_address(payment_id), 303)


def _address(payment_id: int) -> str:
    return url_for("reseller.payment", payment_id=payment_id)
