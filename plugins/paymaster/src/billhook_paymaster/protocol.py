"""PayMaster's HTTP protocol as pure functions: the request the browser posts, and reading what comes back.

Sources: PayMaster, "HTTP protocol" (paymaster.ru/docs/en/wmi), edition of 23.07.2014 and the current page. What is
documented and what was only seen in traffic stands in the plugin's README.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from billhook import MalformedAmount, MalformedNotification, Money, PayerReturned, PaymentClaim, PaymentPaid, RawRequest

from billhook_paymaster.signature import signed_digest, signed_values

#: Codes that mean one currency: ISO letters, ISO number, and the rouble's letters from before 1998.
CURRENCIES: Final[Mapping[str, str]] = {
    "RUB": "RUB", "643": "RUB", "RUR": "RUB",
    "USD": "USD", "840": "USD",
    "EUR": "EUR", "978": "EUR",
    "BYN": "BYN", "933": "BYN",
    "KZT": "KZT", "398": "KZT",
}  # fmt: skip

#: Number of the payment system "Test": signed, unlike the name LMI_PAYMENT_METHOD.
TEST_SYSTEM: Final = "3"

DESCRIPTION_LIMIT: Final = 255
#: A notification's sum: ASCII digits with a point, as the protocol says; more decimals only if they are zeros.
_AMOUNT: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?", re.ASCII)
_CARD: Final = re.compile(r"(?<![0-9])([0-9]{6})[0-9]{3,9}([0-9]{4})(?![0-9])")
_DETAIL_LIMIT: Final = 200

#: Shown to a manager, under these messages of our catalogue: unsigned except for the paid sum, so nothing is decided
#: by them.
_DETAILS: Final[Mapping[str, str]] = {
    "Payment method": "LMI_PAYMENT_METHOD",
    "Payment system": "LMI_PAYMENT_SYSTEM",
    "Payer": "LMI_PAYER_IDENTIFIER",
    "Payer's country": "LMI_PAYER_COUNTRY",
    "Sum the payer paid": "LMI_PAID_AMOUNT",
    "Currency the payer paid in": "LMI_PAID_CURRENCY",
    "Paid at": "LMI_SYS_PAYMENT_DATE",
    "Number at the bank": "LMI_PAYMENT_REF",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the gateway.

    number: the document number, non-empty, without `;`. expires_at: aware. payer_phone: as a person typed it.
    confirmation_url … failure_url: absolute; the gateway ignores them silently if the site forbids replacing.
    method: code from the site's settings, empty lets the payer choose. sim_mode: empty for live payments.
    """

    merchant: str
    number: str
    amount: Money
    description: str
    expires_at: datetime
    confirmation_url: str
    notification_url: str
    success_url: str
    failure_url: str
    payer_email: str = ""
    payer_phone: str = ""
    method: str = ""
    sim_mode: str = ""


def request_fields(order: Order) -> list[tuple[str, str]]:
    """Return the fields of the form that the payer's browser posts; optional ones only when they say something.

    The failure page goes under both spellings in use: which one is honoured today is not documented.
    Raises ValueError for a naive `expires_at`.
    """
    optional = (
        ("LMI_PAYER_EMAIL", order.payer_email),
        ("LMI_PAYER_PHONE_NUMBER", international_digits(order.payer_phone)),
        ("LMI_PAYMENT_METHOD", order.method),
        ("LMI_SIM_MODE", order.sim_mode),
    )
    return [
        ("LMI_MERCHANT_ID", order.merchant),
        ("LMI_PAYMENT_AMOUNT", order.amount.plain()),
        ("LMI_CURRENCY", order.amount.currency),
        ("LMI_PAYMENT_NO", order.number),
        ("LMI_PAYMENT_DESC_BASE64", _base64_text(order.description[:DESCRIPTION_LIMIT])),
        ("LMI_EXPIRES", _utc_text(order.expires_at)),
        ("LMI_INVOICE_CONFIRMATION_URL", order.confirmation_url),
        ("LMI_PAYMENT_NOTIFICATION_URL", order.notification_url),
        ("LMI_SUCCESS_URL", order.success_url),
        ("LMI_FAILURE_URL", order.failure_url),
        ("LMI_FAIL_URL", order.failure_url),
        *((name, value) for name, value in optional if value),
    ]


def read_notification(request: RawRequest) -> PaymentPaid:
    """Read a Payment Notification whose signature was checked.

    The amount is what was ordered (LMI_PAYMENT_AMOUNT); what the payer's bank took may differ in sum and currency
    and is only a detail. Without a payment number the reference is empty: the money exists, the host parks it.
    Raises MalformedNotification.
    """
    values = signed_values(request)
    return PaymentPaid(
        reference=_printable("LMI_PAYMENT_NO", request.optional("LMI_PAYMENT_NO") or ""),
        merchant=_needed(request, "LMI_MERCHANT_ID"),
        amount=_amount(request),
        is_test=is_test(request),
        external_id=_needed(request, "LMI_SYS_PAYMENT_ID"),
        signed_digest=signed_digest(values),
        details=_details(request),
    )


def read_confirmation(request: RawRequest) -> PaymentClaim:
    """Read an Invoice Confirmation: an unsigned question that never moves money.

    Raises MalformedNotification, also for a message that bears a mark of a paid state: such a one must go through
    the notification's address and its signature check.
    """
    if request.one("LMI_PREREQUEST") != "1":
        raise MalformedNotification("LMI_PREREQUEST", "not 1")
    for name in ("LMI_HASH", "LMI_SYS_PAYMENT_ID", "LMI_SYS_PAYMENT_DATE"):
        if any(key == name for key, _ in request.fields):
            raise MalformedNotification(name, "has no place in a pre-request")
    return PaymentClaim(
        reference=_needed(request, "LMI_PAYMENT_NO"),
        merchant=_needed(request, "LMI_MERCHANT_ID"),
        amount=_amount(request),
        is_test=is_test(request),
    )


def read_return(request: RawRequest, *, successful: bool) -> PayerReturned:
    """Read a return page. Anybody can open it with any fields, so nothing is refused and nothing believed."""
    numbers = [value for key, value in request.fields if key == "LMI_PAYMENT_NO"]
    usable = len(numbers) == 1 and numbers[0].isprintable()
    return PayerReturned(reference=numbers[0] if usable else "", successful=successful)


def is_test(request: RawRequest) -> bool:
    """Say whether the payment is a test by the fields that the signature covers.

    LMI_SIM_MODE comes with test payments only; its text `0` counts. Present but empty it counts as missing: the
    signature can't tell these two apart, so anybody could add it. The system number 3 was seen with every test
    payment; taking it as one at worst parks a payment for a manager, the other way round it would credit play money.
    """
    return bool(request.optional("LMI_SIM_MODE")) or request.optional("LMI_PAYMENT_SYSTEM") == TEST_SYSTEM


def international_digits(phone: str) -> str:
    """Return digits with the country code and no `+` (`79031234567`), or empty text if they can't be told."""
    digits = "".join(c for c in phone if c in "0123456789")
    if phone.strip().startswith("+"):
        return digits if 8 <= len(digits) <= 15 else ""
    if len(digits) == 11 and digits[0] in "78":
        return "7" + digits[1:]  # inside Russia 8 is dialled in place of the country code
    return ""


def _amount(request: RawRequest) -> Money:
    text, code = _needed(request, "LMI_PAYMENT_AMOUNT"), _needed(request, "LMI_CURRENCY")
    if code not in CURRENCIES:
        raise MalformedNotification("LMI_CURRENCY", "unknown currency")
    if not _AMOUNT.fullmatch(text):
        raise MalformedNotification("LMI_PAYMENT_AMOUNT", "not a plain decimal number")
    try:
        amount = Money.of(text, CURRENCIES[code])
    except MalformedAmount as error:
        raise MalformedNotification("LMI_PAYMENT_AMOUNT", error.why) from error
    if not amount:
        raise MalformedNotification("LMI_PAYMENT_AMOUNT", "not above zero")
    return amount


def _needed(request: RawRequest, name: str) -> str:
    value = request.one(name)
    if not value:
        raise MalformedNotification(name, "empty")
    return _printable(name, value)


def _printable(name: str, value: str) -> str:
    """Refuse what a database can't look up: NUL, and lone surrogates from bytes that are not UTF-8."""
    if not value.isprintable():
        raise MalformedNotification(name, "not printable text")
    return value


def _details(request: RawRequest) -> dict[str, str]:
    found = {
        ours: next((value for key, value in request.fields if key == theirs), "") for ours, theirs in _DETAILS.items()
    }
    return {ours: _showable(value) for ours, value in found.items() if value.strip()}


def _showable(value: str) -> str:
    """The gateway masks card numbers; should it ever forget to, ours are not the books they are kept in."""
    printable = "".join(c if c.isprintable() else " " for c in value).strip()
    return _CARD.sub(r"\1******\2", printable)[:_DETAIL_LIMIT]


def _base64_text(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _utc_text(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("expires_at has no time zone")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
