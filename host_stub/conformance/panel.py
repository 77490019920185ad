"""The panel behind the kit's interface: messages and pages go over HTTP, the rest through the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from threading import Barrier
from typing import Any, Final, cast
from urllib.parse import urlencode

from billhook import (
    AccountType,
    AccountView,
    Answer,
    AnswersStatus,
    DocumentSource,
    Effect,
    Level,
    MethodView,
    Money,
    PaymentProvider,
    PaymentStatus,
    PaymentView,
    RawRequest,
    Room,
    Setting,
    StatusAnswer,
    Value,
)
from billhook.events import Event
from billhook.host.places import hook_of
from billhook.host.tables import Tables
from billhook_kit import Credit, NotOffered, Opened, Started, Visit, Wish
from billhook_kit.views import asked_about, telling_settings
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.render import Renderer as Printer
from host_stub.adapters.render.errors import StockNotDrawn
from host_stub.app import create_app
from host_stub.config import Config
from host_stub.conformance import rows
from host_stub.conformance.quiet import log_quietly
from host_stub.conformance.rooms import Browser
from host_stub.conformance.watching import WatchedRegistry
from host_stub.domain.actors import Actor
from host_stub.domain.arrivals import Door
from host_stub.domain.errors import MethodUnavailable
from host_stub.persistence import (
    Account,
    ArrivalMessage,
    Entry,
    LedgerTransaction,
    Leg,
    Payment,
    PaymentMethod,
    PluginFailure,
    Scope,
    Store,
)
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.persistence.store import fetch
from host_stub.plugins import delivery, documents, links, paying, status_queries
from host_stub.plugins.desk import Desk, Renderer
from host_stub.services.money_in import methods, payments
from host_stub.services.queues.deliveries import Delivered, Task
from host_stub.services.queues.events import payload_of
from host_stub.services.queues.outbox import PLUGIN
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.telling.views import account_view, payment_view
from host_stub.web.session import TOKEN

BASE_URL: Final = "http://localhost"
_OPERATOR: Final = Actor("operator", "Conformance kit", 0)

#: A panel's routes cost more than a check: one panel serves all checks, with a database for each. What it takes from a
#: plugin for good is the template folder.
_APPS: Final[dict[Path | None, Flask]] = {}


class NoPaper:
    """Draws nothing: the kit looks at documents before they are drawn."""

    def render(self, source: DocumentSource) -> Any:
        raise NotImplementedError("the kit draws no documents")

    def check(self, template: str) -> str | None:
        return None


@cache
def _printer() -> Printer:
    """The one that draws documents for the kit, made when the first is to be drawn."""
    return Printer(children=1)


class PanelHost:
    """One seller's panel with one plugin; see billhook_kit.Host."""

    name = "host_stub"

    def __init__(self, store: Store, registry: WatchedRegistry, plugin: str, currency: str) -> None:
        self._store = store
        self._registry = registry
        self._plugin = plugin
        self._keys = new_keys()
        registry.attach(store)
        with store.write() as session:
            self._reseller_id = rows.add_reseller(session, plugin, currency)
            self._accounts = {kind: rows.add_account(session, self._reseller_id, kind) for kind in AccountType}
        self._currency = currency
        self._save_telling_settings()

    @cached_property
    def _app(self) -> Flask:
        templates = self._registry.plugins[self._plugin].templates
        app = _APPS.get(templates)
        if app is None:
            app = _APPS[templates] = self._new_app()
        app.extensions["billhook"] = replace(
            app.extensions["billhook"], store=self._store, registry=self._registry, keys=self._keys
        )
        return app

    def _new_app(self) -> Flask:
        config = Config(base_url=BASE_URL, demo=True)
        paper = cast(Renderer, NoPaper())
        app = create_app(config, store=self._store, keys=self._keys, registry=self._registry, renderer=paper)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        log_quietly()  # the panel has set up its own log
        return app

    @property
    def _scope(self) -> Scope:
        return Scope.reseller(self._reseller_id)

    @property
    def _desk(self) -> Desk:
        return Desk(self._store, self._registry, self._keys, cast(Renderer, NoPaper()), BASE_URL)

    @property
    def provider(self) -> PaymentProvider:
        return self._registry.provider(self._plugin)

    def account(self, account_type: AccountType = AccountType.PERSON) -> AccountView:
        with self._store.read(self._scope) as session:
            return account_view(session, fetch(session, Account, self._accounts[account_type]))

    def inherit(self, level: Level, settings: Mapping[str, object]) -> None:
        """See Host. Saved as the pages of reseller and operator do."""
        owner = Owner(self._plugin, self._reseller_id if level is Level.RESELLER else None)
        if level is Level.OPERATOR:
            with self._store.write() as session:
                rows.add_operator(session)
        declared = self._registry.plugins[self._plugin].settings_at(level)
        scope = self._scope if level is Level.RESELLER else Scope.everything()
        plugin_settings.save(self._store, scope, owner, declared, settings, by=_OPERATOR, keys=self._keys)

    def method(self, settings: Mapping[str, object]) -> MethodView:
        provider = self.provider
        method_id = methods.save_method(
            self._store,
            self._scope,
            methods.MethodDraft(self._plugin, tuple(AccountType), settings=settings),
            provider=provider,
            keys=self._keys,
            doctor=lambda view: self._registry.ask(view, "check_settings", provider.check_settings, view),
            by=_OPERATOR,
        )
        return self._view(method_id)

    def present(self, method: MethodView) -> MethodView:
        return self._view(method.id)

    def _view(self, method_id: int) -> MethodView:
        with self._store.read(self._scope) as session:
            row = fetch(session, PaymentMethod, method_id)
        return methods.present_view(self._store, row, self.provider, self._keys)

    def payment(self, wish: Wish) -> PaymentView:
        top_up = payments.TopUp(self._accounts[wish.account_type], wish.amount, wish.purpose)
        payment_id = payments.start_top_up(self._store, self._scope, top_up, by=_OPERATOR)
        with self._store.read(self._scope) as session:
            return payment_view(session, fetch(session, Payment, payment_id))

    def start(
        self,
        payment: PaymentView,
        method: MethodView,
        language: str = "ru",
        answers: Mapping[str, object] | None = None,
    ) -> Started:
        whose = (self._desk, self._scope, payment.id, method.id)
        try:
            begun = paying.start(*whose, language=language, by=_OPERATOR, answers=answers)
        except MethodUnavailable as error:
            raise NotOffered(str(error)) from error
        return Started(begun.payment, method, begun.outcome, begun.request)

    def deliver(self, method: MethodView, action: str, request: RawRequest) -> Answer:
        answer = self._send(method, action, request)
        return Answer(answer.data, answer.status_code, answer.content_type)

    def _send(self, method: MethodView, action: str, request: RawRequest) -> TestResponse:
        return self._app.test_client().open(
            f"/plugin/{self._plugin}/method/{method.id}/{action}",
            method=request.method,
            data=request.body,
            query_string=urlencode(request.fields, errors="surrogateescape") if request.method == "GET" else None,
            content_type=request.content_type or None,
            headers=list(request.headers.items()),
        )

    def follow_hints(self) -> None:
        status_queries.ask_due(self._store, self._registry, self._keys)

    def deliver_together(self, method: MethodView, action: str, requests: Sequence[RawRequest]) -> list[Answer]:
        gate = Barrier(len(requests))
        self._app.test_client()  # the panel is built before the race

        def at_the_gate(request: RawRequest) -> Answer:
            gate.wait()
            return self.deliver(method, action, request)

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(at_the_gate, requests))

    def cancel(self, payment: PaymentView) -> None:
        payments.cancel(self._store, self._scope, payment.id, by=_OPERATOR)

    def expire(self, payment: PaymentView) -> None:
        clock = cast(FixedClock, self._store.clock)
        clock.set(max(clock.now(), payment.expires_at + timedelta(seconds=1)))
        payments.expire_due(self._store)

    def status(self, payment: PaymentView) -> PaymentStatus:
        with self._store.read(self._scope) as session:
            return PaymentStatus(fetch(session, Payment, payment.id).status)

    def credits(self) -> list[Credit]:
        """See Host. Read from the ledger: what the plugin's gateway brought to the customers' balances."""
        query = (
            select(Payment.number, Entry.amount_minor, Entry.currency, LedgerTransaction.source_id)
            .join(LedgerTransaction, LedgerTransaction.payment_id == Payment.id)
            .join(Entry, Entry.transaction_id == LedgerTransaction.id)
            .where(Entry.leg == Leg.CUSTOMER, LedgerTransaction.source.startswith(f"{Door.GATEWAY}/{self._plugin}:"))
            .order_by(LedgerTransaction.id)
        )
        with self._store.read(self._scope) as session:
            return [
                Credit(number, Money(minor, currency), key) for number, minor, currency, key in session.execute(query)
            ]

    def parked(self) -> int:
        query = select(func.count()).select_from(ArrivalMessage).where(ArrivalMessage.reason != "")
        with self._store.read(self._scope) as session:
            return session.scalars(query).one()

    def failures(self) -> list[str]:
        with self._store.read() as session:
            found = session.scalars(select(PluginFailure).order_by(PluginFailure.last_at))
            return [f"{failure.place}: {failure.error}" for failure in found]

    def page(self, started: Started, language: str = "ru") -> str:
        """See Host. Raises RuntimeError if the panel shows another page instead."""
        account_id = started.payment.account.id
        with self._store.write() as session:
            token = rows.sign_in_customer(session, fetch(session, Account, account_id), language)
        client = self._app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
        answer = client.get(f"/accounts/{account_id}/payments/{started.payment.id}/methods/{started.method.id}")
        if answer.status_code != 200:
            raise RuntimeError(f"the page was answered {answer.status_code}: {'; '.join(self.failures())}")
        return answer.text

    def open_page(self, room: Room, name: str, visit: Visit | None = None) -> Opened:
        return self._browser.page(self._plugin, room, name, visit or Visit())

    def link(self, name: str, subject: str) -> str:
        declared = self._registry.plugins[self._plugin].link(name)
        if declared is None:
            raise LookupError(f"{self._plugin} has no link {name!r}")
        held = links.made(self._plugin, declared, self._reseller_id, subject, self._store.now())
        return links.address(self._keys, BASE_URL, held)

    def open_link(self, address: str, visit: Visit | None = None) -> Opened:
        return self._browser.link(address.removeprefix(BASE_URL), visit or Visit())

    @property
    def _browser(self) -> Browser:
        return Browser(self._app, self._store, self._registry, self._reseller_id, self._accounts)

    def document(self, started: Started, kind: str) -> DocumentSource:
        return documents.source_of(self._desk, self._scope, started.payment.id, started.method.id, kind)

    def drawn(self, started: Started, kind: str) -> list[str]:
        """See DatabaseHost."""
        source = self.document(started, kind)
        try:
            done = _printer().render(source)
        except StockNotDrawn as error:
            return [str(error)]
        problem = [f"its template was not drawn: {done.problem}"] if done.problem else []
        return [*problem, *(f"its template names {each!r}, which it is not given" for each in done.unknown)]

    def query(self, started: Started, tries: int = 0) -> StatusAnswer:
        request = asked_about(started.request, self._store.now(), tries, started.outcome.external_reference)
        return self._registry.ask(request.method, "query", cast(AnswersStatus, self.provider).query, request)

    def tell(self, event: Event) -> list[Effect]:
        """See Host. The effects are written as the worker would. Raises RuntimeError if the handler failed."""
        outcome = self._delivered(event)
        if outcome.effects is not None:
            with self._store.write() as session:
                outcome.effects(session)
        return list(self._registry.answers[hook_of(type(event))])

    def ask(self, event: Event) -> list[Effect]:
        self._delivered(event)
        return list(self._registry.answers[hook_of(type(event))])

    def _delivered(self, event: Event) -> Delivered:
        task = _task(event, self._plugin, self._store.now())
        outcome = delivery.PluginReceiver(self._store, self._registry, self._keys).deliver(task)
        if not isinstance(outcome, Delivered):
            raise RuntimeError(f"{outcome.error}; {'; '.join(self.failures())}")
        return outcome

    def own_tables(self) -> Tables:
        with self._store.read() as session:
            return OwnTables(session, self._plugin, self._reseller_id).shapes()

    def rows(self, table: str) -> list[Mapping[str, Value]]:
        with self._store.read() as session:
            return OwnTables(session, self._plugin, self._reseller_id).rows(table, limit=1000)

    def watch_tables(self) -> None:
        """See DatabaseHost."""
        self._registry.watched = self._store

    def touched(self) -> list[str]:
        """See DatabaseHost."""
        return list(self._registry.touched)

    def asked(self) -> list[str]:
        """See DatabaseHost."""
        return list(self._registry.asked)

    def _save_telling_settings(self) -> None:
        declared: Sequence[Setting] = self._registry.plugins[self._plugin].settings
        owner = Owner(self._plugin, self._reseller_id)
        sums = {
            key: value for key, value in telling_settings(declared, self._currency).items() if isinstance(value, Money)
        }
        plugin_settings.save(self._store, self._scope, owner, declared, sums, by=_OPERATOR)


def _task(event: Event, plugin: str, at: datetime) -> Task:
    return Task(
        id=1,
        receiver=f"{PLUGIN}{plugin}",
        lane=f"{event.account_id}",
        reseller_id=event.reseller_id,
        kind=hook_of(type(event)),
        payload=payload_of(event),
        attempts=0,
        created_at=at,
        token="",
        tries=1,
        lease_ends=float("inf"),
    )
