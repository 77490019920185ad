"""`host_stub plugin …` and `host_stub migrate`, with a plugin that has tables of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from billhook import Keep, Notify

from host_stub.adapters.clock import SystemClock
from host_stub.adapters.keys import load_key_file
from host_stub.persistence import (
    Account,
    LogEntry,
    Notice,
    OperatorSetting,
    PaymentMethod,
    PluginActivation,
    PluginFailure,
    PluginSetting,
    PluginTable,
    Reseller,
    Store,
    Worker,
    open_store,
)
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.plugins import effects
from host_stub.services.money_in import tries
from tests.platform.ledger_notes import NAME
from tests.support.world import CUSTOMER, World, a_method

NOTE, TOTAL, VERSIONS = "ledger_notes_note", "ledger_notes_total", "ledger_notes_alembic_version"
BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.create_table(
        "ledger_notes_half",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reseller_id", sa.BigInteger, nullable=False),
    )
    raise RuntimeError("the author erred")
"""


@pytest.fixture
def store(installation):
    opened = open_store(installation.url)
    yield opened
    opened.close()


def run(installation, *arguments: str, status: int = 0, **more: object) -> str:
    """Run a command that ends with this status; return what it said."""
    answer = installation.run(*arguments, **more)
    assert answer.exit_code == status, (answer.output, answer.exception)
    return answer.output


def listed(installation) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(run(installation, "plugin", "list", "--json"))}


def of_notes(installation) -> tuple[object, ...]:
    found = listed(installation)[NAME]
    return found["version"], found["state"], found["tables"], found["on_for"]


def tables(store: Store) -> set[str]:
    return {name for name in sa.inspect(store.engine).get_table_names() if name.startswith("ledger_notes")}


def keep_note(store: Store, number: int) -> None:
    at = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
    values = {"account_id": 7, "transaction_id": number, "amount_minor": 5, "noted_at": at}
    with store.write() as session:
        OwnTables(session, NAME, 1).write(Keep(NOTE, values))


def notes(store: Store) -> list[object]:
    with store.read() as session:
        return [row["transaction_id"] for row in OwnTables(session, NAME, 1).rows(NOTE)]


def test_migrate_brings_the_host_and_every_installed_plugin_up_to_date(installation, site, store):
    site.install("1")

    said = run(installation, "migrate")

    assert "The tables of ledger_notes are up to date." in said
    assert tables(store) == {NOTE, VERSIONS}
    assert of_notes(installation) == ("1.0", "loaded", "up to date", 0)
    assert "ledger_notes" not in run(installation, "migrate")


def test_a_newer_version_is_pending_until_upgraded_and_keeps_its_rows(installation, site, store):
    site.install("1")
    run(installation, "migrate")
    keep_note(store, 1)
    site.install("2")
    assert of_notes(installation) == ("2.0", "loaded", "pending", 0)
    assert "host_stub plugin upgrade ledger_notes" in run(installation, "plugin", "list")

    run(installation, "plugin", "upgrade", NAME)

    assert of_notes(installation) == ("2.0", "loaded", "up to date", 0)
    assert tables(store) == {NOTE, TOTAL, VERSIONS}
    assert notes(store) == [1]


def test_a_migration_that_fails_leaves_nothing_behind_and_the_host_goes_on(installation, site, store):
    package = site.install("2")
    (package / "migrations/0003_half.py").write_text(BROKEN)

    said = run(installation, "migrate", status=3)

    assert "The database is up to date." in said
    assert "migrations/0003_half.py failed: RuntimeError: the author erred" in said
    assert "install a version of the plugin that does" in said
    assert tables(store) == set()
    assert of_notes(installation) == ("2.0", "loaded", "pending", 0)
    with store.read() as session:
        (failure,) = session.scalars(sa.select(PluginFailure))
        assert (failure.plugin, failure.place) == (NAME, "migrations")

    (package / "migrations/0003_half.py").unlink()
    site.forget()
    run(installation, "plugin", "upgrade")
    with store.read() as session:
        assert session.scalars(sa.select(PluginFailure)).all() == []


def test_an_older_version_does_not_touch_tables_of_a_newer_one(installation, site, store):
    site.install("2")
    run(installation, "migrate")
    keep_note(store, 1)
    site.install("1")

    assert of_notes(installation) == ("1.0", "loaded", "ahead", 0)
    said = run(installation, "plugin", "upgrade", NAME, status=3)

    assert "at revision 0002, which the installed version does not know" in said
    assert "Install the newer version again" in said
    assert notes(store) == [1]
    site.install("2")
    assert of_notes(installation) == ("2.0", "loaded", "up to date", 0)


def test_a_package_that_was_removed_first_leaves_orphans_and_the_host_migrates_all_the_same(installation, site, store):
    site.install("2")
    run(installation, "migrate")
    site.uninstall()

    assert "up to date" in run(installation, "migrate")
    assert of_notes(installation) == ("", "gone", "orphaned", 0)
    doctor = run(installation, "plugin", "doctor", status=1)
    assert "host_stub plugin remove ledger_notes" in doctor
    assert "orphaned" in run(installation, "doctor", status=1)

    said = run(installation, "plugin", "remove", NAME, "--yes")

    assert f"{NOTE}, {TOTAL}" in said
    assert tables(store) == set()
    assert NAME not in listed(installation)


def test_another_plugin_does_not_take_tables_that_begin_with_its_name(installation, site, store):
    if store.engine.dialect.name == "sqlite":
        Path(store.engine.url.database).touch()  # only `migrate` makes the file
    with store.engine.begin() as connection:
        connection.exec_driver_sql("create table ledger_notes_of_old (id integer)")
    site.install("1")

    said = run(installation, "migrate", status=3)

    assert "ledger_notes_of_old begins with its name" in said
    assert "another entry point name" in said
    assert tables(store) == {"ledger_notes_of_old"}


def used(installation, site, store: Store) -> World:
    """Install version 2 and use it: on, with a method that has a secret, a setting, and a payment started with it."""
    site.install("2")
    run(installation, "migrate")
    world = World(store)
    ring = load_key_file(installation.key_file, demo=False)
    with store.write() as session:
        reseller = session.get_one(Reseller, world.reseller_id)
        secret = [{"value": ring.encrypt("open sesame"), "replaced_at": None}]
        method = a_method(session, reseller, NAME, settings={"room": "7"}, secrets={"code": secret})
        world.method_id = method.id
        session.add(PluginSetting(reseller_id=reseller.id, plugin=NAME, key="colour", value="red"))
        session.add(OperatorSetting(plugin=NAME, key="place", value="hall"))
    return world


def test_removing_a_plugin_takes_everything_but_its_methods(installation, site, store):
    world = used(installation, site, store)
    keep_note(store, 1)

    said = run(installation, "plugin", "remove", NAME, input="y\n")

    assert "tables dropped, with all rows: ledger_notes_note, ledger_notes_total" in said
    assert "secrets of methods deleted: 1" in said
    assert "settings deleted: 2" in said
    assert "uninstall its package" in said
    assert tables(store) == set()
    with store.read() as session:
        method = session.get_one(PaymentMethod, world.method_id)
        assert (method.active, method.settings, method.secrets) == (False, {"room": "7"}, {})
        for kind in (OperatorSetting, PluginSetting, PluginTable):
            assert session.scalars(sa.select(kind).where(kind.plugin == NAME)).all() == []
        assert session.get(PluginActivation, (world.reseller_id, NAME)) is None
        actions = set(session.scalars(sa.select(LogEntry.action)))
        assert {"plugin.switched_off", "payment_method.deactivated", "payment_method.changed"} <= actions
    site.uninstall()
    assert NAME not in listed(installation)
    run(installation, "migrate")


def test_notices_of_a_removed_plugin_leave_the_customers_panels(installation, site, store):
    world = used(installation, site, store)
    with store.write() as session:
        account = session.get_one(Account, world.account_id)
        for plugin in (NAME, "ledger_notes_of_old"):
            notice = Notify(
                account.id, "news", "News", ["Look."], button=("Look", f"https://panel.example/{plugin}/look")
            )
            effects.write(session, effects.Author(plugin, account.reseller_id, once=f"{plugin}:1"), [notice])

    said = run(installation, "plugin", "remove", NAME, "--yes")

    assert "notices withdrawn from customers' panels: 1" in said
    with store.read() as session:
        notices = session.execute(sa.select(Notice.category, Notice.dismissed_at.is_not(None)))
        assert dict(notices.all()) == {f"plugin:{NAME}": True, "plugin:ledger_notes_of_old": False}


def test_removing_asks_first_and_does_nothing_without_consent(installation, site, store):
    world = used(installation, site, store)

    assert "Go on?" in run(installation, "plugin", "remove", NAME, input="n\n", status=1)

    assert tables(store) == {NOTE, TOTAL, VERSIONS}
    with store.read() as session:
        assert session.get_one(PaymentMethod, world.method_id).active


def test_removing_waits_for_payments_whose_end_is_unknown_unless_forced(installation, site, store):
    world = used(installation, site, store)
    payment = world.a_payment()
    tries.begin(store, world.scope, payment, world.method_id, tries.Draft(), by=CUSTOMER)

    said = run(installation, "plugin", "remove", NAME, "--yes", status=1)
    assert "The end of 1 payments started with ledger_notes is unknown" in said
    assert NOTE in tables(store)

    run(installation, "plugin", "remove", NAME, "--yes", "--force")
    assert tables(store) == set()


def test_a_downgrade_that_fails_does_not_keep_the_tables(installation, site, store):
    package = site.install("2")
    (package / "migrations/0003_stuck.py").write_text(
        'revision = "0003"\ndown_revision = "0002"\n\n\ndef upgrade(): ...\n'
    )
    run(installation, "migrate")

    said = run(installation, "plugin", "remove", NAME, "--yes")

    assert "no attribute 'downgrade'" in said
    assert "dropped as recorded" in said
    assert tables(store) == set()


def test_a_plugin_is_switched_on_and_off_for_one_reseller_or_all(installation, site, store):
    site.install("1")
    run(installation, "migrate")
    first, second = World(store), World(store)

    run(installation, "plugin", "enable", NAME, "--all")
    assert of_notes(installation)[3] == 2
    run(installation, "plugin", "disable", NAME, "--reseller", str(first.reseller_id))

    with store.read() as session:
        on = session.scalars(
            sa.select(PluginActivation.reseller_id).where(PluginActivation.plugin == NAME, PluginActivation.enabled)
        )
        assert list(on) == [second.reseller_id]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("enable", NAME), 2, "--reseller ID"),
        (("enable", NAME, "--all", "--reseller", "1"), 2, "--reseller ID"),
        (("enable", NAME, "--reseller", "99"), 1, "There is no reseller 99"),
        (("enable", "nobody", "--all"), 1, "host_stub plugin list"),
        (("disable", "nobody", "--all"), 1, "There is no plugin 'nobody'"),
        (("upgrade", "nobody"), 1, "There is no plugin 'nobody'"),
        (("remove", "nobody", "--yes"), 1, "There is no plugin 'nobody'"),
        (("doctor", "nobody"), 1, "There is no plugin 'nobody'"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_to_do(installation, site, arguments, status, says):
    site.install("1")
    run(installation, "migrate")

    assert says in run(installation, "plugin", *arguments, status=status)


def test_nothing_is_done_on_a_database_that_lacks_the_hosts_migrations(installation, site):
    site.install("1")

    assert "host_stub migrate" in run(installation, "plugin", "list", status=1)


def test_enabling_a_plugin_whose_tables_lack_says_that_it_is_not_called_yet(installation, site, store):
    run(installation, "migrate")
    World(store)
    site.install("1")

    assert "host_stub plugin upgrade ledger_notes" in run(installation, "plugin", "enable", NAME, "--all")


def test_the_doctor_tells_state_failures_workers_and_what_methods_think(installation, site, store):
    world = used(installation, site, store)
    with store.write() as session:
        session.get_one(PaymentMethod, world.method_id).settings = {}
        at = SystemClock().now()
        session.add(Worker(name="host:1", started_at=at, beat_at=at, plugins={NAME: "1.0"}))
        failed = {"plugin": NAME, "place": "start", "error": "ZeroDivisionError", "count": 3}
        session.add(PluginFailure(**failed, first_at=at, last_at=at))

    said = run(installation, "plugin", "doctor", NAME, status=1)

    assert "plugin ledger_notes: 2.0, loaded, on for 1, tables: up to date, contract >=1.0,<2.0" in said
    assert (
        "worker host:1: it runs with other plugins than are installed: ledger_notes 1.0 runs, 2.0 is installed" in said
    )
    assert "start: has failed: ZeroDivisionError (3 times" in said
    assert "of ledger_notes: warning: Nobody knows the room. Fill in the room." in said
    assert "worker host:1" in run(installation, "doctor", status=1)


def test_the_doctor_of_a_broken_plugin_names_the_remedy(installation, site):
    package = site.install("1")
    (package / "__init__.py").write_text("1 / 0\n")
    run(installation, "migrate")

    said = run(installation, "plugin", "doctor", NAME, status=1)

    assert "ZeroDivisionError" in said
    assert listed(installation)[NAME]["state"] == "broken"
    assert "ZeroDivisionError" in run(installation, "plugin", "enable", NAME, "--all", status=1)


def test_a_disabled_plugin_is_listed_and_its_tables_are_no_orphans(installation, site):
    site.install("1")
    run(installation, "migrate")
    installation.environment["BILLHOOK_DISABLED_PLUGINS"] = NAME

    assert of_notes(installation) == ("1.0", "disabled", "kept", 0)
    run(installation, "plugin", "doctor", NAME)


def test_a_backup_holds_plugins_tables_and_where_their_migrations_stand(installation, site, store, databases):
    site.install("2")
    run(installation, "migrate")
    keep_note(store, 41)
    file = installation.folder / "kept.backup"
    url = databases.empty()
    elsewhere = installation.elsewhere("new", url)

    run(installation, "backup", str(file))
    run(elsewhere, "restore", str(file))

    restored = open_store(url)
    assert notes(restored) == [41]
    assert of_notes(elsewhere) == ("2.0", "loaded", "up to date", 0)
    assert "ledger_notes" not in run(elsewhere, "migrate")
    keep_note(restored, 42)
    assert notes(restored) == [41, 42]
    restored.close()
    databases.discard(url)
