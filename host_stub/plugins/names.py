"""Names that no plugin may have here: they stand for something of the panel's."""

from __future__ import annotations

from typing import Final

from host_stub.persistence import Base

_ROOMS: Final = frozenset({"auth", "components", "customer", "errors", "layouts", "operator", "plugin", "reseller"})
_SOURCES: Final = frozenset(
    {"charge", "correction", "gateway", "host_stub", "mail", "order", "provisioning", "reversal", "statement"}
)
_TABLES: Final = (*Base.metadata.tables, "host_alembic_version")

#: A plugin's tables begin with its name, so no name may be what one of ours begins with.
RESERVED: Final = (
    _ROOMS
    | _SOURCES
    | {table[:end] for table in _TABLES for end in range(1, len(table) + 1) if f"{table}_"[end] == "_"}
)
