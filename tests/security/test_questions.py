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
ASKED = {
    "customer.cancel_payment",
    "customer.settings_reset",
    "reseller.account_correct",
    "reseller.account_user",
    "reseller.event_close",
    "reseller.event_credit",
    "reseller.manager_change",
    "reseller.method_active",
    "reseller.payment_cancel",
    "reseller.plan_active",
    "reseller.subscription_delete",
    "operator.reseller_plugin",
}


@dataclass
class Form:
    """A form of a page as a browser without script sends it."""

    action: str
    confirm: str
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
            self.found.append(Form(words.get("action", ""), words.get("data-confirm", "")))
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
            if form.confirm:
                found.setdefault(adapter.match(form.action.partition("#")[0], "POST")[0], form)
    return found


@pytest.fixture
def met(scene: Scene, copies: Copies) -> dict[str, tuple[str, Form]]:
    copies.fresh()
    # An own value is what the customer can go back from.
    settings = f"/accounts/{scene.a.ids['account_id']}/settings/warner"
    scene.visitor("owner").post(settings, {"warner-level": "10", "warner-emails": "a@example.com"})
    return {
        endpoint: (role, form)
        for role in ("owner", "manager", "operator")
        for endpoint, form in asking_forms(scene, role).items()
    }


def test_without_a_script_a_page_asks_before_anything_that_asks_in_a_dialog(
    scene: Scene, met: dict[str, tuple[str, Form]]
) -> None:
    before = contents(scene)

    for endpoint, (role, form) in met.items():
        page = scene.visitor(role).post(form.action, form.fields)
        (again,) = [each for each in Forms(page.text).found if each.action == form.action.partition("#")[0]]

        assert form.fields[QUESTION] == form.confirm, endpoint
        assert page.status_code == 200, endpoint
        assert form.confirm.split("«")[0][:20] in page.text, endpoint
        sent = {name: value for name, value in form.fields.items() if not name.startswith(("_question", "csrf_token"))}
        assert sent.items() <= again.fields.items(), f"{endpoint}: what was entered goes along"
    assert met.keys() >= ASKED
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
