"""A proof of a million entries: its time is printed, its memory is bounded."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import Store, open_store
from host_stub.services.books import proof
from tests.proof.scale import fill

ENTRIES = int(os.environ.get("BILLHOOK_PROOF_ENTRIES", 1_000_000))
#: 110 were measured on both databases.
MOST_MEGABYTES = 250
_PROVE = (
    "import resource, sys; from host_stub.services.books import proof; from host_stub.persistence import open_store; "
    "store = open_store(sys.argv[1]); results = list(proof.prove(store)); "
    "[print(f'{r.name:26} {r.rows:8} rows {r.seconds:6.2f} s', file=sys.stderr) for r in results]; "
    "print(sum(r.found for r in results), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
)


@pytest.mark.long
def test_a_million_entries_are_proved_in_bounded_memory(database_url: str, clock: FixedClock) -> None:
    store = open_store(database_url, clock)
    entries = fill(store, ENTRIES // 100)
    store.close()
    assert entries == ENTRIES

    began = time.monotonic()
    made = subprocess.run([sys.executable, "-c", _PROVE, database_url], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began

    found, megabytes = map(int, made.stdout.split())
    print(f"\n{made.stderr}{entries} entries: {seconds:.1f} s, {megabytes} MB")
    assert found == 0
    assert megabytes < MOST_MEGABYTES


def test_the_books_that_the_measure_is_taken_on_are_right(store: Store) -> None:
    fill(store, 3)

    assert [(each.name, each.shown) for each in proof.prove(store) if each.found] == []
