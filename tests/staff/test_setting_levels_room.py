"""Settings at several levels on their pages: what would be inherited is said, overriding and giving up are a tick."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from billhook import Finding, Level, MethodView, Setting, SettingKind, Severity
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.persistence import OperatorSetting, PaymentMethod, PluginSetting, UserKind
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import methods
from tests.customer.fakes import CashDesk, Plugin, Printer
from tests.staff.conftest import Staff
from tests.staff.test_methods_room import a_form, created, save
from tests.staff.test_settings_room import switch_on
from tests.support.web import Visitor, a_user, an_app, store_of
from tests.support.world import a_method, a_reseller

SHARED = "/reseller/methods/settings/paymaster"
OF_ALL = "/admin/plugins/low_balance_notify/settings"
WARNINGS = "/reseller/notifications/low_balance_notify"
SECRET = "shared-secret-0123456789"
MERCHANT = "shop-of-the-reseller"


def shared(**more: str) -> dict[str, str]:
    return {"setting_merchant_id": MERCHANT, "setting_secret": SECRET, "setting_hash_algorithm": "", **more}


def inheriting(**more: str) -> dict[str, Any]:
    """A method's form as it is drawn: nothing of the access is its own."""
    ticked = {f"inherit_{key}": "y" for key in ("merchant_id", "secret")}
    return a_form(setting_merchant_id="", setting_secret="", setting_hash_algorithm="", **ticked, **more)


def field(page: str, name: str) -> str:
    """Return the tag of a form control."""
    found = re.search(rf'<(?:input|select|textarea)[^>]*name="{name}"[^>]*>', page)
    assert found is not None, name
    return found[0]


def is_ticked(page: str, name: str) -> bool:
    return " checked" in field(page, name)


def seen(staff: Staff, method_id: int) -> MethodView:
    parts = staff.app.extensions["billhook"]
    provider = parts.registry.provider("paymaster")
    return methods.present_view(staff.store, staff.method(method_id), provider, parts.keys)


def test_the_operator_s_value_holds_until_a_reseller_overrides_it_and_again_when_he_gives_it_up(
    any_staff: Staff,
) -> None:
    switch_on(any_staff, "low_balance_notify")
    operator, olga = any_staff.visitor("operator"), any_staff.visitor("olga")

    assert operator.post(OF_ALL, {"setting_days_before": "7"}).status_code == 303
    page = unescape(olga.get(WARNINGS).text)
    assert "Наследовать (сейчас от оператора: 7)" in page
    assert is_ticked(page, "inherit_days_before")
    assert 'value="7"' not in field(page, "setting_days_before")

    olga.post(WARNINGS, {"setting_days_before": "2", "setting_threshold": "", "setting_recipients": ""})
    page = olga.get(WARNINGS).text
    assert 'value="2"' in field(page, "setting_days_before")
    assert not is_ticked(page, "inherit_days_before")

    olga.post(WARNINGS, {"setting_days_before": "2", "inherit_days_before": "y"})
    assert is_ticked(olga.get(WARNINGS).text, "inherit_days_before")
    with any_staff.store.read() as session:
        assert dict(session.execute(select(OperatorSetting.key, OperatorSetting.value)).all()) == {"days_before": 7}
        assert session.scalars(select(PluginSetting)).all() == []


def test_what_is_typed_beside_a_tick_that_was_there_before_counts(staff: Staff, olga: Visitor) -> None:
    """Without script the tick stays while somebody types: an empty field that was filled in is meant."""
    switch_on(staff, "low_balance_notify")

    olga.post(WARNINGS, {"setting_days_before": "4", "inherit_days_before": "y"})

    with staff.store.read() as session:
        assert dict(session.execute(select(PluginSetting.key, PluginSetting.value)).all()) == {"days_before": 4}


def test_a_changed_value_with_a_new_tick_is_asked_about(staff: Staff, olga: Visitor) -> None:
    switch_on(staff, "low_balance_notify")
    olga.post(WARNINGS, {"setting_days_before": "4"})

    answer = olga.post(WARNINGS, {"setting_days_before": "5", "inherit_days_before": "y"})

    assert answer.status_code == 422
    assert 'id="setting_days_before-error"' in answer.text
    assert 'value="5"' in field(answer.text, "setting_days_before")


def test_nothing_on_purpose_is_not_the_same_as_inherited(staff: Staff, olga: Visitor) -> None:
    switch_on(staff, "low_balance_notify")

    olga.post(WARNINGS, {"setting_days_before": ""})

    page = olga.get(WARNINGS).text
    assert not is_ticked(page, "inherit_days_before")
    with staff.store.read() as session:
        assert session.scalars(select(PluginSetting.value)).all() == [""]


def test_methods_of_one_shop_share_its_access_and_no_page_shows_the_secret(staff: Staff, olga: Visitor) -> None:
    answer = olga.post(SHARED, shared(setting_hash_algorithm="md5"))
    assert answer.status_code == 303
    for name in ("Карта", "СБП"):
        assert save(olga, "/reseller/methods/new/paymaster", inheriting(name=name)).status_code == 303

    with staff.store.read() as session:
        made = session.scalars(select(PaymentMethod).where(PaymentMethod.name.in_(["Карта", "СБП"]))).all()
    for row in made:
        view = seen(staff, row.id)
        assert (view.text("merchant_id"), view.text("secret"), view.text("hash_algorithm")) == (MERCHANT, SECRET, "md5")
        assert "merchant_id" not in row.settings
        page = olga.get(f"/reseller/methods/{row.id}").text
        assert f"Наследовать (сейчас из общих настроек способов: {MERCHANT})" in page
        assert "Наследовать (сейчас из общих настроек способов: задан)" in page
        assert "Наследовать (сейчас из общих настроек способов: MD5)" in page
    for address in (
        SHARED,
        answer.location,
        f"/reseller/methods/{made[0].id}",
        "/reseller/journal",
        "/reseller/methods",
    ):
        page = olga.get(address).text
        assert SECRET not in page
        assert "gAAAA" not in page, "nor as it is encrypted"
    assert SECRET not in olga.post(SHARED, shared(setting_merchant_id="a b")).text


def test_a_method_overrides_the_shared_secret_and_goes_back(staff: Staff, olga: Visitor) -> None:
    olga.post(SHARED, shared())
    method_id = created(staff, olga)
    address = f"/reseller/methods/{method_id}"
    assert seen(staff, method_id).secrets("secret") == ("topsecretvalue-0123456789",)
    assert not is_ticked(olga.get(address).text, "inherit_secret")

    save(olga, address, inheriting())

    assert seen(staff, method_id).secrets("secret") == (SECRET, "topsecretvalue-0123456789")
    page = olga.get(address).text
    assert is_ticked(page, "inherit_secret")
    assert "Прежнее значение принимается до 20.11.2020" in page
    assert "20.11.2020" in page


def test_a_replaced_shared_secret_is_told_where_it_is_set_and_where_it_is_inherited(
    staff: Staff, olga: Visitor
) -> None:
    olga.post(SHARED, shared())
    save(olga, "/reseller/methods/new/paymaster", inheriting(name="Карта"))
    with staff.store.read() as session:
        method_id = session.scalars(select(PaymentMethod.id).where(PaymentMethod.name == "Карта")).one()

    olga.post(SHARED, shared(setting_secret="another-secret-0123456789"))

    for address in (SHARED, f"/reseller/methods/{method_id}"):
        assert "Прежнее значение принимается до 20.11.2020" in olga.get(address).text
    assert seen(staff, method_id).secrets("secret") == ("another-secret-0123456789", SECRET)


def test_ticking_inherit_where_nothing_is_set_above_is_refused_for_what_is_required(
    staff: Staff, olga: Visitor
) -> None:
    answer = save(olga, "/reseller/methods/new/paymaster", inheriting())

    assert answer.status_code == 422
    assert 'id="setting_merchant_id-error"' in answer.text
    assert "Наследовать нечего" in answer.text


def test_a_change_that_would_break_methods_is_shown_before_it_is_made(staff: Staff, olga: Visitor) -> None:
    olga.post(SHARED, shared())
    save(olga, "/reseller/methods/new/paymaster", inheriting(name="Карта и СБП"))

    asked = olga.post(SHARED, shared(setting_merchant_id="", setting_secret=""))

    assert asked.status_code == 422
    assert "Пока ничего не сохранено" in asked.text
    assert "Карта и СБП" in asked.text
    assert "Site identifier" not in asked.text
    assert re.search(r"<strong>Ошибка:</strong>\s*Идентификатор сайта: Заполните", asked.text)
    with staff.store.read() as session:
        kept = dict(session.execute(select(PluginSetting.key, PluginSetting.value)).all())
    assert kept["merchant_id"] == MERCHANT

    saved = olga.post(SHARED, shared(setting_merchant_id="", setting_secret="", anyway="yes"))

    assert saved.status_code == 303
    assert "Карта и СБП" in olga.get(saved.location).text
    with staff.store.read() as session:
        assert "merchant_id" not in session.scalars(select(PluginSetting.key)).all()


def test_the_log_of_shared_settings_names_them_and_who_changed_them(staff: Staff, olga: Visitor) -> None:
    switch_on(staff, "low_balance_notify")
    olga.post(SHARED, shared())
    staff.visitor("operator").post(OF_ALL, {"setting_days_before": "7"})

    log = olga.get(SHARED).text
    log = log[log.index('class="log"') :]
    of_all = staff.visitor("operator").get(OF_ALL).text
    of_all = of_all[of_all.index('class="log"') :]

    assert "Секретный ключ" in log
    assert "Ольга Смирнова" in log
    assert "для всех реселлеров" in of_all
    assert "Ольга Смирнова" not in of_all
    assert "для всех реселлеров" not in olga.get("/reseller/journal").text


def test_a_plugin_that_is_off_shares_nothing(staff: Staff) -> None:
    other = staff.visitor("other")

    assert other.get(SHARED).status_code == 404
    assert other.post(SHARED, shared()).status_code == 404
    assert other.get("/reseller/templates/all/check_cash/invoice_template").status_code == 404
    assert "Общие настройки способов" not in other.get("/reseller/methods").text


class Shop(CashDesk):
    """Finds an error in what is called bad."""

    name = "shop"
    settings = (Setting("gate", SettingKind.TEXT, "Gate", inherits_from=Level.OPERATOR),)

    def check_settings(self, method: MethodView) -> list[Finding]:
        if method.text("gate") == "bad":
            return [Finding(Severity.ERROR, "The gate is bad.", "Choose another.", "gate")]
        return [Finding(Severity.OK, "The gate is good.")]


class Shops:
    """Two resellers with a method each; the second has a gate of his own."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.app = an_app(url, clock, registry=Registry.of({"shop": Plugin(Shop)}), renderer=Printer())
        self.store = store_of(self.app)
        with self.store.write() as session:
            root = a_reseller(session, "Оператор", is_operator=True)
            first, second = a_reseller(session, "Первый"), a_reseller(session, "Второй")
            a_method(session, first, "shop", name="Касса первого")
            a_method(session, second, "shop", name="Касса второго", settings={"gate": "own"})
            self.user_id = a_user(session, root, UserKind.MANAGER, "op@example.com").id
        self.operator = Visitor(self.app, self.user_id)


@pytest.fixture
def shops(sqlite_url: str, clock: FixedClock) -> Iterator[Shops]:
    opened = Shops(sqlite_url, clock)
    yield opened
    opened.store.close()


def test_the_operator_sees_whose_methods_a_change_breaks_and_may_make_it(shops: Shops) -> None:
    address = "/admin/plugins/shop/settings"

    asked = shops.operator.post(address, {"setting_gate": "bad"})
    saved = shops.operator.post(address, {"setting_gate": "bad", "anyway": "yes"})
    checked = shops.operator.get(saved.location)

    assert (asked.status_code, saved.status_code) == (422, 303)
    for page in (asked.text, checked.text):
        assert "Касса первого" in page
        assert "The gate is bad." in page
        assert "Choose another." in page
        assert "Касса второго" not in page
    assert "The gate is bad." not in shops.operator.get(address).text, "only after saving, or when asked"


def test_what_was_broken_before_does_not_ask_again(shops: Shops) -> None:
    address = "/admin/plugins/shop/settings"
    shops.operator.post(address, {"setting_gate": "bad", "anyway": "yes"})

    assert shops.operator.post(address, {"setting_gate": "bad"}).status_code == 303


OWN = "<html><body>{}</body></html>"


def test_a_template_of_the_operator_holds_until_a_nearer_one_is_saved(any_staff: Staff) -> None:
    operator, olga = any_staff.visitor("operator"), any_staff.visitor("olga")
    of_method = f"/reseller/templates/{any_staff.bank_id}/invoice_template"
    of_reseller = "/reseller/templates/all/check_cash/invoice_template"

    def drawn() -> str:
        parts = any_staff.app.extensions["billhook"]
        provider = parts.registry.provider("check_cash")
        row = any_staff.method(any_staff.bank_id)
        text = methods.present_view(any_staff.store, row, provider, parts.keys).text("invoice_template")
        return "stock" if len(text) > 200 else text

    steps = [drawn()]
    for visitor, address, text in (
        (operator, "/admin/plugins/check_cash/templates/invoice_template", "1"),
        (olga, of_reseller, "2"),
        (olga, of_method, "3"),
    ):
        assert visitor.post(address, {"source": OWN.format(text)}).status_code == 303
        steps.append(drawn())
    for address in (of_method, of_reseller):
        olga.post(f"{address}/restore")
        steps.append(drawn())
    operator.post("/admin/plugins/check_cash/templates/invoice_template/restore")

    assert steps == ["stock", *(OWN.format(n) for n in "12321")]
    assert drawn() == "stock"


def test_the_list_of_templates_says_where_each_comes_from(staff: Staff, olga: Visitor) -> None:
    staff.visitor("operator").post("/admin/plugins/check_cash/templates/invoice_template", {"source": OWN.format("1")})
    olga.post("/reseller/templates/all/check_cash/pd4_template", {"source": OWN.format("2")})

    page = olga.get("/reseller/templates").text

    assert page.count("от оператора") == 2, "for all methods, and for the method that inherits it"
    assert page.count("для всех способов") == 1
    assert page.count("ваш") >= 1


def test_a_template_for_all_is_looked_at_on_a_payment_of_any_of_its_methods(any_staff: Staff) -> None:
    payment_id = any_staff.payment()

    for who, address in (
        ("olga", "/reseller/templates/all/check_cash/invoice_template"),
        ("operator", "/admin/plugins/check_cash/templates/invoice_template"),
    ):
        answer = any_staff.visitor(who).post(
            f"{address}/preview", {"source": OWN.format("x"), "payment_id": payment_id}
        )

        assert answer.content_type == "application/pdf"
        assert OWN.format("x").encode() in answer.data
    assert any_staff.method(any_staff.bank_id).settings.get("invoice_template") is None
