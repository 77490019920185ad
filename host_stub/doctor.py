"""The doctor: what an installation needs, checked one by one, each with its remedy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from host_stub import plugin_doctor
from host_stub.adapters.keys import KeyFileError, load_key_file
from host_stub.adapters.smtp import SignInRefused, SmtpMailer, Unreachable
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.persistence import Reseller, Store, migrate, triggers
from host_stub.plugins.registry import Registry
from host_stub.services import ledger, work_queue
from host_stub.worker import mail_server

#: What WeasyPrint opens; a missing one shows only when the first bill is drawn.
LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libharfbuzz-subset.so.0")


def examine(config: Config, store: Store) -> Iterator[Diagnosis]:
    """Check everything; without a database, what does not need one."""
    yield _keys(config)
    database = _database(config, store)
    yield database
    if database.healthy:
        for check in (_triggers, _balances, _worker, _clock, _operator):
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
        hearts, state = work_queue.workers(session), work_queue.work_state(session)
    if not state.alive:
        since = f"silent since {hearts[0].beat_at:%Y-%m-%d %H:%M} UTC" if hearts else "never seen"
        return Diagnosis("worker", since, "Start `host_stub worker`: without it nothing is charged or mailed.")
    if state.stuck:
        jobs = "; ".join(f"{job.name}: {job.idle_seconds} s, {job.error or 'under way'}" for job in state.stuck)
        remedy = "See the worker's log; restart it if a call hangs. Other jobs go on."
        return Diagnosis("worker", f"nothing gets done in {jobs}", remedy)
    seconds = int(state.age.total_seconds()) if state.age is not None else 0
    return Diagnosis("worker", facts=f"last seen {seconds} s ago, every job done")


def _clock(store: Store) -> Diagnosis:
    with store.read() as session:
        state = work_queue.work_state(session)
    if state.doubted is not None:
        told = f"{store.now():%Y-%m-%d %H:%M} UTC is {_hours(state.doubted)} after the last work: nothing is charged"
        return Diagnosis("clock", told, "Compare it with another clock. If it is right: `host_stub clock-is-right`.")
    if state.watched is not None:
        return Diagnosis("clock", facts=f"{_hours(state.watched)} after the last work: charged once it ran evenly")
    return Diagnosis("clock", facts=f"{store.now():%Y-%m-%d %H:%M} UTC")


def _hours(beyond: timedelta) -> str:
    hours = int(beyond.total_seconds()) // 3600
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"


def _operator(store: Store) -> Diagnosis:
    with store.read() as session:
        found = session.scalars(select(Reseller.id).where(Reseller.is_operator)).all()
    if len(found) != 1:
        problem = "there is no operator" if not found else f"there are {len(found)} operators"
        return Diagnosis("operator", problem, "Run `host_stub create-operator`.")
    return Diagnosis("operator")


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
    try:
        SmtpMailer(mail_server(config)).check()
    except SignInRefused as error:
        remedy = "See BILLHOOK_SMTP_USER and BILLHOOK_SMTP_PASSWORD; mails wait meanwhile, none is counted as failed."
        return Diagnosis("mail", f"{place}: {error}", remedy)
    except Unreachable as error:
        remedy = "See BILLHOOK_SMTP_HOST and the settings beside it; mails wait until the server answers."
        return Diagnosis("mail", f"{place}: {error}", remedy)
    return Diagnosis("mail", facts=place)
