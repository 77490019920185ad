"""The faulty plugin, driven over the running panel: every fault in every place, and what the host makes of it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import AccountType, Asking, Instructions, PayerReturned, PaymentProvider, TakesReturns, hookimpl
from billhook.capabilities import CAPABILITIES, Acknowledges
from billhook.host.places import EVENTS, PLACES
from billhook_kit.checks.events import sample_event
from sqlalchemy import delete, func, select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import (
    Account,
    Document,
    GatewayOperation,
    LedgerTransaction,
    Notice,
    Outbox,
    Payment,
    PaymentMethod,
    PluginFailure,
    Reseller,
    UserKind,
)
from host_stub.plugins import links
from host_stub.plugins.containment import THREADS
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import tries
from host_stub.services.queues import events
from host_stub.services.queues.outbox import PLUGIN
from host_stub.worker import Outside, Worker
from tests.conftest import LETTER_DAY
from tests.customer.fakes import Printer
from tests.platform import faulty
from tests.platform.containment_table import FAULTS, SEEN, page
from tests.support.databases import Databases
from tests.support.proving import doubts
from tests.support.web import Visitor, a_customer, a_user, an_app, store_of
from tests.support.world import CUSTOMER, World, a_method, a_request, rub

DOCS = Path(__file__).parents[2] / "docs/containment.md"
DEADLINE = 0.6
#: Long before a hang ends; how fast the machine is shows in no test.
QUICK_SECONDS = faulty.LONGEST_HANG / 2
COMPILED = ("billhook/", "components/", "faulty/", "layouts/", "plugin/")
NOT_WORKING = "Этот способ оплаты сейчас не работает"
PAGE_NOT_WORKING = "Эта страница сейчас не работает"
TRY_AGAIN = "Попробовать еще раз"


class Healthy(PaymentProvider, TakesReturns):
    """The neighbour, whose requests must stay quick."""

    name = "healthy"
    title = "Healthy"
    starts = (Instructions,)
    returns = ("back",)

    def start(self, request: Any) -> Instructions:
        return Instructions("billhook/instructions.html")

    def returned(self, request: Any, method: Any) -> PayerReturned:
        return PayerReturned("", True)


@hookimpl
def _healthy() -> list[type[PaymentProvider]]:
    return [Healthy]


class Scene:
    """The panel with the faulty plugin and a healthy one, a customer, a manager, an operator and a worker."""

    def __init__(self, url: str, deadline: float = DEADLINE, **settings: Any) -> None:
        self.clock = FixedClock(LETTER_DAY)
        self.registry = Registry.of(
            {"faulty": faulty, "healthy": SimpleNamespace(billhook_payment_providers=_healthy)},
            deadlines=dict.fromkeys(PLACES, deadline),
        )
        assert self.registry.broken == {}
        self.app = app = an_app(url, self.clock, registry=self.registry, renderer=Printer(), **settings)
        for template in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(COMPILED)):
            app.jinja_env.get_template(template)  # now, and not within a call's deadline
        self.store = store_of(app)
        self.world = World(self.store)
        with self.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            self.method_id = a_method(session, reseller, "faulty", name="Faulty method").id
            self.healthy_id = a_method(session, reseller, "healthy", name="Healthy method").id
            account = session.get_one(Account, self.world.account_id)
            account.email = "buh@romashka.example"
            self.people = (
                a_customer(session, account, "owner@romashka.example").id,
                a_user(session, reseller, UserKind.MANAGER, "olga@example.com").id,
            )
        self.customer, self.manager = Visitor(app), Visitor(app)
        self.client, self.neighbour = app.test_client(), app.test_client()
        outside: Any = SimpleNamespace(send=lambda *_arguments: None)
        keys = app.extensions["billhook"].keys
        self._outside = Outside(outside, "billing@localhost", outside, keys)
        self.worker = self.new_worker()
        self.payment_id = 0

    def new_worker(self) -> Worker:
        return Worker(self.store, self.registry, self._outside, "worker")

    def fresh(self) -> None:
        """Begin anew: a new payment, no faults, nothing recorded, breakers that have forgotten."""
        faulty.FAULTS.clear()
        faulty.HANGS.clear()
        faulty.LET_GO.clear()
        self.clock.advance(minutes=5)
        for visitor, person in zip((self.customer, self.manager), self.people, strict=True):
            visitor.enter(person)  # the clock has moved: the last session is over
        self.payment_id = self.world.a_payment()
        with self.store.write() as session:
            session.execute(delete(PluginFailure))

    def let_go(self) -> None:
        faulty.FAULTS.clear()
        faulty.LET_GO.set()
        until = time.monotonic() + 60
        while self.registry.guard("faulty").stuck and time.monotonic() < until:
            time.sleep(0.005)

    @property
    def path(self) -> str:
        return f"/accounts/{self.world.account_id}/payments/{self.payment_id}"

    def untold(self) -> int:
        """Return how many facts wait for the faulty plugin."""
        with self.store.read() as session:
            query = select(func.count()).select_from(Outbox).where(Outbox.receiver == f"{PLUGIN}faulty")
            return session.scalars(query).one()

    def count(self, kind: type) -> int:
        with self.store.read() as session:
            return int(session.scalar(select(func.count()).select_from(kind)) or 0)

    def failures(self) -> dict[str, str]:
        with self.store.read() as session:
            return {row.place: row.error for row in session.scalars(select(PluginFailure))}

    def choose(self) -> str:
        answer = self.customer.post(f"{self.path}/pay", {"method_id": self.method_id})
        assert answer.status_code == 303
        return str(answer.location)


def availability(scene: Scene) -> str:
    answer = scene.customer.get(scene.path)
    assert answer.status_code == 200
    assert "Healthy method" in answer.text
    return "offered" if "Faulty method" in answer.text else "left out"


def check_settings(scene: Scene) -> str:
    answer = scene.manager.get(f"/reseller/methods/{scene.method_id}")
    assert answer.status_code == 200
    return "checked" if "All is well." in answer.text else "finding"


def validator(scene: Scene) -> str:
    fields: dict[str, Any] = {"name": "Faulty method", "active": "y", "position": "1", "setting_shop": "my shop"}
    fields["account_types"] = [kind.value for kind in AccountType]
    answer = scene.manager.post(f"/reseller/methods/{scene.method_id}", fields)
    if answer.status_code == 422:
        assert "Модуль не смог проверить это значение" in answer.text
        return "refused"
    assert answer.status_code == 303, answer.text
    with scene.store.write() as session:
        method = session.get_one(PaymentMethod, scene.method_id)
        assert method.settings == {"shop": "my shop"}
        method.settings = {}
    return "taken"


def start(scene: Scene) -> str:
    where = scene.choose()
    if where.endswith(f"/methods/{scene.method_id}"):
        return "led on"
    shown = scene.customer.get(where).text
    assert "Healthy method" in shown
    return "sentence" if NOT_WORKING in shown else "nothing"


def template(scene: Scene) -> str:
    scene.choose()
    answer = scene.customer.get(f"{scene.path}/methods/{scene.method_id}")
    if answer.status_code == 200:
        return "shown" if "How to pay" in answer.text else "nothing"
    return "sentence" if NOT_WORKING in scene.customer.get(answer.location).text else "nothing"


def document(scene: Scene) -> str:
    scene.choose()
    shown = scene.customer.get(f"{scene.path}/methods/{scene.method_id}").text
    assert "How to pay" in shown
    return "without" if TRY_AGAIN in shown else "drawn"


def notify(scene: Scene) -> str:
    with scene.store.read() as session:
        payment = session.get_one(Payment, scene.payment_id)
    if payment.status == "waiting_for_payment":
        begun(scene)
    fields = {"signed": "yes", "number": scene.world.reference(scene.payment_id), "amount": "5000.00"}
    answer = scene.client.post(f"/plugin/faulty/method/{scene.method_id}/notify", data=fields)
    assert answer.status_code != 503 or answer.headers["Retry-After"]
    return str(answer.status_code)


def ask(scene: Scene) -> str:
    begun(scene)
    fields = {"number": scene.world.reference(scene.payment_id), "amount": "5000.00"}
    answer = scene.client.post(f"/plugin/faulty/method/{scene.method_id}/ask", data=fields)
    assert answer.status_code != 503 or answer.headers["Retry-After"]
    return str(answer.status_code)


def hinted(scene: Scene) -> str:
    begun(scene)
    fields = {"number": scene.world.reference(scene.payment_id)}
    answer = scene.client.post(f"/plugin/faulty/method/{scene.method_id}/look", data=fields)
    assert answer.status_code != 503 or answer.headers["Retry-After"]
    return str(answer.status_code)


def come_back(scene: Scene) -> str:
    return str(scene.client.get(f"/plugin/faulty/method/{scene.method_id}/back").status_code)


def look(scene: Scene) -> str:
    return _visit(scene, lambda: scene.customer.post(f"/plugin/faulty/accounts/{scene.world.account_id}/look"))


def click(scene: Scene) -> str:
    held = links.made(
        "faulty", faulty.billhook_links()[0], scene.world.reseller_id, f"{scene.world.account_id}", scene.clock.now()
    )
    address = links.address(scene.customer.app.extensions["billhook"].keys, "", held)
    return _visit(scene, lambda: scene.client.post(address))


def _visit(scene: Scene, post: Callable[[], Any]) -> str:
    before, answer = scene.count(Notice), post()
    if answer.status_code == 200 and "Look here" in answer.text:
        assert scene.count(Notice) == before + 1
        return "shown"
    assert (answer.status_code, scene.count(Notice)) == (503, before)
    assert answer.headers["Retry-After"]
    return "sentence" if PAGE_NOT_WORKING in answer.text else "nothing"


def begun(scene: Scene, *, queried: bool = False) -> None:
    """Freeze an attempt of the payment as a start does, unless there is one."""
    with scene.store.read() as session:
        found = session.scalars(
            select(GatewayOperation.id).where(GatewayOperation.payment_id == scene.payment_id)
        ).first()
    if found is None:
        asked = Asking(open=False) if queried else None
        frozen = tries.Draft("", False, a_request("faulty", scene.method_id), asked=asked)
        tries.begin(scene.store, scene.world.scope, scene.payment_id, scene.method_id, frozen, by=CUSTOMER)


def query(scene: Scene) -> str:
    begun(scene, queried=True)
    scene.clock.advance(hours=2)
    scene.worker.run_once()
    with scene.store.read() as session:
        found = select(GatewayOperation.state).where(GatewayOperation.payment_id == scene.payment_id)
        return str(session.scalars(found).one())


def event(hook: str) -> Callable[[Scene], str]:
    def drive(scene: Scene) -> str:
        if not scene.untold():
            _tell(scene, hook)
        scene.clock.advance(minutes=15)
        before = scene.count(Notice)
        scene.worker.run_once()
        waits = scene.untold() > 0
        assert scene.count(Notice) - before == (0 if waits else 1)
        return "waits" if waits else "delivered"

    return drive


def _tell(scene: Scene, hook: str) -> None:
    with scene.store.write() as session:
        account = session.get_one(Account, scene.world.account_id)
        whose = {"reseller_id": account.reseller_id, "account_id": account.id}
        events.tell(session, account, sample_event(EVENTS[hook], **whose, at=LETTER_DAY), to="faulty")


DRIVES: dict[str, Callable[[Scene], str]] = {
    "availability": availability,
    "check_settings": check_settings,
    "validator": validator,
    "start": start,
    "template": template,
    "document": document,
    "verify": notify,
    "parse": notify,
    "claim": ask,
    "hint": hinted,
    "returned": come_back,
    "acknowledge": notify,
    "query": query,
    "page": look,
    "page_template": look,
    "link": click,
    "link_template": click,
    **{hook: event(hook) for hook in EVENTS},
}


#: A template always makes text: it has no rubbish to answer.
WRONG = [
    (place, fault)
    for place in PLACES
    for fault in ("raise", "rubbish")
    if fault == "raise" or not place.endswith("template")
]


#: On PostgreSQL each fault is driven where most is written, and one that hangs at the start of a payment.
ON_POSTGRESQL = {
    "slow": "parse",
    "raise": "billhook_balance_changed",
    "rubbish": "query",
    "hang": "start",
    "call out": "page",
}


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The panel on SQLite, or on the database that a test names as the fixture's parameter."""
    databases: Databases = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_databases")
    url = databases.migrated()
    built = Scene(url)
    yield built
    built.store.close()
    databases.discard(url)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        faulty.SILENT = server.getsockname()
        yield server


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    stage.fresh()
    yield stage
    stage.let_go()
    with stage.store.write() as session:
        session.execute(delete(Outbox))
        session.execute(delete(GatewayOperation).where(GatewayOperation.query_at.is_not(None)))
        assert doubts(session) == []


def is_quick(scene: Scene) -> bool:
    """Ask the neighbour for something; it must answer well, and soon."""
    began = time.perf_counter()
    answer = scene.neighbour.get(f"/plugin/healthy/method/{scene.healthy_id}/back")
    return answer.status_code == 200 and time.perf_counter() - began < QUICK_SECONDS


@pytest.mark.parametrize("place", PLACES)
def test_a_slow_answer_within_the_deadline_is_taken(scene: Scene, place: str) -> None:
    is_taken_though_slow(scene, place)


@pytest.mark.parametrize(("place", "fault"), WRONG)
def test_a_place_that_raises_or_answers_rubbish_is_contained_shown_and_works_when_mended(
    scene: Scene, place: str, fault: str
) -> None:
    is_contained_at_once(scene, place, fault)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_hangs_is_given_up_while_others_stay_quick(scene: Scene, place: str) -> None:
    is_given_up(scene, place, "hang")
    scene.let_go()
    mended(scene, place)


@pytest.mark.parametrize("place", ["verify", "start", "query", "billhook_balance_changed"])
def test_a_call_of_a_silent_server_without_a_time_limit_is_given_up(
    scene: Scene, silent: socket.socket, place: str
) -> None:
    is_given_up(scene, place, "call out")
    silent.close()
    scene.let_go()
    mended(scene, place)


@pytest.mark.parametrize(
    ("stage", "fault", "place"),
    [("postgresql", fault, place) for fault, place in ON_POSTGRESQL.items()],
    indirect=["stage"],
)
def test_each_fault_is_contained_on_postgresql_as_well(
    scene: Scene, silent: socket.socket, fault: str, place: str
) -> None:
    match fault:
        case "slow":
            is_taken_though_slow(scene, place)
        case "raise" | "rubbish":
            is_contained_at_once(scene, place, fault)
        case _:
            is_given_up(scene, place, fault)
            silent.close()
            scene.let_go()
            mended(scene, place)


def test_every_fault_of_the_page_is_driven_on_postgresql() -> None:
    assert set(ON_POSTGRESQL) == set(FAULTS)


def is_taken_though_slow(scene: Scene, place: str) -> None:
    faulty.FAULTS[place] = "slow"

    assert DRIVES[place](scene) == SEEN[place][1]
    assert scene.failures() == {}


def is_contained_at_once(scene: Scene, place: str, fault: str) -> None:
    faulty.FAULTS[place] = fault

    assert DRIVES[place](scene) == SEEN[place][0]
    assert list(scene.failures()) == [place]
    assert ("RuntimeError: a fault" if fault == "raise" else "object") in scene.failures()[place]
    mended(scene, place)


def is_given_up(scene: Scene, place: str, fault: str) -> None:
    """Drive what does not end by itself; a neighbour must answer meanwhile."""
    faulty.FAULTS[place] = fault

    with ThreadPoolExecutor(1) as beside:
        driven = beside.submit(DRIVES[place], scene)
        assert faulty.HANGS.wait(10)
        assert is_quick(scene)
        seen = driven.result(20)

    assert seen == SEEN[place][0]
    assert scene.failures() == {place: f"did not answer within {DEADLINE:g} s"}


def mended(scene: Scene, place: str) -> None:
    """Without the fault the same payment goes on as if nothing had been, and money has come in at most once."""
    faulty.FAULTS.clear()

    assert DRIVES[place](scene) == SEEN[place][1]
    with scene.store.read() as session:
        assert doubts(session) == []
        of_payment = select(func.count()).select_from(Document).where(Document.payment_id == scene.payment_id)
        assert session.scalar(of_payment) <= 1
        balance = session.get_one(Account, scene.world.account_id).balance_minor
        credited = session.scalar(select(func.count()).select_from(LedgerTransaction)) or 0
    assert balance == credited * rub("5000.00").minor


def test_a_worker_in_which_all_threads_of_a_plugin_hang_ends_and_says_so(scene: Scene) -> None:
    faulty.FAULTS["verify"] = "hang"
    for _ in range(THREADS):
        assert notify(scene) == "503"
    worker = scene.new_worker()

    worker.run()

    assert worker.hung == ["faulty"]


def test_every_place_is_driven() -> None:
    assert DRIVES.keys() == SEEN.keys() == PLACES.keys()


def test_every_method_of_a_provider_is_a_place() -> None:
    kinds = (PaymentProvider, Acknowledges, *(each.kind for each in CAPABILITIES))
    methods = {name for kind in kinds for name, value in vars(kind).items() if name[0] != "_" and callable(value)}

    assert methods == {place.name for place in PLACES.values() if place.method}


def test_the_page_on_containment_is_the_tested_table() -> None:
    if os.environ.get("BILLHOOK_WRITE_DOCS"):
        DOCS.write_text(page(), "utf-8")

    assert DOCS.read_text("utf-8") == page()
