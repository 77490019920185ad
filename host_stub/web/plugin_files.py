"""Static files of plugins: `/plugin/<name>/static/…`, from the plugin's own folder and from nowhere else."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from billhook.host.loading import LoadedPlugin, in_package
from flask import Response, make_response, request, url_for
from werkzeug.security import safe_join

from host_stub.domain.errors import NotFound
from host_stub.web import stored_files

#: What a page can use, by ending. Anything else is handed out as a file to keep, never as a document of this origin.
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
_YEAR: Final = 31536000


def address(plugin: LoadedPlugin, name: str) -> str:
    """Return the address of a file, with its version, so that it may be cached for a year. Raises NotFound."""
    return url_for("plugin_pages.static", name=plugin.name, file=name, v=_version(find(plugin, name)))


def find(plugin: LoadedPlugin, name: str) -> Path:
    """Return a file under `static/<plugin>/`. Raises NotFound for what is not there or leads out of the package."""
    folder = plugin.static
    joined = safe_join(str(folder / plugin.name), name) if folder else None
    path = Path(joined) if joined else None
    hidden = any(part.startswith(".") for part in name.split("/"))
    if folder is None or path is None or hidden or not _is_file(path):
        raise NotFound("file", name)
    # Loading looked at all of them, but what stands in a folder may change while the panel runs.
    if not in_package(path, folder.parent):
        raise NotFound("file", name)
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than a file's name can be
        return False


def serve(plugin: LoadedPlugin, name: str) -> Response:
    """Answer with a file: kept for a year under the address with its version, asked for again under any other."""
    path = find(plugin, name)
    kind = TYPES.get(path.suffix.lower())
    response = make_response(path.read_bytes())
    response.content_type = kind or "application/octet-stream"
    if kind is None:
        response.headers["Content-Disposition"] = "attachment"
    kept = request.args.get("v") == _version(path)
    response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if kept else "no-cache"
    if kind == TYPES[".svg"]:
        response.headers["Content-Security-Policy"] = stored_files.POLICY
    response.set_etag(_version(path))
    response.make_conditional(request)
    return response


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
