"""Журнал in words: a sentence for every action code, in both languages.

Who adds a code to the log adds its sentence here; a test finds codes without one. Fields in braces are the entry's
details: `…_minor` becomes a sum under the name without the suffix, ISO dates become dates, codes become words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Final

from billhook import AccountType, Catalogue, LazyText, Money, Reason, formats

from host_stub.domain.people import AccessLevel
from host_stub.services.reading.journal import Entry
from host_stub.web.authors import who
from host_stub.web.page import LogEntry, Tone

_ = Catalogue("host_stub")

#: code → tone, sentence
SENTENCES: Final[Mapping[str, tuple[Tone, LazyText]]] = {
    "payment.created": (Tone.CALM, _("Payment of {amount} created.")),
    "payment.method_chosen": (Tone.CALM, _("Method chosen: {method}.")),
    "payment.start_failed": (Tone.BAD, _("The payment could not be started with the chosen method.")),
    "payment.pending": (Tone.WAIT, _("The payment system is processing the payment. {reason}")),
    "payment.failed": (Tone.CALM, _("The payment did not go through. {reason}")),
    "payment.attempt_started": (Tone.CALM, _("The payment system knows the payment: the start went through.")),
    "payment.attempt_failed": (
        Tone.CALM,
        _("The payment system does not know the payment: the start did not go through."),
    ),
    "payment.attempt_abandoned": (
        Tone.WAIT,
        _("The payment system does not say whether the start went through. A notification will still be judged."),
    ),
    "payment.paid": (Tone.GOOD, _("Paid: {amount}, number at the payment system {external_id}.")),
    "payment.paid_again": (
        Tone.WAIT,
        _("Paid a second time: {amount}, number {external_id}. The sum was credited to the balance."),
    ),
    "payment.approved": (Tone.GOOD, _("Approved: {received} came by payment order {order_number} of {order_date}.")),
    "payment.matched": (
        Tone.GOOD,
        _("Paid: {amount}, matched by hand; number at the payment system {external_id}."),
    ),
    "payment.approval_reversed": (Tone.BAD, _("The approval was reversed. Reason: {reason}")),
    "payment.cancelled": (Tone.CALM, _("Payment cancelled.")),
    "payment.lifetime_over": (Tone.CALM, _("The payment expired.")),
    "payment.event_parked": (
        Tone.BAD,
        _("A notification of {amount} was set aside and credited nothing: {misfit}."),
    ),
    "document.issued": (Tone.CALM, _("Document issued: {document}.")),
    "document.reissued": (Tone.WAIT, _("Document issued anew, version {version}: {document}. Reason: {reason}")),
    "document.withdrawn": (Tone.BAD, _("Document withdrawn: {document}. Reason: {reason}")),
    "account.created": (Tone.CALM, _("Customer created.")),
    "account.changed": (Tone.CALM, _("Changed: {fields}.")),
    "account.threshold_changed": (Tone.CALM, _("Blocking threshold: {after} instead of {before}.")),
    "account.corrected": (Tone.INFO, _("Balance corrected by {amount}. Reason: {reason}")),
    "account.approval_reversed": (
        Tone.BAD,
        _("The approval of payment {payment} for {amount} was reversed. Reason: {reason}"),
    ),
    "account.credit_reversed": (Tone.BAD, _("A credit of {amount} was taken back. Reason: {reason}")),
    "account.access_set": (Tone.CALM, _("Access of {email}: {level}.")),
    "account.access_taken": (Tone.CALM, _("Access of {email} taken away.")),
    "account.hold_entered": (
        Tone.BAD,
        _("Financial blocking: the balance is {balance}, {needed} are needed to continue."),
    ),
    "account.hold_left": (Tone.GOOD, _("Financial blocking lifted, the balance is {balance}.")),
    "account.charging_failed": (Tone.BAD, _("Charging failed and will be repeated.")),
    "account.settings_changed": (Tone.CALM, _("Notification settings changed.")),
    "account.nobody_to_write_to": (Tone.BAD, _("There is nobody to write to about money: a mail was not sent.")),
    "subscription.created": (Tone.CALM, _("Subscription created.")),
    "subscription.activated": (Tone.GOOD, _("Subscription activated.")),
    "subscription.resumed": (Tone.GOOD, _("Subscription resumed.")),
    "subscription.start_taken_back": (Tone.BAD, _("The start was taken back, and its charge given back.")),
    "subscription.stopped": (Tone.BAD, _("Subscription stopped: the next charge did not fit.")),
    "subscription.stopped_by_closing": (Tone.BAD, _("Subscription stopped.")),
    "subscription.deleted": (Tone.CALM, _("Subscription deleted.")),
    "account.mail_refused": (Tone.BAD, _("A mail to {recipient} could not be delivered: {error}")),
    "subscription.renamed": (Tone.CALM, _("Subscription renamed: {name}.")),
    "subscription.provisioning_failed": (Tone.BAD, _("The service could not be switched: {error}")),
    "plan.created": (Tone.CALM, _("Plan created.")),
    "plan.changed": (Tone.CALM, _("Plan changed: {price} instead of {before}.")),
    "plan.switched_on": (Tone.GOOD, _("The plan is on sale.")),
    "plan.switched_off": (Tone.CALM, _("The plan is no longer sold.")),
    "payment_method.created": (Tone.CALM, _("Payment method created with the plugin {plugin}.")),
    "payment_method.changed": (Tone.CALM, _("Changed: {fields}.")),
    "payment_method.activated": (Tone.GOOD, _("Payment method switched on.")),
    "payment_method.deactivated": (Tone.CALM, _("Payment method switched off.")),
    "payment_method.template_changed": (Tone.CALM, _("Template changed: {fields}.")),
    "payment_method.template_restored": (Tone.CALM, _("Own template given up: {fields}.")),
    "method.template_failed": (
        Tone.BAD,
        _("The template failed on payment {payment}; the stock one was used instead. {problem}"),
    ),
    "user.created": (Tone.CALM, _("User {email} created.")),
    "user.invited": (Tone.CALM, _("Invitation sent.")),
    "user.invitation_accepted": (Tone.GOOD, _("Invitation accepted.")),
    "user.signed_in": (Tone.CALM, _("Signed in.")),
    "user.password_changed": (Tone.CALM, _("Password changed.")),
    "user.password_reset": (Tone.CALM, _("Password set anew by a link.")),
    "user.switched_on": (Tone.GOOD, _("Sign-in allowed again.")),
    "user.switched_off": (Tone.BAD, _("Sign-in blocked.")),
    "arrival.credited_to_payment": (Tone.GOOD, _("{amount} credited to payment {payment}. Reason: {reason}")),
    "arrival.credited_to_account": (Tone.GOOD, _("{amount} credited to {account} as a correction. Reason: {reason}")),
    "arrival.part": (Tone.GOOD, _("{amount} of it credited to {account}. Reason: {reason}")),
    "arrival.same_as": (Tone.CALM, _("Closed: the same money as another arrival. Reason: {reason}")),
    "arrival.to_be_returned": (Tone.WAIT, _("Closed: to be returned to the payer. Reason: {reason}")),
    "arrival.not_ours": (Tone.CALM, _("Closed: not ours. Reason: {reason}")),
    "arrival.alarmed": (Tone.BAD, _("The same number came with other signed fields; they credited nothing.")),
    "arrival.reversed": (Tone.BAD, _("A credit was taken back: {amount}. Reason: {reason}")),
    "arrival.reopened": (Tone.WAIT, _("It waits again: what it was the same as was taken back.")),
    "arrival.kept": (Tone.GOOD, _("Looked at, and right as it is. Reason: {reason}")),
    "reseller.created": (Tone.CALM, _("Reseller created.")),
    "reseller.changed": (Tone.CALM, _("Changed: {fields}.")),
    "reseller.closed": (
        Tone.BAD,
        _("Reseller closed: {subscriptions} subscriptions are stopped. Reason: {reason}"),
    ),
    "reseller.reopened": (Tone.GOOD, _("Reseller reopened. Reason: {reason}")),
    "reseller.clock_confirmed": (Tone.WAIT, _("The server's clock was confirmed: {at}.")),
    "seller.requisites_changed": (Tone.CALM, _("Requisites changed: {fields}.")),
    "seller.account_added": (Tone.CALM, _("Bank account added: {name}.")),
    "seller.account_changed": (Tone.CALM, _("Bank account changed: {name}.")),
    "seller.account_default": (Tone.CALM, _("Bank account made the default: {name}.")),
    "seller.account_closed": (Tone.CALM, _("Bank account not used any more: {name}.")),
    "seller.regime_begun": (Tone.CALM, _("Taxes from {since_date} on: {tax_system}, VAT: {vat}.")),
    "seller.regime_removed": (Tone.CALM, _("Taken back: taxes from {since_date} on: {tax_system}, VAT: {vat}.")),
    "plugin.switched_on": (Tone.GOOD, _("Plugin {plugin} switched on.")),
    "plugin.switched_off": (Tone.CALM, _("Plugin {plugin} switched off.")),
    "plugin.settings_changed": (Tone.CALM, _("Settings of plugin {plugin} changed: {fields}.")),
    "plugin.settings_of_all_changed": (
        Tone.CALM,
        _("Settings of plugin {plugin} for all resellers changed: {fields}."),
    ),
    "delivery.retried": (Tone.CALM, _("A failed delivery was sent again.")),
}

#: What only staff reads: the customer's own log leaves it out.
STAFF_ONLY: Final = frozenset(
    {"payment.start_failed", "payment.event_parked", "account.charging_failed"}
    | {"payment.attempt_started", "payment.attempt_failed", "payment.attempt_abandoned"}
)

MISFITS: Final[Mapping[str, LazyText]] = {
    Reason.UNKNOWN_PAYMENT: _("there is no payment with this number"),
    Reason.OTHERS_PAYMENT: _("its number is of another reseller's payment"),
    Reason.OTHER_MERCHANT: _("it names another merchant"),
    Reason.OTHER_AMOUNT: _("the sum differs from the payment's"),
    Reason.OTHER_CURRENCY: _("the currency differs from the payment's"),
    Reason.TEST_PAYMENT: _("it is a test payment, the method takes real ones"),
    Reason.LIVE_PAYMENT: _("it is a real payment, the method was in test mode"),
    Reason.CANCELLED: _("the payment was cancelled"),
    Reason.UNREADABLE: _("its sum or currency cannot be read"),
    Reason.PAID: _("the payment was paid before"),
    Reason.TOO_LARGE: _("the balance cannot hold such a sum"),
    Reason.SIGNED_FIELDS_DIFFER: _("the same number came before with other signed fields"),
}

LEVELS: Final[Mapping[str, LazyText]] = {
    AccessLevel.OWNER: _("Owner"),
    AccessLevel.ADMIN: _("Administrator"),
    AccessLevel.FINANCE_MANAGER: _("Finance manager"),
    AccessLevel.USER: _("User"),
}

ACCOUNT_TYPES: Final[Mapping[str, LazyText]] = {
    AccountType.PERSON: _("Person"),
    AccountType.SOLE_PROPRIETOR: _("Sole proprietor"),
    AccountType.COMPANY: _("Company"),
}

#: Kinds of documents; a plugin may have others, which show their own name.
DOCUMENTS: Final[Mapping[str, LazyText]] = {"receipt": _("receipt")}

FIELDS: Final[Mapping[str, LazyText]] = {
    "name": _("name"),
    "type": _("type"),
    "account_types": _("account types"),
    "active": _("status"),
    "description": _("description"),
    "position": _("place in the list"),
    "icon": _("icon"),
    "bank_account": _("bank account"),
    "inn": _("INN"),
    "kpp": _("KPP"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "language": _("language"),
    "country": _("country"),
    "region": _("region"),
    "city": _("city"),
    "zip": _("postal code"),
    "street": _("street"),
    "building": _("building"),
    "office": _("office"),
    "custom_attributes": _("additional parameters"),
    "price_minor": _("price"),
    "period": _("period"),
    "currency": _("currency"),
    "timezone": _("time zone"),
    "brand_name": _("name on pages"),
    "accent": _("accent colour"),
    "logo": _("logo"),
    "site_url": _("site"),
    "sales_email": _("sales e-mail"),
    "billing_email": _("billing e-mail"),
    "accounting_email": _("accounting e-mail"),
    "support_email": _("support e-mail"),
    "general_phone": _("general phone"),
    "sales_phone": _("sales phone"),
    "number_mask": _("number mask"),
    "min_top_up_minor": _("least top-up"),
    "max_top_up_minor": _("greatest top-up"),
    "payment_lifetime_days": _("payment lifetime"),
    "provisioning_url": _("provisioning address"),
    "provisioning_secret": _("provisioning secret"),
}


_DOUBLED_STOP: Final = re.compile(r"(?<!\.)\.\.(?!\.)")


def log_lines(
    entries: Iterable[Entry],
    currency: str,
    *,
    for_customer: bool = False,
    labels: Mapping[str, LazyText | str] | None = None,
    others: Mapping[str, LazyText | str] | None = None,
) -> list[LogEntry]:
    """Return log rows as lines of a page, in the language of the moment.

    for_customer: leaves out what is for staff only, and does not name managers. labels: names of a plugin's settings.
    """
    return [
        line(entry, currency, for_customer=for_customer, labels=labels, others=others)
        for entry in entries
        if not (for_customer and entry.action in STAFF_ONLY)
    ]


def line(
    entry: Entry,
    currency: str,
    *,
    for_customer: bool = False,
    labels: Mapping[str, LazyText | str] | None = None,
    others: Mapping[str, LazyText | str] | None = None,
) -> LogEntry:
    """Return one row. An unknown code shows itself: the log never hides that something happened.

    labels: names of a plugin's settings. others: titles of plugins, and names of settings where no plugin is at hand.
    """
    tone, sentence = SENTENCES.get(entry.action, (Tone.CALM, _(entry.action)))
    text = _fill(str(sentence), entry, currency, {**(others or {}), **FIELDS, **(labels or {})})
    return LogEntry(at=entry.at, text=text, by=who(entry.actor, for_customer, entry.action), tone=tone)


def act_name(action: str) -> str:
    """Return what an action is called where no line of it is at hand: its sentence with … for what differs."""
    sentence = str(SENTENCES[action][1])
    wanted = {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name}
    return _DOUBLED_STOP.sub("…", sentence.format_map(dict.fromkeys(wanted, "…"))).rstrip(".")


def acts_of(kind: str, others: Mapping[str, str]) -> list[str]:
    """Return the actions on a kind of objects. others: beginnings of actions that are another kind's name."""
    return [action for action in SENTENCES if (start := action.partition(".")[0]) and others.get(start, start) == kind]


def _fill(sentence: str, entry: Entry, currency: str, labels: Mapping[str, object]) -> str:
    details: Mapping[str, object] = entry.details or {}
    wanted = {name for _text, name, _spec, _conversion in Formatter().parse(sentence) if name}
    text = sentence.format_map({name: _word(name, details, currency, labels) for name in wanted})
    # A sum may end in an abbreviation with its own full stop.
    return _DOUBLED_STOP.sub(".", text)


def _word(name: str, details: Mapping[str, object], currency: str, labels: Mapping[str, object]) -> str:
    minor = details.get(f"{name}_minor")
    if isinstance(minor, int):
        return formats.money(Money(minor, currency))
    value = details.get("reason" if name == "misfit" else name)
    if name == "account" and value is None and "account_id" in details:
        return f"№ {details['account_id']}"  # written before names were kept
    if name == "misfit":
        return str(MISFITS.get(str(value), value))
    if name == "plugin":
        return str(labels.get(str(value), value))
    if name == "document":
        return str(DOCUMENTS.get(str(value), value))
    if name in ("tax_system", "vat"):
        return str(labels.get(f"{name}.{value}", value))
    if name == "level":
        return str(LEVELS.get(str(value), value))
    if name == "fields" and isinstance(value, list):
        return ", ".join(str(labels.get(str(key), key)) for key in value)
    if name.endswith("_date") and isinstance(value, str):
        return formats.date(dt.date.fromisoformat(value))
    return "—" if value in (None, "") else str(value)
