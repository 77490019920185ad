"""What the gateway says: reading an order, making its messages, signing them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

ALGORITHMS = ("sha256", "sha1", "md5")
CURRENCIES = ("RUB", "643", "EUR", "978", "USD", "840")
TEST_SYSTEM = "3"

HASHED = [
    "LMI_MERCHANT_ID",
    "LMI_PAYMENT_NO",
    "LMI_SYS_PAYMENT_ID",
    "LMI_SYS_PAYMENT_DATE",
    "LMI_PAYMENT_AMOUNT",
    "LMI_CURRENCY",
    "LMI_PAID_AMOUNT",
    "LMI_PAID_CURRENCY",
    "LMI_PAYMENT_SYSTEM",
    "LMI_SIM_MODE",
]

_ORDERED = [
    "LMI_MERCHANT_ID",
    "LMI_PAYMENT_AMOUNT",
    "LMI_CURRENCY",
    "LMI_PAYMENT_NO",
    "LMI_PAYMENT_DESC",
    "LMI_PAYMENT_DESC_BASE64",
    "LMI_SIM_MODE",
    "LMI_INVOICE_CONFIRMATION_URL",
    "LMI_PAYMENT_NOTIFICATION_URL",
    "LMI_SUCCESS_URL",
    "LMI_FAILURE_URL",
    "LMI_FAIL_URL",
    "LMI_SUCCESS_METHOD",
    "LMI_FAIL_METHOD",
    "LMI_PAYER_PHONE_NUMBER",
    "LMI_PAYER_EMAIL",
    "LMI_EXPIRES",
    "LMI_PAYMENT_METHOD",
    "LMI_PAYMENT_SYSTEM",
    "LMI_PAYMENT_TYPE",
]


class BadOrder(Exception):
    """A payment request that the gateway would turn away; `reason` names a message of the error page."""

    def __init__(self, reason: str, field_name: str = "") -> None:
        super().__init__(f"{reason} {field_name}".strip())
        self.reason = reason
        self.field_name = field_name


@dataclass(frozen=True)
class Order:
    """A payment request as the browser brought it. amount: `10.50`. own: the shop's parameters, echoed unsigned."""

    merchant: str
    number: str
    amount: str
    currency: str
    description: str
    confirmation_url: str = ""
    notification_url: str = ""
    success_url: str = ""
    failure_url: str = ""
    method: str = ""
    sim_mode: str = ""
    email: str = ""
    phone: str = ""
    expires_at: datetime | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> tuple[str, ...]:
        every = (self.confirmation_url, self.notification_url, self.success_url, self.failure_url)
        return tuple(address for address in every if address)

    @classmethod
    def read(cls, pairs: Sequence[tuple[str, str]]) -> Order:
        """Read the fields of /payment/init. Raises BadOrder."""
        fields = dict(pairs)
        for name, _ in pairs:
            if sum(1 for other, _ in pairs if other == name) > 1:
                raise BadOrder("twice", name)
        for name in ("LMI_MERCHANT_ID", "LMI_PAYMENT_AMOUNT", "LMI_CURRENCY"):
            if not fields.get(name):
                raise BadOrder("missing", name)
        if fields["LMI_CURRENCY"] not in CURRENCIES:
            raise BadOrder("currency", "LMI_CURRENCY")
        return cls(
            merchant=fields["LMI_MERCHANT_ID"],
            number=fields.get("LMI_PAYMENT_NO", ""),
            amount=_amount(fields["LMI_PAYMENT_AMOUNT"]),
            currency=fields["LMI_CURRENCY"],
            description=_description(fields),
            confirmation_url=fields.get("LMI_INVOICE_CONFIRMATION_URL", ""),
            notification_url=fields.get("LMI_PAYMENT_NOTIFICATION_URL", ""),
            success_url=fields.get("LMI_SUCCESS_URL", ""),
            failure_url=fields.get("LMI_FAILURE_URL") or fields.get("LMI_FAIL_URL", ""),
            method=fields.get("LMI_PAYMENT_METHOD", ""),
            sim_mode=fields.get("LMI_SIM_MODE", ""),
            email=fields.get("LMI_PAYER_EMAIL", ""),
            phone=fields.get("LMI_PAYER_PHONE_NUMBER", ""),
            expires_at=_expiry(fields.get("LMI_EXPIRES", "")),
            own={name: value for name, value in pairs if name not in _ORDERED},
        )


@dataclass(frozen=True)
class Taken:
    """How an order is paid: the gateway's id and instant, the payment system's number and name."""

    sys_id: str
    at: datetime
    system: str = "93"
    method: str = "BankCard"
    sim_mode: str | None = None

    @property
    def date(self) -> str:
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Gateway:
    """The gateway's own account of a merchant: makes and signs messages.

    algorithm: sha256, sha1 or md5, as set in the merchant's cabinet.
    """

    def __init__(self, merchant: str, secret: str, algorithm: str = "sha256") -> None:
        if algorithm not in ALGORITHMS:
            raise ValueError(f"unknown algorithm {algorithm}")
        self.merchant = merchant
        self.secret = secret
        self.algorithm = algorithm

    def sign(self, fields: Mapping[str, str]) -> str:
        """Return LMI_HASH: each hashed field followed by `;` (nothing if it is absent), then the secret."""
        digest = hashlib.new(self.algorithm)
        for name in HASHED:
            digest.update(fields.get(name, "").encode() + b";")
        digest.update(self.secret.encode())
        return base64.standard_b64encode(digest.digest()).decode()

    def signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return the fields with LMI_HASH made for them."""
        bare = {name: value for name, value in fields.items() if name != "LMI_HASH"}
        return {**bare, "LMI_HASH": self.sign(bare)}

    def confirmation(self, order: Order, taken: Taken) -> dict[str, str]:
        """Return the fields of an Invoice Confirmation: unsigned, before anything is paid."""
        return {"LMI_PREREQUEST": "1", **self._common(order, taken), **order.own}

    def notification(self, order: Order, taken: Taken, **changes: str) -> dict[str, str]:
        """Return the fields of a signed Payment Notification.

        changes: fields that replace the truth before signing, for messages that are authentic but do not fit.
        """
        fields = {
            **self._common(order, taken),
            "LMI_SYS_PAYMENT_ID": taken.sys_id,
            "LMI_SYS_PAYMENT_DATE": taken.date,
            "LMI_PAYER_IDENTIFIER": "220000XXXXXX0010",
            "LMI_PAYER_COUNTRY": "RU",
            "LMI_PAYMENT_REF": taken.sys_id[-12:].rjust(12, "0"),
            **order.own,
            **changes,
        }
        return self.signed(fields)

    def returned(self, order: Order, taken: Taken, *, paid: bool) -> dict[str, str]:
        """Return the unsigned fields that the browser takes back to the shop."""
        fields = {
            "LMI_MERCHANT_ID": order.merchant,
            "LMI_PAYMENT_NO": order.number,
            "LMI_PAYMENT_AMOUNT": order.amount,
            "LMI_CURRENCY": order.currency,
            **order.own,
        }
        paid_only = {"LMI_SYS_PAYMENT_ID": taken.sys_id, "LMI_SYS_PAYMENT_DATE": taken.date}
        return {**fields, **paid_only} if paid else fields

    def _common(self, order: Order, taken: Taken) -> dict[str, str]:
        fields = {
            "LMI_MERCHANT_ID": self.merchant,
            "LMI_PAYMENT_SYSTEM": taken.system,
            "LMI_CURRENCY": order.currency,
            "LMI_PAYMENT_AMOUNT": order.amount,
            "LMI_PAYMENT_NO": order.number,
            "LMI_PAYMENT_DESC": order.description,
            "LMI_PAID_AMOUNT": order.amount,
            "LMI_PAID_CURRENCY": order.currency,
            "LMI_PAYMENT_METHOD": taken.method,
        }
        return fields if taken.sim_mode is None else {**fields, "LMI_SIM_MODE": taken.sim_mode}


def _amount(text: str) -> str:
    found = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?", text, re.ASCII)
    if found is None or not text.strip("0."):
        raise BadOrder("amount", "LMI_PAYMENT_AMOUNT")
    return f"{int(found[1])}.{(found[2] or '').ljust(2, '0')}"


def _description(fields: Mapping[str, str]) -> str:
    encoded = fields.get("LMI_PAYMENT_DESC_BASE64")
    try:
        text = base64.b64decode(encoded, validate=True).decode() if encoded else fields.get("LMI_PAYMENT_DESC", "")
    except (binascii.Error, UnicodeDecodeError):
        raise BadOrder("description", "LMI_PAYMENT_DESC_BASE64") from None
    if not text:
        raise BadOrder("missing", "LMI_PAYMENT_DESC")
    return text


def _expiry(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise BadOrder("expires", "LMI_EXPIRES") from None
