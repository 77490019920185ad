"""Payment methods: a provider configured for a reseller and some account types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import nh3
from billhook import AccountType, Finding, MethodView, PaymentProvider, SettingKind, Severity
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import PaymentMethod, Reseller, Scope, Store
from host_stub.persistence.store import fetch, now
from host_stub.services import setting_values
from host_stub.services.journal import log
from host_stub.services.pictures import Picture

#: How long a replaced secret is accepted beside its successor.
SECRET_GRACE: Final = timedelta(days=7)

_TAGS: Final = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "u", "ul", "h3", "h4", "span", "small"}

Provider = type[PaymentProvider] | PaymentProvider
Doctor = Callable[[MethodView], Sequence[Finding]]


class Opener(Protocol):
    def decrypt(self, token: str) -> str:
        """Return what `Cipher.encrypt` closed."""


class Cipher(Opener, Protocol):
    def encrypt(self, text: str) -> str:
        """Return `text` closed with the newest key."""


@dataclass(frozen=True, slots=True)
class MethodDraft:
    """A method as the form leaves it.

    settings: typed by kind, by key; what is missing keeps its value. A SECRET counts only if it is not empty.
    forgotten: keys of secrets to be removed. icon: None keeps the present one; `without_icon` takes it off.
    """

    name: str
    account_types: Sequence[AccountType]
    active: bool = True
    description: str = ""
    position: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    icon: Picture | None = None
    without_icon: bool = False


def method_view(row: PaymentMethod, provider: Provider, keys: Opener, now: datetime) -> MethodView:
    """Return a method as its provider sees it: defaults filled in, secrets in clear.

    Secrets replaced less than seven days before `now` stand in `previous_secrets`, newest first.
    """
    values = setting_values.complete(provider.settings, row.settings or {})
    previous: dict[str, tuple[str, ...]] = {}
    for key in _secret_keys(provider):
        kept = (row.secrets or {}).get(key, [])
        values[key] = next((keys.decrypt(s["value"]) for s in kept if s["replaced_at"] is None), "")
        previous[key] = tuple(keys.decrypt(s["value"]) for s in kept if _in_grace(s["replaced_at"], now))
    return MethodView(row.id, row.reseller_id, row.plugin, row.name, values, previous)


def _secret_keys(provider: Provider) -> list[str]:
    return [s.key for s in provider.settings if s.kind is SettingKind.SECRET]


def _in_grace(replaced_at: str | None, now: datetime) -> bool:
    return replaced_at is not None and now - datetime.fromisoformat(replaced_at) < SECRET_GRACE


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
    Raises NotFound, InvalidSettings; nothing is stored then.
    """
    with store.read(scope) as session:
        known = fetch(session, PaymentMethod, method_id) if method_id is not None else None
        owner = known.reseller_id if known else (reseller_id or scope.reseller_id)
        if owner is None:
            raise ValueError("a new method needs its reseller")
        fetch(session, Reseller, owner)
    trial = PaymentMethod(id=method_id or 0, reseller_id=owner, plugin=provider.name, settings={}, secrets={})
    if known is not None:
        trial.settings, trial.secrets = known.settings, known.secrets
    _apply(trial, draft, provider, keys, store.now())
    errors = _errors(provider, draft, method_view(trial, provider, keys, store.now()), doctor)
    if errors:
        raise InvalidSettings(errors)
    with store.write(scope) as session:
        return _write(session, owner, method_id, draft, provider, keys, by)


def _errors(provider: Provider, draft: MethodDraft, view: MethodView, doctor: Doctor) -> list[object]:
    """Return what blocks saving: faults of single values first, then the doctor's errors on the whole."""
    faults: list[object] = [
        Finding(Severity.ERROR, fault, setting=setting.key)
        for setting in provider.settings
        if (fault := setting_values.fault(setting, view.settings[setting.key])) is not None
    ]
    return faults or [f for f in doctor(view) if f.severity is Severity.ERROR]


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
        row = PaymentMethod(
            reseller_id=reseller_id, plugin=provider.name, settings={}, secrets={}, created_at=now(session)
        )
        changed = _apply(row, draft, provider, keys, now(session))
        session.add(row)
        session.flush()
        _log(session, row, "payment_method.created", by, plugin=row.plugin)
        return row.id
    row = fetch(session, PaymentMethod, method_id, lock=True)
    was_active = row.active
    changed = _apply(row, draft, provider, keys, now(session))
    if was_active != row.active:
        _log(session, row, "payment_method.activated" if row.active else "payment_method.deactivated", by)
    if changed - {"active"}:
        _log(session, row, "payment_method.changed", by, fields=sorted(changed - {"active"}))
    return row.id


def _log(session: Session, row: PaymentMethod, action: str, by: Actor, **details: object) -> None:
    log(session, "payment_method", row.id, action, reseller_id=row.reseller_id, by=by, name=row.name, **details)


def _apply(row: PaymentMethod, draft: MethodDraft, provider: Provider, keys: Cipher, at: datetime) -> set[str]:
    """Take the draft over; return the names of the fields and settings that changed."""
    before = {name: getattr(row, name) for name in ("name", "account_types", "active", "description", "position")}
    row.name, row.active, row.position = draft.name, draft.active, draft.position
    row.account_types = [kind.value for kind in AccountType if kind in draft.account_types]
    row.description = clean_description(draft.description)
    changed = {name for name, value in before.items() if getattr(row, name) != value}
    if draft.icon is not None or draft.without_icon:
        row.icon, row.icon_type = (draft.icon.content, draft.icon.content_type) if draft.icon else (None, None)
        changed.add("icon")
    return changed | _apply_settings(row, draft, provider) | _apply_secrets(row, draft, provider, keys, at)


def _apply_settings(row: PaymentMethod, draft: MethodDraft, provider: Provider) -> set[str]:
    kept: dict[str, Any] = dict(row.settings or {})
    for setting in provider.settings:
        if setting.key in draft.settings and setting.kind is not SettingKind.SECRET:
            kept[setting.key] = setting_values.stored(draft.settings[setting.key])
    changed = {key for key in kept if key not in (row.settings or {}) or kept[key] != row.settings[key]}
    row.settings = kept
    return changed


def _apply_secrets(row: PaymentMethod, draft: MethodDraft, provider: Provider, keys: Cipher, at: datetime) -> set[str]:
    """Put new secrets in front of those they replace; drop those whose time is over."""
    vault: dict[str, Any] = dict(row.secrets or {})
    changed = set()
    for key in _secret_keys(provider):
        fresh = str(draft.settings.get(key) or "")
        kept = list(vault.get(key, []))
        current = next((keys.decrypt(s["value"]) for s in kept if s["replaced_at"] is None), "")
        if (not fresh or fresh == current) and key not in draft.forgotten:
            continue
        changed.add(key)
        older = [s | {"replaced_at": s["replaced_at"] or at.isoformat()} for s in kept]
        older = [s for s in older if _in_grace(s["replaced_at"], at)]
        vault[key] = [{"value": keys.encrypt(fresh), "replaced_at": None}, *older] if fresh else []
    row.secrets = vault
    return changed


def set_active(store: Store, scope: Scope, method_id: int, *, active: bool, by: Actor) -> None:
    """Offer a method to customers, or stop offering it. Started payments go on either way. Raises NotFound."""
    with store.write(scope) as session:
        row = fetch(session, PaymentMethod, method_id, lock=True)
        if row.active != active:
            row.active = active
            _log(session, row, "payment_method.activated" if active else "payment_method.deactivated", by)


def secret_ages(row: PaymentMethod, at: datetime) -> dict[str, tuple[bool, list[datetime]]]:
    """Return, per secret, whether one is set and until when replaced ones are still accepted. No values."""
    ages = {}
    for key, kept in (row.secrets or {}).items():
        until = [
            datetime.fromisoformat(s["replaced_at"]) + SECRET_GRACE for s in kept if _in_grace(s["replaced_at"], at)
        ]
        ages[key] = (any(s["replaced_at"] is None for s in kept), until)
    return ages


def next_position(session: Session) -> int:
    """Return the place after the last method of the unit's scope."""
    return int(session.execute(select(func.coalesce(func.max(PaymentMethod.position), 0) + 1)).scalar_one())
