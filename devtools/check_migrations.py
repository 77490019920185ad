"""Say whether the host's migrations and models agree, on both databases: part of `./dev check`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from host_stub.persistence.migrate import differences
from tests.support.databases import Databases, NoPostgresql, SqliteDatabases, postgresql_server


def check(name: str, databases: Databases) -> bool:
    """Migrate a new database and report what the models would still change. Returns whether that is nothing."""
    url = databases.migrated()
    found = differences(url)
    databases.discard(url)
    for difference in found:
        print(f"{name}: the models differ from the migrations: {difference}")
    if not found:
        print(f"{name}: migrations match the models.")
    return not found


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
