"""What people read: translated completely, and kept in catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from billhook.i18n import read_po
from billhook.settings import Finding

from billhook_kit import wording
from billhook_kit.bench import Bench
from billhook_kit.kit import Failed, Need, check
from billhook_kit.source import PluginSource
from billhook_kit.views import samples

_FIELDS: Final = re.compile(r"\{(\w+)\}")
_MARK: Final = 'Mark it: _("…") with your Catalogue in code, {{ _("…") }} in a template; add its Russian to locale/ru/.'
#: A file with this comment holds what is Russian by law or by nature (papers, words of sums), not texts of the screen.
RUSSIAN_BY_LAW: Final = "# billhook: Russian by law"


@check(
    "translations",
    "Its texts are complete in Russian and stand in catalogues",
    Need.IMPORTABLE,
    remedy="Add the message to locale/ru/<plugin>.po, or move Cyrillic text there behind an English id; mark a file "
    f"whose Russian is prescribed with “{RUSSIAN_BY_LAW}”.",
)
def texts_are_complete_in_russian(bench: Bench) -> None:
    """Every message marked with `_` or `plural` in code and templates has a Russian translation with the same fields
    and all plural forms, and no Cyrillic stands outside the catalogues. In a plugin with a Russian catalogue no English
    is shown that never went through it: in what is declared (but for titles, which may be names), in findings, in
    templates. A name such as PayPal or INN is no English."""
    source = bench.subject.source
    known = {msgid: (forms, plural) for msgid, forms, plural in _translated(source)}
    for place, text in (*_marked_in_code(source), *_marked_in_templates(source)):
        forms, plural = known.get(text, ([], False))
        if not forms or not all(forms):
            raise Failed(f"{place}: {text!r} has no Russian translation")
        if plural and len(forms) != 3:
            raise Failed(f"{place}: {text!r} has {len(forms)} Russian forms, not 3")
        for form in forms:
            if set(_FIELDS.findall(form)) - set(_FIELDS.findall(text)) - {"number"}:
                raise Failed(f"{place}: the translation of {text!r} fills in other fields: {form!r}")
    for place in (*_cyrillic_in_code(source), *_cyrillic_in_templates(source)):
        raise Failed(f"{place} holds Cyrillic text")
    for place, text in _unmarked(bench) if known else ():
        raise Failed(f"{place} is the plain text {text!r:.60}, which Russian pages show in English", _MARK)


def _unmarked(bench: Bench) -> Iterator[tuple[str, str]]:
    plugin = bench.subject.plugin
    if plugin is not None:
        yield from wording.declared(plugin)
        if plugin.provider is not None:
            yield from _plain_findings(bench)
    for path in _templates(bench.subject.source):
        if path.suffix == ".html":
            for line, text in wording.written(path.read_text("utf-8")):
                yield f"{bench.subject.source.shown(path)}:{line}", text


def _plain_findings(bench: Bench) -> Iterator[tuple[str, str]]:
    for settings in (bench.settings, {}):
        found: Iterable[Finding] = ()
        with suppress(Exception):  # what the doctor raises is another check's affair
            found = bench.provider.check_settings(bench.view(settings))
        for text in (text for finding in found for text in (finding.text, finding.remedy)):
            if isinstance(text, str) and wording.is_sentence(text):
                yield "a finding of check_settings", text


def _translated(source: PluginSource) -> Iterator[tuple[str, list[str], bool]]:
    for catalogue in sorted(source.folder.glob("locale/ru/*.po")) if source.folder else ():
        yield from read_po(catalogue.read_text("utf-8"), catalogue.name)


def _trees(source: PluginSource) -> Iterator[tuple[Path, str, ast.Module]]:
    for path in source.python_files():
        text = path.read_text("utf-8")
        yield path, text, ast.parse(text)


def _marked_in_code(source: PluginSource) -> Iterator[tuple[str, str]]:
    for path, _text, tree in _trees(source):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_marker(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield f"{source.shown(path)}:{node.lineno}", first.value


def _is_marker(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "_"
    return isinstance(function, ast.Attribute) and function.attr == "plural"


def _templates(source: PluginSource) -> list[Path]:
    return sorted(source.folder.glob("templates/**/*.*")) if source.folder else []


def _marked_in_templates(source: PluginSource) -> Iterator[tuple[str, str]]:
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    for path in _templates(source):
        tree = Environment(autoescape=True).parse(path.read_text("utf-8"))
        for line, _function, message in extract_from_ast(tree, gettext_functions=("_", "plural")):
            text = message[0] if isinstance(message, tuple) else message
            if text:
                yield f"{source.shown(path)}:{line}", text


def _cyrillic_in_code(source: PluginSource) -> Iterator[str]:
    cyrillic = re.compile(f"[{samples()['letters']}]")
    for path, text, tree in _trees(source):
        if RUSSIAN_BY_LAW in text:
            continue
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in documentation:
                continue
            if cyrillic.search(node.value):
                yield f"{source.shown(path)}:{node.lineno}"


def _cyrillic_in_templates(source: PluginSource) -> Iterator[str]:
    cyrillic = re.compile(f"[{samples()['letters']}]")
    for path in _templates(source):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if cyrillic.search(line):
                yield f"{source.shown(path)}:{number}"
