"""A secret that leaked and was forgotten: its copies further down go too.

Who overrides an inherited secret keeps what was inherited until then for a while, so that a gateway's late messages
still count. Once that secret is forgotten where it was set, it must not count anywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from host_stub.domain.actors import Actor
from host_stub.persistence import PaymentMethod, PluginSetting, Reseller
from host_stub.services.settings import secret_vaults
from host_stub.services.settings.secret_vaults import Opener
from host_stub.services.telling.journal import log


@dataclass(frozen=True, slots=True)
class Leak:
    """What was forgotten. reseller_id: within whom, None for all. texts: the secrets themselves, opened."""

    plugin: str
    reseller_id: int | None
    key: str
    texts: Collection[str]


def sweep(session: Session, leak: Leak, keys: Opener, by: Actor) -> None:
    """Drop the replaced secrets below that are among the leaked ones; whose they were reads it in their journal.

    A present secret stays: somebody entered it there.
    """
    # Locked: who is just overriding the secret has copied it by now, or will find it forgotten.
    session.scalars(_locked(select(Reseller), Reseller.id, leak)).all()
    methods = select(PaymentMethod).where(PaymentMethod.plugin == leak.plugin)
    for method in session.scalars(_locked(methods, PaymentMethod.reseller_id, leak)):
        kept = (method.secrets or {}).get(leak.key)
        left = secret_vaults.without(kept, leak.texts, keys)
        if kept and left != kept:
            method.secrets = {**method.secrets, leak.key: left}
            named = {"name": method.name, "fields": [leak.key]}
            kind, action = "payment_method", "payment_method.changed"
            log(session, kind, method.id, action, reseller_id=method.reseller_id, by=by, **named)
    settings = select(PluginSetting).where(PluginSetting.plugin == leak.plugin, PluginSetting.key == leak.key)
    for row in session.scalars(_locked(settings, PluginSetting.reseller_id, leak)):
        left = secret_vaults.without(row.value, leak.texts, keys)
        if left != row.value:
            row.value = left
            whose, kind, action = row.reseller_id, "reseller", "plugin.settings_changed"
            if row.account_id is not None:
                whose, kind, action = row.account_id, "account", "account.settings_changed"
            log(session, kind, whose, action, reseller_id=row.reseller_id, by=by, plugin=leak.plugin, fields=[leak.key])


def _locked(query: Select[Any], of: InstrumentedAttribute[int], leak: Leak) -> Select[Any]:
    if leak.reseller_id is not None:
        query = query.where(of == leak.reseller_id)
    kind = query.column_descriptions[0]["entity"]
    return query.order_by(kind.id).with_for_update(key_share=True).execution_options(populate_existing=True)
