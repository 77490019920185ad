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


#: As somebody would do it who wants to post what the panel has no kind for.
_WITHOUT_CHECK_OF_KINDS = (
    "postgresql: alter table ledger_transaction drop constraint ck_ledger_transaction_kind",
    "sqlite: pragma writable_schema = on",
    "sqlite: update sqlite_master set sql = replace(sql, 'CHECK (kind in', 'CHECK (kind not in') "
    "where name = 'ledger_transaction'",
    "sqlite: pragma writable_schema = reset",
    "sqlite: pragma ignore_check_constraints = on",
)
_ARRIVAL = (
    "door, origin, method_id, payment_id, amount_minor, currency, is_test, reference, order_number, order_key, "
    "order_date, payer_inn, payer_name, day, details, received_at, received_by, state, waits, decisions, "
    "credited_minor, folded, reseller_id"
)
_DECISION = (
    "kind, payment_id, account_id, amount_minor, reason, words, decided_by, at, state, waits, credited_minor, "
    "reseller_id"
)
#: Another arrival like that of a movement, with a key of its own and a decision that names movement 900001.
_APPROVED_AGAIN = (
    f"insert into arrival (id, key, {_ARRIVAL}) select 900001, '2', {_ARRIVAL} from arrival where id = {{order}}",
    f"insert into arrival_decision (id, arrival_id, n, transaction_id, {_DECISION}) "
    f"select 900001, 900001, 1, 900001, {_DECISION} from arrival_decision where transaction_id = {{approved}}",
)
#: A decision that follows the latest of an arrival, and leaves it so.
_DECIDED = (
    "insert into arrival_decision (id, arrival_id, n, kind, amount_minor, reason, words, decided_by, at, state, waits, "
    "credited_minor, reseller_id, other_id) select 900001, id, decisions + 1, '{kind}', 0, '', '', 'system::x', "
    "received_at, '{state}', '{waits}', credited_minor, reseller_id, {other} from arrival where id = {{{{told}}}}",
    "update arrival set decisions = decisions + 1, state = '{state}', waits = '{waits}' where id = {{{{told}}}}",
)


def _without_check(name: str, beginning: str) -> tuple[str, ...]:
    """Return what takes a check of arrivals away."""
    return (
        f"postgresql: alter table arrival drop constraint ck_arrival_{name}",
        "sqlite: pragma writable_schema = on",
        f"sqlite: update sqlite_master set sql = replace(sql, 'CHECK ({beginning}', 'CHECK (true or {beginning}') "
        "where name = 'arrival'",
        "sqlite: pragma writable_schema = reset",
    )


def _decided(kind: str, state: str = "credited", waits: str = "", other: str = "null") -> tuple[str, ...]:
    words = {"kind": kind, "state": state, "waits": waits, "other": other}
    return tuple(each.format(**words).replace("{{", "{").replace("}}", "}") for each in _DECIDED)


def _line(kind: str, object_id: str, action: str, *, like: str = "", number: int = 900001) -> str:
    """Return the statement for a line of the log, at the latest instant. like: the action whose details it has."""
    details = f"(select max(k.details) from log_entry k where k.object_id = {object_id} and k.action = '{like}')"
    return (
        "insert into log_entry (id, reseller_id, object_kind, object_id, at, actor, action, details) "
        f"select {number}, {{reseller}}, '{kind}', {object_id}, max(at), 'system::Billhook', '{action}', "
        f"{details if like else repr('{{}}')} from entry"
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
        by="balances, credits, decisions, last numbers, numbers, running balances",
    ),
    _c(
        "an entry is moved to another reseller",
        "update entry set reseller_id = {other} where transaction_id = {approved} and account_id is null",
        by="references, owners",
    ),
    _c(
        "a credit is doubled under another key, with everything that belongs to it",
        *_forged("{paid}"),
        by="arrivals in the ledger, credits",
        says="forged): 0 decisions name it",
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
        by="keys, reversals, arrivals in the ledger",
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
        by="tables, numbers",
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
        "update arrival set amount_minor = amount_minor + 1 where id = {order}",
        by="decisions",
    ),
    _c(
        "an approval is deleted with its decision",
        "delete from arrival_decision where arrival_id = {order}",
        "delete from arrival where payment_id = {payment}",
        by="arrivals in the ledger, credits, money in the log, references",
    ),
    _c(
        "a gateway's message is changed",
        "update arrival set amount_minor = amount_minor + 1 where id = {told}",
        by="decisions, fitting messages, gateway messages",
    ),
    _c(
        "a reversal is made to undo another credit",
        "update ledger_transaction set reverses_id = {paid} where id = {reversal}",
        by="credits of arrivals, decisions, keys, payments, reversals",
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
        by="transactions of charges, charges",
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
        by="charges, lengths of periods, periods charged twice",
    ),
    _c(
        "periods of a subscription leave a gap that no stop explains",
        "update charge set period_start = (select period_end from charge where transaction_id = {last}) "
        "where transaction_id = {last}",
        "update charge set period_end = (select next_charge_at from subscription where id = {subscription}) "
        "where transaction_id = {last}",
        by="charges, periods charged twice, periods not charged",
    ),
    _c(
        "the stop that explains a gap is taken out of the log",
        "delete from log_entry where object_kind = 'subscription' and action in "
        "('subscription.stopped', 'subscription.resumed')",
        by="periods not charged, states of subscriptions",
    ),
    _c(
        "a subscription's next charge is put off",
        "update subscription set next_charge_at = (select max(at) from entry) where id = {subscription}",
        by="next charges",
    ),
    _c(
        "a hold is taken away",
        "update account set on_hold_since = null where id = {held}",
        by="holds, holds in the log",
        says="stopped subscriptions without a hold",
    ),
    _c(
        "a hold is put on an account that needs none",
        "update account set on_hold_since = created_at where id = {account}",
        by="holds, holds in the log",
        says="held although everything fits",
    ),
    _c(
        "a threshold is raised above the balance",
        "update account set threshold_minor = balance_minor + 1 where id = {account}",
        by="holds, thresholds",
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
    _c(
        "money is made of a kind of its own",
        *_WITHOUT_CHECK_OF_KINDS,
        *_forged("{correction}"),
        "update ledger_transaction set kind = 'bonus' where id = 900001",
        by="tables, words, kinds, keys",
        says="transaction 900001, bonus",
    ),
    _c(
        "a credit is doubled with its approval",
        *_forged("{approved}"),
        *_APPROVED_AGAIN,
        by="arrivals in the ledger, money in the log, standing approvals",
    ),
    _c(
        "a credit is doubled with its approval, the approval's line in the log and the next key",
        *_forged("{approved}"),
        *_APPROVED_AGAIN,
        "update ledger_transaction set source_id = '2' where id = 900001",
        _line("payment", "{payment}", "payment.approved", like="payment.approved"),
        by="standing approvals",
        says="the next is 900001",
    ),
    _c(
        "a credit's clearing is moved to another method",
        "update entry set method_id = (select max(m.id) from payment_method m where m.reseller_id = {reseller} "
        "and m.id <> entry.method_id) where transaction_id = {paid} and account_id is null",
        by="credits",
    ),
    _c(
        "a credit's clearing is taken from its method",
        "update entry set method_id = null where transaction_id = {paid} and account_id is null",
        by="credits",
    ),
    _c(
        "a reversal stands on another system account than what it undoes",
        "update entry set leg = 'revenue' where transaction_id = {reversal} and account_id is null",
        by="reversals",
    ),
    _c(
        "an entry's instant is changed",
        "update entry set at = (select created_at from account where id = {account}) where transaction_id = {last} "
        "and account_id is null",
        by="headers",
    ),
    _c(
        "a payment's sum is changed",
        "update payment set amount_minor = 1 where id = {waiting}",
        by="payments in the log, tries",
    ),
    _c(
        "a payment's number is changed",
        "update payment set number = 'X-1' where id = {payment}",
        by="credits",
    ),
    _c(
        "a cancelled payment waits again",
        "update payment set status = 'waiting_for_payment', closed_at = null where status = 'cancelled'",
        by="payments in the log",
    ),
    _c("a payment is deleted", "delete from payment where status = 'cancelled'", by="objects of the log"),
    _c(
        "the sum that a payment was started with is changed",
        "update gateway_operation set amount_minor = 1",
        by="tries, fitting messages",
    ),
    _c(
        "a try is called otherwise",
        "update gateway_operation set reference = 'x' || reference where id = (select min(id) from gateway_operation)",
        by="gateway messages, tries",
    ),
    _c(
        "an approval names another payment order",
        "update arrival set order_number = '999' where id = {order}",
        by="money in the log",
    ),
    _c(
        "a gateway's message is in another currency",
        "update arrival set currency = 'USD' where id = {told}",
        by="decisions, fitting messages, gateway messages",
    ),
    _c(
        "a gateway's message becomes a test",
        "sqlite: update arrival_message set is_test = 1 where arrival_id = {told}",
        "postgresql: update arrival_message set is_test = true where arrival_id = {told}",
        by="gateway messages",
    ),
    _c(
        "an arrival with its message becomes a test",
        "sqlite: update arrival_message set is_test = 1 where arrival_id = {told}",
        "postgresql: update arrival_message set is_test = true where arrival_id = {told}",
        "sqlite: update arrival set is_test = 1 where id = {told}",
        "postgresql: update arrival set is_test = true where id = {told}",
        by="fitting messages",
    ),
    _c(
        "a message is deleted",
        "delete from arrival_message where arrival_id = {told} and reason <> ''",
        by="gateway messages, money in the log",
    ),
    _c(
        "an arrival waits again for nobody's decision",
        "update arrival set state = 'open', waits = 'reversed' where id = {told}",
        by="states of arrivals",
    ),
    _c(
        "an arrival is of no known door",
        *_without_check("door", "door in"),
        "update arrival set door = 'window' where id = {told}",
        by="tables, arrivals in the ledger, gateway messages, words",
    ),
    _c(
        "an arrival says that more is credited than stands",
        "update arrival set credited_minor = 1 where credited_minor = 0 and amount_minor > 0",
        "update arrival_decision set credited_minor = 1 where arrival_id in (select id from arrival where "
        "credited_minor = 1) and n = (select decisions from arrival a where a.id = arrival_decision.arrival_id)",
        by="credits of arrivals, sums of decisions",
    ),
    _c(
        "more is credited of an arrival than came",
        *_without_check("parts", "credited_minor = 0"),
        "update arrival set amount_minor = 1 where id = {order}",
        by="tables, credits of arrivals",
        says="of 1: 500000 credited, 500000 stand",
    ),
    _c(
        "a decision is taken out of the middle",
        "delete from arrival_decision where arrival_id = {told} and n = 2",
        by="decisions in the log, gateway messages, states of arrivals",
    ),
    _c(
        "a decision gets another number",
        "update arrival_decision set n = n + 1 where arrival_id = {told} and n = (select decisions from arrival "
        "where id = {told})",
        by="decisions in the log, states of arrivals",
    ),
    _c(
        "a decision that nobody made is added",
        *_decided("kept"),
        by="decisions in the log",
        says="there 1 times, in the log 0 times",
    ),
    _c(
        "an arrival that is credited counts as the same money as itself",
        *_decided("same_as", "closed", other="id"),
        by="decisions in the log, the same money",
        says="is the same as",
    ),
    _c(
        "the same money as an arrival of which nothing stands",
        "update arrival_decision set other_id = (select id from arrival where key = '43184407') where kind = 'same_as'",
        by="the same money",
        says="of which 0 stand",
    ),
    _c(
        "the same money as nothing",
        "update arrival_decision set other_id = null where kind = 'same_as'",
        by="decisions, the same money",
    ),
    _c(
        "a credit's decision is made one about nothing",
        "update arrival_decision set kind = 'not_ours' where transaction_id = {paid}",
        by="credits of arrivals, decisions",
    ),
    _c(
        "a credit loses the decision that it carries out",
        "update arrival_decision set transaction_id = null where transaction_id = {paid}",
        by="arrivals in the ledger, credits, credits of arrivals, decisions",
    ),
    _c(
        "a decision credits another sum than its movement",
        "update arrival_decision set amount_minor = amount_minor + 1 where transaction_id = {paid}",
        by="decisions, money in the log, sums of decisions",
    ),
    _c(
        "a part is the whole",
        "update arrival_decision set kind = 'credited_to_account' where kind = 'part'",
        by="arrivals in the ledger, decisions, decisions in the log",
    ),
    _c(
        "the words of a decision are changed",
        "update arrival_decision set words = 'other' where kind = 'not_ours'",
        by="decisions in the log",
    ),
    _c(
        "a reversal's decision names an earlier one of another arrival",
        "update arrival_decision set arrival_id = (select id from arrival where key = '43184408'), n = 2 "
        "where kind = 'reversed' and arrival_id = (select id from arrival where key = '43184411')",
        by="decisions, decisions in the log, states of arrivals, sums of decisions",
    ),
    _c(
        "a message that was set aside is deleted with its arrival",
        "delete from arrival_message where payment_id = {waiting}",
        "delete from arrival_decision where arrival_id = (select id from arrival where payment_id = {waiting})",
        "delete from arrival where payment_id = {waiting}",
        by="money in the log",
    ),
    _c(
        "a correction that credited an arrival loses its key",
        "update ledger_transaction set source = 'correction', source_id = 'form:0' where kind = 'correction' "
        "and source like 'gateway/%'",
        by="arrivals in the ledger",
    ),
    _c(
        "a credit has the key of a second part",
        "update ledger_transaction set source = 'gateway:p2' || substr(source, 8) where id = {paid}",
        by="arrivals in the ledger",
    ),
    _c(
        "a correction's reason is changed",
        "update ledger_transaction set reason = 'other' where id = {correction}",
        by="corrections",
    ),
    _c("issued documents are deleted", "delete from document", by="money in the log"),
    _c(
        "a document's bytes and their hash are changed",
        "sqlite: update document set content = cast('other' as blob), "
        "sha256 = 'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa'",
        "postgresql: update document set content = convert_to('other', 'UTF8'), "
        "sha256 = 'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa'",
        by="money in the log",
    ),
    _c(
        "what was frozen with a document is changed",
        'update document set frozen = \'{{"vat": "0"}}\'',
        by="documents",
        says="what was frozen with it",
    ),
    _c(
        "a version of a document is deleted",
        "delete from document where version = 2",
        by="document versions, money in the log",
        says="the version before it is missing",
    ),
    _c(
        "the seller that a document names is changed",
        "update document set seller = '{{}}' where version = 1",
        by="document versions",
        says="the seller that it names",
    ),
    _c(
        "a withdrawal is forgotten",
        "update document set withdrawn_at = null",
        by="document versions",
        says="the log tells that it was withdrawn",
    ),
    _c(
        "a document is withdrawn of which nobody knows",
        "update document set withdrawn_at = issued_at where version = 3",
        by="document versions",
        says="the log tells nothing",
    ),
    _c(
        "a withdrawal comes after the version that took its place",
        "sqlite: update document set withdrawn_at = '2999-01-01T00:00:00.000000Z' where version = 1",
        "postgresql: update document set withdrawn_at = '2999-01-01' where version = 1",
        by="document versions",
        says="after another had taken its place",
    ),
    _c(
        "document numbers begin anew",
        "update reseller set next_number = 1 where id = {reseller}",
        by="document numbers",
    ),
    _c(
        "a charge's period and the next charge end ten years later",
        "sqlite: update charge set period_end = '2030-01-01T00:00:00.000000Z' where transaction_id = {last}",
        "postgresql: update charge set period_end = '2030-01-01T00:00:00Z' where transaction_id = {last}",
        "update subscription set next_charge_at = (select period_end from charge where transaction_id = {last}) "
        "where id = {subscription}",
        by="charges, lengths of periods",
        says="is more than a hour",
    ),
    _c(
        "a charge's transaction is of another instant",
        "update ledger_transaction set at = (select created_at from account where id = {account}) where id = {last}",
        by="headers, charges",
    ),
    _c(
        "a subscription's next charge is put off, and a failure of its service stands in the log",
        _line("subscription", "{subscription}", "subscription.provisioning_failed"),
        "update subscription set next_charge_at = (select max(at) from entry) where id = {subscription}",
        by="next charges",
    ),
    _c(
        "a subscription's next charge is put off for years, and a stop and a start stand in the log",
        _line("subscription", "{subscription}", "subscription.stopped"),
        _line("subscription", "{subscription}", "subscription.resumed", number=900002),
        "sqlite: update subscription set next_charge_at = '2030-01-01T00:00:00.000000Z' where id = {subscription}",
        "postgresql: update subscription set next_charge_at = '2030-01-01T00:00:00Z' where id = {subscription}",
        by="next charges",
    ),
    _c(
        "a running subscription waits for activation",
        "update subscription set status = 'pending', next_charge_at = null, anchor_at = null where id = {subscription}",
        by="states of subscriptions",
    ),
    _c(
        "a running subscription counts as deleted",
        "update subscription set status = 'deleted', next_charge_at = null where id = {subscription}",
        by="states of subscriptions",
    ),
    _c(
        "a stopped subscription waits for activation",
        "update subscription set status = 'pending' where account_id = {held}",
        by="states of subscriptions, holds",
    ),
    _c(
        "a subscription is deleted with what was charged",
        "delete from charge where subscription_id = {subscription}",
        "delete from subscription where id = {subscription}",
        by="transactions of charges, objects of the log",
    ),
    _c(
        "a hold is put on an account, and a failure of its charging is made up",
        "insert into charging_failure (account_id, error, count, first_at, last_at, retry_at, reseller_id) "
        "select id, 'x', 1, created_at, created_at, created_at, reseller_id from account where id = {account}",
        "update account set on_hold_since = created_at where id = {account}",
        by="holds in the log",
    ),
    _c(
        "a threshold is lowered",
        "update account set threshold_minor = -100000000 where id = {account}",
        by="thresholds",
    ),
    _c(
        "a lane is put off for decades",
        "sqlite: update lane set ready_at = '2099-01-01T00:00:00.000000Z' where receiver = 'mail'",
        "postgresql: update lane set ready_at = '2099-01-01T00:00:00Z' where receiver = 'mail'",
        by="waits",
    ),
    _c(
        "a line of the log is made unreadable",
        "update log_entry set details = 'rubbish' where action = 'account.corrected' and object_id = {held}",
        by="readable, corrections",
        says="details cannot be read: rubbish",
    ),
    _c(
        "a line of the log tells of no known kind of object",
        "update log_entry set object_kind = 'bonus' where action = 'plan.created'",
        by="words",
    ),
    _c("balance watches are deleted: the worker makes them anew", "delete from balance_watch", by=""),
    _c(
        "a trigger of somebody else's stands on another table",
        "sqlite: create trigger helpful after update on account begin select 1; end",
        "postgresql: create trigger helpful before update on account for each row "
        "execute function billhook_append_only()",
        by="guards",
        guards=True,
    ),
    _c(
        "the function of a trigger looks for tables elsewhere",
        "alter function billhook_balanced() set search_path = pg_temp",
        by="guards",
        only="postgresql",
        says="runs with settings of its own",
        guards=True,
    ),
    _c(
        "a rule swallows what is written",
        "create rule swallow as on insert to entry do instead nothing",
        by="guards",
        only="postgresql",
        guards=True,
    ),
    _c(
        "rows are hidden by a policy",
        "alter table entry enable row level security",
        by="guards",
        only="postgresql",
        guards=True,
    ),
    _c(
        "foreign keys are switched off",
        "alter table arrival_decision disable trigger all",
        by="guards",
        only="postgresql",
        guards=True,
    ),
    _c(
        "triggers are silent in the session that proves",
        "set session_replication_role = replica",
        by="guards",
        only="postgresql",
        guards=True,
    ),
    _c(
        "triggers are silent in every session of the panel's login",
        "alter role current_user set session_replication_role = replica",
        by="guards",
        only="postgresql",
        guards=True,
    ),
    _c(
        "the once-only key is dropped",
        "alter table ledger_transaction drop constraint uq_ledger_transaction_reseller_id_source_source_id",
        by="tables",
        only="postgresql",
        guards=True,
    ),
    _c(
        "a foreign key is dropped",
        "alter table entry drop constraint fk_entry_reseller_id_transaction_id",
        by="tables",
        only="postgresql",
        guards=True,
    ),
    _c(
        "a check is replaced by one that was never compared with the rows",
        "alter table entry drop constraint ck_entry_not_zero",
        "alter table entry add constraint ck_entry_not_zero check (amount_minor <> 0) not valid",
        by="tables",
        only="postgresql",
        guards=True,
    ),
    _c(
        "a check is hollowed",
        "postgresql: alter table entry drop constraint ck_entry_not_zero",
        "postgresql: alter table entry add constraint ck_entry_not_zero check (amount_minor is not null)",
        "sqlite: pragma writable_schema = on",
        "sqlite: update sqlite_master set sql = replace(sql, 'amount_minor <> 0', 'amount_minor is not null') "
        "where name = 'entry'",
        "sqlite: pragma writable_schema = reset",
        by="tables",
        guards=True,
    ),
    _c("a unique index is dropped", "drop index uq_plugin_setting_reseller", by="tables", guards=True),
    _c(
        "a unique index of somebody else's stands on a table",
        "create unique index helpful on payment (account_id, id)",
        by="tables",
        guards=True,
    ),
    _c(
        "a table takes another type of value",
        "alter table entry alter column currency type varchar(3)",
        by="tables",
        only="postgresql",
        guards=True,
    ),
)
