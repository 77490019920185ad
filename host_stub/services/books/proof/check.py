"""What a check is, and how one is made over a database of any size in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from billhook.events import BalanceWatch
from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from host_stub.persistence import Store
from host_stub.persistence.types import Instant

#: Findings of one check that are kept with their rows; the others are counted.
SHOWN: Final = 20
#: Findings are read as they come, however many there are. Of the statement alone: a savepoint cannot be streamed.
STREAMED: Final[Mapping[str, Any]] = {"stream_results": True, "max_row_buffer": 1000}
#: Rows of the walked table per statement. Large enough that a statement costs more than asking for it.
CHUNK: Final = 50_000
#: What a lower price brings about is done by then: holds are reconsidered every hour.
FOLLOWED_WITHIN: Final = timedelta(hours=2)

#: No receiver makes a lane wait as long as this between two tries.
LONGEST_WAIT: Final = timedelta(days=1)


class _Written:
    """What the two databases write differently, for a query's braces: `{text[l.details, reason]}`."""

    def __init__(self, form: str) -> None:
        self._form = form

    def __getitem__(self, parts: str) -> str:
        return self._form.format(*parts.split(", "))


_LAST_MOVEMENT: Final = "(select max(e.at) from entry e where e.account_id = a.id)"
_UTC: Final = "{0} at time zone 'UTC'"
#: text, number: a key of a column of JSON. iso: an instant as the panel writes it in texts. seconds: from the second to
#: the first. sha256, sha256_of_text: of a column, in hexadecimal digits.
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "sqlite": {
        "text": _Written("cast(json_extract({0}, '$.{1}') as text)"),
        "number": _Written("cast(json_extract({0}, '$.{1}') as integer)"),
        "iso": _Written(
            "(substr({0}, 1, 19) || case substr({0}, 21, 6) when '000000' then '' else '.' || substr({0}, 21, 6) end "
            "|| '+00:00')"
        ),
        "seconds": _Written("((julianday({0}) - julianday({1})) * 86400)"),
        "sha256": _Written("billhook_sha256({0})"),
        "sha256_of_text": _Written("billhook_sha256({0})"),
        "pause_is_over": f"julianday(w.told_at) + {BalanceWatch.PAUSE.days} <= julianday({_LAST_MOVEMENT})",
    },
    "postgresql": {
        "text": _Written("(cast({0} as json) ->> '{1}')"),
        "number": _Written("cast(cast({0} as json) ->> '{1}' as bigint)"),
        "iso": _Written(
            f"(to_char({_UTC}, 'YYYY-MM-DD\"T\"HH24:MI:SS') || case to_char({_UTC}, 'US') when '000000' then '' "
            f"else to_char({_UTC}, '.US') end || '+00:00')"
        ),
        "seconds": _Written("extract(epoch from {0} - {1})"),
        "sha256": _Written("encode(sha256({0}), 'hex')"),
        "sha256_of_text": _Written("encode(sha256(convert_to({0}, 'UTF8')), 'hex')"),
        "pause_is_over": f"w.told_at + interval '{BalanceWatch.PAUSE.days} days' <= {_LAST_MOVEMENT}",
    },
}


@dataclass(frozen=True, slots=True)
class Walk:
    """The rows that a check looks at, walked by ranges of a key that an index leads with.

    key: none if the table is looked at in one statement. lowest: below every value of the key.
    """

    table: str
    key: str | None = "id"
    size: int = CHUNK
    lowest: int | str = -(2**63)
    only: str = "1 = 1"

    def ranges(self, connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield the bounds of each range, `after` exclusive and `upto` inclusive, with the number of its rows."""
        count = f"select count(*) from {self.table} where {self.only}"
        if self.key is None:
            yield {}, connection.execute(text(count)).scalar_one()
            return
        key, table = self.key, self.table
        last = text(
            f"select max(k) from (select {key} as k from {table} where {key} > :after order by {key} limit :size) as x"
        )
        rows = text(f"{count} and {key} > :after and {key} <= :upto")
        after = self.lowest
        while (upto := connection.execute(last, {"after": after, "size": self.size}).scalar_one()) is not None:
            bounds = {"after": after, "upto": upto}
            yield bounds, connection.execute(rows, bounds).scalar_one()
            after = upto


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check may need besides the rows.

    at: the instant of the proof. watched: `plugin/key` of the balance watches that plugins declare.
    """

    at: datetime
    watched: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        """lately: what changed since then may still have to be followed. latest: until when anything waits at most."""
        return {"lately": self.at - FOLLOWED_WITHIN, "latest": self.at + LONGEST_WAIT, "watched": list(self.watched)}


Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Result:
    """What a check looked at and found. rows: looked at. shown: the first findings, in words; found: all of them."""

    name: str
    rows: int = 0
    found: int = 0
    shown: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, finding: str) -> None:
        self.found += 1
        if len(self.shown) < SHOWN:
            self.shown.append(finding)


@dataclass(frozen=True, slots=True)
class Check:
    """One promise about the books, and the query for what breaks it.

    sentence: what holds. query: selects the rows that break it, of one range of the walk (`:after`, `:upto`); may use
    what Surroundings gives and, in braces, what databases write differently. told: a finding, with its columns.
    """

    name: str
    sentence: str
    over: Walk
    query: str
    told: str

    def look(self, connection: Connection, around: Surroundings) -> Iterator[tuple[int, Iterator[str]]]:
        """Yield, range by range, how many rows there are and what is wrong with them."""
        statement = self._statement(connection.dialect.name)
        for bounds, rows in self.over.ranges(connection):
            yield rows, self._findings(connection, statement, bounds | self._given(around))

    def _findings(self, connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> Iterator[str]:
        rows = connection.execute(statement, values, execution_options=STREAMED)
        for row in rows.mappings():
            yield self.told.format(**row)

    def _statement(self, dialect: str) -> TextClause:
        statement = text(self.query.format(**_WORDS[dialect]))
        for name in ("lately", "latest"):
            if f":{name}" in self.query:
                statement = statement.bindparams(bindparam(name, type_=Instant()))
        if ":watched" in self.query:
            statement = statement.bindparams(bindparam("watched", expanding=True))
        return statement

    def _given(self, around: Surroundings) -> dict[str, Any]:
        return {name: value for name, value in around.values().items() if f":{name}" in self.query}


def make(store: Store, check: Check, progress: Progress = lambda _name, _rows: None) -> Result:
    """Make one check in one read unit, so that what moves meanwhile is seen before it moved or not at all.

    progress: called after every range with the number of rows so far. A check that cannot be made is a finding of its
    own. Raises SQLAlchemyError if the database does not answer.
    """
    watched = tuple(f"{spec.plugin}/{spec.key}" for spec in store.listening.watches_of("balance"))
    with store.snapshot() as connection:
        return examine(connection, check, Surroundings(store.now(), watched), progress)


def examine(
    connection: Connection, check: Check, around: Surroundings, progress: Progress = lambda _name, _rows: None
) -> Result:
    """Make one check on an open connection, whose transaction sees one instant."""
    result, began = Result(check.name), time.monotonic()
    _prepare(connection)
    try:
        with connection.begin_nested():
            _look(connection, check, around, result, progress)
    except SQLAlchemyError as error:
        if connection.invalidated:
            raise
        # One check that cannot be made must not keep the others, and is no proof.
        said = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
        result.add(f"could not be made: {said}")
    result.seconds = time.monotonic() - began
    return result


def _look(connection: Connection, check: Check, around: Surroundings, result: Result, progress: Progress) -> None:
    for rows, findings in check.look(connection, around):
        for finding in findings:
            result.add(finding)
        result.rows += rows
        progress(check.name, result.rows)


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("billhook_sha256", 1, _sha256)


def _sha256(content: bytes | str | None) -> str:
    return sha256(content.encode() if isinstance(content, str) else content or b"").hexdigest()
