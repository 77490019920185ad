"""Render a plugin's templates with stand-ins of the host's: the same names, none of its looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billhook import formats
from billhook.host import answers
from billhook.host.loading import LoadedPlugin
from billhook.i18n import Catalogue, use_language
from billhook.money import Money
from billhook.pages import Show
from billhook.provider import Instructions

from billhook_kit.gateway import Started
from billhook_kit.patience import within
from billhook_kit.views import PANEL

if TYPE_CHECKING:
    from jinja2 import Environment

#: The macros that a host offers as `ui.<name>`.
MACROS: Final = frozenset(
    {"alert", "back", "badge", "breadcrumbs", "button", "card", "cell", "copyable", "csrf", "date", "datetime"}
    | {"empty_state", "facts", "fields", "filter_bar", "findings", "form", "form_actions", "form_errors"}
    | {"form_field", "form_open", "kpis", "link_button", "log", "menu", "menu_entry", "methods", "money"}
    | {
        "money_field",
        "nothing_found",
        "pager",
        "password_field",
        "post_button",
        "preview_frame",
        "question",
        "queue",
        "status",
    }
    | {"queue", "status", "status_menu", "status_of", "steps", "table", "tabs", "tag", "toolbar"}
)

_BASES: Final = {
    "billhook/page.html": (
        "<!doctype html><html lang='{{ language }}'>"
        "<title>{% block title %}{{ title|default('') }}{% endblock %}</title>"
        "{% block head %}{% block styles %}{% endblock %}{% block scripts %}{% endblock %}{% endblock %}"
        "<main>{% block content %}{% endblock %}</main></html>"
    ),
    "billhook/instructions.html": (
        '{% extends "billhook/page.html" %}{% block title %}{{ method.name }}{% endblock %}'
        "{% block content %}<h1>{{ payment.number }} {{ money(payment.amount) }}</h1><p>{{ payment.description }}</p>"
        "<p>{{ payment.purpose }}</p><section>{% block instructions %}{% endblock %}</section>"
        "<aside>{% block aside %}{% endblock %}</aside>{{ ui.back(back_url) }}{% endblock %}"
    ),
}


class Ui:
    """Stand-ins for the host's macros: each shows its texts, escaped, and what stands inside a `call` block."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in MACROS:
            raise AttributeError(f"a host has no macro ui.{name}")

        def macro(*texts: object, caller: Callable[[], object] | None = None, **more: object) -> Any:
            from markupsafe import Markup, escape

            inside = [escape(shown) for text in (*texts, *more.values()) for shown in _flat(text)]
            # What a call block yields was escaped while it was rendered.
            called = Markup(caller()) if caller else Markup()  # noqa: S704
            return Markup('<div class="ui-{}">{}{}</div>').format(name, Markup(" ").join(inside), called)

        return macro


@dataclass(frozen=True, slots=True)
class ShownMethod:
    """A method as pages see it: without its settings, since secrets are among them."""

    id: int
    name: str


class Pages:
    """The templates of one plugin."""

    def __init__(self, plugin: LoadedPlugin) -> None:
        self._plugin = plugin

    def environment(self) -> Environment:
        """Return a Jinja environment that knows what a host offers to a plugin's page; a missing name is an error."""
        from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

        plugin = self._plugin
        own = {plugin.name: FileSystemLoader(plugin.templates / plugin.name)} if plugin.templates else {}
        loader = ChoiceLoader([DictLoader(_BASES), PrefixLoader(own)])
        found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        found.globals.update({**_globals(), **self._own_names()})
        found.filters.update(money=formats.money, figures=formats.figures, iso=formats.iso)
        return found

    def _own_names(self) -> Mapping[str, object]:
        """Return what speaks with the plugin's own words and files; a missing file is an error, as at a host."""
        names: dict[str, object] = {"static": self._static}
        if hasattr(sys.modules.get(self._plugin.package), "__path__"):
            own = Catalogue(self._plugin.package)
            names |= {"_": own, "plural": own.plural}
        return names

    def _static(self, name: str) -> str:
        folder = self._plugin.static
        if folder is None or not (folder / self._plugin.name / name).is_file():
            raise LookupError(f"there is no file static/{self._plugin.name}/{name}")
        return f"/plugin/{self._plugin.name}/static/{name}"

    def page(self, answer: Show, ours: Mapping[str, object]) -> str:
        """Return a page in a room, or behind a link, in the language of the moment. Raises what Jinja raises."""
        return self._rendered(answer.template, {**answer.context, **ours})

    def _rendered(self, template: str, context: Mapping[str, object]) -> str:
        text = self.environment().get_template(template).render(context)
        answers.check(self._plugin.name, "template", text)
        return text

    def instructions(self, started: Started, outcome: Instructions, language: str) -> str:
        """Return the page that a payer sees. Raises what Jinja raises."""
        ours = {
            "payment": started.payment,
            "method": ShownMethod(started.method.id, started.method.name),
            "reseller": started.payment.reseller,
            "documents": {},
            "missing_documents": [],
            "issue_url": f"{PANEL}/documents",
            "language": language,
            "back_url": f"{PANEL}/payments/{started.payment.id}",
        }
        with use_language(language), within("template"):
            return self._rendered(outcome.template, {**outcome.context, **ours})


def _globals() -> Mapping[str, object]:
    return {
        "_": str,
        "plural": lambda one, many, number, **fields: (one if number == 1 else many).format(number=number, **fields),
        "host_text": lambda text, **fields: text.format(**fields) if fields else text,
        "ui": Ui(),
        "money": formats.money,
        "date": formats.date,
        "datetime": formats.datetime,
        "currency_word": formats.currency_word,
        "static": lambda name: f"/static/{name}",
        "csrf_token": lambda: "csrf-token",
        "column": lambda label, kind="": {"label": label, "kind": kind},
        "get_flashed_messages": lambda **_options: [],
        "page": {},
    }


def _flat(value: object) -> list[object]:
    if isinstance(value, Money):
        return [formats.money(value)]
    if isinstance(value, list | tuple):
        return [shown for each in value for shown in _flat(each)]
    return [value]
