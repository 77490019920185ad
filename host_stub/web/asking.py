"""Ask before something is done: one question, a page without script and a dialog with it.

A form to be asked about (`ui.form(…, ask=true)`) says so in a hidden field; its view answers with the question and
does nothing. The question posts the same fields without it. `billhook.js` fetches it and shows it over the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from billhook import Catalogue, LazyText, Money
from flask import request

_ = Catalogue("host_stub")

Text = LazyText | str

_ASK: Final = "ask"


@dataclass(frozen=True, slots=True)
class Question:
    """What will be done, with its sum, its sign and whose it is. go: the button's word. lines: what follows from it.

    options: value and words of ways to do it, the first one chosen; posted as `option`.
    """

    title: Text
    go: Text
    lines: Sequence[Text] = ()
    options: Sequence[tuple[str, Text]] = ()


def is_asked() -> bool:
    """Say whether the form wants the question first: nothing is done then."""
    return request.form.get(_ASK) == "yes"


def values(question: Question, back_url: str, layout: str = "layouts/staff.html") -> dict[str, Any]:
    """Return what `billhook/question.html` shows for the form that was posted. back_url: where the answer no leads."""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in (_ASK, "csrf_token")]
    return {"question": question, "back_url": back_url, "layout": layout, "fields": fields}


def balance_line(before: Money, change: Money) -> LazyText:
    """Return «Баланс: было 1 000,00 руб., станет 500,00 руб.»."""
    return _("Balance: {before} before, {after} after.", before=before, after=before + change)
