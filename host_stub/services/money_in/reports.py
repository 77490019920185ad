"""What gateways say of tries: which one is meant, and what is kept of those that are not paid."""

from __future__ import annotations

from typing import Final

from billhook import Hint, PaymentClaim, PaymentFailed, PaymentPaid, PaymentPending
from billhook.host.judging import number_in
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, defer

from host_stub.domain.actors import SYSTEM
from host_stub.domain.arrivals import Door
from host_stub.persistence import Arrival, GatewayOperation, GatewayReport, Payment, PaymentMethod
from host_stub.persistence.store import fetch, now
from host_stub.services.money_in import payments
from host_stub.services.money_in.tries import OVER, TryState

#: Characters of a gateway's reason.
LONGEST_REASON: Final = 500

About = PaymentClaim | PaymentPending | PaymentFailed | Hint


def named(session: Session, method_id: int, about: About) -> GatewayOperation | None:
    """Return the try of a method that a gateway means: by our reference, else by the gateway's own id."""
    is_meant = _is_meant(about)
    if is_meant is None:
        return None
    query = select(GatewayOperation).where(is_meant, GatewayOperation.method_id == method_id)
    query = query.options(defer(GatewayOperation.request), defer(GatewayOperation.secret_answers))
    return session.scalars(query.order_by(GatewayOperation.id.desc()).limit(1)).one_or_none()


def of_shop(session: Session, plugin: str, about: About) -> int | None:
    """Return the method whose try a gateway means, anywhere in the installation: several resellers may share one shop,
    whose messages come to one address. Of a paid act, only of the merchant that it names."""
    is_meant = _is_meant(about)
    if is_meant is None:
        return None
    query = (
        select(GatewayOperation.method_id)
        .join(PaymentMethod, PaymentMethod.id == GatewayOperation.method_id)
        .where(is_meant, PaymentMethod.plugin == plugin)
    )
    if isinstance(about, PaymentClaim):
        query = query.where(GatewayOperation.merchant == about.merchant)
    return session.scalars(query.order_by(GatewayOperation.id.desc()).limit(1)).one_or_none()


def is_another_s(session: Session, reseller_id: int, reference: str) -> bool:
    """Say whether a gateway's reference names a try of another reseller: of another shop, since it was not found."""
    is_meant = _is_meant(Hint(reference))
    if is_meant is None:
        return False
    query = select(GatewayOperation.id).where(is_meant, GatewayOperation.reseller_id != reseller_id)
    return session.execute(query.limit(1)).one_or_none() is not None


def _is_meant(about: About) -> ColumnElement[bool] | None:
    number = number_in(about.reference)
    if number is not None:
        return GatewayOperation.reference_number == number
    if about.reference:
        return GatewayOperation.reference == about.reference
    if not about.external_reference:
        return None
    # The index holds those that have one.
    said = GatewayOperation.external_reference
    return (said != "") & (said == about.external_reference)


def report(session: Session, row: GatewayOperation, fact: PaymentPending | PaymentFailed) -> None:
    """Keep what a gateway says of a try; a later word about the same act of paying takes the place of the former."""
    payment = fetch(session, Payment, row.payment_id, lock=True)
    if fact.external_id and _is_paid(session, row, fact.external_id):
        return  # an older word, which came late
    query = select(GatewayReport).where(
        GatewayReport.operation_id == row.id, GatewayReport.external_id == fact.external_id
    )
    said = session.scalars(query).one_or_none()
    if said is None:
        said = GatewayReport(
            reseller_id=row.reseller_id, operation_id=row.id, external_id=fact.external_id, word="", reason=""
        )
        session.add(said)
    row.reported = True
    word = "pending" if isinstance(fact, PaymentPending) else "failed"
    reason = fact.reason[:LONGEST_REASON]
    is_news = (said.word, said.reason) != (word, reason)
    said.word, said.reason = word, reason
    said.amount_minor = fact.amount.minor if isinstance(fact, PaymentPending) and fact.amount else None
    said.until = fact.until if isinstance(fact, PaymentPending) else None
    said.final = isinstance(fact, PaymentFailed) and fact.final
    row.external_reference = row.external_reference or fact.external_reference
    if said.final and row.state not in OVER:
        row.state, row.query_at = TryState.FAILED, None
    if is_news:
        said.at = now(session)
        payments.note(
            session, payment, f"payment.{word}", SYSTEM, method_id=row.method_id, try_id=row.id, reason=reason
        )


def _is_paid(session: Session, row: GatewayOperation, external_id: str) -> bool:
    of_method = (
        Arrival.reseller_id == row.reseller_id,
        Arrival.door == Door.GATEWAY,
        Arrival.method_id == row.method_id,
    )
    query = select(Arrival.id).where(*of_method, Arrival.key == external_id, Arrival.credited_minor > 0)
    return session.execute(query.limit(1)).one_or_none() is not None


def paid(session: Session, row: GatewayOperation, fact: PaymentPaid) -> None:
    """Forget what was said of an act of paying before it was paid; nobody asks about a paid try of their own accord."""
    row.external_reference = row.external_reference or fact.external_reference
    row.state, row.query_at = TryState.PAID, None
    if not row.reported:
        return
    session.execute(
        delete(GatewayReport).where(
            GatewayReport.operation_id == row.id, GatewayReport.external_id.in_((fact.external_id, ""))
        )
    )
