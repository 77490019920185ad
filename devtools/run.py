"""Serve the panel with demo data and everything round it: `./dev run [--port N] [--state DIR] [--database URL]`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any, Never

from devtools.processes import POLL_SECONDS, Family, ProcessFailed, adopt_orphans, kill_children
from devtools.state import DEFAULT, StateError, StateFolder, chosen_folder

HOST = "127.0.0.1"
FIRST_PORT = 8000
LAST_PORT = 65535
START_SECONDS = 120
HOST_STUB = str(Path(sys.executable).with_name("host_stub"))
LOGINS = ("operator", "reseller", "company", "sole_proprietor", "person")


class StartError(Exception):
    """The demo cannot start; the text says why."""


@dataclass(frozen=True)
class Ports:
    """Where everything listens."""

    panel: int
    emulator: int
    mail: int
    smtp: int
    service: int


def choose_ports(panel: int | None) -> Ports:
    """Return the wished port for the panel and the next free ones for the rest. Raises StartError if it is taken."""
    if panel is not None and not is_free(panel):
        raise StartError(f"Port {panel} is taken: choose another with --port.")
    candidates = count(FIRST_PORT if panel is None else panel)
    free = (port for port in candidates if port > LAST_PORT or is_free(port))
    chosen = list(islice(free, 5))
    if chosen[-1] > LAST_PORT:
        raise StartError(f"Too few free ports above {chosen[0]}: choose a lower one with --port.")
    return Ports(*chosen)


def is_free(port: int) -> bool:
    """Say whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        # Connections of an earlier run that still fade away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


def panel_environment(state: StateFolder, database_url: str, ports: Ports) -> dict[str, str]:
    """Return the environment of every process: the caller's, without their own panel's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BILLHOOK_")}
    return {
        **inherited,
        # A proxy of the caller's must not stand between parts of one machine.
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
        "PYTHONUNBUFFERED": "1",
        "BILLHOOK_DEMO": "1",
        "BILLHOOK_DATABASE_URL": database_url,
        "BILLHOOK_BASE_URL": address(ports.panel),
        "BILLHOOK_KEY_FILE": str(state.key_file),
        "BILLHOOK_SMTP_HOST": HOST,
        "BILLHOOK_SMTP_PORT": str(ports.smtp),
        "BILLHOOK_SMTP_FROM": "billing@billhook.example",
        "BILLHOOK_LOG_FORMAT": "text",
    }


def python(*arguments: object) -> list[str]:
    return [sys.executable, "-m", *map(str, arguments)]


def start_surroundings(family: Family, state: StateFolder, ports: Ports) -> None:
    """Start what the panel talks to."""
    secrets = state.secrets()
    family.start(
        "emulator",
        python(
            *("tests.emulators.paymaster", "--port", ports.emulator),
            *("--merchant", secrets.merchant, "--journal", state.gateway_journal),
        ),
        PAYMASTER_EMULATOR_SECRET=secrets.merchant_secret,
    )
    family.start(
        "mail", python("devtools.mailsink", "--port", ports.mail, "--smtp-port", ports.smtp, "--folder", state.mail)
    )
    family.start(
        "service",
        python("devtools.service_page", "--port", ports.service, "--file", state.services),
        SERVICE_PAGE_SECRET=secrets.service_secret,
    )


def prepare_panel(family: Family, state: StateFolder, database_url: str, ports: Ports) -> dict[str, Any]:
    """Migrate and seed the database; both do nothing to what is there already. Returns the logins."""
    create_demo_keys(state.key_file)
    family.run("migrate", [HOST_STUB, "migrate"])
    seed = python(
        *("host_stub.demo.seed", "--database", database_url, "--state", state.path),
        *("--gateway", address(ports.emulator), "--service", address(ports.service)),
    )
    answer = json.loads(family.run("seed", seed))
    return {name: answer[name] for name in LOGINS}


def create_demo_keys(path: Path) -> None:
    if not path.exists():
        from host_stub.adapters.keys import create_key_file, new_keys  # loads the cryptography, once per folder

        create_key_file(path, new_keys(demo=True))


def start_panel(family: Family, ports: Ports) -> None:
    family.start("panel", [HOST_STUB, "serve", "--host", HOST, "--port", str(ports.panel)])
    family.start("worker", [HOST_STUB, "worker"])


def wait_until_all_answer(family: Family, ports: Ports) -> None:
    """Wait for the pages of every part. Raises ProcessFailed, StartError."""
    waiting = [address(port) for port in (ports.panel, ports.emulator, ports.mail, ports.service)]
    deadline = time.monotonic() + START_SECONDS
    while waiting:
        family.check()
        if time.monotonic() > deadline:
            raise StartError(f"No answer within {START_SECONDS} seconds from {', '.join(waiting)}.")
        waiting = [url for url in waiting if not answers(url)]
        if waiting:
            time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Say whether a page is served; a refusal is an answer, a failure is not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def tell_people(state: StateFolder, facts: dict[str, Any], service: str) -> None:
    """Say on the terminal what demo.json says."""
    lines = ["", f"  Panel            {facts['panel']}"]
    lines += [f"  Payment gateway  {facts['emulator']}", f"  Mail             {facts['mail']}"]
    lines += [f"  Services         {service}", ""]
    lines += [f"  {name:16} {login['email']:32} {login['password']}" for name, login in facts["logins"].items()]
    lines += ["", f"  Logs and data: {state.path}. Ctrl-C stops everything.", ""]
    print("\n".join(lines), flush=True)


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn the signals that end a program into KeyboardInterrupt, also when the shell has them ignored."""

    def stop(_signal: int, _frame: object) -> Never:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        # The stop itself is not interrupted: everything ends within seconds.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


def serve(family: Family, state: StateFolder, database_url: str, ports: Ports) -> None:
    """Start everything, announce it, and watch until a signal comes. Raises ProcessFailed, StartError."""
    start_surroundings(family, state, ports)
    print("Preparing the database and the demo data …", flush=True)
    logins = prepare_panel(family, state, database_url, ports)
    start_panel(family, ports)
    wait_until_all_answer(family, ports)
    facts = {"panel": address(ports.panel), "emulator": address(ports.emulator), "mail": address(ports.mail)}
    announcement = {**facts, "logins": logins}
    state.announce(announcement)
    tell_people(state, announcement, address(ports.service))
    while True:
        family.check()
        time.sleep(POLL_SECONDS)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev run", description="Serve the panel with demo data.")
    parser.add_argument("--port", type=int, help=f"of the panel; the first free one from {FIRST_PORT} if not given")
    parser.add_argument(
        "--state", default=DEFAULT, metavar="DIR", help="where everything is kept (default: %(default)s)"
    )
    parser.add_argument("--database", metavar="URL", help="default: SQLite in the state folder")
    return parser.parse_args()


def main() -> int:
    """Run the demo; returns the exit status: 0 when it was stopped."""
    wish = arguments()
    state = StateFolder(chosen_folder(wish.state))
    database_url = wish.database or state.database_url
    adopt_orphans()
    try:
        ports = choose_ports(wish.port)
        with state.opened():
            family = Family(state.logs, panel_environment(state, database_url, ports))
            try:
                with stopping_on_signals():
                    serve(family, state, database_url, ports)
            finally:
                family.stop()
                kill_children()
    except (StateError, StartError, ProcessFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
