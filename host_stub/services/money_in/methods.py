"""Payment methods: a provider configured for a reseller and some account types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

import nh3
from billhook import (
    AccountType,
    Finding,
    Level,
    MethodView,
    PaymentProvider,
    SellerView,
    Setting,
    SettingKind,
    Severity,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.adapters.keys import DecryptionFailed
from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidSettings, MethodUnavailable
from host_stub.persistence import PaymentMethod, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services.settings import secret_vaults, setting_changes, setting_levels
from host_stub.services.settings.secret_vaults import Cipher, Opener
from host_stub.services.settings.setting_changes import Change, Place
from host_stub.services.settings.setting_levels import Kept
from host_stub.services.telling.journal import log
from host_stub.services.tenants import sellers
from host_stub.services.tenants.open_resellers import must_be_open
from host_stub.services.tenants.pictures import Picture
from host_stub.services.tenants.seller_views import seller_view

_TAGS: Final = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "u", "ul", "h3", "h4", "span", "small"}


class Stored(Protocol):
    """A method as it is kept: settings by key, secrets encrypted."""

    @property
    def id(self) -> int: ...

    @property
    def reseller_id(self) -> int: ...

    @property
    def plugin(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...

    @property
    def secrets(self) -> Mapping[str, Any]: ...


Provider = type[PaymentProvider] | PaymentProvider
Doctor = Callable[[MethodView], Sequence[Finding]]


#: What a provider without inheriting settings has above it.
NOTHING_ABOVE: Final[Kept] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MethodDraft:
    """A method as the form leaves it.

    settings: typed by kind, by key; what is missing keeps its value. A SECRET counts only if it is not empty.
    inherited: keys that shall have no value of the method's own. forgotten: keys of secrets that
        must not count any more, nor what they replaced.
    icon: None keeps the present one; `without_icon` takes it off.
    bank_account: id of the seller's account that it takes money into, None for the default one.
    """

    name: str
    account_types: Sequence[AccountType]
    active: bool = True
    description: str = ""
    position: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    icon: Picture | None = None
    without_icon: bool = False
    bank_account: int | None = None


def method_view(
    row: Stored,
    provider: Provider,
    keys: Opener,
    now: datetime,
    above: Kept = NOTHING_ABOVE,
    seller: SellerView | None = None,
) -> MethodView:
    """Return a method as its provider sees it: what it inherits and defaults filled in, secrets in clear.

    above: what `kept_above` returned. seller: what `seller_of` returned. Secrets replaced less than seven days before
    `now`, here or where they are inherited from, stand in `previous_secrets`, newest first.
    Raises MethodUnavailable if a secret does not open: what was signed with an empty one, anybody could sign.
    """
    place = place_of(row, above)
    try:
        values = setting_levels.complete(provider.settings, place.kept, keys)
    except DecryptionFailed as error:
        raise MethodUnavailable(row.id, secret_vaults.UNREADABLE) from error
    previous = {}
    for secret in _secrets(provider):
        former = setting_levels.former_secrets(secret, place.kept, now)
        # What was inherited is kept here too once it is overridden: each counts once.
        opened = dict.fromkeys(secret_vaults.texts(former, keys))
        previous[secret.key] = tuple(text for text in opened if text != values[secret.key])
    return MethodView(row.id, row.reseller_id, row.plugin, row.name, values, previous, seller)


def present_view(store: Store, row: PaymentMethod, provider: Provider, keys: Opener) -> MethodView:
    """Return a method as its provider sees it now; reads what it inherits and who sells, if that is needed.

    Raises MethodUnavailable like `method_view`.
    """
    if not _inherited(row, provider) and not provider.requisites:
        return method_view(row, provider, keys, store.now())
    with store.read(Scope.reseller(row.reseller_id)) as session:
        above, seller = kept_above(session, row, provider), seller_of(session, row, provider)
        return method_view(row, provider, keys, store.now(), above, seller)


def seller_of(session: Session, row: Stored, provider: Provider) -> SellerView | None:
    """Return who sells by a method, None where its provider does not ask."""
    return seller_view(session, row.reseller_id, provider.requisites, method_id=row.id)


def kept_above(session: Session, row: Stored, provider: Provider, *, whole: bool = False) -> Kept:
    """Return what reseller and operator keep for a method to inherit.

    The database is asked for what the method does not have itself; whole: for all that it might inherit, too.
    """
    wanted = [s for s in provider.settings if s.inherits] if whole else _inherited(row, provider)
    return setting_levels.above(session, row.plugin, row.reseller_id, wanted, Level.METHOD)


def _inherited(row: Stored, provider: Provider) -> list[Setting]:
    kept = place_of(row, NOTHING_ABOVE).kept
    return [s for s in provider.settings if s.inherits and not setting_levels.has(s, kept, Level.METHOD)]


def place_of(row: Stored, above: Kept) -> Place:
    """Return what is kept for a method and above it."""
    own = {**(row.settings or {}), **(row.secrets or {})}
    return Place(Level.METHOD, {**above, Level.METHOD: own}, is_new=not row.id)


def _secrets(provider: Provider) -> list[Setting]:
    return [setting for setting in provider.settings if setting.kind is SettingKind.SECRET]


def clean_description(html: str) -> str:
    """Return what a customer may be shown of a description: text, lists, emphasis, links. No styles, no scripts."""
    return nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}
    ).strip()


def save_method(
    store: Store,
    scope: Scope,
    draft: MethodDraft,
    *,
    provider: Provider,
    keys: Cipher,
    doctor: Doctor,
    by: Actor,
    method_id: int | None = None,
    reseller_id: int | None = None,
) -> int:
    """Create a method, or change the one with `method_id`; return its id.

    doctor: `check_settings` of the provider, contained by the caller; called outside the unit. An ERROR blocks.
    reseller_id: of a new method; the scope's own if left out.
    Raises NotFound, InvalidSettings, ResellerClosed (for a new one); nothing is stored then.
    """
    with store.read(scope) as session:
        known = fetch(session, PaymentMethod, method_id) if method_id is not None else None
        owner = known.reseller_id if known else (reseller_id or scope.reseller_id)
        if owner is None:
            raise ValueError("a new method needs its reseller")
        fetch(session, Reseller, owner)
        trial = PaymentMethod(id=method_id or 0, reseller_id=owner, plugin=provider.name, settings={}, secrets={})
        above = kept_above(session, trial, provider, whole=True)
        seller = seller_view(session, owner, provider.requisites, account_id=draft.bank_account)
    if known is not None:
        trial.settings, trial.secrets = known.settings, known.secrets
    _apply(trial, draft, provider, keys, store.now(), above)
    errors = _faults(place_of(trial, above), provider, keys)
    if not errors:
        view = method_view(trial, provider, keys, store.now(), above, seller)
        errors = [finding for finding in doctor(view) if finding.severity is Severity.ERROR]
    if errors:
        raise InvalidSettings(list(errors))
    with store.write(scope) as session:
        return _write(session, owner, method_id, draft, provider, keys, by)


def _faults(place: Place, provider: Provider, keys: Opener) -> list[Finding]:
    """Return what the host and the provider's validators have against the values that hold. Never inside a unit."""
    found = setting_changes.faults(place, provider.settings, keys)
    told = {finding.setting for finding in found}
    return [
        *found,
        *(each for each in setting_changes.refusals(place, provider.settings, keys) if each.setting not in told),
    ]


def check(
    row: Stored,
    provider: Provider,
    keys: Opener,
    now: datetime,
    above: Kept,
    doctor: Doctor,
    seller: SellerView | None = None,
) -> list[Finding]:
    """Return what is wrong with a method as it stands, inherited values with it: what the doctor finds, after faults of
    single values of which it says nothing. Without its secrets a method is not shown to it."""
    faults = _faults(place_of(row, above), provider, keys)
    try:
        view = method_view(row, provider, keys, now, above, seller)
    except MethodUnavailable:
        return faults
    found = list(doctor(view))
    told = {finding.setting for finding in found if finding.severity is Severity.ERROR}
    return [*(fault for fault in faults if fault.setting not in told), *found]


def _write(
    session: Session,
    reseller_id: int,
    method_id: int | None,
    draft: MethodDraft,
    provider: Provider,
    keys: Cipher,
    by: Actor,
) -> int:
    if method_id is None:
        must_be_open(session, reseller_id)
        row = PaymentMethod(
            reseller_id=reseller_id, plugin=provider.name, settings={}, secrets={}, created_at=now(session)
        )
        _apply(row, draft, provider, keys, now(session), kept_above(session, row, provider, whole=True))
        session.add(row)
        session.flush()
        sellers.choose_account(session, reseller_id, row.id, draft.bank_account)
        _log(session, row, "payment_method.created", by, plugin=row.plugin)
        return row.id
    row = fetch(session, PaymentMethod, method_id, lock=True)
    was_active = row.active
    changed = _apply(row, draft, provider, keys, now(session), kept_above(session, row, provider, whole=True))
    if sellers.choose_account(session, reseller_id, row.id, draft.bank_account):
        changed.add("bank_account")
    if was_active != row.active:
        _log(session, row, "payment_method.activated" if row.active else "payment_method.deactivated", by)
    if changed - {"active"}:
        _log(session, row, "payment_method.changed", by, fields=sorted(changed - {"active"}))
    return row.id


def _log(session: Session, row: PaymentMethod, action: str, by: Actor, **details: object) -> None:
    log(session, "payment_method", row.id, action, reseller_id=row.reseller_id, by=by, name=row.name, **details)


def _apply(
    row: PaymentMethod, draft: MethodDraft, provider: Provider, keys: Cipher, at: datetime, above: Kept
) -> set[str]:
    """Take the draft over; return the names of the fields and settings that changed."""
    before = {name: getattr(row, name) for name in ("name", "account_types", "active", "description", "position")}
    row.name, row.active, row.position = draft.name, draft.active, draft.position
    row.account_types = [kind.value for kind in AccountType if kind in draft.account_types]
    row.description = clean_description(draft.description)
    changed = {name for name, value in before.items() if getattr(row, name) != value}
    if draft.icon is not None or draft.without_icon:
        row.icon, row.icon_type = (draft.icon.content, draft.icon.content_type) if draft.icon else (None, None)
        changed.add("icon")
    return changed | _apply_settings(row, draft, provider, keys, at, above)


def _apply_settings(
    row: PaymentMethod, draft: MethodDraft, provider: Provider, keys: Cipher, at: datetime, above: Kept
) -> set[str]:
    before, change = place_of(row, above), Change(draft.settings, draft.inherited, draft.forgotten)
    after = setting_changes.applied(before, provider.settings, change, keys, at)
    closed = {secret.key for secret in _secrets(provider)}
    # So is what was a secret before an upgrade, and has no other value since.
    declared = {setting.key for setting in provider.settings}
    closed |= {key for key in row.secrets or {} if key not in declared or isinstance(after.own.get(key), list)}
    row.settings = {key: value for key, value in after.own.items() if key not in closed}
    row.secrets = {key: value for key, value in after.own.items() if key in closed}
    return set(setting_changes.changed_keys(before, after, provider.settings))


def set_active(store: Store, scope: Scope, method_id: int, *, active: bool, by: Actor) -> None:
    """Offer a method to customers, or stop offering it. Started payments go on either way. Raises NotFound."""
    with store.write(scope) as session:
        row = fetch(session, PaymentMethod, method_id, lock=True)
        if row.active != active:
            row.active = active
            _log(session, row, "payment_method.activated" if active else "payment_method.deactivated", by)


def secret_ages(row: Stored, provider: Provider, at: datetime, above: Kept) -> dict[str, list[datetime]]:
    """Return, per secret of which there is a replaced one, until when that is still accepted. No values."""
    place = place_of(row, above)
    ages = {s.key: setting_levels.former_secrets(s, place.kept, at) for s in _secrets(provider)}
    return {key: secret_vaults.accepted_until(former, at) for key, former in ages.items() if former}


def next_position(session: Session) -> int:
    """Return the place after the last method of the unit's scope."""
    return int(session.execute(select(func.coalesce(func.max(PaymentMethod.position), 0) + 1)).scalar_one())
