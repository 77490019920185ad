"""What is known of a migration while it is watched: shared by the watches of both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from billhook.host.sql import statements

ENDS: Final = "it ends the transaction, which is the host's to end"
READS: Final = "Keep out of the host's tables: a plugin reads by its Reader, when it is called."


class Touched(Exception):
    """A migration reached beyond the plugin's own tables; the text says how, `remedy` what to do."""

    def __init__(self, why: str, remedy: str = statements.OWN) -> None:
        super().__init__(why)
        self.remedy = remedy


class Watch:
    """What a migration was refused, and the statement that it has under way.

    is_own: whether a table's name is one of the plugin's. text: the statement as SQLAlchemy sends it, else empty.
    refused: the first refusal, which counts also if the migration catches it and goes on.
    """

    def __init__(self, dialect: str, is_own: Callable[[str], bool]) -> None:
        self.is_own = is_own
        self.refused: Touched | None = None
        self.text = ""
        self._dialect = dialect

    @property
    def kind(self) -> str:
        """Return what the statement under way does, by its first words."""
        return statements.kind_of(list(statements.tokens(self.text, self._dialect)))

    def begin(self, text: str) -> None:
        """Pass a statement through, or raise Touched."""
        self.text = text
        if found := statements.refusal(text, self._dialect, self.is_own):
            raise self.refuse(*found)

    def end(self) -> None:
        """Know the statement ended."""
        self.text = ""

    def refuse(self, why: str, remedy: str = statements.OWN) -> Touched:
        """Return what is to be raised, and keep it if it is the first."""
        said = f', in "{statements.beginning(self.text)}"' if self.text else ""
        touched = Touched(f"{why}{said}", remedy)
        self.refused = self.refused or touched
        return touched

    def refuse_end(self, *_arguments: object) -> None:
        """Raise Touched: in place of whatever ends the transaction."""
        raise self.refuse(ENDS, statements.TRANSACTION)

    def refuse_bypass(self) -> Touched:
        """Return what is to be raised for a statement that SQLAlchemy does not know."""
        return self.refuse(
            "it speaks to the database past SQLAlchemy", "Send every statement by op.execute or op.get_bind()."
        )


@contextmanager
def replaced(thing: Any, **others: Any) -> Iterator[None]:
    """Put these in place of an object's methods inside the block."""
    for name, other in others.items():
        setattr(thing, name, other)
    try:
        yield
    finally:
        for name in others:
            delattr(thing, name)
