"""The command line `host_stub`: set up, serve, work, check, keep and restore an installation."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
from billhook import http
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from host_stub import backups, doctor, plugin_cli, proof_cli
from host_stub.adapters.keys import KeyFileError, create_key_file, load_key_file, replace_key_file, rotated
from host_stub.command_checks import same_version
from host_stub.config import Config
from host_stub.domain.actors import Actor
from host_stub.persistence import Store, migrate, open_store
from host_stub.plugins.containment import WEB_THREADS
from host_stub.services.charges import clock_guard
from host_stub.services.people import passwords, signin, users
from host_stub.services.people.passwords import WeakPassword
from host_stub.services.people.users import EmailTaken, InvalidEmail, NewUser

#: Exit status of a worker that wants to be started again (EX_TEMPFAIL).
TRY_AGAIN = 75
#: Whoever may run commands is the operator.
_BY = Actor("operator", "host_stub")
_SHOWN = {
    "short": f"A password has at least {passwords.SHORTEST} characters.",
    "long": f"A password has at most {passwords.LONGEST} characters.",
    "common": "This password is among the first that anybody would try.",
}


def _may_call(address: str) -> bool:
    return Config().reach.may_call(address)


def main() -> None:
    """Run a command; what a person can mend is said in one line, without a traceback."""
    # The whole process is meant, which is why no command does it.
    http.limit_reach(_may_call)
    try:
        cli.main(standalone_mode=True)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            click.echo(f"BILLHOOK_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}", err=True)
        sys.exit(2)
    except (KeyFileError, backups.BackupError, migrate.NewerDatabase) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(f"The database does not answer: {error.orig}", err=True)
        sys.exit(1)


@click.group(help="A billing panel for a hoster. Settings are environment variables: BILLHOOK_DATABASE_URL and others.")
def cli() -> None:
    pass


@contextmanager
def _store(config: Config) -> Iterator[Store]:
    store = open_store(config.database_url, base_url=config.base_url)
    try:
        yield store
    finally:
        store.close()


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the database and the plugins' tables up to date; on the first run also create the key file.

    Exit status 3: the panel's own tables are up to date, a plugin's migrations failed.
    """
    config = Config()
    if not config.key_file.exists():
        create_key_file(config.key_file)
        click.echo(f"Keys created: {config.key_file}. Keep a copy: without it stored secrets cannot be read.")
    migrate.upgrade(config.database_url)
    click.echo("The database is up to date.")
    from host_stub.plugins.registry import Registry

    with _store(config) as store, plugin_cli.without_log():
        registry = Registry.discover(config.disabled_plugins)
        for why in registry.broken.values():
            click.echo(why, err=True)
        failed = plugin_cli.upgrade_all(store, registry.plugins.values())
    if failed:
        raise SystemExit(plugin_cli.PLUGIN_FAILED)


@cli.command("create-keys")
@click.option("--rotate", is_flag=True, help="Put new encryption and cookie keys in front; old ones go on opening.")
def create_keys(rotate: bool) -> None:
    """Create the key file, or rotate its keys. It is never overwritten."""
    config = Config()
    if rotate:
        replace_key_file(config.key_file, rotated(load_key_file(config.key_file, demo=config.demo)))
        click.echo("Keys rotated. Restart the panel and the worker; whoever is signed in stays so.")
        return
    create_key_file(config.key_file)
    click.echo(f"Keys created: {config.key_file}")


@cli.command("create-operator")
@click.argument("email")
@click.argument("name")
@click.option("--company", default="", help="Name of the operator's company, when it is created.")
@click.option("--password-prompt", is_flag=True, help="Ask for a password instead of printing an invitation link.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_operator(email: str, name: str, company: str, password_prompt: bool, password_stdin: bool) -> None:
    """Create a manager of the operator, and the operator itself on the first run."""
    config = Config()
    password = _new_password(password_prompt, password_stdin, (email, name))
    with _store(config) as store:
        try:
            with store.write() as session:
                user = users.create_operator(session, NewUser(email, name), company=company)
                if password:
                    user.password_hash = passwords.hashed(password)
                    click.echo(f"{user.email} can sign in at {config.base_url}/sign-in")
                    return
                link = signin.issue_link(
                    session,
                    user,
                    signin.Purpose.INVITATION,
                    base_url=config.base_url,
                    lifetime=config.invitation_lifetime,
                )
        except InvalidEmail:
            raise click.ClickException(f"{email} is no e-mail address.") from None
        except EmailTaken:
            raise click.ClickException(f"{email} exists already.") from None
    click.echo(f"Set the password within {config.invitation_days} days, the link works once:\n{link}")


def _new_password(prompt: bool, from_stdin: bool, about: tuple[str, ...]) -> str:
    password = ""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif prompt:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if prompt or from_stdin:
        try:
            passwords.check(password, about=about)
        except WeakPassword as error:
            raise click.ClickException(_SHOWN[error.code]) from None
    return password


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--threads",
    default=WEB_THREADS,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Threads of each process. With fewer than the default a plugin that is slow may keep all of them.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the panel. SIGTERM brings what is under way to its end."""
    config = _ready()
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    os.environ["BILLHOOK_SERVE_THREADS"] = str(threads)
    click.echo(f"The panel: {config.base_url} (listening on {host}:{port})", err=True)
    Granian(
        "host_stub.wsgi:served",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_access=False,  # ours leaves out what must not be kept
    ).serve()


@cli.command()
@click.option("--clock-is-right", is_flag=True, help="First confirm the clock, as `clock-is-right` does.")
def worker(clock_is_right: bool) -> None:
    """Charge, deliver mails and events, expire payments, until SIGTERM. Several may run."""
    config = _ready()
    from host_stub.plugins.registry import Registry
    from host_stub.plugins.reporting import Reporter
    from host_stub.web import logs
    from host_stub.worker import Outside, Worker

    logs.configure(config.log_format)
    keys = load_key_file(config.key_file, demo=config.demo)
    with _store(config) as store:
        registry = Registry.discover(config.disabled_plugins)
        registry.attach(store)
        if clock_is_right or config.demo:  # nobody is charged by the demo's clock
            clock_guard.confirm(store, _BY)
        running = Worker(store, registry, Outside.of(config, keys))
        measured = bool(config.metrics_token.get_secret_value())
        with Reporter(store, registry, "worker") if measured else nullcontext():
            running.run()
    if running.hung:
        raise SystemExit(TRY_AGAIN)  # whoever supervises it starts it again


@cli.command("clock-is-right")
def clock_is_right_command() -> None:
    """Confirm the clock after a long outage: workers charge what is due by it.

    A clock that is more than 36 hours after the last work is not believed by itself.
    """
    with _store(_ready()) as store:
        at = clock_guard.confirm(store, _BY)
    click.echo(f"Confirmed: {at:%Y-%m-%d %H:%M:%S} UTC. Workers charge what is due by it.")


def _ready() -> Config:
    """Return the configuration of an installation that can run; say what lacks otherwise."""
    config = Config()
    load_key_file(config.key_file, demo=config.demo)
    same_version(config)
    return config


@cli.command("doctor")
@click.option("--quick", is_flag=True, help="Do not prove the books, which takes minutes for millions of entries.")
def doctor_command(quick: bool) -> None:
    """Check the installation; exit status 1 if something is wrong."""
    config = Config()
    with _store(config) as store, plugin_cli.without_log():
        well = plugin_cli.say(doctor.examine(config, store, quick=quick))
    if not well:
        raise SystemExit(1)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write database and keys to a new FILE, while the panel runs. It holds secrets: keep it as such."""
    config = Config()
    with _store(config) as store:
        backups.back_up(config, file, now=store.now())
    click.echo(f"Backup written: {file}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--anyway", is_flag=True, help="Although the proof of its books finds something. Never a damaged file.")
def restore(file: Path, anyway: bool) -> None:
    """Bring database and keys back from FILE, to a place where there are none. Its books are proved first."""
    done = backups.restore(Config(), file, anyway=anyway)
    for finding in done.findings:
        click.echo(f"WRONG  {finding}", err=True)
    if not done.proved:
        click.echo("An older version made it: its books can be proved after `host_stub migrate`.", err=True)
    click.echo(f"Restored the state of {done.manifest.made_at}. Run `host_stub migrate`, then `host_stub doctor`.")


cli.add_command(plugin_cli.plugin)
cli.add_command(proof_cli.prove)


if __name__ == "__main__":
    main()
