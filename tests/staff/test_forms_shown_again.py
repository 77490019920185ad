"""Every form that shows what it stored: it opens, and sent back as it stands it is taken and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.datastructures import MultiDict

from host_stub.persistence import Account, Plan, PluginActivation, Reseller
from tests.staff.conftest import Staff
from tests.staff.test_methods_room import picture, upload
from tests.support.web import Visitor


class _Form(HTMLParser):
    """The fields of the page's large form, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: MultiDict[str, Any] = MultiDict()
        self._found: list[MultiDict[str, Any]] = []
        self._text: list[str] | None = None
        self._select = self._first = ""
        self.feed(page)
        self.fields = max(self._found, key=len)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._found.append(MultiDict())
        elif tag == "input" and self._found and known.get("name", "_question").startswith("_question"):
            return  # without a name, or a form's question, which the script takes away when it is answered
        elif tag == "input" and self._found:
            self._input(known)
        elif tag == "textarea":
            self._text, self._select = [], known.get("name", "")
        elif tag == "select":
            self._select, self._first = known.get("name", ""), ""
        elif tag == "option" and self._select:
            self._first = self._first or known.get("value", "")
            if "selected" in known:
                self._found[-1][self._select] = known.get("value", "")

    def _input(self, known: dict[str, str]) -> None:
        kind = known.get("type", "text")
        if kind in ("checkbox", "radio"):
            if "checked" in known:
                self._found[-1].add(known["name"], known.get("value", "on"))
        elif kind not in ("submit", "file"):
            self._found[-1].add(known["name"], known.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None and self._found:
            self._found[-1][self._select] = re.sub(r"\A\r?\n", "", "".join(self._text))
            self._text = None
        elif tag == "select":
            self._found[-1].setdefault(self._select, self._first)
            self._select = ""


@pytest.fixture
def full(staff: Staff) -> Staff:
    """With everything stored that a form can store."""
    with staff.store.write() as session:
        row = session.get_one(Reseller, staff.reseller_id)
        row.logo, row.logo_type, row.accent, row.brand_name = picture(), "image/png", "#0b7a75", "Пример"
        row.site_url, row.sales_email, row.general_phone = "https://example.com", "a@example.com", "8 800 555-00-01"
        account = session.get_one(Account, staff.account_id)
        account.custom_attributes = {"contract": "№ 17", "b": "ё <&>"}
        account.email, account.city, account.inn, account.kpp = "c@example.com", "Москва", "7707083893", "770701001"
        at = staff.clock.now()
        session.add(PluginActivation(reseller_id=row.id, plugin="low_balance_notify", enabled=True, changed_at=at))
        session.add(Plan(reseller_id=row.id, name="Тариф", period="month", price_minor=590_00, created_at=at))
        method = session.get_one(type(staff.method(staff.bank_id)), staff.bank_id)
        method.icon, method.icon_type, method.description = picture(), "image/png", "<p>Счет &amp; QR</p>"
    return staff


Address = Callable[[Staff], str]
PAGES: dict[str, tuple[str, Address]] = {
    "reseller.settings": ("olga", lambda s: "/reseller/settings"),
    "reseller.method": ("olga", lambda s: f"/reseller/methods/{s.bank_id}"),
    "reseller.account_edit": ("olga", lambda s: f"/reseller/accounts/{s.account_id}/edit"),
    "reseller.seller_account": ("olga", lambda s: "/reseller/seller/accounts/1"),
    "reseller.plan": ("olga", lambda s: "/reseller/plans/1"),
    "reseller.notification_settings": ("olga", lambda s: "/reseller/notifications/low_balance_notify"),
    "reseller.method_settings": ("olga", lambda s: "/reseller/methods/settings/paymaster"),
    "operator.reseller_edit": ("operator", lambda s: f"/admin/resellers/{s.reseller_id}/edit"),
    "operator.plugin_settings": ("operator", lambda s: "/admin/plugins/check_cash/settings"),
}
#: Forms that begin empty; templates, which have a room and tests of their own; pages of plugins.
OTHERS = {
    "auth.reset_password", "auth.accept_invitation", "auth.change_password", "plugin.callback",
    "plugin_pages.customer", "plugin_pages.reseller", "plugin_pages.operator", "plugin_pages.link",
    "reseller.account_new", "reseller.account_users", "reseller.method_new", "reseller.payment_new",
    "reseller.payment_document_change", "reseller.seller_account_new",
    "reseller.plan_new", "reseller.staff", "reseller.subscription_new", "operator.reseller_new",
    "reseller.template", "reseller.template_of_all", "operator.plugin_template",
}  # fmt: skip


def rows(staff: Staff) -> list[Any]:
    with staff.store.read() as session:
        tables = ("reseller", "account", "plan", "payment_method", "plugin_setting", "seller_account")
        return [session.execute(text(f"select * from {table}")).all() for table in tables]


def send(visitor: Visitor, address: str, fields: MultiDict[str, Any]) -> Any:
    fields["csrf_token"] = visitor.csrf()
    return visitor.client.post(address, data=fields, content_type="multipart/form-data")


def test_every_form_that_shows_what_it_stored_is_walked(staff: Staff) -> None:
    twofold = {r.endpoint for r in staff.app.url_map.iter_rules() if {"GET", "POST"} <= (r.methods or set())}

    assert twofold - OTHERS == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_form_opens_with_what_it_stored_and_sent_back_changes_nothing(full: Staff, name: str) -> None:
    who, address = PAGES[name]
    visitor, path = full.visitor(who), address(full)
    page = visitor.get(path)
    assert page.status_code == 200
    assert send(visitor, path, _Form(page.text).fields).status_code == 303
    before = rows(full)

    again = send(visitor, path, _Form(visitor.get(path).text).fields)

    assert again.status_code == 303
    assert rows(full) == before


def test_a_logo_is_taken_off_again_by_the_reseller_and_by_the_operator(full: Staff) -> None:
    for who, path in (("olga", "/reseller/settings"), ("operator", f"/admin/resellers/{full.reseller_id}/edit")):
        visitor = full.visitor(who)
        fields = _Form(visitor.get(path).text).fields

        with_it, without = fields.copy(), fields.copy()
        with_it["logo"], without["without_logo"] = upload(picture()), "y"
        send(visitor, path, with_it)
        with_logo = full.reseller().logo
        send(visitor, path, without)

        assert with_logo == picture()
        assert full.reseller().logo is None
