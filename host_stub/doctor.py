"""The doctor: what an installation needs, checked one by one, each with its remedy."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from host_stub import gateway_doctor, plugin_doctor
from host_stub.adapters.disk import MEGABYTE, Free, Place, Room, free_bytes
from host_stub.adapters.keys import KeyFileError, load_key_file
from host_stub.adapters.render import lost
from host_stub.adapters.smtp import SignInRefused, SmtpMailer, Unreachable
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.persistence import Account, Reseller, Store, migrate
from host_stub.persistence.migrate import Version
from host_stub.plugins.registry import Registry
from host_stub.services.books import proof
from host_stub.services.books.proof import nightly
from host_stub.services.reading import work_queue
from host_stub.worker import mail_server

#: What WeasyPrint opens; a missing one shows only when the first bill is drawn.
LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libharfbuzz-subset.so.0")
_SHOWN: Final = 5
_BOOKS_REMEDY: Final = "Stop the panel and compare with the last backup; docs/proof.md says what each check promises."


def examine(config: Config, store: Store, *, quick: bool = False, free: Free = free_bytes) -> Iterator[Diagnosis]:
    """Check everything; without a database, what does not need one.

    quick: the books are not proved; what the last proof said stands in any case.
    """
    registry = Registry.discover(config.disabled_plugins)
    yield _keys(config)
    database = _database(config, store)
    yield database
    yield from map(_disk, config.disks(free))
    if database.healthy:
        store.listening = registry.listening()
        if not quick:
            yield from _books(store)
        for check in (_last_proof, _worker, _clock, _operator, _names):
            yield _guarded(check, store)
    yield from _plugins(config, store, registry, has_tables=database.healthy)
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
        version = migrate.version(config.database_url)
    except SQLAlchemyError as error:
        return Diagnosis("database", f"{kind} does not answer: {_why(error)}", "See BILLHOOK_DATABASE_URL.")
    problem, remedy = _VERSIONS[version]
    return Diagnosis("database", problem, remedy, facts=kind)


def _why(error: SQLAlchemyError) -> str:
    """Return the database's own words in one line."""
    said = str(error.orig).strip() if isinstance(error, OperationalError) else ""
    return said.splitlines()[0] if said else type(error).__name__


_VERSIONS: Final[Mapping[Version, tuple[str, str]]] = {
    Version.CURRENT: ("", ""),
    Version.BEHIND: ("migrations are missing", "Run `host_stub migrate`."),
    Version.AHEAD: ("it was migrated by a newer version of the panel", "Install that version, or restore a backup."),
}


def _disk(place: Place) -> Diagnosis:
    subject = f"disk of {place.name}"
    if place.free is None:
        return Diagnosis(
            subject, f"{place.folder} cannot be asked for its free space", "Make the folder, or name it right."
        )
    left = f"{place.free // MEGABYTE} MB free at {place.folder}"
    if place.room is Room.OK:
        return Diagnosis(subject, facts=left)
    return Diagnosis(subject, f"{place.room}: {left}", "Make room, or the next backup, bill or payment fails.")


def _books(store: Store) -> Iterator[Diagnosis]:
    """Prove the books: one diagnosis for each check that finds something, or one that all is well."""
    checks, rows, wrong = 0, 0, False
    try:
        for result in proof.prove(store):
            checks, rows, wrong = checks + 1, rows + result.rows, wrong or bool(result.found)
            if result.found:
                yield _finding(result)
    except SQLAlchemyError as error:
        yield Diagnosis("books", f"could not be proved: {type(error).__name__}", "See the log.")
        return
    if not wrong:
        yield Diagnosis("books", facts=f"{checks} checks of {rows} rows found nothing wrong")


def _finding(result: proof.Result) -> Diagnosis:
    more = result.found - _SHOWN
    shown = "; ".join(result.shown[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return Diagnosis(f"books, {result.name}", shown, _BOOKS_REMEDY)


def _last_proof(store: Store) -> Diagnosis:
    with store.read() as session:
        last = nightly.last(session)
        overdue = nightly.overdue(session, last)
    if last is None:
        remedy = "Run `host_stub prove`, and see that a worker runs at night." if overdue else ""
        return Diagnosis("last proof", "the books were never proved" if overdue else "", remedy, "none so far")
    said = f"ended {last.ended_at:%Y-%m-%d %H:%M} UTC"
    if last.found:
        names = ", ".join(result.name for result in last.failing)
        return Diagnosis("last proof", f"{said}, {last.found} findings: {names}", _BOOKS_REMEDY)
    if overdue:
        return Diagnosis("last proof", said, "See that a worker runs at night, or run `host_stub prove`.")
    return Diagnosis("last proof", facts=f"{said}, nothing wrong")


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


def _names(store: Store) -> Diagnosis:
    """Look for customers whose names a bill cannot show whole; the manager is told on their pages."""
    query = select(Account.id, Account.name).order_by(Account.id).execution_options(yield_per=1000)
    with store.read() as session:
        found = [(number, signs) for number, name in session.execute(query) if (signs := lost(name))]
    shown = ", ".join(f"{number} ({signs})" for number, signs in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    facts = f"bills print ? for signs in the names of customers {shown}{more}" if found else "every name can be printed"
    return Diagnosis("names on bills", facts=facts)


def _plugins(config: Config, store: Store, registry: Registry, *, has_tables: bool) -> Iterator[Diagnosis]:
    if has_tables:
        registry.watch(store)
        yield from plugin_doctor.examine(plugin_doctor.Patient(config, store, registry))
        yield from gateway_doctor.shops(store)
        yield from gateway_doctor.silence(store)
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
