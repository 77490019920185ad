"""Set up, check, keep and restore an installation from the command line."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tarfile

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from host_stub.adapters.clock import SystemClock
from host_stub.adapters.keys import create_key_file, load_key_file, new_keys
from host_stub.config import Config
from host_stub.persistence import Worker, open_store
from host_stub.persistence.store import make_engine
from tests.command_line.conftest import Installation
from tests.support.world import World


def set_up(installation) -> None:
    assert installation.run("migrate").exit_code == 0
    assert installation.run("create-operator", "op@example.com", "Op").exit_code == 0


def with_data(installation) -> None:
    store = open_store(installation.url)
    World(store).a_payment()
    beat(installation)
    store.close()


def beat(installation) -> None:
    store, at = open_store(installation.url), SystemClock().now()
    with store.write() as session:
        session.merge(Worker(name="w", started_at=at, beat_at=at))
    store.close()


def rows(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            table: connection.execute(text(f'select count(*) from "{table}"')).scalar_one()
            for table in ("reseller", "account", "payment", "user", "log_entry")
        }
    engine.dispose()
    return found


def test_migrate_makes_the_tables_and_on_the_first_run_the_keys(installation):
    first = installation.run("migrate")
    keys = installation.key_file.read_bytes()
    second = installation.run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert stat.S_IMODE(installation.key_file.stat().st_mode) == 0o600
    assert installation.key_file.read_bytes() == keys


def test_create_operator_prints_a_link_to_set_the_password(installation):
    installation.run("migrate")

    answer = installation.run("create-operator", "op@example.com", "Op")

    assert answer.exit_code == 0
    assert "https://panel.example/invitation/" in answer.output


def test_create_operator_takes_a_password_from_standard_input_and_never_shows_it(installation):
    installation.run("migrate")

    weak = installation.run("create-operator", "op@example.com", "Op", "--password-stdin", input="password\n")
    good = installation.run("create-operator", "op@example.com", "Op", "--password-stdin", input="слова в ряд\n")

    assert weak.exit_code == 1
    assert good.exit_code == 0
    assert "слова в ряд" not in good.output
    assert "/invitation/" not in good.output


def test_an_operator_is_created_once(installation):
    installation.run("migrate")
    installation.run("create-operator", "op@example.com", "Op")

    again = installation.run("create-operator", "OP@example.com", "Op")

    assert again.exit_code == 1
    assert "exists already" in again.output


def test_the_doctor_is_content_with_a_whole_installation(installation):
    set_up(installation)
    with_data(installation)

    answer = installation.run("doctor")

    assert answer.exit_code == 0, answer.output
    assert "WRONG" not in answer.output


def test_the_doctor_names_what_is_missing_and_the_remedy(installation):
    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "host_stub create-keys" in answer.output
    assert "host_stub migrate" in answer.output


def test_the_doctor_misses_a_silent_worker_and_an_operator(installation):
    installation.run("migrate")

    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "host_stub worker" in answer.output
    assert "host_stub create-operator" in answer.output


def test_the_doctor_sees_keys_that_others_may_read(installation):
    set_up(installation)
    installation.key_file.chmod(0o640)

    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "chmod 600" in answer.output


def test_the_doctor_sees_a_guard_of_the_ledger_that_is_gone(installation):
    set_up(installation)
    with_data(installation)
    sqlite = installation.url.startswith("sqlite")
    engine = make_engine(installation.url)
    with engine.begin() as connection:
        connection.execute(
            text("drop trigger entry_no_update" if sqlite else "drop trigger entry_append_only on entry")
        )
    engine.dispose()

    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "entry_no_update" in answer.output or "entry_append_only" in answer.output


def test_the_doctor_sees_a_balance_that_is_not_the_sum_of_its_entries(installation):
    set_up(installation)
    with_data(installation)
    engine = make_engine(installation.url)
    with engine.begin() as connection:
        connection.execute(text("update account set balance_minor = balance_minor + 1"))
    engine.dispose()

    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "balance 1, entries 0" in answer.output


def test_the_doctor_sees_a_mail_server_that_does_not_answer(installation):
    set_up(installation)
    with_data(installation)
    installation.environment["BILLHOOK_SMTP_PORT"] = "1"

    answer = installation.run("doctor")

    assert answer.exit_code == 1
    assert "127.0.0.1:1" in answer.output


def test_a_backup_restored_elsewhere_is_the_same_installation(installation, databases):
    set_up(installation)
    with_data(installation)
    file = installation.folder / "backup.tar"
    url = databases.empty()
    elsewhere = installation.elsewhere("new", url)

    kept = installation.run("backup", str(file))
    restored = elsewhere.run("restore", str(file))
    beat(elsewhere)
    health = elsewhere.run("doctor")

    assert (kept.exit_code, restored.exit_code) == (0, 0), kept.output + restored.output
    assert health.exit_code == 0, health.output
    assert rows(url) == rows(installation.url)
    assert load_key_file(elsewhere.key_file, demo=False) == load_key_file(installation.key_file, demo=False)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    databases.discard(url)


def test_a_backup_holds_what_was_committed_while_it_is_in_use(installation, databases):
    set_up(installation)
    store = open_store(installation.url)
    world = World(store)
    with store.read() as session:  # the panel goes on reading meanwhile
        session.execute(text("select count(*) from account"))
        assert installation.run("backup", str(installation.folder / "b.tar")).exit_code == 0
    world.a_payment()
    store.close()
    url = databases.empty()
    elsewhere = installation.elsewhere("new", url)

    assert elsewhere.run("restore", str(installation.folder / "b.tar")).exit_code == 0

    assert rows(url)["payment"] == 0
    assert rows(url)["account"] == 1
    databases.discard(url)


def test_nothing_is_ever_overwritten(installation):
    set_up(installation)
    file = installation.folder / "backup.tar"
    installation.run("backup", str(file))
    before = file.read_bytes()

    again = installation.run("backup", str(file))
    over = installation.run("restore", str(file))
    keys = installation.run("create-keys")

    assert [type(each.exception).__name__ for each in (again, over, keys)] == [
        "BackupError",
        "BackupError",
        "KeyFileError",
    ]
    assert file.read_bytes() == before
    assert rows(installation.url)["user"] == 1


def test_a_database_is_not_restored_beside_other_keys(installation, databases):
    set_up(installation)
    file = installation.folder / "backup.tar"
    installation.run("backup", str(file))
    elsewhere = installation.elsewhere("new", databases.empty())
    create_key_file(elsewhere.key_file)

    refused = elsewhere.run("restore", str(file))

    assert "other keys" in str(refused.exception)
    assert not elsewhere.url.startswith("sqlite") or not rows_exist(elsewhere.url)
    databases.discard(elsewhere.url)


def rows_exist(url: str) -> bool:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        found = connection.execute("select count(*) from sqlite_master").fetchone()[0] > 0
    connection.close()
    return found


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\0" * 1024])
def test_what_is_no_backup_is_refused(installation, content):
    file = installation.folder / "x.tar"
    file.write_bytes(content)

    assert "no backup" in str(installation.run("restore", str(file)).exception)


def test_a_backup_cannot_write_outside_its_folder(installation, tmp_path):
    file, outside = installation.folder / "evil.tar", installation.folder / "stolen"
    (tmp_path / "payload").write_text("x")
    with tarfile.open(file, "w") as archive:
        archive.add(tmp_path / "payload", "../stolen")

    assert "no backup" in str(installation.run("restore", str(file)).exception)
    assert not outside.exists()


def test_rotated_keys_still_open_what_the_old_ones_closed(installation):
    installation.run("migrate")
    old = load_key_file(installation.key_file, demo=False)
    closed, link = old.encrypt("secret"), old.mac("receipt", b"1")

    assert installation.run("create-keys", "--rotate").exit_code == 0

    new = load_key_file(installation.key_file, demo=False)
    assert new.decrypt(closed) == "secret"
    assert new.mac("receipt", b"1") == link
    assert new.web_secrets()[1:] == old.web_secrets()
    assert new.web_secrets()[0] != old.web_secrets()[0]


def test_demo_keys_are_refused_outside_the_demo(installation):
    create_key_file(installation.key_file, new_keys(demo=True))
    installation.run("migrate")

    refused = installation.run("backup", str(installation.folder / "b.tar"))
    served = installation.run("serve")

    assert "demo keys" in str(refused.exception)
    assert "demo keys" in str(served.exception)


def test_a_panel_that_lacks_migrations_does_not_start(installation):
    create_key_file(installation.key_file)

    assert "host_stub migrate" in installation.run("serve").output


def test_keys_that_are_there_already_may_stay(installation, databases):
    set_up(installation)
    file = installation.folder / "backup.tar"
    installation.run("backup", str(file))
    elsewhere = installation.elsewhere("new", databases.empty())
    create_key_file(elsewhere.key_file, load_key_file(installation.key_file, demo=False))

    assert elsewhere.run("restore", str(file)).exit_code == 0
    databases.discard(elsewhere.url)


@pytest.fixture
def place(tmp_path):
    """A folder without a database, the same for both kinds."""
    return Installation(tmp_path, "", 25)


def said(place: Installation, *arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, whose `main` says in one line what a person can mend."""
    environment = {**os.environ, **place.environment, "BILLHOOK_DATABASE_URL": url}
    command = [sys.executable, "-m", "host_stub.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=place.folder)


@pytest.mark.parametrize("url", ["rubbish", "mysql://db/billhook", "postgresql://db:port/billhook"])
def test_an_address_of_no_database_is_refused_in_one_line(monkeypatch, url):
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", url)

    with pytest.raises(ValidationError, match="an address such as sqlite:"):
        Config()


@pytest.mark.parametrize(
    "arguments", [("prove",), ("doctor",), ("backup", "new.backup"), ("migrate",), ("clock-is-right",)], ids=" ".join
)
def test_no_command_answers_a_wrong_address_with_a_traceback(place, arguments):
    create_key_file(place.key_file)

    done = said(place, *arguments, url="rubbish")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [done.stderr.strip()]
    assert done.stderr.startswith("BILLHOOK_DATABASE_URL: ")


@pytest.mark.parametrize(
    "arguments", [("prove",), ("doctor", "--quick"), ("backup", "new.backup"), ("create-operator", "a@b.ru", "A")],
    ids=" ".join,
)  # fmt: skip
def test_a_mistyped_path_is_told_and_no_database_is_made_there(place, arguments):
    create_key_file(place.key_file)
    mistyped = place.folder / "bilhook.db"

    done = said(place, *arguments, url=f"sqlite:///{mistyped}")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"there is no database at {mistyped}" in done.stdout + done.stderr
    assert not mistyped.exists()


def test_migrate_makes_a_database_that_is_not_there(place):
    done = said(place, "migrate", url=f"sqlite:///{place.folder / 'new.db'}")

    assert done.returncode == 0
    assert (place.folder / "new.db").exists()
