"""The doctor of gateways: shops that several resellers share, and methods of which nothing was heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import Select, func, select

from host_stub.diagnosis import Diagnosis
from host_stub.persistence import Arrival, GatewayOperation, PaymentMethod, Reseller, Store
from host_stub.services.money_in.tries import OVER

_LATELY: Final = timedelta(days=90)
_SILENT: Final = timedelta(days=7)
#: Payers leave: fewer open tries say nothing.
_MANY: Final = 5


def shops(store: Store) -> Iterator[Diagnosis]:
    """Name each shop at a gateway that methods of several resellers use: its messages may come to either's address."""
    query = (
        select(PaymentMethod.plugin, GatewayOperation.merchant)
        .join(PaymentMethod, PaymentMethod.id == GatewayOperation.method_id)
        .where(GatewayOperation.merchant != "", GatewayOperation.created_at > store.now() - _LATELY)
        .group_by(PaymentMethod.plugin, GatewayOperation.merchant)
        .having(func.count(GatewayOperation.reseller_id.distinct()) > 1)
        .order_by(PaymentMethod.plugin, GatewayOperation.merchant)
    )
    with store.read() as session:
        for plugin, merchant in session.execute(query).all():
            names = session.scalars(_sharing(plugin, merchant)).all()
            yield Diagnosis(f"shop {merchant} of {plugin}", facts=f"shared by {', '.join(names)}")


def _sharing(plugin: str, merchant: str) -> Select[str]:
    used = (
        select(GatewayOperation.reseller_id)
        .join(PaymentMethod, PaymentMethod.id == GatewayOperation.method_id)
        .where(PaymentMethod.plugin == plugin, GatewayOperation.merchant == merchant)
    )
    return select(Reseller.name).where(Reseller.id.in_(used)).order_by(Reseller.name)


def silence(store: Store) -> Iterator[Diagnosis]:
    """Name each active method with open tries of a week of which no message came: its address may be unknown there."""
    since = store.now() - _SILENT
    heard = select(Arrival.id).where(Arrival.method_id == PaymentMethod.id, Arrival.received_at > since).exists()
    query = (
        select(PaymentMethod.id, PaymentMethod.name, PaymentMethod.plugin, func.count())
        .join(GatewayOperation, GatewayOperation.method_id == PaymentMethod.id)
        .where(
            PaymentMethod.active,
            GatewayOperation.merchant != "",
            GatewayOperation.created_at > since,
            GatewayOperation.state.not_in(OVER),
            ~heard,
        )
        .group_by(PaymentMethod.id, PaymentMethod.name, PaymentMethod.plugin)
        .having(func.count() >= _MANY)
        .order_by(PaymentMethod.id)
    )
    with store.read() as session:
        for method_id, name, plugin, count in session.execute(query).all():
            facts = f"warning: {count} payments begun within a week, no message: is its address known there?"
            yield Diagnosis(f"method {method_id} «{name}» of {plugin}", facts=facts)
