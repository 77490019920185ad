"""An in-memory host: it loads one plugin as a real one does and plays payments with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import Final, TypeVar, cast
from zoneinfo import ZoneInfo

from billhook.callbacks import Answer, RawRequest
from billhook.capabilities import (
    Acknowledges,
    AnswersQuestions,
    AnswersStatus,
    HearsHints,
    HearsNotifications,
    IssuesDocuments,
    TakesReturns,
)
from billhook.documents import DocumentSource
from billhook.errors import BadSignature, MalformedNotification, NotSupported, PluginError, ProviderError
from billhook.events import Effect, Event, Notify, Value
from billhook.facts import Judged, PaymentPaid, PaymentPending, Ruling
from billhook.host import answers
from billhook.host.answers import Rubbish, check_start
from billhook.host.effects import of_event
from billhook.host.judging import OPEN, Frozen
from billhook.host.loading import LoadedPlugin, load
from billhook.host.places import hook_of
from billhook.host.reading import again, callbacks_of, documents_of, identity_of
from billhook.host.tables import Tables
from billhook.http import GatewayUnreachable
from billhook.pages import Room
from billhook.provider import (
    Addresses,
    Instructions,
    PaymentProvider,
    StartRequest,
    Sums,
    Unavailable,
)
from billhook.settings import Level, SettingKind
from billhook.status import AttemptState, StatusAnswer, StatusRequest
from billhook.views import AccountType, AccountView, DocumentFacts, MethodView, PaymentStatus, PaymentView

from billhook_kit import patience, views
from billhook_kit.gateway import Started
from billhook_kit.host import NotOffered, Wish, WrongStart
from billhook_kit.judging import Books, Credit, Try
from billhook_kit.levels import Above
from billhook_kit.links import Links
from billhook_kit.pages import Pages
from billhook_kit.reader import FakeReader
from billhook_kit.rooms import Opened, Rooms, Visit
from billhook_kit.source import PluginSource, find_plugin, of_object
from billhook_kit.tables import MemoryTables

Read = TypeVar("Read")
_log = logging.getLogger(__name__)
_FORBIDDEN: Final = Answer(b"forbidden", 403)
_MALFORMED: Final = Answer(b"bad request", 400)
_NOT_FOUND: Final = Answer(b"not found", 404)
_NOT_ALLOWED: Final = Answer(b"method not allowed", 405)
_LATER: Final = Answer(b"try again later", 503)
_RETURNED: Final = Answer(b"<!doctype html><title>returned</title>", content_type="text/html; charset=utf-8")


class FakeHost:
    """One seller with one account of each type, in memory.

    plugin: a module or object with hooks (then `name` is its entry point's name), or the name of an installed plugin.
    Raises PluginError if the plugin does not load; PluginNotFound.
    """

    name = "FakeHost"

    def __init__(self, plugin: object, name: str = "", *, currency: str = "RUB") -> None:
        source = find_plugin(plugin) if isinstance(plugin, str) else of_object(name, plugin)
        if source.module is None:
            raise PluginError(source.name, source.error, "Import it yourself to see where.")
        self.plugin: LoadedPlugin = load(source.name, source.module)
        self.reseller = views.make_reseller(currency)
        self.now = views.NOON
        self.books = Books()
        self.tables = MemoryTables(self.plugin)
        self._accounts: dict[AccountType, AccountView] = {}
        self._methods: dict[int, Mapping[str, object]] = {}
        self._above = Above()
        self._failures: list[str] = []
        self._lock = Lock()
        self._pages = Pages(self.plugin)
        self._links = Links(self.plugin, lambda: self.now)

    @property
    def provider(self) -> PaymentProvider:
        if self.plugin.provider is None:
            raise NotSupported(f"{self.plugin.name} takes no payments")
        return self.plugin.provider

    def account(self, account_type: AccountType = AccountType.PERSON) -> AccountView:
        number = 7 + list(AccountType).index(account_type)
        account = views.make_account(self.reseller, account_type, id=number)
        return self._accounts.setdefault(account_type, account)

    def inherit(self, level: Level, settings: Mapping[str, object]) -> None:
        self._above.set(level, self.plugin.settings_at(level), settings)

    def method(self, settings: Mapping[str, object]) -> MethodView:
        """Configure the plugin as a method; what is not given is inherited, or has its default."""
        number = 14 + len(self._methods)
        self._methods[number] = dict(settings)
        return self._view(number)

    def present(self, method: MethodView) -> MethodView:
        return self._view(method.id) if method.id in self._methods else method

    def _view(self, number: int) -> MethodView:
        own, declared = self._methods[number], self.provider.settings
        former = {each.key: self._above.former(each, own) for each in declared if each.kind is SettingKind.SECRET}
        return views.make_method(
            self.plugin.name,
            declared,
            own,
            above=self._above.kept,
            previous_secrets=former,
            method_id=number,
            seller=views.seller_for(self.provider),
        )

    def payment(self, wish: Wish) -> PaymentView:
        number = f"{2563977 + len(self.books.statuses)}"
        payment = views.make_payment(
            wish.amount,
            self.account(wish.account_type),
            id=2580328 + len(self.books.statuses),
            number=number,
            purpose=wish.purpose,
            created_at=self.now,
            expires_at=self.now + timedelta(days=30),
            reseller=self.reseller,
        )
        self.books.statuses[number] = payment.status
        return payment

    def offer(self, payment: PaymentView, method: MethodView) -> str | None:
        """Return why a method can't be chosen for a payment, or None if it can."""
        if payment.account.type not in self.provider.account_types:
            return f"not for {payment.account.type}"
        if self.provider.currencies and payment.amount.currency not in self.provider.currencies:
            return f"not in {payment.amount.currency}"
        if self.status(payment) not in OPEN:
            return f"the payment is {self.status(payment)}"
        answer = self._asked("availability", lambda: self.provider.availability(payment, method))
        return str(answer.reason) if isinstance(answer, Unavailable) else None

    def start(
        self,
        payment: PaymentView,
        method: MethodView,
        language: str = "ru",
        answers: Mapping[str, object] | None = None,
    ) -> Started:
        reason = self.offer(payment, method)
        if reason is not None:
            raise NotOffered(reason)
        begun = self._try(payment, method, language, answers or {})
        request = again(begun.request, self.provider, method, language)
        try:
            outcome = self._asked("start", lambda: self.provider.start(request))
            check_start(self.provider.starts, outcome)
        except ProviderError as error:
            # Nothing was begun, so the next start is a new try; of what is unknown nothing is over.
            begun.over = not isinstance(error, GatewayUnreachable)
            raise
        except Rubbish as error:
            raise WrongStart(str(error)) from error
        begun.external_reference = outcome.external_reference or begun.external_reference
        if isinstance(outcome, PaymentPaid | PaymentPending):
            self.books.judge(self.plugin.name, method.id, replace(outcome, reference=request.reference))
        return Started(payment, method, outcome, request)

    def _try(self, payment: PaymentView, method: MethodView, language: str, given: Mapping[str, object]) -> Try:
        """Return the try that this start belongs to: the same start again (Back, a second press) takes it up."""
        merchant, is_test = identity_of(self.provider, method)
        frozen = Frozen(merchant, payment.amount, is_test, as_came=self.provider.sums is Sums.AS_CAME)
        former = self.books.of(payment.number, method.id)[-1:]
        if former and former[0].frozen == frozen and not former[0].over:
            return former[0]
        number = 1834729101 + len(self.books.tries)
        where = addresses(self.provider, payment, method)
        request = StartRequest(payment, method, where, f"{number}-try", number, language, answers=given)
        self.books.tries.append(Try(request, frozen))
        return self.books.tries[-1]

    def deliver(self, method: MethodView, address: str, request: RawRequest) -> Answer:
        hears = callbacks_of(self.provider).get(address)
        if hears is None:
            return _NOT_FOUND
        if hears is not TakesReturns and request.method != "POST":
            return _NOT_ALLOWED
        try:
            return self._judged(hears, self.present(method), replace(request, address=address))
        except BadSignature:
            return _FORBIDDEN
        except MalformedNotification:
            return _MALFORMED
        except Exception as error:  # noqa: BLE001  the host contains whatever a plugin raises
            self._failed(f"{address}: {patience.told(error)}")
            return _LATER

    def follow_hints(self) -> None:
        """Do nothing: it asked when the hint came."""

    def deliver_together(self, method: MethodView, address: str, requests: Sequence[RawRequest]) -> list[Answer]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda request: self.deliver(method, address, request), requests))

    def _judged(self, hears: type, method: MethodView, request: RawRequest) -> Answer:
        if hears is TakesReturns:
            return self._returned(method, request)
        if hears is HearsHints:
            return self._hinted(method, request)
        rulings = self._notified(method, request) if hears is HearsNotifications else self._questioned(method, request)
        judged = Judged(request, method, tuple(rulings))
        return self._asked("acknowledge", lambda: cast(Acknowledges, self.provider).acknowledge(judged))

    def _hinted(self, method: MethodView, request: RawRequest) -> Answer:
        """Take a hint. A real host asks later, and not more often than it says; this one does at once."""
        provider = cast(HearsHints, self.provider)
        hint = self._asked("hint", lambda: provider.hint(request, method))
        named = (each for each in self.books.tries if each.is_named(hint.reference, hint.external_reference))
        begun = next(named, None)
        if begun is not None:
            question = views.asked_about(begun.request, self.now, 0, begun.external_reference)
            with suppress(ProviderError):
                self._take(method, self._asked("query", lambda: provider.query(question)))
        return provider.hint_answer

    def _take(self, method: MethodView, answer: StatusAnswer) -> None:
        with self._lock:
            for fact in [] if isinstance(answer, AttemptState) else answer:
                self.books.judge(self.plugin.name, method.id, fact)

    def _notified(self, method: MethodView, request: RawRequest) -> list[Ruling]:
        provider = cast(HearsNotifications, self.provider)
        self._asked("verify", lambda: provider.verify(request, method))
        try:
            facts = self._asked("parse", lambda: provider.parse(request, method))
        except MalformedNotification:
            with self._lock:
                return [self.books.park_unreadable(request.body)]
        with self._lock:
            return [self.books.judge(self.plugin.name, method.id, fact) for fact in facts]

    def _questioned(self, method: MethodView, request: RawRequest) -> list[Ruling]:
        provider = cast(AnswersQuestions, self.provider)
        claim = self._asked("claim", lambda: provider.claim(request, method))
        return [self.books.may_be_paid(method.id, claim)]

    def _returned(self, method: MethodView, request: RawRequest) -> Answer:
        # Anybody can open a return page with anything: what can't be read counts as unsuccessful.
        with suppress(BadSignature, MalformedNotification):
            self._asked("returned", lambda: cast(TakesReturns, self.provider).returned(request, method))
        return _RETURNED

    def _asked(self, place: str, ask: Callable[[], Read]) -> Read:
        """Return the plugin's answer, as hosts let it in. Raises Rubbish, TooSlow and what the plugin raises."""
        with patience.within(place):
            answer = ask()
        answers.check(self.plugin.name, place, answer)
        return answer

    def cancel(self, payment: PaymentView) -> None:
        self.books.statuses[payment.number] = PaymentStatus.CANCELLED

    def expire(self, payment: PaymentView) -> None:
        self.now = max(self.now, payment.expires_at + timedelta(seconds=1))
        self.books.statuses[payment.number] = PaymentStatus.EXPIRED

    def status(self, payment: PaymentView) -> PaymentStatus:
        return self.books.statuses[payment.number]

    def credits(self) -> list[Credit]:
        return list(self.books.credits)

    def parked(self) -> int:
        return len(self.books.parked)

    def failures(self) -> list[str]:
        return list(self._failures)

    def _failed(self, words: str) -> None:
        self._failures.append(words)
        _log.debug("plugin failed: %s", words, exc_info=True)

    def page(self, started: Started, language: str = "ru") -> str:
        """Render what `start` asked to be shown. Raises NotSupported if it was no Instructions."""
        if not isinstance(started.outcome, Instructions):
            raise NotSupported(f"{self.plugin.name} shows no page of its own")
        return self._pages.instructions(started, started.outcome, language)

    def open_page(self, room: Room, name: str, visit: Visit | None = None) -> Opened:
        """Open a page of the plugin: in the customer's room the private person's account."""
        return self._rooms().open_page(room, name, visit or Visit())

    def link(self, name: str, subject: str) -> str:
        """Return the address of a link. Raises LookupError, ValueError."""
        return self._links.address(name, subject)

    def open_link(self, address: str, visit: Visit | None = None) -> Opened:
        """Open a link by its address, as somebody who is not signed in."""
        return self._rooms().open_link(address, visit or Visit())

    def _rooms(self) -> Rooms:
        known = {account.id: account for account in map(self.account, AccountType)}
        return Rooms(
            plugin=self.plugin,
            pages=self._pages,
            links=self._links,
            reseller=self.reseller,
            account=self.account(),
            reader=replace(self.reader(self.account().id), others=known),
            tables=self.tables,
            now=lambda: self.now,
            failed=self._failed,
        )

    def document(self, started: Started, kind: str) -> DocumentSource:
        payment, method = started.payment, started.method
        day = self.now.astimezone(ZoneInfo(self.reseller.timezone)).date()
        link = addresses(self.provider, payment, method).documents.get(kind, "")
        facts = DocumentFacts(payment.number, day, link)
        provider = cast(IssuesDocuments, self.provider)
        return self._asked("document", lambda: provider.document(kind, payment, method, facts))

    def query(self, started: Started, tries: int = 0) -> StatusAnswer:
        request = views.asked_about(started.request, self.now, tries, started.outcome.external_reference)
        return self._asked("query", lambda: cast(AnswersStatus, self.provider).query(request))

    def question(self, payment: PaymentView, method: MethodView, tries: int = 0) -> StatusRequest:
        """Return the question about the newest try of a payment, also about one whose `start` raised."""
        begun = self.books.of(payment.number, method.id)[-1]
        request = again(begun.request, self.provider, method, begun.request.language)
        return views.asked_about(request, self.now, tries, begun.external_reference)

    def tell(self, event: Event) -> list[Effect]:
        """Deliver an event and write what the plugin keeps in tables of its own; notices are only returned.

        Raises what the handler raises, TypeError for what are no effects, and what a table does not take.
        """
        effects = self.ask(event)
        self.tables.write([effect for effect in effects if not isinstance(effect, Notify)], self.reseller.id)
        return effects

    def ask(self, event: Event) -> list[Effect]:
        """Deliver an event whose effects get lost, as when a worker dies before it writes them: it comes again."""
        hook = hook_of(type(event))
        with patience.within(hook):
            answer = self.plugin.hooks[hook](event=event, reader=self.reader(event.account_id))
        return of_event(answer, event, self.tables.shapes)

    def reader(self, account_id: int) -> FakeReader:
        """Return what a handler reads with: the account, its seller, settings, and rows of the plugin's tables."""
        declared = self.plugin.settings
        settings = views.telling_settings(declared, self.reseller.currency, self._above.kept)
        former = {each.key: self._above.former(each, {}) for each in declared if each.kind is SettingKind.SECRET}
        known = {account.id: account for account in map(self.account, AccountType)}
        account = known.get(account_id) or replace(self.account(), id=account_id)
        return FakeReader(account, self.reseller, settings, former=former, links=self._links, tables=self.tables)

    def own_tables(self) -> Tables:
        """Return the plugin's tables as its migrations made them. Raises PluginError if they fail."""
        return self.tables.shapes()

    def rows(self, table: str) -> list[Mapping[str, Value]]:
        """Return what a table of the plugin's own holds, oldest first."""
        return self.reader(0).rows(table, limit=1000)


def addresses(provider: PaymentProvider, payment: PaymentView, method: MethodView) -> Addresses:
    """Return the addresses that a host gives to `start`, in the shape that it serves."""
    root = f"{views.PANEL}/plugin/{provider.name}"
    return Addresses(
        callbacks={name: f"{root}/method/{method.id}/{name}" for name in callbacks_of(provider)},
        documents={
            kind.name: f"{root}/payment/{payment.id}/payment_method/{method.id}/{kind.name}?h={'0' * 32}"
            for kind in documents_of(provider)
        },
        payment_page=f"{views.PANEL}/accounts/{payment.account.id}/payments/{payment.id}",
    )


@contextmanager
def open_fake(source: PluginSource, currency: str) -> Iterator[FakeHost]:
    """Open a FakeHost for one check. Raises PluginError if the plugin does not load."""
    if source.module is None:
        raise PluginError(source.name, source.error, "Import it yourself to see where.")
    host = FakeHost(source.module, source.name, currency=currency)
    try:
        yield host
    finally:
        host.tables.close()
