"""Migrations of plugins' own tables: what they may do, and that a failure leaves nothing behind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from billhook import Discard, Keep
from billhook.history import Standing
from billhook.loading import LoadedPlugin
from billhook.sql.migrating import MigrationFailed

from host_stub.persistence import Scope, Store, plugin_tables, triggers
from host_stub.persistence.plugin_tables import OwnTables
from host_stub.plugins.registry import Registry
from tests.platform.ledger_notes import NAME, Site
from tests.support.world import World

NOTE = "ledger_notes_note"
NOON = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)


def loaded() -> LoadedPlugin:
    """Return the plugin as it is installed just now."""
    registry = Registry.discover()
    assert registry.broken == {}
    return registry.plugins[NAME]


def upgrade(store: Store) -> None:
    plugin_tables.upgrade(store, NAME, loaded().migrations)


def tables(store: Store) -> set[str]:
    """Return the tables in the database that a plugin could have made."""
    return {name for name in sa.inspect(store.engine).get_table_names() if "ledger_notes" in name or "stray" in name}


def add_migration(package: Path, body: str, *, revision: str = "0009", after: str = "0001") -> None:
    """Put another migration into an installed package."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {revision!r}\ndown_revision = {after!r}\n\n"
    text += f"def upgrade():\n{lines}\n\ndef downgrade():\n    pass\n"
    (package / "migrations" / f"{revision}_added.py").write_text(text)


OWN = (
    'op.create_table("ledger_notes_more", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("reseller_id", sa.BigInteger, nullable=False){})'
)


def note(number: int, amount: int = 100) -> Keep:
    values = {"account_id": 7, "transaction_id": number, "amount_minor": amount, "noted_at": NOON}
    return Keep(NOTE, values, key=("transaction_id",))


def keep(store: Store, effect: Keep | Discard, reseller_id: int = 1) -> None:
    with store.write() as session:
        OwnTables(session, NAME, reseller_id).write(effect)


def rows(store: Store, table: str = NOTE, reseller_id: int = 1, **page: object) -> list[dict[str, object]]:
    with store.read(Scope.reseller(reseller_id)) as session:
        found = OwnTables(session, NAME, reseller_id).rows(table, **page)  # type: ignore[arg-type]
    return [dict(row) for row in found]


def test_migrations_make_the_tables_and_the_host_knows_whose_they_are(site: Site, store: Store) -> None:
    site.install("1")

    upgrade(store)

    assert tables(store) == {NOTE, "ledger_notes_alembic_version"}
    with store.read() as session:
        owners = plugin_tables.owners(session.connection())
    assert [table for table, plugin in owners.items() if plugin == NAME] == [NOTE]
    assert plugin_tables.look(store, NAME, loaded().migrations) == (Standing.CURRENT, "0001")


def test_an_upgrade_rebuilds_a_table_with_its_rows_and_leaves_the_ledgers_triggers(site: Site, store: Store) -> None:
    site.install("1")
    upgrade(store)
    keep(store, note(1))
    site.install("2")
    assert plugin_tables.look(store, NAME, loaded().migrations)[0] is Standing.PENDING

    upgrade(store)

    (row,) = rows(store)
    assert (row["transaction_id"], row["text"]) == (1, "")
    assert rows(store, "ledger_notes_total") == []
    query, wanted = "select name from sqlite_master where type = 'trigger'", triggers.SQLITE_NAMES
    if store.engine.dialect.name == "postgresql":
        query, wanted = "select tgname from pg_trigger where not tgisinternal", triggers.POSTGRESQL_NAMES
    with store.read() as session:
        assert set(session.scalars(sa.text(query))) == wanted


def test_a_table_that_others_of_the_plugin_refer_to_is_rebuilt(site: Site, store: Store) -> None:
    package = site.install("2")
    upgrade(store)
    keep(store, Keep(NOTE, {**note(1).values}))
    total = {"account_id": 7, "total_minor": 5, "is_debt": False, "last_note_id": rows(store)[0]["id"]}
    keep(store, Keep("ledger_notes_total", total))
    recreate = "always" if store.engine.dialect.name == "sqlite" else "auto"
    body = f'with op.batch_alter_table("{NOTE}", recreate="{recreate}") as t:\n    t.drop_column("text")'
    add_migration(package, body, after="0002")

    upgrade(store)

    assert "text" not in rows(store)[0]
    assert rows(store, "ledger_notes_total")[0]["last_note_id"] == rows(store)[0]["id"]
    if store.engine.dialect.name == "sqlite":
        with pytest.raises(sa.exc.IntegrityError):
            keep(store, Keep("ledger_notes_total", {**total, "account_id": 8, "last_note_id": 99}))


REFUSED = {
    "creates a table without the prefix": ('op.create_table("stray", sa.Column("id", sa.Integer))', "stray"),
    "creates an index on a table of the host": ('op.create_index("ledger_notes_x", "account", ["name"])', "account"),
    "alters a table of the host": ('op.add_column("account", sa.Column("notes", sa.Text))', "account"),
    "drops a table of the host": ('op.drop_table("notice")', "notice"),
    "renames its table away": (f'op.rename_table("{NOTE}", "stray_note")', "stray_note"),
    "adds rows to the host's": (
        "op.execute(\"insert into lane values ('a', 'b', '2026-11-13T09:00:00.000000Z', 1, 'd')\")",
        "lane",
    ),
    "changes rows of the host": ("op.execute(\"update reseller set name = 'mine'\")", "reseller"),
    "deletes rows of the host": ('op.execute("delete from payment_method")', "payment_method"),
    "switches a guard of the ledger off": ('op.execute("drop trigger document_frozen{}")', "document"),
    "makes a trigger of its own": ("TRIGGER", "trigger"),
    "makes a view": ('op.execute("create view ledger_notes_all as select * from account")', "ledger_notes_all"),
    "commits": ('op.get_bind().commit()\nop.execute("select 1")', "ends the transaction"),
    "commits by a statement": ('op.execute("commit")', "COMMIT"),
    "commits in a block": ('with op.get_context().autocommit_block():\n    op.execute("select 1")', "AssertionError"),
    "makes a table without id": (
        'op.create_table("ledger_notes_more", sa.Column("reseller_id", sa.BigInteger, nullable=False))',
        "primary key `id`",
    ),
    "makes a table whose id nobody numbers": (
        OWN.format("").replace(
            "sa.Integer, primary_key=True", "sa.SmallInteger, primary_key=True, autoincrement=False"
        ),
        "not numbered",
    ),
    "makes a table without the reseller": (
        'op.create_table("ledger_notes_more", sa.Column("id", sa.Integer, primary_key=True))',
        "`reseller_id`",
    ),
    "makes a reseller that may be empty": (OWN.format("").replace(", nullable=False", ""), "`reseller_id`"),
    "makes a column that no effect fills": (OWN.format(', sa.Column("rate", sa.Float)'), "ledger_notes_more.rate"),
    "refers to the host's rows": (
        OWN.format(', sa.Column("account_id", sa.BigInteger, sa.ForeignKey("reseller.id"))'),
        "refers to reseller",
    ),
    "fails": (OWN.format("") + "\n1 / 0", "ZeroDivisionError"),
    "fails in SQL": (OWN.format("") + '\nop.execute("select * from nowhere")', "nowhere"),
    "leaves the process": (OWN.format("") + "\nraise SystemExit(3)", "SystemExit"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_migration_that(what: str, site: Site, store: Store) -> None:
    """… is refused, named, and leaves nothing behind."""
    body, named = REFUSED[what]
    on_sqlite = store.engine.dialect.name == "sqlite"
    if body == "TRIGGER":
        body = (
            f'op.execute("create trigger ledger_notes_t {"before insert" if on_sqlite else "after insert"} on {NOTE} '
        )
        body += 'begin select 1; end")' if on_sqlite else 'for each statement execute function billhook_append_only()")'
    package = site.install("1")
    upgrade(store)
    world = World(store)
    keep(store, note(1), world.reseller_id)
    before = everything(store)
    add_migration(package, body.format("" if on_sqlite else " on document") if "{}" in body else body)
    site.forget()

    with pytest.raises(MigrationFailed) as refused:
        upgrade(store)

    assert named in refused.value.why
    assert "migrations" in refused.value.why
    assert refused.value.remedy
    assert everything(store) == before
    assert plugin_tables.look(store, NAME, loaded().migrations) == (Standing.PENDING, "0001")


def everything(store: Store) -> dict[str, object]:
    """Return names and rows of all tables."""
    with store.read() as session:
        connection = session.connection()
        names = sorted(sa.inspect(connection).get_table_names())
        return {name: sorted(map(repr, connection.exec_driver_sql(f'select * from "{name}"'))) for name in names}
