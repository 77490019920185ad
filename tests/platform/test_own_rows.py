"""Effects on a plugin's own tables, through the worker; and what a plugin may read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from billhook import BalanceChanged, Discard, Effect, Keep, Notify, Reader

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.domain.actors import SYSTEM
from host_stub.persistence import Outbox, PluginFailure, Scope, Store, open_store, plugin_tables
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.plugins.delivery import PluginReceiver
from host_stub.plugins.registry import Registry
from host_stub.services.queues import deliveries
from host_stub.services.tenants import resellers
from tests.platform.ledger_notes import NAME, Site
from tests.support.charging_world import ChargingWorld
from tests.support.proving import doubts
from tests.support.world import a_reseller

NOTE, TOTAL = "ledger_notes_note", "ledger_notes_total"
NOON = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
Answer = Callable[[BalanceChanged, Reader], Any]


class Notes:
    """A world in which version 2 of the plugin is installed and on; `answer` stands in for its handler."""

    def __init__(self, world: ChargingWorld) -> None:
        self.world, self.store = world, world.store
        self.registry = Registry.discover()
        self.registry.attach(self.store)
        loaded = self.registry.plugins[NAME]
        plugin_tables.upgrade(self.store, NAME, loaded.migrations)
        written = loaded.hooks["billhook_balance_changed"]
        self.honest: Answer = lambda event, reader: written(event=event, reader=reader)
        self.receiver = PluginReceiver(self.store, self.registry, new_keys())
        with self.store.write() as session:
            self.other_id = a_reseller(session, "Чужой").id
        resellers.switch_plugin(self.store, world.reseller_id, NAME, on=True, by=SYSTEM)

    def answer(self, answer: Answer) -> None:
        """Let the handler answer so, and not as it was written."""
        loaded = self.registry.plugins[NAME]
        hooks = {**loaded.hooks, "billhook_balance_changed": lambda event, reader: answer(event, reader)}
        object.__setattr__(loaded, "hooks", hooks)

    def deliver(self) -> None:
        deliveries.work(self.store, "worker", f"plugin:{NAME}", self.receiver)

    def rows(self, table: str = NOTE, reseller_id: int = 0, **page: Any) -> list[dict[str, object]]:
        reseller_id = reseller_id or self.world.reseller_id
        with self.store.read(Scope.reseller(reseller_id)) as session:
            return [dict(row) for row in OwnTables(session, NAME, reseller_id).rows(table, **page)]

    def keep(self, *effects: Keep | Discard, reseller_id: int = 0) -> None:
        with self.store.write() as session:
            for effect in effects:
                OwnTables(session, NAME, reseller_id or self.world.reseller_id).write(effect)

    def facts(self) -> Sequence[Outbox]:
        return self.world.facts(f"plugin:{NAME}")

    def failures(self) -> list[str]:
        with self.store.read() as session:
            return [f"{row.place}: {row.error}" for row in session.query(PluginFailure)]


@pytest.fixture
def notes(database_url: str, clock: FixedClock, site: Site) -> Iterator[Notes]:
    site.install("2")
    store = open_store(database_url, clock, base_url="https://panel.example")
    yield Notes(ChargingWorld(store, clock))
    with store.read() as session:
        assert doubts(session) == []
    store.close()


def note(number: int = 1, **more: object) -> Keep:
    values = {"account_id": 7, "transaction_id": number, "amount_minor": 5, "noted_at": NOON, **more}
    return Keep(NOTE, values, key=("transaction_id",))  # type: ignore[arg-type]


def test_a_movement_becomes_rows_of_the_plugin_for_its_reseller_alone(notes: Notes) -> None:
    notes.world.credit("12.34")
    notes.deliver()
    notes.world.credit("1.00")
    notes.deliver()

    assert [(row["amount_minor"], row["text"]) for row in notes.rows()] == [(1234, "in"), (100, "in")]
    assert notes.rows()[0]["noted_at"] == notes.store.now()
    (total,) = notes.rows(TOTAL)
    assert (total["total_minor"], total["is_debt"], total["last_note_id"]) == (1334, False, None)
    assert "reseller_id" not in total
    assert notes.rows(reseller_id=notes.other_id) == []


def test_a_row_of_another_reseller_is_neither_changed_nor_deleted_nor_read(notes: Notes) -> None:
    notes.keep(note(1), reseller_id=notes.other_id)

    notes.keep(note(1, amount_minor=99), Discard(NOTE, {"account_id": 8}))
    notes.keep(Discard(NOTE, {"amount_minor": 5}))

    assert [row["amount_minor"] for row in notes.rows()] == [99]
    assert [row["amount_minor"] for row in notes.rows(reseller_id=notes.other_id)] == [5]


def test_keep_changes_the_row_that_agrees_and_leaves_columns_that_it_does_not_name(notes: Notes) -> None:
    notes.keep(note(1, text="first"))

    notes.keep(note(1, amount_minor=6))

    (row,) = notes.rows()
    assert (row["amount_minor"], row["text"]) == (6, "first")


def test_values_come_back_as_they_were_kept(notes: Notes) -> None:
    there = datetime(2026, 11, 13, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    notes.keep(note(1, text="Ёлка\n🎄", amount_minor=-(1 << 63), noted_at=there))
    notes.keep(Keep(TOTAL, {"account_id": 7, "total_minor": 0, "is_debt": True, "last_note_id": None}))

    (row,) = notes.rows()
    assert (row["text"], row["amount_minor"], row["noted_at"]) == ("Ёлка\n🎄", -(1 << 63), there)
    assert row["noted_at"].tzinfo is UTC  # type: ignore[attr-defined]
    assert notes.rows(TOTAL)[0]["is_debt"] is True


def test_rows_are_read_in_order_page_by_page_and_by_value(notes: Notes) -> None:
    notes.keep(*(note(number, account_id=number % 2) for number in range(1, 6)))

    def numbers(**page: Any) -> list[object]:
        return [row["transaction_id"] for row in notes.rows(**page)]

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers(newest_first=True, limit=2) == [5, 4]
    fourth = notes.rows(where={"transaction_id": 4})[0]["id"]
    assert numbers(newest_first=True, limit=2, before_id=fourth) == [3, 2]
    assert numbers(where={"account_id": 1, "noted_at": NOON}) == [1, 3, 5]
    assert numbers(where={"id": fourth}) == [4]


@pytest.mark.parametrize("before_id", [2**31 - 1, 2**31, 2**63, 10**30])
def test_a_number_that_no_id_reaches_never_gets_to_the_driver(notes: Notes, before_id: int) -> None:
    notes.keep(note(1))

    assert len(notes.rows(before_id=before_id)) == 1


@pytest.mark.parametrize("before_id", ["1", True, -1, 1.5])
def test_what_is_no_id_is_refused_as_one(notes: Notes, before_id: Any) -> None:
    with pytest.raises(TypeError, match="not the id of a row"):
        notes.rows(before_id=before_id)


REFUSED: dict[str, tuple[Effect, str]] = {
    "a table that is not its own": (Keep("account", {"name": "mine"}), "no table 'account' of its own"),
    "a table that is not there": (Keep("ledger_notes_x", {}), "ledger_notes_note"),
    "an id": (note(id=5), "the host's to fill in"),
    "a reseller": (note(reseller_id=2), "the host's to fill in"),
    "a column that is not there": (note(colour="red"), "no column 'colour'"),
    "too little": (Keep(NOTE, {"account_id": 7}), "is required and was not given"),
    "nothing where something must be": (note(account_id=None), "is required and was given None"),
    "a float": (note(amount_minor=5.0), "whole number, not float"),
    "a bool for a number": (note(amount_minor=True), "whole number, not bool"),
    "a number for a text": (note(text=5), "text, not int"),
    "a number for a bool": (
        Keep(TOTAL, {"account_id": 7, "total_minor": 0, "is_debt": 1}),
        "bool, not int",
    ),
    "an instant without a zone": (note(noted_at=NOON.replace(tzinfo=None)), "without a time zone"),
    "a number that is too large": (note(amount_minor=1 << 63), "does not fit"),
    "a text that is too long": (note(text="x" * 81), "80 characters"),
    "a NUL": (note(text="\x00"), "NUL"),
    "half a character": (note(text="\ud83c"), "half a character"),
    "a key without a constraint": (
        Keep(NOTE, note().values, key=("account_id",)),
        'sa.UniqueConstraint("reseller_id", "acc',
    ),
    "a key without a value": (Keep(NOTE, note().values, key=("text",)), "no value"),
    "a key that is a text": (Keep(NOTE, note().values, key="text"), "not a tuple"),
    "all rows": (Discard(NOTE, {}), "every row"),
    "rows of a reseller": (Discard(NOTE, {"reseller_id": 2}), "the host's to compare"),
    "rows by a column that is not there": (Discard(NOTE, {"colour": "red"}), "no column 'colour'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_effect_on(what: str, notes: Notes) -> None:
    """… is rubbish: the plugin's failure, with what to change; nothing else of the event is written either."""
    effect, says = REFUSED[what]
    notes.answer(lambda event, _reader: [Notify(event.account_id, "k", "s", ["p"]), effect])
    notes.world.credit("1.00")

    notes.deliver()

    (failure,) = notes.failures()
    assert says in failure
    assert notes.rows() == notes.rows(TOTAL) == notes.world.mails(f"plugin:{NAME}") == []
    assert notes.facts()[0].attempts == 1


def test_a_row_that_the_database_refuses_fails_the_event_and_is_given_up_in_the_end(notes: Notes) -> None:
    notes.keep(note(1))
    twice = Keep(NOTE, note(1).values)
    notes.answer(lambda event, _reader: [Notify(event.account_id, "k", "s", ["p"]), twice])
    notes.world.credit("1.00")
    notes.world.credit("2.00")

    for _try in range(8):
        notes.deliver()
        notes.world.clock.advance(minutes=10)

    first, second = notes.facts()
    assert (first.attempts, first.dead_at is not None, "IntegrityError" in first.last_error) == (8, True, True)
    assert second.attempts == 0
    assert any("billhook_balance_changed: IntegrityError" in failure for failure in notes.failures())
    assert notes.world.mails(f"plugin:{NAME}") == []
    assert len(notes.rows()) == 1
    notes.answer(notes.honest)
    notes.deliver()
    assert len(notes.rows()) == 2


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda reader: reader.rows("account"), "no table 'account' of its own"),
        (lambda reader: reader.rows(NOTE, {"reseller_id": 1}), "the host's to compare"),
        (lambda reader: reader.rows(NOTE, {"colour": 1}), "no column 'colour'"),
        (lambda reader: reader.rows(NOTE, {"account_id": "7"}), "whole number, not str"),
        (lambda reader: reader.rows(NOTE, limit=1001), "not 1 to 1000 rows"),
        (lambda reader: reader.rows(NOTE, limit=0), "not 1 to 1000 rows"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask: Callable[[Reader], Any], says: str, notes: Notes) -> None:
    notes.answer(lambda _event, reader: ask(reader))
    notes.world.credit("1.00")

    notes.deliver()

    assert says in notes.failures()[0]


def test_a_plugin_without_tables_keeps_nothing(store: Store) -> None:
    with store.write() as session, pytest.raises(TypeError, match="its migrations made: none"):
        OwnTables(session, "paymaster", 1).write(note())
