"""What the kit takes for English, and what for a name."""

from __future__ import annotations

import pytest
from billhook_kit import wording


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Pay at the desk.</p>", ["Pay at the desk."]),
        ('<img alt="the queue" src="/a/queue.png">', ["the queue"]),
        ('{{ ui.empty_state("There are no notices.") }}', ["There are no notices."]),
        ('{% call ui.form(here, "Save") %}{% endcall %}', ["Save"]),
        ('{{ ui.facts([("Sum", amount), (_("Day"), day)]) }}', ["Sum"]),
        ('{{ ui.empty_state(_("There are no notices.")) }}{{ ui.alert("error", plural("a day", 1)) }}', []),
        ("{# a comment for authors #}<p>{{ _('Pay') }} PayPal, INN, 5 %, a@example.com, www.example.com/help</p>", []),
        ('<p class="some words" id="desk">{% if paid > least %}{{ sum }}{% endif %}</p>', []),
        ("<script src=\"{{ static('a.js') }}\"></script><code>some code</code>", []),
    ],
)
def test_english_that_never_went_through_a_catalogue_is_found(template: str, found: list[str]) -> None:
    assert [text for _line, text in wording.written(template)] == found
