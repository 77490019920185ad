"""Right books of any size, written by plain SQL: accounts with one credit and hourly charges."""

from __future__ import annotations

from sqlalchemy import text

from host_stub.persistence import Store
from tests.support.world import World

PRICE, HOURS = 730_00, 49
_START = "2026-01-01"


def _statements(accounts: int, postgresql: bool) -> list[str]:
    def hour(n: str) -> str:
        if postgresql:
            return f"(timestamptz '{_START}T00:00:00Z' + ({n}) * interval '1 hour')"
        return f"strftime('%Y-%m-%dT%H:%M:%S.000000Z', '{_START}', ({n}) || ' hours')"

    def iso(n: str) -> str:
        """An hour as the panel writes it in texts."""
        if postgresql:
            return f"to_char({hour(n)} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS+00:00')"
        return f"strftime('%Y-%m-%dT%H:%M:%S+00:00', '{_START}', ({n}) || ' hours')"

    def line(kind: str, number: int, action: str, details: str = "'{}'") -> str:
        return (
            f"{a}insert into log_entry (id, reseller_id, object_kind, object_id, at, actor, action, details) "
            f"select {number} * 10000000 + i, 1, '{kind}', 1000 + i, {hour('0')}, 'system::x', '{action}', {details} "
            "from n"
        )

    yes, no = ("true", "false") if postgresql else ("1", "0")
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < {most}) "
    a = numbers.format(most=accounts)
    # Transaction (a - 1) * (HOURS + 1) + k + 1 of account 1000 + a: k = 0 the credit, then one charge an hour.
    k = f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {accounts}), "
    k += f"h(k) as (select 0 union all select k + 1 from h where k < {HOURS}) "
    header = f"1000000 + (i - 1) * {HOURS + 1} + k + 1"
    amount, credit = f"case when k = 0 then {PRICE} else -100 end", f"{PRICE} - 100 * k"
    kind = "case when k = 0 then {} else {} end"
    source = kind.format("'order/' || (1000 + i)", "'charge'")
    return [
        "insert into plan (id, reseller_id, name, description, period, price_minor, active, created_at) "
        f"values (1000, 1, 'VPS', '', 'hour', {PRICE}, {yes}, {hour('0')})",
        f"{a}insert into account (id, reseller_id, type, name, inn, kpp, email, phone, country, region, city, zip, "
        "street, building, office, custom_attributes, language, balance_minor, threshold_minor, event_sequence, "
        "created_at) select 1000 + i, 1, 'company', 'ООО', '', '', '', '', 'RU', '', '', '', '', '', '', '{}', 'ru', "
        f"{PRICE} - 100 * {HOURS}, 0, {HOURS + 1}, {hour('0')} from n",
        f"{a}insert into payment (id, reseller_id, account_id, number, amount_minor, currency, purpose, comment, "
        "status, key_version, created_at, created_by, expires_at, closed_at) "
        f"select 1000 + i, 1, 1000 + i, 'S-' || i, {PRICE}, 'RUB', '', '', 'completed', 1, {hour('0')}, 'system::x', "
        f"{hour('720')}, {hour('0')} from n",
        f"{a}insert into subscription (id, reseller_id, account_id, plan_id, name, status, created_at, anchor_at, "
        "next_charge_at, desired_version, confirmed_version, provisioning_error) "
        f"select 1000 + i, 1, 1000 + i, 1000, 'VPS', 'active', {hour('0')}, {hour('0')}, {hour(str(HOURS + 1))}, 1, 1, "
        "'' from n",
        f"{k}insert into entry (id, reseller_id, transaction_id, leg, account_id, amount_minor, currency, "
        "balance_after_minor, account_sequence, at) "
        f"select {header}, 1, {header}, 'customer', 1000 + i, {amount}, 'RUB', {credit}, k + 1, {hour('k')} from n, h",
        f"{k}insert into entry (id, reseller_id, transaction_id, leg, amount_minor, currency, at) "
        f"select 500000000 + {header}, 1, {header}, {kind.format(repr('clearing'), repr('revenue'))}, "
        f"-({amount}), 'RUB', {hour('k')} from n, h",
        f"{k}insert into ledger_transaction (id, reseller_id, source, source_id, kind, reason, details, payment_id, "
        f"actor, at) select {header}, 1, {source}, "
        f"case when k = 0 then '1' else (1000 + i) || ':' || {iso('k')} end, "
        f"{kind.format(repr('credit'), repr('charge'))}, '', "
        f"case when k = 0 then '{{\"payment\": \"S-' || i || '\"}}' "
        f"else '{{\"period_end\": \"' || {iso('k + 1')} || '\"}}' end, "
        f"case when k = 0 then 1000 + i end, 'system::x', "
        f"{hour('k')} from n, h",
        f"{a}insert into arrival (id, reseller_id, door, origin, key, payment_id, amount_minor, currency, is_test, "
        "reference, order_number, order_key, order_date, payer_inn, payer_name, day, details, received_at, "
        "received_by, state, waits, decisions, credited_minor) "
        "select 1000 + i, 1, 'order', cast(1000 + i as text), '1', 1000 + i, "
        f"{PRICE}, 'RUB', {no}, 'S-' || i, i || '', i || '', '{_START}', '', '', '{_START}', '{{}}', {hour('0')}, "
        f"'system::x', 'credited', '', 1, {PRICE} from n",
        f"{a}insert into arrival_decision (id, reseller_id, arrival_id, n, kind, payment_id, account_id, "
        "transaction_id, amount_minor, reason, words, decided_by, at, state, waits, credited_minor) "
        f"select 1000 + i, 1, 1000 + i, 1, 'credited_to_payment', 1000 + i, 1000 + i, "
        f"1000000 + (i - 1) * {HOURS + 1} + 1, {PRICE}, '', '', 'system::x', {hour('0')}, 'credited', '', "
        f"{PRICE} from n",
        f"update reseller set next_number = {accounts + 1} where id = 1",
        line("payment", 1, "payment.created", f"'{{\"amount_minor\": {PRICE}}}'"),
        line(
            "payment",
            2,
            "payment.approved",
            f'\'{{"order_date": "{_START}", "order_number": "\' || i || \'", "received_minor": {PRICE}}}\'',
        ),
        line("subscription", 3, "subscription.created"),
        line("subscription", 4, "subscription.activated"),
        f"{k}insert into charge (id, reseller_id, account_id, subscription_id, transaction_id, period_start, "
        f"period_end, amount_minor, created_at) select {header}, 1, 1000 + i, 1000 + i, {header}, {hour('k')}, "
        f"{hour('k + 1')}, 100, {hour('k')} from n, h where k > 0",
    ]


def fill(store: Store, accounts: int) -> int:
    """Write books of so many accounts; return how many entries they have."""
    World(store)
    with store.write() as session:
        connection = session.connection()
        for statement in _statements(accounts, store.engine.dialect.name == "postgresql"):
            # The driver's own text: SQLAlchemy's would read '…:1' as a parameter, and psycopg reads %.
            connection.exec_driver_sql(statement)
            # A trigger's plan made on an empty table would look through all entries for each transaction.
            connection.exec_driver_sql("analyze")
        return int(session.execute(text("select count(*) from entry")).scalar_one())
