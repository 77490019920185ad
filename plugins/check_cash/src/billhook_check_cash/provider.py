"""Bank transfer as a payment provider: nothing talks to a network, the money is seen by a manager."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from billhook import (
    Capabilities,
    Catalogue,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    Finding,
    Instructions,
    MethodView,
    NotSupported,
    PaymentProvider,
    PaymentView,
    Setting,
    StartKind,
    StartRequest,
)

from billhook_check_cash.bill import Bill
from billhook_check_cash.papers import paper_of
from billhook_check_cash.requisites import find_in_requisites, requisites_of
from billhook_check_cash.russian import figures
from billhook_check_cash.settings import SETTINGS

_ = Catalogue("billhook_check_cash")

RECEIPT = "receipt"


class CheckCash(PaymentProvider):
    """«Банковский перевод»: a bill or a PD-4 slip with a payment QR, and instructions."""

    name: ClassVar[str] = "check_cash"
    title = _("Bank transfer")
    capabilities: ClassVar[Capabilities] = Capabilities(
        start=StartKind.INSTRUCTIONS,
        documents=(DocumentKind(RECEIPT, _("Bill for payment")),),
        currencies=("RUB",),
    )
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS

    def check_settings(self, method: MethodView) -> list[Finding]:
        """Check the keys of account, correspondent account, BIC, INN and KPP against each other."""
        return find_in_requisites(requisites_of(method))

    def start(self, request: StartRequest) -> Instructions:
        """Return the letter's numbered instructions with requisites, purpose and QR for those who pay without paper."""
        facts = request.documents.get(RECEIPT) or DocumentFacts(
            request.payment.number, _issue_date(request.payment), request.addresses.documents.get(RECEIPT, "")
        )
        bill = Bill(request.payment, request.method, facts)
        return Instructions("check_cash/instructions.html", _instructions(bill, request.addresses.documents))

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        """Return the paper: «Счет на оплату», or «Квитанция ПД-4» for a person. Russian by law. Raises NotSupported."""
        if kind != RECEIPT:
            raise NotSupported(f"{self.name} has no document {kind}")
        return paper_of(Bill(payment, method, facts))


def _issue_date(payment: PaymentView) -> date:
    return payment.created_at.astimezone(ZoneInfo(payment.reseller.timezone)).date()


def _instructions(bill: Bill, documents: Mapping[str, str]) -> dict[str, object]:
    reseller, symbol = bill.payment.reseller, bill.symbol
    return {
        "bill_url": documents.get(RECEIPT, ""),
        "seller": bill.seller.plain(),
        "purpose": bill.purpose,
        "total": figures(bill.amount),
        "is_slip": bill.is_slip,
        "qr": {"size": symbol.size, "path": symbol.path} if symbol else None,
        "emails": {
            "sales": reseller.sales_email,
            "billing": reseller.billing_email,
            "accounting": reseller.accounting_email,
        },
    }
