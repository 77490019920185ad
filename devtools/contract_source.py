"""The contract's source as data: what each module declares, in the order in which it stands there.

Values come from the syntax tree, so that a page shows what an author would read, and the comments beside enum members.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Final

import billhook

PACKAGE: Final = Path(billhook.__file__).parent
#: Modules of the package that authors do not use.
NOT_FOR_AUTHORS: Final = frozenset({"__init__", "timed"})
#: Rules of hosts that an author wants to look up.
OF_HOSTS: Final = ("host.places", "host.answers", "host.effects", "host.written")
#: Packages of the kit that export names (`__all__`).
OF_THE_KIT: Final = ("billhook_kit.simulator", "billhook_kit")
#: Read first; the others follow in alphabetical order, and what only tests import comes last.
FIRST: Final = ("hooks", "provider", "capabilities", "facts", "callbacks", "settings", "events")
_OPERATORS: Final[Mapping[str, str]] = {
    "__add__": "+",
    "__sub__": "-",
    "__neg__": "-x",
    "__mul__": "*",
    "__lt__": "<",
    "__le__": "<=",
    "__gt__": ">",
    "__ge__": ">=",
    "__bool__": "bool",
    "__contains__": "in",
    "__str__": "str",
}
_EMPTY: Final[Mapping[str, str]] = {"dict": "{}", "tuple": "()", "list": "[]"}


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a value, a member of an enum or an attribute. type and value are empty where there is none."""

    name: str
    type: str
    value: str
    comment: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method. kind: `def`, `property`, `classmethod` or `context manager`."""

    name: str
    kind: str
    parameters: tuple[str, ...]
    returns: str
    doc: str

    @property
    def one_line(self) -> str:
        return f"{self.name}({', '.join(self.parameters)}){self._after}"

    @property
    def signature(self) -> str:
        """One line, or one line per parameter where it would be too long."""
        if len(self.one_line) <= 110:
            return self.one_line
        return "\n".join([f"{self.name}(", *(f"    {each}," for each in self.parameters), f"){self._after}"])

    @property
    def _after(self) -> str:
        return f" -> {self.returns}" if self.returns else ""


@dataclass(frozen=True, slots=True)
class Declared:
    """Something public that a module declares.

    module: its import name, such as `billhook.events`. exported_by: the package that authors import it from.
    """

    module: str
    name: str
    node: ast.stmt
    comment: str
    exported_by: str = ""

    @property
    def object(self) -> object:
        return getattr(importlib.import_module(self.module), self.name)

    @property
    def is_hook(self) -> bool:
        return self.module == "billhook.hooks" and self.name.startswith("billhook_")

    @property
    def shown(self) -> str:
        """The name as an author writes it: bare if `billhook` or `billhook_kit` exports it."""
        if self.exported_by == "billhook_kit" or self.is_hook:
            return self.name
        if not self.exported_by and self.name in billhook.__all__:
            return self.name
        return f"{(self.exported_by or self.module).removeprefix('billhook.')}.{self.name}"


@dataclass(frozen=True, slots=True)
class Source:
    """One module of the contract."""

    name: str
    doc: str
    declared: tuple[Declared, ...]


def modules() -> list[Source]:
    """Return every module that authors use, in the order of the page; a name that comes twice is kept once."""
    names = {path.stem for path in PACKAGE.glob("*.py")} - NOT_FOR_AUTHORS
    seen: set[str] = set()
    found = []
    for name in (*FIRST, *sorted(names - set(FIRST)), *OF_HOSTS):
        module = importlib.import_module(f"billhook.{name}")
        declared = tuple(each for each in declarations(module) if each.name not in seen)
        seen |= {each.name for each in declared}
        found.append(Source(f"billhook.{name}", module.__doc__ or "", declared))
    return found


def packages() -> list[Source]:
    """Return the packages of the kit with the names that they export, from wherever they come."""
    return [_package(importlib.import_module(name)) for name in OF_THE_KIT]


def _package(package: ModuleType) -> Source:
    exported = {name: getattr(package, name) for name in package.__all__}
    found = []
    for name, module in sorted(sys.modules.items()):
        if name.startswith(f"{package.__name__}."):
            own = [each for each in declarations(module) if each.name in exported]
            found += [replace(each, exported_by=package.__name__) for each in own if each.object is exported[each.name]]
    return Source(package.__name__, package.__doc__ or "", tuple(sorted(found, key=lambda each: each.name)))


def declarations(module: ModuleType) -> Iterator[Declared]:
    """Yield the public classes, functions, aliases and constants of a module."""
    lines = Path(str(module.__file__)).read_text("utf-8").splitlines()
    for node in ast.parse("\n".join(lines)).body:
        name = _name(node)
        if name and not name.startswith("_"):
            yield Declared(module.__name__, name, node, _comment(lines, node))


def _name(node: ast.stmt) -> str:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def class_members(declared: Declared) -> list[Member]:
    """Return the fields, members or attributes of a class, those that it inherits first."""
    found: dict[str, Member] = {}
    for kind in of_the_contract(declared):
        found |= {member.name: member for member in _members(kind)}
    return list(found.values())


def of_the_contract(declared: Declared) -> list[type]:
    """Return a class and its bases, as far as the contract declares them; the class itself comes last."""
    return [kind for kind in reversed(type.mro(declared.object)) if kind.__module__.startswith("billhook")]  # type: ignore[arg-type]


def _members(kind: type) -> Iterator[Member]:
    lines, node = _class(kind)
    for each in node.body:
        name = _name(each)
        if not name or name.startswith("_") or not isinstance(each, ast.Assign | ast.AnnAssign):
            continue
        annotation = ast.unparse(each.annotation) if isinstance(each, ast.AnnAssign) else ""
        yield Member(name, annotation, _value(each.value), _comment(lines, each))


def _value(node: ast.expr | None) -> str:
    match node:
        case None:
            return ""
        case ast.Call(func=ast.Name(id="field"), keywords=[ast.keyword(arg="default_factory", value=made)]):
            return _EMPTY.get(ast.unparse(made), f"{ast.unparse(made)}()")
    return ast.unparse(node)


def _class(kind: type) -> tuple[list[str], ast.ClassDef]:
    lines = Path(str(importlib.import_module(kind.__module__).__file__)).read_text("utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    return lines, next(each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == kind.__name__)


def _tree(declared: Declared) -> ast.ClassDef:
    assert isinstance(declared.node, ast.ClassDef)
    return declared.node


def class_methods(declared: Declared) -> list[Function]:
    """Return the public methods of a class and how it is called, without what it inherits."""
    methods = [each for each in _tree(declared).body if isinstance(each, ast.FunctionDef)]
    return [function(each) for each in methods if not each.name.startswith("_") or each.name == "__call__"]


def operators(declared: Declared) -> list[str]:
    """Return the operators that a class defines."""
    defined = {each.name for each in _tree(declared).body if isinstance(each, ast.FunctionDef)}
    return [sign for name, sign in _OPERATORS.items() if name in defined]


def constructor(declared: Declared) -> Function | None:
    """Return how the class is made, if it says so itself."""
    for each in _tree(declared).body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            made = function(each)
            return Function(declared.name, "def", made.parameters, "", "")
    return None


def function(node: ast.FunctionDef) -> Function:
    """Return a function as data; `self` and `cls` are left out."""
    decorators = {ast.unparse(each) for each in node.decorator_list}
    kind = next((each for each in ("property", "classmethod") if each in decorators), "def")
    if "contextmanager" in decorators:
        kind = "context manager"
    returns = ast.unparse(node.returns) if node.returns else ""
    doc = ast.get_docstring(node) or ""
    return Function(node.name, kind, tuple(_parameters(node.args)), "" if returns == "None" else returns, doc)


def _parameters(given: ast.arguments) -> Iterator[str]:
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    for argument, default in zip(positional, defaults, strict=True):
        if argument.arg not in ("self", "cls"):
            yield _parameter(argument, default)
    if given.vararg:
        yield f"*{_parameter(given.vararg, None)}"
    elif given.kwonlyargs:
        yield "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if given.kwarg:
        yield f"**{_parameter(given.kwarg, None)}"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    if default is None:
        return f"{argument.arg}{annotation}"
    return f"{argument.arg}{annotation}{' = ' if annotation else '='}{ast.unparse(default)}"


def _comment(lines: list[str], node: ast.stmt) -> str:
    """Return the comment beside a statement, else the `#:` lines above it."""
    beside = re.match(r"\s*#\s*(.*)", lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :])
    if beside and not beside.group(1).startswith("noqa"):
        return beside.group(1).partition("  # noqa")[0]
    above: list[str] = []
    for line in reversed(lines[: node.lineno - 1]):
        if not line.strip().startswith("#: "):
            break
        above.insert(0, line.strip()[3:])
    return " ".join(above)
