"""No hook without documentation, without a test, without a caller: walked over the contract itself."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import billhook
import pytest
from billhook import ApiRange, Event, PaymentProvider, hookimpl, hooks
from billhook.host import loading
from billhook.host.places import COLLECTORS, EVENTS

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


#: Faulty on purpose in every place there is: that a hook stands there shows nothing of what it is for.
FAULTS = ROOT / "tests/platform"
TESTS = {
    path: ast.parse(path.read_text("utf-8"))
    for folder in (ROOT / "tests", ROOT / "sdk/tests", *ROOT.glob("plugins/*/tests"))
    for path in folder.rglob("*.py")
    if path != Path(__file__) and path not in (FAULTS / "test_faults.py", FAULTS / "faulty/__init__.py")
}


def exercised(tree: ast.Module) -> set[str]:
    """Return the names of functions that code defines, calls, or hands over by keyword: what plugins of tests do with
    hooks. A name in a text, a table or a comment does not count."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Call):
            found |= {keyword.arg for keyword in node.keywords if keyword.arg}
            found |= {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
    return found


EXERCISED = set().union(*map(exercised, TESTS.values()))


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test(name: str) -> None:
    assert name in EXERCISED, f"no plugin of a test has {name}"


def reaching(tree: ast.Module, position: Callable[[ast.Call], int | None]) -> set[str]:
    """Return the texts that reach an argument of calls in a module: written there, a constant, or a parameter of the
    function around it, whatever that is called with. position: of the argument, None for other calls."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    def texts(value: ast.expr, place: ast.AST) -> set[str]:
        if isinstance(value, ast.Constant):
            return {value.value} if isinstance(value.value, str) else set()
        if not isinstance(value, ast.Name):
            return set()
        around = [each for each in functions if place in ast.walk(each)]
        for function in reversed(around):
            names = [argument.arg for argument in function.args.args]
            if value.id in names:
                return handed(partial(position_in_calls, function.name, names.index(value.id)))
        return texts(constants[value.id], tree) if value.id in constants else set()

    def handed(position: Callable[[ast.Call], int | None]) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(tree):
            at = position(node) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and at is not None and at < len(node.args):
                found |= texts(node.args[at], node)
        return found

    return handed(position)


def position_in_calls(function: str, position: int, call: ast.Call) -> int | None:
    return position if isinstance(call.func, ast.Name) and call.func.id == function else None


def made(tree: ast.Module) -> set[str]:
    """Return the names of classes that code calls or hands over to a function: what it may make values of."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {value.id for call in calls for value in (call.func, *call.args) if isinstance(value, ast.Name)}


def place_of(call: ast.Call) -> int | None:
    """Return where a call through the guard has its place."""
    return 1 if ast.unparse(call.func).endswith(("registry.call", "registry.ask")) else None


def in_the_host(folder: str, look: Callable[[ast.Module], set[str]]) -> set[str]:
    trees = (ast.parse(path.read_text("utf-8")) for path in (ROOT / "host_stub" / folder).rglob("*.py"))
    return set().union(*map(look, trees))


TOLD_OF = in_the_host("services", made)
CALLED = in_the_host("plugins", partial(reaching, position=place_of))


SAID = {"billhook_plugin_title": "All", "billhook_api_version": ApiRange()}


def answering(value: object) -> Callable[[], object]:
    @hookimpl
    def collector() -> object:
        return value

    return collector


@pytest.mark.parametrize("name", sorted(COLLECTORS))
def test_every_collector_is_asked_while_a_plugin_loads(name: str) -> None:
    asked: list[str] = []
    made = {each: answering(SAID.get(each, [])) for each in COLLECTORS}

    def ask(hook: str, implementation: Callable[[], object]) -> object:
        asked.append(hook)
        return implementation()

    loading.load("all", SimpleNamespace(**made), ask)

    assert asked.count(name) == 1


@pytest.mark.parametrize("kind", EVENTS.values())
def test_every_event_is_told_by_a_service(kind: type[Event]) -> None:
    assert kind.__name__ in TOLD_OF, f"no service tells of {kind.__name__}"


@pytest.mark.parametrize("kind", EVENTS.values())
def test_every_event_is_there_for_authors(kind: type[Event]) -> None:
    assert getattr(billhook, kind.__name__, None) is kind
    assert kind.__name__ in billhook.__all__


def test_every_event_has_a_hook_of_its_own() -> None:
    assert len(EVENTS) == len(set(EVENTS.values())) == len(HOOKS) - len(COLLECTORS)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_a_provider_is_called_through_the_guard(name: str) -> None:
    assert name in CALLED, f"nothing calls {name} through the registry"


def test_a_hook_without_a_word_would_be_found() -> None:
    assert not any(re.search(pattern, "React to a balance.") for pattern in TOLD.values())


def test_a_hook_that_is_only_named_has_no_test() -> None:
    named = ast.parse('"""billhook_settings"""\nFACTS = {"billhook_links": 1}\nseen("billhook_pages")')
    used = ast.parse("def billhook_settings(): ...\nplugin(billhook_links=[])\nbillhook_pages()")

    assert not any(name.startswith("billhook_") for name in exercised(named))
    assert exercised(used) >= {"billhook_settings", "billhook_links", "billhook_pages"}


def test_an_event_counts_if_it_is_made_or_handed_over() -> None:
    module = ast.parse(
        """
from billhook import Imported
def tell(kind: type[Annotated]):
    events.tell(session, account, kind(at=now))
tell(Handed)
tell(Made(at=now))
"""
    )

    assert made(module) >= {"Handed", "Made"}
    assert not made(module) & {"Imported", "Annotated"}


def test_a_method_counts_if_it_is_called_through_the_guard() -> None:
    module = ast.parse(
        """
def through(desk, place):
    return desk.registry.call("plugin", place, str)
def ask(desk):
    through(desk, "parse")
    desk.registry.ask(method, "verify", str)
    thread.start()
    client.call("plugin", "document")
    return provider.query(desk)
"""
    )

    assert reaching(module, place_of) == {"parse", "verify"}
