"""`host_stub prove`: what it looked at, what it found, and who remembers it."""

from __future__ import annotations

from sqlalchemy import text

from host_stub.persistence import open_store
from host_stub.persistence.store import make_engine
from host_stub.services.books import proof
from tests.support.world import World


def with_an_account(installation, balance_minor: int = 0) -> None:
    assert installation.run("migrate").exit_code == 0
    store = open_store(installation.url)
    World(store)
    store.close()
    engine = make_engine(installation.url)
    with engine.begin() as connection:
        connection.execute(text("update account set balance_minor = :sum"), {"sum": balance_minor})
    engine.dispose()


def test_right_books_are_said_to_be_right_check_by_check_and_the_doctor_remembers(installation) -> None:
    with_an_account(installation)

    answer = installation.run("prove")

    assert answer.exit_code == 0, answer.output
    assert [line.split(":")[0] for line in answer.output.splitlines()[:-1]] == [
        f"ok     {check.name}" for check in proof.CHECKS
    ]
    assert "ok     balances: 1 rows, " in answer.output
    assert f"{len(proof.CHECKS)} checks of " in answer.output
    assert "the books are right" in answer.output
    assert "ok     last proof: ended " in installation.run("doctor", "--quick").output


def test_wrong_books_are_named_with_their_rows_and_the_exit_status_says_so(installation) -> None:
    with_an_account(installation, 7)

    answer = installation.run("prove")
    doctor = installation.run("doctor")

    assert answer.exit_code == 1
    assert "WRONG  balances: 1 rows, " in answer.output
    assert "       account 1: balance 7, entries 0" in answer.output
    assert "1 findings." in answer.output
    assert "WRONG  books, balances: account 1: balance 7, entries 0" in doctor.output
    assert "1 findings: balances" in doctor.output


def test_a_check_that_cannot_be_made_is_told_with_its_row_and_keeps_no_other(installation) -> None:
    with_an_account(installation)
    engine = make_engine(installation.url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into log_entry (id, reseller_id, object_kind, object_id, at, actor, action, details) "
                "select 17, reseller_id, 'account', id, created_at, 'system::x', 'account.corrected', 'rubbish' "
                "from account"
            )
        )
    engine.dispose()

    answer = installation.run("prove")

    assert answer.exit_code == 1
    assert "       log_entry 17: details cannot be read: rubbish" in answer.output
    assert "WRONG  corrections: 0 rows, " in answer.output
    assert "       could not be made: " in answer.output
    assert answer.output.count("ok     ") == len(proof.CHECKS) - 2
    assert "could not be made" in installation.run("doctor").output


def test_more_findings_than_are_shown_are_counted(installation) -> None:
    assert installation.run("migrate").exit_code == 0
    store = open_store(installation.url)
    for _ in range(23):
        World(store)
    store.close()
    engine = make_engine(installation.url)
    with engine.begin() as connection:
        connection.execute(text("update account set balance_minor = 7"))
    engine.dispose()

    answer = installation.run("prove")

    assert "WRONG  balances: 23 rows, " in answer.output
    assert answer.output.count("balance 7, entries 0") == 20
    assert "       and 3 more" in answer.output
