"""Write `docs/reference.md` from the code of the contract.

A test holds the page (tests/conformance/test_reference.py); BILLHOOK_WRITE_DOCS=1 makes it write the page anew.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from billhook import API_VERSION, Reader
from billhook.host.places import COLLECTORS, PLACES, Place
from billhook_kit import Host
from billhook_kit.cli import VERBS

from devtools import contract_source as source
from devtools.contract_source import Declared, Function, Source
from devtools.docstrings import cell, explained, first_sentence, markdown

_SHAPED: Final = re.compile(
    r"(?<![\w`./\[])([A-Z][a-z]+(?:[A-Z][a-z]+)+|Money|Notify|Setting|Finding|Reader)(?![\w`(])"
)
_QUOTED: Final = re.compile(r"(?<!\[)`([A-Za-z_.]+)`")


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Page:
    """The page while it is written. anchors: where a name is explained, by the name as an author writes it."""

    def __init__(self) -> None:
        self.sources = [*source.modules(), *source.packages()]
        self.anchors = {each.shown: slug(each.shown) for part in self.sources for each in part.declared}
        for part in self.sources:
            for each in part.declared:
                if _is_implemented(each):
                    methods = source.class_methods(each)
                    self.anchors |= {f"{each.name}.{m.name}": slug(f"{each.name}.{m.name}") for m in methods}

    def text(self) -> str:
        """Return the whole page."""
        parts = ["<!-- fmt: off -->", _introduction(), self._contents(), self._names()]
        parts += [line for part in self.sources for line in self._module(part)]
        return "\n\n".join([*parts, *_commands()]) + "\n"

    def _contents(self) -> str:
        rows = [f"* [`{part.name}`](#{slug(part.name)}) – {_summary(part)}" for part in self.sources]
        return "\n".join(["## Contents", "", *rows, "* [The command `billhook`](#the-command-billhook)"])

    def _names(self) -> str:
        lines = []
        by_letter: dict[str, list[str]] = {}
        for name in sorted(self.anchors, key=_sorting):
            by_letter.setdefault(_sorting(name)[0].upper(), []).append(name)
        for letter, names in sorted(by_letter.items()):
            lines.append(f"**{letter}** " + " · ".join(f"[`{name}`](#{self.anchors[name]})" for name in names))
        return "\n\n".join(["## All names", *lines])

    def _module(self, part: Source) -> Iterator[str]:
        yield f"## {part.name}"
        yield self._linked(markdown(part.doc))
        constants = [each for each in part.declared if _kind(each) == "constant"]
        if part.name == "billhook.hooks":
            yield self._table_of_hooks([each for each in part.declared if each.is_hook])
        if part.name == Place.__module__:
            yield self._table_of_places()
        for each in part.declared:
            if each not in constants:
                yield f"### {each.shown}"
                yield from self._declared(each)
        if constants:
            yield "\n".join(["| constant | value | |", "|---|---|---|", *map(self._constant, constants)])

    def _constant(self, each: Declared) -> str:
        value = getattr(each.node, "value", None)
        # What is made of something else is no text to read.
        is_plain = value is not None and not any(isinstance(node, ast.comprehension) for node in ast.walk(value))
        shown = f"`{cell(ast.unparse(value))}`" if value is not None and is_plain else ""
        anchor = f'<a id="{slug(each.shown)}"></a>'
        return f"| {anchor}`{each.shown}` | {shown} | {cell(self._linked(each.comment))} |"

    def _table_of_hooks(self, hooks: Sequence[Declared]) -> str:
        rows = ["| hook | kind | answers | |", "|---|---|---|---|"]
        for each in hooks:
            made = _function(each)
            kind = "collector" if each.name in COLLECTORS else "event"
            about = cell(self._linked(first_sentence(made.doc)))
            rows.append(f"| [`{each.name}`](#{slug(each.name)}) | {kind} | `{cell(made.returns)}` | {about} |")
        return "\n".join(rows)

    def _table_of_places(self) -> str:
        rows = ["| place | side | at most | may raise |", "|---|---|---|---|"]
        for place in PLACES.values():
            name = self._link(f"PaymentProvider.{place.name}" if place.method else place.name, f"`{place.name}`")
            raised = self._linked(", ".join(f"`{kind.__name__}`" for kind in place.may_raise))
            rows.append(f"| {name} | `{place.side}` | {place.seconds:g} s | {raised} |")
        return "\n".join(rows)

    def _declared(self, each: Declared) -> Iterator[str]:
        match _kind(each):
            case "alias":
                yield _code(f"{each.shown} = {ast.unparse(each.node.value)}")  # type: ignore[attr-defined]
                if each.comment:
                    yield self._linked(each.comment)
            case "function":
                yield from self._function(_function(each), each.shown)
                if each.is_hook:
                    yield from self._called_like(each)
                    yield from _limit(each.name)
            case "enum":
                yield self._linked(markdown(_doc(each)))
                rows = [
                    f"| `{m.name}` | `{m.value}` | {cell(self._linked(m.comment))} |"
                    for m in source.class_members(each)
                ]
                yield "\n".join(["| member | value | |", "|---|---|---|", *rows])
            case _:
                yield from self._class(each)

    def _called_like(self, each: Declared) -> Iterator[str]:
        """Repeat how another hook is called, where the docstring only names that hook."""
        other = re.search(r"Called like `(\w+)`", _doc(each))
        if other:
            hooks = importlib.import_module(each.module)
            told = [text for text in (getattr(hooks, other.group(1)).__doc__ or "").split("\n\n") if "Called" in text]
            yield self._linked("\n\n".join("> " + " ".join(text.split()) for text in told))

    def _class(self, each: Declared) -> Iterator[str]:
        made = source.constructor(each)
        members = source.class_members(each)
        said = explained(_doc(each), [*(m.name for m in members), *_names_of(made)])
        if made:
            yield _code(made.signature)
        yield self._linked(f"{markdown(said.prose)} {self._base(each, bool(members))}".strip())
        of_parameters = {name: said.meanings[name] for name in _names_of(made) if name in said.meanings}
        yield from self._meanings(of_parameters)
        if members:
            yield self._table_of_members(each, members)
        signs = source.operators(each)
        if signs:
            yield "Operators: " + ", ".join(f"`{sign}`" for sign in signs)
        if _is_implemented(each):
            yield from self._methods_to_implement(each)
        else:
            lines = [self._method(each, method) for method in source.class_methods(each)]
            yield from ["\n".join(lines)] if lines else []

    def _base(self, each: Declared, has_members: bool) -> str:
        """Say what a class is a kind of, if that is explained here too."""
        shown = {part.name: part.shown for module in self.sources for part in module.declared}
        names = [kind.__name__ for kind in each.object.__bases__ if kind.__name__ in shown]  # type: ignore[attr-defined]
        if not names:
            return ""
        with_fields = has_members and dataclasses.is_dataclass(each.object)
        return f"A kind of `{shown[names[0]]}`" + (", with its fields." if with_fields else ".")

    def _table_of_members(self, each: Declared, members: Sequence[source.Member]) -> str:
        meanings: dict[str, str] = {}
        for kind in source.of_the_contract(each):
            meanings |= explained(inspect.cleandoc(kind.__doc__ or ""), [m.name for m in members]).meanings
        what = "field" if dataclasses.is_dataclass(each.object) else "attribute"
        rows = [f"| {what} | type | default | |", "|---|---|---|---|"]
        for m in members:
            default = f"`{cell(m.value)}`" if m.value else ""
            about = cell(self._linked(markdown(meanings.get(m.name) or m.comment)))
            rows.append(f"| `{m.name}` | {self._type(m.type)} | {default} | {about} |")
        return "\n".join(rows)

    def _methods_to_implement(self, each: Declared) -> Iterator[str]:
        for method in source.class_methods(each):
            yield f"#### {each.name}.{method.name}"
            yield from self._function(method, method.name)
            yield from _limit(method.name)

    def _method(self, each: Declared, method: Function) -> str:
        doc = " ".join((method.doc or _doc_in_protocol(each, method.name)).split())
        kind = f"*{method.kind}* " if method.kind in ("property", "classmethod") else ""
        shown = method.one_line.replace("()", "", 1) if method.kind == "property" else method.one_line
        return f"* {kind}`{shown.replace('__call__', 'instance', 1)}`" + (
            f": {self._linked(markdown(doc))}" if doc else ""
        )

    def _function(self, made: Function, shown: str) -> Iterator[str]:
        prefix = "with " if made.kind == "context manager" else ""
        yield _code(prefix + made.signature.replace(made.name, shown, 1))
        said = explained(made.doc, _names_of(made))
        yield self._linked(markdown(said.prose))
        yield from self._meanings(said.meanings)

    def _meanings(self, meanings: Mapping[str, str]) -> Iterator[str]:
        if meanings:
            yield "\n".join(f"* `{name}`: {self._linked(markdown(meaning))}" for name, meaning in meanings.items())

    def _type(self, written: str) -> str:
        """Return a type with links: each part of a union, or the one name that a longer type holds."""
        written = re.sub(r"^ClassVar\[(.*)\]$", r"\1", written)
        parts = written.split(" | ")
        if all(self._anchor(part) or part == "None" for part in parts):
            return " or ".join(self._linked_type(part) for part in parts)
        known = {name for name in re.findall(r"\w+", written) if self._anchor(name)}
        if len(known) == 1:
            return f"[`{cell(written)}`](#{self._anchor(known.pop())})"
        return f"`{cell(written)}`" if written else ""

    def _linked_type(self, name: str) -> str:
        anchor = self._anchor(name)
        return f"[`{name}`](#{anchor})" if anchor else f"`{name}`"

    def _anchor(self, name: str) -> str:
        """Return where a name is explained, empty if nowhere; `Text` and `Validator` are known without their module."""
        return self.anchors.get(name) or self.anchors.get(f"settings.{name}", "")

    def _linked(self, text: str) -> str:
        """Turn names of the contract into links; code blocks stay as they are."""
        pieces = re.split(r"(```.*?```)", text, flags=re.S)
        return "".join(piece if piece.startswith("```") else self._linked_prose(piece) for piece in pieces)

    def _linked_prose(self, text: str) -> str:
        text = _SHAPED.sub(lambda m: self._link(m.group(1), m.group()), text)
        return _QUOTED.sub(lambda m: self._link(m.group(1).removeprefix("billhook."), m.group()), text)

    def _link(self, name: str, otherwise: str) -> str:
        found = self.anchors.get(name)
        return f"[`{name}`](#{found})" if found else otherwise


def _limit(name: str) -> Iterator[str]:
    """Say how long a call may take, if it has a deadline of its own."""
    if name in PLACES:
        yield f"A call may take {PLACES[name].seconds:g} s."


def _is_implemented(each: Declared) -> bool:
    """Say whether authors write the methods of a class: the provider and its capabilities."""
    return each.name == "PaymentProvider" or inspect.isabstract(each.object)


def _introduction() -> str:
    major, minor = API_VERSION
    return f"""\
# Reference of the contract

Version {major}.{minor}. Written from the code of `billhook`: what stands here is what the code says. Names without
a dot come from `billhook` itself (`from billhook import PaymentPaid`), or from `billhook_kit` where they stand
under it; `http.session` is `from billhook import http`.

How to begin: [the tutorial](tutorial.md). How long a call may take, and what the host does when it fails, hangs or
answers rubbish: [containment.md](containment.md). What the kit demands: [checks.md](checks.md). Why it is so:
[why.md](why.md)."""


def _commands() -> Iterator[str]:
    yield "## The command `billhook`"
    for verb, place in VERBS.items():
        module = importlib.import_module(place)
        parser = argparse.ArgumentParser(f"billhook {verb}", add_help=False)
        module.add_arguments(parser)
        yield f"### billhook {verb}"
        yield str(module.HELP)
        rows = [f"| `{_argument(action)}` | {cell(_help(action))} |" for action in parser._actions]
        yield "\n".join(["| argument | |", "|---|---|", *rows])


def _help(action: argparse.Action) -> str:
    """Return an option's help with its default filled in, as the command prints it."""
    return str(action.help or "") % {"default": action.default, "prog": "billhook"} if action.help else ""


def _argument(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    if action.option_strings:
        return f"{action.option_strings[-1]} {value}".strip()
    return str(action.metavar or action.dest)


def _summary(part: Source) -> str:
    return first_sentence(part.doc).rstrip(".")


def _sorting(name: str) -> str:
    return name.rpartition(".")[2].lower().removeprefix("billhook_")


def _kind(each: Declared) -> str:
    found = each.object
    if isinstance(found, type) and isinstance(each.node, ast.ClassDef):
        return "enum" if issubclass(found, Enum) else "class"
    if isinstance(each.node, ast.FunctionDef):
        return "function"
    value = getattr(each.node, "value", None)
    is_alias = isinstance(value, ast.BinOp | ast.Subscript) or isinstance(found, type)
    return "alias" if is_alias and not isinstance(found, int | str | float) else "constant"


def _function(each: Declared) -> Function:
    assert isinstance(each.node, ast.FunctionDef)
    return source.function(each.node)


def _doc(each: Declared) -> str:
    assert isinstance(each.node, ast.ClassDef | ast.FunctionDef)
    return ast.get_docstring(each.node) or ""


def _doc_in_protocol(each: Declared, method: str) -> str:
    """Return what the protocol says whose methods a class has all (`FakeHost`: `Host`)."""
    for protocol in (Host, Reader):
        methods = {name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")}
        if all(hasattr(each.object, name) for name in methods):
            return str(getattr(protocol, method, None).__doc__ or "") if hasattr(protocol, method) else ""
    return ""


def _names_of(made: Function | None) -> list[str]:
    return [re.split(r"[:=]", each.lstrip("*"))[0].strip() for each in made.parameters] if made else []


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
