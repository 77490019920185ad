"""Say whether the host's migrations agree with its models and triggers, on both databases: part of `./dev check`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from host_stub.persistence import shapes, triggers
from host_stub.persistence.migrate import differences
from host_stub.persistence.store import make_engine
from tests.support.databases import Databases, NoPostgresql, SqliteDatabases, postgresql_server


def check(name: str, databases: Databases) -> bool:
    """Migrate a new database and report what models and triggers differ in. Returns whether that is nothing."""
    url = databases.migrated()
    found = differences(url)
    guards = _guards(url)
    databases.discard(url)
    for difference in found:
        print(f"{name}: the models differ from the migrations: {difference}")
    for fault in guards:
        print(f"{name}: the migrations made another database than models and persistence/triggers.py describe: {fault}")
    if not found and not guards:
        print(f"{name}: migrations match the models and the triggers.")
    return not found and not guards


def _guards(url: str) -> list[str]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = [*triggers.faults(connection), *shapes.faults(connection)]
    engine.dispose()
    return found


def main() -> int:
    """Check both; a missing PostgreSQL is said, and fails in CI. Returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="billhook-") as folder:
        agree = check("SQLite", SqliteDatabases(Path(folder)))
    try:
        with postgresql_server() as server:
            agree = check("PostgreSQL", server) and agree
    except NoPostgresql as missing:
        print(f"PostgreSQL: not checked, {missing}")
        agree = agree and os.environ.get("CI") != "true"
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
