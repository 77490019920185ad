"""Wheels as they would be shipped, and fresh virtual environments with nothing but what a test puts there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What would let this checkout, or this environment, leak into the one under test.
_OURS = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS")
_LONGEST = 600


def clean_environment() -> dict[str, str]:
    """Return this process's environment without its own Python in it."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS and not name.startswith("BILLHOOK_")}
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "true", "UV_NO_PROGRESS": "1"}


def run(command: Sequence[str | Path], **more: object) -> str:
    """Run a command and return what it prints; a failure shows both outputs."""
    settings = {"env": clean_environment(), "timeout": _LONGEST, **more}
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


@dataclass(frozen=True)
class Workshop:
    """Builds wheels and environments with the uv of this checkout. constraints: the locked versions."""

    uv: str
    constraints: Path

    @classmethod
    def open(cls, folder: Path) -> Workshop:
        uv = run([sys.executable, ROOT / "devtools/fetch_uv.py"]).strip()
        constraints = folder / "constraints.txt"
        everything = ("--all-packages", "--all-groups", "--all-extras", "--no-emit-workspace", "--no-hashes")
        run([uv, "export", "--frozen", "--quiet", *everything, "-o", constraints], cwd=ROOT)
        return cls(uv, constraints)

    def build(self, source: Path, out: Path, *more: str) -> Mapping[str, Path]:
        """Build wheels and return them by distribution, with `_` for `-`."""
        run([self.uv, "build", "--wheel", "--quiet", "--no-create-gitignore", "-o", out, *more], cwd=source)
        return {wheel.name.partition("-")[0]: wheel for wheel in sorted(out.glob("*.whl"))}

    def environment(self, folder: Path, *wanted: str | Path) -> Venv:
        run([self.uv, "venv", "--quiet", "--python", sys.executable, folder])
        venv = Venv(self, folder)
        venv.install(*wanted)
        return venv


@dataclass(frozen=True)
class Venv:
    """A virtual environment."""

    workshop: Workshop
    folder: Path

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def install(self, *wanted: str | Path) -> None:
        self._pip("install", "--constraint", self.workshop.constraints, *wanted)

    def uninstall(self, distribution: str) -> None:
        self._pip("uninstall", distribution)

    def _pip(self, verb: str, *more: str | Path) -> None:
        run([self.workshop.uv, "pip", verb, "--quiet", "--python", self.program("python"), *more])

    def can_import(self, module: str, cwd: Path) -> bool:
        """Say whether a module is found, from a folder that holds nothing."""
        script = f"import importlib.util as u; print(u.find_spec({module!r}) is not None)"
        return run([self.program("python"), "-c", script], cwd=cwd).strip() == "True"
