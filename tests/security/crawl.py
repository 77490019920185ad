"""What the database holds, to see that a crawl changed nothing."""

from __future__ import annotations

import hashlib

from sqlalchemy import text

from host_stub.persistence import Base
from tests.security.scene import Scene
from tests.support.web import store_of

#: Counting tries is what a refused request is allowed to do.
COUNTERS = {"rate_limit"}


def contents(scene: Scene) -> dict[str, str]:
    """Return a digest of every table's rows."""
    found = {}
    with store_of(scene.app).read() as session:
        for table in sorted(set(Base.metadata.tables) - COUNTERS):
            rows = sorted(map(repr, session.execute(text(f'select * from "{table}"')).all()))
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
