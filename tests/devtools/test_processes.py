"""The demo's processes live and die together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.processes import Family, ProcessFailed

STAY = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
# Its own child outlives it: the parent ends at once on SIGTERM without a word to the child.
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
STOPPED_FAMILY = """
import os, sys, time
from pathlib import Path
from devtools.processes import Family, adopt_orphans, kill_children

folder, parent = Path(sys.argv[1]), sys.argv[2]
adopt_orphans()
family, neighbours = Family(folder, os.environ), Family(folder, os.environ)
neighbours.start("neighbour", [sys.executable, "-c", "import time; time.sleep(60)"])
family.start("parent", [sys.executable, "-c", parent])
while not (folder / "parent.log").read_text().strip():
    time.sleep(0.02)
family.stop()
kill_children(neighbours.pids)
neighbours.check()
kill_children()
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    running = Family(tmp_path, os.environ)
    yield running
    running.stop(0)


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def eventually(happens: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_output_of_a_finished_process_is_returned(family: Family) -> None:
    assert family.run("greet", python("print('Привет')")) == "Привет\n"


def test_a_failing_process_is_quoted(family: Family) -> None:
    with pytest.raises(ProcessFailed, match=r"seed ended with status 3(.|\n)*no such table"):
        family.run("seed", python("import sys; print('no such table', file=sys.stderr); sys.exit(3)"))


def test_a_process_that_should_stay_is_missed(family: Family) -> None:
    family.start("worker", python("raise SystemExit('lost the database')"))

    def noticed() -> bool:
        try:
            family.check()
        except ProcessFailed as error:
            return "worker ended with status 1" in str(error) and "lost the database" in str(error)
        return False

    assert eventually(noticed)


def test_processes_that_stay_are_not_missed(family: Family) -> None:
    family.start("worker", python(STAY))

    family.check()


def test_a_stop_kills_what_does_not_listen(family: Family, tmp_path: Path) -> None:
    family.start("stubborn", python(STUBBORN))
    assert eventually(lambda: "up" in (tmp_path / "stubborn.log").read_text())

    (stubborn,) = family._children

    family.stop(0.2)

    assert stubborn.process.poll() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to us")
def test_a_stop_leaves_no_grandchildren(tmp_path: Path) -> None:
    # A program of its own: it kills all its children, and those of the test run are not its to kill.
    done = subprocess.run([sys.executable, "-c", STOPPED_FAMILY, str(tmp_path), PARENT], check=True, timeout=60)

    grandchild = int((tmp_path / "parent.log").read_text())

    assert done.returncode == 0
    assert not lives(grandchild)
