"""Bank transfer as a payment provider: nothing talks to a network, the money is seen by a manager."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from billhook import (
    Availability,
    Available,
    Catalogue,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    Finding,
    Instructions,
    IssuesDocuments,
    LazyText,
    MethodView,
    PaymentProvider,
    PaymentView,
    Setting,
    Start,
    StartRequest,
    Unavailable,
)
from billhook.formats import money

from billhook_check_cash.bill import Bill, Stated
from billhook_check_cash.papers import paper_of
from billhook_check_cash.requisites import find_in_seller
from billhook_check_cash.settings import SETTINGS

_ = Catalogue("billhook_check_cash")

RECEIPT = "receipt"


class CheckCash(PaymentProvider, IssuesDocuments):
    """«Банковский перевод»: a bill or a PD-4 slip with a payment QR, and instructions."""

    name: ClassVar[str] = "check_cash"
    title = _("Bank transfer")
    starts: ClassVar[tuple[type[Start], ...]] = (Instructions,)
    documents: ClassVar[tuple[DocumentKind, ...]] = (DocumentKind(RECEIPT, _("Bill for payment")),)
    currencies: ClassVar[tuple[str, ...]] = ("RUB",)
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    requisites: ClassVar[tuple[str, ...]] = ("ru",)

    def check_settings(self, method: MethodView) -> list[Finding]:
        """Say whether a payment QR can be made of the seller's requisites."""
        return find_in_seller(method.seller) if method.seller else []

    def availability(self, payment: PaymentView, method: MethodView) -> Availability:
        """Without requisites there is nothing to pay by."""
        seller = method.seller
        if seller is None or not seller.is_complete or seller.tax_on(_issue_date(payment)) is None:
            return Unavailable(_("The seller's requisites, bank account or tax regime are not entered."))
        return Available()

    def start(self, request: StartRequest) -> Instructions:
        """Return the letter's numbered instructions with requisites, purpose and QR for those who pay without paper.

        Once a bill is issued they say what it says, whatever was changed since.
        """
        issued = request.documents.get(RECEIPT)
        stated = Stated.of_issued(issued.frozen) if issued else _unissued(request)
        return Instructions("check_cash/instructions.html", _instructions(stated, issued, request))

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        """Return the paper: «Счет на оплату», or «Квитанция ПД-4» for a person. Russian by law."""
        return paper_of(Bill(payment, method, facts))


def _issue_date(payment: PaymentView) -> date:
    return payment.created_at.astimezone(ZoneInfo(payment.reseller.timezone)).date()


def _unissued(request: StartRequest) -> Stated:
    facts = DocumentFacts(request.payment.number, _issue_date(request.payment))
    return Bill(request.payment, request.method, facts).stated


def _instructions(stated: Stated, issued: DocumentFacts | None, request: StartRequest) -> dict[str, object]:
    """Return what the page shows: no link where no bill could be drawn; the requisites are enough to pay."""
    reseller, symbol = request.payment.reseller, stated.symbol
    return {
        "_": _,
        "bill_url": issued.link if issued else "",
        "requisites": _rows(stated, request.language),
        "purpose": stated.purpose,
        "is_slip": stated.is_slip,
        "qr": {"size": symbol.size, "path": symbol.path} if symbol else None,
        "emails": {
            "sales": reseller.sales_email,
            "billing": reseller.billing_email,
            "accounting": reseller.accounting_email,
        },
    }


def _rows(stated: Stated, language: str) -> list[tuple[LazyText, str]]:
    seller = stated.seller
    rows: list[tuple[LazyText, str]] = [
        (_("Payee"), seller.name),
        (_("INN"), seller.inn),
        (_("KPP"), seller.kpp),
        (_("Account number"), seller.account),
        (_("Bank"), seller.bank_name),
        (_("BIC"), seller.bic),
        (_("Correspondent account"), seller.corr_account),
        (_("Sum"), money(stated.amount, language)),
    ]
    return [row for row in rows if row[1]]
