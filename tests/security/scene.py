"""Two resellers and the operator with twin data, and everybody who might look at it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from billhook import Level, Setting, SettingKind
from billhook_kit import make_seller
from flask import Flask
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import (
    AccessLevel,
    Document,
    Mail,
    Notice,
    Outbox,
    Payment,
    Plan,
    PluginActivation,
    SellerAccount,
    Subscription,
    UserKind,
    open_store,
)
from host_stub.persistence.store import now
from host_stub.plugins.registry import Registry
from tests.customer.fakes import CashDesk, Plugin, Printer, Warner
from tests.platform import notes
from tests.support.web import BASE_URL, Visitor, a_customer, a_user, an_app, store_of
from tests.support.world import a_method, a_parked_arrival, a_reseller, an_account

PLUGIN, WATCHER, PAGES, KEY = "cash_desk", "warner", "notes", "paper"
MISSING = 999_999


class Desk(CashDesk):
    name: ClassVar[str] = PLUGIN
    settings = (
        Setting(KEY, SettingKind.LIQUID, "Paper", inherits_from=Level.OPERATOR, stock="{{ payment.number }}"),
        Setting("desk", SettingKind.TEXT, "Desk", inherits_from=Level.OPERATOR),
    )


@dataclass(frozen=True)
class Side:
    """One account with its reseller: ids by the names that stand in addresses."""

    ids: dict[str, int]
    users: dict[str, int]


class Scene:
    """The same rows for accounts A and B of reseller 1, C of reseller 2.

    people: user ids by role. `visitor(role)` is their browser.
    """

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.registry = Registry.of({PLUGIN: Plugin(Desk), WATCHER: Warner(), PAGES: notes})
        self.url, self.clock = url, clock
        self.app: Flask = an_app(url, clock, registry=self.registry, renderer=Printer())
        self.people: dict[str, int] = {}
        with store_of(self.app).write() as session:
            self._fill(session)
        self._visitors: dict[str, Visitor] = {}
        self._cookies: dict[str, str] = {}

    def _fill(self, session: Session) -> None:
        root = a_reseller(session, "Оператор", is_operator=True)
        self._turn_on(session, root, PLUGIN)
        self._turn_on(session, root, WATCHER)
        self._turn_on(session, root, PAGES)
        self.people["operator"] = a_user(session, root, UserKind.MANAGER, "op@example.com").id
        first, second = a_reseller(session, "Первый"), a_reseller(session, "Второй")
        self.a, self.b = self._side(session, first, "a"), self._side(session, first, "b")
        self.c = self._side(session, second, "c")
        self.people |= {level.value: self.a.users[level.value] for level in AccessLevel}
        self.people |= {
            "sibling": self.b.users["owner"],
            "stranger": self.c.users["owner"],
            "manager": self.a.users["manager"],
            "other_manager": self.c.users["manager"],
        }

    def _turn_on(self, session: Session, reseller: Any, plugin: str) -> None:
        if session.get(PluginActivation, (reseller.id, plugin)) is None:
            on = PluginActivation(reseller_id=reseller.id, plugin=plugin, enabled=True, changed_at=now(session))
            session.add(on)

    def _side(self, session: Session, reseller: Any, name: str) -> Side:
        account = an_account(session, reseller, name=f"Клиент {name}")
        users = {
            level.value: a_customer(session, account, f"{level}-{name}@example.com", level).id for level in AccessLevel
        }
        for who in ("manager", "colleague"):
            users[who] = a_user(session, reseller, UserKind.MANAGER, f"{who}-{name}@example.com").id
        method = a_method(session, reseller, PLUGIN)
        self._turn_on(session, reseller, WATCHER)
        self._turn_on(session, reseller, PAGES)
        return Side(self._rows(session, reseller, account, method, name), users)

    def _rows(self, session: Session, reseller: Any, account: Any, method: Any, name: str) -> dict[str, int]:
        at, common = now(session), {"reseller_id": reseller.id}
        payment = Payment(
            **common,
            account_id=account.id,
            number=f"N-{name}",
            amount_minor=5000_00,
            currency="RUB",
            status="waiting_for_payment",
            method_id=method.id,
            created_at=at,
            created_by="system::Billhook",
            expires_at=at.replace(year=at.year + 1),
        )
        plan = Plan(**common, name=f"Тариф {name}", period="month", price_minor=100_00, created_at=at)
        session.add_all([payment, plan])
        session.flush()
        subscription = Subscription(
            **common, account_id=account.id, plan_id=plan.id, name=f"VPS {name}", status="pending", created_at=at
        )
        document = Document(
            **common,
            payment_id=payment.id,
            method_id=method.id,
            kind="receipt",
            issued_at=at,
            issued_on=at.date(),
            file_name="bill.pdf",
            content=b"%PDF",
            sha256=hashlib.sha256(b"%PDF").hexdigest(),
            frozen={},
            template_sha256="",
        )
        arrival = a_parked_arrival(session, method, key=f"e-{name}", reference=f"N-{name}", payment_id=payment.id)
        words = {"category": "test", "once_key": f"k-{name}", "created_at": at, **common, "account_id": account.id}
        notice = Notice(**words, title="Заголовок", text="Текст")
        mail = Mail(
            **words, recipient="x@example.com", subject="s", text="t", html="", message_id=f"<{name}>", status="sent"
        )
        outbox = Outbox(
            **common, receiver="mail", lane=f"mail:{name}", kind="mail", payload={}, created_at=at, dead_at=at
        )
        session.add_all([subscription, document, notice, mail, outbox])
        session.flush()
        return {
            "reseller_id": reseller.id,
            "account_id": account.id,
            "payment_id": payment.id,
            "method_id": method.id,
            "document_id": document.id,
            "bank_account_id": _bank_account(session, reseller),
            "plan_id": plan.id,
            "subscription_id": subscription.id,
            "arrival_id": arrival.id,
            "notice_id": notice.id,
            "mail_id": mail.id,
            "outbox_id": outbox.id,
        }

    def visitor(self, role: str) -> Visitor:
        """Return the browser of a role, as it was right after the sign-in."""
        if role not in self._visitors:
            self._visitors[role] = Visitor(self.app, self.people.get(role))
            self._visitors[role].csrf()
            cookie = self._visitors[role].client.get_cookie("billhook")
            self._cookies[role] = cookie.value if cookie else ""
        self._visitors[role].client.set_cookie("billhook", self._cookies[role])
        return self._visitors[role]

    def on(self, url: str) -> None:
        """Let the application work on another copy of the database from here on."""
        panel = self.app.extensions["billhook"]
        panel.store.close()
        store = open_store(url, self.clock, base_url=BASE_URL)
        self.registry.attach(store)
        self.app.extensions["billhook"] = replace(panel, store=store)

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))


def _bank_account(session: Session, reseller: Any) -> int:
    """Return a bank account beside the default one, so that it can be given up."""
    row = SellerAccount(
        reseller_id=reseller.id,
        scheme="ru",
        values={**make_seller().account.values, "account": "40702810400000000225"},  # type: ignore[union-attr]
        is_default=False,
        created_at=now(session),
    )
    session.add(row)
    session.flush()
    return row.id
