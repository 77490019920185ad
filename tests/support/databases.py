"""Real databases for tests, each test with an empty migrated one of its own.

PostgreSQL is, in this order: the server that BILLHOOK_TEST_POSTGRESQL names, one started from installed programs in a
folder of its own, or the one that answers without a password on 127.0.0.1:5432. Our own comes first because it needs
no durability: dropping a database waits for a checkpoint, which took 1.3 s on a durable server and 0.04 s here.
Migrations run once per worker; a test gets a copy.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.support.ports import kept_port

SERVER_VARIABLE = "BILLHOOK_TEST_POSTGRESQL"
LOCAL_SERVER = {"host": "127.0.0.1", "port": "5432"}
START_SECONDS = 30


class NoPostgresql(Exception):
    """There is no PostgreSQL to test on; the text says why."""


class Databases(Protocol):
    """A source of databases. A copy is dropped, or reused by nobody, when its test ends."""

    def migrated(self) -> str:
        """Return the address of a new database with every table and no row."""

    def empty(self) -> str:
        """Return the address of a new database without tables."""

    def discard(self, url: str) -> None:
        """Forget a database; nothing may be connected to it."""


class SqliteDatabases:
    """Files in one folder; a migrated one is a copy of the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template: Path | None = None

    def migrated(self) -> str:
        path = self._new()
        shutil.copyfile(self._migrated_template(), path)
        return _sqlite_url(path)

    def empty(self) -> str:
        return _sqlite_url(self._new())

    def discard(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)

    def _new(self) -> Path:
        return self._folder / f"{secrets.token_hex(6)}.db"

    def _migrated_template(self) -> Path:
        if self._template is None:
            path = self._folder / "template.db"
            upgrade(_sqlite_url(path))
            self._template = path
        return self._template


#: A copy that a test has made larger than this is not emptied but made anew: its rows would go on costing.
_LARGEST_BYTES = 24 * 1024 * 1024
#: Tables, columns, triggers, functions, constraints, schemas and settings: what a test may have changed beside rows.
_SHAPE = """
    SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT 'c' || relname || relkind::text || relhasrules || coalesce(relacl::text, '') AS part
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'a' || c.relname || a.attname || a.atttypid || a.attnotnull || a.attisdropped
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0
        UNION ALL SELECT 'i' || indexrelid::regclass::text || pg_get_indexdef(indexrelid)
            FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL SELECT 't' || tgname || tgrelid::regclass::text || tgenabled::text || tgtype FROM pg_trigger
        UNION ALL SELECT 'p' || proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'k' || conname || conrelid::regclass::text || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'n' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT 'e' || extname FROM pg_extension
    ) AS parts
"""


class Emptying:
    """How a copy of the template becomes like new: its rows go, those of the template are put back, numbers start anew.

    As `replica`, since the ledger's triggers refuse to delete.
    """

    def __init__(self, shape: str, statements: str) -> None:
        self._shape = shape
        self._statements = statements

    @classmethod
    def of(cls, template: psycopg.Connection) -> Emptying:
        tables = template.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'").fetchall()
        statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
        for (table,) in tables:
            statements.append(f"DELETE FROM {table}")
            row = template.execute(f"SELECT json_agg(t)::text FROM {table} AS t").fetchone()
            if row and row[0]:
                kept = sql.Literal(row[0]).as_string(template)
                statements.append(f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {kept})")
        statements += ["SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence", "COMMIT"]
        return cls(cls._shape_of(template), "; ".join(statements))

    def empty(self, copy: psycopg.Connection) -> bool:
        """Empty a copy that nobody is connected to; return False, with nothing done, if it is not as it was made."""
        size = copy.execute("SELECT pg_database_size(current_database())").fetchone()
        if size is None or size[0] > _LARGEST_BYTES or self._shape_of(copy) != self._shape:
            return False
        try:
            copy.execute(self._statements)
        except psycopg.Error:
            return False
        return True

    @staticmethod
    def _shape_of(connection: psycopg.Connection) -> str:
        row = connection.execute(_SHAPE).fetchone()
        return str(row[0]) if row else ""


class _LeftOpen:
    """The connections that pools opened in this process, held until their database is done with.

    A thread that outlives its test gives its connection to a pool that is closed already, and nobody closes it. Python
    would tell of that at the next collection of garbage, in whatever test runs then.
    """

    def __init__(self) -> None:
        self._of: dict[str, list[psycopg.Connection]] = {}

    def opened(self, connection: object, _record: object) -> None:
        if isinstance(connection, psycopg.Connection):
            self._of.setdefault(connection.info.dbname, []).append(connection)

    def close(self, name: str) -> None:
        """Close what leads to a database; the server has ended these connections already."""
        for connection in self._of.pop(name, ()):
            connection.close()


_LEFT_OPEN = _LeftOpen()
event.listen(Pool, "connect", _LEFT_OPEN.opened)


class PostgresqlServer:
    """A server that we may create databases on; a migrated one is a copy of a template database.

    A copy takes ten times as long as emptying one that a test is done with, so it is emptied and given to the next test
    as long as its tables, triggers and functions are those of the template.
    parameters: libpq connection parameters without `dbname`.
    """

    def __init__(self, parameters: dict[str, str], maintenance: str = "postgres") -> None:
        self._parameters = parameters
        self._maintenance = maintenance
        self._prefix = f"billhook_test_{os.getpid()}_{secrets.token_hex(3)}"
        self._template: str | None = None
        self._emptying: Emptying | None = None
        self._copies: set[str] = set()
        self._used: list[str] = []
        self._number = 0

    def migrated(self) -> str:
        while self._used:
            name = self._used.pop()
            if self._emptied(name):
                return self._url(name)
            self._drop(name)
        if self._template is None:
            template = self._create("template0")
            upgrade(self._url(template))
            with self._connect(template) as connection:
                self._emptying = Emptying.of(connection)
            self._template = template
        name = self._create(self._template)
        self._copies.add(name)
        return self._url(name)

    def empty(self) -> str:
        return self._url(self._create("template0"))

    def discard(self, url: str) -> None:
        name = url.rpartition("/")[2].partition("?")[0]
        if name in self._copies:
            self._used.append(name)
        else:
            self._drop(name)

    def close(self) -> None:
        for name in [*self._used, *([self._template] if self._template else [])]:
            self._drop(name)
        self._used.clear()

    def _emptied(self, name: str) -> bool:
        """Bring a copy back to the template's rows; return whether that could be done."""
        assert self._emptying is not None
        with self._connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            _LEFT_OPEN.close(name)
            return self._emptying.empty(connection)

    def setting(self, name: str) -> str:
        """Return a setting of the server, such as `data_directory`."""
        with self._connect() as connection:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        return str(row[0]) if row else ""

    def _create(self, template: str) -> str:
        self._number += 1
        name = f"{self._prefix}_{self._number}"
        with self._connect() as connection:
            new = sql.Identifier(name)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, sql.Identifier(template)))
            # Tests prove what commits, not what survives a power cut.
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(new))
        return name

    def _drop(self, name: str) -> None:
        self._copies.discard(name)
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        _LEFT_OPEN.close(name)

    def _connect(self, name: str = "") -> psycopg.Connection:
        return psycopg.connect(**self._parameters, dbname=name or self._maintenance, autocommit=True)  # type: ignore[arg-type]

    def _url(self, name: str) -> str:
        given = dict(self._parameters)
        host, port = given.pop("host"), given.pop("port", "5432")
        user, password = given.pop("user", getpass.getuser()), given.pop("password", "")
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@{host}:{port}/{name}"


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Give the server to test on, started if need be and stopped afterwards. Raises NoPostgresql."""
    named = os.environ.get(SERVER_VARIABLE)
    if named:
        parameters = {key: str(value) for key, value in conninfo_to_dict(named).items()}
        database = parameters.pop("dbname", "postgres")
        with closing(PostgresqlServer({"host": "127.0.0.1", **parameters}, database)) as server:
            yield server
        return
    if _installed() is not None:
        with _own_server() as parameters, closing(PostgresqlServer(parameters)) as server:
            yield server
        return
    user = _local_user()
    if user is None:
        raise NoPostgresql(
            f"no PostgreSQL: {SERVER_VARIABLE} is not set, no server is installed (apt-get install postgresql), "
            "and nothing answers on 127.0.0.1:5432 without a password"
        )
    with closing(PostgresqlServer({**LOCAL_SERVER, "user": user})) as server:
        yield server


def _local_user() -> str | None:
    """Return who may create databases on the local server without a password, if anybody."""
    for user in (getpass.getuser(), "postgres"):
        try:
            with psycopg.connect(
                **LOCAL_SERVER,  # type: ignore[arg-type]
                user=user,
                dbname="postgres",
                connect_timeout=3,
                passfile=f"{os.devnull}/none",
            ) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return user
    return None


def _installed() -> Path | None:
    """Return the folder of the newest installed server's programs, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


@contextmanager
def _own_server() -> Iterator[dict[str, str]]:
    """Start a server in a folder of its own on a free port; yields connection parameters."""
    programs = _installed()
    if programs is None:
        raise NoPostgresql("no PostgreSQL server is installed (apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="billhook-pg-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data, port = f"{folder}/data", kept_port()
        control = [str(programs / "pg_ctl"), "-D", data, "-w", "-t", str(START_SECONDS)]
        options = (
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off "
            "-c synchronous_commit=off -c autovacuum=off -c max_connections=300"
        )
        _run([str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"])
        _run([*control, "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield {"host": "127.0.0.1", "port": str(port), "user": "postgres"}
        finally:
            _run([*control, "-m", "immediate", "stop"])


def _run(command: Sequence[str]) -> None:
    """Run a program of the server's. Raises NoPostgresql."""
    # The programs refuse root; the package brings the user, and the checkout may be closed to him.
    user = "postgres" if os.geteuid() == 0 else None
    groups: list[str] | None = [] if user else None
    try:
        subprocess.run(
            command,
            check=True,
            cwd="/",
            user=user,
            group=user,
            extra_groups=groups,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        details = getattr(error, "stderr", b"") or b""
        raise NoPostgresql(f"{error}\n{details.decode('utf-8', 'replace')}".strip()) from error


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def upgrade(url: str) -> None:
    """Bring a database up to date as `host_stub migrate` does: the host's tables, then those of installed plugins."""
    # Only tests that want tables need the host.
    from host_stub.persistence import migrate, open_store
    from host_stub.plugins.installation import upgrade_tables
    from host_stub.plugins.registry import Registry

    migrate.upgrade(url)
    store = open_store(url)
    for plugin in Registry.discover().plugins.values():
        upgrade_tables(store, plugin)
    store.close()
