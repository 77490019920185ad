"""`billhook new`: what an author gets, and what they are told when they can't have it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from billhook.host.loading import LONGEST_NAME
from billhook_kit.cli import main
from billhook_kit.scaffold import Kind, Project, files_of, write

WITHOUT_HOST = Path(__file__).with_name("without_host.py")
KINDS = list(Kind)
#: The shortest name, one that makes a class of capitals only, and the longest.
NAMES = ("x", "a_b", "n" + "a" * (LONGEST_NAME - 1))


def run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=600)


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_complete(kind: Kind) -> None:
    files = files_of(Project("city_pay", kind))

    package = "src/billhook_city_pay"
    for wanted in ("pyproject.toml", "README.md", ".gitignore", f"{package}/__init__.py", f"{package}/py.typed"):
        assert wanted in files
    for pattern in (
        rf"{package}/templates/city_pay/\w+\.html",
        rf"{package}/locale/ru/\w+\.po",
        rf"{package}/migrations/0001_\w+\.py",
        r"tests/test_\w+\.py",
    ):
        assert [path for path in files if re.fullmatch(pattern, path)], pattern


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_templates_is_left_to_fill_in(kind: Kind) -> None:
    for path, text in files_of(Project("city_pay", kind)).items():
        assert not re.search(r"@\w+@", path + text), path


@pytest.mark.parametrize("kind", KINDS)
def test_the_project_installs_under_its_entry_point_and_is_never_uploaded(kind: Kind) -> None:
    project = tomllib.loads(files_of(Project("city_pay", kind))["pyproject.toml"])["project"]

    assert project["name"] == "billhook-city-pay"
    assert project["entry-points"]["billhook.plugins"] == {"city_pay": "billhook_city_pay"}
    assert "Private :: Do Not Upload" in project["classifiers"]
    assert project["optional-dependencies"] == {"testing": ["billhook-kit"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_is_typed_throughout(kind: Kind) -> None:
    for path, text in files_of(Project("city_pay", kind)).items():
        if path.startswith("src/") and path.endswith(".py"):
            functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
            assert all(function.returns for function in functions), path


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_and_the_kit_pass_as_generated_with_the_host_absent(kind: Kind, tmp_path: Path) -> None:
    folder = write(Project("city_pay", kind), tmp_path)

    done = run([sys.executable, WITHOUT_HOST, "pytest", "-q", "-p", "no:cacheprovider"], folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed", done.stdout)
    assert "failed" not in done.stdout


def test_the_kit_finds_the_project_by_its_folder(tmp_path: Path) -> None:
    """The other kinds, and a contract that is installed from its wheel: `tests/packaging`."""
    folder = write(Project("city_pay", Kind.NOTIFICATION), tmp_path)

    done = run([sys.executable, WITHOUT_HOST, "billhook", "check", "."], folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("city_pay on FakeHost")
    assert " 0 failed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES, ids=["shortest", "capitals", "longest"])
def test_the_code_is_in_order_whatever_the_name(kind: Kind, name: str, tmp_path: Path) -> None:
    folder = write(Project(name, kind), tmp_path)

    for verb in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = run([sys.executable, "-m", "ruff", *verb, "."], folder)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_the_types_are_right(tmp_path: Path) -> None:
    for kind in KINDS:
        folder = write(Project(f"city_{kind}", kind), tmp_path)

        done = run([sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")], folder)

        assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_says_where_it_is_and_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["new", "city_pay", "--kind", "instructions", "--into", str(tmp_path / "new")])

    said = capsys.readouterr().out
    folder = tmp_path / "new/billhook-city-pay"
    assert code == 0
    assert (folder / "pyproject.toml").is_file()
    commands = [line.split("#")[0].strip() for line in said.splitlines() if line.startswith("  ")]
    assert commands == [f"cd {folder}", "pytest", "billhook check ."]


def test_a_folder_that_is_there_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "billhook-city-pay").mkdir()

    code = main(["new", "city_pay", "--kind", "redirect", "--into", str(tmp_path)])

    assert code == 2
    assert "is there already, and nothing is overwritten" in capsys.readouterr().err
    assert not list((tmp_path / "billhook-city-pay").iterdir())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("city-pay", "city_pay would do"),
        ("CityPay", "citypay would do"),
        ("3d_pay", "d_pay would do"),
        ("оплата", "Use letters a-z, digits and _."),
        ("billhook", "taken by the host"),
        ("city_pay_", "Part words by one underscore"),
        ("city__pay", "Part words by one underscore"),
        ("a" * (LONGEST_NAME + 1), f"longer than {LONGEST_NAME} characters"),
        ("paymaster", "a plugin of that name is installed here"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_what_would_do(
    name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["new", name, "--kind", "redirect", "--into", str(tmp_path)])

    assert code == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    code = main(["new", "city_pay", "--kind", "redirect", "--into", str(tmp_path / "file")])

    assert code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
