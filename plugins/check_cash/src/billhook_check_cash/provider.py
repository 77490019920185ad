"""Bank transfer as a payment provider: nothing talks to a network, the money is seen by a manager."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from billhook import (
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
)
from billhook.formats import money

from billhook_check_cash.bill import Bill
from billhook_check_cash.papers import paper_of
from billhook_check_cash.requisites import find_in_requisites, requisites_of
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

    def check_settings(self, method: MethodView) -> list[Finding]:
        """Check the keys of account, correspondent account, BIC, INN and KPP against each other."""
        return find_in_requisites(requisites_of(method))

    def start(self, request: StartRequest) -> Instructions:
        """Return the letter's numbered instructions with requisites, purpose and QR for those who pay without paper."""
        issued = request.documents.get(RECEIPT)
        facts = issued or DocumentFacts(request.payment.number, _issue_date(request.payment))
        bill = Bill(request.payment, request.method, facts)
        bill_url = request.addresses.documents.get(RECEIPT, "") if issued else ""
        return Instructions("check_cash/instructions.html", _instructions(bill, bill_url, request.language))

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        """Return the paper: «Счет на оплату», or «Квитанция ПД-4» for a person. Russian by law."""
        return paper_of(Bill(payment, method, facts))


def _issue_date(payment: PaymentView) -> date:
    return payment.created_at.astimezone(ZoneInfo(payment.reseller.timezone)).date()


def _instructions(bill: Bill, bill_url: str, language: str) -> dict[str, object]:
    """Return what the page shows. bill_url: empty where no bill could be drawn; the requisites are enough to pay."""
    reseller, symbol = bill.payment.reseller, bill.symbol
    return {
        "_": _,
        "bill_url": bill_url,
        "requisites": _rows(bill, language),
        "purpose": bill.purpose,
        "is_slip": bill.is_slip,
        "qr": {"size": symbol.size, "path": symbol.path} if symbol else None,
        "emails": {
            "sales": reseller.sales_email,
            "billing": reseller.billing_email,
            "accounting": reseller.accounting_email,
        },
    }


def _rows(bill: Bill, language: str) -> list[tuple[LazyText, str]]:
    seller = bill.seller
    rows: list[tuple[LazyText, str]] = [
        (_("Payee"), seller.name),
        (_("INN"), seller.inn),
        (_("KPP"), seller.kpp),
        (_("Account number"), seller.account),
        (_("Bank"), seller.bank_name),
        (_("BIC"), seller.bic),
        (_("Correspondent account"), seller.corr_account),
        (_("Sum"), money(bill.amount, language)),
    ]
    return [row for row in rows if row[1]]
