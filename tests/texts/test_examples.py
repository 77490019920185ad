"""Code on any page of ours says what is so: imports, hooks, functions and what they are called with exist."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from billhook import hooks

from tests.texts.test_docs import PAGES as EVERY
from tests.texts.test_docs import ROOT

#: The reference is written from the code, signatures only.
PAGES = [page for page in EVERY if page != ROOT / "docs/reference.md"]

FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
#: What the pages about the web layer call by a module's last name.
OF_THE_HOST = (
    *(f"host_stub.web.{name}" for name in ("access", "asking", "context", "security", "session", "panel", "face")),
    *(f"host_stub.services.{name}" for name in ("reading.payments", "people.limits", "telling.journal")),
)
#: Pages about the insides of the host; there a dotted name is one of its modules'.
INSIDE = [page for page in PAGES if page.is_relative_to(ROOT / "host_stub")]


def blocks(page: Path) -> Iterator[ast.Module]:
    """Yield the Python of a page; a part of a class or function is read as if it stood alone."""
    for block in FENCED.findall(page.read_text("utf-8")):
        yield ast.parse(textwrap.dedent(block))


def hook_faults(function: ast.FunctionDef) -> list[str]:
    """Return what is wrong with a function that is called like a hook."""
    declared = getattr(hooks, function.name, None)
    if declared is None:
        return [f"no hook is called {function.name}"]
    known = set(inspect.signature(declared).parameters)
    given = {argument.arg for argument in function.args.args} - {"self"}
    return [f"{function.name} is given no {name}" for name in sorted(given - known)]


def imported(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Yield (module, name, what it is called here) of what is imported from us."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("billhook", "host_stub"):
            yield from ((node.module or "", alias.name, alias.asname or alias.name) for alias in node.names)


def find(module: str, name: str) -> object | None:
    """Return what `from module import name` would, None if there is no such thing."""
    try:
        found = importlib.import_module(module)
        return getattr(found, name, None) or importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return None


def misfits(call: ast.Call, called: object) -> list[str]:
    """Return why something cannot be called as it is here, as far as its signature tells."""
    if not callable(called) or any(isinstance(each, ast.Starred) for each in call.args):
        return []
    named = {word.arg: None for word in call.keywords if word.arg}
    try:
        signature = inspect.signature(called)
        bind = signature.bind_partial if any(word.arg is None for word in call.keywords) else signature.bind
        bind(*call.args, **named)
    except TypeError as error:
        return [f"line {call.lineno}: {ast.unparse(call.func)}: {error}"]
    except ValueError:  # a builtin has no signature
        return []
    return []


def host_modules() -> dict[str, ModuleType]:
    return {name.rpartition(".")[2]: importlib.import_module(name) for name in OF_THE_HOST}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_hook_on_a_page_is_one_and_is_given_what_it_takes(page: Path) -> None:
    inline = [text for text in INLINE.findall(page.read_text("utf-8")) if text.startswith("def billhook_")]
    trees = [*blocks(page), *(ast.parse(text.rstrip(":") + ": ...") for text in inline)]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    assert [fault for each in functions if each.name.startswith("billhook_") for fault in hook_faults(each)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_imports_from_us_is_there_and_called_as_it_may_be(page: Path) -> None:
    faults = []
    for tree in blocks(page):
        names = {here: (module, name, find(module, name)) for module, name, here in imported(tree)}
        faults += [f"{module} has no {name}" for module, name, found in names.values() if found is None]
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in names:
                faults += misfits(call, names[call.func.id][2])

    assert faults == []


@pytest.mark.parametrize("page", INSIDE, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_about_the_host_calls_is_there_and_called_as_it_may_be(page: Path) -> None:
    modules, faults = host_modules(), []
    for tree in blocks(page):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if isinstance(owner, ast.Name) and owner.id in modules and isinstance(call.func, ast.Attribute):
                called = getattr(modules[owner.id], call.func.attr, None)
                faults += misfits(call, called) if called else [f"{owner.id} has no {call.func.attr}"]
    for owner, name in re.findall(rf"`({'|'.join(modules)})\.(\w+)", page.read_text("utf-8")):
        if name != "py" and not hasattr(modules[owner], name):
            faults.append(f"{owner} has no {name}")

    assert faults == []


def test_such_a_fault_is_found(tmp_path: Path) -> None:
    text = "```python\nfrom billhook import Money, Nothing\n\ndef billhook_customer_menu(): ...\n\nMoney(1)\n```\n"
    (tmp_path / "page.md").write_text(text, "utf-8")
    (tree,) = blocks(tmp_path / "page.md")
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    function = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))

    assert [name for module, name, _here in imported(tree) if find(module, name) is None] == ["Nothing"]
    assert hook_faults(function) == ["no hook is called billhook_customer_menu"]
    assert misfits(call, find("billhook", "Money")) == ["line 5: Money: missing a required argument: 'currency'"]
