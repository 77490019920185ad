"""Bank transfer in the hands of Billhook's conformance kit: nothing calls back, a manager sees the money."""

from __future__ import annotations

from billhook_kit import ProviderUnderTest


class BankTransfer(ProviderUnderTest):
    """It needs no settings: requisites are the seller's."""
