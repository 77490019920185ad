"""`host_stub plugin …`: list, enable, disable, upgrade, remove, doctor.

Exit status: 0 done, 1 refused or something is wrong, 2 asked wrongly, 3 a plugin's migrations failed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

import click
import structlog
from billhook.errors import MigrationFailed
from billhook.host.loading import LoadedPlugin
from sqlalchemy import select

from host_stub import plugin_doctor
from host_stub.adapters.keys import load_key_file
from host_stub.command_checks import same_version
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.domain.actors import Actor
from host_stub.persistence import Reseller, Store, open_store, plugin_tables
from host_stub.plugins import discovery, installation
from host_stub.plugins.installation import Inventory, State, TableState
from host_stub.plugins.registry import Registry
from host_stub.services import plugin_removal
from host_stub.services.tenants import resellers

#: Exit status when the host is well and a plugin's migrations failed.
PLUGIN_FAILED: Final = 3
_OPERATOR: Final = Actor("operator", "host_stub")
_RESTART: Final = "Restart web server and worker."


@click.group("plugin")
def plugin() -> None:
    """Plugins: what is installed, on for whom, and their tables."""


@contextmanager
def _installation() -> Iterator[tuple[Config, Store, Registry]]:
    """Give what every command needs; refuses a database that lacks the host's own migrations."""
    config = Config()
    same_version(config)
    store = open_store(config.database_url, base_url=config.base_url)
    try:
        with without_log():
            registry = Registry.discover(config.disabled_plugins)
            registry.watch(store)
            yield config, store, registry
    finally:
        store.close()


@contextmanager
def without_log() -> Iterator[None]:
    """Log nothing inside the block: a command says in words what is wrong, and its output may be read by a program."""
    known = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**known)


def _known(store: Store, registry: Registry) -> list[Inventory]:
    return installation.inventory(store, registry, discovery.versions())


@plugin.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def list_command(as_json: bool) -> None:
    """Show every plugin that is installed or has left something behind."""
    with _installation() as (_config, store, registry):
        known = _known(store, registry)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in known], ensure_ascii=False, indent=2))
        return
    head = ("NAME", "VERSION", "CONTRACT", "STATE", "TABLES", "ON FOR")
    rows = [(e.name, e.version or "-", e.contract or "-", e.state, e.tables, str(e.on_for)) for e in known]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    beneath = (("", 0), *((each.why, each.waiting) for each in known))
    for row, (why, waiting) in zip((head, *rows), beneath, strict=True):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if why:
            click.echo(f"    → {why}")
        if waiting:
            click.echo(f"    → events that wait for it: {waiting}")


@plugin.command()
@click.argument("name")
@click.option("--reseller", "ids", type=int, multiple=True, metavar="ID", help="May be repeated.")
@click.option("--all", "everybody", is_flag=True, help="For every reseller.")
def enable(name: str, ids: Sequence[int], everybody: bool) -> None:
    """Switch the plugin NAME on for resellers. Needs no restart."""
    with _installation() as (_config, store, registry):
        if name in registry.broken:
            raise click.ClickException(registry.broken[name])
        if name not in registry.plugins:
            raise click.ClickException(f"{name} is not installed or is disabled: see `host_stub plugin list`.")
        _switch(store, name, _wanted(store, ids, everybody), on=True)
        behind = registry.behind(name)
    if behind is not None:
        click.echo(f"It is not called yet: {behind.why} {behind.remedy}", err=True)


@plugin.command()
@click.argument("name")
@click.option("--reseller", "ids", type=int, multiple=True, metavar="ID", help="May be repeated.")
@click.option("--all", "everybody", is_flag=True, help="For every reseller.")
def disable(name: str, ids: Sequence[int], everybody: bool) -> None:
    """Switch the plugin NAME off for resellers; what was started with it goes on. Needs no restart."""
    with _installation() as (_config, store, registry):
        _find(store, registry, name)
        _switch(store, name, _wanted(store, ids, everybody), on=False)


def _wanted(store: Store, ids: Sequence[int], everybody: bool) -> list[int]:
    if bool(ids) == everybody:
        raise click.UsageError("Say for whom: --reseller ID (several times, if need be) or --all.")
    with store.read() as session:
        there = list(session.scalars(select(Reseller.id).order_by(Reseller.id)))
    if unknown := sorted(set(ids) - set(there)):
        raise click.ClickException(
            f"There is no reseller {unknown[0]}; ids stand in the addresses of /admin/resellers."
        )
    return there if everybody else sorted(set(ids))


def _switch(store: Store, name: str, reseller_ids: Iterable[int], *, on: bool) -> None:
    for reseller_id in reseller_ids:
        resellers.switch_plugin(store, reseller_id, name, on=on, by=_OPERATOR)
        click.echo(f"{name} is {'on' if on else 'off'} for reseller {reseller_id}.")


def _find(store: Store, registry: Registry, name: str) -> Inventory:
    found = {each.name: each for each in _known(store, registry)}
    if name not in found:
        raise click.ClickException(f"There is no plugin {name!r}; there are: {', '.join(found) or 'none'}.")
    return found[name]


@plugin.command()
@click.argument("name", default="")
def upgrade(name: str) -> None:
    """Bring the tables of the plugin NAME, or of all, up to date."""
    with _installation() as (_config, store, registry):
        if name and _find(store, registry, name).state is not State.LOADED:
            raise click.ClickException(f"{name} is not loaded, so nothing of it can run: see `host_stub plugin list`.")
        known = _known(store, registry)
        if not any(each.tables is TableState.PENDING for each in known if name in ("", each.name)):
            click.echo("Nothing to do: no migration is pending.")
        failed = upgrade_all(store, [each for each in registry.plugins.values() if name in ("", each.name)])
    if failed:
        raise SystemExit(PLUGIN_FAILED)


def upgrade_all(store: Store, plugins: Iterable[LoadedPlugin]) -> list[str]:
    """Run pending migrations, each plugin's by itself; say what was done and return the names of those that failed."""
    failed = []
    for each in plugins:
        try:
            changed = installation.upgrade_tables(store, each)
        except MigrationFailed as error:
            failed.append(each.name)
            click.echo(str(error), err=True)
            click.echo(f"  Until then {each.name} is not called; everything else goes on.", err=True)
            continue
        if changed:
            click.echo(f"The tables of {each.name} are up to date.")
    return failed


@plugin.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even while the end of payments started with it is unknown.")
def remove(name: str, yes: bool, force: bool) -> None:
    """Switch the plugin NAME off for everybody and drop its tables, settings and secrets.

    Its methods are deactivated and stay, since payments refer to them. Uninstall its package afterwards.
    """
    with _installation() as (_config, store, registry):
        found = _find(store, registry, name)
        with store.read() as session:
            remains = plugin_removal.survey(session, name)
            tables = plugin_tables.recorded(session.connection(), name)
        _tell(name, remains, tables)
        if remains.unknown and not force:
            raise click.ClickException(
                f"The end of {remains.unknown} payments started with {name} is unknown. Wait until the panel has asked "
                "its gateway, or settle them; --force removes it all the same."
            )
        if not yes:
            click.confirm("Go on? Only a backup brings it back", abort=True)
        plugin_removal.take_away(store, name, by=_OPERATOR)
        loaded = registry.plugins.get(name)
        why = plugin_tables.drop(store, name, loaded.migrations if loaded else ())
    if why:
        click.echo(f"Its own downgrade could not be used, so its tables were dropped as recorded: {why}", err=True)
    click.echo(f"{name} is removed.")
    if found.state is not State.GONE:
        click.echo(f"Now uninstall its package. {_RESTART}")


def _tell(name: str, remains: plugin_removal.Remains, tables: Sequence[str]) -> None:
    """Print what is going to happen."""
    for what, count in (
        ("switched off for resellers", ", ".join(map(str, sorted(remains.resellers)))),
        ("payment methods deactivated (they stay)", len(remains.methods)),
        ("secrets of methods deleted", remains.secrets),
        ("settings deleted", remains.settings),
        ("undelivered events deleted", remains.facts),
        ("notices withdrawn from customers' panels", remains.notices),
        ("tables dropped, with all rows", ", ".join(tables)),
    ):
        click.echo(f"{name}: {what}: {count or 'none'}")
    if remains.open:
        click.echo(
            f"{remains.open} payments started with it are not final: a gateway that writes about one will hear 503.",
            err=True,
        )


@plugin.command("doctor")
@click.argument("name", default="")
def doctor_command(name: str) -> None:
    """Check the plugin NAME, or all; exit status 1 if something is wrong."""
    with _installation() as (config, store, registry):
        if name:
            _find(store, registry, name)
        patient = plugin_doctor.Patient(config, store, registry, name)
        keys = load_key_file(config.key_file, demo=config.demo)
        found = [
            *plugin_doctor.examine(patient),
            *plugin_doctor.failures(patient),
            *plugin_doctor.methods(patient, keys),
        ]
    if not say(found):
        raise SystemExit(1)


def say(found: Iterable[Diagnosis]) -> bool:
    """Print what a doctor found; return whether all is well."""
    well = True
    for each in found:
        well &= each.healthy
        mark = "ok     " if each.healthy else "WRONG  "
        click.echo(f"{mark}{each.subject}: {each.problem or each.facts or 'in order'}")
        if each.remedy:
            click.echo(f"       → {each.remedy}")
    return well
