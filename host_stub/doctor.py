"""The doctor: what an installation needs, checked one by one, each with its remedy."""

from __future__ import annotations

import ctypes
import smtplib
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from host_stub import plugin_doctor
from host_stub.adapters.keys import KeyFileError, load_key_file
from host_stub.adapters.render import lost
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.persistence import Account, Reseller, Store, Worker, migrate, triggers
from host_stub.plugins.registry import Registry
from host_stub.services import ledger

#: What WeasyPrint opens; a missing one shows only when the first bill is drawn.
LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libharfbuzz-subset.so.0")
WORKER_SILENCE: Final = timedelta(minutes=2)
_SMTP_SECONDS: Final = 10


def examine(config: Config, store: Store) -> Iterator[Diagnosis]:
    """Check everything; without a database, what does not need one."""
    yield _keys(config)
    database = _database(config, store)
    yield database
    if database.healthy:
        for check in (_triggers, _balances, _worker, _operator, _names):
            yield _guarded(check, store)
    yield from _plugins(config, store, has_tables=database.healthy)
    yield _drawing()
    yield _mail(config)


def _guarded(check: Callable[[Store], Diagnosis], store: Store) -> Diagnosis:
    try:
        return check(store)
    except SQLAlchemyError as error:
        return Diagnosis(check.__name__.strip("_"), f"could not be checked: {type(error).__name__}", "See the log.")


def _keys(config: Config) -> Diagnosis:
    try:
        load_key_file(config.key_file, demo=config.demo)
    except (KeyFileError, OSError) as error:
        return Diagnosis("keys", str(error), "Restore the file from a backup, or see BILLHOOK_KEY_FILE.")
    return Diagnosis("keys", facts=str(config.key_file))


def _database(config: Config, store: Store) -> Diagnosis:
    kind = store.engine.dialect.name
    try:
        with store.engine.connect() as connection:
            connection.execute(text("select 1"))
        behind = migrate.pending(config.database_url)
    except SQLAlchemyError as error:
        return Diagnosis("database", f"{kind} does not answer: {type(error).__name__}", "See BILLHOOK_DATABASE_URL.")
    if behind:
        return Diagnosis("database", "migrations are missing", "Run `host_stub migrate`.")
    return Diagnosis("database", facts=kind)


def _triggers(store: Store) -> Diagnosis:
    query, wanted = "select name from sqlite_master where type = 'trigger'", triggers.SQLITE_NAMES
    if store.engine.dialect.name == "postgresql":
        # One that is switched off is none.
        query = "select tgname from pg_trigger where not tgisinternal and tgenabled <> 'D'"
        wanted = triggers.POSTGRESQL_NAMES
    with store.read() as session:
        missing = sorted(wanted - set(session.scalars(text(query))))
    if missing:
        return Diagnosis("ledger guards", f"missing triggers: {', '.join(missing)}", "Restore from a backup.")
    return Diagnosis("ledger guards", facts=f"{len(wanted)} triggers")


def _balances(store: Store) -> Diagnosis:
    with store.read() as session:
        wrong = ledger.prove(session)
    if wrong:
        shown = "; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        return Diagnosis("balances", shown, "Stop the panel and compare with the last backup.")
    return Diagnosis("balances", facts="every balance is the sum of its entries")


def _worker(store: Store) -> Diagnosis:
    with store.read() as session:
        beat = session.scalars(select(func.max(Worker.beat_at))).one()
    if beat is None or store.now() - beat > WORKER_SILENCE:
        since = "never seen" if beat is None else f"silent since {beat:%Y-%m-%d %H:%M} UTC"
        return Diagnosis("worker", since, "Start `host_stub worker`: without it nothing is charged or mailed.")
    return Diagnosis("worker", facts=f"last seen {int((store.now() - beat).total_seconds())} s ago")


def _operator(store: Store) -> Diagnosis:
    with store.read() as session:
        found = session.scalars(select(Reseller.id).where(Reseller.is_operator)).all()
    if len(found) != 1:
        problem = "there is no operator" if not found else f"there are {len(found)} operators"
        return Diagnosis("operator", problem, "Run `host_stub create-operator`.")
    return Diagnosis("operator")


def _names(store: Store) -> Diagnosis:
    """Look for customers whose names a bill cannot show whole; the manager is told on their pages."""
    query = select(Account.id, Account.name).order_by(Account.id).execution_options(yield_per=1000)
    with store.read() as session:
        found = [(number, signs) for number, name in session.execute(query) if (signs := lost(name))]
    shown = ", ".join(f"{number} ({signs})" for number, signs in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    facts = f"bills print ? for signs in the names of customers {shown}{more}" if found else "every name can be printed"
    return Diagnosis("names on bills", facts=facts)


def _plugins(config: Config, store: Store, *, has_tables: bool) -> Iterator[Diagnosis]:
    registry = Registry.discover(config.disabled_plugins)
    if has_tables:
        registry.watch(store)
        yield from plugin_doctor.examine(plugin_doctor.Patient(config, store, registry))
        return
    for name, why in registry.broken.items():
        yield Diagnosis(f"plugin {name}", why, f"Mend or uninstall the distribution that brings {name}.")
    if registry.plugins:
        yield Diagnosis("plugins", facts=", ".join(registry.plugins))


def _drawing() -> Diagnosis:
    missing = [name for name in LIBRARIES if not _loads(name)]
    if missing:
        remedy = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        return Diagnosis("drawing of bills", f"missing: {', '.join(missing)}", remedy)
    return Diagnosis("drawing of bills", facts="Pango is there")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _mail(config: Config) -> Diagnosis:
    place = f"{config.smtp_host}:{config.smtp_port}"
    connect = smtplib.SMTP_SSL if config.smtp_tls else smtplib.SMTP
    try:
        with connect(config.smtp_host, config.smtp_port, timeout=_SMTP_SECONDS) as server:
            server.ehlo()
            if config.smtp_starttls:
                server.starttls()
            if config.smtp_user:
                server.login(config.smtp_user, config.smtp_password.get_secret_value())
    except (OSError, smtplib.SMTPException, socket.gaierror) as error:
        remedy = "See BILLHOOK_SMTP_HOST and the settings beside it; mails wait until the server answers."
        return Diagnosis("mail", f"{place}: {type(error).__name__}", remedy)
    return Diagnosis("mail", facts=place)
