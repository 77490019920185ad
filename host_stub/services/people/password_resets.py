"""Forgotten passwords: a request is only written down, for whatever address; the worker finds out whose it is.

So the answer takes as long for an address that nobody has as for one that somebody has, and tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.persistence import Reseller, Store, User
from host_stub.persistence.store import base_url, now
from host_stub.services.people import limits, signin
from host_stub.services.queues import outbox
from host_stub.services.queues.deliveries import Delivered, Outcome, Policy, Task
from host_stub.services.telling import mails
from host_stub.services.tenants.open_resellers import is_open

#: More than these are silently left alone: the mail would be the attack.
PER_LOGIN: Final = limits.Limit("reset", 3, timedelta(hours=1))
PER_ADDRESS: Final = limits.Limit("reset-address", 20, timedelta(hours=1))


def request(store: Store, email: str, *, lifetime: timedelta, address: str) -> None:
    """Ask for a mail with a single-use link for whoever has this address.

    lifetime: of the link, from the moment at which it is mailed. Raises TooManyAttempts, whether or not the address
    exists.
    """
    login = signin.normal_email(email)
    with store.write() as session:
        until = limits.count(session, PER_ADDRESS, limits.network(address))
        wanted = limits.count(session, PER_LOGIN, login) is None
        root = session.scalars(select(Reseller.id).where(Reseller.is_operator)).first()
        if until is None and wanted and root is not None:
            asked = {"login": login, "seconds": int(lifetime.total_seconds())}
            outbox.enqueue(session, outbox.RESETS, f"reset:{signin.new_token()}", "reset", asked, reseller_id=root)
    if until is not None:
        raise limits.TooManyAttempts(until)


class ResetReceiver:
    """The receiver `password resets` of the outbox."""

    policy = Policy(attempts=10, first_wait=timedelta(seconds=5), longest_wait=timedelta(minutes=10))

    def __init__(self, store: Store, clock_is_believed: Callable[[], bool] = lambda: True) -> None:
        self._store = store
        self._clock_is_believed = clock_is_believed

    def deliver(self, task: Task) -> Outcome:
        """See Receiver. A request that waited as long as a link lives is dropped: the person has asked again."""
        lifetime = timedelta(seconds=task.payload["seconds"])
        with self._store.read() as session:
            is_old = now(session) - task.created_at >= lifetime
        if is_old and self._clock_is_believed():
            return Delivered()
        return Delivered(lambda session: _mail(session, task, lifetime))


def _mail(session: Session, task: Task, lifetime: timedelta) -> None:
    payload: Mapping[str, Any] = task.payload
    user = session.scalars(select(User).where(User.email == payload["login"], User.active)).one_or_none()
    # A closed reseller's people cannot sign in: a link would lead nowhere.
    if user is None or not is_open(session, user.reseller_id):
        return
    link = signin.issue_link(session, user, signin.Purpose.RESET, base_url=base_url(session), lifetime=lifetime)
    mails.password_reset(session, user, link)
