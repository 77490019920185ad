"""Everything a bill states, worked out once: parties, sum, tax, purpose, payment QR.

The PDF is drawn from it; what it states is frozen with the issued document, and from then on the page is drawn from
that, whatever became of settings and requisites since.
"""

# billhook: Russian by law: what a bank's papers say does not follow the reader's language.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from billhook import AccountType, DocumentFacts, MethodView, Money, PaymentView, SellerView, TaxPeriod

from billhook_check_cash import qr
from billhook_check_cash.requisites import Requisites, requisites_of
from billhook_check_cash.russian import plain_figures, short_date

#: Characters of the purpose of a payment order.
PURPOSE_LIMIT: Final = 210


@dataclass(frozen=True)
class Stated:
    """What a bill states of money and payee, as it was issued. payload: of the payment QR, empty for none."""

    is_slip: bool
    amount: Money
    purpose: str
    payload: str
    seller: Requisites

    @classmethod
    def of_issued(cls, frozen: Mapping[str, Any]) -> Stated:
        """Return what was frozen by `Bill.frozen`."""
        return cls(
            is_slip=frozen["form"] == "pd4",
            amount=Money(frozen["amount_minor"], frozen["currency"]),
            purpose=frozen["purpose"],
            payload=frozen["qr"],
            seller=Requisites(**frozen["seller"]),
        )

    @cached_property
    def symbol(self) -> qr.Symbol | None:
        return qr.draw(self.payload) if self.payload else None


@dataclass(frozen=True)
class Bill:
    """A bill for one payment, on one day."""

    payment: PaymentView
    method: MethodView
    facts: DocumentFacts

    @property
    def amount(self) -> Money:
        return self.payment.amount

    @property
    def is_slip(self) -> bool:
        """Whether the paper is the PD-4 slip that a person takes to a bank's desk."""
        return self.payment.account.type is AccountType.PERSON

    @cached_property
    def seller(self) -> Requisites:
        return requisites_of(self.method.seller or SellerView(""))

    @cached_property
    def tax(self) -> TaxPeriod | None:
        """How the seller is taxed on the day of issue; None before the first regime, when no bill is issued."""
        return self.method.seller.tax_on(self.facts.issued_on) if self.method.seller else None

    @property
    def has_vat(self) -> bool:
        return self.tax is not None and self.tax.rate is not None

    @property
    def vat(self) -> Money:
        """The tax inside the sum."""
        return self.tax.inside(self.amount) if self.tax else Money.zero(self.amount.currency)

    @property
    def vat_rate(self) -> int:
        """Percent; 0 without VAT."""
        return (self.tax and self.tax.rate) or 0

    @property
    def created_on(self) -> date:
        return self._day(self.payment.created_at)

    @property
    def valid_until(self) -> date:
        return self._day(self.payment.expires_at)

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.payment.reseller.timezone)).date()

    @cached_property
    def service(self) -> str:
        """What is sold: the line of the bill."""
        return f"{self.method.text('service_name')}, лицевой счет №\u00a0{self.payment.account.id}"

    @cached_property
    def basis(self) -> str:
        """On which contract the bill rests: the customer's own where it is known, else what holds for everybody."""
        own = self.payment.account.custom_attributes.get(self.method.text("contract_attribute"), "")
        return contract_words(_safe(own)) or self.method.text("contract_basis")

    @cached_property
    def vat_mention(self) -> str:
        if not self.has_vat:
            return "НДС не облагается" if self.tax else ""
        return f"В т.ч. НДС {self.vat_rate}% - {plain_figures(self.vat)} руб."

    @cached_property
    def purpose(self) -> str:
        """The text to copy into the payment order, at most 210 characters; the payer's words give way first."""
        head = f"Оплата по счету № {_safe(self.facts.number)} от {short_date(self.facts.issued_on)}."
        account = f"Лицевой счет {self.payment.account.id}."
        room = PURPOSE_LIMIT - len(head) - len(account) - len(self.vat_mention) - len("   ")
        words = _sentence(_safe(self.payment.purpose).rstrip(". ") or "Пополнение баланса", room)
        return " ".join(filter(None, (head, words, account, self.vat_mention)))

    @cached_property
    def payload(self) -> str:
        """The text of the payment QR, empty where the standard leaves no way to write one."""
        account = self.payment.account
        values = self.seller.qr_values() | {
            "Sum": str(self.amount.minor),
            "Purpose": self.purpose,
            "PersAcc": str(account.id),
            "PayerINN": account.inn if account.inn.isdigit() and len(account.inn) in (10, 12) else "",
        }
        if self.is_slip:
            values |= _person(account.name) | {"PayerAddress": _safe(account.address)}
        try:
            return qr.build_payload(values, short_name=self.seller.short_name)
        except qr.QrError:
            # Requisites are checked on saving; a bill without a picture is still a bill.
            return ""

    @cached_property
    def stated(self) -> Stated:
        return Stated(self.is_slip, self.amount, self.purpose, self.payload, self.seller)

    def frozen(self) -> dict[str, object]:
        """Return what is kept with the issued document, JSON-able."""
        return {
            "form": "pd4" if self.is_slip else "invoice",
            "number": self.facts.number,
            "issued_on": self.facts.issued_on.isoformat(),
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "vat": self._frozen_vat(),
            "purpose": self.purpose,
            "qr": self.payload,
            "seller": asdict(self.seller),
        }

    def _frozen_vat(self) -> dict[str, object]:
        tax = self.tax
        return {
            "regime": tax.regime if tax else "",
            "vat": tax.vat if tax else "",
            "rate": self.vat_rate,
            "amount_minor": self.vat.minor,
            "currency": self.vat.currency,
            "table": tax.table if tax else "",
        }


def contract_words(typed: str) -> str:
    """Return a contract as a bill names it: `17 от 01.02.2026` as «Договор № 17 от 01.02.2026»."""
    if typed.startswith("№"):
        return f"Договор {typed}"
    return f"Договор № {typed}" if typed[:1].isdigit() else typed


def _safe(text: str) -> str:
    """Return the text without control characters and without the bar that parts a payment QR."""
    return qr.clean(text).replace("|", "/")


def _sentence(text: str, room: int) -> str:
    """Return the text as a sentence of at most `room` characters, cut between words; empty where too little is left."""
    if len(text) < room:
        return f"{text}."
    cut = text[: max(room - 1, 0)]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:-')}…" if room > 10 else ""


def _person(name: str) -> dict[str, str]:
    """Part a person's name as Russian papers write it: family name, given name, patronymic."""
    keys = ("LastName", "FirstName", "MiddleName")
    parts = _safe(name).split(maxsplit=2)
    return {key: part[: qr.MAX_LENGTH[key]] for key, part in zip(keys, parts, strict=False)}
