"""Promises about what was charged, and about what runs for it: charges, their periods, subscriptions, and their log."""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk
from host_stub.services.books.proof.ledger import TRANSACTIONS

CHARGES: Final = Walk("charge")
CHARGES_BY_SUBSCRIPTION: Final = Walk("charge", "subscription_id")
SUBSCRIPTIONS: Final = Walk("subscription")

#: What was given back was not paid: the period may be charged again.
_PAID: Final = "not exists (select 1 from ledger_transaction r where r.reverses_id = c.transaction_id)"
_STOPS: Final = "('subscription.stopped', 'subscription.stopped_by_closing', 'subscription.start_taken_back')"
_STARTS: Final = "('subscription.resumed', 'subscription.activated')"
# What is paid begins with a start, or later by what a stop left over of a paid month. Instants of one unit may differ
# by the time that it waited for a lock.
_STOPPED_SINCE: Final = f"""
    select 1 from log_entry h join log_entry g on g.reseller_id = h.reseller_id
        and g.object_kind = 'subscription' and g.object_id = h.object_id and g.action in {_STARTS} and g.id > h.id
    where h.reseller_id = x.reseller and h.object_kind = 'subscription' and h.object_id = x.subscription
    and h.action in {_STOPS} and (x.made_before is null or h.at >= x.made_before)
    and ({{seconds[x.start, g.at]}} <= 1 or {{seconds[x.start, g.at]}} <= {{seconds[x.paid_until, h.at]}} + 1)
"""
# Below 745 kopecks a month, an hour may cost nothing, and what costs nothing is not charged.
_HAS_FREE_HOURS: Final = """
    exists (
        select 1 from subscription s join plan p on p.id = s.plan_id
        where s.id = x.subscription and p.period = 'hour' and (
            p.price_minor < 745 or exists (
                select 1 from log_entry l where l.reseller_id = p.reseller_id and l.object_kind = 'plan'
                and l.object_id = p.id and l.action in ('plan.created', 'plan.changed')
                and {number[l.details, price_minor]} < 745
            )
        )
    )
"""

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
    "Every charge has its transaction over the same sum, on the account of its subscription, for the same period, at "
    "the same instant.",
    CHARGES,
    """
    select c.id as charge, c.account_id as account, c.amount_minor as amount, c.transaction_id as transaction_id,
        e.account_id as charged_account, e.amount_minor as charged, s.account_id as subscriber,
        c.period_start as start, c.period_end as finish, t.source_id as source_id
    from charge c
    left join ledger_transaction t on t.id = c.transaction_id and t.kind = 'charge'
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    left join subscription s on s.id = c.subscription_id
    where c.id > :after and c.id <= :upto and not coalesce(
        e.amount_minor = -c.amount_minor and e.account_id = c.account_id and s.account_id = c.account_id
        and t.at = c.created_at and t.source_id = cast(c.subscription_id as text) || ':' || {iso[c.period_start]}
        and {text[t.details, period_end]} = {iso[c.period_end]}, false
    )
    """,
    "charge {charge} of {amount} to account {account}, {start} to {finish}: transaction {transaction_id} ({source_id}) "
    "moves {charged} on account {charged_account}, the subscription is of account {subscriber}",
)

LENGTHS: Final = Check(
    "lengths of periods",
    "No charge is for longer than the hour, the day or the month of its plan.",
    CHARGES,
    # A zone may leave out a day of the calendar.
    """
    select c.id as charge, c.subscription_id as subscription, c.period_start as start, c.period_end as finish,
        p.period as period
    from charge c join subscription s on s.id = c.subscription_id join plan p on p.id = s.plan_id
    where c.id > :after and c.id <= :upto and not coalesce(
        {seconds[c.period_end, c.period_start]} <= 3600 * case p.period when 'hour' then 1 when 'day' then 49
            when 'month' then 33 * 24 end + 0.001, false
    )
    """,
    "charge {charge} of subscription {subscription}: {start} to {finish} is more than a {period}",
)

OVERLAPS: Final = Check(
    "periods charged twice",
    "The periods that a subscription was charged for do not overlap, but for those that were given back.",
    CHARGES_BY_SUBSCRIPTION,
    f"""
    select * from (
        select c.subscription_id as subscription, c.id as charge, c.period_start as start, c.period_end as finish,
            lag(c.period_end) over (partition by c.subscription_id order by c.period_start, c.id) as paid_until
        from charge c where c.subscription_id > :after and c.subscription_id <= :upto and {_PAID}
    ) as x where start < paid_until or finish <= start
    """,
    "subscription {subscription}: charge {charge} is for {start} to {finish}, paid until {paid_until}",
)

GAPS: Final = Check(
    "periods not charged",
    "Between two periods that a subscription was charged for none is left out, unless its log tells of a stop and of a "
    "start that the second begins with.",
    CHARGES_BY_SUBSCRIPTION,
    f"""
    select * from (
        select c.subscription_id as subscription, c.reseller_id as reseller, c.id as charge, c.period_start as start,
            c.created_at as made_at,
            lag(c.period_end) over (partition by c.subscription_id order by c.period_start, c.id) as paid_until,
            lag(c.created_at) over (partition by c.subscription_id order by c.period_start, c.id) as made_before
        from charge c where c.subscription_id > :after and c.subscription_id <= :upto and {_PAID}
    ) as x where start > paid_until and not {_HAS_FREE_HOURS}
        and not exists ({_STOPPED_SINCE} and {{seconds[g.at, x.made_at]}} <= 60)
    """,
    "subscription {subscription}: paid until {paid_until}, then charge {charge} from {start} on, without a stop",
)

PAID_UNTIL: Final = Check(
    "next charges",
    "The next charge of a running subscription is due at the end of what it paid, or later by a stop since.",
    SUBSCRIPTIONS,
    f"""
    select * from (
        select s.id as subscription, s.reseller_id as reseller, s.next_charge_at as start, c.period_end as paid_until,
            c.created_at as made_before
        from subscription s left join charge c on c.id = (
            select c.id from charge c where c.subscription_id = s.id and {_PAID} order by c.period_start desc limit 1
        )
        where s.id > :after and s.id <= :upto and s.status = 'active'
    ) as x where (start <> paid_until or start is null or paid_until is null) and not {_HAS_FREE_HOURS}
        and not (coalesce(start > paid_until, false) and exists ({_STOPPED_SINCE}))
    """,
    "subscription {subscription} runs, paid until {paid_until}, and its next charge is due {start}",
)

STATES: Final = Check(
    "states of subscriptions",
    "A subscription is in the state that its log told of last.",
    SUBSCRIPTIONS,
    # A start that was taken back leaves what it found.
    f"""
    select * from (
        select x.*, case last
            when 'subscription.created' then 'pending' when 'subscription.deleted' then 'deleted'
            when 'subscription.activated' then 'active' when 'subscription.resumed' then 'active'
            when 'subscription.stopped' then 'stopped' when 'subscription.stopped_by_closing' then 'stopped'
            when 'subscription.start_taken_back' then case (
                select l.action from log_entry l where l.reseller_id = x.reseller and l.object_kind = 'subscription'
                and l.object_id = x.subscription and l.action in {_STARTS} order by l.id desc limit 1
            ) when 'subscription.activated' then 'pending' when 'subscription.resumed' then 'stopped' end
        end as wanted
        from (
            select s.id as subscription, s.reseller_id as reseller, s.status as status, s.next_charge_at as due,
                s.stopped_at as stopped_at, (
                    select l.action from log_entry l where l.reseller_id = s.reseller_id
                    and l.object_kind = 'subscription' and l.object_id = s.id and (
                        l.action in {_STOPS} or l.action in {_STARTS}
                        or l.action in ('subscription.created', 'subscription.deleted')
                    ) order by l.id desc limit 1
                ) as last
            from subscription s where s.id > :after and s.id <= :upto
        ) as x
    ) as y where not coalesce(status = wanted and case status
        when 'pending' then stopped_at is null and (due is null or last = 'subscription.start_taken_back')
        when 'active' then stopped_at is null and due is not null
        when 'stopped' then stopped_at is not null and due is not null
        when 'deleted' then due is null
    end, false)
    """,
    "subscription {subscription} is {status}, stopped {stopped_at}, due {due}; its log told last: {last}",
)

CHECKS: Final = (
    CHARGED,
    CHARGE_TRANSACTIONS,
    LENGTHS,
    OVERLAPS,
    GAPS,
    PAID_UNTIL,
    STATES,
)
