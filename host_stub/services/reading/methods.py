"""Payment methods as pages show them: without their settings, since secrets are among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billhook import AccountType, Setting
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from host_stub import persistence as rows
from host_stub.domain.errors import NotFound
from host_stub.persistence.store import fetch
from host_stub.services.money_in import templates
from host_stub.services.reading.resellers import Picture


@dataclass(frozen=True, slots=True)
class Method:
    """description: sanitised HTML, for the customer. position: its place in the reseller's list."""

    id: int
    reseller_id: int
    name: str
    plugin: str
    account_types: tuple[AccountType, ...]
    description: str
    active: bool
    position: int
    has_icon: bool


def of(row: rows.PaymentMethod) -> Method:
    return Method(
        id=row.id,
        reseller_id=row.reseller_id,
        name=row.name,
        plugin=row.plugin,
        account_types=tuple(AccountType(each) for each in row.account_types),
        description=row.description,
        active=row.active,
        position=row.position,
        has_icon=bool(row.icon),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """A method with what is kept for it, for services that open it. Not for a template: secrets are among it."""

    shown: Method
    settings: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> int:
        return self.shown.id

    @property
    def reseller_id(self) -> int:
        return self.shown.reseller_id

    @property
    def plugin(self) -> str:
        return self.shown.plugin

    @property
    def name(self) -> str:
        return self.shown.name


def record(session: Session, method_id: int) -> Record:
    """Raises NotFound."""
    return _record(fetch(session, rows.PaymentMethod, method_id))


def _record(row: rows.PaymentMethod) -> Record:
    return Record(of(row), row.settings or {}, row.secrets or {})


def blank(reseller_id: int, plugin: str) -> Record:
    """Return a method that is to be made: it has the id 0."""
    return Record(Method(0, reseller_id, "", plugin, (), "", active=True, position=0, has_icon=False), {}, {})


def records(session: Session) -> list[Record]:
    """Return the methods of the unit's scope in the reseller's order."""
    return [_record(row) for row in session.scalars(in_order())]


def all_in_order(session: Session) -> list[Method]:
    """Return the methods of the unit's scope in the reseller's order."""
    return [of(row) for row in session.scalars(in_order())]


def of_plugin(session: Session, plugin: str, most: int = 200) -> list[Method]:
    """Return the methods of a plugin in the unit's scope, those that are offered first."""
    query = select(rows.PaymentMethod).where(rows.PaymentMethod.plugin == plugin)
    query = query.order_by(rows.PaymentMethod.active.desc(), rows.PaymentMethod.position, rows.PaymentMethod.id)
    return [of(row) for row in session.scalars(query.limit(most))]


def templates_given_up(session: Session, settings: Mapping[str, Sequence[Setting]]) -> set[tuple[int, str]]:
    """Return method id and key of the templates that failed on a bill and still hold: see `templates.given_up`."""
    return {(row.id, setting.key) for row, setting in templates.given_up(session, settings)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages refused on a day for one reason."""

    day: date
    reason: str
    count: int


def refusals(session: Session, method_id: int, most: int) -> list[Refusal]:
    """Return the latest messages that were refused at a method's addresses."""
    query = (
        select(rows.CallbackRefusal)
        .where(rows.CallbackRefusal.method_id == method_id)
        .order_by(rows.CallbackRefusal.day.desc(), rows.CallbackRefusal.id.desc())
        .limit(most)
    )
    return [Refusal(row.day, row.reason, row.count) for row in session.scalars(query)]


def method(session: Session, method_id: int) -> Method:
    """Raises NotFound."""
    return of(fetch(session, rows.PaymentMethod, method_id))


def in_order() -> Select[Any]:
    """Return the query for methods in the reseller's order."""
    return select(rows.PaymentMethod).order_by(rows.PaymentMethod.position, rows.PaymentMethod.id)


def offered(session: Session, reseller_id: int, account_type: AccountType) -> list[Method]:
    """Return the active methods of plugins that are on, for a type of account, in the reseller's order."""
    on = select(rows.PluginActivation.plugin).where(
        rows.PluginActivation.reseller_id == reseller_id, rows.PluginActivation.enabled
    )
    query = in_order().where(
        rows.PaymentMethod.reseller_id == reseller_id, rows.PaymentMethod.active, rows.PaymentMethod.plugin.in_(on)
    )
    return [found for row in session.scalars(query) if account_type in (found := of(row)).account_types]


def icon(session: Session, method_id: int) -> Picture | None:
    """Return a method's picture, None without one. Raises NotFound."""
    row = fetch(session, rows.PaymentMethod, method_id)
    return Picture(row.icon, row.icon_type or "image/png") if row.icon else None


def of_reseller(session: Session, reseller_id: int, method_id: int) -> Method:
    """Return a method of this reseller. Raises NotFound, also for another's."""
    found = method(session, method_id)
    if found.reseller_id != reseller_id:
        raise NotFound("PaymentMethod", method_id)
    return found
