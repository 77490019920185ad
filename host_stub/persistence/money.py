"""The ledger, payments and what proves them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, Sequence, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from host_stub.persistence.base import STRICT, Base, OfReseller, Searched, only, owned, within_reseller
from host_stub.persistence.types import Blob, Flag, Int64, Json

#: Header ids are drawn before the header is written, because legs come first.
TRANSACTION_IDS = Sequence("ledger_transaction_id_seq", data_type=Int64, metadata=Base.metadata)


class Leg(StrEnum):
    """What a leg stands on: the customer's balance, or a system account (aggregated, never updated)."""

    CUSTOMER = "customer"
    CLEARING = "clearing"  # per payment method
    REVENUE = "revenue"
    CORRECTIONS = "corrections"
    REFUNDS = "refunds"


class LedgerTransaction(Base, OfReseller):
    """A balanced movement. Append-only; written after its legs, when a trigger checks that they balance."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        *owned("ledger_transaction"),
        UniqueConstraint("reseller_id", "source", "source_id"),
        within_reseller("payment_id", to="payment"),
        within_reseller("reverses_id", to="ledger_transaction"),
        Index(None, "payment_id"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("kind in ('credit','charge','correction','reversal')", name="kind"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text)  # `<door>/<origin>` of an arrival, reversal, correction, charge
    source_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)  # services.books.ledger.Kind
    reason: Mapped[str] = mapped_column(Text)  # for people, in the words of who did it; may be empty
    details: Mapped[Any] = mapped_column(Json, default=dict)  # what a sentence about it needs
    payment_id: Mapped[int | None]
    reverses_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Entry(Base, OfReseller):
    """A leg of a movement. Append-only; amounts are never zero."""

    __tablename__ = "entry"
    __table_args__ = (
        *owned("entry"),
        within_reseller("transaction_id", to="ledger_transaction", deferrable=True),
        within_reseller("account_id", to="account"),
        within_reseller("method_id", to="payment_method"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        CheckConstraint("(leg = 'customer') = (account_id is not null)", name="customer"),
        CheckConstraint("(leg = 'customer') = (balance_after_minor is not null)", name="running"),
        UniqueConstraint("account_id", "account_sequence"),
        Index(None, "transaction_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int]
    leg: Mapped[Leg] = mapped_column(Text)
    account_id: Mapped[int | None]
    method_id: Mapped[int | None]
    amount_minor: Mapped[int]  # minor units, signed; customer legs: positive = more money for the customer
    currency: Mapped[str] = mapped_column(Text)
    balance_after_minor: Mapped[int | None]  # customer legs: the account's balance after this leg
    account_sequence: Mapped[int | None]  # customer legs: 1, 2, 3 … per account, without holes
    at: Mapped[datetime]


class Payment(Base, OfReseller, Searched):
    """Платеж: the instrument for money in. Created first, completed later."""

    __tablename__ = "payment"
    LOOKED_FOR = ("number", "purpose", "comment")
    __table_args__ = (
        *owned("payment"),
        within_reseller("account_id", to="account"),
        within_reseller("method_id", to="payment_method"),
        UniqueConstraint("reseller_id", "number"),
        UniqueConstraint("account_id", "once_token"),
        CheckConstraint("amount_minor > 0", name="positive"),
        CheckConstraint(
            "status in ('waiting_for_payment','partly_paid','expired','completed','cancelled')", name="status"
        ),
        Index(None, "account_id", "id"),
        Index(None, "status", "expires_at"),
        Index(None, "reseller_id", "status", "id"),
        Index(None, "reseller_id", "method_id", "status", "id"),
        Index(None, "reseller_id", "amount_minor", "id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    number: Mapped[str] = mapped_column(Text)  # document number: what people see
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text, default="")
    comment: Mapped[str] = mapped_column(Text, default="")  # the manager's, not shown to the customer
    status: Mapped[str] = mapped_column(Text)  # billhook.PaymentStatus
    method_id: Mapped[int | None]  # the one chosen last; never compared with a gateway's message
    key_version: Mapped[int] = mapped_column(default=1)  # of the public link; raised to revoke it
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    once_token: Mapped[str | None] = mapped_column(Text)  # of the form that asked for it: pressed twice, made once
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class GatewayOperation(Base, OfReseller):
    """Something that a gateway was asked to do: so far always to start a payment: a try."""

    __tablename__ = "gateway_operation"
    __table_args__ = (
        *owned("gateway_operation"),
        within_reseller("payment_id", to="payment"),
        within_reseller("method_id", to="payment_method"),
        CheckConstraint("kind = 'start'", name="kind"),
        CheckConstraint("state in ('unknown','started','abandoned','paid','failed','superseded')", name="state"),
        CheckConstraint("reference_number >= 1 and reference_number <= 2147483647", name="number"),
        Index(None, "payment_id"),
        Index(None, "query_at"),
        Index(None, "method_id", "asked_at"),
        only("ix_gateway_operation_external", "external_reference", "method_id", where="external_reference <> ''"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int]
    method_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text, unique=True)  # what the gateway was given as our number
    reference_number: Mapped[int] = mapped_column(unique=True)  # the same as an integer
    external_reference: Mapped[str] = mapped_column(Text, default="")  # the gateway's own id of it
    merchant: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    is_test: Mapped[bool] = mapped_column(Flag)
    as_came: Mapped[bool] = mapped_column(Flag, default=False)  # billhook.Sums: any sum fits
    reported: Mapped[bool] = mapped_column(Flag, default=False)  # there are, or were, rows of GatewayReport
    request: Mapped[Any] = mapped_column(Json)  # billhook.StartRequest as first made, without secrets
    secret_answers: Mapped[Any] = mapped_column(Json, default=dict)  # what the payer answered in secret, encrypted
    state: Mapped[str] = mapped_column(Text)  # services.money_in.tries.TryState
    starts: Mapped[int] = mapped_column(default=1)  # how often the provider was called to start it
    error: Mapped[str] = mapped_column(Text, default="")
    queries: Mapped[int] = mapped_column(default=0)  # how often the gateway was asked what became of it
    query_at: Mapped[datetime | None]  # when to ask next; none when there is nothing to ask
    asked_at: Mapped[datetime | None]  # when it was asked last
    created_at: Mapped[datetime]


class GatewayReport(Base, OfReseller):
    """What a gateway says of an act of paying that has brought no money: on its way, or come to nothing."""

    __tablename__ = "gateway_report"
    __table_args__ = (
        *owned("gateway_report"),
        within_reseller("operation_id", to="gateway_operation"),
        UniqueConstraint("operation_id", "external_id"),
        CheckConstraint("word in ('pending','failed')", name="word"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int]
    external_id: Mapped[str] = mapped_column(Text)  # the gateway's id of the act, empty if it has none yet
    word: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)  # as the gateway says it
    until: Mapped[datetime | None]  # pending: when it is over by itself
    final: Mapped[bool] = mapped_column(Flag, default=False)  # failed: the whole try is over
    at: Mapped[datetime]


class CallbackRefusal(Base, OfReseller):
    """Messages refused per method, reason and day: counted, their bodies are not kept."""

    __tablename__ = "callback_refusal"
    __table_args__ = (
        *owned("callback_refusal"),
        within_reseller("method_id", to="payment_method"),
        UniqueConstraint("method_id", "reason", "day"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    method_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    count: Mapped[int]


class Document(Base, OfReseller):
    """A version of an issued document, frozen: GET serves these bytes and nothing else.

    Versions count 1, 2, 3 … without a gap. Only the newest counts, unless it was withdrawn; the others are kept.
    """

    __tablename__ = "document"
    __table_args__ = (
        *owned("document"),
        within_reseller("payment_id", to="payment"),
        within_reseller("method_id", to="payment_method"),
        UniqueConstraint("payment_id", "method_id", "kind", "version"),
        Index(None, "reseller_id", "method_id", "seller_sha256"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int]
    method_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    issued_at: Mapped[datetime]
    issued_on: Mapped[date] = mapped_column(server_default="1970-01-01")  # the day that it was for the reseller then
    file_name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(Blob)
    sha256: Mapped[str] = mapped_column(Text)
    frozen: Mapped[Any] = mapped_column(Json)  # VAT rate, basis, amount, table version …
    template_sha256: Mapped[str] = mapped_column(Text)
    used_stock: Mapped[bool] = mapped_column(Flag, default=False)  # the reseller's template failed
    # what it states for people, [[{language: label}, value]]
    stated: Mapped[Any] = mapped_column(Json, default=list, server_default="[]")
    seller: Mapped[Any] = mapped_column(Json, default=dict, server_default="{}")  # who sold, as the view said it then
    seller_sha256: Mapped[str] = mapped_column(Text, default="", server_default="")  # empty: it names no seller
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")  # why this version took the former's place
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(Text, default="", server_default="")
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")


class PaymentMethod(Base, OfReseller):
    """Способ оплаты: a provider configured for a reseller and some account types. Deactivated, never deleted."""

    __tablename__ = "payment_method"
    __table_args__ = (*owned("payment_method"), STRICT)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    plugin: Mapped[str] = mapped_column(Text)
    account_types: Mapped[Any] = mapped_column(Json)  # list of billhook.AccountType values
    icon: Mapped[bytes | None] = mapped_column(Blob)
    icon_type: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")  # sanitised HTML
    settings: Mapped[Any] = mapped_column(Json, default=dict)  # all but secrets, by key
    secrets: Mapped[Any] = mapped_column(Json, default=dict)  # key → [{value: encrypted, replaced_at}], newest first
    active: Mapped[bool] = mapped_column(Flag, default=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
