"""What a test may need of the machine, and what happens without it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """Skip the test with `reason`; in CI, where everything is installed, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI lacks something: {reason}", pytrace=False)
    pytest.skip(reason)
