"""A new place is one line and its method, a new event its class and its hook: nothing else has to know of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import billhook
import pytest

ROOT = Path(__file__).parents[2]
#: What is added to the contract, by module: what stands there → what stands there then. Empty: at the end.
ADDED = {
    "events.py": {
        "": '''

@dataclass(frozen=True, slots=True)
class AccountSlept(Event):
    """Nothing moved for long."""

    days: int
    said: str
    since: datetime
    loudly: bool = False
'''
    },
    "hooks.py": {
        "": '''

@hookspec
def billhook_account_slept(event: AccountSlept, reader: Reader) -> list[Effect]:
    """React to an account that slept. Called like `billhook_balance_changed`."""
    raise NotImplementedError
''',
        "from billhook.events import (\n": "from billhook.events import (\n    AccountSlept,\n",
    },
    "provider.py": {
        "": '''

@dataclass(frozen=True, slots=True)
class Greeting:
    """What to say, and how often."""

    text: Text
    times: int


class Greets(ABC):
    """Greets payers."""

    @abstractmethod
    def greet(self, payment: PaymentView) -> Greeting:
        """Return a greeting."""
'''
    },
    "host/places.py": {
        "from billhook import hooks\n": "from billhook import hooks\nfrom billhook.provider import Greets\n",
        "    for place in (\n": (
            "    for place in (\n"
            '        _method(Greets.greet, 0.3, "nobody is greeted", (ProviderError,), SideName.PUBLIC),\n'
        ),
    },
}


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A copy of the contract with one more place and one more event; the folder to import it from."""
    package = copytree(Path(billhook.__file__).parent, tmp_path / "billhook")
    for name, changes in ADDED.items():
        text = (package / name).read_text("utf-8")
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after, 1) if before else text + after
        (package / name).write_text(text, "utf-8")
    return tmp_path


def test_a_new_place_and_a_new_event_are_known_everywhere(contract: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.one_more_place"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(contract)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.stdout.strip().endswith("known everywhere"), done.stderr
