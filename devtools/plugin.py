"""Serve the panel with a plugin from its folder, reloaded on change: `./dev plugin PATH [--port N] [--state DIR]`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from billhook_kit.commands.simulator import SECRET_VARIABLE

from devtools.plugin_project import PluginProject, ProjectError, read_project
from devtools.plugin_troubles import Troubles
from devtools.processes import POLL_SECONDS, Family, ProcessFailed, adopt_orphans, kill_children
from devtools.run import (
    HOST,
    HOST_STUB,
    START_SECONDS,
    Ports,
    StartError,
    address,
    answers,
    choose_ports,
    is_free,
    panel_environment,
    prepare_panel,
    python,
    start_surroundings,
    stopping_on_signals,
    wait_until_all_answer,
)
from devtools.state import StateError, StateFolder, from_caller
from devtools.watching import Watch

STATES = "state-plugins"
#: Exit status of a worker that wants to be started again.
TRY_AGAIN = 75
#: Where a state folder keeps the address that its payment methods know the simulator by.
FORMER = "simulator-address"


@dataclass(frozen=True)
class Simulation:
    """Where the gateway simulator listens, and what it signs with."""

    port: int
    secret: str

    @property
    def url(self) -> str:
        return address(self.port)


@dataclass(frozen=True)
class Outcome:
    """How the last start of the panel ended; the fields of `plugin_setup.Report`. starts: how many there were."""

    starts: int = 0
    fault: str = ""
    provider: bool = False
    method: str = ""
    wanted: tuple[str, ...] = ()
    note: str = ""


class PluginDemo:
    """Panel and worker with the plugin, started anew when its files change; what they talk to stays."""

    def __init__(self, project: PluginProject, state: StateFolder, ports: Ports, simulation: Simulation) -> None:
        self._project = project
        self._state = state
        self._ports = ports
        self._simulation = simulation
        environment = panel_environment(state, state.database_url, ports)
        self._surroundings = Family(state.logs, {**environment, SECRET_VARIABLE: simulation.secret})
        self._panel = Family(state.logs, environment)
        self._watch = Watch(lambda: self._project.files())
        logs = [state.logs / f"{name}.log" for name in ("panel", "worker")]
        self._troubles = Troubles(logs, project.folder)
        self._outcome = Outcome()
        self._logins: dict[str, Any] = {}

    def serve(self) -> None:
        """Start everything, announce it, reload on change until a signal comes. Raises ProcessFailed, StartError."""
        start_surroundings(self._surroundings, self._state, self._ports)
        command = python("billhook_kit.cli", "simulator", "--port", self._simulation.port)
        self._surroundings.start("simulator", command)
        print("Preparing the database and the demo data …", flush=True)
        self._logins = prepare_panel(self._surroundings, self._state, self._state.database_url, self._ports)
        self._start()
        wait_until_all_answer(self._surroundings, replace(self._ports, panel=self._simulation.port))
        self._tell_everything()
        self._announce()
        while True:
            self._surroundings.check()
            self._revive()
            for line in self._troubles.news():
                print(f"  WENT WRONG  {line}", flush=True)
            changed = self._watch.changes()
            if changed:
                self._reload(changed)
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        self._panel.stop()
        self._surroundings.stop()
        kill_children()

    def _reload(self, changed: list[Path]) -> None:
        began = time.monotonic()
        names = [str(path.relative_to(self._project.folder)) for path in changed]
        print(f"\n{', '.join(names[:3])}{' …' if names[3:] else ''} changed: starting again …", flush=True)
        try:
            self._project = read_project(self._project.folder)
        except ProjectError as error:
            print(f"{error} The panel runs on as before.", flush=True)
            return
        self._start()
        self._announce()
        if not self._outcome.fault:
            print(f"Ready after {time.monotonic() - began:.1f} s.", flush=True)

    def _start(self) -> None:
        """Stop panel and worker, prepare the plugin, start them; a fault of the plugin's is told, not raised."""
        self._stop_panel()
        path = self._project.pretend_installed(self._state.path / "plugin")
        environment = panel_environment(self._state, self._state.database_url, self._ports)
        self._panel = Family(
            self._state.logs, {**environment, "PYTHONPATH": path, SECRET_VARIABLE: self._simulation.secret}
        )
        starts = self._outcome.starts + 1
        try:
            self._outcome = Outcome(starts, **self._prepare())
            self._panel.start("panel", [HOST_STUB, "serve", "--host", HOST, "--port", str(self._ports.panel), *_ONE])
            self._panel.start("worker", [HOST_STUB, "worker"])
            self._wait_for_panel()
        except ProcessFailed as error:
            self._stop_panel()
            self._outcome = Outcome(starts, fault=str(error))
        for line in self._news():
            print(line, flush=True)

    def _stop_panel(self) -> None:
        self._panel.stop()
        # A server that had to be killed leaves its workers behind, and they hold the port.
        kill_children(self._surroundings.pids)

    def _prepare(self) -> dict[str, Any]:
        project = self._project
        former = self._state.path / FORMER
        command = python(
            *("devtools.plugin_setup", project.name, "--folder", project.folder, "--simulator", self._simulation.url),
            *("--former", former.read_text("utf-8") if former.is_file() else ""),
        )
        report = json.loads(self._panel.run("plugin", command))
        if report["provider"]:
            former.write_text(self._simulation.url, "utf-8")
        return {**report, "wanted": tuple(report["wanted"])}

    def _wait_for_panel(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(address(self._ports.panel)):
            self._panel.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"The panel did not answer within {START_SECONDS} seconds.")
            time.sleep(POLL_SECONDS)

    def _revive(self) -> None:
        """Start panel and worker again if one of them ended; a plugin that ends them again waits for a change."""
        if not self._panel.pids:
            return
        try:
            self._panel.check()
        except ProcessFailed as error:
            wants_again = f"status {TRY_AGAIN};" in str(error)
            print(f"\n{error}", flush=True)
            if wants_again:
                self._start()
                self._announce()
                return
            self._stop_panel()
            print("Waiting for a change of the plugin …", flush=True)

    def _news(self) -> Iterator[str]:
        """Say what the author has to know of the last start."""
        outcome, project = self._outcome, self._project
        if outcome.fault:
            yield f"  NOT LOADED  {outcome.fault}"
            shown = "The panel shows the operator why" if self._panel.pids else "The panel is down"
            yield f"  {shown}; save a mended file and it is tried again."
        if project.lacking:
            yield f"  Not installed here: {', '.join(project.lacking)}. Install with .venv/bin/python -m pip or uv."
        if outcome.note:
            yield f"  Note: {outcome.note}"
        if outcome.provider and not outcome.method and not outcome.note:
            yield f"  Fill in the payment method: {address(self._ports.panel)}/reseller/methods/new/{project.name}"
            yield from (f"    {each}" for each in outcome.wanted)

    def _announce(self) -> None:
        self._state.announce(
            {
                "panel": address(self._ports.panel),
                "emulator": address(self._ports.emulator),
                "mail": address(self._ports.mail),
                "logins": self._logins,
                "simulator": {"url": self._simulation.url, "secret": self._simulation.secret},
                "plugin": {"name": self._project.name, **asdict(self._outcome)},
            }
        )

    def _tell_everything(self) -> None:
        method = f", payment method «{self._outcome.method}»" if self._outcome.method else ""
        rows = {
            "Plugin": f"{self._project.name} from {self._project.folder}{method}",
            "Panel": address(self._ports.panel),
            "Simulator": f"{self._simulation.url}   secret: {self._simulation.secret}",
            "Payment gateway": address(self._ports.emulator),
            "Mail": address(self._ports.mail),
            "Services": address(self._ports.service),
        }
        lines = ["", *(f"  {name:16} {text}" for name, text in rows.items()), ""]
        lines += [f"  {name:16} {login['email']:32} {login['password']}" for name, login in self._logins.items()]
        lines += [
            "",
            f"  Logs and data: {self._state.path}. A saved file starts the panel again; Ctrl-C stops all.",
            "",
        ]
        print("\n".join(lines), flush=True)


#: One process starts faster than two.
_ONE = ("--workers", "1")


def simulation(state: StateFolder, ports: Ports) -> Simulation:
    """Return the next free port, and a secret that stays the same in one state folder. Raises StartError."""
    port = next((port for port in range(ports.service + 1, ports.service + 200) if is_free(port)), None)
    if port is None:
        raise StartError(f"Too few free ports above {ports.service}: choose a lower one with --port.")
    digest = hashlib.sha256(b"simulator " + state.secrets().service_secret.encode())
    return Simulation(port, digest.hexdigest()[:32])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev plugin", description="Serve the panel with the plugin in a folder, reloaded on change."
    )
    parser.add_argument("path", help="folder of the plugin's project, anywhere on this machine")
    parser.add_argument("--port", type=int, help="of the panel; the first free one from 8000 if not given")
    parser.add_argument(
        "--state", metavar="DIR", help=f"where everything is kept (default: {STATES}/<plugin> in this folder)"
    )
    return parser.parse_args()


def main() -> int:
    """Run the demo; returns the exit status: 0 when it was stopped."""
    wish = arguments()
    adopt_orphans()
    try:
        project = read_project(from_caller(wish.path))
        state = StateFolder(from_caller(wish.state) if wish.state else Path.cwd() / STATES / project.name)
        ports = choose_ports(wish.port)
        with state.opened():
            demo = PluginDemo(project, state, ports, simulation(state, ports))
            try:
                with stopping_on_signals():
                    demo.serve()
            finally:
                demo.stop()
    except (ProjectError, StateError, StartError, ProcessFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
