"""A plugin whose tables are not where its code wants them is not called; everything else goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import Asking
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from host_stub.adapters.clock import FixedClock
from host_stub.domain.actors import SYSTEM
from host_stub.persistence import GatewayOperation, Outbox, Payment, PluginFailure, Reseller, UserKind, plugin_tables
from host_stub.plugins import failures, installation, paying
from host_stub.plugins.errors import PluginBehind
from host_stub.plugins.registry import Registry
from host_stub.services.books.corrections import correct
from host_stub.services.money_in import tries
from host_stub.services.tenants import resellers
from host_stub.worker import Outside, Worker
from tests.conftest import LETTER_DAY
from tests.platform.ledger_notes import NAME, Site
from tests.support.web import Visitor, a_user, an_app, store_of
from tests.support.world import CUSTOMER, MANAGER, World, a_method, rub

NOT_UPDATED = "Панель не обращается к модулю ledger_notes: его таблицы не обновлены."


class Panel:
    """A panel with the plugin as it is installed just now: on, with a method and an open payment."""

    def __init__(self, url: str) -> None:
        self.registry = Registry.discover()
        self.app = an_app(url, FixedClock(LETTER_DAY), registry=self.registry)
        self.store = store_of(self.app)
        self.world = World(self.store)
        with self.store.write() as session:
            reseller = session.get_one(Reseller, self.world.reseller_id)
            self.method_id = a_method(session, reseller, NAME, name="Desk").id
            root = Reseller(name="Оператор", created_at=self.store.now(), is_operator=True)
            session.add(root)
            session.flush()
            person = a_user(session, root, UserKind.MANAGER, "operator@example.com").id
        self.person, self.operator = person, Visitor(self.app, person)
        self.payment_id = self.world.a_payment()
        outside: Any = SimpleNamespace(send=lambda *_arguments: None)
        keys = self.app.extensions["billhook"].keys
        self.worker = Worker(self.store, self.registry, Outside(outside, "b@localhost", outside, keys), "worker")

    def ask(self) -> int:
        """Let the gateway ask about the payment; return the status that it hears."""
        answer = self.app.test_client().post(f"/plugin/{NAME}/method/{self.method_id}/ask", data={"x": "1"})
        return answer.status_code

    def offered(self) -> list[str]:
        desk = self.app.extensions["billhook"].desk
        return [each.method.name for each in paying.offers(desk, self.world.scope, self.payment_id)]

    def move(self, token: str) -> None:
        reason = {"reason": "test", "once_token": token, "by": MANAGER}
        correct(self.store, self.world.scope, self.world.account_id, rub("1.00"), **reason)

    def facts(self) -> list[Outbox]:
        with self.store.read() as session:
            return list(session.scalars(select(Outbox).where(Outbox.receiver == f"plugin:{NAME}")))

    def notes(self) -> int:
        with self.store.read() as session:
            found = plugin_tables.OwnTables(session, NAME, self.world.reseller_id)
            return len(found.rows("ledger_notes_note"))

    def upgrade(self) -> None:
        installation.upgrade_tables(self.store, self.registry.plugins[NAME])
        self.registry.look_again()

    def failures(self) -> int:
        with self.store.read() as session:
            return session.scalar(select(func.count()).select_from(PluginFailure)) or 0


@pytest.fixture
def panel(site: Site, sqlite_url: str) -> Iterator[Panel]:
    site.install("1")
    built = Panel(sqlite_url)
    yield built
    built.store.close()


def test_a_pending_plugin_is_not_called_and_works_once_it_is_upgraded_without_a_restart(panel: Panel) -> None:
    panel.move("before")

    assert panel.ask() == 503
    assert "Desk" not in panel.offered()
    panel.worker.run_once(rounds=3)
    (fact,) = panel.facts()
    assert (fact.attempts, "host_stub plugin upgrade ledger_notes" in fact.last_error) == (0, True)
    assert panel.failures() == 0

    panel.upgrade()
    assert panel.ask() == 400
    assert "Desk" in panel.offered()
    panel.app.extensions["billhook"].store.clock.advance(minutes=1)
    panel.worker.run_once()
    assert (panel.facts(), panel.notes()) == ([], 1)


def test_the_operator_reads_which_plugin_waits_and_what_mends_it(panel: Panel) -> None:
    for page in ("/admin/", "/admin/plugins"):
        shown = panel.operator.get(page).text
        assert NOT_UPDATED in shown
        assert "host_stub plugin upgrade ledger_notes" in shown

    panel.upgrade()
    for page in ("/admin/", "/admin/plugins"):
        assert NOT_UPDATED not in panel.operator.get(page).text
    assert "обновлены" in panel.operator.get("/admin/plugins").text


def test_the_operator_reads_why_a_migration_failed(panel: Panel) -> None:
    why = "migrations/0001_notes.py failed: RuntimeError"
    failures.record(panel.store, NAME, installation.MIGRATIONS, why)

    shown = panel.operator.get("/admin/").text

    assert "не удалось обновить" in shown
    assert why in shown


def test_tables_of_a_newer_version_are_told_and_left_alone(site: Site, panel: Panel, sqlite_url: str) -> None:
    site.install("2")
    installation.upgrade_tables(panel.store, Registry.discover().plugins[NAME])
    panel.registry.look_again()

    assert panel.ask() == 503
    assert "его таблицы новее установленной версии" in panel.operator.get("/admin/").text


def test_a_version_from_before_the_first_migration_is_not_called_over_tables_of_a_newer_one(
    site: Site, panel: Panel, sqlite_url: str
) -> None:
    panel.upgrade()
    shutil.rmtree(site.install("1") / "migrations")
    downgraded = Registry.discover()
    assert not downgraded.plugins[NAME].migrations
    downgraded.attach(panel.store)

    with pytest.raises(PluginBehind, match=r"revision .* which the installed version does not know"):
        downgraded.provider(NAME)
    with pytest.raises(PluginBehind, match="Install the newer version again"):
        downgraded.call(NAME, "start", lambda: None)


def test_a_start_of_a_pending_plugin_is_asked_for_later_and_counts_as_no_try(panel: Panel) -> None:
    frozen = tries.Draft(asked=Asking(open=False))
    tries.begin(panel.store, panel.world.scope, panel.payment_id, panel.method_id, frozen, by=CUSTOMER)
    panel.app.extensions["billhook"].store.clock.advance(minutes=5)

    panel.worker.run_once()

    with panel.store.read() as session:
        attempt = session.scalars(select(GatewayOperation)).one()
    assert (attempt.state, attempt.queries, attempt.query_at > panel.store.now()) == ("unknown", 0, True)


def test_orphaned_tables_are_shown_to_the_operator(site: Site, panel: Panel, sqlite_url: str) -> None:
    panel.upgrade()
    resellers.switch_plugin(panel.store, panel.world.reseller_id, NAME, on=False, by=SYSTEM)
    site.uninstall()
    later = an_app(sqlite_url, FixedClock(LETTER_DAY), registry=Registry.discover())
    operator = Visitor(later, panel.person)

    assert "его таблицы остались без владельца" in operator.get("/admin/plugins").text
    store_of(later).close()


def test_what_was_known_of_the_tables_holds_while_the_database_is_down(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.upgrade()
    provider = panel.registry.provider(NAME)

    def down(*_arguments: object) -> None:
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr("host_stub.plugins.table_watch.SECONDS", 0)
    monkeypatch.setattr(plugin_tables, "look", down)

    assert panel.registry.provider(NAME) is provider
    panel.registry.look_again()
    with pytest.raises(OperationalError):
        panel.registry.provider(NAME)


def test_a_plugin_that_is_behind_says_the_remedy(panel: Panel) -> None:
    with pytest.raises(PluginBehind, match="host_stub plugin upgrade ledger_notes"):
        panel.registry.call(NAME, "start", lambda: None)

    with panel.store.read() as session:
        assert session.get_one(Payment, panel.payment_id).status == "waiting_for_payment"
