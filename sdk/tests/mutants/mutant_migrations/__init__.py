"""Makes a table whose rows are nobody's."""

from __future__ import annotations

MESSAGE = "has no `reseller_id` that is an integer and never empty"
