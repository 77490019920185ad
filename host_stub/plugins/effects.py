"""What plugins ask for, written by the host in a transaction of its own; `billhook.host.effects` has checked it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billhook import Effect, Notify
from billhook.formats import use_timezone
from billhook.i18n import use_language
from sqlalchemy.orm import Session

from host_stub.domain.errors import NotFound
from host_stub.persistence import Account, Notice, Reseller
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.persistence.store import fetch, now
from host_stub.services.queues.outbox import insert_once
from host_stub.services.telling import mails
from host_stub.services.telling.letterhead import Letter
from host_stub.services.tenants.open_resellers import is_open


@dataclass(frozen=True, slots=True)
class Author:
    """Who asks for effects: a plugin, for one reseller. once: what the keys of its notices begin with, per occasion."""

    plugin: str
    reseller_id: int
    once: str


def write(session: Session, author: Author, effects: Sequence[Effect]) -> None:
    """Write effects in the order in which they were asked for.

    Mails and notices are written at most once however often the same occasion is told. Raises NotFound for an account
    of another reseller, and what the database says of a row that it does not take.
    """
    own = OwnTables(session, author.plugin, author.reseller_id)
    for effect in effects:
        if isinstance(effect, Notify):
            _notify(session, author, effect)
        else:
            own.write(effect)


def _notify(session: Session, author: Author, effect: Notify) -> None:
    account = fetch(session, Account, effect.account_id)
    if account.reseller_id != author.reseller_id:
        raise NotFound("Account", effect.account_id)
    if not is_open(session, author.reseller_id):
        return  # nobody of a closed reseller's can act on it
    key = f"{author.once}:{effect.key}"
    if effect.by_mail:
        category = f"plugin:{author.plugin}"
        letter = Letter(category, key, effect.subject, effect.paragraphs, effect.button, effect.unsubscribe)
        mails.queue_to_account(session, account, letter, effect.recipients)
    if effect.in_panel:
        _put_up_notice(session, account, author.plugin, key, effect)


def _put_up_notice(session: Session, account: Account, plugin: str, key: str, effect: Notify) -> None:
    reseller = fetch(session, Reseller, account.reseller_id)
    with use_language(account.language), use_timezone(reseller.timezone):
        values = {
            "reseller_id": account.reseller_id,
            "account_id": account.id,
            "category": f"plugin:{plugin}",
            "title": str(effect.subject),
            "text": "\n".join(str(paragraph) for paragraph in effect.paragraphs),
            "url": effect.button[1] if effect.button else "",
            "once_key": key,
            "created_at": now(session),
        }
    insert_once(session, Notice, values)
