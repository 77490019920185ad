"""A plugin's project folder, as `./dev plugin` reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.plugin_project import PluginProject, ProjectError, read_project

GROUP = '[project.entry-points."billhook.plugins"]\n'
PROJECT = Path(__file__).parents[2]


def a_project(folder: Path, text: str = "", *, module: str = "src/its_shop/__init__.py") -> Path:
    (folder / module).parent.mkdir(parents=True)
    (folder / module).write_text("")
    (folder / "pyproject.toml").write_text(
        text or f'[project]\nname = "its-shop"\nversion = "1.2"\n{GROUP}shop = "its_shop"\n'
    )
    return folder


@pytest.mark.parametrize(
    "module", ["src/its_shop/__init__.py", "src/its_shop.py", "its_shop/__init__.py", "its_shop.py"]
)
def test_a_plugin_that_is_not_installed_is_found_by_python_as_if_it_were(tmp_path: Path, module: str) -> None:
    project = read_project(a_project(tmp_path / "project", module=module))
    path = project.pretend_installed(tmp_path / "pretended")

    script = (
        "from importlib.metadata import entry_points; point, = entry_points(group='billhook.plugins', name='shop'); "
        "print(point.dist.name, point.dist.version, point.load().__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["its-shop", "1.2", str(tmp_path / "project" / module)]


def test_a_pretence_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    first = read_project(a_project(tmp_path / "one"))
    second = read_project(a_project(tmp_path / "two", f'[project]\nname = "other"\n{GROUP}other = "its_shop"\n'))

    first.pretend_installed(tmp_path / "pretended")
    second.pretend_installed(tmp_path / "pretended")

    assert [entry.name for entry in (tmp_path / "pretended").iterdir()] == ["other-0.dist-info"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project\n", "pyproject.toml: .* line 1.*: mend it"),
        ('[project]\nname = "x"\n', "names no plugin: add .*billhook.plugins"),
        (f'{GROUP}a = "a"\nb = "b"\n', "names 2 plugins: keep one line"),
        (f'{GROUP}shop = "its shop"\n', "names 'its shop': name a module"),
        (f'{GROUP}shop = "absent"\n', "no module absent: put it to src/absent/__init__.py"),
        (f'{GROUP}paymaster = "its_shop"\n', r"installed plugin \(billhook-paymaster\): choose another"),
    ],
)
def test_what_is_wrong_with_a_project_is_said_in_one_line_with_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    folder = a_project(tmp_path / "project", text)

    with pytest.raises(ProjectError, match=said) as caught:
        read_project(folder)

    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"), [("absent", "does not exist"), ("empty", "has no pyproject.toml"), ("file", "is a file")]
)
def test_what_is_no_project_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")

    with pytest.raises(ProjectError, match=f"{said}: name the folder"):
        read_project(tmp_path / name)


def test_a_plugin_that_is_installed_from_this_folder_needs_no_pretence(tmp_path: Path) -> None:
    project = read_project(PROJECT / "plugins/paymaster")

    assert project.installed
    assert project.pretend_installed(tmp_path / "pretended") == str(tmp_path / "pretended")
    assert list((tmp_path / "pretended").iterdir()) == []


def test_what_a_plugin_needs_and_is_not_installed_is_known(tmp_path: Path) -> None:
    text = f'[project]\nname = "x"\ndependencies = ["billhook", "no-such-thing>=1"]\n{GROUP}shop = "its_shop"\n'

    assert read_project(a_project(tmp_path / "project", text)).lacking == ("no-such-thing",)


def test_what_is_watched_is_the_plugin_and_not_what_tools_leave_there(tmp_path: Path) -> None:
    folder = a_project(tmp_path / "project")
    for name in ("a.py", "templates/shop/a.html", "locale/ru/a.po", "__pycache__/a.pyc", ".a.py.swp", "a.py~"):
        (folder / "src/its_shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "src/its_shop" / name).write_text("")
    (folder / ".venv/lib").mkdir(parents=True)
    (folder / ".venv/lib/b.py").write_text("")

    watched = {str(path.relative_to(folder)) for path in read_project(folder).files()}

    assert watched == {
        "pyproject.toml",
        "tests/billhook_gateway.py",
        *(f"src/its_shop/{name}" for name in ("__init__.py", "a.py", "templates/shop/a.html", "locale/ru/a.po")),
    }


def test_a_folder_that_vanishes_is_no_fault(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    project = PluginProject(folder, "shop", "its_shop", "its-shop", "1", folder, folder / "its_shop")

    assert [path.name for path in project.files()] == ["pyproject.toml", "billhook_gateway.py"]
