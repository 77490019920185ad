"""Promises about money that came in: payments, approvals, gateways' messages, corrections, documents, and their log.

Each movement has a witness outside of the ledger, written in the same transaction, and most have a second one in the
log. A movement that was made up, or taken out with everything that the ledger itself knows of it, disagrees with them.
"""

from __future__ import annotations

from typing import Final

from host_stub.services.books.proof.check import Check, Walk
from host_stub.services.books.proof.ledger import TRANSACTIONS

PAYMENTS: Final = Walk("payment")
EVENTS: Final = Walk("gateway_event")

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

ATTEMPTS: Final = Check(
    "attempts",
    "Whatever a payment was started with names its number, sum and currency.",
    Walk("payment_attempt"),
    """
    select a.id as attempt, a.reference as reference, a.amount_minor as amount, a.currency as currency,
        p.id as payment, p.number as number, p.amount_minor as wanted, p.currency as wanted_currency
    from payment_attempt a join payment p on p.id = a.payment_id
    where a.id > :after and a.id <= :upto
        and (a.reference <> p.number or a.amount_minor <> p.amount_minor or a.currency <> p.currency)
    """,
    "attempt {attempt}: {reference}, {amount} {currency}; payment {payment} is {number}, {wanted} {wanted_currency}",
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

CREDITS: Final = Check(
    "credits",
    "Every credit has one proof over its sum, an approval or a gateway's message, is the payment's account's, names "
    "the payment's number, and stands on the clearing of the method that the money came by.",
    TRANSACTIONS,
    # A payment whose approval was taken back may have been started with another method since.
    """
    select * from (
        select t.id as transaction_id, t.source as source, t.source_id as source_id, e.amount_minor as amount,
            (
                select count(*) from approval p join payment y on y.id = p.payment_id
                where p.transaction_id = t.id and p.received_minor = e.amount_minor
                and p.payment_id = t.payment_id and t.source = 'approval' and (
                    coalesce(s.method_id, 0) = coalesce(y.method_id, 0)
                    or exists (select 1 from ledger_transaction r where r.reverses_id = t.id)
                )
            ) + (
                select count(*) from gateway_event g
                where g.transaction_id = t.id and g.amount_minor = e.amount_minor and g.verdict = 'credited'
                and g.source = t.source and g.external_id = t.source_id and g.payment_id = t.payment_id
                and g.method_id = s.method_id
            ) as proofs,
            (select count(*) from approval p where p.transaction_id = t.id)
                + (select count(*) from gateway_event g where g.transaction_id = t.id) as witnesses,
            (
                select count(*) from payment y where y.id = t.payment_id and y.account_id = e.account_id
                and y.number = {text[t.details, payment]}
            ) as payers
        from ledger_transaction t
        join entry e on e.transaction_id = t.id and e.account_id is not null
        left join entry s on s.transaction_id = t.id and s.account_id is null
        where t.id > :after and t.id <= :upto and t.kind = 'credit'
    ) as x where proofs <> 1 or witnesses <> 1 or payers <> 1
    """,
    "transaction {transaction_id} ({source}, {source_id}) credits {amount}: {proofs} proofs of {witnesses}, {payers} "
    "payments of the account and number",
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

STANDING_APPROVALS: Final = Check(
    "standing approvals",
    "A payment's approvals are keyed 1, 2, 3 …, and each but the last was taken back before the next.",
    Walk("approval", "payment_id"),
    # The panel approves what waits, and what waits has no credit that stands.
    """
    select * from (
        select p.id as approval, p.payment_id as payment, t.source_id as source_id, t.id as transaction_id,
            row_number() over (partition by p.payment_id order by t.id) as place,
            lead(t.id) over (partition by p.payment_id order by t.id) as following,
            (select r.id from ledger_transaction r where r.reverses_id = t.id) as undone
        from approval p join ledger_transaction t on t.id = p.transaction_id
        where p.payment_id > :after and p.payment_id <= :upto
    ) as x where source_id <> cast(payment as text) || ':' || cast(place as text)
        or (following is not null and (undone is null or undone > following))
    """,
    "payment {payment}: approval {approval}, the {place}. in order, has the key {source_id} (transaction "
    "{transaction_id}, taken back by {undone}, next {following})",
)

GATEWAY_MESSAGES: Final = Check(
    "gateway messages",
    "Every gateway's message is credited as it came, or was set aside: then it moves nothing, or a correction over its "
    "sum once a manager has settled it, and never a test.",
    EVENTS,
    """
    select g.id as event, g.external_id as external_id, g.verdict as verdict, g.amount_minor as said,
        g.currency as currency, g.transaction_id as transaction_id, t.kind as kind, e.amount_minor as amount,
        e.currency as moved, g.reference as reference, p.number as number
    from gateway_event g
    left join ledger_transaction t on t.id = g.transaction_id
    left join entry e on e.transaction_id = t.id and e.account_id is not null
    left join payment p on p.id = g.payment_id
    where g.id > :after and g.id <= :upto and not coalesce(
        (g.payment_id is null or g.reference = p.number)
        and (g.transaction_id is null or (g.amount_minor = e.amount_minor and g.currency = e.currency))
        and case g.verdict
            when 'credited' then t.kind = 'credit' and g.payment_id is not null and g.reason = ''
                and g.settled_at is null
            when 'parked' then g.reason <> '' and (
                g.transaction_id is null or (t.kind = 'correction' and g.settled_at is not null and not g.is_test)
            )
        end, false
    )
    """,
    "gateway message {event} ({external_id}), {verdict}, over {said} {currency} for {reference}: payment {number}, "
    "transaction {transaction_id} is a {kind} of {amount} {moved}",
)

FITTING: Final = Check(
    "fitting messages",
    "Every gateway's message that was credited fits what its payment was started with: method, merchant, sum, "
    "currency, test flag, number.",
    EVENTS,
    """
    select g.id as event, g.external_id as external_id, g.source as source, g.payment_id as payment
    from gateway_event g
    where g.id > :after and g.id <= :upto and g.verdict = 'credited' and not exists (
        select 1 from payment_attempt a join payment_method m on m.id = a.method_id
        where a.payment_id = g.payment_id and a.method_id = g.method_id and a.amount_minor = g.amount_minor
        and a.currency = g.currency and a.is_test = g.is_test and a.reference = g.reference
        and g.source = m.plugin || ':' || a.merchant
    )
    """,
    "gateway message {event} ({external_id}) of {source}: payment {payment} was never started like this",
)

SETTLED: Final = Check(
    "settled messages",
    "A gateway's message is settled if and only if its log says so: by the same person, with the same reason, to the "
    "same account.",
    EVENTS,
    """
    select * from (
        select g.id as event, g.external_id as external_id, g.verdict as verdict,
            case when g.settled_at is null then 'not settled' else 'settled' end as state,
            (
                select count(*) from log_entry l where l.reseller_id = g.reseller_id
                and l.object_kind = 'gateway_event' and l.object_id = g.id
                and l.action in ('event.settled', 'event.closed')
            ) as told,
            (
                select count(*) from log_entry l
                left join entry e on e.transaction_id = g.transaction_id and e.account_id is not null
                where l.reseller_id = g.reseller_id and l.object_kind = 'gateway_event' and l.object_id = g.id
                and l.action = case when g.transaction_id is null then 'event.closed' else 'event.settled' end
                and l.actor = g.settled_by and {text[l.details, reason]} = g.settlement
                and coalesce({number[l.details, account_id]}, 0) = coalesce(e.account_id, 0)
            ) as alike
        from gateway_event g where g.id > :after and g.id <= :upto
    ) as x where told <> case state when 'settled' then 1 else 0 end or alike <> told
    """,
    "gateway message {event} ({external_id}), {verdict}, is {state}: the log tells {told} times of it, {alike} times "
    "like this",
)

MONEY_IN_LOGGED: Final = Check(
    "money in the log",
    "The log of each payment tells of every approval and its reversal, every message of a gateway and every issued "
    "document, with sums, numbers and hashes, and of no other.",
    PAYMENTS,
    """
    select payment, fact, sum(there) as there, sum(told) as told from (
        select p.payment_id as payment, 1 as there, 0 as told,
            'approval of ' || p.received_minor || ' by ' || p.order_number || ' of ' || p.order_date as fact
        from approval p where p.payment_id > :after and p.payment_id <= :upto
        union all select t.payment_id, 1, 0, 'reversal: ' || t.reason
        from ledger_transaction t where t.payment_id > :after and t.payment_id <= :upto and t.kind = 'reversal'
        union all select g.payment_id, 1, 0, case g.verdict
            when 'credited' then 'message ' || g.external_id || ' over ' || g.amount_minor
            else 'message set aside, ' || g.id || ' over ' || g.amount_minor || ': ' || g.reason end
        from gateway_event g where g.payment_id > :after and g.payment_id <= :upto
        union all select d.payment_id, 1, 0, d.kind || ' ' || d.sha256
        from document d where d.payment_id > :after and d.payment_id <= :upto
        union all select y.id, 0, 1, case l.action
            when 'payment.approved' then 'approval of ' || {text[l.details, received_minor]} || ' by '
                || {text[l.details, order_number]} || ' of ' || {text[l.details, order_date]}
            when 'payment.approval_reversed' then 'reversal: ' || {text[l.details, reason]}
            when 'payment.paid' then
                'message ' || {text[l.details, external_id]} || ' over ' || {text[l.details, amount_minor]}
            when 'payment.event_parked' then 'message set aside, ' || {text[l.details, event_id]} || ' over '
                || {text[l.details, amount_minor]} || ': ' || {text[l.details, reason]}
            else {text[l.details, document]} || ' ' || {text[l.details, sha256]} end
        from payment y join log_entry l on l.reseller_id = y.reseller_id and l.object_kind = 'payment'
            and l.object_id = y.id
        where y.id > :after and y.id <= :upto and l.action in (
            'payment.approved', 'payment.approval_reversed', 'payment.paid', 'payment.event_parked', 'document.issued',
            'document.reissued'
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

SETTLING: Final = Check(
    "corrections that settle",
    "A correction has a gateway's key if and only if it settled that message.",
    TRANSACTIONS,
    # The first versions keyed it by the message's id alone.
    """
    select * from (
        select t.id as transaction_id, t.source as source, t.source_id as source_id,
            case when t.source = 'correction' and t.source_id not like 'event:%' then 0 else 1 end as wanted,
            (select count(*) from gateway_event g where g.transaction_id = t.id) as named,
            (
                select count(*) from gateway_event g where g.transaction_id = t.id and g.verdict = 'parked' and (
                    (g.source = t.source and g.external_id = t.source_id)
                    or (t.source = 'correction' and t.source_id = 'event:' || g.id)
                )
            ) as settled
        from ledger_transaction t where t.id > :after and t.id <= :upto and t.kind = 'correction'
    ) as x where named <> wanted or settled <> wanted
    """,
    "transaction {transaction_id} ({source}, {source_id}): {named} messages name it, {settled} of them with its key",
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
    ATTEMPTS,
    DOCUMENT_NUMBERS,
    CREDITS,
    APPROVALS,
    STANDING_APPROVALS,
    GATEWAY_MESSAGES,
    FITTING,
    SETTLED,
    MONEY_IN_LOGGED,
    CORRECTIONS,
    SETTLING,
    DOCUMENTS,
    VERSIONS,
)
