"""`/metrics`: figures for Prometheus. Only whoever shows the configured token finds anything there."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, request

from host_stub.web import security
from host_stub.web.panel import panel

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
@security.from_outside
def metrics() -> Response:
    """Answer with what all processes counted and how far behind the panel is, as of the database."""
    if not _may_read():
        abort(404)
    from host_stub.web import exposition  # the library behind it is needed by nobody else

    with panel().store.page() as session:
        disks, at = panel().config.disks(), panel().store.now()
        snapshot = exposition.Snapshot.of(session, panel().registry, disks, at=at)
    body, content_type = exposition.written(snapshot, request.headers.get("Accept", ""))
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _may_read() -> bool:
    """Say whether the request carries the token; a session counts for nothing."""
    token, shown = panel().config.metrics_token.get_secret_value(), request.authorization
    given = shown.token if shown is not None and shown.type == "bearer" else None
    return bool(token) and given is not None and hmac.compare_digest(given.encode(), token.encode())
