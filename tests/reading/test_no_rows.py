"""Pages are given values: no row of the database reaches a template, and no page knows SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from types import CellType, FunctionType, MethodType
from typing import Any

import pytest
from flask import before_render_template

import host_stub
from host_stub.persistence import Base
from tests.security.conftest import Copies, copies
from tests.security.scene import Scene
from tests.security.test_matrix import Ask, address, methods, rules, send

__all__ = ["copies"]

WEB = Path(host_stub.__file__).parent / "web"
#: What a page may look at of a database's errors: that it is down.
ERRORS = {"sqlalchemy.exc", "sqlalchemy.orm"}
#: It carries the store, for the use cases that pages call.
CARRIES_THE_STORE = {"panel.py"}


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield module and name of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def test_no_page_knows_sql_or_a_row() -> None:
    wrong = []
    for path in WEB.rglob("*.py"):
        for module, name in imported(ast.parse(path.read_text("utf-8"))):
            if module.startswith("sqlalchemy") and (module not in ERRORS or (module, name) == ("sqlalchemy.orm", "")):
                wrong.append(f"{path.relative_to(WEB)}: {module}")
            if module.startswith("host_stub.persistence") and path.name not in CARRIES_THE_STORE:
                wrong.append(f"{path.relative_to(WEB)}: {module}.{name}")

    assert wrong == []


def test_no_page_opens_a_writing_unit_itself_but_to_count_tries() -> None:
    opened = {
        path.name
        for path in WEB.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write"
        and isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "store"
    }  # fmt: skip

    assert opened == {"pacing.py", "capabilities.py"}


class Rows:
    """Looks for rows in what templates are given, however deep: in lists, values, forms, and what functions hold."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.templates: set[str] = set()
        self._seen: dict[int, object] = {}

    def look(self, _sender: Any, template: Any, context: Mapping[str, Any], **_more: Any) -> None:
        self.templates.add(template.name)
        self._seen = {}
        for name, value in context.items():
            if name not in ("g", "request", "session", "config"):
                self._walk(f"{template.name}: {name}", value)

    def _walk(self, place: str, value: object) -> None:
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, Base):
            self.found.add(f"{place} is a {type(value).__name__}")
            return
        for name, inner in parts(value):
            self._walk(f"{place}.{name}", inner)


def parts(value: object) -> Iterator[tuple[str, object]]:
    """Yield what a value is made of, as far as it is of ours or holds anything."""
    match value:
        case str() | bytes() | type():
            return
        case Mapping():
            yield from ((str(key), inner) for key, inner in value.items())
        case list() | tuple() | set() | frozenset():
            yield from ((str(index), inner) for index, inner in enumerate(value))
        case FunctionType():
            yield from (("…", content) for cell in value.__closure__ or () if (content := held(cell)) is not None)
        case partial():
            yield from (("…", inner) for inner in (*value.args, *value.keywords.values(), value.func))
        case MethodType():
            yield "self", value.__self__
        case _ if is_dataclass(value):
            yield from ((field.name, getattr(value, field.name)) for field in fields(value))
        case _ if type(value).__module__.startswith(("host_stub", "wtforms", "flask_wtf")):
            yield from getattr(value, "__dict__", {}).items()


def held(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


@pytest.mark.parametrize("role", ["owner", "manager", "operator"])
def test_no_row_reaches_a_template(scene: Scene, copies: Copies, role: str) -> None:
    rows = Rows()
    copies.fresh()
    with before_render_template.connected_to(rows.look, scene.app):
        for rule, route in rules(scene):
            for method in methods(rule):
                send(scene, role, Ask(rule.endpoint, method, address(scene, rule, route), role))
                if method != "GET":
                    copies.fresh()

    assert len(rows.templates) > 8, "the walk sees pages"
    assert rows.found == set()


def test_a_row_would_be_seen_wherever_it_is_hidden() -> None:
    from host_stub.persistence import Plan

    plan, rows = Plan(), Rows()

    class Template:
        name = "page.html"

    rows.look(None, Template, {"listed": [(1, {"a": plan})], "held": lambda: plan, "partly": partial(print, plan)})

    assert {place.split(" is ")[0] for place in rows.found} == {"page.html: listed.0.1.a"}
