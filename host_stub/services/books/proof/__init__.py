"""The proof of the books: every promise that they make, as a check that finds the rows that break it.

One check is one sentence and one query (`check.Check`); docs/proof.md is generated from them. A new promise is a new
check in one of the modules beside this, and a corruption in `tests/proof` that it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from host_stub.persistence import Store
from host_stub.services.books.proof import arrivals, charges, ledger, money_in, standing
from host_stub.services.books.proof.check import Check, Progress, Result, Surroundings, examine, make
from host_stub.services.books.proof.references import REFERENCES
from host_stub.services.books.proof.words import READABLE, WORDS

__all__ = ["CHECKS", "Check", "Progress", "Result", "Surroundings", "examine", "make", "prove"]

#: The database itself first, and what can be read: what is wrong with them explains what follows.
CHECKS: Final[tuple[Check, ...]] = (
    *standing.OF_DATABASE,
    REFERENCES,
    READABLE,
    WORDS,
    *ledger.CHECKS,
    *arrivals.CHECKS,
    *money_in.CHECKS,
    *charges.CHECKS,
    *standing.CHECKS,
)


def prove(store: Store, progress: Progress = lambda _name, _rows: None) -> Iterator[Result]:
    """Make every check, each in a read unit of its own; yields the results as they come. Raises SQLAlchemyError."""
    for check in CHECKS:
        yield make(store, check, progress)
