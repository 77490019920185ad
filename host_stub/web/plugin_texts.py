"""The `_` of a plugin's page: the page extends layouts of ours, which share its names."""

from __future__ import annotations

from billhook import Catalogue, LazyText

_host = Catalogue("host_stub")


class PluginTexts:
    """A plugin's catalogue, with the host's behind it for what the layouts say."""

    def __init__(self, own: Catalogue) -> None:
        self._own = own

    def __call__(self, msgid: str, **arguments: object) -> LazyText:
        translated = str(self._own(msgid)) != msgid
        return (self._own if translated else _host)(msgid, **arguments)
