"""A reader over values that a test chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billhook.money import Money
from billhook.testing.links import Links
from billhook.testing.views import PANEL
from billhook.views import AccountView, ResellerView


@dataclass
class FakeReader:
    """The contract's Reader. settings: the plugin's own by key, for every account alike.

    links: what signs public links; without it their addresses open nothing. others: further accounts of the seller.
    """

    view: AccountView
    seller: ResellerView
    settings: Mapping[str, object] = field(default_factory=dict)
    links: Links | None = None
    others: Mapping[int, AccountView] = field(default_factory=dict)

    def account(self, account_id: int) -> AccountView:
        known = {**self.others, self.view.id: self.view}
        if account_id not in known:
            raise LookupError(f"account {account_id}")
        return known[account_id]

    def reseller(self) -> ResellerView:
        return self.seller

    def setting(self, key: str, account_id: int | None = None) -> object:
        return self.settings[key]

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        return f"{PANEL}/accounts/{account_id}/top-up" + (f"?amount={amount.plain()}" if amount else "")

    def link(self, name: str, subject: str) -> str:
        if self.links is not None:
            return self.links.address(name, subject)
        return f"{PANEL}/plugin/link/{name}/{subject}"
