"""`host_stub prove`: make every check of the books, and say what each looked at and found."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from host_stub import plugin_cli
from host_stub.command_checks import same_version
from host_stub.config import Config
from host_stub.persistence import Store, open_store
from host_stub.plugins.registry import Registry
from host_stub.services.books import proof
from host_stub.services.books.proof import Result, nightly


@click.command()
def prove() -> None:
    """Prove the books: balances, entries, payments, charges, holds and the rest, and the database's own guards.

    May run beside the panel. Says of each check how many rows it looked at, and each finding with its rows. Exit
    status 1 if something was found.
    """
    config = Config()
    same_version(config)
    store = open_store(config.database_url, base_url=config.base_url)
    try:
        with plugin_cli.without_log():
            store.listening = Registry.discover(config.disabled_plugins).listening()
            results = _proved(store)
    finally:
        store.close()
    found = sum(result.found for result in results)
    looked_at = sum(result.rows for result in results)
    click.echo(f"{len(results)} checks of {looked_at} rows: {f'{found} findings' if found else 'the books are right'}.")
    if found:
        click.echo("What each check promises, and what to do: docs/proof.md")
        raise SystemExit(1)


def _proved(store: Store) -> Sequence[Result]:
    started_at = store.now()
    results = []
    for result in proof.prove(store, _progress):
        _say(result)
        results.append(result)
    nightly.keep(store, results, started_at)
    return results


def _progress(name: str, rows: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{name}: {rows} rows …", err=True, nl=False)


def _say(result: Result) -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    mark = "WRONG  " if result.found else "ok     "
    outcome = f"{result.found} findings" if result.found else "in order"
    click.echo(f"{mark}{result.name}: {result.rows} rows, {result.seconds:.1f} s, {outcome}")
    for finding in result.shown:
        click.echo(f"       {finding}")
    if result.found > len(result.shown):
        click.echo(f"       and {result.found - len(result.shown)} more")
