"""What holds for every test of the workspace."""

from __future__ import annotations

from hypothesis import settings

# No test depends on how fast the machine is, or what else it does.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
