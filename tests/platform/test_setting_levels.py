"""Settings of operator, reseller, method and account: who has the last word, what is kept, which secrets count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from billhook import Level, Setting, SettingKind
from sqlalchemy import delete, select, update

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import KeyRing, new_keys, rotated
from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import LogEntry, OperatorSetting, PaymentMethod, PluginSetting, Scope, Store, open_store
from host_stub.services.money_in import methods
from host_stub.services.settings import plugin_settings
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.setting_changes import Change
from host_stub.services.settings.setting_levels import standing
from tests.customer.fakes import CashDesk
from tests.support.world import MANAGER, World, a_reseller, rub

PLUGIN = "desk"


class Desk(CashDesk):
    """Everything may come from the operator, but sums."""

    name = PLUGIN
    settings = (
        Setting("shop", SettingKind.TEXT, "Shop", inherits_from=Level.OPERATOR, required=True),
        Setting("secret", SettingKind.SECRET, "Secret", inherits_from=Level.OPERATOR),
        Setting("test", SettingKind.SWITCH, "Test", inherits_from=Level.OPERATOR, default=False),
        Setting("days", SettingKind.NUMBER, "Days", inherits_from=Level.OPERATOR, default=3, maximum=9),
        Setting("limit", SettingKind.MONEY, "Limit", inherits_from=Level.RESELLER),
        Setting("note", SettingKind.MULTILINE, "Note", inherits_from=Level.OPERATOR, default="Hello"),
        Setting("paper", SettingKind.LIQUID, "Paper", inherits_from=Level.OPERATOR, stock="stock"),
        Setting("own", SettingKind.TEXT, "Own"),
    )


class Levels:
    """A reseller with one method of the plugin, and everybody who may set something."""

    def __init__(self, store: Store, clock: FixedClock, keys: KeyRing) -> None:
        self.store, self.clock, self.keys = store, clock, keys
        with store.write() as session:
            a_reseller(session, "Оператор", is_operator=True)
        self.world = World(store)
        self.operator, self.reseller = Owner(PLUGIN), Owner(PLUGIN, self.world.reseller_id)

    def set(self, owner: Owner, **values: object) -> None:
        self._change(owner, Change(values))

    def forget(self, owner: Owner, key: str, **values: object) -> None:
        self._change(owner, Change(values, forgotten=frozenset({key})))

    def give_up(self, owner: Owner, key: str) -> None:
        self._change(owner, Change(inherited=frozenset({key})))

    def _change(self, owner: Owner, change: Change) -> None:
        scope = Scope.everything() if owner.reseller_id is None else self.world.scope
        settings = tuple(setting for setting in Desk.settings if owner.level in setting.levels)
        plugin_settings.save_change(self.store, scope, owner, settings, change, by=MANAGER, keys=self.keys)

    def method(self, method_id: int | None = None, *, gives_up: str = "", forgets: str = "", **values: object) -> int:
        inherited, forgotten = frozenset({gives_up} - {""}), frozenset({forgets} - {""})
        return methods.save_method(
            self.store,
            self.world.scope,
            methods.MethodDraft("Desk", (), settings=values, inherited=inherited, forgotten=forgotten),
            provider=Desk,
            keys=self.keys,
            doctor=lambda view: [],
            by=MANAGER,
            method_id=method_id,
        )

    def view(self, method_id: int) -> Any:
        return methods.present_view(self.store, self.row(method_id), Desk, self.keys)

    def row(self, method_id: int) -> PaymentMethod:
        with self.store.read() as session:
            return session.get_one(PaymentMethod, method_id)


@pytest.fixture
def levels(database_url: str, clock: FixedClock) -> Iterator[Levels]:
    store = open_store(database_url, clock)
    yield Levels(store, clock, new_keys())
    store.close()


VALUES = {
    "shop": ("of-all", "of-the-reseller", "of-the-method"),
    "test": (True, False, True),
    "days": (5, 0, 7),
    "note": ("Of all", "", "Two\nlines"),
    "paper": ("<p>1</p>", "<p>2</p>", "<p>3</p>"),
}


@pytest.mark.parametrize("key", VALUES)
def test_the_nearest_level_has_the_last_word_and_going_back_lets_the_one_above_speak(levels: Levels, key: str) -> None:
    of_all, of_reseller, of_method = VALUES[key]
    method_id = levels.method(shop="x")
    levels.set(levels.operator, **{key: of_all})
    seen = []
    for step in (
        lambda: levels.method(method_id, gives_up=key),
        lambda: levels.set(levels.reseller, **{key: of_reseller}),
        lambda: levels.method(method_id, **{key: of_method}),
        lambda: levels.method(method_id, gives_up=key),
        lambda: levels.give_up(levels.reseller, key),
    ):
        step()
        seen.append(levels.view(method_id).settings[key])

    assert seen == [of_all, of_reseller, of_method, of_reseller, of_all]


def test_a_sum_is_inherited_in_the_reseller_s_currency(levels: Levels) -> None:
    method_id = levels.method(shop="x")

    levels.set(levels.reseller, limit=rub("15.50"))

    assert levels.view(method_id).settings["limit"] == rub("15.50")


def test_a_method_keeps_what_it_overrides_and_nothing_else(levels: Levels) -> None:
    levels.set(levels.reseller, shop="of-the-reseller", secret="a-secret", days=4)

    method_id = levels.method(own="mine", note="")

    row = levels.row(method_id)
    assert (row.settings, row.secrets) == ({"own": "mine", "note": ""}, {})
    assert levels.view(method_id).settings["note"] == "", "emptied on purpose"
    levels.method(method_id, gives_up="note")
    assert levels.row(method_id).settings == {"own": "mine"}


def test_what_is_required_may_come_from_above_but_must_come_from_somewhere(levels: Levels) -> None:
    with pytest.raises(InvalidSettings) as refused:
        levels.method()
    levels.set(levels.operator, shop="of-all")
    method_id = levels.method()

    assert [finding.setting for finding in refused.value.findings] == ["shop"]  # type: ignore[attr-defined]
    assert levels.view(method_id).settings["shop"] == "of-all"


def test_a_level_above_is_checked_by_the_same_rules_but_need_not_be_complete(levels: Levels) -> None:
    levels.set(levels.operator, days=9)

    with pytest.raises(InvalidSettings) as refused:
        levels.set(levels.operator, days=10)

    assert [finding.setting for finding in refused.value.findings] == ["days"]  # type: ignore[attr-defined]
    with levels.store.read() as session:
        assert dict(session.execute(select(OperatorSetting.key, OperatorSetting.value)).all()) == {"days": 9}


def test_it_can_be_told_where_a_value_comes_from(levels: Levels) -> None:
    method_id = levels.method(shop="mine")
    levels.set(levels.operator, days=5, secret="hush")
    levels.set(levels.reseller, note="Ours")

    with levels.store.read(levels.world.scope) as session:
        row = session.get_one(PaymentMethod, method_id)
        kept = methods.place_of(row, methods.kept_above(session, row, Desk, whole=True)).kept
    found = {setting.key: standing(setting, kept, Level.METHOD, levels.keys) for setting in Desk.settings}

    assert {key: (each.own, each.source, each.inherited) for key, each in found.items()} == {
        "shop": (True, None, ""),
        "secret": (False, Level.OPERATOR, True),
        "test": (False, None, False),
        "days": (False, Level.OPERATOR, 5),
        "limit": (False, None, None),
        "note": (False, Level.RESELLER, "Ours"),
        "paper": (False, None, "stock"),
        "own": (False, None, ""),
    }


def test_a_secret_is_encrypted_at_every_level_and_opens_after_the_keys_were_rotated(levels: Levels) -> None:
    method_id = levels.method(shop="x", secret="secret-of-the-method")
    levels.set(levels.operator, secret="secret-of-all")
    levels.set(levels.reseller, secret="secret-of-the-reseller")
    with levels.store.read() as session:
        stored = [*session.scalars(select(OperatorSetting.value)), *session.scalars(select(PluginSetting.value))]
        stored += [session.get_one(PaymentMethod, method_id).secrets]

    levels.keys = rotated(levels.keys)

    assert len(stored) == 3
    assert "secret-of" not in str(stored)
    seen = [levels.view(method_id).settings["secret"]]
    levels.method(method_id, gives_up="secret")
    seen.append(levels.view(method_id).settings["secret"])
    levels.give_up(levels.reseller, "secret")
    seen.append(levels.view(method_id).settings["secret"])
    assert seen == ["secret-of-the-method", "secret-of-the-reseller", "secret-of-all"]


@pytest.mark.parametrize("level", ["operator", "reseller"])
def test_an_inherited_secret_that_was_replaced_is_accepted_for_seven_days(levels: Levels, level: str) -> None:
    owner, method_id = getattr(levels, level), levels.method(shop="x")
    levels.set(owner, secret="first")
    levels.set(owner, secret="second")

    levels.clock.advance(days=6)
    within = levels.view(method_id).secrets("secret")
    levels.clock.advance(days=1)

    assert within == ("second", "first")
    assert levels.view(method_id).secrets("secret") == ("second",)


def test_what_was_inherited_until_a_nearer_secret_came_is_accepted_for_a_while(levels: Levels) -> None:
    method_id, other_id = levels.method(shop="x"), levels.method(shop="y")
    levels.set(levels.operator, secret="of-all-1")
    levels.clock.advance(hours=1)
    levels.set(levels.operator, secret="of-all-2")
    levels.clock.advance(hours=1)
    levels.set(levels.reseller, secret="of-the-reseller")
    levels.clock.advance(hours=1)
    levels.method(method_id, secret="own")

    assert levels.view(method_id).secrets("secret") == ("own", "of-the-reseller", "of-all-2", "of-all-1")
    assert levels.view(other_id).secrets("secret") == ("of-the-reseller", "of-all-2", "of-all-1")


def test_a_secret_given_up_for_an_inherited_one_is_accepted_for_a_while(levels: Levels) -> None:
    levels.set(levels.reseller, secret="of-the-reseller")
    method_id = levels.method(shop="x", secret="own")

    levels.method(method_id, gives_up="secret")

    assert levels.view(method_id).secrets("secret") == ("of-the-reseller", "own")
    levels.clock.advance(days=7)
    assert levels.view(method_id).secrets("secret") == ("of-the-reseller",)


def test_a_new_method_with_a_secret_of_its_own_accepts_no_other(levels: Levels) -> None:
    levels.set(levels.reseller, secret="of-the-reseller")

    assert levels.view(levels.method(shop="x", secret="own")).secrets("secret") == ("own",)


def test_secrets_replaced_above_never_count_where_a_nearer_one_held(levels: Levels) -> None:
    method_id = levels.method(shop="x", secret="own")

    levels.set(levels.operator, secret="of-all-1")
    levels.set(levels.operator, secret="of-all-2")

    assert levels.view(method_id).secrets("secret") == ("own",)


def test_of_a_leaked_secret_only_what_is_entered_instead_counts_from_now_on(levels: Levels) -> None:
    levels.set(levels.operator, secret="of-all")
    method_id = levels.method(shop="x", secret="own-1")
    levels.method(method_id, secret="own-2")

    levels.method(method_id, forgets="secret", secret="own-3")
    assert levels.view(method_id).secrets("secret") == ("own-3",)
    levels.method(method_id, forgets="secret")
    assert levels.view(method_id).secrets("secret") == ("of-all",)
    levels.forget(levels.operator, "secret", secret="of-all-2")
    assert levels.view(method_id).secrets("secret") == ("of-all-2",)
    levels.forget(levels.operator, "secret")
    assert levels.view(method_id).secrets("secret") == ()


def test_a_secret_forgotten_above_counts_nowhere_below_where_it_was_inherited_until_lately(levels: Levels) -> None:
    levels.set(levels.operator, secret="leaked")
    method_id, other_id = levels.method(shop="x"), levels.method(shop="y", secret="leaked")
    levels.set(levels.reseller, secret="of-the-reseller")
    levels.method(method_id, secret="own")
    assert levels.view(method_id).secrets("secret") == ("own", "of-the-reseller", "leaked")
    levels.keys = rotated(levels.keys)

    levels.forget(levels.operator, "secret", secret="new")

    assert levels.view(method_id).secrets("secret") == ("own", "of-the-reseller")
    assert levels.view(other_id).secrets("secret") == ("leaked",), "somebody entered it there"
    with levels.store.read() as session:
        told = session.execute(
            select(LogEntry.object_kind, LogEntry.object_id, LogEntry.details).order_by(LogEntry.id.desc()).limit(2)
        ).all()
    assert {(kind, whose) for kind, whose, _details in told} == {
        ("payment_method", method_id),
        ("reseller", levels.world.reseller_id),
    }
    assert all(details["fields"] == ["secret"] for _kind, _whose, details in told)
    assert levels.view(levels.method(shop="z")).secrets("secret") == ("of-the-reseller",)


def test_a_secret_forgotten_by_one_reseller_goes_on_counting_for_another(levels: Levels) -> None:
    levels.set(levels.operator, secret="of-all")
    with levels.store.write() as session:
        other = Owner(PLUGIN, a_reseller(session, "Another").id)
    plugin_settings.save(
        levels.store, Scope.everything(), other, Desk.settings, {"secret": "theirs"}, by=MANAGER, keys=levels.keys
    )

    levels.set(levels.reseller, secret="mine")
    levels.forget(levels.reseller, "secret", secret="of-all")
    levels.forget(levels.reseller, "secret")

    with levels.store.read() as session:
        rows = session.scalars(select(PluginSetting).where(PluginSetting.reseller_id == other.reseller_id)).all()
    assert [levels.keys.decrypt(each["value"]) for row in rows for each in row.value] == ["theirs", "of-all"]


def test_a_reseller_s_unit_reads_the_operator_s_values_and_never_writes_them(levels: Levels) -> None:
    levels.set(levels.operator, days=5)
    store, scope = levels.store, levels.world.scope

    with store.read(scope) as session:
        assert session.scalars(select(OperatorSetting.value)).all() == [5]
    with pytest.raises(AssertionError), store.write(scope) as session:
        session.add(OperatorSetting(plugin=PLUGIN, key="shop", value="mine"))
    with pytest.raises(AssertionError), store.write(scope) as session:
        session.scalars(select(OperatorSetting)).one().value = 1
    with pytest.raises(AssertionError), store.write(scope) as session:
        session.execute(update(OperatorSetting).values(value=1))
    with pytest.raises(AssertionError), store.write(scope) as session:
        session.execute(delete(OperatorSetting))
    with pytest.raises(AssertionError):
        plugin_settings.save(store, scope, levels.operator, Desk.settings, {"days": 1}, by=MANAGER)
    assert levels.view(levels.method(shop="x")).settings["days"] == 5


def test_who_changed_what_is_logged_by_key_alone_at_every_level(levels: Levels) -> None:
    levels.set(levels.operator, secret="hush-hush", days=5)
    levels.set(levels.reseller, secret="hush-hush", shop="ours")
    levels.method(levels.method(shop="x"), secret="hush-hush")

    with levels.store.read() as session:
        rows = session.scalars(select(LogEntry).where(LogEntry.action.contains("changed"))).all()
    assert [(row.action, row.details["fields"], row.actor) for row in rows] == [
        ("plugin.settings_of_all_changed", ["days", "secret"], str(MANAGER)),
        ("plugin.settings_changed", ["secret", "shop"], str(MANAGER)),
        ("payment_method.changed", ["secret"], str(MANAGER)),
    ]
    assert "hush" not in str([row.details for row in rows])


def test_another_reseller_s_values_are_not_inherited(levels: Levels) -> None:
    with levels.store.write() as session:
        other = a_reseller(session, "Другой").id
    settings = tuple(s for s in Desk.settings if Level.RESELLER in s.levels)
    plugin_settings.save(
        levels.store, Scope.reseller(other), Owner(PLUGIN, other), settings, {"days": 8}, by=MANAGER, keys=levels.keys
    )

    assert levels.view(levels.method(shop="x")).settings["days"] == 3


def test_a_plugin_s_validator_is_asked_outside_any_unit_and_refuses_for_every_level(levels: Levels) -> None:
    asked = []

    def picky(value: object) -> str | None:
        # A unit that writes would make this wait for ever on SQLite.
        levels.set(levels.operator, days=len(asked) + 1)
        asked.append(value)
        return "Not this one." if value == "bad" else None

    own = Setting("own", SettingKind.TEXT, "Own", inherits_from=Level.OPERATOR, validator=picky)

    class Picky(Desk):
        settings = (own,)

    for owner in (levels.operator, levels.reseller):
        plugin_settings.save(levels.store, Scope.everything(), owner, (own,), {"own": " good "}, by=MANAGER)
        with pytest.raises(InvalidSettings, match=r"Not this one\."):
            plugin_settings.save(levels.store, Scope.everything(), owner, (own,), {"own": "bad"}, by=MANAGER)
    draft = methods.MethodDraft("Desk", (), settings={"own": "bad"})
    with pytest.raises(InvalidSettings, match=r"Not this one\."):
        methods.save_method(
            levels.store,
            levels.world.scope,
            draft,
            provider=Picky,
            keys=levels.keys,
            doctor=lambda view: [],
            by=MANAGER,
        )

    assert asked == ["good", "bad", "good", "bad", "bad"]
