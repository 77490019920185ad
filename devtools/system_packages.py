"""Install the system packages that the project needs where that is possible, and say what is missing where not.

    python3 devtools/system_packages.py pango chromium postgresql

Needs Python 3.11 and its standard library only. Without Pango there are no PDF bills, so that stops; without
Chromium or PostgreSQL some tests are skipped, each with its reason.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")


@dataclass(frozen=True)
class Need:
    """Something the system must offer.

    packages: of Debian and Ubuntu.
    without: what does not work without it.
    stops: whether nothing useful can be done without it.
    """

    packages: tuple[str, ...]
    present: Callable[[], bool]
    without: str
    stops: bool = False


def _library(name: str) -> bool:
    # macOS names its libraries otherwise; there the answer would always be no, and WeasyPrint's own message is better.
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def _pango() -> bool:
    return _library("libpango-1.0.so.0") and _library("libpangoft2-1.0.so.0") and _library("libharfbuzz.so.0")


def _chromium() -> bool:
    return any(shutil.which(name) for name in CHROMIUM_NAMES)


def _postgresql() -> bool:
    return bool(
        os.environ.get("BILLHOOK_TEST_POSTGRESQL")
        or shutil.which("initdb")
        or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    )


NEEDS = {
    "certificates": (Need(("ca-certificates",), _certificates, "nothing can be downloaded", stops=True),),
    "pango": (
        Need(("libpango-1.0-0", "libpangoft2-1.0-0"), _pango, "bills cannot be drawn", stops=True),
        Need(("libharfbuzz-subset0",), lambda: _library("libharfbuzz-subset.so.0"), "bills are drawn more slowly"),
    ),
    "chromium": (Need(("chromium",), _chromium, "browser tests are skipped"),),
    "postgresql": (Need(("postgresql",), _postgresql, "tests on PostgreSQL are skipped"),),
}


def missing(names: Sequence[str]) -> list[Need]:
    """Return the needs called `names` (keys of NEEDS) that this machine does not meet."""
    return [need for name in names for need in NEEDS[name] if not need.present()]


def may_install() -> bool:
    """Say whether packages can be installed from here: as root, with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages, with fresh lists if the known ones do not do. Returns whether that went well."""
    # dpkg refuses to work without the administrators' programs on PATH.
    path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": path}

    def apt(*command: str) -> bool:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            sys.stderr.write(done.stdout.decode("utf-8", "replace")[-2000:])
        return done.returncode == 0

    print(f"Installing {' '.join(packages)} …", file=sys.stderr)
    if any(Path("/var/lib/apt/lists").glob("*_Packages*")) and apt(*INSTALL, *packages):
        return True
    return apt("apt-get", "update") and apt(*INSTALL, *packages)


def report(needs: Sequence[Need]) -> int:
    """Say what is missing and the command that brings it. Returns the exit status: 1 if nothing can go on."""
    for need in needs:
        print(f"Missing {' '.join(need.packages)}: {need.without}.", file=sys.stderr)
    if needs:
        packages = " ".join(package for need in needs for package in need.packages)
        print(f"Install with: sudo {' '.join(INSTALL)} {packages}", file=sys.stderr)
    return int(any(need.stops for need in needs))


def main(names: Sequence[str]) -> int:
    """Meet the needs called `names`; returns the exit status."""
    needs = missing(names)
    if needs and may_install():
        install([package for need in needs for package in need.packages])
        needs = missing(names)
    return report(needs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
