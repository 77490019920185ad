"""A panel of any size in seconds: rows written by the database itself, in sets.

What is written is what years of use leave: customers with services that run, payments of every status, and the trails
of all that. Only what is measured needs to be true: balances are not proved against entries here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from host_stub.domain.charging import Period
from host_stub.persistence import (
    Account,
    Arrival,
    ArrivalMessage,
    Base,
    Charge,
    Entry,
    LedgerTransaction,
    LogEntry,
    Mail,
    Outbox,
    Payment,
    Plan,
    Reseller,
    Store,
    Subscription,
)
from host_stub.persistence.store import now
from tests.support.world import a_method, a_reseller

#: Written as SQL for one row of a set; `i` is its number from 1.
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Size:
    """accounts: each with one hourly subscription. payments: theirs.

    trail: so many movements, charges, mails, lines of the log and messages of gateways; as many as payments by default.
    """

    accounts: int
    payments: int = 0
    trail: int | None = None


class Crowd:
    """A reseller of some size beside a small other one.

    due_in: when the hourly subscriptions are charged next, from the store's present.
    """

    def __init__(self, store: Store, size: Size, *, due_in: timedelta = timedelta(0)) -> None:
        self.store, self.size = store, size
        with store.write() as session:
            self.operator_id = a_reseller(session, "Оператор", is_operator=True).id
            reseller = a_reseller(session, "ООО «Большой хостинг»")
            self.reseller_id = reseller.id
            self.bank_id = a_method(session, reseller, "check_cash").id
            self.gateway_id = a_method(session, reseller, "paymaster").id
            self.plan_id = self._plan(session, reseller)
        self._sql = _Postgresql(store) if store.engine.dialect.name == "postgresql" else _Sqlite(store)
        self._fill(due_in)
        self._sql.finish()

    def _plan(self, session: Session, reseller: Reseller) -> int:
        # Cheap enough for a balance to last, dear enough for an hour to cost something.
        plan = Plan(
            reseller_id=reseller.id, name="VPS", period=Period.HOUR, price_minor=300_00, created_at=now(session)
        )
        session.add(plan)
        session.flush()
        return plan.id

    def _fill(self, due_in: timedelta) -> None:
        accounts, payments = self.size.accounts, self.size.payments
        at, due = self._sql.instant(self.store.now()), self._sql.instant(self.store.now() + due_in)
        past = self._sql.before(self.store.now(), f"({payments} - i) * 60")
        mine = {"reseller_id": str(self.reseller_id)}
        owner = f"(1 + i % {accounts})"
        self._write(Account, accounts, mine | _ACCOUNT | {"created_at": at})
        self._write(
            Subscription,
            accounts,
            mine
            | {"account_id": "i", "plan_id": str(self.plan_id), "name": "'VPS ' || i", "folded": "'vps ' || i"}
            | {"status": "'active'", "created_at": at, "anchor_at": at, "next_charge_at": due},
        )
        if not payments:
            return
        method = f"case when i % 4 = 0 then {self.bank_id} else {self.gateway_id} end"
        # Of a thousand payments two wait, a hundred and fifty were never paid, all but one of those at the gateway.
        status = (
            "case when i % 1000 in (1, 4) then 'waiting_for_payment' "
            "when i % 1000 = 8 or (i % 4 > 0 and i % 5 = 0) then 'expired' else 'completed' end"
        )
        money = {"amount_minor": "50000 + i % 100000", "currency": "'RUB'"}
        self._write(
            Payment,
            payments,
            mine
            | money
            | {"account_id": owner, "number": "'P' || i", "folded": "'p' || i || '\nпополнение баланса'"}
            | {"purpose": "'Пополнение баланса'", "status": status, "method_id": method, "created_by": "'customer:1:A'"}
            | {"created_at": past, "expires_at": at},
        )
        trail = payments if self.size.trail is None else self.size.trail
        by_gateway = {"door": "'gateway'", "origin": "'paymaster:1'", "key": "'e' || i", "reference": "'P' || i"}
        waits = "case when i % 10000 = 7 then '{}' else '{}' end"
        self._write(
            Arrival,
            trail,
            mine
            | money
            | by_gateway
            | {"method_id": str(self.gateway_id), "payment_id": "i", "is_test": self._sql.flag(on=False)}
            | {"details": "'{}'", "day": "'2020-11-11'", "received_at": past, "received_by": "'gateway::PayMaster'"}
            | {"state": waits.format("open", "credited"), "waits": waits.format("other_amount", ""), "decisions": "1"}
            | {"credited_minor": "0", "folded": "'e' || i || '\np' || i"},
        )
        self._write(
            ArrivalMessage,
            trail,
            mine
            | money
            | {"arrival_id": "i", "method_id": str(self.gateway_id), "payment_id": "i", "digest": "'d' || i"}
            | {"reference": "'P' || i", "is_test": self._sql.flag(on=False), "body": self._sql.no_bytes}
            | {"received_at": past},
        )
        self._write(Mail, trail, mine | _MAIL | {"account_id": owner, "created_at": past})
        self._write(LogEntry, trail, mine | _LOG | {"object_id": owner, "at": past})
        self._movements(trail, past, mine, owner)
        self._write(Outbox, max(trail // 10_000, 1), mine | _DEAD | {"created_at": at, "dead_at": at})

    def _movements(self, count: int, past: str, mine: Row, owner: str) -> None:
        """Write charges with their movements; every tenth movement is of the first account, which has lived long."""
        owner = f"case when i % 10 = 0 then 1 else {owner} end"
        legs = mine | {"transaction_id": "i", "leg": "'customer'", "account_id": owner, "amount_minor": "-100"}
        self._write(
            Entry,
            count,
            legs | {"currency": "'RUB'", "balance_after_minor": "1", "account_sequence": "1000000 + i", "at": past},
        )
        other = {"id": f"{count} + i", "leg": "'revenue'", "account_id": "null", "amount_minor": "100"}
        none = {"balance_after_minor": "null", "account_sequence": "null"}
        self._write(Entry, count, legs | other | none | {"currency": "'RUB'", "at": past})
        self._write(LedgerTransaction, count, mine | _MOVEMENT | {"source_id": "'old:' || i", "at": past})
        begun = {"period_start": past, "period_end": past, "created_at": past}
        whose = {"account_id": owner, "subscription_id": owner, "transaction_id": "i", "amount_minor": "100"}
        self._write(Charge, count, mine | whose | begun)
        # One customer paid by bank, with the order that everybody looks for.
        ordered = {"id": f"{count} + i", "door": "'order'", "origin": "cast(i * 4 as text)", "key": "'1'"}
        order = {
            "payment_id": "i * 4",
            "order_number": "'z' || i",
            "order_key": "'z' || i",
            "order_date": "'2020-11-11'",
        }
        self._write(
            Arrival,
            count // 4,
            mine
            | ordered
            | order
            | {"amount_minor": "1", "currency": "'RUB'", "is_test": self._sql.flag(on=False), "details": "'{}'"}
            | {"day": "'2020-11-11'", "received_at": past, "received_by": "''", "state": "'credited'"}
            | {"waits": "''", "decisions": "1", "credited_minor": "1", "folded": "'z' || i"},
        )

    def _write(self, kind: type[Base], count: int, row: Row) -> None:
        self._sql.write(kind.__tablename__, count, _complete(kind, {"id": "i", **row}, self._sql))


_ACCOUNT = {
    "type": "case when i % 50 = 0 then 'sole_proprietor' when i % 3 = 0 then 'person' else 'company' end",
    "name": "'ООО «Клиент ' || i || '»'",
    "folded": "'ооо клиент ' || i || '\n77' || (10000000 + i)",
    "inn": "'77' || (10000000 + i)",
    "balance_minor": "100000000",
    "custom_attributes": "'{}'",
}
_MAIL = {
    "category": "'payment'",
    "recipient": "'a' || i || '@example.com'",
    "subject": "'Платеж зачислен'",
    "folded": "'a' || i || '@example.com\nплатеж зачислен'",
    "text": "'…'",
    "html": "''",
    "message_id": "'m' || i",
    "once_key": "'k' || i",
    "status": "case when i % 5000 = 0 then 'refused' else 'sent' end",
}
_LOG = {
    "object_kind": "'payment'",
    "actor": "'manager:2:Ольга Смирнова'",
    "action": "'payment.created'",
    "details": "'{}'",
    "folded": "'manager:2:ольга смирнова'",
}
_DEAD = {
    "receiver": "'plugin:low_balance_notify'",
    "lane": "'account:' || i",
    "kind": "'billhook_balance_changed'",
    "payload": "'{}'",
    "last_error": "'boom'",
}
_CHARGED = (
    """'{"period_end": "2020-01-01T01:00:00+00:00", "period_start": "2020-01-01T00:00:00+00:00", """
    """"subscription": "VPS", "subscription_id": 1}'"""
)
_MOVEMENT = {"source": "'charge'", "kind": "'charge'", "reason": "''", "details": _CHARGED, "actor": "'system::'"}


def _complete(kind: type[Base], row: Row, dialect: _Sqlite | _Postgresql) -> dict[str, str]:
    """Return the row with the model's own defaults."""
    complete = dict(row)
    for column in inspect(kind).columns:
        default: Any = getattr(column.default, "arg", None)
        if column.name not in complete and column.default is not None and not callable(default):
            complete[column.name] = dialect.literal(default)
    return complete


def _series(count: int) -> str:
    return f"(with recursive n(i) as (select 1 union all select i + 1 from n where i < {count}) select i from n) as n"


class _Sqlite:
    no_bytes = "x''"

    def __init__(self, store: Store) -> None:
        self._connection = sqlite3.connect(str(make_url(store.engine.url).database), isolation_level=None)
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-200000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def instant(self, at: datetime) -> str:
        return f"'{at:%Y-%m-%dT%H:%M:%S.%fZ}'"

    def before(self, at: datetime, seconds: str) -> str:
        return f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', '{at:%Y-%m-%d %H:%M:%S}', '-' || ({seconds}) || ' seconds')"

    def flag(self, *, on: bool) -> str:
        return str(int(on))

    def literal(self, value: object) -> str:
        return str(int(value)) if isinstance(value, int) else f"'{value}'"

    def write(self, table: str, count: int, row: Row) -> None:
        self._connection.execute(
            f'insert into "{table}" ({", ".join(row)}) select {", ".join(row.values())} from {_series(count)}'
        )

    def finish(self) -> None:
        self._connection.close()


class _Postgresql:
    no_bytes = "''"

    def __init__(self, store: Store) -> None:
        url = make_url(store.engine.url)
        self._tables: set[str] = set()
        self._connection = psycopg.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database, autocommit=True
        )
        # Triggers and foreign keys were proved elsewhere.
        self._connection.execute("set session_replication_role = replica")

    def instant(self, at: datetime) -> str:
        return f"timestamptz '{at:%Y-%m-%d %H:%M:%S.%f}Z'"

    def before(self, at: datetime, seconds: str) -> str:
        return f"{self.instant(at)} - ({seconds}) * interval '1 second'"

    def flag(self, *, on: bool) -> str:
        return str(on).lower()

    def literal(self, value: object) -> str:
        if isinstance(value, bool):
            return self.flag(on=value)
        return str(value) if isinstance(value, int) else f"'{value}'"

    def write(self, table: str, count: int, row: Row) -> None:
        self._tables.add(table)
        text = f'insert into "{table}" ({", ".join(row)}) select {", ".join(row.values())} from {_series(count)}'
        self._connection.execute(text.encode())

    def finish(self) -> None:
        for table in self._tables:
            drawn = "ledger_transaction_id_seq" if table == "ledger_transaction" else f"{table}_id_seq"
            self._connection.execute(f"select setval('{drawn}', (select max(id) from {table}))".encode())
        # As autovacuum does after so many rows.
        self._connection.execute("vacuum analyze")
        self._connection.close()
