"""Opens an autocommit block, as other programs may."""

from __future__ import annotations

MESSAGE = "it opens an autocommit_block"
