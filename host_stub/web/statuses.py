"""The word and the colour of every status that a person sees."""

from __future__ import annotations

from typing import Final

from billhook import Catalogue, LazyText

from host_stub.web.page import Tone

_ = Catalogue("host_stub")

#: kind → status value → (tone, word)
STATUSES: Final[dict[str, dict[str, tuple[Tone, LazyText]]]] = {
    "payment": {
        "waiting_for_payment": (Tone.WAIT, _("waiting for payment")),
        "partly_paid": (Tone.WAIT, _("partly paid")),
        "expired": (Tone.CALM, _("payment expired")),
        "completed": (Tone.GOOD, _("payment completed")),
        "cancelled": (Tone.CALM, _("payment cancelled")),
    },
    "try": {
        "unknown": (Tone.WAIT, _("not finished")),
        "started": (Tone.CALM, _("begun")),
        "abandoned": (Tone.WAIT, _("no answer")),
        "paid": (Tone.GOOD, _("went through")),
        "failed": (Tone.BAD, _("did not go through")),
        "superseded": (Tone.CALM, _("replaced by a new try")),
    },
    "subscription": {
        "pending": (Tone.WAIT, _("waiting for activation")),
        "active": (Tone.GOOD, _("subscription active")),
        "stopped": (Tone.BAD, _("subscription stopped")),
        "deleted": (Tone.CALM, _("subscription deleted")),
    },
    "reseller": {
        "open": (Tone.GOOD, _("reseller open")),
        "closed": (Tone.BAD, _("reseller closed")),
    },
    "switch": {
        "True": (Tone.GOOD, _("switched on")),
        "False": (Tone.CALM, _("switched off")),
    },
}


def status_of(kind: str, status: object) -> tuple[Tone, LazyText]:
    """Return tone and word. kind: a key of `STATUSES`; status: its value, text or enum. Raises KeyError."""
    return STATUSES[kind][str(status)]
