"""What may be done to the books behind the panel's back, and which checks tell of it: the table in docs/proof.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: A movement over `amount` with the two legs' account, numbers and balances as they should be.
_FORGED = (
    "update account set balance_minor = balance_minor + ({amount}), event_sequence = event_sequence + 1 "
    "where id = {{account}}",
    "insert into ledger_transaction (id, reseller_id, source, source_id, kind, reason, details, payment_id, actor, at) "
    "select 900001, reseller_id, source, 'forged', kind, reason, details, payment_id, actor, at "
    "from ledger_transaction where id = {original}",
    "insert into entry (id, reseller_id, transaction_id, leg, account_id, method_id, amount_minor, currency, "
    "balance_after_minor, account_sequence, at) "
    "select 900001, e.reseller_id, 900001, e.leg, e.account_id, e.method_id, e.amount_minor, e.currency, "
    "a.balance_minor, a.event_sequence, e.at from entry e join account a on a.id = e.account_id "
    "where e.transaction_id = {original}",
    "insert into entry (id, reseller_id, transaction_id, leg, method_id, amount_minor, currency, at) "
    "select 900002, reseller_id, 900001, leg, method_id, amount_minor, currency, at "
    "from entry where transaction_id = {original} and account_id is null",
)


def _forged(original: str) -> tuple[str, ...]:
    amount = f"(select e.amount_minor from entry e where e.transaction_id = {original} and e.account_id is not null)"
    return tuple(
        each.format(amount=amount, original=original).replace("{{", "{").replace("}}", "}") for each in _FORGED
    )


#: The last charge of the account, taken out of the ledger with everything that the ledger knows of it.
_WITHOUT_LAST = (
    "update account set balance_minor = balance_minor - (select amount_minor from entry where transaction_id = {last} "
    "and account_id is not null), event_sequence = event_sequence - 1 where id = {account}",
    "delete from entry where transaction_id = {last}",
    "delete from ledger_transaction where id = {last}",
)


@dataclass(frozen=True, slots=True)
class Corruption:
    """found_by: exactly the checks that tell of it. only: the database that it is possible on; says: in a finding."""

    what: str
    statements: Sequence[str]
    found_by: frozenset[str]
    says: str = ""
    only: str = ""
    without_guards: bool = True


def _c(what: str, *statements: str, by: str, says: str = "", only: str = "", guards: bool = False) -> Corruption:
    found_by = frozenset(filter(None, by.split(", ")))
    return Corruption(what, statements, found_by, says, only, without_guards=not guards)


CORRUPTIONS = (
    _c(
        "a balance is changed",
        "update account set balance_minor = balance_minor + 1 where id = {account}",
        by="balances",
        says="account 1: balance",
    ),
    _c(
        "an entry is deleted",
        "delete from entry where transaction_id = {charged} and account_id is not null",
        by="balances, running balances, numbers, sums, legs, charges",
    ),
    _c(
        "an entry of a system account is deleted",
        "delete from entry where transaction_id = {charged} and account_id is null",
        by="sums, legs",
    ),
    _c(
        "a transaction is deleted with its entries",
        "delete from entry where transaction_id = {charged}",
        "delete from ledger_transaction where id = {charged}",
        by="references, balances, running balances, numbers, charges",
    ),
    _c(
        "the last transaction of an account is deleted with its entries; balance and number are put back",
        *_WITHOUT_LAST,
        by="references, charges",
    ),
    _c(
        "an entry's sum is changed",
        "update entry set amount_minor = amount_minor + 1 where transaction_id = {charged} and account_id is not null",
        by="balances, running balances, sums, charges",
    ),
    _c(
        "a whole charge is changed: both entries, the balances after it, the balance",
        "update entry set amount_minor = amount_minor * 2 where transaction_id = {last}",
        "update account set balance_minor = balance_minor + (select amount_minor / 2 from entry "
        "where transaction_id = {last} and account_id is not null) where id = {account}",
        "update entry set balance_after_minor = (select balance_minor from account where id = {account}) "
        "where transaction_id = {last} and account_id is not null",
        by="charges",
    ),
    _c(
        "an entry is doubled",
        "insert into entry (id, reseller_id, transaction_id, leg, account_id, amount_minor, currency, "
        "balance_after_minor, account_sequence, at) "
        "select 900001, e.reseller_id, e.transaction_id, e.leg, e.account_id, e.amount_minor, "
        "e.currency, e.balance_after_minor, e.account_sequence + 1, e.at from entry e "
        "where e.transaction_id = {last} and e.account_id is not null",
        by="balances, running balances, last numbers, sums, legs",
        says="2 of them a customer's",
    ),
    _c(
        "an entry is moved to another account",
        "update entry set account_id = {idle} where transaction_id = {approved} and account_id is not null",
        by="balances, numbers, running balances, last numbers, credits",
    ),
    _c(
        "an entry is moved to another reseller",
        "update entry set reseller_id = {other} where transaction_id = {approved} and account_id is null",
        by="references, owners",
    ),
    _c(
        "a credit is doubled under another key, with everything that belongs to it",
        *_forged("{paid}"),
        by="credits",
        says="forged) credits 500000: 0 proofs",
    ),
    _c(
        "a correction is doubled under another key, with everything that belongs to it",
        *_forged("{correction}"),
        by="corrections",
    ),
    _c(
        "a charge is doubled under another key, with everything that belongs to it",
        *_forged("{charged}"),
        by="transactions of charges",
    ),
    _c(
        "a reversal is doubled under another key, with everything that belongs to it",
        *_forged("{reversal}"),
        by="reversals",
    ),
    _c(
        "a transaction without entries",
        "insert into ledger_transaction (id, reseller_id, source, source_id, kind, reason, details, actor, at) "
        "select 900001, reseller_id, source, 'forged', kind, reason, details, actor, at "
        "from ledger_transaction where id = {correction}",
        by="legs",
        says="transaction 900001: 0 entries",
    ),
    _c(
        "entries without a transaction",
        "delete from ledger_transaction where id = {correction}",
        by="references, headers, corrections",
    ),
    _c(
        "a transaction that does not balance",
        "update entry set amount_minor = amount_minor - 1 where transaction_id = {correction} and account_id is null",
        by="sums",
        says="RUB does not balance, -1 too much",
    ),
    _c(
        "a wrong running balance",
        "update entry set balance_after_minor = balance_after_minor + 1 "
        "where transaction_id = {last} and account_id is not null",
        by="running balances",
    ),
    _c(
        "a gap in an account's numbers",
        "update entry set account_sequence = account_sequence + 1 "
        "where transaction_id = {last} and account_id is not null",
        by="numbers, last numbers",
    ),
    _c(
        "a repeat in an account's numbers",
        "postgresql: alter table entry drop constraint uq_entry_account_id_account_sequence",
        "sqlite: create table entry_copy as select * from entry",
        "sqlite: drop table entry",
        "sqlite: alter table entry_copy rename to entry",
        "update entry set account_sequence = account_sequence - 1 "
        "where transaction_id = {charged} and account_id is not null",
        by="numbers",
    ),
    _c(
        "a transaction in another currency",
        "update entry set currency = 'USD' where transaction_id = {charged}",
        by="currencies",
        says="USD, its reseller reckons in RUB",
    ),
    _c(
        "a reseller's currency is changed",
        "update reseller set currency = 'USD' where id = {reseller}",
        by="currencies, currencies of payments",
    ),
    _c(
        "an entry stands on another system account",
        "update entry set leg = 'corrections' where transaction_id = {approved} and account_id is null",
        by="kinds",
    ),
    _c(
        "a payment is completed without a credit",
        "update payment set status = 'completed', closed_at = created_at where id = {waiting}",
        by="payments",
        says="completed and closed, 0 credits stand",
    ),
    _c(
        "a payment waits although its credit stands",
        "update payment set status = 'waiting_for_payment', closed_at = null where id = {payment}",
        by="payments",
    ),
    _c("a payment is another account's", "update payment set account_id = {idle} where id = {payment}", by="credits"),
    _c(
        "an approval's sum is changed",
        "update approval set received_minor = received_minor + 1 where transaction_id = {approved}",
        by="credits, approvals",
    ),
    _c("an approval is deleted", "delete from approval where transaction_id = {approved}", by="credits"),
    _c(
        "a gateway's message is changed",
        "update gateway_event set amount_minor = amount_minor + 1 where transaction_id = {paid}",
        by="credits, gateway messages",
    ),
    _c(
        "a reversal is made to undo another credit",
        "update ledger_transaction set reverses_id = {paid} where id = {reversal}",
        by="reversals, payments",
    ),
    _c(
        "a correction's line in the log is deleted",
        "delete from log_entry where action = 'account.corrected' and object_id = {held}",
        by="corrections",
    ),
    _c(
        "a charge is deleted and its transaction stays",
        "delete from charge where transaction_id = {charged}",
        by="transactions of charges, periods not charged",
    ),
    _c(
        "a charge names the transaction of another",
        "update charge set transaction_id = {last} where transaction_id = {charged}",
        by="transactions of charges",
    ),
    _c(
        "a charge's sum is changed",
        "update charge set amount_minor = amount_minor + 1 where transaction_id = {charged}",
        by="charges",
    ),
    _c(
        "periods of a subscription overlap",
        "update charge set period_end = (select period_end from charge where transaction_id = {last}) "
        "where transaction_id = {charged}",
        by="periods charged twice",
    ),
    _c(
        "periods of a subscription leave a gap that no stop explains",
        "update charge set period_start = (select period_end from charge where transaction_id = {last}) "
        "where transaction_id = {last}",
        "update charge set period_end = (select next_charge_at from subscription where id = {subscription}) "
        "where transaction_id = {last}",
        by="periods not charged, periods charged twice",
    ),
    _c(
        "the stop that explains a gap is taken out of the log",
        "delete from log_entry where object_kind = 'subscription' and action in "
        "('subscription.stopped', 'subscription.resumed')",
        by="periods not charged",
    ),
    _c(
        "a subscription's next charge is put off",
        "update subscription set next_charge_at = (select max(at) from entry) where id = {subscription}",
        by="next charges",
    ),
    _c(
        "a hold is taken away",
        "update account set on_hold_since = null where id = {held}",
        by="holds",
        says="stopped subscriptions without a hold",
    ),
    _c(
        "a hold is put on an account that needs none",
        "update account set on_hold_since = created_at where id = {account}",
        by="holds",
        says="held although everything fits",
    ),
    _c(
        "a threshold is raised above the balance",
        "update account set threshold_minor = balance_minor + 1 where id = {account}",
        by="holds",
        says="below its threshold without a hold",
    ),
    _c(
        "a reseller is closed and its subscriptions run on",
        "update reseller set closed_at = created_at where id = {reseller}",
        by="closed resellers",
    ),
    _c("an outbox row has no lane", "delete from lane where receiver = 'mail'", by="outbox"),
    _c("a lane has no rows", "delete from outbox where receiver = 'mail'", by="lanes"),
    _c(
        "a watch is not armed although the balance is above its level",
        "update balance_watch set armed = not armed where account_id = {account}",
        by="watches",
        says="is not armed at level",
    ),
    _c(
        "a watch is armed although the balance is below its level",
        "update balance_watch set armed = not armed where account_id = {idle}",
        by="watches",
        says="is armed at level",
    ),
    _c(
        "a document's bytes are changed",
        "sqlite: update document set content = cast('%PDF-1.7 a bilk' as blob)",
        "postgresql: update document set content = convert_to('%PDF-1.7 a bilk', 'UTF8')",
        by="documents",
        says="bill.pdf",
    ),
    _c(
        "a row points to what is not there",
        "update mail set account_id = 900001 where account_id = {account}",
        by="references",
        says="there is no account",
    ),
    _c(
        "a trigger is missing",
        "sqlite: drop trigger entry_no_update",
        "postgresql: drop trigger entry_append_only on entry",
        by="guards",
        says="is missing",
        guards=True,
    ),
    _c(
        "a trigger is hollowed",
        "sqlite: drop trigger entry_no_delete",
        "sqlite: create trigger entry_no_delete before delete on entry begin select 1; end",
        "postgresql: create or replace function billhook_append_only() returns trigger language plpgsql as "
        "$$ begin return null; end $$",
        by="guards",
        says="has another body",
        guards=True,
    ),
    _c(
        "a trigger has another body: only sums above zero do not balance",
        "sqlite: drop trigger ledger_transaction_balanced",
        "sqlite: create trigger ledger_transaction_balanced before insert on ledger_transaction begin "
        "select raise(abort, 'unbalanced transaction') where exists (select 1 from (select sum(amount_minor) as total "
        "from entry where transaction_id = NEW.id) as sums where total > 0); end",
        "postgresql: create or replace function billhook_balanced() returns trigger language plpgsql as "
        "$$ begin if (select sum(amount_minor) from entry where transaction_id = NEW.id) > 0 "
        "then raise exception 'unbalanced transaction'; end if; return NEW; end $$",
        by="guards",
        says="trigger ledger_transaction_balanced has another body",
        guards=True,
    ),
    _c(
        "a trigger is switched off",
        "postgresql: alter table entry disable trigger entry_before_header",
        by="guards",
        says="is switched off",
        only="postgresql",
        guards=True,
    ),
    _c(
        "a trigger of somebody else's stands on a table of the ledger",
        "sqlite: create trigger helpful after insert on entry begin select 1; end",
        "postgresql: create trigger helpful before insert on entry for each row "
        "execute function billhook_append_only()",
        by="guards",
        says="trigger helpful on entry is none of the panel's",
        guards=True,
    ),
    _c(
        "the last charge is taken out with its transaction and every trace: nothing is left to disagree",
        *_WITHOUT_LAST[:1],
        "update subscription set next_charge_at = (select period_start from charge where transaction_id = {last}) "
        "where id = {subscription}",
        "delete from entry where transaction_id = {last}",
        "delete from ledger_transaction where id = {last}",
        "delete from charge where transaction_id = {last}",
        by="",
    ),
)
