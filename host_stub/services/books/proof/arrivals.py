"""Promises about money that has come: arrivals, what was said of them, what was decided, and its credits in the ledger.

An arrival says how it stands, its decisions say how each left it, and the ledger what was moved: three accounts of one
thing, written in the same transactions.
"""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk
from host_stub.services.books.proof.ledger import TRANSACTIONS

ARRIVALS: Final = Walk("arrival")
DECISIONS: Final = Walk("arrival_decision")
_CREDITS: Final = "('credited_to_payment', 'credited_to_account', 'part')"

STATES: Final = Check(
    "states of arrivals",
    "Every arrival is as its latest decision left it, and its decisions are numbered 1, 2, 3 … without gaps.",
    ARRIVALS,
    """
    select * from (
        select a.id as arrival, a.state as state, a.waits as waits, a.credited_minor as credited,
            a.decisions as latest,
            (select count(*) from arrival_decision d where d.arrival_id = a.id) as made,
            (
                select count(*) from arrival_decision d
                where d.arrival_id = a.id and d.n = a.decisions and d.reseller_id = a.reseller_id
                and d.state = a.state and d.waits = a.waits and d.credited_minor = a.credited_minor
            ) as alike,
            (
                select count(*) from arrival_decision d where d.arrival_id = a.id and d.n between 1 and a.decisions
            ) as upto
        from arrival a where a.id > :after and a.id <= :upto
    ) as x where made <> latest or upto <> latest or alike <> 1
    """,
    "arrival {arrival}: {state}, {waits}, {credited} credited; {made} decisions, the latest is {latest}, {alike} of "
    "this number left it so",
)

SUMS: Final = Check(
    "credits of arrivals",
    "What an arrival says is credited of it is the sum of its credits that the ledger shows as standing, and never "
    "more than came.",
    ARRIVALS,
    f"""
    select * from (
        select a.id as arrival, a.amount_minor as came, a.credited_minor as credited, (
            select coalesce(sum(e.amount_minor), 0) from arrival_decision d
            join entry e on e.transaction_id = d.transaction_id and e.account_id is not null
            where d.arrival_id = a.id and d.kind in {_CREDITS}
            and not exists (select 1 from ledger_transaction r where r.reverses_id = d.transaction_id)
        ) as standing
        from arrival a where a.id > :after and a.id <= :upto
    ) as x where credited <> standing or (credited <> 0 and (credited < 0 or credited > came))
    """,
    "arrival {arrival} of {came}: {credited} credited, {standing} stand in the ledger",
)

RUNNING: Final = Check(
    "sums of decisions",
    "Every decision leaves an arrival with what the one before left, and with what it moves itself.",
    ARRIVALS,
    """
    select * from (
        select d.arrival_id as arrival, d.n as n, d.kind as kind, d.amount_minor as amount,
            d.credited_minor as credited,
            coalesce(lag(d.credited_minor) over (partition by d.arrival_id order by d.n), 0) as before
        from arrival_decision d where d.arrival_id > :after and d.arrival_id <= :upto
    ) as x where credited <> before + amount
    """,
    "arrival {arrival}: decision {n}, {kind} of {amount}, leaves {credited} after {before}",
)

MEANINGS: Final = Check(
    "decisions",
    "Every decision has what its kind needs and nothing else: a credit its movement over its sum to its account and "
    "payment, a reversal the movement that undoes an earlier credit of the arrival, all others none.",
    DECISIONS,
    f"""
    select d.id as decision, d.arrival_id as arrival, d.kind as kind, d.amount_minor as amount,
        d.transaction_id as transaction_id, e.amount_minor as moved
    from arrival_decision d
    join arrival a on a.id = d.arrival_id
    left join ledger_transaction t on t.id = d.transaction_id
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    where d.id > :after and d.id <= :upto and not coalesce(case
        when d.kind in {_CREDITS} then t.kind = case when d.payment_id is null then 'correction' else 'credit' end
            and coalesce(t.payment_id, 0) = coalesce(d.payment_id, 0) and e.account_id = d.account_id
            and e.amount_minor = d.amount_minor and e.currency = a.currency and d.amount_minor > 0
            and (d.kind = 'part') = (d.amount_minor < a.amount_minor)
            and case d.kind when 'credited_to_payment' then d.payment_id is not null
                when 'credited_to_account' then d.payment_id is null else true end
        when d.kind = 'reversed' then t.kind = 'reversal' and e.amount_minor = d.amount_minor
            and e.account_id = d.account_id and exists (
                select 1 from arrival_decision c where c.transaction_id = t.reverses_id and c.arrival_id = d.arrival_id
                and c.n < d.n and coalesce(c.payment_id, 0) = coalesce(d.payment_id, 0)
            )
        else d.transaction_id is null and d.amount_minor = 0 and d.payment_id is null and d.account_id is null
            and (d.kind <> 'same_as' or d.other_id is not null)
    end, false)
    """,
    "decision {decision} of arrival {arrival}: {kind} of {amount}, transaction {transaction_id} moves {moved}",
)

MOVEMENTS: Final = Check(
    "arrivals in the ledger",
    "Every credit, every correction with an arrival's key and every reversal of one carries out one decision, at its "
    "instant and by the same person; its key is the arrival's with the number of earlier reversals and of the part.",
    TRANSACTIONS,
    f"""
    select * from (
        select t.id as transaction_id, t.kind as kind, t.source as source, t.source_id as source_id,
            (select count(*) from arrival_decision d where d.transaction_id = t.id) as named,
            (
                select count(*) from arrival_decision d join arrival a on a.id = d.arrival_id
                where d.transaction_id = t.id and d.at = t.at and d.decided_by = t.actor and (t.kind = 'reversal' or (
                    t.source_id = a.key and t.source = a.door || replace('\\:r' || cast((
                        select count(*) from arrival_decision r
                        where r.arrival_id = a.id and r.kind = 'reversed' and r.n < d.n
                    ) as text), '\\:r0', '') || case d.kind when 'part' then '\\:p' || cast((
                        select count(*) from arrival_decision c
                        where c.arrival_id = a.id and c.kind in {_CREDITS} and c.n <= d.n
                    ) as text) else '' end || '/' || a.origin
                ))
            ) as fitting
        from ledger_transaction t
        left join ledger_transaction o on o.id = t.reverses_id
        where t.id > :after and t.id <= :upto and (
            t.kind = 'credit' or t.source like '%/%' or (t.kind = 'reversal' and coalesce(o.kind, '') <> 'charge')
            or exists (select 1 from arrival_decision d where d.transaction_id = t.id)
        )
    ) as x where named <> 1 or fitting <> 1
    """,
    "transaction {transaction_id}, {kind} ({source}, {source_id}): {named} decisions name it, {fitting} of them with "
    "its key, person and instant",
)

PAYERS: Final = Check(
    "credits",
    "Every credit is the payment's account's, names the payment's number, and stands on the clearing of the method "
    "that the arrival came by.",
    TRANSACTIONS,
    """
    select * from (
        select t.id as transaction_id, t.source as source, t.source_id as source_id, e.amount_minor as amount,
            (
                select count(*) from payment y where y.id = t.payment_id and y.account_id = e.account_id
                and y.number = {text[t.details, payment]}
            ) as payers,
            (
                select count(*) from arrival_decision d join arrival a on a.id = d.arrival_id
                where d.transaction_id = t.id and coalesce(a.method_id, 0) = coalesce(s.method_id, 0)
            ) as ways
        from ledger_transaction t
        join entry e on e.transaction_id = t.id and e.account_id is not null
        left join entry s on s.transaction_id = t.id and s.account_id is null
        where t.id > :after and t.id <= :upto and t.kind = 'credit'
    ) as x where payers <> 1 or ways <> 1
    """,
    "transaction {transaction_id} ({source}, {source_id}) credits {amount}: {payers} payments of the account and "
    "number, {ways} arrivals by this method",
)

ORDERS: Final = Check(
    "standing approvals",
    "A payment's orders are numbered 1, 2, 3 …, each names it and credits it, and each but the last was taken back "
    "before the next came.",
    Walk("arrival", "payment_id", only="door = 'order'"),
    """
    select * from (
        select a.id as arrival, a.payment_id as payment, a.key as key, a.origin as origin, d.payment_id as credited,
            d.kind as kind, row_number() over (partition by a.payment_id order by a.id) as place,
            lead(a.id) over (partition by a.payment_id order by a.id) as following, a.state as state
        from arrival a left join arrival_decision d on d.arrival_id = a.id and d.n = 1
        where a.payment_id > :after and a.payment_id <= :upto and a.door = 'order'
    ) as x where key <> cast(place as text) or origin <> cast(payment as text) or coalesce(credited, 0) <> payment
        or kind <> 'credited_to_payment' or (following is not null and state <> 'undone')
    """,
    "payment {payment}: order {arrival}, the {place}. in order, has the key {origin}:{key}, credits {credited}, is "
    "{state}; the next is {following}",
)

MESSAGES: Final = Check(
    "gateway messages",
    "Every arrival by a gateway has the message that brought it, which says what it says and names its payment; each "
    "further message raised an alarm. No other arrival has a message.",
    ARRIVALS,
    """
    select * from (
        select a.id as arrival, a.door as door, a.key as key, count(m.id) as messages,
            coalesce(sum(case when m.deliveries < 1 then 1 else 0 end), 0) as uncounted,
            coalesce(sum(case when m.id = (select min(f.id) from arrival_message f where f.arrival_id = a.id)
                and m.reference = a.reference and m.amount_minor = a.amount_minor and m.currency = a.currency
                and m.is_test = a.is_test and m.reason = case d.kind when 'parked' then d.reason else '' end
                then 1 else 0 end), 0) as alike,
            (select count(*) from arrival_decision x where x.arrival_id = a.id and x.kind = 'alarmed') as alarms,
            (select count(*) from payment y where y.id = a.payment_id and a.door = 'gateway' and a.reference <> ''
                and not exists (
                select 1 from gateway_operation o where o.payment_id = y.id
                and a.reference in (o.reference, cast(o.reference_number as text))
            )) as others
        from arrival a
        left join arrival_message m on m.arrival_id = a.id
        left join arrival_decision d on d.arrival_id = a.id and d.n = 1
        where a.id > :after and a.id <= :upto group by a.id, a.door, a.key, a.payment_id, a.reference
    ) as x where others > 0 or uncounted > 0
        or (door = 'gateway' and (alike <> 1 or messages <> alarms + 1)) or (door <> 'gateway' and messages > 0)
    """,
    "arrival {arrival} ({door}, {key}): {messages} messages, {alike} of them like it, {alarms} alarms, {others} "
    "payments without such a try, {uncounted} never delivered",
)

FITTING: Final = Check(
    "fitting messages",
    "Whatever a gateway's message credited by itself fits what its payment was started with: method, merchant, sum, "
    "currency, test flag. A test is credited in no other way.",
    ARRIVALS,
    f"""
    select a.id as arrival, a.key as key, a.origin as origin, d.n as n, d.payment_id as payment
    from arrival a join arrival_decision d on d.arrival_id = a.id
    where a.id > :after and a.id <= :upto and a.door = 'gateway' and d.kind in {_CREDITS}
    and ((d.n = 1 and (a.payment_id <> d.payment_id or a.payment_id is null or not exists (
        select 1 from gateway_operation p join payment_method m on m.id = p.method_id
        where p.payment_id = d.payment_id and p.method_id = a.method_id
        and (p.amount_minor = a.amount_minor or p.as_came) and p.currency = a.currency and p.is_test = a.is_test
        and a.origin = m.plugin || ':' || p.merchant
    ))) or (d.n > 1 and a.is_test))
    """,
    "arrival {arrival} ({key}) of {origin}: decision {n} credits payment {payment}, which was never started like this",
)

TWINS: Final = Check(
    "the same money",
    "What counts as the same money as another arrival is closed by that, and the other is a different one that stands "
    "by itself: a credit of it stands, and it is no third one's twin.",
    DECISIONS,
    """
    select * from (
        select d.id as decision, d.arrival_id as arrival, d.other_id as other, o.credited_minor as standing,
            (
                select count(*) from arrival_decision l where l.arrival_id = o.id and l.n = o.decisions
                and l.kind = 'same_as'
            ) as chained
        from arrival_decision d join arrival a on a.id = d.arrival_id and a.decisions = d.n
        left join arrival o on o.id = d.other_id and o.reseller_id = d.reseller_id
        where d.id > :after and d.id <= :upto and d.kind = 'same_as'
    ) as x where other is null or other = arrival or coalesce(standing, 0) = 0 or chained > 0
    """,
    "decision {decision}: arrival {arrival} is the same as {other}, of which {standing} stand, and which is {chained} "
    "times a twin itself",
)

LOGGED: Final = Check(
    "decisions in the log",
    "The log tells of every decision but the first of each arrival, by the same person, with the same sum and words, "
    "and of no other.",
    ARRIVALS,
    """
    select arrival, fact, sum(there) as there, sum(told) as told from (
        select d.arrival_id as arrival, 1 as there, 0 as told,
            d.n || '. ' || d.kind || ' of ' || d.amount_minor || ' by ' || d.decided_by || ': ' || d.words as fact
        from arrival_decision d where d.arrival_id > :after and d.arrival_id <= :upto and d.n > 1
        union all select a.id, 0, 1, {text[l.details, n]} || '. ' || substr(l.action, 9) || ' of '
            || {text[l.details, amount_minor]} || ' by ' || l.actor || ': ' || {text[l.details, reason]}
        from arrival a join log_entry l on l.reseller_id = a.reseller_id and l.object_kind = 'arrival'
            and l.object_id = a.id
        where a.id > :after and a.id <= :upto
    ) as x group by arrival, fact having sum(there) <> sum(told)
    """,
    "arrival {arrival}, {fact}: there {there} times, in the log {told} times",
)

CHECKS: Final = (
    STATES,
    SUMS,
    RUNNING,
    MEANINGS,
    MOVEMENTS,
    PAYERS,
    ORDERS,
    MESSAGES,
    FITTING,
    TWINS,
    LOGGED,
)
