"""The demo's state folder: held by one demo, deleted only if it is one."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from devtools.reset import main as reset
from devtools.state import CALLER_VARIABLE, StateError, StateFolder, chosen_folder


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_a_second_demo_on_the_same_folder_is_refused(state: StateFolder) -> None:
    with state.opened(), pytest.raises(StateError, match="running"), StateFolder(state.path).opened():
        pass


def test_a_folder_with_other_things_is_refused(state: StateFolder) -> None:
    state.path.mkdir()
    (state.path / "thesis.odt").touch()

    with pytest.raises(StateError, match="something else"), state.opened():
        pass


def test_an_announcement_of_an_earlier_run_is_not_mistaken_for_this_ones(state: StateFolder) -> None:
    with state.opened():
        state.announce({"panel": "http://127.0.0.1:8000"})
        announced = json.loads(state.announcement.read_text())

    assert announced == {"panel": "http://127.0.0.1:8000"}
    assert not state.announcement.exists()


def test_secrets_stay_and_are_private(state: StateFolder) -> None:
    with state.opened():
        made = state.secrets()

        assert state.secrets() == made
        assert stat.S_IMODE(state.secrets_file.stat().st_mode) == 0o600


def test_reset_says_what_it_deletes(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with state.opened():
        pass
    monkeypatch.setattr("sys.argv", ["reset", "--state", str(state.path)])

    status = reset()

    assert status == 0
    assert str(state.path) in capsys.readouterr().out
    assert not state.path.exists()


def test_reset_leaves_a_folder_that_is_no_demos(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state.path.mkdir()
    (state.path / "thesis.odt").touch()
    monkeypatch.setattr("sys.argv", ["reset", "--state", str(state.path)])

    status = reset()

    assert status == 1
    assert "nothing was deleted" in capsys.readouterr().err
    assert (state.path / "thesis.odt").exists()


def test_reset_leaves_the_folder_of_a_running_demo(state: StateFolder) -> None:
    with state.opened(), pytest.raises(StateError, match="running"):
        StateFolder(state.path).delete()

    assert state.path.exists()


def test_a_folder_is_named_as_seen_by_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CALLER_VARIABLE, str(tmp_path))

    assert chosen_folder("mine") == tmp_path / "mine"
    assert chosen_folder("/elsewhere") == Path("/elsewhere")
