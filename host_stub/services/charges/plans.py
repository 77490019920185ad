"""Plans: what a reseller sells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billhook import Money
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.domain.actors import Actor
from host_stub.domain.amounts import LARGEST_MINOR, AmountProblem
from host_stub.domain.errors import InvalidAmount
from host_stub.persistence import Period, Plan, Reseller, Scope, Store, Subscription, SubscriptionStatus
from host_stub.persistence.listings import counts_up_to
from host_stub.persistence.store import fetch, now
from host_stub.services.telling.journal import log
from host_stub.services.tenants.open_resellers import must_be_open


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a plan is. price: of a day or a month; for an hourly plan of a calendar month."""

    name: str
    period: Period
    price: Money
    description: str = ""


def create(store: Store, scope: Scope, reseller_id: int, terms: PlanTerms, *, by: Actor) -> int:
    """Create a plan; return its id. Raises NotFound, ResellerClosed, InvalidAmount."""
    with store.write(scope) as session:
        must_be_open(session, reseller_id)
        _check(session, reseller_id, terms.price)
        plan = Plan(
            reseller_id=reseller_id,
            name=terms.name,
            description=terms.description,
            period=terms.period,
            price_minor=terms.price.minor,
            active=True,
            created_at=now(session),
        )
        session.add(plan)
        session.flush()
        _log(session, plan, "plan.created", by, price_minor=plan.price_minor, period=plan.period)
        return plan.id


def change(store: Store, scope: Scope, plan_id: int, terms: PlanTerms, *, by: Actor) -> None:
    """Change name, description and price; the next charges of its subscriptions take the new price.

    The period stays: what is paid was paid by it. A hold that a lower price ends is left within the hour.
    Raises NotFound, InvalidAmount.
    """
    with store.write(scope) as session:
        plan = fetch(session, Plan, plan_id, lock=True)
        _check(session, plan.reseller_id, terms.price)
        wanted = {"name": terms.name, "description": terms.description, "price_minor": terms.price.minor}
        changed = {key: value for key, value in wanted.items() if getattr(plan, key) != value}
        for key, value in changed.items():
            setattr(plan, key, value)
        if changed:
            _log(session, plan, "plan.changed", by, fields=list(changed), price_minor=plan.price_minor)


def set_active(store: Store, scope: Scope, plan_id: int, active: bool, *, by: Actor) -> None:
    """Sell a plan or stop selling it; subscriptions to it go on. Raises NotFound."""
    with store.write(scope) as session:
        plan = fetch(session, Plan, plan_id, lock=True)
        if plan.active != active:
            plan.active = active
            _log(session, plan, "plan.switched_on" if active else "plan.switched_off", by)


def of_reseller(session: Session, reseller_id: int, *, only_active: bool = False) -> list[Plan]:
    """Return a reseller's plans by name."""
    query = select(Plan).where(Plan.reseller_id == reseller_id).order_by(Plan.name, Plan.id)
    return list(session.scalars(query.where(Plan.active) if only_active else query))


def sold(session: Session, plan_ids: Sequence[int]) -> dict[int, str]:
    """Return how many subscriptions each plan has that are not deleted, for people, up to `COUNTED`."""
    alive = [status for status in SubscriptionStatus if status is not SubscriptionStatus.DELETED]
    running = select(Subscription.id).where(Subscription.status.in_(alive))
    return counts_up_to(session, {plan_id: running.where(Subscription.plan_id == plan_id) for plan_id in plan_ids})


def _check(session: Session, reseller_id: int, price: Money) -> None:
    if price.minor <= 0:
        raise InvalidAmount("not_positive", price.plain())
    if price.minor > LARGEST_MINOR:
        raise InvalidAmount(AmountProblem.TOO_LARGE, price.plain())
    if price.currency != fetch(session, Reseller, reseller_id).currency:
        raise InvalidAmount("other_currency", price.currency)


def _log(session: Session, plan: Plan, action: str, by: Actor, **details: object) -> None:
    log(session, "plan", plan.id, action, reseller_id=plan.reseller_id, by=by, **details)
