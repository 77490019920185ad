"""No hook without documentation, without a test, without a caller: walked over the contract itself."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from billhook import PaymentProvider, hooks, loading

ROOT = Path(__file__).parents[2]
HOOKS = sorted(name for name in vars(hooks) if name.startswith("billhook_"))
METHODS = sorted(name for name, value in vars(PaymentProvider).items() if callable(value) and not name.startswith("_"))
#: What the documentation of a hook or method tells, and words by which it is recognised.
TOLD = {
    "when and by whom it is called": r"\b[Cc]alled (once|by)\b",
    "in which transaction": r"\btransaction\b",
    "how often": r"\bonce\b|\beach time\b",
    "what an exception does": r"\bexception\b|\b[Rr]aises\b",
}


def documentation(name: str) -> str:
    """Return the docstring of a hook or method, a hook's with that of the one which it refers to (`Called like …`)."""
    text = inspect.getdoc(getattr(PaymentProvider if name in METHODS else hooks, name)) or ""
    other = re.search(r"Called like `(\w+)`", text)
    return text + "\n" + documentation(other.group(1)) if other else text


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize("name", [*HOOKS, *METHODS])
def test_every_hook_and_method_tells(name: str, what: str) -> None:
    assert re.search(TOLD[what], documentation(name)), f"{name} does not tell {what}"


def part_of_the_reference(heading: str) -> str:
    """Return what the reference page says under a heading; empty if it is not there."""
    text = (ROOT / "docs/reference.md").read_text("utf-8")
    found = re.search(rf"^#{{3,4}} {re.escape(heading)}$(.*?)(?=^#{{2,4}} |\Z)", text, flags=re.M | re.S)
    return found.group(1) if found else ""


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize("name", [*HOOKS, *METHODS])
def test_every_hook_and_method_stands_in_the_reference_with_how_it_is_called(name: str, what: str) -> None:
    heading = f"PaymentProvider.{name}" if name in METHODS else name

    assert re.search(TOLD[what], part_of_the_reference(heading)), f"docs/reference.md does not tell {what} of {name}"


def texts_of(folder: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in folder.rglob("*.py") if path != Path(__file__)}


TESTS = {
    path: text
    for folder in (ROOT / "tests", ROOT / "sdk/tests", *ROOT.glob("plugins/*/tests"))
    for path, text in texts_of(folder).items()
}


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test(name: str) -> None:
    assert [path for path, text in TESTS.items() if re.search(rf"\b{name}\b", text)], f"no test names {name}"


def mentioned_in_code(text: str) -> set[str]:
    """Return names of hooks as texts or attributes of code; docstrings and comments do not count."""
    tree = ast.parse(text)
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone
    }
    return texts | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


HOST = [path for path in (ROOT / "host_stub").rglob("*.py") if "conformance" not in path.parts]
#: Collectors are asked by the rules of loading, which every host shares.
LOADING = Path(loading.__file__)
CALLED = set().union(*(mentioned_in_code(path.read_text("utf-8")) for path in (*HOST, LOADING)))


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_caller_in_the_host(name: str) -> None:
    assert name in CALLED


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_a_provider_has_a_caller_in_the_host(name: str) -> None:
    assert name in CALLED


def test_a_hook_without_a_word_would_be_found() -> None:
    assert not any(re.search(pattern, "React to a balance.") for pattern in TOLD.values())
    assert "billhook_settings" not in mentioned_in_code('"""billhook_settings"""')
