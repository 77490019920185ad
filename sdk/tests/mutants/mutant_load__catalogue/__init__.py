"""Ships a catalogue in which a text is not closed."""

from __future__ import annotations

from billhook import Catalogue, LazyText, hookimpl

MESSAGE = "locale/ru/mutant.po:2: not a quoted string"

_ = Catalogue("mutant_load__catalogue")


@hookimpl
def billhook_plugin_title() -> LazyText:
    return _("Mutant")
