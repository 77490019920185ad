"""Receipt templates: the LIQUID settings, edited on a page of their own.

The operator's hold for all resellers, a reseller's for all its methods, a method's for itself.
"""

from __future__ import annotations

from billhook import Level, Setting
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.persistence import PaymentMethod, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services import methods, plugin_settings, setting_levels
from host_stub.services.journal import log
from host_stub.services.plugin_settings import Owner
from host_stub.services.setting_changes import Change, Place


def inherited_text(setting: Setting, place: Place) -> str:
    """Return the template that holds where a place has none of its own: from above, or the stock one."""
    return str(setting_levels.value(setting, place.above))


def method_place(session: Session, row: PaymentMethod, setting: Setting) -> Place:
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


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _gives_up(text: str, inherited: str) -> bool:
    return not text.strip() or text.strip() == inherited.strip()
