"""«Settings»: what plugins let a customer decide."""

from __future__ import annotations

import pytest
from billhook import Money
from sqlalchemy import select

from host_stub.adapters.keys import KeyRing, new_keys
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import BalanceWatch, LogEntry, Outbox, PluginActivation, PluginSetting
from host_stub.persistence.store import now
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.setting_changes import Change
from tests.customer.fakes import WATCHED
from tests.customer.seed import Room
from tests.support.web import Visitor
from tests.support.world import MANAGER, rub

THRESHOLD, RECIPIENTS, DAYS, KEY = WATCHED


def switch_on(room: Room) -> None:
    with room.store.write() as session:
        session.add(
            PluginActivation(reseller_id=room.reseller_id, plugin="warner", enabled=True, changed_at=now(session))
        )


def values(room: Room, account_id: int | None = None, keys: KeyRing | None = None) -> dict[str, object]:
    with room.store.read(room.scope) as session:
        return plugin_settings.effective(session, Owner("warner", room.reseller_id, account_id), WATCHED, keys)


def save_for_reseller(room: Room, given: dict[str, object], keys: KeyRing | None = None, **more: object) -> None:
    owner = Owner("warner", room.reseller_id)
    change = Change(given, **more)  # type: ignore[arg-type]
    plugin_settings.save_change(room.store, room.scope, owner, WATCHED, change, by=MANAGER, keys=keys)


def crossings(room: Room) -> int:
    with room.store.read() as session:
        return len(session.scalars(select(Outbox).where(Outbox.receiver == "plugin:warner")).all())


def test_a_plugin_that_is_off_for_the_reseller_has_no_settings(owner: Visitor, room: Room) -> None:
    assert "Warnings" not in owner.get(room.path("/settings")).text
    assert owner.post(room.path("/settings/warner"), {"warner-setting_threshold": "5"}).status_code == 404

    switch_on(room)

    page = owner.get(room.path("/settings")).text
    assert "Warnings" in page
    assert "Threshold" in page
    assert "Days" not in page, "the reseller's own"


def test_three_digits_behind_one_point_are_asked_about_in_a_plugins_setting(owner: Visitor, room: Room) -> None:
    switch_on(room)
    form = {"warner-setting_threshold": "50.000", "warner-setting_recipients": ""}

    asked = owner.post(room.path("/settings/warner"), form)
    assert asked.status_code == 422
    assert 'type="radio" name="warner-setting_threshold_meant" value="50000.00"' in asked.text

    owner.post(room.path("/settings/warner"), form | {"warner-setting_threshold_meant": "50000.00"})
    assert values(room, room.account_id)["threshold"] == rub("50000.00")


def test_a_threshold_is_kept_as_whole_minor_units_and_watched(owner: Visitor, room: Room) -> None:
    switch_on(room)

    answer = owner.post(
        room.path("/settings/warner"),
        {"warner-setting_threshold": "1 500,50", "warner-setting_recipients": " a@example.com, b@example.com "},
    )

    with room.store.read() as session:
        stored = {row.key: row.value for row in session.scalars(select(PluginSetting))}
        watch = session.scalars(select(BalanceWatch)).one()
        line = session.scalars(select(LogEntry).where(LogEntry.action == "account.settings_changed")).one()
    assert answer.status_code == 303
    assert stored == {"threshold": 1500_50, "recipients": "a@example.com, b@example.com"}
    assert (watch.account_id, watch.level_minor) == (room.account_id, 1500_50)
    assert line.details["fields"] == ["recipients", "threshold"]
    assert 'value="1\u00a0500,50"' in owner.get(room.path("/settings")).text


#: More than get a mail each.
MANY = ", ".join(f"a{number}@e.example" for number in range(51))


@pytest.mark.parametrize(
    "field",
    [("threshold", "5,000"), ("threshold", "-1"), ("recipients", "a@example.com, nobody"), ("recipients", MANY)],
)
def test_what_cannot_be_read_is_explained_and_kept_in_the_form(
    owner: Visitor, room: Room, field: tuple[str, str]
) -> None:
    switch_on(room)
    name, text = f"warner-setting_{field[0]}", field[1]

    answer = owner.post(room.path("/settings/warner"), {name: text})

    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert text in answer.text
    with room.store.read() as session:
        assert session.scalars(select(PluginSetting)).all() == []


def test_the_own_value_wins_over_the_resellers_and_that_over_the_default(room: Room) -> None:
    account = room.account_id
    assert values(room, account)["threshold"] is None
    assert values(room)["days"] == 3

    save_for_reseller(room, {"threshold": rub("100.00"), "days": 5})
    assert (values(room, account)["threshold"], values(room)["days"]) == (rub("100.00"), 5)

    owner = Owner("warner", room.reseller_id, account)
    plugin_settings.save(room.store, room.scope, owner, WATCHED, {"threshold": rub("7.00")}, by=MANAGER)
    assert values(room, account)["threshold"] == rub("7.00")
    assert values(room, room.neighbour_id)["threshold"] == rub("100.00")


def test_an_empty_field_means_none_and_reset_means_the_resellers(owner: Visitor, room: Room) -> None:
    switch_on(room)
    save_for_reseller(room, {"threshold": rub("100.00")})

    owner.post(room.path("/settings/warner"), {"warner-setting_threshold": ""})
    emptied = values(room, room.account_id)["threshold"]
    with room.store.read() as session:
        watched = [w.account_id for w in session.scalars(select(BalanceWatch))]
    owner.post(room.path("/settings/warner/reset"))

    assert emptied is None
    assert room.account_id not in watched
    assert values(room, room.account_id)["threshold"] == rub("100.00")
    with room.store.read() as session:
        assert room.account_id in [w.account_id for w in session.scalars(select(BalanceWatch))]


def test_a_level_raised_above_the_balance_warns_once(any_room: Room) -> None:
    switch_on(any_room)
    any_room.approve(any_room.payment("500"), "500.00")
    owner = Owner("warner", any_room.reseller_id, any_room.account_id)

    for level in ("400.00", "600.00", "600.00", "700.00"):
        plugin_settings.save(any_room.store, any_room.scope, owner, WATCHED, {"threshold": rub(level)}, by=MANAGER)

    assert crossings(any_room) == 1


def test_a_resellers_level_is_taken_over_by_every_account(any_room: Room) -> None:
    switch_on(any_room)
    any_room.approve(any_room.payment("500"), "500.00")

    save_for_reseller(any_room, {"threshold": rub("600.00")})

    with any_room.store.read() as session:
        levels = {w.account_id: (w.level_minor, w.armed) for w in session.scalars(select(BalanceWatch))}
    assert levels[any_room.account_id] == (600_00, False)
    assert any_room.stranger_id not in levels
    assert crossings(any_room) == 1, "accounts at nought that never moved are not warned"


def test_a_secret_is_encrypted_kept_when_left_empty_and_forgotten_on_request(room: Room) -> None:
    keys = new_keys()
    save_for_reseller(room, {"key": "hush"}, keys)
    save_for_reseller(room, {"key": ""}, keys)

    with room.store.read() as session:
        stored = session.scalars(select(PluginSetting.value)).one()
    assert "hush" not in str(stored)
    assert values(room, keys=keys)["key"] == "hush"
    assert values(room)["key"] == ""

    save_for_reseller(room, {}, keys, forgotten=frozenset({"key"}))
    assert values(room, keys=keys)["key"] == ""


def test_wrong_values_are_refused_as_a_whole(room: Room) -> None:
    with pytest.raises(InvalidSettings) as refused:
        save_for_reseller(room, {"threshold": rub("5.00"), "days": 32})

    assert [finding.setting for finding in refused.value.findings] == ["days"]  # type: ignore[attr-defined]
    assert values(room)["threshold"] is None


def test_saving_the_same_again_writes_no_line(room: Room) -> None:
    for _ in range(2):
        save_for_reseller(room, {"threshold": Money(5_00, "RUB"), "days": 3})

    with room.store.read() as session:
        assert len(session.scalars(select(LogEntry).where(LogEntry.action == "plugin.settings_changed")).all()) == 1


def test_a_customer_sees_what_the_provider_set_and_goes_back_to_it_field_by_field(owner: Visitor, room: Room) -> None:
    switch_on(room)
    save_for_reseller(room, {"threshold": rub("100.00")})
    path = room.path("/settings/warner")

    assert "Как у провайдера: 100,00" in owner.get(room.path("/settings")).text
    owner.post(path, {"warner-setting_threshold": "250", "warner-setting_recipients": "a@example.com"})
    overridden = values(room, room.account_id)
    owner.post(
        path,
        {
            "warner-setting_threshold": "250,00",
            "warner-inherit_threshold": "y",
            "warner-setting_recipients": "a@example.com",
        },
    )

    assert overridden["threshold"] == rub("250.00")
    assert values(room, room.account_id)["threshold"] == rub("100.00")
    assert values(room, room.account_id)["recipients"] == "a@example.com"
    with room.store.read() as session:
        levels = [
            watch.level_minor for watch in session.scalars(select(BalanceWatch)) if watch.account_id == room.account_id
        ]
    assert levels == [100_00]
