"""Accounts as a manager keeps them. Balance and hold are moved by the ledger and by charging, never here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from billhook import AccountType
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import ResellerClosed
from host_stub.persistence import Account, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.charges import watches
from host_stub.services.telling.journal import log


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """What a form says about an account. inn, kpp: as typed; doubts are shown, not refused.

    custom_attributes: additional parameters by key; receipt templates read them.
    """

    type: AccountType
    name: str
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
    language: str = "ru"
    custom_attributes: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> dict[str, object]:
        return {**asdict(self), "type": self.type.value, "custom_attributes": dict(self.custom_attributes)}


def create(store: Store, scope: Scope, reseller_id: int, draft: AccountDraft, *, by: Actor) -> int:
    """Create an account with nothing on it; return its id. Raises NotFound, ResellerClosed."""
    with store.write(scope) as session:
        # Locked: a watch level that the reseller changes meanwhile must find this account, or be found by it.
        if fetch(session, Reseller, reseller_id, lock=True).closed_at is not None:
            raise ResellerClosed(reseller_id)
        account = Account(reseller_id=reseller_id, created_at=now(session), **draft.columns())
        session.add(account)
        session.flush()
        watches.open_account(session, account)
        _log(session, account, "account.created", by)
        return account.id


def change(store: Store, scope: Scope, account_id: int, draft: AccountDraft, *, by: Actor) -> None:
    """Change what is known about an account. Raises NotFound."""
    with store.write(scope) as session:
        account = fetch(session, Account, account_id, lock=True)
        changed = [name for name, value in draft.columns().items() if getattr(account, name) != value]
        for name in changed:
            setattr(account, name, draft.columns()[name])
        if changed:
            _log(session, account, "account.changed", by, fields=changed)


def _log(session: Session, account: Account, action: str, by: Actor, **details: object) -> None:
    log(session, "account", account.id, action, reseller_id=account.reseller_id, by=by, **details)
