"""The bootstrap of uv: found, or fetched and checked."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from devtools import fetch_uv
from devtools.fetch_uv import FetchError, address_in_index, index_address, is_recent_enough, wheel_for_this_machine

NAME = "uv-9.9.9-py3-none-any.whl"
BASE = "https://index.example/simple/uv/"


@pytest.mark.parametrize(
    ("reported", "good"),
    [
        ("uv 0.13.9 (x86_64-unknown-linux-gnu)", True),
        ("uv 0.14.0", True),
        ("uv 1.0.0", True),
        ("uv 0.13.8", False),
        ("uv 0.9.30", False),
        ("", False),
    ],
)
def test_an_older_uv_is_not_used(reported: str, good: bool) -> None:
    assert is_recent_enough(reported) is good


def test_a_shim_that_starts_nothing_is_not_used(tmp_path: Path) -> None:
    shim = tmp_path / "uv"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)

    assert not fetch_uv.usable(shim)


def test_the_file_is_found_on_a_json_page() -> None:
    page = json.dumps(
        {"files": [{"filename": "uv-1-x.whl", "url": "no"}, {"filename": NAME, "url": f"../../f/{NAME}"}]}
    )

    found = address_in_index(page.encode(), "application/vnd.pypi.simple.v1+json", NAME, BASE)

    assert found == f"https://index.example/f/{NAME}"


def test_the_file_is_found_on_an_html_page() -> None:
    page = (
        f'<a href="https://files.example/a/x{NAME}">x</a> <a href="https://files.example/a/{NAME}#sha256=1">{NAME}</a>'
    )

    assert address_in_index(page.encode(), "text/html", NAME, BASE) == f"https://files.example/a/{NAME}"


def test_an_index_without_the_file_is_said() -> None:
    with pytest.raises(FetchError, match=NAME):
        address_in_index(b"<html></html>", "text/html", NAME, BASE)


def test_the_users_own_index_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    public = index_address()
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple/")
    by_pip = index_address()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "own=https://uv.example/simple")

    assert (public, by_pip, index_address()) == (
        "https://pypi.org/simple",
        "https://pip.example/simple",
        "https://uv.example/simple",
    )


def wheel() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"uv-{fetch_uv.VERSION}.data/scripts/uv", "#!/bin/sh\necho uv 0.13.9\n")
    return packed.getvalue()


def serve(monkeypatch: pytest.MonkeyPatch, target: Path, content: bytes, sha256: str) -> None:
    """Let a made-up index serve `content` as the wheel that is expected to have `sha256`."""
    filename, _ = wheel_for_this_machine()
    page = json.dumps({"files": [{"filename": filename, "url": filename}]}).encode()

    def download(address: str, _accept: str = "") -> tuple[bytes, str]:
        return (content, "") if address.endswith(".whl") else (page, "application/vnd.pypi.simple.v1+json")

    monkeypatch.setattr(fetch_uv, "download", download)
    monkeypatch.setattr(fetch_uv, "TARGET", target)
    monkeypatch.setattr(fetch_uv, "wheel_for_this_machine", lambda: (filename, sha256))


def test_a_fetched_uv_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "bin" / "uv"
    serve(monkeypatch, target, wheel(), hashlib.sha256(wheel()).hexdigest())

    assert fetch_uv.usable(fetch_uv.fetch())
    assert [path.name for path in target.parent.iterdir()] == ["uv"]


def test_a_file_with_another_checksum_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "bin" / "uv"
    serve(monkeypatch, target, wheel(), "0" * 64)

    with pytest.raises(FetchError, match="checksum"):
        fetch_uv.fetch()
    assert not target.exists()
