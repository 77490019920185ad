"""What the plugin tells, decided without a panel: the reader is written by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import billhook_low_balance_notify as plugin
import pytest
from billhook import (
    AccountType,
    AccountView,
    BalanceThresholdCrossed,
    BalanceWatch,
    ChargeUncovered,
    ChargeWatch,
    Effect,
    Keep,
    Level,
    Money,
    Notify,
    ResellerView,
)
from billhook.i18n import use_language
from billhook_low_balance_notify import history

AT = datetime(2020, 11, 13, 9, tzinfo=UTC)
CROSSED = BalanceThresholdCrossed(
    reseller_id=1, account_id=7, key="low_balance", level_minor=500_00, balance_minor=490_00, at=AT
)
UNCOVERED = ChargeUncovered(
    reseller_id=1,
    account_id=7,
    key="charge_ahead",
    subscription_name="Сайт",
    due_at=datetime(2020, 11, 15, 21, tzinfo=UTC),
    amount_minor=300_00,
    missing_minor=100_00,
    balance_minor=200_00,
    at=AT,
)


def rub(minor: int) -> Money:
    return Money(minor, "RUB")


@dataclass
class FakeReader:
    """A reader over values that the test chose."""

    view: AccountView = field(
        default_factory=lambda: AccountView(
            id=7,
            reseller_id=1,
            type=AccountType.COMPANY,
            name="ООО «Ромашка»",
            balance=rub(490_00),
            threshold=rub(0),
            on_hold=False,
            language="ru",
        )
    )
    settings: dict[str, object] = field(default_factory=lambda: {"threshold": rub(500_00), "recipients": ""})
    silent: bool = False
    told: list[dict[str, object]] = field(default_factory=list)

    def account(self, account_id: int) -> AccountView:
        assert account_id == self.view.id
        return self.view

    def reseller(self) -> ResellerView:
        return ResellerView(id=1, name="ООО «Хостинг»", currency="RUB", timezone="Europe/Moscow")

    def setting(self, key: str, account_id: int | None = None) -> object:
        assert account_id == self.view.id
        return self.settings[key]

    def top_up_url(self, account_id: int, amount: Money | None = None) -> str:
        return f"https://panel.example/accounts/{account_id}/top-up" + (f"?amount={amount.plain()}" if amount else "")

    def link(self, name: str, subject: str) -> str:
        return f"https://panel.example/plugin/low_balance_notify/link/{name}/{subject}"

    def rows(
        self, table: str, where: dict[str, object], limit: int, *, newest_first: bool = False
    ) -> list[dict[str, object]]:
        if newest_first:
            assert (table, where) == (history.TABLE, {"account_id": self.view.id, "kind": "low_balance"})
            return self.told
        assert (table, where) == ("low_balance_notify_silence", {"account_id": self.view.id})
        return [{"id": 1, "account_id": self.view.id, "since": AT}] if self.silent else []

    def now_has(self, **changes: object) -> FakeReader:
        self.view = replace(self.view, **changes)  # type: ignore[arg-type]
        return self


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


def only(effects: list[Effect]) -> Notify:
    (notice,) = (effect for effect in effects if isinstance(effect, Notify))
    return notice


def kept(effects: list[Effect]) -> Keep:
    (row,) = (effect for effect in effects if isinstance(effect, Keep))
    return row


def test_no_sentence_ends_in_two_full_stops(reader: FakeReader) -> None:
    for effects in (
        plugin.billhook_balance_threshold_crossed(CROSSED, reader),
        plugin.billhook_charge_uncovered(UNCOVERED, reader.now_has(balance=rub(200_00))),
    ):
        assert ".." not in words(only(effects))


def words(effect: Notify, language: str = "ru") -> str:
    with use_language(language):
        return "\n".join(str(text) for text in (effect.subject, *effect.paragraphs))


def test_who_owes_reads_the_debt_and_where_services_stop(reader: FakeReader) -> None:
    reader.settings["threshold"] = rub(-4000_00)
    reader.now_has(balance=rub(-4100_00), threshold=rub(-5000_00))

    warning = only(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    told = words(warning).replace("\u00a0", " ")
    assert "Баланс −4 100,00 руб. — это ниже установленного порога (−4 000,00 руб.)." in told
    assert "Когда баланс дойдет до −5 000,00 руб., оказание услуг" in told
    assert "осталось" not in told
    english = words(warning, "en").replace("\u00a0", " ")
    assert "The balance is −RUB 4,100.00, below −RUB 4,000.00." in english


def test_a_crossing_is_told_with_the_balance_the_level_and_what_is_missing(reader: FakeReader) -> None:
    warning = only(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    assert words(warning).splitlines()[:2] == [
        "Баланс заканчивается: 490,00\u00a0руб.",
        "На балансе осталось 490,00\u00a0руб. — это меньше установленного порога (500,00\u00a0руб.).",
    ]
    assert "Пополните баланс на 10,00\u00a0руб. или больше" in words(warning)
    assert warning.button is not None
    assert warning.button[1] == "https://panel.example/accounts/7/top-up?amount=10.00"


def test_it_is_told_in_english_too(reader: FakeReader) -> None:
    warning = only(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    assert "RUB\u00a0490.00 are left on the balance" in words(warning, "en")


def test_in_hold_nothing_is_told_because_the_panel_does(reader: FakeReader) -> None:
    reader.now_has(on_hold=True)

    assert plugin.billhook_balance_threshold_crossed(CROSSED, reader) == []
    assert plugin.billhook_charge_uncovered(UNCOVERED, reader) == []


def test_a_balance_that_has_risen_to_the_level_meanwhile_is_no_news(reader: FakeReader) -> None:
    reader.now_has(balance=rub(500_00))

    assert plugin.billhook_balance_threshold_crossed(CROSSED, reader) == []


def test_a_level_that_was_taken_away_meanwhile_is_no_news(reader: FakeReader) -> None:
    reader.settings["threshold"] = None

    assert plugin.billhook_balance_threshold_crossed(CROSSED, reader) == []


def test_a_coming_charge_is_told_with_its_day_in_the_resellers_zone(reader: FakeReader) -> None:
    reader.now_has(balance=rub(200_00))

    warning = only(plugin.billhook_charge_uncovered(UNCOVERED, reader))

    assert "16.11.2020 будет списано 300,00\u00a0руб. за «Сайт»." in words(warning)
    assert "не хватает 100,00\u00a0руб." in words(warning)


@pytest.mark.parametrize(
    ("earlier", "floor", "balance"),
    [
        (0, 0, 200_00),
        (45_00, 0, 200_00),
        (45_00, 100_00, 200_00),
        (45_00, -50_00, 200_00),
        (45_00, 0, 170_00),  # two of the earlier charges were posted meanwhile
        (45_00, 0, 230_00),  # something came
        (45_00, -50_00, -20_00),
    ],
)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_reader_can_add_up_the_sums_of_a_coming_charge(
    reader: FakeReader, earlier: int, floor: int, balance: int, language: str
) -> None:
    needed = 300_00 + earlier + floor
    event = replace(UNCOVERED, earlier_minor=earlier, missing_minor=needed - 200_00)

    warning = only(plugin.billhook_charge_uncovered(event, reader.now_has(balance=rub(balance))))

    *parts, missing = sums_in(words(warning, language))
    assert parts[-1] == balance
    assert sum(parts) - 2 * balance == missing
    assert missing == needed - min(max(200_00 - balance, 0), earlier) - balance
    assert warning.button is not None
    assert warning.button[1].endswith(rub(missing).plain())


def sums_in(text: str) -> list[int]:
    russian = re.findall("(\u2212?)([0-9\u00a0]+),([0-9]{2})\u00a0руб", text)
    english = re.findall("(\u2212?)RUB\u00a0([0-9,]+)\\.([0-9]{2})", text)
    return [int(f"{sign and '-'}{re.sub('[^0-9]', '', whole)}{part}") for sign, whole, part in russian or english]


def test_the_sums_of_a_low_balance_add_up(reader: FakeReader) -> None:
    warning = only(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    _subject, balance, level, missing = sums_in(words(warning))
    assert level - balance == missing


def test_the_page_says_why_no_second_warning_came_and_when_one_will(reader: FakeReader) -> None:
    reader.told = [{"id": 1, "told_at": AT}]
    early = history.pause(reader, reader.view, AT + timedelta(days=2))  # type: ignore[arg-type]
    late = history.pause(reader, reader.view, AT + timedelta(days=3))  # type: ignore[arg-type]

    with use_language("ru"):
        assert str(early) == (
            "Вас предупредили 13.11.2020, 12:00. Пока баланс колеблется около 500,00\u00a0руб., до 16.11.2020, 12:00 "
            "новых предупреждений о нем не будет, если за это время он не достигнет 750,00\u00a0руб."
        )
    assert late == ""


def test_what_came_meanwhile_is_taken_off_what_is_missing(reader: FakeReader) -> None:
    reader.now_has(balance=rub(260_00))

    assert "не хватает 40,00\u00a0руб." in words(only(plugin.billhook_charge_uncovered(UNCOVERED, reader)))


def test_a_charge_that_is_covered_by_now_is_no_news(reader: FakeReader) -> None:
    reader.now_has(balance=rub(300_00))

    assert plugin.billhook_charge_uncovered(UNCOVERED, reader) == []


def test_the_people_whom_the_customer_named_are_warned(reader: FakeReader) -> None:
    reader.settings["recipients"] = "a@romashka.example, b@romashka.example\na@romashka.example"

    warning = only(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    assert warning.recipients == ("a@romashka.example", "b@romashka.example")


def test_without_names_the_host_chooses(reader: FakeReader) -> None:
    assert only(plugin.billhook_balance_threshold_crossed(CROSSED, reader)).recipients == ()


def test_every_mail_says_where_such_mails_are_ended(reader: FakeReader) -> None:
    for effects in (
        plugin.billhook_balance_threshold_crossed(CROSSED, reader),
        plugin.billhook_charge_uncovered(UNCOVERED, reader.now_has(balance=rub(200_00))),
    ):
        assert only(effects).unsubscribe == "https://panel.example/plugin/low_balance_notify/link/silence/7"


def test_whoever_wants_no_mails_is_warned_in_the_panel_alone(reader: FakeReader) -> None:
    reader.silent = True

    effects = plugin.billhook_balance_threshold_crossed(CROSSED, reader)

    assert (only(effects).by_mail, only(effects).in_panel) == (False, True)
    assert kept(effects).values["by_mail"] is False


def test_every_warning_is_kept_as_it_was_told(reader: FakeReader) -> None:
    row = kept(plugin.billhook_balance_threshold_crossed(CROSSED, reader))

    assert row.values == {
        "account_id": 7,
        "kind": "low_balance",
        "customer": "ООО «Ромашка»",
        "currency": "RUB",
        "balance_minor": 490_00,
        "missing_minor": 10_00,
        "by_mail": True,
        "told_at": AT,
    }


def test_every_watch_reads_a_declared_setting_of_the_right_level() -> None:
    levels = {setting.key: setting.level for setting in plugin.billhook_settings()}

    for watch in plugin.billhook_watches():
        wanted = {BalanceWatch: Level.ACCOUNT, ChargeWatch: Level.RESELLER}[type(watch)]
        assert levels[watch.setting] is wanted


def test_every_text_is_translated() -> None:
    title = plugin.billhook_plugin_title()
    texts = [title] + [t for s in plugin.billhook_settings() for t in (s.label, s.help)]

    for text in texts:
        with use_language("ru"):
            russian = str(text)
        with use_language("en"):
            assert russian != str(text)
