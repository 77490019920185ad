"""The bench on which a check has its plugin: a host of its own, payments, and the gateway's messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from billhook.callbacks import Answer, RawRequest
from billhook.capabilities import HearsNotifications
from billhook.errors import PluginError
from billhook.facts import Ignored, PaymentPaid
from billhook.host.loading import LoadedPlugin, load
from billhook.host.reading import callbacks_of, identity_of
from billhook.money import Money
from billhook.provider import PaymentProvider
from billhook.settings import Level, SettingKind
from billhook.status import StatusRequest
from billhook.views import MethodView

from billhook_kit import patience, views
from billhook_kit.fake_host import open_fake
from billhook_kit.gateway import GatewayUnderTest, ProviderUnderTest, Report, Started
from billhook_kit.guard import Network
from billhook_kit.host import Host, OpenHost, Wish
from billhook_kit.source import PluginSource


@dataclass
class Subject:
    """The plugin under test, loaded once for what is asked without a host. plugin: None if it does not load."""

    source: PluginSource
    adapter: ProviderUnderTest | None = None
    plugin: LoadedPlugin | None = None
    fault: str = ""

    def __post_init__(self) -> None:
        if self.source.module is None:
            self.fault = self.source.error
            return
        try:
            with patience.within(patience.COLLECTORS):
                self.plugin = load(self.source.name, self.source.module)
        except (PluginError, patience.TooSlow) as error:
            self.fault = str(error)
        except Exception as error:  # noqa: BLE001  a collector may raise anything
            self.fault = patience.told(error)


@dataclass
class Bench:
    """What a check works with. The host is opened when it is first asked for, and closed after the check.

    with_gateway: the author's stand-in for the gateway answers; without it the gateway can't be reached.
    """

    subject: Subject
    open_host: OpenHost
    _stack: ExitStack
    network: Network
    with_gateway: bool = True
    _number: int = field(default=0)

    @property
    def plugin(self) -> LoadedPlugin:
        assert self.subject.plugin is not None, "the check needs a loaded plugin"
        return self.subject.plugin

    @property
    def provider(self) -> PaymentProvider:
        """A provider that no host has used; each of its methods has the deadline that hosts give it."""
        assert self.plugin.provider is not None, "the check needs a provider"
        return patience.patient(type(self.plugin.provider)())

    @property
    def gateway(self) -> GatewayUnderTest:
        assert isinstance(self.subject.adapter, GatewayUnderTest), "the check needs the author's gateway"
        return self.subject.adapter

    @cached_property
    def host(self) -> Host:
        if self.subject.adapter is not None and self.with_gateway:
            with self.network.strangers.aside():
                self._stack.enter_context(self.subject.adapter.online())
        host = self._stack.enter_context(self.open_host(self.subject.source, self.currency))
        for level, values in self._shared().items():
            host.inherit(level, values)
        return host

    @contextmanager
    def in_memory(self, *, with_gateway: bool) -> Iterator[Bench]:
        """Yield a bench with a FakeHost of its own, whatever host this one has."""
        with ExitStack() as stack:
            yield Bench(self.subject, open_fake, stack, self.network, with_gateway)

    @property
    def currency(self) -> str:
        provider = self.plugin.provider
        currencies = provider.currencies if provider else ()
        return "RUB" if not currencies or "RUB" in currencies else currencies[0]

    @property
    def settings(self) -> dict[str, object]:
        """The author's settings of a method; what is left out and required holds something plausible."""
        shared = {each.key for each in self.plugin.settings}
        given = {key: value for key, value in self._given.items() if key not in shared}
        return views.fill_in(self.provider.settings, given)

    @property
    def _given(self) -> Mapping[str, object]:
        return self.subject.adapter.settings if self.subject.adapter else {}

    def _shared(self) -> Mapping[Level, Mapping[str, object]]:
        """Return what the author gave for settings of no method, by the nearest level to an account at which a reseller
        or the operator sets them; and something plausible for each secret, since a handler without one may do
        nothing."""
        found: dict[Level, dict[str, object]] = {}
        for setting in self.plugin.settings:
            level = next(each for each in setting.levels if each in (Level.RESELLER, Level.OPERATOR))
            if setting.key in self._given:
                found.setdefault(level, {})[setting.key] = self._given[setting.key]
            elif setting.kind is SettingKind.SECRET:
                found.setdefault(level, {})[setting.key] = views.plausible(setting)
        return found

    @property
    def secrets(self) -> Mapping[str, str]:
        """Every secret that the plugin is given, by key."""
        declared = {each.key for each in self.plugin.all_settings if each.kind is SettingKind.SECRET}
        own = self.settings if self.plugin.provider is not None else {}
        given = [own, *self._shared().values()]
        return {key: str(value) for values in given for key, value in values.items() if key in declared and value}

    @property
    def secret_keys(self) -> list[str]:
        return [each.key for each in self.provider.settings if each.kind is SettingKind.SECRET]

    def sum(self, amount: str = "5000.00") -> Money:
        return Money.of(amount, self.currency)

    def view(
        self, changes: Mapping[str, object] | None = None, previous: Mapping[str, tuple[str, ...]] | None = None
    ) -> MethodView:
        """Return the author's method without a host, with some settings changed.

        previous: secrets that were replaced lately, by key.
        """
        settings = {**self.settings, **(changes or {})}
        seller = views.seller_for(self.provider)
        return views.make_method(
            self.plugin.name, self.provider.settings, settings, previous_secrets=previous, seller=seller
        )

    @cached_property
    def method(self) -> MethodView:
        """The author's method on the host."""
        return self.host.method(self.settings)

    def started(self, wish: Wish | None = None, method: MethodView | None = None) -> Started:
        """Return a new payment of 5 000.00, started with the author's method."""
        wish = wish or Wish(self.sum(), self.provider.account_types[0])
        return self.host.start(self.host.payment(wish), method or self.method, answers=self.answers)

    @property
    def answers(self) -> Mapping[str, object]:
        """What the author's payer answers."""
        return self.subject.adapter.answers if self.subject.adapter else {}

    def report(self, started: Started, **changes: Any) -> Report:
        """Return the truth about a started payment, as a new payment of the gateway; `changes` replace parts of it."""
        self._number += 1
        method = started.method
        merchant, is_test = identity_of(self.provider, method)
        truth = Report(
            started=started,
            method=method,
            reference=self.named(started),
            merchant=merchant,
            amount=started.payment.amount,
            is_test=is_test,
            external_id=f"{43184404 + self._number}",
            paid_at=views.NOON + timedelta(minutes=self._number),
            payer="A. Payer",
        )
        return replace(truth, **changes)

    def named(self, started: Started) -> str:
        """Return how the gateway names a try."""
        adapter = self.subject.adapter
        numbered = isinstance(adapter, GatewayUnderTest) and adapter.numbered
        return str(started.request.reference_number) if numbered else started.reference

    def question(self, started: Started) -> StatusRequest:
        """Return the first question about a try."""
        return views.asked_about(started.request, views.NOON, 0, started.outcome.external_reference)

    def addresses(self, *hears: type) -> list[str]:
        """Return the names of the callback addresses at which messages for these capabilities come."""
        return [name for name, kind in callbacks_of(self.provider).items() if kind in hears]

    @property
    def notify_address(self) -> str:
        """Where notifications come: the address that the author named, else the first."""
        return self.gateway.callback or self.addresses(HearsNotifications)[0]

    def notification(self, started: Started, **changes: Any) -> RawRequest:
        return self.gateway.notification(self.report(started, **changes))

    def notify(self, request: RawRequest, method: MethodView | None = None) -> Answer:
        """Deliver a notification to the host."""
        return self.host.deliver(method or self.method, self.notify_address, request)

    def read(self, request: RawRequest, method: MethodView, provider: PaymentProvider | None = None) -> PaymentPaid:
        """Verify a notification without a host, and return the one paid act that it tells of.

        Raises what the provider raises, TypeError for another number of them.
        """
        hearer, request = cast(HearsNotifications, provider or self.provider), self.at_its_address(request)
        hearer.verify(request, method)
        found = [fact for fact in hearer.parse(request, method) if not isinstance(fact, Ignored)]
        if len(found) != 1 or not isinstance(found[0], PaymentPaid):
            raise TypeError(f"parse returned {found!r:.60}, not one PaymentPaid")
        return found[0]

    def at_its_address(self, request: RawRequest) -> RawRequest:
        """Return a notification as a host hands it over."""
        return replace(request, address=self.notify_address)

    def why(self) -> str:
        """Return the last failure that the host saw, for a message."""
        failures = self.host.failures()
        return f" ({failures[-1]})" if failures else ""
