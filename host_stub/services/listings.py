"""Lists by keyset: newest first, a page at a time, never OFFSET."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

PAGE: Final = 30
#: Counting stops here: what a person wants to know beyond is «more than».
COUNTED: Final = 1000

Row = TypeVar("Row")
Key = InstrumentedAttribute[int]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: rows older than `before`, or newer than `after`; neither for the first page."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A page of a list.

    older, newer: ids to continue from, None at the end. count: of all rows that the filter leaves, up to `COUNTED`;
    None if nobody asked.
    """

    rows: Sequence[Row]
    older: int | None
    newer: int | None
    count: int | None = None

    @property
    def counted(self) -> str:
        """The count for people: `17`, `1000+`, empty if unknown."""
        if self.count is None:
            return ""
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)


def list_page(
    session: Session,
    query: Select[Any],
    key: Key,
    cursor: Cursor,
    *,
    limit: int = PAGE,
    count: bool = True,
    oldest_first: bool = False,
) -> Listing[Any]:
    """Return a page of `query`, newest first by `key` unless told otherwise.

    query: selects rows (a single entity, or several columns, then rows are tuples); its first entity owns `key`.
    """
    upwards = cursor.after is not None or (oldest_first and cursor.before is None)
    part = query.order_by(key.asc() if upwards else key.desc())
    if cursor.after is not None:
        part = part.where(key > cursor.after)
    elif cursor.before is not None:
        part = part.where(key < cursor.before)
    found = session.execute(part.add_columns(key.label("_key")).limit(limit + 1)).all()
    more, found = len(found) > limit, found[:limit]
    keys = [row[-1] for row in found]
    lowest, highest = (min(keys), max(keys)) if keys else (None, None)
    below = cursor.after is not None if upwards else more
    above = more if upwards else cursor.before is not None
    rows = [row[0] if len(row) == 2 else tuple(row)[:-1] for row in found]
    return Listing(
        rows if upwards is oldest_first else rows[::-1],
        older=lowest if below else None,
        newer=highest if above else None,
        count=count_up_to(session, query) if count else None,
    )


def count_up_to(session: Session, query: Select[Any], most: int = COUNTED) -> int:
    """Return how many rows a query has, counting at most one more than `most`."""
    inner = query.order_by(None).limit(most + 1).subquery()
    return int(session.execute(select(func.count()).select_from(inner)).scalar_one())


def contains(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that one of the columns contains `text`, letter case aside where the database knows it.

    SQLite folds ASCII only, so the text is also looked for in its own lower, upper and title case.
    """
    shapes = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    return or_(*(cast(column, String).icontains(shape, autoescape=True) for column in columns for shape in shapes))
