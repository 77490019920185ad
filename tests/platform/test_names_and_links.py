"""What a plugin may be called, and where links among its files may lead."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from billhook import PluginError
from billhook.host.loading import check_name, load

from host_stub.domain.errors import NotFound
from host_stub.persistence import Base, migrate
from host_stub.plugins.names import RESERVED
from host_stub.web import plugin_files

NAME = "lnk"
Linked = Callable[[str, Path], ModuleType]
_numbers = itertools.count()


@pytest.mark.parametrize("table", [*sorted(Base.metadata.tables), migrate._OPTIONS["version_table"]])
def test_no_plugin_has_a_name_with_which_a_table_of_the_host_begins(table: str) -> None:
    words = table.split("_")

    for name in ("_".join(words[:count]) for count in range(1, len(words) + 1)):
        with pytest.raises(PluginError, match="taken by the host"):
            check_name(name, RESERVED)


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Linked:
    """Return what makes a plugin with one link among its files, and imports it."""

    def made(place: str, target: Path) -> ModuleType:
        name = f"billhook_linked_{next(_numbers)}"
        package = tmp_path / name
        (package / place).parent.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "pictures").mkdir()
        (package / "pictures/logo.svg").write_text("<svg/>", "utf-8")
        (package / place).symlink_to(target)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(name)

    return made


@pytest.mark.parametrize(
    "place",
    ["static/lnk", "templates/lnk", "static/lnk/etc", "templates/lnk/etc", "static/lnk/a/b/etc"],
)
def test_a_folder_that_leads_out_of_the_package_is_refused_at_load(place: str, linked: Linked) -> None:
    with pytest.raises(PluginError) as refused:
        load(NAME, linked(place, Path("/etc")))

    assert refused.value.why == f"{place} leads out of the package"


def test_a_whole_folder_of_files_elsewhere_is_refused_at_load(linked: Linked, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/lnk").mkdir(parents=True)

    with pytest.raises(PluginError, match="static leads out of the package"):
        load(NAME, linked("static", tmp_path / "elsewhere"))


def test_a_link_that_goes_round_in_the_package_ends(linked: Linked) -> None:
    assert load(NAME, linked("static/lnk/again", Path("..") / NAME)).static is not None


def test_a_link_to_a_file_of_the_package_is_served(linked: Linked) -> None:
    plugin = load(NAME, linked("static/lnk/logo.svg", Path("../../pictures/logo.svg")))

    assert plugin_files.find(plugin, "logo.svg").read_text("utf-8") == "<svg/>"


def test_a_package_that_is_itself_a_link_loads_and_serves_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, name = tmp_path / "project/src", f"billhook_linked_{next(_numbers)}"
    (source / "static/lnk").mkdir(parents=True)
    (source / "__init__.py").touch()
    (source / "static/lnk/a.css").touch()
    (tmp_path / name).symlink_to(source)
    monkeypatch.syspath_prepend(tmp_path)

    plugin = load(NAME, importlib.import_module(name))

    assert plugin_files.find(plugin, "a.css").is_file()


def test_a_package_whose_files_are_links_into_a_store_loads_and_serves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some installers lay it out."""
    store, package = tmp_path / "store", tmp_path / f"billhook_linked_{next(_numbers)}"
    for file in ("__init__.py", "static/lnk/a.css"):
        for folder in (store, package):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (store / file).touch()
        (package / file).symlink_to(store / file)
    monkeypatch.syspath_prepend(tmp_path)

    plugin = load(NAME, importlib.import_module(package.name))

    assert plugin_files.find(plugin, "a.css").is_file()


def test_a_link_that_was_laid_while_the_panel_runs_is_not_served(linked: Linked, tmp_path: Path) -> None:
    plugin = load(NAME, linked("static/lnk/logo.svg", Path("../../pictures/logo.svg")))
    assert plugin.static is not None
    (plugin.static / NAME / "passwd").symlink_to("/etc/passwd")

    with pytest.raises(NotFound):
        plugin_files.find(plugin, "passwd")
