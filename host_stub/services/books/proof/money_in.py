"""Promises about payments, corrections and documents, and the log of the money that came in.

Each movement has a witness outside of the ledger, written in the same transaction, and most have a second one in the
log. A movement that was made up, or taken out with everything that the ledger itself knows of it, disagrees with them.
"""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk

PAYMENTS: Final = Walk("payment")

PAYMENT_STATES: Final = Check(
    "payments",
    "A payment is completed or partly paid if and only if a credit of it stands that no reversal undoes, and closed if "
    "and only if it is completed or cancelled.",
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
    where (status in ('completed', 'partly_paid')) <> (standing > 0)
        or (status in ('completed', 'cancelled')) <> (closed = 'closed')
    """,
    "payment {payment} ({number}): {status} and {closed}, {standing} credits stand",
)

PAYMENTS_LOGGED: Final = Check(
    "payments in the log",
    "The log of every payment tells once who made it, over the same sum, and of a cancellation if and only if it is "
    "cancelled.",
    PAYMENTS,
    """
    select * from (
        select p.id as payment, p.number as number, p.status as status, p.amount_minor as amount,
            sum(case when l.action = 'payment.created' then 1 else 0 end) as made,
            sum(case when l.action = 'payment.created' and l.actor = p.created_by
                and {number[l.details, amount_minor]} = p.amount_minor then 1 else 0 end) as alike,
            sum(case when l.action = 'payment.cancelled' then 1 else 0 end) as cancelled
        from payment p left join log_entry l on l.reseller_id = p.reseller_id and l.object_kind = 'payment'
            and l.object_id = p.id and l.action in ('payment.created', 'payment.cancelled')
        where p.id > :after and p.id <= :upto group by p.id, p.number, p.status, p.amount_minor
    ) as x where made <> 1 or alike <> 1 or (status = 'cancelled') <> (cancelled = 1)
    """,
    "payment {payment} ({number}) over {amount}, {status}: the log tells {made} times that it was made, {alike} times "
    "like this, and of {cancelled} cancellations",
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

TRIES: Final = Check(
    "tries",
    "Every try was begun over its payment's sum, or over the rest of it where parts are taken, in its currency; its "
    "reference begins with its number.",
    Walk("gateway_operation"),
    """
    select a.id as operation, a.reference as reference, a.reference_number as reference_number,
        a.amount_minor as amount, a.currency as currency,
        p.id as payment, p.amount_minor as wanted, p.currency as wanted_currency
    from gateway_operation a join payment p on p.id = a.payment_id
    where a.id > :after and a.id <= :upto
        and (a.amount_minor > p.amount_minor or a.amount_minor <= 0 or a.currency <> p.currency
            or (a.amount_minor < p.amount_minor and not exists (
                select 1 from gateway_operation o where o.payment_id = p.id and o.as_came
            ))
            or a.reference not like a.reference_number || '-%')
    """,
    "try {operation} ({reference}, number {reference_number}): {amount} {currency}; payment {payment} is over {wanted} "
    "{wanted_currency}",
)

DOCUMENT_NUMBERS: Final = Check(
    "document numbers",
    "A reseller has drawn at least as many document numbers as it has payments.",
    Walk("reseller"),
    """
    select r.id as reseller, r.next_number as next_number, count(p.id) as payments
    from reseller r left join payment p on p.reseller_id = r.id
    where r.id > :after and r.id <= :upto group by r.id, r.next_number having r.next_number <= count(p.id)
    """,
    "reseller {reseller}: the next number is {next_number}, there are {payments} payments",
)

MONEY_IN_LOGGED: Final = Check(
    "money in the log",
    "The log of each payment tells of every credit and its reversal, every message of a gateway that was set aside and "
    "every issued document, with sums, numbers and hashes, and of no other.",
    PAYMENTS,
    """
    select payment, fact, sum(there) as there, sum(told) as told from (
        select d.payment_id as payment, 1 as there, 0 as told, case
            when d.kind = 'reversed' then 'reversal: ' || d.words
            when a.door = 'order' then 'order ' || a.order_number || ' of ' || a.order_date || ' over '
                || d.amount_minor
            else 'paid act ' || a.key || ' over ' || d.amount_minor end as fact
        from arrival_decision d join arrival a on a.id = d.arrival_id
        where d.payment_id > :after and d.payment_id <= :upto
        union all select m.payment_id, 1, 0,
            'set aside ' || m.arrival_id || ' over ' || m.amount_minor || ': ' || m.reason
        from arrival_message m where m.payment_id > :after and m.payment_id <= :upto and m.reason <> ''
        union all select d.payment_id, 1, 0, d.kind || ' ' || d.sha256
        from document d where d.payment_id > :after and d.payment_id <= :upto
        union all select y.id, 0, 1, case l.action
            when 'payment.approved' then 'order ' || {text[l.details, order_number]} || ' of '
                || {text[l.details, order_date]} || ' over ' || {text[l.details, received_minor]}
            when 'payment.approval_reversed' then 'reversal: ' || {text[l.details, reason]}
            when 'payment.event_parked' then 'set aside ' || {text[l.details, arrival_id]} || ' over '
                || {text[l.details, amount_minor]} || ': ' || {text[l.details, reason]}
            when 'payment.paid' then 'paid act ' || {text[l.details, external_id]} || ' over '
                || {text[l.details, amount_minor]}
            when 'payment.matched' then 'paid act ' || {text[l.details, external_id]} || ' over '
                || {text[l.details, amount_minor]}
            else {text[l.details, document]} || ' ' || {text[l.details, sha256]} end
        from payment y join log_entry l on l.reseller_id = y.reseller_id and l.object_kind = 'payment'
            and l.object_id = y.id
        where y.id > :after and y.id <= :upto and l.action in (
            'payment.approved', 'payment.approval_reversed', 'payment.paid', 'payment.matched', 'payment.event_parked',
            'document.issued', 'document.reissued'
        )
    ) as x group by payment, fact having sum(there) <> sum(told)
    """,
    "payment {payment}, {fact}: there {there} times, in the log {told} times",
)

CORRECTIONS: Final = Check(
    "corrections",
    "The log of each account tells of every correction, with sum, reason and author, and of no other.",
    Walk("ledger_transaction", None, only="kind = 'correction'"),
    """
    select account, amount, reason, actor, sum(posted) as posted, sum(told) as told from (
        select e.account_id as account, e.amount_minor as amount, t.reason as reason, t.actor as actor, 1 as posted,
            0 as told
        from ledger_transaction t join entry e on e.transaction_id = t.id and e.account_id is not null
        where t.kind = 'correction'
        union all
        select l.object_id, {number[l.details, amount_minor]}, {text[l.details, reason]}, l.actor, 0, 1
        from log_entry l where l.object_kind = 'account' and l.action = 'account.corrected'
    ) as x group by account, amount, reason, actor having sum(posted) <> sum(told)
    """,
    "account {account}: {posted} corrections of {amount} posted, {told} in the log, by {actor}: {reason}",
)

DOCUMENTS: Final = Check(
    "documents",
    "The bytes of every issued document, and what was frozen with them, are those that it was issued with.",
    Walk("document", size=500),
    # The first versions kept no hash of what was frozen.
    """
    select * from (
        select d.id as document, d.payment_id as payment, d.file_name as file, case
            when d.sha256 <> {sha256[d.content]} then 'its bytes do not match their hash'
            when exists (
                select 1 from log_entry l where l.reseller_id = d.reseller_id and l.object_kind = 'payment'
                and l.object_id = d.payment_id and l.action in ('document.issued', 'document.reissued')
                and {text[l.details, sha256]} = d.sha256 and {text[l.details, frozen]} <> {sha256_of_text[d.frozen]}
            ) then 'what was frozen with it is not what the log has a hash of' end as wrong
        from document d where d.id > :after and d.id <= :upto
    ) as x where wrong is not null
    """,
    "document {document} ({file}) of payment {payment}: {wrong}",
)

VERSIONS: Final = Check(
    "document versions",
    "Versions of a document count without a gap, each names the seller that it was issued with, and those that were "
    "withdrawn are those of which the log tells.",
    Walk("document"),
    """
    select * from (
        select d.id as document, d.payment_id as payment, d.kind as kind, d.version as version, case
            when d.version > 1 and not exists (
                select 1 from document f where f.payment_id = d.payment_id and f.method_id = d.method_id
                and f.kind = d.kind and f.version = d.version - 1
            ) then 'the version before it is missing'
            when d.seller_sha256 <> '' and d.seller_sha256 <> {sha256_of_text[d.seller]}
            then 'the seller that it names is not the one that it was issued with'
            when d.withdrawn_at is not null and exists (
                select 1 from document n where n.payment_id = d.payment_id and n.method_id = d.method_id
                and n.kind = d.kind and n.version > d.version and n.issued_at < d.withdrawn_at
            ) then 'it was withdrawn after another had taken its place'
            when (d.withdrawn_at is not null) <> exists (
                select 1 from log_entry l where l.reseller_id = d.reseller_id and l.object_kind = 'payment'
                and l.object_id = d.payment_id and l.action = 'document.withdrawn'
                and {text[l.details, document]} = d.kind and {number[l.details, version]} = d.version
                and {number[l.details, method_id]} = d.method_id
            ) then case when d.withdrawn_at is null then 'the log tells that it was withdrawn'
                else 'it is withdrawn, and the log tells nothing' end
            end as wrong
        from document d where d.id > :after and d.id <= :upto
    ) as x where wrong is not null
    """,
    "document {document} ({kind}, version {version}) of payment {payment}: {wrong}",
)

CHECKS: Final = (
    PAYMENT_STATES,
    PAYMENTS_LOGGED,
    PAYMENT_CURRENCIES,
    TRIES,
    DOCUMENT_NUMBERS,
    MONEY_IN_LOGGED,
    CORRECTIONS,
    DOCUMENTS,
    VERSIONS,
)
