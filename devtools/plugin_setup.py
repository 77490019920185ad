"""Prepare the demo for one plugin: tables, the switch, a payment method. Prints one JSON object, see `Report`.

    python -m devtools.plugin_setup NAME --folder DIR --simulator URL

Run with the plugin on PYTHONPATH and the panel's environment, which holds the simulator's secret.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from billhook import AccountType, Finding, PaymentProvider, Redirect, SettingKind
from billhook.host import loading
from billhook.i18n import use_language
from billhook_kit import find_gateway, find_plugin
from billhook_kit.commands.simulator import SECRET_VARIABLE
from sqlalchemy import select

from devtools.plugin_project import GATEWAY_FILE, GROUP
from host_stub import cli
from host_stub.adapters.keys import KeyRing, load_key_file
from host_stub.config import Config
from host_stub.demo import firms
from host_stub.domain.actors import SYSTEM
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import PaymentMethod, PluginActivation, Scope, Store, User, open_store
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import methods
from host_stub.services.tenants import resellers

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass
class Report:
    """What was done. fault: why the plugin is not loaded, with file and line; empty if it is.

    provider: it can take payments. method: name of its payment method, empty if there is none.
    wanted: why none could be made. note: what else the author should know.
    """

    fault: str = ""
    provider: bool = False
    method: str = ""
    wanted: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Wish:
    """name: the plugin's. folder: of its project. simulator: address. secret: the simulator's.

    former: where the simulator listened at the last start with this state folder, empty before the first.
    """

    name: str
    folder: Path
    simulator: str
    secret: str
    former: str = ""


def main() -> int:
    wish = _arguments()
    with redirect_stdout(sys.stderr):
        # Standard output is the answer.
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        report = prepare(wish)
    print(json.dumps(asdict(report), ensure_ascii=False))
    return 0


def _arguments() -> Wish:
    parser = argparse.ArgumentParser(prog="python -m devtools.plugin_setup")
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--simulator", required=True)
    parser.add_argument("--former", default="")
    given = parser.parse_args()
    return Wish(given.name, given.folder, given.simulator, os.environ[SECRET_VARIABLE], given.former)


def prepare(wish: Wish) -> Report:
    """Migrate, then set the plugin up if it loads."""
    report = Report()
    try:
        cli.cli.main(["migrate"], standalone_mode=False)
    except Exception as error:  # noqa: BLE001  an author's migration may raise anything
        report.fault = place(error, wish.folder)
        return report
    registry = Registry.discover()
    if wish.name not in registry.plugins:
        report.fault = why_broken(wish) or registry.broken.get(wish.name, "it is not found")
        return report
    config = Config()
    store = open_store(config.database_url, base_url=config.base_url)
    try:
        registry.attach(store)
        _set_up(store, registry, load_key_file(config.key_file, demo=True), wish, report)
    finally:
        store.close()
    return report


def why_broken(wish: Wish) -> str:
    """Load the plugin once more to see where it fails."""
    try:
        for point in entry_points(group=GROUP, name=wish.name):
            loading.load(wish.name, point.load())
    except (Exception, SystemExit) as error:  # noqa: BLE001  that is what is to be told
        return place(error, wish.folder)
    return ""


def place(error: BaseException, folder: Path) -> str:
    """Return `file:line: what` for the place in the project that raised; without one, what was raised."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename, folder)}:{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(folder.resolve())]
    return f"{_short(ours[-1].filename, folder)}:{ours[-1].lineno}: {what}" if ours else what


def _short(path: str, folder: Path) -> str:
    file = Path(path).resolve()
    return str(file.relative_to(folder.resolve())) if file.is_relative_to(folder.resolve()) else path


def _set_up(store: Store, registry: Registry, keys: KeyRing, wish: Wish, report: Report) -> None:
    reseller_id = _reseller(store)
    with store.read() as session:
        known = session.get(PluginActivation, (reseller_id, wish.name))
    if known is None:
        # Whoever turned it off in the panel wants it off.
        resellers.switch_plugin(store, reseller_id, wish.name, on=True, by=SYSTEM)
    provider = registry.plugins[wish.name].provider
    report.provider = provider is not None
    if provider is None:
        return
    try:
        with use_language("ru"):
            _offer(store, registry, keys, wish, provider, reseller_id, report)
    except InvalidSettings as error:
        report.wanted = [_words(each) for each in error.findings]
    except Exception as error:  # noqa: BLE001  an author's check may raise anything
        report.note = f"no payment method was made: {place(error, wish.folder)}"


def _reseller(store: Store) -> int:
    with store.read() as session:
        query = select(User.reseller_id).where(User.email == firms.HOSTING_MANAGERS[0].email)
        return session.scalars(query).one()


def _words(found: object) -> str:
    return f"{found.setting}: {found.text}".removeprefix(": ") if isinstance(found, Finding) else str(found)


def _offer(
    store: Store,
    registry: Registry,
    keys: KeyRing,
    wish: Wish,
    provider: PaymentProvider,
    reseller_id: int,
    report: Report,
) -> None:
    """Make the plugin's first payment method, or lead those that the last start led to the simulator to where it is."""
    scope = Scope.reseller(reseller_id)
    with store.read(scope) as session:
        rows = list(session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == wish.name)))
        position = methods.next_position(session)
    guessed, report.note = guess(wish, provider)
    drafts: list[tuple[int | None, methods.MethodDraft]] = [(row.id, _moved(row, wish, provider)) for row in rows]
    if not rows:
        kinds = provider.account_types
        drafts = [(None, methods.MethodDraft(str(provider.title), kinds, position=position, settings=guessed))]
    for method_id, draft in drafts:
        methods.save_method(
            store,
            scope,
            draft,
            provider=provider,
            keys=keys,
            doctor=lambda view: registry.call(wish.name, "check_settings", provider.check_settings, view),
            by=SYSTEM,
            method_id=method_id,
        )
        report.method = draft.name


def guess(wish: Wish, provider: PaymentProvider) -> tuple[dict[str, object], str]:
    """Return settings as the author's adapter for the kit has them, led to the simulator; and what is to be said."""
    try:
        adapter = find_gateway(find_plugin(wish.name))
    except Exception as error:  # noqa: BLE001  the adapter is an author's code
        return {}, f"{GATEWAY_FILE} cannot be used: {place(error, wish.folder)}"
    if adapter is None:
        return {}, ""
    led = led_here(adapter.settings, wish, provider)
    return led, _unsecret(provider) if led != dict(adapter.settings) else ""


def _unsecret(provider: PaymentProvider) -> str:
    if any(each.kind is SettingKind.SECRET for each in provider.settings):
        return ""
    return "no setting is of kind SECRET, so the simulator's secret was filled in nowhere"


def led_here(settings: Mapping[str, object], wish: Wish, provider: PaymentProvider) -> dict[str, object]:
    """Return settings with addresses of this machine changed to the simulator's, and then its secret in place.

    The simulator plays a redirect gateway: whoever starts otherwise has a stand-in of their own at its addresses.
    """
    if Redirect not in provider.starts:
        return dict(settings)
    return _with_secret(
        settings, {key: _here(value, wish.simulator) for key, value in settings.items()}, wish, provider
    )


def led_on(settings: Mapping[str, object], wish: Wish, provider: PaymentProvider) -> dict[str, object]:
    """Return settings with the simulator's former address changed to its present one; others were set by hand."""
    if not wish.former:
        return dict(settings)
    moved = {key: _onward(value, wish) for key, value in settings.items()}
    return _with_secret(settings, moved, wish, provider)


def _with_secret(
    before: Mapping[str, object], moved: dict[str, object], wish: Wish, provider: PaymentProvider
) -> dict[str, object]:
    if moved != dict(before):
        moved |= {each.key: wish.secret for each in provider.settings if each.kind is SettingKind.SECRET}
    return moved


def _onward(value: object, wish: Wish) -> object:
    if not isinstance(value, str) or not f"{value}/".startswith(f"{wish.former}/"):
        return value
    return wish.simulator + value.removeprefix(wish.former)


def _here(value: object, simulator: str) -> object:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return value
    parts = urlsplit(value)
    return simulator + parts._replace(scheme="", netloc="").geturl() if parts.hostname in LOOPBACK else value


def _moved(row: PaymentMethod, wish: Wish, provider: PaymentProvider) -> methods.MethodDraft:
    return methods.MethodDraft(
        name=row.name,
        account_types=[AccountType(kind) for kind in row.account_types],
        active=row.active,
        description=row.description,
        position=row.position,
        settings=led_on(row.settings, wish, provider),
    )


if __name__ == "__main__":
    sys.exit(main())
