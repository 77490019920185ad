"""Lets the outside world follow: the receiver `provisioning` of the outbox applies the present desired state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from host_stub.adapters.keys import KeyFileError
from host_stub.adapters.provisioning import NoAnswer, Order, Provisioner, ProvisioningFailed
from host_stub.domain.actors import SYSTEM
from host_stub.persistence import Reseller, Store, Subscription, SubscriptionStatus
from host_stub.persistence.store import fetch
from host_stub.services.queues.deliveries import Delivered, Failed, Outcome, Policy, Postponed, Task
from host_stub.services.queues.destinations import FULL, Bounds, Destinations
from host_stub.services.telling.journal import log

DESIRED: Final = {
    SubscriptionStatus.ACTIVE: "running",
    SubscriptionStatus.STOPPED: "stopped",
    SubscriptionStatus.PENDING: "stopped",  # its start was taken back; before the first one nobody is told
    SubscriptionStatus.DELETED: "deleted",
}


class _NoSecret(Exception):
    pass


class Cipher(Protocol):
    """Opens stored secrets."""

    def decrypt(self, token: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to send where."""

    reseller_id: int
    order: Order
    url: str
    secret: str | None


#: An address that is silent is left alone for so long; its orders wait and are not counted. Of six threads.
ADDRESSES: Final = Bounds(first_rest=timedelta(seconds=30), longest_rest=timedelta(minutes=30))


class ProvisioningReceiver:
    """Sends the state that is desired when it sends, not when the job was written: a late stop undoes no resume.

    What an address says of an order is the order's: counted. Its silence is the address's, a secret that is missing or
    does not open is ours or the reseller's: neither is counted, and a week of it is the end of an order.
    """

    policy = Policy(
        attempts=30, first_wait=timedelta(seconds=10), longest_wait=timedelta(minutes=30), patience=timedelta(days=7)
    )

    def __init__(self, store: Store, provisioner: Provisioner, keys: Cipher) -> None:
        self._store = store
        self._provisioner = provisioner
        self._keys = keys
        self._addresses = Destinations(store.ticks, ADDRESSES)

    @property
    def silent(self) -> list[str]:
        """The addresses that are left alone, each as scheme, host and port."""
        return sorted({_host(name.partition(" ")[2]) for name in self._addresses.silent()})

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A reseller without an endpoint has nothing to be told."""
        subscription_id = int(task.payload["subscription_id"])
        plan = self._plan(subscription_id)
        if plan is None:
            return Delivered()
        try:
            if plan.secret is None:
                raise _NoSecret("no secret is set for the provisioning address")
            secret = self._keys.decrypt(plan.secret)
        except (_NoSecret, KeyFileError) as error:
            return _postponed(subscription_id, str(error), self.policy.wait(task.tries))
        return self._call(subscription_id, plan, secret)

    def _call(self, subscription_id: int, plan: _Plan, secret: str) -> Outcome:
        # Another reseller's path at the same host is another's program: it has a silence of its own.
        address = f"{plan.reseller_id} {plan.url}"
        rest = self._addresses.enter(address, _host(plan.url))
        if rest == FULL:
            return Postponed("", rest)
        if rest is not None:
            return _postponed(subscription_id, "the address does not answer", rest)
        answered = True
        try:
            self._provisioner.apply(plan.url, secret, plan.order)
        except NoAnswer as error:
            answered = False
            return _postponed(subscription_id, str(error), ADDRESSES.first_rest)
        except ProvisioningFailed as error:
            reason = str(error)
            return Failed(reason, lambda session, dead: _failed(session, subscription_id, reason, dead))
        finally:
            self._addresses.leave(address, answered=answered)
        return Delivered(lambda session: _confirmed(session, subscription_id, plan.order.version))

    def _plan(self, subscription_id: int) -> _Plan | None:
        with self._store.read() as session:
            row = fetch(session, Subscription, subscription_id)
            reseller = fetch(session, Reseller, row.reseller_id)
            desired = DESIRED.get(SubscriptionStatus(row.status))
            if not reseller.provisioning_url or desired is None or row.confirmed_version >= row.desired_version:
                return None
            order = Order(reseller.id, row.id, desired, row.desired_version, row.name)
            return _Plan(reseller.id, order, reseller.provisioning_url, reseller.provisioning_secret)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _postponed(subscription_id: int, reason: str, wait: timedelta) -> Postponed:
    return Postponed(reason, wait, effects=lambda session, dead: _failed(session, subscription_id, reason, dead))


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
