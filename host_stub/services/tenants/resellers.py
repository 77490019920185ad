"""Resellers: their face, their rules, and which plugins are on for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from billhook.money import MINOR_DIGITS
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import NotFound, RefusedError
from host_stub.domain.payments import valid_mask
from host_stub.domain.resellers import ResellerDraft
from host_stub.persistence import Account, PluginActivation, Reseller, Scope, Store
from host_stub.persistence.listings import counts_up_to
from host_stub.persistence.store import fetch, now
from host_stub.services.settings.secret_vaults import Cipher
from host_stub.services.telling.journal import log
from host_stub.services.tenants.pictures import Picture


class UnknownCurrency(RefusedError):
    """The panel does not sell in this currency: `billhook.money.MINOR_DIGITS` lists those that it knows."""


class InvalidNumberMask(RefusedError):
    """A document number mask has exactly one run of `#`."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a form may leave as it is. logo, provisioning_secret: None keeps the present one."""

    logo: Picture | None = None
    without_logo: bool = False
    provisioning_secret: str | None = None


def create(store: Store, draft: ResellerDraft, *, currency: str, by: Actor) -> int:
    """Create a reseller; return its id. The currency stays for good. Raises UnknownCurrency, InvalidNumberMask."""
    if currency not in MINOR_DIGITS:
        raise UnknownCurrency(currency)
    _check(draft)
    with store.write() as session:
        reseller = Reseller(currency=currency, created_at=now(session), **asdict(draft))
        session.add(reseller)
        session.flush()
        _log(session, reseller, "reseller.created", by)
        return reseller.id


def change(
    store: Store, scope: Scope, reseller_id: int, draft: ResellerDraft, extras: Extras, *, keys: Cipher, by: Actor
) -> None:
    """Change a reseller's settings. Raises NotFound (another reseller's scope too), InvalidNumberMask."""
    _check(draft)
    if scope.reseller_id not in (None, reseller_id):
        raise NotFound("Reseller", reseller_id)
    with store.write(scope) as session:
        reseller = fetch(session, Reseller, reseller_id, lock=True)
        changed = [name for name, value in asdict(draft).items() if getattr(reseller, name) != value]
        for name in changed:
            setattr(reseller, name, asdict(draft)[name])
        if extras.logo is not None or extras.without_logo:
            picture = extras.logo
            reseller.logo, reseller.logo_type = (picture.content, picture.content_type) if picture else (None, None)
            changed.append("logo")
        if extras.provisioning_secret is not None:
            reseller.provisioning_secret = keys.encrypt(extras.provisioning_secret)
            changed.append("provisioning_secret")
        if changed:
            _log(session, reseller, "reseller.changed", by, fields=changed)


def _check(draft: ResellerDraft) -> None:
    if not valid_mask(draft.number_mask):
        raise InvalidNumberMask(draft.number_mask)


def customers(session: Session, reseller_ids: Sequence[int]) -> dict[int, str]:
    """Return how many customers each reseller has, for people, up to `COUNTED`."""
    query = select(Account.id)
    return counts_up_to(session, {each: query.where(Account.reseller_id == each) for each in reseller_ids})


def plugins_on(session: Session, reseller_id: int) -> set[str]:
    """Return the names of the plugins that are on for a reseller."""
    query = select(PluginActivation.plugin).where(PluginActivation.reseller_id == reseller_id, PluginActivation.enabled)
    return set(session.scalars(query))


def switch_plugin(store: Store, reseller_id: int, plugin: str, *, on: bool, by: Actor) -> None:
    """Switch a plugin on or off for a reseller. What was started with it goes on either way. Raises NotFound."""
    with store.write() as session:
        reseller = fetch(session, Reseller, reseller_id, lock=True)
        row = session.get(PluginActivation, (reseller_id, plugin))
        if (row is not None and row.enabled) == on:
            return
        if row is None:
            row = PluginActivation(reseller_id=reseller_id, plugin=plugin)
            session.add(row)
        row.enabled, row.changed_at = on, now(session)
        _log(session, reseller, "plugin.switched_on" if on else "plugin.switched_off", by, plugin=plugin)


def _log(session: Session, reseller: Reseller, action: str, by: Actor, **details: object) -> None:
    log(session, "reseller", reseller.id, action, reseller_id=reseller.id, by=by, **details)
