"""What the panel keeps of a gateway's message: its own limits, whatever the gateway's are."""

from __future__ import annotations

from typing import Final

from billhook.facts import PaymentClaim, PaymentPaid
from billhook.i18n import is_storable

#: Characters of a gateway's id, of a payment's number and of a merchant: keys by which rows are found.
LONGEST_KEY: Final = 200
#: Characters of all that a manager is shown beside.
LONGEST_DETAILS: Final = 20_000


def unkeepable(claim: PaymentClaim) -> tuple[str, str] | None:
    """Return which field of a message goes beyond what is kept, and how; None if all of it can be kept.

    Of a field that is no text nothing is said: that is its plugin's fault, not the gateway's.
    """
    keys = {
        "reference": claim.reference,
        "merchant": claim.merchant,
        "external_reference": claim.external_reference,
    }
    if isinstance(claim, PaymentPaid):
        keys["external_id"] = claim.external_id
        if claim.external_id == "":
            return "external_id", "empty"
    for name, text in keys.items():
        if isinstance(text, str) and (why := _beyond(text)):
            return name, why
    return _details(claim) if isinstance(claim, PaymentPaid) else None


def _beyond(text: str) -> str:
    if len(text) > LONGEST_KEY:
        return f"{len(text)} characters, not at most {LONGEST_KEY}"
    return "" if is_storable(text) else "holds what no database keeps: NUL, or bytes that are no UTF-8"


def _details(paid: PaymentPaid) -> tuple[str, str] | None:
    texts = [text for text in (*paid.details, *paid.details.values()) if isinstance(text, str)]
    if sum(map(len, texts)) > LONGEST_DETAILS:
        return "details", f"more than {LONGEST_DETAILS} characters"
    return None if all(map(is_storable, texts)) else ("details", "holds what no database keeps")
