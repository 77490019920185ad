"""Questions before what cannot be taken back, as a page: for whoever has no script.

A form that says what it will do (`confirm=` of the form macros, `MenuEntry.confirm`) carries its question in hidden
fields. The script asks in a dialog and takes them away. Without it they arrive here, and a page asks; what was entered
goes along.
A view whose question depends on what was entered returns `ask(…)` itself, unless `is_answered()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billhook import Catalogue, LazyText
from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from host_stub.persistence import UserKind
from host_stub.web import access

_ = Catalogue("host_stub")

#: Every hidden field of a question begins so; no field of a form of ours or of a plugin does.
QUESTION: Final = "_question"
TITLE: Final = "_question_title"
GO: Final = "_question_go"
ANSWERED: Final = "_question_answered"

Text = LazyText | str


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks. text: what will happen and to whom. go: the words of the button that does it.

    facts: label and value of what the reader should compare before the answer, in order.
    """

    text: Text
    title: Text = ""
    go: Text = ""
    facts: Sequence[tuple[Text, Text]] = ()


def ask_first() -> ResponseReturnValue | None:
    """Answer a form of a room that still carries its question with the page that asks it.

    Called before every view of a room, after the room's guard; a customer's level is looked at as the view would.
    """
    if not is_asked():
        return None
    right = access.right_of(current_app.view_functions[request.endpoint or ""])
    if right is not None:
        access.enter_account((request.view_args or {})["account_id"], right)
    return ask(asked())


def is_asked() -> bool:
    """Say whether this request is a form whose question nobody has answered."""
    return request.method == "POST" and bool(request.form.get(QUESTION))


def is_answered() -> bool:
    """Say whether this form comes from the page that asked."""
    return bool(request.form.get(ANSWERED))


def asked() -> Question:
    """Return the question that the form carries."""
    words = request.form
    return Question(words[QUESTION], words.get(TITLE, ""), words.get(GO, ""))


def ask(question: Question, layout: str = "") -> ResponseReturnValue:
    """Show the page that asks: «yes» posts the same fields here again, «go back» leads to the page of the form.

    layout: of the page; empty: that of the visitor's room. Files of the form are not kept.
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
        fields=[*fields, (ANSWERED, "yes")],
        here=request.full_path.rstrip("?"),
    )


def _layout() -> str:
    customer = access.signed_in().kind is UserKind.CUSTOMER
    return "layouts/customer.html" if customer else "layouts/staff.html"
