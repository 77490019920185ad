"""What goes wrong at one place stays there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event, get_ident
from types import SimpleNamespace

import pytest
from billhook import (
    AccountType,
    Answer,
    BadSignature,
    DocumentFacts,
    DocumentKind,
    DocumentSource,
    HearsNotifications,
    Instructions,
    IssuesDocuments,
    Judged,
    Level,
    MethodView,
    NotSupported,
    PaymentPaid,
    PaymentProvider,
    PaymentView,
    RawRequest,
    Setting,
    SettingKind,
    Start,
    StartRequest,
    hookimpl,
)
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select, text

from host_stub.adapters.keys import new_keys
from host_stub.adapters.render.pool import RenderedDocument
from host_stub.domain.errors import MethodUnavailable, PaymentClosed
from host_stub.domain.listening import Listening, WatchSpec
from host_stub.persistence import (
    BalanceWatch,
    Document,
    Payment,
    PaymentMethod,
    Period,
    PluginActivation,
    Reseller,
)
from host_stub.plugins import callbacks, documents
from host_stub.plugins.desk import Desk
from host_stub.plugins.errors import PluginUnavailable
from host_stub.plugins.registry import Registry
from host_stub.services.charges import charge_watches, charging_failures, watch_levels
from host_stub.services.money_in import payments
from host_stub.services.queues import deliveries, outbox
from host_stub.services.queues.deliveries import Delivered, Policy, Task
from host_stub.services.settings import plugin_settings
from host_stub.services.tenants import accounts
from tests.support.charging_world import ChargingWorld
from tests.support.world import CUSTOMER, MANAGER, a_method, an_account, rub

PATIENCE = Policy(attempts=3, first_wait=timedelta(seconds=10), longest_wait=timedelta(minutes=1))


class Broken:
    """A receiver whose effects fail after the lease is over."""

    policy = PATIENCE

    def __init__(self, world: ChargingWorld) -> None:
        self.world = world

    def deliver(self, task: Task) -> Delivered:
        return Delivered(self.effects)

    def effects(self, _session: object) -> None:
        self.world.clock.advance(seconds=121)
        raise ValueError("no")


def test_effects_that_fail_after_the_lease_is_over_do_not_end_the_batch(world: ChargingWorld) -> None:
    with world.store.write() as session:
        outbox.enqueue(session, "test", "a", "fact", {}, reseller_id=world.reseller_id)

    assert deliveries.work(world.store, "worker", "test", Broken(world)) == 1

    (row,) = world.facts("test")
    assert row.attempts == 0


def test_an_account_that_fails_in_two_workers_at_once_is_noted_once(world: ChargingWorld) -> None:
    start = Barrier(4)

    def note(number: int) -> None:
        start.wait()
        charging_failures.note(world.store, world.account_id, ValueError(str(number)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(4)))

    with world.store.read() as session:
        (failure,) = charging_failures.failing(session)
    assert failure.count == 4
    assert world.logged("account", world.account_id) == ["account.charging_failed"]


def test_every_account_is_looked_at_before_its_charges_however_many_there_are(world: ChargingWorld) -> None:
    spec = WatchSpec("listener", "ahead", "charge", "days", 3)
    world.store.listening = Listening({"billhook_charge_uncovered": ("listener",)}, (spec,))
    for _account in range(3):
        with world.store.write() as session:
            world.account_id = an_account(session, session.get_one(Reseller, world.reseller_id)).id
        world.credit("15.00")
        world.running(Period.DAY, "10.00")

    changed = charge_watches.look_ahead(world.store, limit=1)

    assert changed == 3


LEVEL = WatchSpec("listener", "low", "balance", "threshold", None)


@pytest.fixture
def watching(world: ChargingWorld) -> ChargingWorld:
    world.store.listening = Listening({"billhook_balance_threshold_crossed": ("listener",)}, (LEVEL,))
    return world


def set_level(world: ChargingWorld, amount: str) -> None:
    setting = Setting("threshold", SettingKind.MONEY, "Level", level=Level.ACCOUNT)
    owner = plugin_settings.Owner("listener", world.reseller_id)
    plugin_settings.save(world.store, world.scope, owner, (setting,), {"threshold": rub(amount)}, by=MANAGER)


def levels(world: ChargingWorld) -> dict[int, int]:
    with world.store.read() as session:
        rows = session.execute(select(BalanceWatch.account_id, BalanceWatch.level_minor))
        return dict(rows.all())  # type: ignore[arg-type]


def test_an_account_made_while_its_resellers_level_changes_gets_the_new_one(watching: ChargingWorld) -> None:
    world = watching
    set_level(world, "1.00")
    reached, go_on = Event(), Event()
    creator: list[int] = []

    def hold_up(_connection: object) -> None:
        if creator == [get_ident()] and not reached.is_set():
            reached.set()
            go_on.wait(1)

    def create() -> int:
        creator.append(get_ident())
        draft = accounts.AccountDraft(AccountType.PERSON, "Пётр")
        return accounts.create(world.store, world.scope, world.reseller_id, draft, by=MANAGER)

    sqlalchemy_event.listen(world.store.engine, "commit", hold_up)
    with ThreadPoolExecutor(2) as pool:
        made = pool.submit(create)
        reached.wait(5)
        pool.submit(set_level, world, "2.00").result()
        go_on.set()
        account_id = made.result()
    sqlalchemy_event.remove(world.store.engine, "commit", hold_up)

    assert levels(world)[account_id] == 200


def test_levels_that_an_interrupted_change_left_behind_are_taken_over_later(watching: ChargingWorld) -> None:
    world = watching
    with world.store.write() as session:
        second = an_account(session, session.get_one(Reseller, world.reseller_id)).id
    set_level(world, "1.00")
    with world.store.write() as session:
        session.execute(text("update plugin_setting set value = '700'"))

    assert watch_levels.take_over(world.store) == 2
    assert levels(world) == {world.account_id: 700, second: 700}
    assert watch_levels.take_over(world.store) == 0


class Papers(PaymentProvider, HearsNotifications, IssuesDocuments):
    """Issues papers, and raises where a test wants it to."""

    name = "papers"
    title = "Papers"
    starts = (Instructions,)
    notifications = ("notify",)
    documents = (DocumentKind("receipt", "Receipt"),)
    trouble: dict[str, Exception]

    def start(self, request: StartRequest) -> Start:
        return Instructions("papers/x.html")

    def document(self, kind: str, payment: PaymentView, method: MethodView, facts: DocumentFacts) -> DocumentSource:
        return DocumentSource("", "", {})

    def verify(self, request: RawRequest, method: MethodView) -> None:
        self._fail("verify")

    def parse(self, request: RawRequest, method: MethodView) -> list[PaymentPaid]:
        self._fail("parse")
        return [PaymentPaid("1", "", rub("1.00"), False, "ext", "d", {})]

    def acknowledge(self, judged: Judged) -> Answer:
        self._fail("acknowledge")
        return Answer(b"OK")

    def _fail(self, place: str) -> None:
        if place in type(self).trouble:
            raise type(self).trouble[place]


class Drawer:
    """A renderer during whose work something happens."""

    def __init__(self) -> None:
        self.meanwhile = lambda: None

    def render(self, source: DocumentSource) -> RenderedDocument:
        self.meanwhile()
        return RenderedDocument(b"%PDF", "0" * 64, False, None)

    def prove(self, source: DocumentSource) -> RenderedDocument:
        return self.render(source)

    def check(self, template: str) -> str | None:
        return None


@pytest.fixture
def desk(world: ChargingWorld) -> Desk:
    Papers.trouble = {}

    @hookimpl
    def billhook_payment_providers() -> list[type[PaymentProvider]]:
        return [Papers]

    registry = Registry.of({"papers": SimpleNamespace(billhook_payment_providers=billhook_payment_providers)})
    assert registry.broken == {}
    registry.attach(world.store)
    with world.store.write() as session:
        world.bank_id = a_method(session, session.get_one(Reseller, world.reseller_id), "papers").id
    return Desk(world.store, registry, new_keys(), Drawer(), "https://panel.example")


def issue(desk: Desk, world: ChargingWorld, payment_id: int) -> int:
    return documents.issue(desk, world.scope, payment_id, world.bank_id, "receipt", by=CUSTOMER)


def issued(world: ChargingWorld) -> list[Document]:
    with world.store.read() as session:
        return list(session.scalars(select(Document)))


def test_a_payment_that_is_closed_while_its_bill_is_drawn_gets_none(world: ChargingWorld, desk: Desk) -> None:
    payment_id = world.a_payment()
    drawer = desk.renderer
    assert isinstance(drawer, Drawer)
    drawer.meanwhile = lambda: payments.cancel(world.store, world.scope, payment_id, by=CUSTOMER)

    with pytest.raises(PaymentClosed):
        issue(desk, world, payment_id)

    assert issued(world) == []


@pytest.mark.parametrize("why", ["inactive", "plugin off", "other customers"])
def test_a_method_that_is_not_offered_issues_nothing(world: ChargingWorld, desk: Desk, why: str) -> None:
    payment_id = world.a_payment()
    with world.store.write() as session:
        method = session.get_one(PaymentMethod, world.bank_id)
        method.active = why != "inactive"
        method.account_types = ["person"] if why == "other customers" else method.account_types
        session.get_one(PluginActivation, (world.reseller_id, "papers")).enabled = why != "plugin off"

    with pytest.raises(MethodUnavailable):
        issue(desk, world, payment_id)

    assert issued(world) == []


def test_what_was_issued_is_found_again_whatever_became_of_its_method(world: ChargingWorld, desk: Desk) -> None:
    payment_id = world.a_payment()
    made = issue(desk, world, payment_id)
    with world.store.write() as session:
        session.get_one(PaymentMethod, world.bank_id).active = False

    assert issue(desk, world, payment_id) == made


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("verify", NotSupported("x")),
        ("parse", NotSupported("x")),
        ("acknowledge", NotSupported("x")),
        ("acknowledge", BadSignature("x")),
        ("verify", KeyError("x")),
    ],
)
def test_a_provider_that_raises_what_it_may_not_is_out_of_order_and_not_a_forger(
    world: ChargingWorld, desk: Desk, place: str, error: Exception
) -> None:
    Papers.trouble = {place: error}
    found = callbacks.find(desk, "papers", world.bank_id, "notify")
    request = RawRequest("POST", "text/plain", b"", (), {}, "127.0.0.1")

    with pytest.raises(PluginUnavailable):
        callbacks.receive(desk, found, request)


def test_a_number_is_never_given_twice_to_payments_made_at_once(world: ChargingWorld) -> None:
    start = Barrier(6)

    def make(_number: int) -> int:
        start.wait()
        return world.a_payment()

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(make, range(6)))

    with world.store.read() as session:
        assert len({session.get_one(Payment, payment_id).number for payment_id in made}) == 6
