"""Receipt templates: the LIQUID settings, edited on a page of their own.

The operator's hold for all resellers, a reseller's for all its methods, a method's for itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from billhook import Level, Setting, SettingKind
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.persistence import LogEntry, PaymentMethod, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services.money_in import methods
from host_stub.services.money_in.methods import Stored
from host_stub.services.settings import plugin_settings, setting_levels
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.setting_changes import Change, Place
from host_stub.services.telling.journal import log


def inherited_text(setting: Setting, place: Place) -> str:
    """Return the template that holds where a place has none of its own: from above, or the stock one."""
    return str(setting_levels.value(setting, place.above))


def method_place(session: Session, row: Stored, setting: Setting) -> Place:
    """Return what is kept for one template of a method and above it."""
    above = setting_levels.above(session, row.plugin, row.reseller_id, (setting,), Level.METHOD)
    return methods.place_of(row, above)


def owner_place(session: Session, owner: Owner, setting: Setting) -> Place:
    """Return what is kept for one template of a reseller or the operator and above it."""
    return Place(owner.level, plugin_settings.kept(session, owner, (setting,)))


def save_template(store: Store, scope: Scope, method_id: int, setting: Setting, text: str, *, by: Actor) -> None:
    """Keep a method's template that was found to compile; an empty text, or the inherited one, gives it up.

    Raises NotFound.
    """
    text = _with_newlines(text)
    with store.write(scope) as session:
        row = fetch(session, PaymentMethod, method_id, lock=True)
        gives_up = _gives_up(text, inherited_text(setting, method_place(session, row, setting)))
        kept = "" if gives_up else text
        if (row.settings or {}).get(setting.key, "") == kept:
            return
        rest = {key: value for key, value in (row.settings or {}).items() if key != setting.key}
        row.settings = rest if gives_up else {**rest, setting.key: kept}
        log(
            session,
            "payment_method",
            row.id,
            "payment_method.template_restored" if gives_up else "payment_method.template_changed",
            reseller_id=row.reseller_id,
            by=by,
            fields=[setting.key],
        )


def save_template_of_all(store: Store, scope: Scope, owner: Owner, setting: Setting, text: str, *, by: Actor) -> None:
    """Keep a reseller's or the operator's template like `save_template`. Raises NotFound."""
    text = _with_newlines(text)
    with store.read(scope) as session:
        inherited = inherited_text(setting, owner_place(session, owner, setting))
    gives_up = Change(inherited=frozenset({setting.key}))
    change = gives_up if _gives_up(text, inherited) else Change({setting.key: text})
    plugin_settings.save_change(store, scope, owner, (setting,), change, by=by)


def digest(text: str) -> str:
    """Return the SHA-256 by which a template is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


def given_up(session: Session, settings: Mapping[str, Sequence[Setting]]) -> list[tuple[PaymentMethod, Setting]]:
    """Return the templates that failed on a bill and still hold, with their methods: stock ones stand in for them.

    settings: of each plugin, by its name.
    """
    failures = _last_failures(session)
    if not failures:
        return []
    rows = session.scalars(select(PaymentMethod).where(PaymentMethod.id.in_(failures)).order_by(PaymentMethod.id))
    return [
        (row, setting)
        for row in rows
        for setting in settings.get(row.plugin, ())
        if setting.kind is SettingKind.LIQUID
        and digest(_present(session, row, setting)) == failures[row.id].details.get("template")
    ]


def _last_failures(session: Session) -> dict[int, LogEntry]:
    newest = (
        select(func.max(LogEntry.id))
        .where(LogEntry.object_kind == "payment_method", LogEntry.action == "method.template_failed")
        .group_by(LogEntry.object_id)
    )
    return {entry.object_id: entry for entry in session.scalars(select(LogEntry).where(LogEntry.id.in_(newest)))}


def _present(session: Session, row: PaymentMethod, setting: Setting) -> str:
    return str(setting_levels.value(setting, method_place(session, row, setting).kept))


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _gives_up(text: str, inherited: str) -> bool:
    return not text.strip() or text.strip() == inherited.strip()
