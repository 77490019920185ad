"""Questions before what cannot be taken back: a dialog for whoever has a script, a page for whoever has none.

A form whose question is known when it is drawn (`confirm=` of the form macros, `MenuEntry.confirm`) carries it in
hidden fields. The script asks in a dialog and takes them away; without it they arrive here, and a page asks
(`ask_first`).
A form whose question depends on what is typed (`ask=true`) says so; its view answers with `ask(…)` while
`wants_question()`, and does nothing. The script fetches that page and shows its question over the form.
Either way the answer posts the same fields without the question's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billhook import Catalogue, LazyText, Money
from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from host_stub.domain.people import UserKind
from host_stub.web import access

_ = Catalogue("host_stub")

#: Every hidden field of a question begins so; no field of a form of ours or of a plugin does.
QUESTION: Final = "_question"
_TITLE: Final = "_question_title"
_GO: Final = "_question_go"
_WANTED: Final = "_question_wanted"

Text = LazyText | str


@dataclass(frozen=True, slots=True)
class Question:
    """What will be done, with its sum, its sign and whose it is. go: the button's word. lines: what follows from it.

    options: value and words of ways to do it, the first one chosen; posted as `option`.
    """

    title: Text = ""
    go: Text = ""
    lines: Sequence[Text] = ()
    options: Sequence[tuple[str, Text]] = ()


def ask_first() -> ResponseReturnValue | None:
    """Answer a form of a room that still carries its question with the page that asks it.

    Called before every view of a room, after the room's guard; a customer's level is looked at as the view would.
    """
    if not carries_question():
        return None
    right = access.right_of(current_app.view_functions[request.endpoint or ""])
    if right is not None:
        access.enter_account((request.view_args or {})["account_id"], right)
    return ask(carried())


def carries_question() -> bool:
    """Say whether this request is a form that carries a question which nobody has answered."""
    return request.method == "POST" and bool(request.form.get(QUESTION))


def carried() -> Question:
    """Return the question that the form carries."""
    words = request.form
    return Question(words.get(_TITLE, ""), words.get(_GO, ""), [words[QUESTION]])


def wants_question() -> bool:
    """Say whether the form wants its view's question first: nothing is done then."""
    return request.form.get(_WANTED) == "yes"


def ask(question: Question, *, layout: str = "", back_url: str = "") -> ResponseReturnValue:
    """Show the page that asks: «yes» posts the same fields here again, «go back» leads to the page of the form.

    layout: of the page; empty: that of the visitor's room. back_url: empty: the page's own. Files are not kept.
    """
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and not name.startswith(QUESTION)
    ]
    return render_template(
        "components/question.html",
        layout=layout or _layout(),
        question=question,
        fields=fields,
        here=request.full_path.rstrip("?"),
        back_url=back_url,
    )


def balance_line(before: Money, change: Money) -> LazyText:
    """Return «Баланс: было 1 000,00 руб., станет 500,00 руб.»."""
    return _("Balance: {before} before, {after} after.", before=before, after=before + change)


def _layout() -> str:
    customer = access.signed_in().kind is UserKind.CUSTOMER
    return "layouts/customer.html" if customer else "layouts/staff.html"
