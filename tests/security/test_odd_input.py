"""Nothing that anybody sends is answered 500, on either database, on any route."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import billhook_low_balance_notify
import pytest
from sqlalchemy import delete
from werkzeug.routing import Rule

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import PluginActivation, RateLimit, UserKind
from host_stub.plugins.installation import upgrade_tables
from host_stub.plugins.registry import Registry
from tests.security import fuzz
from tests.security.matrix import FORMS, MATRIX, USERS, Outcome
from tests.security.scene import Scene
from tests.support.web import Visitor, a_customer, a_user, an_app, store_of
from tests.support.world import a_reseller, an_account

#: What ends what the others need stands last.
LAST = ("operator.reseller_close", "operator.reseller_manager", "reseller.manager_change", "auth.sign_out")
#: The parts of addresses whose routes are not in the matrix.
OTHERWISE = {
    "name": "notes",
    "link": "news",
    "token": "bm90aGluZw.0123456789abcdef0123456789abcdef",
    "kind": "receipt",
    "action": "notify",
    "plugin": "cash_desk",
    "file": "notes.css",
    "digest": "0" * 16,
    "reseller_id": "1",
}


@pytest.fixture
def scene(database_url: str, clock: FixedClock) -> Iterator[Scene]:
    built = Scene(database_url, clock)
    yield built
    store_of(built.app).close()


def rules(scene: Scene) -> list[Rule]:
    found = sorted(scene.app.url_map.iter_rules(), key=lambda rule: (rule.endpoint in LAST, rule.rule))
    return [rule for rule in found if rule.endpoint != "static"]


def visitor(scene: Scene, rule: Rule) -> Visitor:
    """Return a browser of somebody whom the route lets in."""
    route = MATRIX.get(rule.endpoint)
    allowed = [role for role, outcome in route.expected.items() if outcome is Outcome.ALLOWED] if route else []
    return scene.visitor(allowed[0] if allowed else "anonymous")


def path(scene: Scene, rule: Rule, **odd: str) -> str:
    route = MATRIX.get(rule.endpoint)
    known = {**OTHERWISE, **scene.a.ids, "user_id": scene.a.users[USERS.get(rule.endpoint, "owner")]}
    known |= route.values if route else {}
    built = ""
    for is_dynamic, part in rule._trace:
        built += (odd.get(part) or quote(str(known.get(part, "x")), safe="")) if is_dynamic else part.lstrip("|")
    return built


def unhurried(scene: Scene) -> None:
    """Forget how often forms were sent: what is refused for that is not looked at."""
    with store_of(scene.app).write() as session:
        session.execute(delete(RateLimit))


class Answers:
    """Every answer that was none. `hear` returns the answer."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def hear(self, answer, about: object):
        answer.close()
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.request.method} {answer.request.path[:80]} {str(about)[:100]}: {answer.status}")
        return answer


@pytest.mark.long
def test_nothing_in_an_address_is_answered_500(scene: Scene) -> None:
    answers = Answers()
    for rule in rules(scene):
        for name in rule.arguments:
            is_number = type(rule._converters[name]).__name__ == "RowNumber"
            for text in fuzz.NUMBERS if is_number else fuzz.WORDS:
                for method in (rule.methods or set()) & {"GET", "POST"}:
                    who = visitor(scene, rule)
                    form = {"csrf_token": who.csrf()} if method == "POST" else None
                    answers.hear(who.client.open(path(scene, rule, **{name: text}), method=method, data=form), text)

    assert answers.wrong == []


@pytest.mark.long
def test_nothing_in_a_query_is_answered_500(scene: Scene) -> None:
    answers = Answers()
    for rule in rules(scene):
        if "GET" in (rule.methods or ()):
            for query in fuzz.QUERIES:
                answers.hear(visitor(scene, rule).get(path(scene, rule), query_string=query), query)

    assert answers.wrong == []


@pytest.mark.long
@pytest.mark.parametrize("one_by_one", [False, True])
def test_nothing_in_a_form_is_answered_500(scene: Scene, one_by_one: bool) -> None:
    answers = Answers()
    for rule in rules(scene):
        if "POST" not in (rule.methods or ()):
            continue
        page = visitor(scene, rule).get(path(scene, rule))
        offered = fuzz.Form(page.text).fields if page.status_code == 200 and page.mimetype == "text/html" else {}
        offered |= {name: str(scene.a.ids.get(word, word)) for name, word in FORMS.get(rule.endpoint, {}).items()}
        offered |= dict.fromkeys(("email", "password", "q", "name", "method_id", "payment_id", "once"), "")
        for number, form in enumerate(fuzz.odd_forms(offered, one_by_one=one_by_one)):
            if number % 10 == 0:
                unhurried(scene)
            answers.hear(visitor(scene, rule).post(path(scene, rule), form), form)

    assert answers.wrong == []


@pytest.mark.long
def test_no_body_and_no_header_is_answered_500(scene: Scene) -> None:
    answers = Answers()
    for rule in rules(scene):
        who = visitor(scene, rule)
        for headers in fuzz.HEADERS:
            answers.hear(who.client.get(path(scene, rule), headers=headers), headers)
        if "POST" in (rule.methods or ()):
            for content_type, body in fuzz.BODIES:
                answers.hear(who.client.post(path(scene, rule), data=body, content_type=content_type), body[:60])
                who = visitor(scene, rule)
                token = {"X-CSRFToken": who.csrf()}
                with_token = who.client.post(path(scene, rule), data=body, content_type=content_type, headers=token)
                answers.hear(with_token, body[:60])

    assert answers.wrong == []


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("/reseller/payments?before=99999999999999999999", 200),
        ("/reseller/payments?after=99999999999999999999", 200),
        ("/reseller/payments?before=9223372036854775807", 200),
        ("/reseller/payments?before=nonsense", 200),
        ("/reseller/payments?q=a%00b", 422),
        ("/reseller/payments/9223372036854775808", 404),
        ("/reseller/notification%00s", 404),
        ("/reseller/subscriptions/new?account=99999999999999999999", 404),
        ("/plugin/no%00tes/reseller/board", 404),
    ],
)
def test_what_no_row_can_have_is_unknown_and_what_no_text_can_hold_is_refused(
    scene: Scene, place: str, status: int
) -> None:
    assert scene.visitor("manager").get(place).status_code == status


@pytest.mark.parametrize("place", ["/sign-in", "/forgotten-password"])
@pytest.mark.parametrize("email", ["a\x00@b.example", "\x00"])
def test_a_nul_in_what_strangers_type_is_refused(scene: Scene, place: str, email: str) -> None:
    answer = scene.visitor("anonymous").post(place, {"email": email, "password": "x\x00"})

    assert answer.status_code == 422


PLUGIN = "low_balance_notify"


@pytest.fixture
def warned(database_url: str, clock: FixedClock) -> Iterator[tuple[Visitor, Visitor, Registry]]:
    """A customer and a manager with the pages of the shipped plugin that warns of low balances."""
    registry = Registry.of({PLUGIN: billhook_low_balance_notify})
    app = an_app(database_url, clock, registry=registry)
    upgrade_tables(store_of(app), registry.plugins[PLUGIN])
    with store_of(app).write() as session:
        reseller = a_reseller(session)
        session.add(PluginActivation(reseller_id=reseller.id, plugin=PLUGIN, enabled=True, changed_at=clock.now()))
        customer = a_customer(session, an_account(session, reseller), "owner@example.com").id
        manager = a_user(session, reseller, UserKind.MANAGER, "olga@example.com").id
    yield Visitor(app, customer), Visitor(app, manager), registry
    store_of(app).close()


@pytest.mark.parametrize("before", ["2147483648", fuzz.BEYOND_INT8, fuzz.HUGE, "-1", "0", "x", "\u0663"])
def test_a_number_that_no_warning_has_is_refused_and_pauses_nobody(
    warned: tuple[Visitor, Visitor, Registry], before: str
) -> None:
    customer, manager, registry = warned
    path = f"/plugin/{PLUGIN}/accounts/1/warnings"

    assert {customer.get(path, query_string={"before": before}).status_code for _ in range(24)} == {400}
    assert manager.get(f"/plugin/{PLUGIN}/reseller/warnings", query_string={"before": before}).status_code == 400

    assert customer.get(path, query_string={"before": "2147483647"}).status_code == 200
    assert customer.get(path).status_code == 200
    assert registry.guard(PLUGIN).failures == 0
