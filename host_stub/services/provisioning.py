"""Lets the outside world follow: the receiver `provisioning` of the outbox applies the present desired state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from host_stub.adapters.keys import KeyFileError
from host_stub.adapters.provisioning import Order, Provisioner, ProvisioningFailed
from host_stub.domain.actors import SYSTEM
from host_stub.persistence import Reseller, Store, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch
from host_stub.services.deliveries import Delivered, Failed, Outcome, Policy, Task
from host_stub.services.journal import log

DESIRED: Final = {
    SubscriptionStatus.ACTIVE: "running",
    SubscriptionStatus.STOPPED: "stopped",
    SubscriptionStatus.PENDING: "stopped",  # its start was taken back; before the first one nobody is told
    SubscriptionStatus.DELETED: "deleted",
}


class Cipher(Protocol):
    """Opens stored secrets."""

    def decrypt(self, token: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to send where."""

    order: Order
    url: str
    secret: str | None


class ProvisioningReceiver:
    """Sends the state that is desired when it sends, not when the job was written: a late stop undoes no resume."""

    policy = Policy(attempts=30, first_wait=timedelta(seconds=10), longest_wait=timedelta(minutes=30))

    def __init__(self, store: Store, provisioner: Provisioner, keys: Cipher) -> None:
        self._store = store
        self._provisioner = provisioner
        self._keys = keys

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A reseller without an endpoint has nothing to be told."""
        subscription_id = int(task.payload["subscription_id"])
        plan = self._plan(subscription_id)
        if plan is None:
            return Delivered()
        version = plan.order.version
        try:
            if plan.secret is None:
                raise ProvisioningFailed("no secret is set for the provisioning address")
            self._provisioner.apply(plan.url, self._keys.decrypt(plan.secret), plan.order)
        except (ProvisioningFailed, KeyFileError) as error:
            reason = str(error)
            return Failed(reason, lambda session, dead: _failed(session, subscription_id, reason, dead))
        return Delivered(lambda session: _confirmed(session, subscription_id, version))

    def _plan(self, subscription_id: int) -> _Plan | None:
        with self._store.read() as session:
            row = fetch(session, Subscription, subscription_id)
            reseller = fetch(session, Reseller, row.reseller_id)
            desired = DESIRED.get(SubscriptionStatus(row.status))
            if not reseller.provisioning_url or desired is None or row.confirmed_version >= row.desired_version:
                return None
            order = Order(reseller.id, row.id, desired, row.desired_version, row.name)
            return _Plan(order, reseller.provisioning_url, reseller.provisioning_secret)


def _confirmed(session: Session, subscription_id: int, version: int) -> None:
    row = fetch(session, Subscription, subscription_id, lock=True)
    row.confirmed_version = max(row.confirmed_version, version)
    row.provisioning_error = ""


def _failed(session: Session, subscription_id: int, reason: str, dead: bool) -> None:
    row = fetch(session, Subscription, subscription_id, lock=True)
    if dead or not row.provisioning_error:
        log(
            session,
            "subscription",
            row.id,
            "subscription.provisioning_failed",
            reseller_id=row.reseller_id,
            by=SYSTEM,
            error=reason,
            given_up=dead,
        )
    row.provisioning_error = reason[:500]
