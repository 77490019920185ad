"""The page that asks before money is credited which may stand already: the form's own text is kept, and sent again."""

from __future__ import annotations

from collections.abc import Sequence

from billhook import Catalogue, LazyText
from flask import request, url_for
from flask.typing import ResponseReturnValue

from host_stub.services.money_in.doubts import Doubt
from host_stub.services.reading import arrivals, methods
from host_stub.web.asking import QUESTION, wants_question
from host_stub.web.panel import reading
from host_stub.web.staff.arrival_words import arrival_name, asked, decided
from host_stub.web.staff.room import show

_ = Catalogue("host_stub")


def credit_anyway(doubts: Sequence[Doubt], name: LazyText | str, back_url: str) -> ResponseReturnValue:
    """Ask whether to go on; «yes» posts the same fields here again, with what was asked.

    name: of the page to go back to.
    """
    with reading() as session:
        histories = arrivals.doubted(session, doubts)
        names = {
            doubt.method_id: methods.method(session, doubt.method_id).name
            for doubt in doubts
            if doubt.method_id is not None
        }
    return show(
        "reseller/credit_anyway.html",
        crumbs=[(_("Arrivals"), url_for("reseller.arrivals")), (name, back_url)],
        asked=asked(doubts, histories, names),
        fields=[*_fields(), ("anyway", " ".join(doubt.token for doubt in doubts))],
        here=request.full_path.rstrip("?"),
        back_url=back_url,
        name_of=arrival_name,
        decided=decided,
    ), 409


def answered() -> list[str]:
    """Return the questions that this form says yes to; none as long as it wants to be asked."""
    return [] if wants_question() else request.form.get("anyway", "").split()


def _fields() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "anyway") and not name.startswith(QUESTION)
    ]
