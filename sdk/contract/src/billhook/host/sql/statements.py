"""What a migration may say: the kinds of statements, known by their words. What they reach is for the database to tell.

A list of what may be, since nobody can list what may not. Comments and texts are no words: they neither hide a
statement nor make one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Final, NamedTuple


class Refusal(NamedTuple):
    """Why a statement may not be, and what to do instead."""

    why: str
    remedy: str


class Token(NamedTuple):
    """A piece of a statement.

    kind: "word" for what stands bare (in small letters), "name" for what is quoted as one, "text" for a literal (both
        without their quotes), "sign" for every other character.
    """

    kind: str
    text: str


KINDS: Final = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "ALTER TABLE", "DROP TABLE", "DROP INDEX"}
    | {"CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX"}
)
#: SQLAlchemy says these of its own accord: for `comment=`, and to look at tables.
_OF_DIALECT: Final = {
    "postgresql": frozenset({"COMMENT ON TABLE", "COMMENT ON COLUMN", "COMMENT ON CONSTRAINT", "COMMENT ON INDEX"}),
    "sqlite": frozenset(),
}
PRAGMAS: Final = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
)

OWN: Final = "A migration touches tables of the plugin's own and nothing else, in the transaction that it is given."
TRANSACTION: Final = "Leave it out: the host begins and ends the transaction, and keeps all of it or nothing."
_SETTINGS: Final = "Leave it out: what is set on the connection is the host's."
_KINDS_SAID: Final = (
    "Create, alter and drop tables of the plugin's own and their indexes, and select, insert, update and delete their "
    "rows; leave out everything else."
)
_REMEDIES: Final = dict.fromkeys(
    ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "VACUUM", "PREPARE"), TRANSACTION
) | dict.fromkeys(("SET", "RESET", "PRAGMA", "DISCARD"), _SETTINGS)

_SPACE: Final = r"(?P<space>\s+|--[^\n]*)"
_TOKENS: Final = {
    "postgresql": re.compile(
        rf"{_SPACE}|(?P<comment>/\*)"
        r"|[eE]'(?P<escaped>(?:[^'\\]|''|\\.)*)'|(?:[bBxXnN]|[uU]&)?'(?P<text>(?:[^']|'')*)'"
        r"|(?P<dollar>\$(?:[^\W\d]\w*)?\$)(?P<between>.*?)(?P=dollar)"
        r'|(?:[uU]&)?"(?P<name>(?:[^"]|"")*)"|(?P<word>[^\W\d][\w$]*)|(?P<sign>.)',
        re.DOTALL,
    ),
    "sqlite": re.compile(
        rf"{_SPACE}|(?P<comment>/\*)|[xX]?'(?P<text>(?:[^']|'')*)'"
        r'|"(?P<name>(?:[^"]|"")*)"|`(?P<tick>(?:[^`]|``)*)`|\[(?P<bracket>[^\]]*)\]'
        r"|(?P<word>[^\W\d][\w$]*)|(?P<sign>.)",
        re.DOTALL,
    ),
}
_AS: Final = {"escaped": "text", "between": "text", "tick": "name", "bracket": "name"}
_COMMENT: Final = re.compile(r"/\*|\*/")

#: Functions that reach past rows and past the transaction, and ask for no table by name. Looking things up is no harm.
_REACHING: Final = re.compile(
    r"pg_(?!get_|typeof$|my_temp_schema$|is_other_temp_schema$|encoding_to_char$|\w+_is_visible$)\w*"
    r"|lo_\w+|dblink\w*|set_config|\w+_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby|load_extension"
)
_SCHEMA: Final = (Token("word", "set"), Token("word", "schema"))
_COUNTING: Final = frozenset({"setval", "nextval"})


def tokens(text: str, dialect: str) -> Iterator[Token]:
    """Yield a statement's pieces without space and comments. dialect: SQLAlchemy's name of the database."""
    pattern, at = _TOKENS[dialect], 0
    while found := pattern.match(text, at):
        at, kind = found.end(), found.lastgroup or ""
        if kind == "comment":
            at = _after_comment(text, at, nested=dialect == "postgresql")
        elif kind != "space":
            words = found[kind]
            yield Token(_AS.get(kind, kind), words.lower() if kind == "word" else words)


def _after_comment(text: str, at: int, *, nested: bool) -> int:
    depth = 1
    while depth and (mark := _COMMENT.search(text, at)):
        at = mark.end()
        if mark[0] == "*/":
            depth -= 1
        elif nested:
            depth += 1
    return at if not depth else len(text)


def beginning(text: str) -> str:
    """Return how a statement begins, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def refusal(text: str, dialect: str, is_own: Callable[[str], bool]) -> Refusal | None:
    """Return why a migration may not say this, if it may not. is_own: whether a table's name is one of the plugin's."""
    said = list(tokens(text, dialect))
    while said and said[-1] == Token("sign", ";"):
        said.pop()
    if not said:
        return None
    if Token("sign", ";") in said:
        return Refusal("it says several statements at once", "Give each statement an op.execute of its own.")
    kind = kind_of(said)
    if kind == "PRAGMA" and dialect == "sqlite" and _pragma(said) in PRAGMAS:
        return None
    if kind not in KINDS | _OF_DIALECT[dialect]:
        return Refusal(f"it says {kind}", _REMEDIES.get(kind.partition(" ")[0], _KINDS_SAID))
    if kind == "ALTER TABLE" and _SCHEMA in pairwise(said):
        return Refusal("it moves a table to another schema", OWN)
    return _calls(said, is_own)


def kind_of(said: Sequence[Token]) -> str:
    """Return what a statement does, by the words that it begins with: `CREATE TABLE`; its first word for most."""
    words = [token.text.upper() for token in takewhile(lambda token: token.kind == "word", said[:3])]
    match words:
        case ["CREATE", "UNIQUE", "INDEX"] | ["COMMENT", "ON", _]:
            return " ".join(words)
        case ["CREATE" | "ALTER" | "DROP", _, *_]:
            return " ".join(words[:2])
        case [first, *_]:
            return first
        case _:
            return said[0].text if said else ""


def _pragma(said: Sequence[Token]) -> str:
    """Return which one: `table_info` of `PRAGMA main.table_info("…")`, with which SQLAlchemy looks at tables."""
    after = [token.text.lower() for token in said[1:4]]
    return after[2] if after[1:2] == ["."] and len(after) == 3 else "".join(after[:1])


def _calls(said: Sequence[Token], is_own: Callable[[str], bool]) -> Refusal | None:
    for place, token in enumerate(said[:-1]):
        if token.kind not in ("word", "name") or said[place + 1] != Token("sign", "("):
            continue
        called = token.text.lower()
        if _REACHING.fullmatch(called):
            return Refusal(f"it calls {called}", "Leave it out: it reaches past the rows of the plugin's tables.")
        if called in _COUNTING and not is_own(_counted(said[place + 2 :])):
            return Refusal(
                f"it calls {called}, and not for a table of the plugin's",
                f"Name the plugin's table in it: {called}(pg_get_serial_sequence('<plugin>_…', 'id')…).",
            )
    return None


def _counted(after: Sequence[Token]) -> str:
    """Return the sequence, or the table whose sequence, a function is called for; an empty text if that is computed."""
    if after[:2] == [Token("word", "pg_get_serial_sequence"), Token("sign", "(")]:
        after = after[2:]
    return after[0].text if after and after[0].kind == "text" else ""
