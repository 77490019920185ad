"""What may stand in the panel's tables at all: words that it knows, and JSON that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from billhook import AccountType, PaymentStatus, Reason
from sqlalchemy import Connection, Table, Text, func, or_, select, type_coerce
from sqlalchemy.sql.elements import ColumnElement

from host_stub.domain.arrivals import Door, State, Wait
from host_stub.domain.arrivals import Kind as ArrivalKind
from host_stub.persistence import AccessLevel, Base, Leg, Period, SubscriptionStatus, UserKind
from host_stub.persistence.types import Json
from host_stub.services.books.ledger import Kind
from host_stub.services.books.proof.check import STREAMED, Check, Surroundings, Walk
from host_stub.services.money_in.tries import TryState

#: What each of these columns may say.
KNOWN: Final[Mapping[str, Iterable[str]]] = {
    "ledger_transaction.kind": Kind,
    "entry.leg": (Leg.CUSTOMER, Leg.CLEARING, Leg.REVENUE, Leg.CORRECTIONS),
    "payment.status": PaymentStatus,
    "gateway_operation.state": TryState,
    "gateway_report.word": ("pending", "failed"),
    "arrival.door": Door,
    "arrival.state": State,
    "arrival.waits": ("", *Reason, *Wait),
    "arrival_message.reason": ("", *Reason),
    "arrival_decision.kind": ArrivalKind,
    "arrival_decision.state": State,
    "arrival_decision.reason": ("", *Reason, *Wait),
    "subscription.status": SubscriptionStatus,
    "plan.period": Period,
    "account.type": AccountType,
    "user.kind": UserKind,
    "account_access.level": AccessLevel,
    "log_entry.object_kind": (
        *("account", "arrival", "delivery", "payment", "payment_method", "plan", "plugin", "reseller"),
        *("subscription", "user"),
    ),
}


class Words(Check):
    """Every column of `KNOWN`, one statement a column."""

    __slots__ = ()

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        del around
        for name, known in KNOWN.items():
            table, column = _column(name)
            rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
            yield rows, self._unknown(connection, table, column, known)

    def _unknown(
        self, connection: Connection, table: Table, column: ColumnElement[Any], known: Iterable[str]
    ) -> Iterator[str]:
        strange = or_(column.is_(None), column.not_in([str(word) for word in known]))
        for *key, word in _stream(connection, table, column, strange):
            yield self.told.format(table=table.name, row=_name(key), column=column.key, word=word)


class Readable(Check):
    """Every column of JSON, one statement a table. Read here: not every database can say of a text that it reads it."""

    __slots__ = ()

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        del around
        for table in Base.metadata.sorted_tables:
            for column in [column for column in table.columns if isinstance(column.type, Json)]:
                rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
                yield rows, self._unreadable(connection, table, column)

    def _unreadable(self, connection: Connection, table: Table, column: ColumnElement[Any]) -> Iterator[str]:
        for *key, kept in _stream(connection, table, column, column.is_not(None)):
            if not _reads(kept):
                yield self.told.format(table=table.name, row=_name(key), column=column.key, kept=str(kept)[:40])


def _column(name: str) -> tuple[Table, ColumnElement[Any]]:
    table, _, column = name.partition(".")
    return Base.metadata.tables[table], Base.metadata.tables[table].c[column]


def _stream(
    connection: Connection, table: Table, column: ColumnElement[Any], where: ColumnElement[bool]
) -> Iterable[Any]:
    """Yield primary key and column, as the database has it, of the rows that meet the condition."""
    query = select(*table.primary_key.columns, type_coerce(column, Text)).where(where)
    return connection.execute(query, execution_options=STREAMED)


def _name(key: Iterable[object]) -> str:
    return ", ".join(map(str, key))


def _reads(kept: str) -> bool:
    try:
        json.loads(kept)
    except ValueError:
        return False
    return True


WORDS: Final = Words(
    "words",
    "Kinds, states, legs, verdicts and reasons are among those that the panel knows.",
    Walk("every table"),
    "the columns that name a kind or a state",
    "{table} {row}: nothing is of {column} {word}",
)

READABLE: Final = Readable(
    "readable",
    "What is kept as JSON can be read.",
    Walk("every table"),
    "the columns of JSON",
    "{table} {row}: {column} cannot be read: {kept}",
)
