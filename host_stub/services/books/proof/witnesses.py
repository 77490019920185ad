"""Promises between the ledger and what brought it about: payments, approvals, gateways' messages, charges, the log.

Each movement has a witness outside of the ledger, written in the same transaction. A movement that was made up, or
taken out with everything that the ledger itself knows of it, disagrees with its witness.
"""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk
from host_stub.services.books.proof.ledger import TRANSACTIONS

PAYMENTS: Final = Walk("payment")
CHARGES: Final = Walk("charge")
CHARGES_BY_SUBSCRIPTION: Final = Walk("charge", "subscription_id")
SUBSCRIPTIONS: Final = Walk("subscription")

#: Log lines of a subscription `x` that tell nothing about what it paid; any other explains a gap.
_SAYS_NOTHING: Final = "('subscription.created', 'subscription.activated', 'subscription.renamed')"
# Below 745 kopecks a month, an hour may cost nothing, and what costs nothing is not charged.
_HAS_FREE_HOURS: Final = """
    exists (
        select 1 from subscription s join plan p on p.id = s.plan_id
        where s.id = x.subscription and p.period = 'hour' and (
            p.price_minor < 745 or exists (
                select 1 from log_entry l where l.reseller_id = p.reseller_id and l.object_kind = 'plan'
                and l.object_id = p.id and {logged_price} < 745
            )
        )
    )
"""

PAYMENT_STATES: Final = Check(
    "payments",
    "A payment is completed if and only if a credit of it stands that no reversal undoes, and closed if and only if it "
    "is neither waiting nor expired.",
    PAYMENTS,
    """
    select * from (
        select p.id as payment, p.number as number, p.status as status,
            case when p.closed_at is null then 'open' else 'closed' end as closed,
            (
                select count(*) from ledger_transaction t where t.payment_id = p.id and t.kind = 'credit'
                and not exists (select 1 from ledger_transaction r where r.reverses_id = t.id)
            ) as standing
        from payment p where p.id > :after and p.id <= :upto
    ) as x
    where (status = 'completed') <> (standing > 0)
        or (status in ('waiting_for_payment', 'expired')) <> (closed = 'open')
    """,
    "payment {payment} ({number}): {status} and {closed}, {standing} credits stand",
)

PAYMENT_CURRENCIES: Final = Check(
    "currencies of payments",
    "Every payment is in its reseller's currency.",
    PAYMENTS,
    """
    select p.id as payment, p.number as number, p.currency as currency, r.currency as wanted
    from payment p join reseller r on r.id = p.reseller_id
    where p.id > :after and p.id <= :upto and p.currency <> r.currency
    """,
    "payment {payment} ({number}): {currency}, its reseller reckons in {wanted}",
)

CREDITS: Final = Check(
    "credits",
    "Every credit has one proof over its sum, an approval or a gateway's message, and is the payment's account's.",
    TRANSACTIONS,
    """
    select * from (
        select t.id as transaction_id, t.source as source, t.source_id as source_id, e.amount_minor as amount,
            (
                select count(*) from approval p where p.transaction_id = t.id and p.received_minor = e.amount_minor
                and p.payment_id = t.payment_id and t.source = 'approval'
            ) + (
                select count(*) from gateway_event g where g.transaction_id = t.id and g.amount_minor = e.amount_minor
                and (
                    g.verdict <> 'credited'
                    or (g.source = t.source and g.external_id = t.source_id and g.payment_id = t.payment_id)
                )
            ) as proofs,
            (select count(*) from payment y where y.id = t.payment_id and y.account_id = e.account_id) as payers
        from ledger_transaction t join entry e on e.transaction_id = t.id and e.account_id is not null
        where t.id > :after and t.id <= :upto and t.kind = 'credit'
    ) as x where proofs <> 1 or payers <> 1
    """,
    "transaction {transaction_id} ({source}, {source_id}) credits {amount}: {proofs} proofs, {payers} payments of the "
    "account",
)

APPROVALS: Final = Check(
    "approvals",
    "Every approval has its credit over the same sum.",
    Walk("approval"),
    """
    select p.id as approval, p.received_minor as received, p.transaction_id as transaction_id, e.amount_minor as amount
    from approval p
    left join ledger_transaction t on t.id = p.transaction_id and t.kind = 'credit' and t.payment_id = p.payment_id
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    where p.id > :after and p.id <= :upto and coalesce(e.amount_minor, 0) <> p.received_minor
    """,
    "approval {approval} of {received}: transaction {transaction_id} credits {amount}",
)

EVENTS: Final = Check(
    "gateway messages",
    "Every gateway's message that was credited has its transaction over the same sum.",
    Walk("gateway_event"),
    """
    select g.id as event, g.external_id as external_id, g.amount_minor as said, g.transaction_id as transaction_id,
        e.amount_minor as amount
    from gateway_event g
    left join entry e on e.transaction_id = g.transaction_id and e.account_id is not null
    where g.id > :after and g.id <= :upto and (g.verdict = 'credited' or g.transaction_id is not null)
        and coalesce(e.amount_minor, 0) <> g.amount_minor
    """,
    "gateway message {event} ({external_id}) over {said}: transaction {transaction_id} credits {amount}",
)

CORRECTIONS: Final = Check(
    "corrections",
    "The log of each account tells of every correction, and of no other.",
    Walk("ledger_transaction", None, only="kind = 'correction'"),
    """
    select account, sum(posted) as posted, sum(told) as told, sum(amount) as amount from (
        select e.account_id as account, 1 as posted, 0 as told, e.amount_minor as amount
        from ledger_transaction t join entry e on e.transaction_id = t.id and e.account_id is not null
        where t.kind = 'correction'
        union all
        select l.object_id, 0, 1, -{logged_amount}
        from log_entry l where l.object_kind = 'account' and l.action = 'account.corrected'
    ) as x group by account having sum(posted) <> sum(told) or sum(amount) <> 0
    """,
    "account {account}: {posted} corrections posted, {told} in the log, sums differ by {amount}",
)

CHARGED: Final = Check(
    "transactions of charges",
    "Every transaction that charges has its charge.",
    TRANSACTIONS,
    """
    select * from (
        select t.id as transaction_id, t.source_id as source_id,
            (select count(*) from charge c where c.transaction_id = t.id) as charges
        from ledger_transaction t where t.id > :after and t.id <= :upto and t.kind = 'charge'
    ) as x where charges <> 1
    """,
    "transaction {transaction_id} ({source_id}): {charges} charges",
)

CHARGE_TRANSACTIONS: Final = Check(
    "charges",
    "Every charge has its transaction over the same sum, on the account of its subscription.",
    CHARGES,
    """
    select c.id as charge, c.account_id as account, c.amount_minor as amount, c.transaction_id as transaction_id,
        e.account_id as charged_account, e.amount_minor as charged, s.account_id as subscriber
    from charge c
    left join ledger_transaction t on t.id = c.transaction_id and t.kind = 'charge'
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    left join subscription s on s.id = c.subscription_id
    where c.id > :after and c.id <= :upto and (
        coalesce(e.amount_minor, 0) <> -c.amount_minor or coalesce(e.account_id, 0) <> c.account_id
        or coalesce(s.account_id, 0) <> c.account_id
    )
    """,
    "charge {charge} of {amount} to account {account}: transaction {transaction_id} moves {charged} on account "
    "{charged_account}, the subscription is of account {subscriber}",
)

OVERLAPS: Final = Check(
    "periods charged twice",
    "The periods that a subscription was charged for do not overlap.",
    CHARGES_BY_SUBSCRIPTION,
    """
    select * from (
        select c.subscription_id as subscription, c.id as charge, c.period_start as start, c.period_end as finish,
            lag(c.period_end) over (partition by c.subscription_id order by c.period_start, c.id) as paid_until
        from charge c where c.subscription_id > :after and c.subscription_id <= :upto
    ) as x where start < paid_until or finish <= start
    """,
    "subscription {subscription}: charge {charge} is for {start} to {finish}, paid until {paid_until}",
)

GAPS: Final = Check(
    "periods not charged",
    "Between two periods that a subscription was charged for none is left out, unless its log tells of a stop.",
    CHARGES_BY_SUBSCRIPTION,
    f"""
    select * from (
        select c.subscription_id as subscription, c.reseller_id as reseller, c.id as charge, c.period_start as start,
            c.created_at as made_at,
            lag(c.period_end) over (partition by c.subscription_id order by c.period_start, c.id) as paid_until,
            lag(c.created_at) over (partition by c.subscription_id order by c.period_start, c.id) as made_before
        from charge c where c.subscription_id > :after and c.subscription_id <= :upto
    ) as x where start > paid_until and not exists (
        select 1 from log_entry l where l.reseller_id = x.reseller and l.object_kind = 'subscription'
        and l.object_id = x.subscription and l.at >= x.made_before and l.at <= x.made_at
        and l.action not in {_SAYS_NOTHING}
    ) and not {_HAS_FREE_HOURS}
    """,
    "subscription {subscription}: paid until {paid_until}, then charge {charge} from {start} on, without a stop",
)

PAID_UNTIL: Final = Check(
    "next charges",
    "The next charge of a running subscription is due at the end of what it paid.",
    SUBSCRIPTIONS,
    f"""
    select * from (
        select s.id as subscription, s.reseller_id as reseller, s.next_charge_at as due, c.period_end as paid_until,
            c.created_at as made_at
        from subscription s left join charge c on c.subscription_id = s.id and c.period_start = (
            select max(y.period_start) from charge y where y.subscription_id = s.id
        )
        where s.id > :after and s.id <= :upto and s.status = 'active'
    ) as x where (due <> paid_until or due is null or paid_until is null) and not exists (
        select 1 from log_entry l where l.reseller_id = x.reseller and l.object_kind = 'subscription'
        and l.object_id = x.subscription and (x.made_at is null or l.at >= x.made_at)
        and l.action not in {_SAYS_NOTHING}
    ) and not {_HAS_FREE_HOURS}
    """,
    "subscription {subscription} runs, paid until {paid_until}, and its next charge is due {due}",
)

CHECKS: Final = (
    PAYMENT_STATES,
    PAYMENT_CURRENCIES,
    CREDITS,
    APPROVALS,
    EVENTS,
    CORRECTIONS,
    CHARGED,
    CHARGE_TRANSACTIONS,
    OVERLAPS,
    GAPS,
    PAID_UNTIL,
)
