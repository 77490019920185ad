"""Migrations of plugins' own tables: what they may do, and that a failure leaves nothing behind."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from billhook import Discard, Keep
from billhook.errors import MigrationFailed
from billhook.host.history import Standing
from billhook.host.loading import LoadedPlugin

from host_stub.persistence import Scope, Store, open_store, plugin_tables, triggers
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
    with store.read() as session:
        assert triggers.faults(session.connection()) == []


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
        'op.execute("insert into lane (receiver, lane, ready_at, tries, worker) '
        "values ('a', 'b', '2026-11-13T09:00:00.000000Z', 1, 'd')\")",
        "lane",
    ),
    "changes rows of the host": ("op.execute(\"update reseller set name = 'mine'\")", "reseller"),
    "deletes rows of the host": ('op.execute("delete from payment_method")', "payment_method"),
    "switches a guard of the ledger off": ('op.execute("drop trigger document_frozen{}")', "document"),
    "makes a trigger of its own": ("TRIGGER", "trigger"),
    "is cancelled": (OWN.format("") + "\nimport asyncio\nraise asyncio.CancelledError", "failed: CancelledError"),
    "raises an error without a text": (
        OWN.format("") + "\nclass Mute(BaseException):\n    def __str__(self): return 1 / 0\nraise Mute",
        "failed: Mute: (its text cannot be read)",
    ),
    "makes a view": ('op.execute("create view ledger_notes_all as select * from account")', "ledger_notes_all"),
    "commits": ('op.get_bind().commit()\nop.execute("select 1")', "ends the transaction"),
    "commits by a statement": ('op.execute("commit")', "COMMIT"),
    "commits behind a comment": (OWN.format("") + '\nop.execute("/* tidy */ COMMIT")\n1 / 0', "COMMIT"),
    "commits behind a remark": (OWN.format("") + '\nop.execute("-- tidy\\n;commit;")', "several statements"),
    "commits by the driver": (OWN.format("") + "\nop.get_bind().connection.commit()\n1 / 0", "ends the transaction"),
    "commits by the driver and goes on": (
        OWN.format("") + "\ntry:\n    op.get_bind().connection.commit()\nexcept Exception:\n    pass",
        "ends the transaction",
    ),
    "rolls back by the driver": ("op.get_bind().connection.rollback()", "ends the transaction"),
    "commits by a cursor": (
        OWN.format("") + '\nop.get_bind().connection.cursor().execute("commit")',
        ("past SQLAlchemy", "ends the transaction"),
    ),
    "closes the connection": (OWN.format("") + "\nop.get_bind().close()", "ends the transaction"),
    "closes the driver's connection": ("op.get_bind().connection.dbapi_connection.close()", "ends the transaction"),
    "gives the connection up": (OWN.format("") + "\nop.get_bind().invalidate()", "ends the transaction"),
    "rolls back by a session": (
        "from sqlalchemy.orm import Session\ns = Session(op.get_bind())\ns.connection()\ns.rollback()",
        "ends the transaction",
    ),
    "writes by a cursor": (
        f'op.get_bind().connection.cursor().execute("delete from {NOTE}")',
        "past SQLAlchemy",
    ),
    "opens a connection of its own": (
        f'with op.get_bind().engine.begin() as other:\n    other.exec_driver_sql("delete from {NOTE}")',
        "connection of its own",
    ),
    "opens a savepoint": ("with op.get_bind().begin_nested():\n    pass", "SAVEPOINT"),
    "commits in a block": ('with op.get_context().autocommit_block():\n    op.execute("select 1")', "autocommit_block"),
    "reads the host's rows into a table of its own": (
        'op.execute("create table ledger_notes_copy as select id, reseller_id, secrets from payment_method")',
        "reads payment_method",
    ),
    "reads the host's rows": ('op.get_bind().execute(sa.text("select name from reseller")).all()', "reads reseller"),
    "counts the host's rows": (
        'op.get_bind().scalar(sa.text("select count(*) from RESELLER"))',
        ("RESELLER", "reseller"),
    ),
    "reads the host's rows in passing": (
        f'op.execute("delete from {NOTE} where account_id not in (select id from account)")',
        "reads account",
    ),
    "changes rows behind a with": (
        "op.execute(\"with x as (select 1) update reseller set name = 'mine'\")",
        "reseller",
    ),
    "sends two statements at once": (f'op.execute("delete from {NOTE}; delete from {NOTE}")', "several statements"),
    "makes a temporary table": ('op.execute("create temp table ledger_notes_x (id integer)")', "CREATE TEMP"),
    "makes a table elsewhere": (
        'op.execute("create table temp.ledger_notes_x (id integer)".replace("temp.", TEMP))',
        "ledger_notes_x",
    ),
    "sets a switch": ('op.execute("pragma foreign_keys = on")', "PRAGMA"),
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

#: What only PostgreSQL has.
REFUSED_ON_POSTGRESQL = {
    "makes a rule": ("create rule r as on insert to log_entry do instead nothing", "CREATE RULE"),
    "moves a sequence of the host": (
        "select setval(pg_get_serial_sequence('account', 'id'), 5000)",
        "it calls setval, and not for a table of the plugin's",
    ),
    "uses up a sequence of the host": ("select \"nextval\"('account_id_seq')", "it calls nextval"),
    "restarts a sequence of the host": ("alter sequence account_id_seq restart with 9000", "ALTER SEQUENCE"),
    "makes a sequence": ("create sequence foreign_seq", "CREATE SEQUENCE"),
    "gives rights away": ("grant all on payment to public", "GRANT"),
    "makes a schema": ("create schema evil", "CREATE SCHEMA"),
    "moves its table to another schema": (f"alter table {NOTE} set /* a */ schema elsewhere", "another schema"),
    "switches triggers off": ("set session_replication_role = replica", "SET"),
    "switches the counters off": ("set local track_counts = off", "SET"),
    "sets by a function": ("select set_config('track_counts', 'off', true)", "it calls set_config"),
    "writes in a with": (
        "with x as (update reseller set name = 'mine' returning id) select * from x",
        "changes rows of reseller",
    ),
    "writes in a block": ("do $$ begin update reseller set name = 'mine'; end $$", "DO"),
    "locks a table of the host": ("lock table reseller", "LOCK"),
    "locks rows of the host": ("select 1 from reseller for update", "locks rows of reseller"),
    "copies": ("copy reseller to stdout", "COPY"),
    "calls": ("call nothing()", "CALL"),
    "hides a commit in a nested comment": ("/* a /* b */ select 1 */ commit", "COMMIT"),
    "makes a table in another schema": ("create table elsewhere.ledger_notes_x (id integer)", "creates ledger_notes_x"),
    "takes after a table of the host": ("create table ledger_notes_more (like account)", "reads account"),
}


@pytest.mark.parametrize("what", REFUSED_ON_POSTGRESQL)
def test_a_migration_on_postgresql_that(what: str, site: Site, postgresql_url: str) -> None:
    """… is refused with file, statement and remedy, and leaves nothing behind."""
    statement, named = REFUSED_ON_POSTGRESQL[what]
    with closing(open_store(postgresql_url)) as store:
        with store.engine.begin() as connection:
            connection.exec_driver_sql("create schema elsewhere")
        package = site.install("1")
        upgrade(store)
        World(store)
        before, next_id = everything(store), next_account(store)
        add_migration(package, f"op.execute({statement!r})")
        site.forget()

        with pytest.raises(MigrationFailed) as refused:
            upgrade(store)

        assert refused.value.why.startswith("migrations/0009_added.py: it ")
        assert named in refused.value.why
        assert refused.value.remedy
        assert (everything(store), next_account(store)) == (before, next_id)


def next_account(store: Store) -> object:
    with store.read() as session:
        return tuple(session.execute(sa.text("select last_value, is_called from account_id_seq")).one())


def test_a_migration_that_ends_the_transaction_behind_everybodys_back_is_found_out(site: Site, store: Store) -> None:
    package = site.install("1")
    upgrade(store)
    if store.engine.dialect.name == "sqlite":
        body = "raw = op.get_bind().connection.dbapi_connection\nraw.set_authorizer(None)\nraw.commit()"
    else:
        body = 'op.get_bind().connection.dbapi_connection.pgconn.exec_(b"commit")'
    add_migration(package, OWN.format("") + f"\n{body}\n1 / 0")
    site.forget()

    with pytest.raises(MigrationFailed, match="what it did until then may stay"):
        upgrade(store)


def test_a_refused_plugin_leaves_nothing_and_is_migrated_once_it_is_mended(site: Site, store: Store) -> None:
    package = site.install("1")
    first = package / "migrations/0001_notes.py"
    mended = first.read_text()
    for ending in ('op.execute("/* tidy */ COMMIT")', "op.get_bind().connection.commit()"):
        broken = mended.replace(
            "\n\n\ndef downgrade", f'\n    {ending}\n    raise ValueError("later")\n\n\ndef downgrade'
        )
        assert broken != mended
        first.write_text(broken)
        site.forget()

        with pytest.raises(MigrationFailed):
            upgrade(store)

        assert tables(store) == set()

    first.write_text(mended)
    site.forget()
    upgrade(store)
    assert tables(store) == {NOTE, "ledger_notes_alembic_version"}


NUMBERED = (
    'op.create_table("ledger_notes_more", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("reseller_id", sa.BigInteger, nullable=False), sqlite_autoincrement=True)\n'
)
WORKS = {
    "keeps texts that look like statements": (
        f'op.execute("insert into {NOTE} (reseller_id, account_id, transaction_id, amount_minor, noted_at) '
        "select 1, 1, 1, 1, '2026-11-13 09:00' where 'a; commit to this; it''s /* no' = ''\")"
    ),
    "says something beside its statements": f'op.execute("-- old; all\\n/* commit */ delete from {NOTE} /* done */;")',
    "numbers rows once and for ever": NUMBERED
    + (
        'op.execute("insert into ledger_notes_more (reseller_id) values (1)")\n'
        'op.rename_table("ledger_notes_more", "ledger_notes_most")\n'
        'op.execute("insert into ledger_notes_most (reseller_id) select reseller_id from ledger_notes_most")\n'
        'op.drop_table("ledger_notes_most")'
    ),
    "works on rows with SQLAlchemy": (
        f't = sa.table("{NOTE}", *(sa.column(name) for name in ("id", "amount_minor")))\n'
        "for row in op.get_bind().execute(sa.select(t)).all():\n"
        "    op.get_bind().execute(t.update().where(t.c.id == row.id).values(amount_minor=row.amount_minor + 1))"
    ),
    "inserts many": (
        'more = op.create_table("ledger_notes_more", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("reseller_id", sa.BigInteger, nullable=False), comment="More; commit.")\n'
        'op.bulk_insert(more, [{"reseller_id": 1}, {"reseller_id": 2}])'
    ),
    "looks before it makes": (
        "found = sa.inspect(op.get_bind())\n"
        f'assert found.has_table("{NOTE}")\n'
        f'assert found.get_columns("{NOTE}") and found.get_indexes("{NOTE}")\n'
        f'assert found.get_unique_constraints("{NOTE}") and found.get_table_names()\n'
        f'assert found.get_foreign_keys("{NOTE}") == [] and found.get_check_constraints("{NOTE}") == []\n'
        'assert found.has_table("payment_method")'
    ),
    "names a column as the host does a table": (
        f'op.add_column("{NOTE}", sa.Column("payment", sa.Text))\n'
        f'op.create_index("of_payment", "{NOTE}", ["payment"])\n'
        f"op.execute(\"update {NOTE} set payment = ''\")\n"
        f'op.drop_index("of_payment", "{NOTE}")'
    ),
    "reflects its table to rebuild it": (
        f'with op.batch_alter_table("{NOTE}", recreate="always") as t:\n'
        '    t.add_column(sa.Column("payment", sa.Text))\n    t.create_index("of_payment", ["payment"])\n'
        '    t.create_check_constraint("some", "amount_minor <> 0")'
    ),
    "opens a session on the connection": (
        "from sqlalchemy.orm import Session\n"
        f'session = Session(op.get_bind())\nsession.execute(sa.text("delete from {NOTE}"))\nsession.commit()'
    ),
}


@pytest.mark.parametrize("what", WORKS)
def test_a_migration_works_that(what: str, site: Site, store: Store) -> None:
    package = site.install("1")
    upgrade(store)
    keep(store, note(1))
    add_migration(package, WORKS[what])
    site.forget()

    upgrade(store)

    assert plugin_tables.look(store, NAME, loaded().migrations) == (Standing.CURRENT, "0009")


@pytest.mark.parametrize("table", ["sqlite_sequence", "sqlite_master"])
def test_a_migration_on_sqlite_leaves_the_databases_own_books_alone(table: str, site: Site, sqlite_url: str) -> None:
    package = site.install("1")
    add_migration(package, NUMBERED + f'op.execute("delete from {table}")')
    site.forget()
    with closing(open_store(sqlite_url)) as store:
        with pytest.raises(MigrationFailed, match=table):
            upgrade(store)

        assert tables(store) == set()


@pytest.mark.parametrize("what", REFUSED)
def test_a_migration_that(what: str, site: Site, store: Store) -> None:
    """… is refused, named, and leaves nothing behind."""
    body, named = REFUSED[what]
    on_sqlite = store.engine.dialect.name == "sqlite"
    body = body.replace("TEMP)", '"temp.")' if on_sqlite else '"pg_temp.")')
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

    assert any(each in refused.value.why for each in ([named] if isinstance(named, str) else named))
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
