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
class BankAccountView:
    """A bank account of the seller. values: by the scheme's keys (`ru`: bank_name, bic, account, corr_account)."""

    id: int
    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaxPeriod:
    """How the seller is taxed from a day on, until the next period.

    regime, vat: the scheme's words for the tax system and for how VAT is charged in it. rate: percent in force, None
    where there is no VAT. table: which table of rates was read; it stands on what is issued.
    """

    since: date
    regime: str
    vat: str
    rate: int | None
    table: str

    @property
    def calculated(self) -> str:
        """The rate by which an advance is taxed, `22/122`; empty where there is no VAT."""
        return "" if self.rate is None else f"{self.rate}/{100 + self.rate}"

    def inside(self, gross: Money) -> Money:
        """Return the tax that a gross sum contains: gross * rate / (100 + rate), half up; zero without VAT."""
        return Money.zero(gross.currency) if self.rate is None else gross.share(self.rate, 100 + self.rate)


@dataclass(frozen=True, slots=True)
class SellerView:
    """Who sells: what a bill, a line of a receipt and a closing document say of the reseller, from one source.

    scheme: whose requisites these are (`ru`). requisites: by the scheme's keys, empty texts for what it has not; no key
    at all before the reseller entered them. account: the one for this method, else the reseller's default; None if
    there is none. taxes: the earliest first, a new one at each change of the regime or of a rate.
    """

    scheme: str
    requisites: Mapping[str, str] = field(default_factory=dict)
    account: BankAccountView | None = None
    taxes: tuple[TaxPeriod, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether there are requisites, a bank account and a tax regime, be it of a day to come."""
        return bool(self.requisites and self.account and self.taxes)

    def text(self, key: str) -> str:
        """Return a requisite, or what stands under that key with the bank account; empty where there is neither."""
        return self.requisites.get(key) or (self.account.values.get(key, "") if self.account else "")

    def tax_on(self, day: date) -> TaxPeriod | None:
        """Return how the seller is taxed on a day of its own time zone; None before the first regime."""
        return next((period for period in reversed(self.taxes) if period.since <= day), None)


@dataclass(frozen=True, slots=True)
class MethodView:
    """A provider configured by a reseller; `settings` are complete: the method's own values, else what it inherits from
    reseller or operator, else the defaults; secrets in clear.

    previous_secrets: by setting key, values that held for this method and were replaced less than the grace period ago
        at whatever level, newest first.
    seller: who sells by it, for a provider that names `requisites`; None for any other.
    """

    id: int
    reseller_id: int
    plugin: str
    name: str
    settings: Mapping[str, object]
    previous_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seller: SellerView | None = None

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

    issued_on: date in the reseller's time zone; dated data (the seller's tax) are read at it.
    link: the public address of the document, empty where there is none.
    frozen: what the plugin had kept with the document (`DocumentSource.frozen`); empty while it is being made. All that
        is told of an issued document comes from here: settings and requisites may have changed since.
    """

    number: str
    issued_on: date
    link: str = ""
    frozen: Mapping[str, object] = field(default_factory=dict)
