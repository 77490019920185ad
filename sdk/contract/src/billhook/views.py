"""What the host shows a plugin: frozen values, never rows, never a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from billhook.money import Money


class AccountType(StrEnum):
    """«Тип клиентов»."""

    PERSON = "person"
    SOLE_PROPRIETOR = "sole_proprietor"
    COMPANY = "company"


class PaymentStatus(StrEnum):
    """Where a payment stands; the moves between them are the host's table."""

    WAITING_FOR_PAYMENT = "waiting_for_payment"
    PARTLY_PAID = "partly_paid"  # less came than it is over: the rest may still be paid, and it does not expire
    EXPIRED = "expired"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ResellerView:
    """The seller's public face. Addresses and phones are text as the reseller typed them, empty if unset."""

    id: int
    name: str
    currency: str
    timezone: str
    site_url: str = ""
    sales_email: str = ""
    billing_email: str = ""
    accounting_email: str = ""
    support_email: str = ""
    general_phone: str = ""
    sales_phone: str = ""


@dataclass(frozen=True, slots=True)
class AccountView:
    """The paying party. `balance` positive = the customer's money."""

    id: int
    reseller_id: int
    type: AccountType
    name: str
    balance: Money
    threshold: Money
    on_hold: bool
    language: str
    inn: str = ""
    kpp: str = ""
    email: str = ""
    phone: str = ""
    country: str = "RU"
    region: str = ""
    city: str = ""
    zip: str = ""
    street: str = ""
    building: str = ""
    office: str = ""
    finance_emails: tuple[str, ...] = ()
    custom_attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Zip, region, city, street, building, office, joined by commas; empty parts left out, and the country."""
        parts = (self.zip, self.region, self.city, self.street, self.building, self.office)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as a provider may see it.

    number: the document number, what people see everywhere. id: what stands in addresses.
    purpose: the payer's own words, up to 200 characters. description: what it is for, in the payer's language.
    """

    id: int
    number: str
    amount: Money
    status: PaymentStatus
    purpose: str
    description: str
    created_at: datetime
    expires_at: datetime
    account: AccountView
    reseller: ResellerView


@dataclass(frozen=True, slots=True)
class MethodView:
    """A provider configured by a reseller; `settings` are complete: the method's own values, else what it inherits from
    reseller or operator, else the defaults; secrets in clear.

    previous_secrets: by setting key, values that held for this method and were replaced less than the grace period ago
        at whatever level, newest first.
    """

    id: int
    reseller_id: int
    plugin: str
    name: str
    settings: Mapping[str, object]
    previous_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return the text setting `key`. Raises KeyError for an undeclared one."""
        return str(self.settings[key] or "")

    def switch(self, key: str) -> bool:
        return bool(self.settings[key])

    def number(self, key: str) -> int | None:
        """Return the NUMBER setting `key`, None where somebody emptied it. Raises KeyError, and TypeError for another
        kind."""
        value = self.settings[key]
        if value is not None and type(value) is not int:
            raise TypeError(f"setting {key!r} of {self.plugin} is no NUMBER")
        return value

    def money(self, key: str) -> Money | None:
        """Return the MONEY setting `key`, None where nobody set it. Raises KeyError, and TypeError for another kind."""
        value = self.settings[key]
        if value is not None and not isinstance(value, Money):
            raise TypeError(f"setting {key!r} of {self.plugin} is no MONEY")
        return value

    def secrets(self, key: str) -> tuple[str, ...]:
        """Return the secret `key` and those it replaced recently, the current one first; empty ones left out."""
        return tuple(s for s in (self.text(key), *self.previous_secrets.get(key, ())) if s)


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What was frozen when a document was issued.

    issued_on: date in the reseller's time zone; dated data (VAT rates) are read at it.
    link: the public address of the document, empty where there is none.
    frozen: what the plugin had kept with the document (`DocumentSource.frozen`); empty while it is being made.
    """

    number: str
    issued_on: date
    link: str = ""
    frozen: Mapping[str, object] = field(default_factory=dict)
