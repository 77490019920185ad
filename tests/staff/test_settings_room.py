"""The reseller's settings, staff, notifications and mails."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from host_stub.persistence import (
    Account,
    AccountAccess,
    Mail,
    Outbox,
    PluginActivation,
    PluginSetting,
    User,
)
from host_stub.persistence.sales import ChargingFailure
from host_stub.persistence.store import now
from host_stub.services.telling import mails
from tests.staff.conftest import Staff
from tests.staff.test_methods_room import SVG, picture, save, upload
from tests.support.web import Visitor


def a_form(**more: Any) -> MultiDict[str, Any]:
    form: MultiDict[str, Any] = MultiDict(
        {
            "name": "ООО «Пример»",
            "brand_name": "Пример",
            "accent": "#ffcc00",
            "site_url": "https://example.com",
            "sales_email": "sales@example.com",
            "billing_email": "",
            "accounting_email": "",
            "support_email": "",
            "general_phone": "8 800 000-00-00",
            "sales_phone": "",
            "timezone": "Asia/Yekaterinburg",
            "language": "ru",
            "number_mask": "AP-######",
            "min_top_up": "50",
            "max_top_up": "1 000",
            "payment_lifetime_days": "14",
            "provisioning_url": "https://hosting.example/hook",
            "provisioning_secret": "",
        }
    )
    # One by one: as part of the mapping, an upload's pair would count as two values.
    for name, value in more.items():
        form[name] = value
    return form


def test_settings_are_kept_and_the_secret_is_encrypted(staff: Staff, olga: Visitor) -> None:
    secret = "provisioning-secret-17"

    answer = save(olga, "/reseller/settings", a_form(provisioning_secret=secret))

    assert answer.status_code == 303
    row = staff.reseller()
    assert (row.brand_name, row.timezone, row.number_mask) == ("Пример", "Asia/Yekaterinburg", "AP-######")
    assert (row.min_top_up_minor, row.max_top_up_minor, row.payment_lifetime_days) == (50_00, 1000_00, 14)
    assert row.provisioning_secret is not None
    assert secret not in row.provisioning_secret
    assert staff.app.extensions["billhook"].keys.decrypt(row.provisioning_secret) == secret
    assert secret not in olga.get("/reseller/settings").text


def test_an_empty_secret_keeps_the_present_one(staff: Staff, olga: Visitor) -> None:
    save(olga, "/reseller/settings", a_form(provisioning_secret="provisioning-secret-17"))
    kept = staff.reseller().provisioning_secret

    save(olga, "/reseller/settings", a_form())

    assert staff.reseller().provisioning_secret == kept


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("accent", "red"),
        ("accent", "#12345"),
        ("number_mask", "AP"),
        ("number_mask", "##-##"),
        ("max_top_up", "49"),
        ("min_top_up", "0"),
        ("payment_lifetime_days", "0"),
        ("site_url", "javascript:alert(1)"),
        ("sales_email", "nobody"),
        ("provisioning_url", "ftp://example.com"),
        ("provisioning_secret", "short"),
        ("timezone", "Mars/Phobos"),
        ("name", ""),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_kept(staff: Staff, olga: Visitor, field: str, text: str) -> None:
    answer = save(olga, "/reseller/settings", a_form(**{field: text}))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert staff.reseller().brand_name == ""


def test_a_logo_is_a_raster_picture(staff: Staff, olga: Visitor) -> None:
    refused = save(olga, "/reseller/settings", a_form(logo=upload(SVG, "logo.png")))
    save(olga, "/reseller/settings", a_form(logo=upload(picture())))

    assert refused.status_code == 422
    assert (staff.reseller().logo, staff.reseller().logo_type) == (picture(), "image/png")


def test_the_page_says_what_becomes_of_a_colour(staff: Staff, olga: Visitor) -> None:
    save(olga, "/reseller/settings", a_form(accent="#ffcc00"))

    page = olga.get("/reseller/settings").text

    assert "темный текст, контраст" in page
    assert "Ссылки на светлых страницах станут #" in page


def test_the_currency_is_not_changed_by_a_form(staff: Staff, olga: Visitor) -> None:
    save(olga, "/reseller/settings", a_form(currency="USD"))

    assert staff.reseller().currency == "RUB"


def test_a_manager_is_invited_blocked_and_let_in_again(any_staff: Staff) -> None:
    olga = any_staff.visitor("olga")

    olga.post("/reseller/staff", {"name": "Ирина", "email": "irina@example.com", "language": "ru"})
    with any_staff.store.read() as session:
        user = session.scalars(select(User).where(User.email == "irina@example.com")).one()
        assert session.scalars(select(Mail).where(Mail.recipient == user.email)).one().category == "invitation"
    states = []
    for act in ("off", "on"):
        olga.post(f"/reseller/staff/{user.id}", {"act": act})
        states.append(any_staff.row(User, user.id).active)

    assert user.reseller_id == any_staff.reseller_id
    assert states == [False, True]


def test_nobody_blocks_himself(staff: Staff, olga: Visitor) -> None:
    olga.post(f"/reseller/staff/{staff.people['olga']}", {"act": "off"})

    assert staff.row(User, staff.people["olga"]).active


def test_a_blocked_manager_is_out_at_once(staff: Staff, olga: Visitor) -> None:
    petr = staff.visitor("petr")
    before = petr.get("/reseller/").status_code

    olga.post(f"/reseller/staff/{staff.people['petr']}", {"act": "off"})

    assert before == 200
    assert petr.get("/reseller/").status_code == 303


def test_another_reseller_s_staff_is_out_of_reach(staff: Staff, olga: Visitor) -> None:
    other = staff.people["other"]

    assert olga.get(f"/reseller/staff/{other}").status_code == 404
    assert olga.post(f"/reseller/staff/{other}", {"act": "off"}).status_code == 404
    assert staff.row(User, other).active


def switch_on(staff: Staff, plugin: str) -> None:
    with staff.store.write() as session:
        session.add(
            PluginActivation(reseller_id=staff.reseller_id, plugin=plugin, enabled=True, changed_at=now(session))
        )


def test_a_plugin_s_settings_hold_for_customers_who_set_nothing(any_staff: Staff) -> None:
    switch_on(any_staff, "low_balance_notify")
    olga = any_staff.visitor("olga")
    form = {"setting_threshold": "150", "setting_recipients": "a@example.com", "setting_days_before": "5"}

    olga.post("/reseller/notifications/low_balance_notify", form)

    with any_staff.store.read() as session:
        kept = {row.key: row.value for row in session.scalars(select(PluginSetting))}
    assert kept == {"threshold": 150_00, "recipients": "a@example.com", "days_before": 5}
    assert "Изменены настройки модуля" in olga.get("/reseller/settings").text
    page = olga.get("/reseller/notifications/low_balance_notify").text
    assert 'value="150,00"' in page
    assert "Забыть этот секрет" not in page


@pytest.mark.parametrize(
    ("field", "text"), [("threshold", "-1"), ("threshold", "x"), ("recipients", "x"), ("days_before", "99")]
)
def test_a_plugin_s_setting_that_cannot_be_is_told(staff: Staff, olga: Visitor, field: str, text: str) -> None:
    switch_on(staff, "low_balance_notify")
    form = {"setting_threshold": "150", "setting_recipients": "", "setting_days_before": "5", f"setting_{field}": text}

    answer = olga.post("/reseller/notifications/low_balance_notify", form)

    assert answer.status_code == 422
    assert f'id="setting_{field}-error"' in answer.text


def test_a_plugin_that_is_off_has_no_page(staff: Staff, olga: Visitor) -> None:
    assert olga.get("/reseller/notifications/low_balance_notify").status_code == 404


def a_mail(staff: Staff, status: str, **more: Any) -> int:
    with staff.store.write() as session:
        values = {
            "category": "hold",
            "recipient": "anna@example.com",
            "subject": f"Письмо {status}",
            "text": "Текст <b>письма</b>",
            "html": "",
            "message_id": f"<{status}>",
            "once_key": status,
            "status": status,
            "last_error": "550 no such user" if status == "refused" else "",
        }
        row = Mail(reseller_id=staff.reseller_id, created_at=now(session), **{**values, **more})
        session.add(row)
        session.flush()
        return row.id


def test_mails_are_listed_with_what_became_of_them(any_staff: Staff) -> None:
    made = {status: a_mail(any_staff, status) for status in ("queued", "sent", "refused")}
    olga = any_staff.visitor("olga")

    only_refused = olga.get("/reseller/mails?status=refused").text
    detail = olga.get(f"/reseller/mails/{made['refused']}").text

    assert "Письмо refused" in only_refused
    assert "Письмо sent" not in only_refused
    assert "550 no such user" in detail
    assert "Текст &lt;b&gt;письма" in detail
    assert "/reseller/mails?status=refused" in olga.get("/reseller/").text
    assert any_staff.visitor("other").get(f"/reseller/mails/{made['sent']}").status_code == 404


def test_everything_on_the_start_page_leads_to_what_it_counts(any_staff: Staff) -> None:
    staff, olga = any_staff, any_staff.visitor("olga")
    with staff.store.write() as session:
        at = now(session)
        session.add_all(
            [
                ChargingFailure(
                    reseller_id=staff.reseller_id,
                    account_id=staff.account_id,
                    error="x",
                    count=1,
                    first_at=at,
                    last_at=at,
                    retry_at=at,
                ),
                Outbox(
                    reseller_id=staff.reseller_id,
                    receiver="mail",
                    lane="mail:1",
                    kind="send",
                    payload={},
                    created_at=at,
                    last_error="broken pipe",
                    dead_at=at,
                ),
            ]
        )
        # Nobody of this account looks after its money.
        account = session.get_one(Account, staff.account_id)
        account.email, account.on_hold_since = "", at
        session.execute(delete(AccountAccess).where(AccountAccess.account_id == account.id))
        mails.hold_entered(session, account)
    start = olga.get("/reseller/").text
    for address, shown in (
        ("/reseller/accounts?status=not_charged", "Ромашка"),
        ("/reseller/accounts?status=unreachable", "Ромашка"),
        ("/reseller/deliveries", "broken pipe"),
    ):
        assert f'href="{address}"' in start, address
        assert shown in olga.get(address).text, address
    assert "Ромашка" not in olga.get("/reseller/accounts?status=stopping").text
