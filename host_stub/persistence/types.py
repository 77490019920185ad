"""Column types that mean the same on SQLite (STRICT tables) and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Integer, LargeBinary, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

#: 64-bit integer; on SQLite INTEGER, which a primary key needs and a STRICT table accepts.
Int64 = BigInteger().with_variant(Integer(), "sqlite")
Blob = LargeBinary()

_SQLITE_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: TIMESTAMPTZ, on SQLite text of fixed width that sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant has a time zone")
        utc = value.astimezone(UTC)
        return utc.strftime(_SQLITE_INSTANT) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.strptime(value, _SQLITE_INSTANT).replace(tzinfo=UTC)
        instant: datetime = value
        return instant.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A calendar date as ISO text: no zone, no time."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return value.isoformat() if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if value is not None else None


class Flag(TypeDecorator[bool]):
    """True or false: BOOLEAN, on SQLite 0 or 1. Stands by itself in a condition (`where(User.active)`)."""

    impl = Boolean()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return None if value is None else int(value) if dialect.name == "sqlite" else bool(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """JSON as text: stored and returned whole, never queried inside."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.text(value)

    @staticmethod
    def text(value: Any) -> str:
        """Return a value as it is stored: the same text for the same value."""
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
