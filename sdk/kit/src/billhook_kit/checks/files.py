"""Files that a host finds by convention: templates and tables carry the plugin's name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from billhook.errors import PluginError

from billhook_kit.bench import Bench
from billhook_kit.host import Wish
from billhook_kit.kit import Failed, Need, check
from billhook_kit.markup import forbidden
from billhook_kit.source import PluginSource
from billhook_kit.tables import MemoryTables

_BASES: Final = frozenset({"billhook/page.html", "billhook/instructions.html"})
_TAG: Final = "<x-typed>"


@check(
    "templates",
    "Its templates carry its name and fit the panel",
    Need.LOADED,
    remedy="Keep templates under templates/<plugin>/, extend billhook/page.html or billhook/instructions.html, and put "
    "scripts and styles into files: the content policy forbids inline ones.",
)
def templates_fit_the_panel(bench: Bench) -> None:
    """Every template stands under the plugin's name, extends a page of the host or one of its own, and has no inline
    script or style, no event attribute, quoted or not, and no address that runs a script."""
    name, folder = bench.plugin.name, bench.plugin.templates
    for path in sorted((folder / name).rglob("*.html")) if folder else ():
        text = path.read_text("utf-8")
        for what in forbidden(text):
            raise Failed(f"{path.name} has {what}")
        for base in _extended(text):
            if base not in _BASES and not base.startswith(f"{name}/"):
                raise Failed(f"{path.name} extends or includes {base!r}, which no host promises")


def _extended(text: str) -> Iterator[str]:
    from jinja2 import Environment
    from jinja2.meta import find_referenced_templates

    tree = Environment(autoescape=True).parse(text)
    yield from (name for name in find_referenced_templates(tree) if name)


@check(
    "pages",
    "Its pages render and escape",
    Need.INSTRUCTIONS,
    remedy="Render with what the context and the host give, and without `|safe` on what a payer typed.",
)
def pages_render_and_escape(bench: Bench) -> None:
    """The instructions render in both languages for every account type, with no missing name, and what the payer typed
    is escaped."""
    for account_type in bench.provider.account_types:
        started = bench.started(Wish(bench.sum(), account_type, f'{_TAG} & "purpose"'))
        for language in ("ru", "en"):
            if _TAG in bench.host.page(bench.host.start(started.payment, started.method, language), language):
                raise Failed("what the payer typed stands in the page as markup")


@check(
    "tables",
    "Its tables carry its name",
    Need.IMPORTABLE,
    remedy="Begin every table's name with <plugin>_: all plugins and the host share one database.",
)
def tables_carry_its_name(bench: Bench) -> None:
    """Every table that the plugin's code creates, alters or maps begins with its name."""
    prefix = f"{bench.subject.source.name}_"
    for place, table in _tables(bench.subject.source):
        if not table.startswith(prefix):
            raise Failed(f"{place}: the table {table!r} does not begin with {prefix!r}")


@check(
    "migrations",
    "Its migrations run, back too, and make tables that a host can keep for it",
    Need.MIGRATIONS,
    remedy="Let migrations create, change and drop tables of the plugin's own, and nothing else.",
)
def migrations_run(bench: Bench) -> None:
    """The migrations run from nothing to the newest, all the way back, and again; each table begins with the plugin's
    name, numbers its rows in `id`, names the `reseller_id` and has columns that effects can fill; nothing else of the
    database is read or touched, and the transaction is left to the host."""
    memory = MemoryTables(bench.plugin)
    try:
        memory.there_and_back()
        bench.host.own_tables()
    except PluginError as error:
        raise Failed(error.why, error.remedy) from error
    finally:
        memory.close()


#: Calls of Alembic and SQLAlchemy whose first argument is a table.
_MAKES: Final = frozenset(
    {"create_table", "drop_table", "rename_table", "add_column", "drop_column", "alter_column", "batch_alter_table"}
    | {"Table", "bulk_insert"}
)
_SQL: Final = re.compile(
    r"\b(?:create\s+table(?:\s+if\s+not\s+exists)?|insert\s+into|update|delete\s+from|alter\s+table|drop\s+table)\s+"
    r"[\"`]?([a-z_][a-z0-9_]*)[\"`]?\s*(?:\(|set\b|where\b|values\b|add\b|drop\b|rename\b|;|$)",
    re.IGNORECASE,
)


def _tables(source: PluginSource) -> Iterator[tuple[str, str]]:
    for path in source.python_files():
        tree = ast.parse(path.read_text("utf-8"))
        lone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
        documentation = {id(value) for value in lone if isinstance(value, ast.Constant)}
        for node in ast.walk(tree):
            if id(node) not in documentation:
                yield from ((f"{_place(source, path, node)}", table) for table in _named(node))


def _place(source: PluginSource, path: Path, node: ast.AST) -> str:
    return f"{source.shown(path)}:{getattr(node, 'lineno', 1)}"


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        # Inside batch_alter_table they name a column alone.
        of_batch = called in ("alter_column", "drop_column") and len(node.args) == 1
        if called in _MAKES and not of_batch and isinstance(node.args[0].value, str):
            yield node.args[0].value
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        if any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in node.targets):
            yield node.value.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _SQL.findall(node.value)
