"""Whoever has no script is asked too, on a page, before what cannot be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from host_stub.web.asking import QUESTION
from tests.security.conftest import Copies
from tests.security.crawl import contents
from tests.security.scene import Scene
from tests.security.test_matrix import address, rules

#: What is asked about, by where its form posts to; each must be met on the walk.
CARRIED = {
    "customer.cancel_payment",
    "customer.settings_reset",
    "reseller.account_user",
    "reseller.manager_change",
    "reseller.method_active",
    "reseller.plan_active",
    "reseller.seller_account_close",
    "reseller.seller_regime_remove",
    "operator.reseller_plugin",
}
#: The same for questions that name what is typed, with what is typed and the words by which the question is known.
#: A field that is missing here goes as the page fills it.
TYPED: dict[str, tuple[dict[str, str], str]] = {
    "customer.start_service": ({}, "VPS a"),
    "reseller.account_correct": ({"amount": "-70", "reason": "Возврат"}, "Клиент a"),
    "reseller.account_threshold": ({"threshold": "-200"}, "Клиент a"),
    "reseller.arrival_close": ({"close-reason": "Чужие деньги"}, "500,00"),
    "reseller.arrival_credit": ({"reason": "Его деньги"}, "Клиент a"),
    "reseller.payment_approve": ({"order_number": "117"}, "N-a"),
    "reseller.payment_cancel": ({}, "N-a"),
    "reseller.payment_document_change": ({"reason": "Сменили банк"}, "N-a"),
    "reseller.subscription_activate": ({}, "VPS a"),
    "reseller.subscription_delete": ({}, "VPS a"),
}


@dataclass
class Form:
    """A form of a page as a browser without script sends it. asks: its view asks, with what was typed."""

    action: str
    confirm: str
    asks: bool
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page, with the values that their inputs have."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(words.get("action", ""), words.get("data-confirm", ""), "data-ask" in words))
        elif tag == "input" and self.found and words.get("type") not in ("checkbox", "radio", "file"):
            self.found[-1].fields[words.get("name", "")] = words.get("value", "")


def asking_forms(scene: Scene, role: str) -> dict[str, Form]:
    """Return one form of every endpoint that a role's pages post to with a question, by endpoint."""
    found: dict[str, Form] = {}
    adapter = scene.app.url_map.bind("localhost")
    for rule, route in rules(scene):
        if "GET" not in (rule.methods or ()):
            continue
        answer = scene.visitor(role).get(address(scene, rule, route))
        pages = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        answer.close()
        for form in Forms(pages).found:
            if form.confirm or form.asks:
                found.setdefault(adapter.match(form.action.partition("#")[0], "POST")[0], form)
    return found


@pytest.fixture
def met(scene: Scene, copies: Copies) -> dict[str, tuple[str, Form]]:
    copies.fresh()
    # An own value is what the customer can go back from.
    settings = f"/accounts/{scene.a.ids['account_id']}/settings/warner"
    scene.visitor("owner").post(settings, {"warner-level": "10", "warner-emails": "a@example.com"})
    # What may be owed covers the subscription that waits: it can be started.
    threshold = f"/reseller/accounts/{scene.a.ids['account_id']}/threshold"
    scene.visitor("manager").post(threshold, {"threshold": "-300"})
    return {
        endpoint: (role, form)
        for role in ("owner", "manager", "operator")
        for endpoint, form in asking_forms(scene, role).items()
    }


def the_question(scene: Scene, role: str, form: Form, typed: dict[str, str]) -> str:
    """Send a form; see that a page asks, and that its answer sends the same without the question. Return the page."""
    sent = form.fields | typed
    page = scene.visitor(role).post(form.action, sent)
    again = [each for each in Forms(page.text).found if each.action == form.action.partition("#")[0]]

    assert (page.status_code, len(again)) == (200, 1), form.action
    assert 'id="question-title"' in page.text, form.action
    assert "data-question-no" in page.text, form.action
    entered = {name: value for name, value in sent.items() if not name.startswith((QUESTION, "csrf_token"))}
    answered = {name: value for name, value in again[0].fields.items() if name != "csrf_token"}
    assert answered == entered, f"{form.action}: what was entered goes along, the question does not"
    return page.text


def test_without_a_script_a_page_asks_before_anything_that_asks_in_a_dialog(
    scene: Scene, met: dict[str, tuple[str, Form]]
) -> None:
    before = contents(scene)
    carried = {endpoint: each for endpoint, each in met.items() if not each[1].asks}

    for endpoint, (role, form) in carried.items():
        assert form.fields[QUESTION] == form.confirm, endpoint
        assert form.confirm.split("«")[0][:20] in the_question(scene, role, form, {}), endpoint
    assert carried.keys() >= CARRIED
    assert contents(scene) == before


def test_without_a_script_a_page_names_what_was_typed_before_anything_is_done(
    scene: Scene, met: dict[str, tuple[str, Form]]
) -> None:
    before = contents(scene)
    asking = {endpoint: each for endpoint, each in met.items() if each[1].asks}

    assert asking.keys() == TYPED.keys()
    for endpoint, (typed, words) in TYPED.items():
        role, form = asking[endpoint]
        assert form.fields["_question_wanted"] == "yes", endpoint
        assert words in the_question(scene, role, form, typed).partition("data-question>")[2], endpoint
    assert contents(scene) == before


def test_the_page_s_yes_does_it(scene: Scene, met: dict[str, tuple[str, Form]]) -> None:
    role, form = met["customer.cancel_payment"]
    page = scene.visitor(role).post(form.action, form.fields)
    (again,) = [each for each in Forms(page.text).found if each.action == form.action]

    answer = scene.visitor(role).post(again.action, again.fields)

    assert answer.status_code == 303
    assert "отмен" in scene.visitor(role).get(answer.headers["Location"]).text


@pytest.mark.parametrize(("role", "status"), [("anonymous", 303), ("user", 403), ("stranger", 404), ("manager", 403)])
def test_the_question_is_asked_of_nobody_who_may_not_do_it(scene: Scene, role: str, status: int) -> None:
    path = f"/accounts/{scene.a.ids['account_id']}/payments/{scene.a.ids['payment_id']}/cancel"

    answer = scene.visitor(role).post(path, {QUESTION: "Слова"})

    assert answer.status_code == status
    assert "Слова" not in answer.text


def test_a_question_cannot_be_put_on_a_page_by_another_site(scene: Scene) -> None:
    path = f"/accounts/{scene.a.ids['account_id']}/payments/{scene.a.ids['payment_id']}/cancel"

    answer = scene.visitor("owner").client.post(path, data={QUESTION: "Слова"})

    assert answer.status_code == 400
    assert "Слова" not in answer.text
