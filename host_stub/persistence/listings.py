"""Lists by keyset: newest first by id unless a query says otherwise, a page at a time, never OFFSET.

What a page costs does not depend on how long the list is: its rows are read off the end of an index, counting stops at
`COUNTED`, and a search compares at most so many rows before it offers to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, union, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from host_stub.domain.folding import fold
from host_stub.persistence.base import Searched

PAGE: Final = 30
#: Counting stops here: what a person wants to know beyond is «more than».
COUNTED: Final = 1000
#: So many rows are compared with words that are looked for, then the page ends and the reader may go on.
LOOKED_THROUGH: Final = 20_000

Row = TypeVar("Row")
Shown = TypeVar("Shown")
Key = InstrumentedAttribute[int]
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: rows older than `before`, or newer than `after`; neither for the first page."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in a list.

    words: a condition that no index answers; at most `rows` rows of the list are compared with it on a page.
    exact: conditions that an index answers each: what meets one is found however old it is.
    """

    words: Condition
    exact: Sequence[Condition] = ()
    rows: int = field(default_factory=lambda: LOOKED_THROUGH)


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A page of a list.

    older, newer: ids to continue from, None at the end. count: of all rows that the filter leaves, up to `COUNTED`;
    None if nobody asked. looked_through: how many rows a search compared when it ended before the list did, else 0;
    further: the side to which it goes on then.
    """

    rows: Sequence[Row]
    older: int | None
    newer: int | None
    count: int | None = None
    looked_through: int = 0
    further: Literal["", "older", "newer"] = ""

    def of(self, shown: Callable[[Any], Shown]) -> Listing[Shown]:
        """Return the same page of what `shown` makes of its rows."""
        return Listing(
            [shown(row) for row in self.rows],
            self.older,
            self.newer,
            self.count,
            self.looked_through,
            self.further,
        )

    @property
    def counted(self) -> str:
        """The count for people: `17`, `1000+`, empty if unknown."""
        return "" if self.count is None else up_to(self.count)


def up_to(count: int, most: int = COUNTED) -> str:
    """Return a count for people that stopped at one more than `most`: `17`, `1000+`."""
    return f"{most}+" if count > most else str(count)


def list_page(
    session: Session,
    query: Select[Any],
    key: Key,
    cursor: Cursor,
    *,
    limit: int = PAGE,
    count: bool = True,
    oldest_first: bool = False,
    ranges: Sequence[Condition] = (),
    search: Search | None = None,
) -> Listing[Any]:
    """Return a page of `query`, newest first by `key` unless told otherwise.

    query: selects rows (a single entity, or several columns, then rows are tuples); its first entity owns `key`.
    ranges: the list is what meets one of these, and each is a range of an index of its own that goes on by `key`.
    """
    upwards = cursor.after is not None or (oldest_first and cursor.before is None)
    order = _Order(key, cursor, upwards=upwards, limit=limit + 1)
    edge = _edge(session, query, order, search, ranges)
    parts = _parts(query, order, ranges, search, edge)
    found = session.execute(order.first(order.among(query, parts)).add_columns(key.label("_key"))).all()
    more, found = len(found) > limit, found[:limit]
    keys = [row[-1] for row in found]
    whole = not more and edge is None and cursor == Cursor()
    beyond = order.beyond(keys, edge, more=more)
    lowest, highest = (min(keys), max(keys)) if keys else (None, None)
    rows = [row[0] if len(row) == 2 else tuple(row)[:-1] for row in found]
    return Listing(
        rows if upwards is oldest_first else rows[::-1],
        older=(lowest if cursor.after is not None else None) if upwards else beyond,
        newer=beyond if upwards else (highest if cursor.before is not None else None),
        count=(len(keys) if whole else _count(session, key, parts)) if count and edge is None else None,
        looked_through=search.rows if search is not None and edge is not None else 0,
        further="" if edge is None else "newer" if upwards else "older",
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """The direction in which a page is read, from where, and how many rows."""

    key: Key
    cursor: Cursor
    upwards: bool
    limit: int

    def after_cursor(self, query: Select[Any]) -> Select[Any]:
        if self.cursor.after is not None:
            return query.where(self.key > self.cursor.after)
        return query.where(self.key < self.cursor.before) if self.cursor.before is not None else query

    def first(self, query: Select[Any]) -> Select[Any]:
        """Return the query for the page's rows and one more."""
        return self.sorted(self.after_cursor(query)).limit(self.limit)

    def sorted(self, query: Select[Any]) -> Select[Any]:
        return query.order_by(None).order_by(self.key.asc() if self.upwards else self.key.desc())

    def among(self, query: Select[Any], parts: Sequence[Select[Any]]) -> Select[Any]:
        """Narrow the query to what the parts hold: each gives its first rows off its own index."""
        if len(parts) == 1:
            return parts[0]
        firsts = [self.first(part.with_only_columns(self.key)).subquery() for part in parts]
        return query.where(self.key.in_(union_all(*(select(first) for first in firsts))))

    def beyond(self, keys: Sequence[int], edge: int | None, *, more: bool) -> int | None:
        """Return where the next page in this direction begins. edge: the first row that a search did not compare."""
        last = (max(keys) if self.upwards else min(keys)) if keys else None
        if edge is None:
            return last if more else None
        step = -1 if self.upwards else 1
        within = last is not None and ((last < edge) if self.upwards else (last > edge))
        return last if more and within else edge + step


def _edge(
    session: Session, query: Select[Any], order: _Order, search: Search | None, ranges: Sequence[Condition]
) -> int | None:
    """Return the key of the first row in this direction that a search does not get to, if there is one."""
    if search is None:
        return None
    every = [query.where(condition) for condition in ranges] or [query]
    compared = [order.sorted(order.after_cursor(_bare(order.key, part))).limit(search.rows + 1) for part in every]
    keys = union_all(*(select(part.subquery()) for part in compared)).subquery().c[0]
    last = keys.asc() if order.upwards else keys.desc()
    found: int | None = session.scalars(select(keys).order_by(last).offset(search.rows).limit(1)).first()
    return found


def _bare(key: Key, query: Select[Any]) -> Select[Any]:
    """Return the query for the keys alone: what a list joins is there for its columns and leaves no row out."""
    rows = select(key)
    return rows.where(query.whereclause) if query.whereclause is not None else rows


def _parts(
    query: Select[Any], order: _Order, ranges: Sequence[Condition], search: Search | None, edge: int | None
) -> list[Select[Any]]:
    every = [query.where(condition) for condition in ranges] or [query]
    if search is None:
        return every
    words = search.words
    if edge is not None:
        words = and_(words, order.key < edge if order.upwards else order.key > edge)
    return [part.where(condition) for part in every for condition in (words, *search.exact)]


def _count(session: Session, key: Key, parts: Sequence[Select[Any]]) -> int:
    # Sorted, so that each comes off the index that the page comes off.
    limited = [_bare(key, part).order_by(key).limit(COUNTED + 1).subquery() for part in parts]
    whole = union(*(select(part) for part in limited)).subquery() if limited[1:] else limited[0]
    return count_up_to(session, select(whole))


def count_up_to(session: Session, query: Select[Any], most: int = COUNTED) -> int:
    """Return how many rows a query has, counting at most one more than `most`."""
    inner = query.order_by(None).limit(most + 1).subquery()
    return int(session.execute(select(func.count()).select_from(inner)).scalar_one())


def counts_up_to(session: Session, queries: Mapping[int, Select[Any]], most: int = COUNTED) -> dict[int, str]:
    """Return how many rows each query has, for people, counting at most one more than `most` of each."""
    if not queries:
        return {}
    limited = {key: query.order_by(None).limit(most + 1).subquery() for key, query in queries.items()}
    counted = [select(literal(key), func.count()).select_from(rows) for key, rows in limited.items()]
    return {key: up_to(count, most) for key, count in session.execute(union_all(*counted))}


def contains(text: str, *folded: Any) -> Condition:
    """Return the condition that one of the folded columns has `text` in it, in whatever spelling (`domain.folding`)."""
    words = fold(text)
    if text and not words:
        return false()  # signs that are left out everywhere: nothing was looked for
    return or_(*(column.contains(words, autoescape=True) for column in folded))


def words_of(kind: type[Searched], reference: InstrumentedAttribute[Any]) -> Any:
    """Return the folded words of the row that a column points to, looked up for one row at a time.

    Not by a join: a database may then read the whole of the other table first.
    """
    other = aliased(kind)
    return select(other.folded).where(other.id == reference).scalar_subquery()  # type: ignore[attr-defined]
