"""Texts that people read in one language only: they never went through a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from billhook.host.loading import LoadedPlugin
from billhook.host.reading import documents_of
from billhook.settings import Setting

from billhook_kit.markup import visible_texts

#: Addresses and names of files say nothing in a language.
_NO_WORDS: Final = re.compile(r"\S*[@/\\]\S*|\S+\.\S+")
_LOWER: Final = re.compile(r"(?<![\w-])[a-z]{3,}(?![\w-])", re.ASCII)
_CAPITALISED: Final = re.compile(r"(?<![\w-])[A-Z]?[a-z]{2,}(?![\w-])", re.ASCII)
_OF_CATALOGUES: Final = frozenset({"_", "plural"})


def is_sentence(text: str) -> bool:
    """Say whether a text holds an English word. Names (PayPal, Sberbank, INN) alone are none."""
    return bool(_LOWER.search(_NO_WORDS.sub(" ", text)))


def is_label(text: str) -> bool:
    """Say the same of a label, which is often one capitalised word."""
    return bool(_CAPITALISED.search(_NO_WORDS.sub(" ", text)))


def declared(plugin: LoadedPlugin) -> Iterator[tuple[str, str]]:
    """Yield the plain texts of what a plugin declares, with whose they are. A title may be a name and is left out."""
    for setting in plugin.all_settings:
        yield from _of_setting(setting)
    if plugin.provider is not None:
        for kind in documents_of(plugin.provider):
            yield from _plain(f"the label of document {kind.name!r}", kind.label)
    for page in plugin.pages:
        yield from _plain(f"the title of page {page.name!r}", page.title)
        yield from _plain(f"the menu entry of page {page.name!r}", page.menu)


def _of_setting(setting: Setting) -> Iterator[tuple[str, str]]:
    for name in ("label", "help", "group"):
        yield from _plain(f"the {name} of setting {setting.key!r}", getattr(setting, name))
    for value, label in setting.choices:
        if isinstance(label, str) and is_sentence(label):
            yield f"the choice {value!r} of setting {setting.key!r}", label


def _plain(what: str, text: object) -> Iterator[tuple[str, str]]:
    if isinstance(text, str) and is_label(text):
        yield what, text


def written(template: str) -> Iterator[tuple[int, str]]:
    """Yield the English that a template shows outside `_` and `plural`, with its lines."""
    yield from ((line, text) for line, text in visible_texts(template) if is_sentence(text))
    yield from _handed_to_ui(template)


def _handed_to_ui(template: str) -> Iterator[tuple[int, str]]:
    """Yield what a template gives to the host's components as words."""
    from jinja2 import Environment, nodes

    def words(node: nodes.Node) -> Iterator[tuple[int, str]]:
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _OF_CATALOGUES:
            return
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            if node.value[:1].isupper() and is_label(node.value):
                yield node.lineno, node.value
            return
        inner = (node.args, node.kwargs) if isinstance(node, nodes.Call) else (list(node.iter_child_nodes()),)
        for part in inner:
            for child in part:
                yield from words(child)

    for call in Environment(autoescape=True).parse(template).find_all(nodes.Call):
        of_ui = isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name)
        if of_ui and call.node.node.name == "ui":  # type: ignore[attr-defined]
            yield from words(call)
