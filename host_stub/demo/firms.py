"""Who is in the demo: firms and people that nobody has, with numbers whose check digits are right.

Addresses end in `.example`; no tax office 00 and no bank 040000901 exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from billhook import AccountType

from host_stub.domain.resellers import ResellerDraft
from host_stub.persistence import Period
from host_stub.services.people.users import NewUser
from host_stub.services.tenants.accounts import AccountDraft

PLATFORM: Final = ResellerDraft(
    name="ООО «Демоплатформа»",
    brand_name="Демоплатформа",
    site_url="https://demoplatform.example",
    sales_email="hello@demoplatform.example",
    billing_email="billing@demoplatform.example",
    accounting_email="accounting@demoplatform.example",
    support_email="support@demoplatform.example",
    general_phone="8 800 000-00-00",
    sales_phone="8 800 000-00-00",
)
OPERATOR: Final = NewUser("operator@demoplatform.example", "Олег Северов")

HOSTING: Final = ResellerDraft(
    name="ООО «Демохост»",
    brand_name="Демохост",
    accent="#0b6e99",
    site_url="https://demohost.example",
    sales_email="sales@demohost.example",
    billing_email="billing@demohost.example",
    accounting_email="accounting@demohost.example",
    support_email="support@demohost.example",
    general_phone="8 800 000-00-01",
    sales_phone="+7 495 000-00-02",
)
HOSTING_MANAGERS: Final = (
    NewUser("manager@demohost.example", "Мария Соколова"),
    NewUser("second@demohost.example", "Дмитрий Орлов"),
)
#: The letter's own number comes up while somebody looks at the demo.
HOSTING_FIRST_NUMBER: Final = 2563950

STUDIO: Final = ResellerDraft(
    name="ИП Образцова Анна Сергеевна",
    brand_name="Образцовый хостинг",
    accent="#7a3e9d",
    site_url="https://obrazcovo.example",
    sales_email="hello@obrazcovo.example",
    billing_email="hello@obrazcovo.example",
    accounting_email="hello@obrazcovo.example",
    support_email="help@obrazcovo.example",
    general_phone="+7 812 000-00-03",
    sales_phone="+7 812 000-00-03",
    number_mask="AP-######",
    payment_lifetime_days=14,
)
STUDIO_MANAGERS: Final = (NewUser("anna@obrazcovo.example", "Анна Образцова"),)


@dataclass(frozen=True)
class Seller:
    """requisites, account: by the keys of the scheme `ru`. tax: system and way of VAT, for ever."""

    requisites: dict[str, str]
    account: dict[str, str]
    tax: tuple[str, str]


HOSTING_SELLER: Final = Seller(
    {
        "name": "ООО «Демохост»",
        "inn": "0012345017",
        "kpp": "001201001",
        "address": "101000, г. Москва, ул. Примерная, д. 1, офис 10",
        "phone": "8 800 000-00-01",
        "director_title": "Генеральный директор",
        "director": "Северов О. П.",
        "accountant": "Соколова М. И.",
    },
    {
        "account": "40702810700000000001",
        "bank_name": "АО «Демонстрационный банк» г. Москва",
        "bic": "040000901",
        "corr_account": "30101810200000000901",
    },
    ("general", "general"),
)
STUDIO_SELLER: Final = Seller(
    {
        "name": "ИП Образцова Анна Сергеевна",
        "inn": "001234560190",
        "address": "190000, г. Санкт-Петербург, Примерный пер., д. 2",
        "phone": "+7 812 000-00-03",
        "director_title": "Индивидуальный предприниматель",
        "director": "Образцова А. С.",
    },
    {
        "account": "40802810800000000002",
        "bank_name": "АО «Примерный банк» г. Санкт-Петербург",
        "bic": "040000902",
        "corr_account": "30101810500000000902",
    },
    ("usn_income", "none"),
)
HOSTING_BILL: Final = {"service_name": "Предоплата за услуги хостинга"}
STUDIO_BILL: Final = {"service_name": "Аренда виртуального сервера"}
#: Long before the first bill of the demo.
TAXED_SINCE: Final = date(2019, 1, 1)
BANK_TEXT: Final = (
    "<p>Счет с QR-кодом: оплатите его в приложении банка или по реквизитам. Деньги зачисляются в течение рабочего "
    "дня.</p>"
)
GATEWAY_TEXT: Final = "<p>Банковская карта, СБП, электронные кошельки. Зачисляется <strong>сразу</strong>.</p>"


@dataclass(frozen=True)
class PlanOnSale:
    name: str
    period: Period
    price: str
    description: str


HOSTING_PLANS: Final = {
    "start": PlanOnSale("VPS Старт", Period.MONTH, "590.00", "1 ядро, 2 ГБ памяти, 30 ГБ SSD"),
    "business": PlanOnSale("VPS Бизнес", Period.MONTH, "1490.00", "4 ядра, 8 ГБ памяти, 120 ГБ SSD"),
    "cloud": PlanOnSale("Облачный сервер", Period.HOUR, "2880.00", "Оплата по часам, цена за полный месяц"),
    "backup": PlanOnSale("Резервное копирование", Period.DAY, "15.00", "Копия каждую ночь, хранится 14 дней"),
}
STUDIO_PLANS: Final = {
    "mini": PlanOnSale("Хостинг Мини", Period.MONTH, "199.00", "1 сайт, 5 ГБ"),
    "hourly": PlanOnSale("VPS по часам", Period.HOUR, "1200.00", "Цена за полный месяц"),
}

COMPANY: Final = AccountDraft(
    AccountType.COMPANY,
    "ООО «Ромашка»",
    inn="0012345024",
    kpp="001301001",
    email="office@romashka.example",
    phone="+7 495 000-00-11",
    zip="101000",
    city="Москва",
    street="ул. Садовая",
    building="12",
    office="34",
    custom_attributes={"contract": "№ 17-Х от 01.02.2026"},
)
COMPANY_OWNER: Final = NewUser("company@romashka.example", "Ирина Ромашкина")
COMPANY_ADMIN: Final = NewUser("admin@romashka.example", "Павел Лугов")
COMPANY_FINANCE: Final = NewUser("finance@romashka.example", "Ольга Счётова")
COMPANY_USER: Final = NewUser("user@romashka.example", "Егор Полев")

SOLE_PROPRIETOR: Final = AccountDraft(
    AccountType.SOLE_PROPRIETOR,
    "ИП Кузнецов Илья Петрович",
    inn="001234560264",
    email="kuznecov@kuznecov.example",
    phone="+7 495 000-00-12",
    zip="141400",
    region="Московская область",
    city="Химки",
    street="ул. Мастеров",
    building="5",
)
SOLE_PROPRIETOR_OWNER: Final = NewUser("ip@kuznecov.example", "Илья Кузнецов")

PERSON: Final = AccountDraft(
    AccountType.PERSON,
    "Иванов Иван Иванович",
    email="ivanov@mail.example",
    phone="+7 903 000-00-13",
    zip="190000",
    city="Санкт-Петербург",
    street="Лесная ул.",
    building="7",
    office="кв. 21",
)
PERSON_OWNER: Final = NewUser("person@mail.example", "Иван Иванов")

ON_HOLD: Final = AccountDraft(
    AccountType.COMPANY, "ООО «Тополь»", inn="0012345031", kpp="001401001", email="office@topol.example"
)
RUNNING_LOW: Final = AccountDraft(
    AccountType.COMPANY, "ООО «Вектор»", inn="0012345049", kpp="001501001", email="office@vektor.example"
)
ON_CREDIT: Final = AccountDraft(
    AccountType.COMPANY, "АО «Постоянный клиент»", inn="0012345056", kpp="001601001", email="buh@klient.example"
)
NEWCOMER: Final = AccountDraft(
    AccountType.SOLE_PROPRIETOR, "ИП Новикова Вера Олеговна", inn="001234560338", email="vera@novikova.example"
)
SILENT: Final = AccountDraft(AccountType.PERSON, "Молчанов Пётр Ильич", city="Тверь")

STUDIO_PERSON: Final = AccountDraft(
    AccountType.PERSON, "Петрова Мария Андреевна", email="petrova@mail.example", city="Псков"
)
STUDIO_FOREIGNER: Final = AccountDraft(
    AccountType.PERSON, "Smith John", email="john@mail.example", language="en", city="Псков"
)
STUDIO_COMPANY: Final = AccountDraft(
    AccountType.COMPANY, "ООО «Лютик»", inn="0012345063", kpp="001701001", email="office@lutik.example"
)
