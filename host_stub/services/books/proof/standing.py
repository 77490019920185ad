"""Promises about how things stand now: holds, thresholds, the outbox, watches, the log's objects, and the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection

from host_stub.persistence import Base, shapes, triggers
from host_stub.services.books.proof.check import Check, Surroundings, Walk
from host_stub.services.books.proof.ledger import ACCOUNTS

HOLDS: Final = Check(
    "holds",
    "An account of an open reseller is in credit hold if and only if its balance and what stopped require it.",
    ACCOUNTS,
    # How much a hold needs is decided outside of SQL; that all stopped subscriptions fit at their full price says
    # enough. A hold that a lower price ends is left within the hour.
    """
    select * from (
        select a.id as account, a.balance_minor as balance, a.threshold_minor as threshold, case
            when a.on_hold_since is null and a.balance_minor < a.threshold_minor
            then 'below its threshold without a hold'
            when a.on_hold_since is null and exists (
                select 1 from subscription s where s.account_id = a.id and s.status = 'stopped'
            ) then 'stopped subscriptions without a hold'
            when a.on_hold_since is not null and a.balance_minor >= a.threshold_minor + (
                select coalesce(sum(p.price_minor), 0) from subscription s join plan p on p.id = s.plan_id
                where s.account_id = a.id and s.status = 'stopped'
            ) and not exists (select 1 from charging_failure f where f.account_id = a.id) and not exists (
                select 1 from subscription s join log_entry l on l.reseller_id = s.reseller_id
                and l.object_kind = 'plan' and l.object_id = s.plan_id and l.action = 'plan.changed'
                where s.account_id = a.id and s.status = 'stopped' and l.at >= :lately
            ) then 'held although everything fits' end as wrong
        from account a join reseller r on r.id = a.reseller_id
        where a.id > :after and a.id <= :upto and r.closed_at is null and not r.catching_up
    ) as x where wrong is not null
    """,
    "account {account}: {wrong}; balance {balance}, threshold {threshold}",
)

HOLDS_LOGGED: Final = Check(
    "holds in the log",
    "An account is in credit hold if and only if its log told of the beginning last, not of the end.",
    ACCOUNTS,
    """
    select * from (
        select a.id as account, case when a.on_hold_since is null then 'not held' else 'held' end as state, coalesce((
            select l.action from log_entry l where l.reseller_id = a.reseller_id and l.object_kind = 'account'
            and l.object_id = a.id and l.action in ('account.hold_entered', 'account.hold_left')
            order by l.id desc limit 1
        ), 'nothing') as last
        from account a where a.id > :after and a.id <= :upto
    ) as x where (state = 'held') <> (last = 'account.hold_entered')
    """,
    "account {account} is {state}, its log told last of {last}",
)

THRESHOLDS: Final = Check(
    "thresholds",
    "An account's threshold is the one that its log told of last, and zero before.",
    ACCOUNTS,
    """
    select * from (
        select a.id as account, a.threshold_minor as threshold, coalesce((
            select {number[l.details, threshold_minor]} from log_entry l where l.reseller_id = a.reseller_id
            and l.object_kind = 'account' and l.object_id = a.id and l.action = 'account.threshold_changed'
            order by l.id desc limit 1
        ), 0) as told
        from account a where a.id > :after and a.id <= :upto
    ) as x where threshold <> told
    """,
    "account {account}: threshold {threshold}, its log told last of {told}",
)

CLOSED: Final = Check(
    "closed resellers",
    "Nothing runs at a reseller that is closed.",
    Walk("subscription"),
    """
    select s.id as subscription, s.reseller_id as reseller
    from subscription s join reseller r on r.id = s.reseller_id
    where s.id > :after and s.id <= :upto and s.status = 'active' and r.closed_at is not null and not r.catching_up
    """,
    "subscription {subscription} runs although reseller {reseller} is closed",
)

FACTS: Final = Check(
    "outbox",
    "Every fact that waits for its receiver has a lane.",
    Walk("outbox"),
    """
    select o.id as fact, o.receiver as receiver, o.lane as lane from outbox o
    where o.id > :after and o.id <= :upto and o.dead_at is null
        and not exists (select 1 from lane l where l.receiver = o.receiver and l.lane = o.lane)
    """,
    "outbox row {fact} for {receiver}: there is no lane {lane}",
)

LANES: Final = Check(
    "lanes",
    "Every lane has a fact that waits.",
    Walk("lane", None),
    """
    select l.receiver as receiver, l.lane as lane from lane l
    where not exists (
        select 1 from outbox o where o.receiver = l.receiver and o.lane = l.lane and o.dead_at is null
    )
    """,
    "lane {lane} of {receiver}: nothing waits in it",
)

WAITS: Final = Check(
    "waits",
    "No lane waits for longer than a receiver ever makes one wait.",
    Walk("lane", None),
    # What a clock wrote that has been set back since, the worker reads anew.
    """
    select l.receiver as receiver, l.lane as lane, l.ready_at as ready_at, l.set_at as set_at
    from lane l where l.ready_at > :latest
    """,
    "lane {lane} of {receiver} waits until {ready_at}, as was written at {set_at}",
)

WATCHES: Final = Check(
    "watches",
    "A watch is armed if and only if the balance is at its level or above, clearly above soon after a warning.",
    Walk("balance_watch", "account_id"),
    # Armed again as `domain.watching.has_risen` decides. While a reseller is closed nobody is warned: a watch stays
    # armed until the first movement after that.
    """
    select w.account_id as account, w.plugin as plugin, w.key as key, w.level_minor as level,
        a.balance_minor as balance, case when w.armed then 'armed' else 'not armed' end as state
    from balance_watch w join account a on a.id = w.account_id join reseller r on r.id = a.reseller_id
    where w.account_id > :after and w.account_id <= :upto and (w.plugin || '/' || w.key) in :watched and (
        (
            not w.armed and a.balance_minor >= w.level_minor and (
                w.told_at is null or {pause_is_over}
                or (w.level_minor <> 0 and a.balance_minor >= w.level_minor + abs(w.level_minor) / 2)
            )
        )
        or (
            w.armed and a.balance_minor < w.level_minor and r.closed_at is null and not exists (
                select 1 from log_entry l where l.reseller_id = r.id and l.object_kind = 'reseller'
                and l.object_id = r.id and l.action = 'reseller.reopened' and l.at >= coalesce(
                    (select max(e.at) from entry e where e.account_id = a.id), a.created_at
                )
            )
        )
    )
    """,
    "account {account}: the watch {key} of {plugin} is {state} at level {level}, the balance is {balance}",
)

OBJECTS: Final = Check(
    "objects of the log",
    "Whatever the log tells of is there.",
    Walk("log_entry"),
    # What was delivered is not kept.
    """
    select l.id as line, l.action as action, l.object_kind as kind, l.object_id as object from log_entry l
    where l.id > :after and l.id <= :upto and not case l.object_kind
        when 'account' then exists (select 1 from account o where o.id = l.object_id)
        when 'payment' then exists (select 1 from payment o where o.id = l.object_id)
        when 'subscription' then exists (select 1 from subscription o where o.id = l.object_id)
        when 'plan' then exists (select 1 from plan o where o.id = l.object_id)
        when 'payment_method' then exists (select 1 from payment_method o where o.id = l.object_id)
        when 'arrival' then exists (select 1 from arrival o where o.id = l.object_id)
        when 'user' then exists (select 1 from "user" o where o.id = l.object_id)
        when 'reseller' then exists (select 1 from reseller o where o.id = l.object_id)
        else true
    end
    """,
    "line {line} tells {action} of {kind} {object}, which is not there",
)


class OfDatabase(Check):
    """What the database itself has to be, compared with what it is."""

    __slots__ = ()

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        del around
        looked_at, faults = _OF_DATABASE[self.name]
        yield looked_at(connection), iter(faults(connection))


GUARDS: Final = OfDatabase(
    "guards",
    "Every trigger that guards the ledger is there, on, and has the body that it was made with; no trigger, rule or "
    "filter of anybody else's stands on a table of the panel, and no session is begun in which triggers are silent.",
    Walk("trigger"),
    "the database's catalogue of triggers",
    "{fault}",
)

TABLES: Final = OfDatabase(
    "tables",
    "Every table has the columns, keys, foreign keys and checks that it was made with, and no others.",
    Walk("every table"),
    "the database's catalogue of tables",
    "{fault}",
)

_OF_DATABASE: Final[Mapping[str, tuple[Callable[[Connection], int], Callable[[Connection], list[str]]]]] = {
    GUARDS.name: (lambda connection: len(triggers.expected(connection.dialect.name)), triggers.faults),
    TABLES.name: (lambda _connection: len(Base.metadata.tables), shapes.faults),
}

#: What explains what follows stands first.
OF_DATABASE: Final = (GUARDS, TABLES)
CHECKS: Final = (HOLDS, HOLDS_LOGGED, THRESHOLDS, CLOSED, FACTS, LANES, WAITS, WATCHES, OBJECTS)
