"""What a plugin knows of its host: the contract alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from billhook_kit import gateway
from billhook_kit.bench import Bench
from billhook_kit.kit import Failed, Need, check
from billhook_kit.source import PluginSource

#: What is no business of a plugin, with its reason.
_FOREIGN: Final = {
    "host_stub": "the host's own code: another host has none of it, and this one changes it without notice",
    "billhook_kit": "the kit, for tests: a panel has no need to install what it needs",
}
#: Functions whose first argument names a module.
_IMPORTING: Final = frozenset({"import_module", "__import__", "find_spec", "resolve_name", "run_module"})


@check(
    "only_the_contract",
    "It uses the contract and nothing else of the host",
    Need.IMPORTABLE,
    remedy="Import what `billhook` offers by name; ask for what you need through its hooks, views and readers. Tests "
    "may use billhook_kit: let them stand in a folder `tests`.",
)
def uses_the_contract_alone(bench: Bench) -> None:
    """No file of its code imports the host, the kit or a name of the contract that begins with an underscore, at the
    top, inside a function or by a name that is given as text."""
    source = bench.subject.source
    for path in source.python_files():
        if not _is_test(source, path):
            for node, module in _imported(ast.parse(path.read_bytes())):
                _check(f"{source.shown(path)}:{getattr(node, 'lineno', 1)}", module)


def _is_test(source: PluginSource, path: Path) -> bool:
    """Say whether a file belongs to the tests, or is how the kit speaks for the gateway, which a package may hold."""
    if source.folder is None:
        return False
    inside = path.relative_to(source.folder)
    module = ".".join((source.import_name, *inside.with_suffix("").parts))
    adapters = {point.module for point in entry_points(group=gateway.GROUP, name=source.name)}
    return "tests" in inside.parts or inside.name in ("conftest.py", "billhook_gateway.py") or module in adapters


def _check(place: str, module: str) -> None:
    for foreign, why in _FOREIGN.items():
        if f"{module}.".startswith(f"{foreign}."):
            raise Failed(f"{place}: it uses {module}, {why}")
    first, *parts = module.split(".")
    hidden = next((part for part in parts if part.startswith("_") and not part.endswith("__")), "")
    if first == "billhook" and hidden:
        raise Failed(f"{place}: it uses {module}, and {hidden} is no part of the contract")


def _imported(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield what each node names of a module, in full."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {each.asname or each.name.partition(".")[0]: _bound(each) for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        yield from ((node, name) for name in _names(node, known))


def _bound(name: ast.alias) -> str:
    return name.name if name.asname else name.name.partition(".")[0]


def _names(node: ast.AST, known: dict[str, str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module=str(module), level=0, names=names):
            yield from (f"{module}.{each.name}" for each in names)
        case ast.Attribute():
            # `billhook_kit.form` and `i18n._filled`, whatever the name in front stands for.
            if dotted := _dotted(node, known):
                yield dotted
        case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called in _IMPORTING:
                yield module.replace(":", ".")
        case ast.Call(func=function, keywords=[ast.keyword(arg="name", value=ast.Constant(value=str(module)))]):
            if getattr(function, "attr", getattr(function, "id", "")) in _IMPORTING:
                yield module
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Constant(value=str(module))):
            yield module


def _dotted(node: ast.AST, known: dict[str, str]) -> str:
    """Return what an attribute names, if it begins with something that was imported; otherwise empty text."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute) and (inner := _dotted(node.value, known)):
        return f"{inner}.{node.attr}"
    return ""
