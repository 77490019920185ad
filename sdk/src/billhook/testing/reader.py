"""A reader over values that a test chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billhook.money import Money
from billhook.testing.views import PANEL
from billhook.views import AccountView, ResellerView


@dataclass
class FakeReader:
    """The contract's Reader. settings: the plugin's own by key, for every account alike."""

    view: AccountView
    seller: ResellerView
    settings: Mapping[str, object] = field(default_factory=dict)

    def account(self, account_id: int) -> AccountView:
        if account_id != self.view.id:
            raise LookupError(f"account {account_id}")
        return self.view

    def reseller(self) -> ResellerView:
        return self.seller

    def setting(self, key: str, account_id: int | None = None) -> object:
        return self.settings[key]

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        return f"{PANEL}/accounts/{account_id}/top-up" + (f"?amount={amount.plain()}" if amount else "")
