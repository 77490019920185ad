"""Three months of two resellers: each account's story told by itself, all played together in the order of time."""

from __future__ import annotations

from billhook import AccountType

from host_stub.demo import firms
from host_stub.demo.acts import BANK, GATEWAY, PLUGINS, Shop
from host_stub.demo.stage import Story, TimeMachine
from host_stub.domain.actors import Actor
from host_stub.persistence import AccessLevel
from host_stub.services.people.users import NewUser

START_DAYS_AGO = 97
PEOPLE = (AccountType.PERSON, AccountType.SOLE_PROPRIETOR)
EVERYBODY = tuple(AccountType)


def tell(hosting: Shop, studio: Shop, time: TimeMachine, operator: Actor, gateway_settings: dict[str, object]) -> None:
    """Set both resellers up and play everything up to now."""
    _open_hosting(hosting, operator, gateway_settings)
    _open_studio(studio, operator, gateway_settings)
    time.play(
        _company(hosting, time),
        _sole_proprietor(hosting, time),
        _person(hosting, time),
        _on_hold(hosting, time),
        _running_low(hosting, time),
        _on_credit(hosting, time),
        _newcomers(hosting, time),
        _staff(hosting, time, operator),
        _studio_people(studio, time),
        _studio_company(studio, time),
    )


def _open_hosting(shop: Shop, operator: Actor, gateway_settings: dict[str, object]) -> None:
    shop.open(firms.HOSTING, firms.HOSTING_MANAGERS[0], by=operator, first_number=firms.HOSTING_FIRST_NUMBER)
    shop.switch_on(PLUGINS, by=operator)
    shop.sells_as(firms.HOSTING_SELLER)
    shop.offer(BANK, "Банковский перевод", firms.BANK_TEXT, EVERYBODY, dict(firms.HOSTING_BILL))
    # The access is set once for all methods of the gateway; the studio's method has its own.
    address = {"payment_address": gateway_settings["payment_address"]}
    shop.share(GATEWAY, {key: value for key, value in gateway_settings.items() if key not in address})
    shop.offer(GATEWAY, "PayMaster", firms.GATEWAY_TEXT, PEOPLE, address)
    shop.sell(firms.HOSTING_PLANS)
    shop.warn_below("300.00")


def _open_studio(shop: Shop, operator: Actor, gateway_settings: dict[str, object]) -> None:
    shop.open(firms.STUDIO, firms.STUDIO_MANAGERS[0], by=operator)
    shop.switch_on(PLUGINS, by=operator)
    shop.sells_as(firms.STUDIO_SELLER)
    shop.offer(BANK, "Банковский перевод", firms.BANK_TEXT, EVERYBODY, dict(firms.STUDIO_BILL))
    shop.offer(GATEWAY, "PayMaster", firms.GATEWAY_TEXT, PEOPLE, gateway_settings)
    shop.sell(firms.STUDIO_PLANS)
    shop.warn_below("100.00")


def _company(shop: Shop, time: TimeMachine) -> Story:
    """Pays by bank; every state that a payment can have."""
    yield time.day(95, 10)
    client = shop.welcome(firms.COMPANY, firms.COMPANY_OWNER)
    shop.admit(client, firms.COMPANY_ADMIN, AccessLevel.ADMIN)
    finance = shop.admit(client, firms.COMPANY_FINANCE, AccessLevel.FINANCE_MANAGER)
    shop.admit(client, firms.COMPANY_USER, AccessLevel.USER)
    shop.warn_below("1000.00", client, "finance@romashka.example, office@romashka.example")
    shop.subscribe(client, "business", "Сайт romashka.example")
    yield time.day(93, 11)
    yield from shop.by_bank(finance, "10000.00", "101", purpose="Аванс по договору № 17-Х")
    shop.subscribe(client, "backup", activate=True)
    yield time.day(60, 15)
    yield from shop.by_bank(finance, "5000.00", "124", days=2)
    yield time.day(45, 9)
    unwanted = shop.ask(client, "3000.00")
    shop.choose(client, unwanted, BANK)
    yield time.later(minutes=20)
    shop.cancel(unwanted, client.actor)
    yield time.day(40, 17)
    shop.ask(client, "2500.00", "Еще один сервер")
    yield time.day(30, 12)
    short = shop.ask(finance, "5000.00")
    shop.choose(finance, short, BANK)
    yield time.day(28, 16)
    shop.approve(short, "4500.00", "139")
    yield time.day(20, 10)
    mistaken = shop.ask(finance, "7000.00")
    shop.choose(finance, mistaken, BANK)
    yield time.day(19, 10)
    shop.approve(mistaken, "7000.00", "147")
    yield time.day(19, 15)
    shop.take_back(mistaken, "Зачислен чужой платеж: плательщик с похожим названием")
    yield time.day(12, 13)
    shop.correct(client, "500.00", "Компенсация за простой 14 часов по договору")
    yield time.day(4, 10)
    shop.subscribe(client, "cloud", "Тестовый сервер", activate=True)
    yield time.ago(hours=30)
    shop.subscribe(client, "start", "Сервер 1С")
    yield time.ago(hours=6)
    waiting = shop.ask(finance, "5000.00", "Хостинг за два месяца")
    shop.choose(finance, waiting, BANK)


def _sole_proprietor(shop: Shop, time: TimeMachine) -> Story:
    """Pays by card: paid twice once, and two messages that did not fit."""
    yield time.day(90, 12)
    client = shop.welcome(firms.SOLE_PROPRIETOR, firms.SOLE_PROPRIETOR_OWNER)
    shop.subscribe(client, "start", "Магазин")
    yield time.day(88, 19)
    yield from shop.by_gateway(client, "3000.00")
    shop.subscribe(client, "backup", activate=True)
    yield time.day(50, 20)
    twice = shop.ask(client, "1000.00")
    shop.choose(client, twice, GATEWAY)
    yield time.later(minutes=4)
    shop.notified(twice, "1000.00")
    yield time.later(minutes=3)
    shop.notified(twice, "1000.00")
    yield time.day(15, 18)
    cancelled = shop.ask(client, "1500.00")
    shop.choose(client, cancelled, GATEWAY)
    yield time.later(minutes=2)
    shop.cancel(cancelled, client.actor)
    yield time.later(minutes=9)
    shop.notified(cancelled, "1500.00")
    yield time.day(14, 10)
    shop.credit_parked(client, "Клиент оплатил отмененный платеж, зачислено по его просьбе")
    yield time.ago(hours=50)
    differing = shop.ask(client, "2000.00")
    shop.choose(client, differing, GATEWAY)
    yield time.later(minutes=6)
    shop.notified(differing, "200.00")
    yield time.ago(hours=20)
    by_bank = shop.ask(client, "1800.00")
    shop.choose(client, by_bank, BANK)


def _person(shop: Shop, time: TimeMachine) -> Story:
    yield time.day(85, 20)
    client = shop.welcome(firms.PERSON, firms.PERSON_OWNER)
    shop.subscribe(client, "start", "Блог")
    yield time.day(84, 21)
    yield from shop.by_gateway(client, "1000.00")
    yield time.day(57, 21)
    yield from shop.by_gateway(client, "1000.00")
    yield time.day(48, 9)
    shop.ask(client, "300.00")
    yield time.day(26, 20)
    slip = shop.ask(client, "1000.00")
    shop.choose(client, slip, BANK)
    yield time.day(23, 11)
    shop.approve(slip, "1000.00", "3371")
    yield time.day(2, 22)
    shop.ask(client, "1000.00")


def _on_hold(shop: Shop, time: TimeMachine) -> Story:
    """Did not pay in time: stopped five days ago."""
    yield time.day(66, 12)
    client = shop.welcome(firms.ON_HOLD, NewUser("office@topol.example", "Глеб Тополев"))
    shop.subscribe(client, "business", "Портал")
    yield time.day(66, 15)
    yield from shop.by_bank(client, "3500.00", "58")
    yield time.day(2, 10)
    waiting = shop.ask(client, "1000.00")
    shop.choose(client, waiting, BANK)


def _running_low(shop: Shop, time: TimeMachine) -> Story:
    """Has hardly anything left: fell below the level that it chose today, and cannot pay the next month."""
    yield time.day(28, 9)
    client = shop.welcome(firms.RUNNING_LOW, NewUser("office@vektor.example", "Кира Векторова"))
    shop.warn_below("450.00", client)
    shop.subscribe(client, "business", "CRM")
    yield time.day(28, 10)
    yield from shop.by_bank(client, "2100.00", "7")
    yield time.day(10, 12)
    shop.subscribe(client, "backup", activate=True)


def _on_credit(shop: Shop, time: TimeMachine) -> Story:
    """Is trusted: charges may take the balance to minus 5 000."""
    yield time.day(75, 9)
    client = shop.welcome(firms.ON_CREDIT, NewUser("buh@klient.example", "Нина Павлова"))
    shop.grant_credit(client, "-5000.00")
    shop.subscribe(client, "business", "Облако отдела продаж", activate=True)
    yield time.day(30, 9)
    yield from shop.by_bank(client, "2000.00", "88")


def _newcomers(shop: Shop, time: TimeMachine) -> Story:
    """One who has not paid yet and has not set a password, and one whom nobody can write to."""
    yield time.day(33, 12)
    silent = shop.welcome(firms.SILENT)
    payment = shop.ask(silent, "1500.00")
    shop.choose(silent, payment, BANK)
    yield time.day(32, 12)
    shop.approve(payment, "1500.00", "905")
    shop.subscribe(silent, "start", activate=True)
    yield time.ago(hours=26)
    new = shop.welcome(firms.NEWCOMER)
    shop.subscribe(new, "start")
    shop.ask(new, "590.00")
    yield time.ago(hours=4)
    shop.admit(new, NewUser("vera@novikova.example", "Вера Новикова"), AccessLevel.OWNER, accepts=False)


def _staff(shop: Shop, time: TimeMachine, operator: Actor) -> Story:
    yield time.ago(hours=5)
    shop.hire(firms.HOSTING_MANAGERS[1], by=operator, accepts=False)


def _studio_people(shop: Shop, time: TimeMachine) -> Story:
    yield time.day(80, 18)
    person = shop.welcome(firms.STUDIO_PERSON, NewUser("petrova@mail.example", "Мария Петрова"))
    shop.subscribe(person, "mini")
    yield from shop.by_gateway(person, "600.00")
    yield time.day(41, 13)
    foreigner = shop.welcome(firms.STUDIO_FOREIGNER, NewUser("john@mail.example", "John Smith", "en"))
    shop.subscribe(foreigner, "mini")
    yield from shop.by_gateway(foreigner, "500.00")
    yield time.day(16, 13)
    yield from shop.by_gateway(person, "400.00")
    yield time.day(1, 20)
    shop.ask(foreigner, "300.00")


def _studio_company(shop: Shop, time: TimeMachine) -> Story:
    yield time.day(9, 11)
    client = shop.welcome(firms.STUDIO_COMPANY, NewUser("office@lutik.example", "Лев Лютиков"))
    yield from shop.by_bank(client, "1000.00", "14", days=3)
    shop.subscribe(client, "hourly", "Почта", activate=True)
    yield time.ago(hours=9)
    waiting = shop.ask(client, "2000.00")
    shop.choose(client, waiting, BANK)
