"""Print the path of a usable uv: the one on PATH, or a pinned one downloaded from the Python package index.

Runs before anything is installed, so it needs Python 3.11 and its standard library only, not pip, and no venv. The
index is `UV_DEFAULT_INDEX`, `UV_INDEX_URL` or `PIP_INDEX_URL` when set; whatever it serves has to match the checksum.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
TARGET = Path(__file__).resolve().parent.parent / ".dev" / "bin" / "uv"
PUBLIC_INDEX = "https://pypi.org/simple"
JSON_INDEX = "application/vnd.pypi.simple.v1+json"
TIMEOUT_SECONDS = 120

# Source: the package index, sha256 of each file of the pinned release.
WHEELS = {
    ("Linux", "x86_64", "glibc"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "x86_64", "musl"): (
        "musllinux_1_1_x86_64",
        "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    ),
    ("Linux", "aarch64", "glibc"): (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Linux", "aarch64", "musl"): (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Darwin", "x86_64", ""): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("Darwin", "arm64", ""): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}


class FetchError(Exception):
    """uv cannot be had; the text says why and what to do."""


def is_recent_enough(reported: str) -> bool:
    """Say whether the output of `uv --version` names a release that can read the lock: the pinned one or later."""
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", reported)
    return found is not None and tuple(map(int, found.groups())) >= tuple(map(int, VERSION.split(".")))


def usable(program: str | Path) -> bool:
    """Say whether `program` runs and is recent enough. A shim that starts nothing counts as absent."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return is_recent_enough(answer.stdout)


def wheel_for_this_machine() -> tuple[str, str]:
    """Return file name and sha256 of the pinned wheel. Raises FetchError on a platform without one."""
    system, machine = platform.system(), platform.machine()
    libc = ("glibc" if platform.libc_ver()[0] == "glibc" else "musl") if system == "Linux" else ""
    if (system, machine, libc) not in WHEELS:
        raise FetchError(f"No pinned uv for {system} {machine}: install uv {VERSION} or later and run this again.")
    tag, sha256 = WHEELS[system, machine, libc]
    return f"uv-{VERSION}-py3-none-{tag}.whl", sha256


def address_in_index(page: bytes, content_type: str, filename: str, base: str) -> str:
    """Return the absolute address of `filename` on an index page, JSON (PEP 691) or HTML (PEP 503).

    Raises FetchError when the page does not list it.
    """
    if "json" in content_type:
        found = [str(file["url"]) for file in json.loads(page)["files"] if file["filename"] == filename]
    else:
        links = re.findall(r'href="([^"]+)"', page.decode("utf-8", "replace"))
        found = [link for link in links if urllib.parse.unquote(link.partition("#")[0]).endswith("/" + filename)]
    if not found:
        raise FetchError(f"{base} does not list {filename}.")
    return urllib.parse.urljoin(base, found[0].partition("#")[0])


def download(address: str, accept: str = "*/*") -> tuple[bytes, str]:
    """Return body and content type. Credentials in the address are sent as basic authentication."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("https", "http"):
        raise FetchError(f"Not an address of an index: {parts.scheme}:")
    bare = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(bare, headers={"Accept": accept})  # noqa: S310 - the scheme was checked above
    if parts.username:
        login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        # Not redirected: the login is for the index, not for wherever it sends us.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        return answer.read(), answer.headers.get("Content-Type", "")


def index_address() -> str:
    """Return the index to ask, without a slash at the end."""
    chosen = (os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"))
    # UV_DEFAULT_INDEX may be written name=address.
    return re.sub(r"^\w+=(?=http)", "", next(filter(None, chosen), PUBLIC_INDEX)).rstrip("/")


def fetch() -> Path:
    """Download, check and unpack the pinned uv; return its path. Raises FetchError, OSError."""
    filename, sha256 = wheel_for_this_machine()
    page_address = index_address() + "/uv/"
    page, content_type = download(page_address, f"{JSON_INDEX}, text/html;q=0.1")
    wheel, _ = download(address_in_index(page, content_type, filename, page_address))
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise FetchError(f"{filename} does not have the expected checksum; nothing was installed.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{VERSION}.data/scripts/uv")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    # Two commands may fetch at once: each writes its own file, and the rename is atomic.
    partial = TARGET.with_name(f"uv.{os.getpid()}")
    partial.write_bytes(binary)
    partial.chmod(0o755)
    partial.replace(TARGET)
    return TARGET


def main() -> int:
    """Print the path on standard output, everything else on standard error."""
    on_path = shutil.which("uv")
    if on_path and usable(on_path):
        print(on_path)
        return 0
    try:
        if not usable(TARGET):
            print(f"Fetching uv {VERSION} …", file=sys.stderr)
            fetch()
    except (FetchError, OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        print(f"uv cannot be fetched: {error}", file=sys.stderr)
        return 1
    print(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
