"""What plugin authors read: the code on the page loads, and every hook is named."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
from billhook import Instructions, PaymentProvider, hooks
from billhook.capabilities import CAPABILITIES, Acknowledges

from host_stub.plugins.registry import Registry

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/plugin-author.md").read_text("utf-8")


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, flags=re.S)


def test_the_smallest_plugin_of_the_guide_loads_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "billhook_cash_desk"
    package.mkdir()
    (package / "__init__.py").write_text(python_blocks(GUIDE)[0], "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    registry = Registry.of({"cash_desk": importlib.import_module("billhook_cash_desk")})

    assert registry.broken == {}
    assert registry.provider("cash_desk").starts == (Instructions,)


def test_the_guide_names_every_hook_and_no_other() -> None:
    declared = {name for name in vars(hooks) if name.startswith("billhook_")}

    assert set(re.findall(r"`(billhook_\w+)`", GUIDE)) == declared


def test_the_guide_names_every_method_of_a_provider() -> None:
    kinds = (PaymentProvider, *(each.kind for each in CAPABILITIES), Acknowledges)
    methods = {name for kind in kinds for name, value in vars(kind).items() if callable(value) and name[0] != "_"}

    assert {name for name in methods if f"`{name}(" not in GUIDE} == set()


def test_the_contract_s_own_example_runs() -> None:
    (example,) = python_blocks((ROOT / "sdk/contract/README.md").read_text("utf-8"))

    exec(compile(example, "README.md", "exec"), {})


def test_the_contract_s_page_names_every_module_of_the_seam() -> None:
    page = (ROOT / "sdk/contract/README.md").read_text("utf-8")
    tree = ast.parse((ROOT / "sdk/contract/src/billhook/__init__.py").read_text("utf-8"))
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "__future__"}

    assert modules
    assert {name for name in modules if f"`{name}`" not in page} == set()
