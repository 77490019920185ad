"""What a plugin's page says and links to by the names that the layouts use too: its own first, then the host's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial

from billhook import Catalogue, LazyText
from billhook.host.loading import LoadedPlugin

from host_stub.plugins.registry import Registry
from host_stub.web import plugin_files
from host_stub.web.seller_words import log_words

_host = Catalogue("host_stub")


class PluginTexts:
    """A plugin's catalogue, with the host's behind it for what the layouts say."""

    def __init__(self, own: Catalogue) -> None:
        self._own = own

    def __call__(self, msgid: str, **arguments: object) -> LazyText:
        translated = str(self._own(msgid)) != msgid
        return (self._own if translated else _host)(msgid, **arguments)

    def plural(self, one: str, many: str, number: int, **arguments: object) -> str:
        shown = self._own.plural(one, many, number, **arguments)
        untranslated = (one if number == 1 else many).format(number=number, **arguments)
        return shown if shown != untranslated else _host.plural(one, many, number, **arguments)


def words_of_plugins(registry: Registry) -> dict[str, LazyText | str]:
    """Return the titles of the loaded plugins, the labels of their settings and those of requisites: for the log."""
    words = log_words()
    for name, plugin in registry.plugins.items():
        words |= {setting.key: setting.label for setting in plugin.all_settings}
        words[name] = plugin.title
    return words


def page_names(plugin: LoadedPlugin, given: Mapping[str, object]) -> dict[str, object]:
    """Return `_`, `plural` and `static` for a page of the plugin.

    given: what the plugin gives to the page; a Catalogue among it, as `_`, is taken for that of its package.
    """
    names: dict[str, object] = {"static": partial(plugin_files.address, plugin)}
    own = given.get("_")
    if not isinstance(own, Catalogue) and hasattr(sys.modules.get(plugin.package), "__path__"):
        own = Catalogue(plugin.package)
    if isinstance(own, Catalogue):
        texts = PluginTexts(own)
        names |= {"_": texts, "plural": texts.plural}
    return names
