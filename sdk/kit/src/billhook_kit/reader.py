"""A reader over values that a test chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billhook.events import Value
from billhook.money import Money
from billhook.views import AccountView, ResellerView

from billhook_kit.links import Links
from billhook_kit.tables import MemoryTables
from billhook_kit.views import PANEL


@dataclass
class FakeReader:
    """The contract's Reader.

    settings: what holds for the reseller and for every account that set nothing, by key. own: by account, what it set.
    former: by key of a secret, those that it replaced lately, newest first.
    links: what signs public links; without it their addresses open nothing. others: further accounts of the seller.
    tables: the plugin's own, as `FakeHost.tables` has them; without them there are none.
    """

    view: AccountView
    seller: ResellerView
    settings: Mapping[str, object] = field(default_factory=dict)
    own: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    former: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Links | None = None
    others: Mapping[int, AccountView] = field(default_factory=dict)
    tables: MemoryTables | None = None

    def account(self, account_id: int) -> AccountView:
        known = {**self.others, self.view.id: self.view}
        if account_id not in known:
            raise LookupError(f"account {account_id}")
        return known[account_id]

    def reseller(self) -> ResellerView:
        return self.seller

    def setting(self, key: str, account_id: int | None = None) -> object:
        own = self.own.get(account_id, {}) if account_id is not None else {}
        return own[key] if key in own else self.settings[key]

    def secrets(self, key: str, account_id: int | None = None) -> tuple[str, ...]:
        present = self.setting(key, account_id)
        if not isinstance(present, str):
            raise KeyError(key)
        return tuple(secret for secret in (present, *self.former.get(key, ())) if secret)

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        return f"{PANEL}/accounts/{account_id}/top-up" + (f"?amount={amount.plain()}" if amount else "")

    def link(self, name: str, subject: str) -> str:
        if self.links is not None:
            return self.links.address(name, subject)
        return f"{PANEL}/plugin/link/{name}/{subject}"

    def rows(
        self,
        table: str,
        where: Mapping[str, Value] | None = None,
        *,
        newest_first: bool = False,
        limit: int = 100,
        before_id: int | None = None,
    ) -> list[Mapping[str, Value]]:
        if self.tables is None:
            raise TypeError(f"there is no table {table!r} of its own")
        page = {"newest_first": newest_first, "limit": limit, "before_id": before_id}
        found: list[Mapping[str, Value]] = self.tables.rows(table, where, self.seller.id, **page)
        return found
