"""Alembic's environment: runs on the connection it is given."""

from alembic import context

import host_stub.persistence  # noqa: F401  registers every table
from host_stub.persistence.base import Base
from host_stub.persistence.migrate import _ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table="host_alembic_version",
    include_name=_ours,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
