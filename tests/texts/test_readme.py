"""The README prints no limit that no benchmark holds, and names every file it shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
LARGEST_PICTURE = 150_000


def limits_of_the_benchmarks() -> set[float]:
    """Return every number that a benchmark compares a ratio with."""
    found = set()
    for path in (ROOT / "tests/benchmarks").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(".ratio"):
                found.add(float(eval(ast.unparse(node.comparators[0]), {"__builtins__": {}})))
    return found


def rows_of_figures() -> list[tuple[float, float]]:
    """Return (ratio, limit) of each row of the table of figures."""
    rows = re.findall(r"^\| .* \| ([\d.]+) \| ([\d.]+) \|$", README, flags=re.M)
    return [(float(ratio), float(limit)) for ratio, limit in rows]


def test_the_figures_keep_the_limits_that_the_benchmarks_hold() -> None:
    assert len(rows_of_figures()) >= 4
    assert {limit for _ratio, limit in rows_of_figures()} <= limits_of_the_benchmarks()
    assert [row for row in rows_of_figures() if row[0] > row[1]] == []


def test_pictures_are_light() -> None:
    pictures = list((ROOT / "docs/pictures").glob("*.png"))

    assert pictures
    assert {picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE} == set()


def test_the_commands_of_the_readme_are_those_of_the_script() -> None:
    verbs = set(re.findall(r"\./dev (\w+)", README))
    script = (ROOT / "dev").read_text("utf-8")

    assert {"run", "test", "bench"} <= verbs
    assert {verb for verb in verbs if not re.search(rf"^    {verb}\)", script, flags=re.M)} == set()
