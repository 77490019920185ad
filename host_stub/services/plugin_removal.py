"""Take away what a plugin has left in the host's tables. Its own tables are `persistence.plugin_tables`' business.

Deleted: its settings at every level above the method, the secrets of its methods, watches, facts that nobody told it,
and recorded failures. Withdrawn: what it has put up in customers' panels. Kept: its methods, deactivated and with their
other settings, since payments, documents and the ledger refer to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.payments import OPEN
from host_stub.persistence import (
    BalanceWatch,
    GatewayOperation,
    Lane,
    Notice,
    OperatorSetting,
    Outbox,
    Payment,
    PaymentMethod,
    PluginActivation,
    PluginFailure,
    PluginSetting,
    Store,
)
from host_stub.persistence.store import EVERYTHING
from host_stub.services.money_in import methods
from host_stub.services.money_in.tries import OVER, TryState
from host_stub.services.queues.outbox import PLUGIN
from host_stub.services.telling import notices
from host_stub.services.telling.journal import log
from host_stub.services.tenants import resellers


@dataclass(frozen=True, slots=True)
class Remains:
    """What there is of a plugin.

    methods: the active ones. unknown: open payments with an attempt whose end was not seen; open: those and others that
    were started with it and are not final.
    """

    resellers: Sequence[int]
    methods: Sequence[int]
    secrets: int
    settings: int
    facts: int
    notices: int
    unknown: int
    open: int


def survey(session: Session, plugin: str) -> Remains:
    """Return what would be taken away, and what is under way."""
    started = (
        select(func.count(GatewayOperation.payment_id.distinct()))
        .join(PaymentMethod, PaymentMethod.id == GatewayOperation.method_id)
        .join(Payment, Payment.id == GatewayOperation.payment_id)
        .where(PaymentMethod.plugin == plugin, Payment.status.in_(OPEN))
    )
    owned = session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == plugin)).all()
    return Remains(
        resellers=session.scalars(_on(plugin)).all(),
        methods=[method.id for method in owned if method.active],
        secrets=sum(any(kept) for method in owned for kept in (method.secrets or {}).values()),
        settings=sum(_count(session, kind, kind.plugin == plugin) for kind in (OperatorSetting, PluginSetting)),
        facts=_count(session, Outbox, Outbox.receiver == PLUGIN + plugin),
        notices=_count(session, Notice, notices.of_plugin(plugin)),
        unknown=session.scalar(started.where(GatewayOperation.state == TryState.UNKNOWN)) or 0,
        open=session.scalar(started.where(GatewayOperation.state.not_in(OVER))) or 0,
    )


def take_away(store: Store, plugin: str, *, by: Actor) -> None:
    """Switch the plugin off for everybody, deactivate its methods, withdraw its notices, delete its settings, secrets,
    watches and facts.

    May be called again after a crash: what is gone stays gone.
    """
    with store.read() as session:
        remains = survey(session, plugin)
    for reseller_id in remains.resellers:
        resellers.switch_plugin(store, reseller_id, plugin, on=False, by=by)
    for method_id in remains.methods:
        methods.set_active(store, EVERYTHING, method_id, active=False, by=by)
    with store.write() as session:
        _forget_secrets(session, plugin, by)
        for kind in (OperatorSetting, PluginSetting, BalanceWatch, PluginFailure, PluginActivation):
            session.execute(delete(kind).where(kind.plugin == plugin))
        for told in (Outbox, Lane):
            session.execute(delete(told).where(told.receiver == PLUGIN + plugin))
        notices.withdraw(session, plugin)


def _on(plugin: str) -> Select[Any]:
    return select(PluginActivation.reseller_id).where(PluginActivation.plugin == plugin, PluginActivation.enabled)


def _count(session: Session, kind: type[Any], condition: Any) -> int:
    return session.scalar(select(func.count()).select_from(kind).where(condition)) or 0


def _forget_secrets(session: Session, plugin: str, by: Actor) -> None:
    for method in session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == plugin).with_for_update()):
        forgotten = sorted(key for key, kept in (method.secrets or {}).items() if kept)
        if forgotten:
            method.secrets = {}
            details = {"name": method.name, "fields": forgotten}
            kind, action = "payment_method", "payment_method.changed"
            log(session, kind, method.id, action, reseller_id=method.reseller_id, by=by, **details)
