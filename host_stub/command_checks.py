"""What a command asks before it begins: that database and code are of one version."""

from __future__ import annotations

import click
from sqlalchemy.exc import OperationalError

from host_stub.config import Config
from host_stub.persistence import migrate
from host_stub.persistence.migrate import Version


def same_version(config: Config) -> None:
    """Refuse a database that lacks migrations, or has some that this code does not know, in one line."""
    try:
        found = migrate.version(config.database_url)
    except OperationalError as error:
        raise click.ClickException(f"The database does not answer: {error.orig}") from None
    match found:
        case Version.BEHIND:
            raise click.ClickException("The database lacks migrations: run `host_stub migrate`.")
        case Version.AHEAD:
            raise click.ClickException("The database was migrated by a newer version of the panel: install that.")
