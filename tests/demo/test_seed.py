"""Demo data: complete, made once, and never where they do not belong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from billhook import AccountType, PaymentStatus
from billhook_paymaster import PayMaster
from sqlalchemy import func, select

from devtools.run import LOGINS, create_demo_keys
from devtools.state import StateFolder
from host_stub.adapters.keys import load_key_file
from host_stub.domain.arrivals import State
from host_stub.persistence import (
    AccessLevel,
    Account,
    AccountAccess,
    Arrival,
    Charge,
    Entry,
    LedgerTransaction,
    LogEntry,
    Mail,
    Payment,
    PaymentMethod,
    Period,
    Plan,
    Reseller,
    SellerRegime,
    Store,
    Subscription,
    SubscriptionStatus,
    User,
    open_store,
)
from host_stub.services.books import ledger, proof
from host_stub.services.books.proof import nightly
from host_stub.services.money_in import methods
from host_stub.services.people import passwords
from tests.support.databases import upgrade
from tests.support.proving import doubts

GATEWAY, SERVICE = "http://127.0.0.1:7001", "http://127.0.0.1:7002"


def seed(
    state: StateFolder, gateway: str = GATEWAY, service: str = SERVICE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as the supervisor does."""
    given = {
        "BILLHOOK_DEMO": "1",
        "BILLHOOK_DATABASE_URL": state.database_url,
        "BILLHOOK_KEY_FILE": str(state.key_file),
        **environment,
    }
    command = [sys.executable, "-m", "host_stub.demo.seed", "--database", state.database_url, "--state", state.path]
    return subprocess.run(
        [*command, "--gateway", gateway, "--service", service],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def a_state(path: Path) -> StateFolder:
    """Make a state folder with secrets, keys and an empty migrated database."""
    path.mkdir()
    state = StateFolder(path)
    state.secrets()
    create_demo_keys(state.key_file)
    upgrade(state.database_url)
    return state


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[StateFolder, str]:
    """A seeded state folder, and what the command printed."""
    state = a_state(tmp_path_factory.mktemp("demo") / "state")
    done = seed(state)
    assert done.returncode == 0, done.stderr
    return state, done.stdout


@pytest.fixture
def store(demo: tuple[StateFolder, str]) -> Iterator[Store]:
    opened = open_store(demo[0].database_url)
    yield opened
    opened.close()


def test_every_announced_login_has_the_password_that_was_printed(demo: tuple[StateFolder, str], store: Store) -> None:
    told = json.loads(demo[1])

    assert tuple(told) == LOGINS
    with store.read() as session:
        for login in told.values():
            user = session.scalars(select(User).where(User.email == login["email"])).one()
            assert passwords.matches(login["password"], user.password_hash)


def test_there_are_an_operator_and_two_resellers_with_all_methods(store: Store) -> None:
    with store.read() as session:
        operators = session.scalars(select(Reseller.is_operator).order_by(Reseller.id)).all()
        vats = list(session.scalars(select(SellerRegime.vat).order_by(SellerRegime.reseller_id)))
        offered = {method.plugin: set(method.account_types) for method in session.scalars(select(PaymentMethod)).all()}

    assert operators == [True, False, False]
    assert vats == ["general", "none"]
    assert offered == {"check_cash": set(AccountType), "paymaster": {"person", "sole_proprietor"}}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Payment.status, set(PaymentStatus) - {PaymentStatus.PARTLY_PAID}),  # no method of the demo takes any sum
        (Account.type, set(AccountType)),
        (AccountAccess.level, set(AccessLevel)),
        (Plan.period, set(Period)),
        (Subscription.status, {SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE, SubscriptionStatus.STOPPED}),
        (LedgerTransaction.kind, set(ledger.Kind)),
        (Arrival.state, set(State) - {State.CLOSED}),
    ],
    ids=lambda value: str(value) if not isinstance(value, set) else "",
)
def test_everything_that_the_panel_can_show_is_there(store: Store, column: object, expected: set[str]) -> None:
    with store.read() as session:
        found = set(session.scalars(select(column).distinct()))

    assert found == expected


def test_a_payment_was_paid_twice_and_a_parked_message_waits(store: Store) -> None:
    with store.read() as session:
        actions = set(session.scalars(select(LogEntry.action).distinct()))
        waiting = sorted(session.scalars(select(Arrival.waits).where(Arrival.waits != "")))

    assert {"payment.paid_again", "payment.approval_reversed", "account.hold_entered"} <= actions
    assert "arrival.credited_to_account" in actions
    assert waiting == ["other_amount", "paid_twice"]


def test_history_is_three_months_long_and_the_ledger_agrees(store: Store) -> None:
    with store.read() as session:
        first, last = session.execute(select(func.min(Entry.at), func.max(Entry.at))).one()
        charges = session.scalars(select(func.count(Charge.id))).one()
        found_doubts = doubts(session, proof.CHECKS)

    assert (last - first).days >= 90
    assert charges > 200
    assert found_doubts == []


def test_a_fresh_demo_has_a_proof_that_found_nothing(store: Store) -> None:
    with store.read() as session:
        proved = nightly.last(session)
        overdue = nightly.overdue(session, proved)

    assert proved is not None
    assert proved.found == 0
    assert len(proved.results) == len(proof.CHECKS)
    assert not overdue


def test_the_mails_of_the_past_have_left_and_those_of_today_wait(store: Store) -> None:
    with store.read() as session:
        by_status = {
            status: ages
            for status, *ages in session.execute(
                select(Mail.status, func.min(Mail.created_at), func.max(Mail.created_at)).group_by(Mail.status)
            )
        }

    assert set(by_status) == {"sent", "queued"}
    assert by_status["sent"][1] < by_status["queued"][0]


def test_a_second_run_changes_nothing_but_addresses_and_lost_passwords(demo: tuple[StateFolder, str]) -> None:
    state, first = demo
    opened = open_store(state.database_url)
    with opened.write() as session:
        counted = [session.scalars(select(func.count()).select_from(kind)).one() for kind in (Payment, Entry, User)]
        session.scalars(select(User).where(User.email == json.loads(first)["person"]["email"])).one().password_hash = ""

    done = seed(state, "http://127.0.0.1:8001/", "http://127.0.0.1:8002/")

    with opened.read() as session:
        again = [session.scalars(select(func.count()).select_from(kind)).one() for kind in (Payment, Entry, User)]
        methods = session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == "paymaster")).all()
        resellers = session.scalars(select(Reseller).where(~Reseller.is_operator)).all()
        person = session.scalars(select(User).where(User.email == json.loads(first)["person"]["email"])).one()
    opened.close()
    keys = load_key_file(state.key_file, demo=True)
    assert done.stdout == first
    assert again == counted
    assert {method.settings["payment_address"] for method in methods} == {"http://127.0.0.1:8001/payment/init"}
    assert {reseller.provisioning_url for reseller in resellers} == {"http://127.0.0.1:8002/webhook"}
    assert {keys.decrypt(reseller.provisioning_secret or "") for reseller in resellers} == {
        state.secrets().service_secret
    }
    assert passwords.matches(json.loads(first)["person"]["password"], person.password_hash)


def test_one_reseller_shares_the_access_of_a_gateway_and_the_other_s_method_has_its_own(
    demo: tuple[StateFolder, str],
) -> None:
    state, _ = demo
    known = state.secrets_file.read_text()
    renewed = json.loads(known) | {"merchant": "99998888-7777", "merchant_secret": "renewed-secret-of-the-shop"}
    state.secrets_file.write_text(json.dumps(renewed))
    assert seed(state).returncode == 0

    opened, keys, provider = open_store(state.database_url), load_key_file(state.key_file, demo=True), PayMaster()
    with opened.read() as session:
        rows = session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == "paymaster")).all()
    views = [methods.present_view(opened, row, provider, keys) for row in rows]
    opened.close()
    state.secrets_file.write_text(known)
    seed(state)
    assert {("merchant_id" in row.settings, bool(row.secrets)) for row in rows} == {(True, True), (False, False)}
    assert {view.text("merchant_id") for view in views} == {"99998888-7777"}
    assert {view.secrets("secret")[0] for view in views} == {"renewed-secret-of-the-shop"}


def test_an_address_that_somebody_set_to_a_real_gateway_stays(demo: tuple[StateFolder, str]) -> None:
    state, _ = demo
    opened = open_store(state.database_url)
    real = "https://paymaster.ru/payment/init"
    with opened.write() as session:
        method = session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == "paymaster")).first()
        assert method is not None
        method.settings = {**method.settings, "payment_address": real}

    seed(state)

    with opened.read() as session:
        kept = session.get_one(PaymentMethod, method.id).settings["payment_address"]
    opened.close()
    assert kept == real


def test_it_refuses_to_run_outside_the_demo(tmp_path: Path) -> None:
    done = seed(a_state(tmp_path / "state"), BILLHOOK_DEMO="0")

    assert (done.returncode, done.stdout) == (1, "")
    assert "./dev run" in done.stderr


def test_it_refuses_a_database_with_a_real_panels_data(tmp_path: Path) -> None:
    state = a_state(tmp_path / "state")
    opened = open_store(state.database_url)
    with opened.write() as session:
        session.add(Reseller(name="ООО «Настоящий хостинг»", is_operator=True, created_at=opened.now()))

    done = seed(state)

    with opened.read() as session:
        assert session.scalars(select(func.count(User.id))).one() == 0
    opened.close()
    assert (done.returncode, done.stdout) == (1, "")
    assert "real panel" in done.stderr


def test_it_names_the_remedy_when_the_demo_was_made_with_another_folder(
    demo: tuple[StateFolder, str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    foreign = StateFolder(other)
    foreign.secrets()
    create_demo_keys(foreign.key_file)
    foreign.database_url = demo[0].database_url

    done = seed(foreign)

    assert (done.returncode, done.stdout) == (1, "")
    assert "another state folder" in done.stderr
