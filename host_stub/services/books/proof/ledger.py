"""Promises of the ledger itself: entries, transactions, balances."""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk

ENTRIES: Final = Walk("entry")
ENTRIES_BY_ACCOUNT: Final = Walk("entry", "account_id")
ENTRIES_BY_TRANSACTION: Final = Walk("entry", "transaction_id")
TRANSACTIONS: Final = Walk("ledger_transaction")
ACCOUNTS: Final = Walk("account")

BALANCES: Final = Check(
    "balances",
    "Every balance is the sum of its entries.",
    ACCOUNTS,
    """
    select a.id as account, a.balance_minor as balance, coalesce(sum(e.amount_minor), 0) as legs
    from account a left join entry e on e.account_id = a.id
    where a.id > :after and a.id <= :upto
    group by a.id, a.balance_minor having a.balance_minor <> coalesce(sum(e.amount_minor), 0)
    """,
    "account {account}: balance {balance}, entries {legs}",
)

RUNNING_BALANCES: Final = Check(
    "running balances",
    "An entry's balance is the balance of the account's entry before it and its own amount.",
    ENTRIES_BY_ACCOUNT,
    """
    select * from (
        select e.account_id as account, e.id as entry, e.account_sequence as number, e.amount_minor as amount,
            e.balance_after_minor as shown,
            lag(e.balance_after_minor, 1, cast(0 as bigint))
                over (partition by e.account_id order by e.account_sequence, e.id) as before
        from entry e where e.account_id > :after and e.account_id <= :upto
    ) as x where shown <> before + amount or shown is null
    """,
    "account {account}, entry {entry} (number {number}): {before} and {amount} make no {shown}",
)

NUMBERS: Final = Check(
    "numbers",
    "The entries of an account are numbered 1, 2, 3 … without a gap or a repeat.",
    ENTRIES_BY_ACCOUNT,
    """
    select * from (
        select e.account_id as account, e.id as entry, e.account_sequence as number,
            lag(e.account_sequence, 1, cast(0 as bigint))
                over (partition by e.account_id order by e.account_sequence, e.id) as before
        from entry e where e.account_id > :after and e.account_id <= :upto
    ) as x where number <> before + 1 or number is null
    """,
    "account {account}, entry {entry}: number {number} follows {before}",
)

LAST_NUMBERS: Final = Check(
    "last numbers",
    "The number that an account drew last is that of its last entry.",
    ACCOUNTS,
    """
    select a.id as account, a.event_sequence as drawn, coalesce(max(e.account_sequence), 0) as last
    from account a left join entry e on e.account_id = a.id
    where a.id > :after and a.id <= :upto
    group by a.id, a.event_sequence having a.event_sequence <> coalesce(max(e.account_sequence), 0)
    """,
    "account {account}: drew number {drawn}, its last entry has {last}",
)

SUMS: Final = Check(
    "sums",
    "The entries of a transaction sum to zero in each currency.",
    ENTRIES_BY_TRANSACTION,
    """
    select e.transaction_id as transaction_id, e.currency as currency, sum(e.amount_minor) as total
    from entry e where e.transaction_id > :after and e.transaction_id <= :upto
    group by e.transaction_id, e.currency having sum(e.amount_minor) <> 0
    """,
    "transaction {transaction_id}: {currency} does not balance, {total} too much",
)

LEGS: Final = Check(
    "legs",
    "A transaction has two entries, one of them a customer's.",
    TRANSACTIONS,
    """
    select t.id as transaction_id, count(e.id) as legs, count(e.account_id) as customers
    from ledger_transaction t left join entry e on e.transaction_id = t.id
    where t.id > :after and t.id <= :upto
    group by t.id having count(e.id) <> 2 or count(e.account_id) <> 1
    """,
    "transaction {transaction_id}: {legs} entries, {customers} of them a customer's",
)

HEADERS: Final = Check(
    "headers",
    "Every entry belongs to a transaction and stands at its instant.",
    ENTRIES,
    """
    select e.id as entry, e.transaction_id as transaction_id, e.amount_minor as amount, e.at as at, t.at as wanted
    from entry e left join ledger_transaction t on t.id = e.transaction_id
    where e.id > :after and e.id <= :upto and (t.id is null or e.at <> t.at)
    """,
    "entry {entry} over {amount} at {at}: transaction {transaction_id} is of {wanted}",
)

OWNERS: Final = Check(
    "owners",
    "An entry, its transaction, its account and its payment method belong to one reseller.",
    ENTRIES,
    """
    select e.id as entry, e.reseller_id as reseller, t.reseller_id as of_transaction, a.reseller_id as of_account,
        m.reseller_id as of_method
    from entry e
    left join ledger_transaction t on t.id = e.transaction_id
    left join account a on a.id = e.account_id
    left join payment_method m on m.id = e.method_id
    where e.id > :after and e.id <= :upto and (
        t.reseller_id <> e.reseller_id
        or (e.account_id is not null and coalesce(a.reseller_id, 0) <> e.reseller_id)
        or (e.method_id is not null and coalesce(m.reseller_id, 0) <> e.reseller_id)
    )
    """,
    "entry {entry} of reseller {reseller}: its transaction is of {of_transaction}, its account of {of_account}, "
    "its method of {of_method}",
)

CURRENCIES: Final = Check(
    "currencies",
    "Every entry is in its reseller's currency.",
    ENTRIES,
    """
    select e.id as entry, e.currency as currency, r.currency as wanted
    from entry e join reseller r on r.id = e.reseller_id
    where e.id > :after and e.id <= :upto and e.currency <> r.currency
    """,
    "entry {entry}: {currency}, its reseller reckons in {wanted}",
)

KINDS: Final = Check(
    "kinds",
    "Every transaction is a credit that gives and stands on clearing, a charge that takes and stands on revenue, a "
    "correction that stands on corrections, or a reversal.",
    TRANSACTIONS,
    # Whatever is not named here is found.
    """
    select t.id as transaction_id, t.kind as kind, e.id as entry, e.leg as leg, e.amount_minor as amount,
        e.method_id as method
    from ledger_transaction t join entry e on e.transaction_id = t.id
    where t.id > :after and t.id <= :upto and not coalesce(
        case when e.account_id is not null then e.leg = 'customer' and e.method_id is null and (
            (t.kind = 'credit' and e.amount_minor > 0) or (t.kind = 'charge' and e.amount_minor < 0)
            or t.kind in ('correction', 'reversal')
        ) else (t.kind = 'credit' and e.leg = 'clearing')
            or (t.kind = 'charge' and e.leg = 'revenue' and e.method_id is null)
            or (t.kind = 'correction' and e.leg = 'corrections' and e.method_id is null)
            or (t.kind = 'reversal' and e.leg in ('clearing', 'revenue', 'corrections'))
        end, false
    )
    """,
    "transaction {transaction_id}, {kind}: entry {entry} stands on {leg}, method {method}, with {amount}",
)

KEYS: Final = Check(
    "keys",
    "What a transaction's once-only key names fits its kind: a credit is a payment's and an arrival's, a reversal "
    "undoes one, a charge and a correction do neither, and a correction is a form's or an arrival's.",
    TRANSACTIONS,
    """
    select t.id as transaction_id, t.kind as kind, t.source as source, t.source_id as source_id,
        t.payment_id as payment, t.reverses_id as reversed
    from ledger_transaction t
    where t.id > :after and t.id <= :upto and not coalesce(
        case t.kind
            when 'credit' then t.payment_id is not null and t.reverses_id is null
                and t.source like '%/%'
            when 'reversal' then t.source = 'reversal' and t.source_id = cast(t.reverses_id as text)
            when 'charge' then t.source = 'charge' and t.payment_id is null and t.reverses_id is null
            when 'correction' then t.payment_id is null and t.reverses_id is null
                and (t.source = 'correction' or t.source like '%/%')
        end, false
    )
    """,
    "transaction {transaction_id}, {kind}: its key is {source}, {source_id}; payment {payment}, reverses {reversed}",
)

REVERSALS: Final = Check(
    "reversals",
    "A reversal is the opposite of an arrival's credit or of a charge, entry by entry: on the same account, system "
    "account, payment method and payment, in the same words.",
    TRANSACTIONS,
    """
    select t.id as transaction_id, t.reverses_id as reversed, e.amount_minor as amount, u.amount_minor as original,
        s.leg as leg, v.leg as original_leg
    from ledger_transaction t
    left join ledger_transaction o on o.id = t.reverses_id
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    left join entry u on u.transaction_id = o.id and u.account_id is not null
    left join entry s on s.transaction_id = t.id and s.account_id is null
    left join entry v on v.transaction_id = o.id and v.account_id is null
    where t.id > :after and t.id <= :upto and (t.kind = 'reversal' or t.reverses_id is not null) and not coalesce(
        t.kind = 'reversal' and (o.kind in ('charge', 'credit') or (o.kind = 'correction' and o.source like '%/%'))
        and e.amount_minor = -u.amount_minor and e.account_id = u.account_id
        and s.amount_minor = -v.amount_minor and s.leg = v.leg
        and coalesce(s.method_id, 0) = coalesce(v.method_id, 0)
        and coalesce(t.payment_id, 0) = coalesce(o.payment_id, 0) and t.details = o.details, false
    )
    """,
    "transaction {transaction_id}: its {amount} against {leg} does not undo the {original} against {original_leg} of "
    "transaction {reversed}",
)

CHECKS: Final = (
    BALANCES,
    RUNNING_BALANCES,
    NUMBERS,
    LAST_NUMBERS,
    SUMS,
    LEGS,
    HEADERS,
    OWNERS,
    CURRENCIES,
    KINDS,
    KEYS,
    REVERSALS,
)
