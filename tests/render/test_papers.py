"""The papers of a bank transfer, drawn by the child and read back: text by text, and the QR from the picture."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pypdfium2
import pytest
import zxingcpp
from billhook import (
    AccountType,
    AccountView,
    DocumentFacts,
    DocumentSource,
    Money,
    PaymentStatus,
    PaymentView,
    ResellerView,
    SellerView,
)
from billhook.host.schemes import Regime
from billhook_check_cash.provider import CheckCash
from billhook_check_cash.qr import parse_payload
from billhook_kit import make_method, make_seller
from billhook_kit.views import samples
from PIL import Image
from pypdf import PdfReader

CREATED_AT = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
SELLER = {
    "name": "Общество с ограниченной ответственностью «Пример Хостинг»",
    "short_name": "ООО «Пример Хостинг»",
    "phone": "",
}
PROPRIETOR = {
    "payee_name": "Индивидуальный предприниматель Иванов Иван Иванович",
    "inn": "500100732259",
    "kpp": "",
    "director": "Иванов И. И.",
    "vat": "none",
}


def paper(kind: AccountType, minor: int = 500_000, day: date = date(2026, 11, 13), **changes: object) -> DocumentSource:
    provider = CheckCash()
    nothing = Money.zero("RUB")
    account = AccountView(
        1042,
        1,
        kind,
        "Иванов Пётр Сергеевич" if kind is AccountType.PERSON else "ООО «Ромашка»",
        nothing,
        nothing,
        False,
        "ru",
        inn="" if kind is AccountType.PERSON else "7736207543",
        zip="115035",
        city="г. Москва",
        street="ул. Пятницкая",
        building="д. 3",
    )
    account = replace(account, **{k: v for k, v in changes.items() if k in ("name", "street", "custom_attributes")})  # type: ignore[arg-type]
    payment = PaymentView(
        2580328,
        "2563977",
        Money(minor, "RUB"),
        PaymentStatus.WAITING_FOR_PAYMENT,
        str(changes.pop("purpose", "")),
        "",
        CREATED_AT,
        CREATED_AT + timedelta(days=30),
        account,
        ResellerView(1, "Пример", "RUB", "Europe/Moscow", billing_email="billing@hosting.example"),
    )
    method = make_method("check_cash", provider.settings, own(provider, changes), seller=seller_with(changes))
    return provider.document("receipt", payment, method, DocumentFacts("2563977", day))


def own(provider: CheckCash, changes: dict[str, object]) -> dict[str, object]:
    declared = {each.key for each in provider.settings}
    return {key: value for key, value in changes.items() if key in declared}


def seller_with(changes: dict[str, object]) -> SellerView:
    said = {key: str(value) for key, value in changes.items() if key in samples()["seller"] and key != "name"}
    if "payee_name" in changes:
        said |= {"name": str(changes["payee_name"]), "short_name": SELLER["short_name"]}
    bank = {key: str(value) for key, value in changes.items() if key in samples()["bank"]}
    tax = Regime(date(2019, 1, 1), "usn_income", str(changes.get("vat", "general")))
    return make_seller(tax, account=bank, **{**SELLER, **said})


def read(pdf: bytes) -> str:
    """Return the text of a paper, blanks of any kind and line breaks as single spaces."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@dataclass(frozen=True)
class Sign:
    """A printed sign and its ink, in points from the page's lower left corner."""

    text: str
    left: float
    bottom: float
    right: float

    @property
    def width(self) -> float:
        return self.right - self.left


def signs_of(pdf: bytes) -> list[Sign]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].get_textpage()
        found = []
        for index in range(page.count_chars()):
            text = page.get_text_range(index, 1)
            left, bottom, right, _top = page.get_charbox(index, loose=True)
            if text.strip() and text not in "_\u00a0":
                found.append(Sign(text, left, bottom, right))
        return found
    finally:
        document.close()


def picture(pdf: bytes, dots_per_inch: int) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].render(scale=dots_per_inch / 72).to_pil().convert("L")
    finally:
        document.close()


def decode(pdf: bytes, dots_per_inch: int = 200) -> zxingcpp.Barcode:
    found = zxingcpp.read_barcodes(picture(pdf, dots_per_inch), formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(found) == 1
    return found[0]


def test_the_bill_states_requisites_parties_items_tax_words_and_purpose(renderer) -> None:
    drawn = renderer.render(paper(AccountType.COMPANY))

    text = read(drawn.pdf)
    assert not drawn.problem
    assert len(PdfReader(io.BytesIO(drawn.pdf)).pages) == 1
    for part in (
        "Счет на оплату № 2563977 от 13 ноября 2026 г.",
        "ПАО СБЕРБАНК БИК 044525225 Банк получателя Сч. № 30101810400000000225",
        "ИНН 7707083893 КПП 770701001 Сч. № 40702810938000012345",
        "Общество с ограниченной ответственностью «Пример Хостинг» Получатель",
        "Поставщик (Исполнитель):",
        "Покупатель (Заказчик): ООО «Ромашка», ИНН 7736207543, 115035, г. Москва, ул. Пятницкая, д. 3",
        "Основание: Договор-оферта",
        "1 Предоплата за услуги хостинга, лицевой счет № 1042 1 усл. 5 000,00 5 000,00",
        "Итого: 5 000,00",
        "В том числе НДС 22%: 901,64",
        "Всего к оплате: 5 000,00",
        "Всего наименований 1, на сумму 5 000,00 руб.",
        "Пять тысяч рублей 00 копеек",
        "Оплата по счету № 2563977 от 13.11.2026. Пополнение баланса. Лицевой счет 1042. В т.ч. НДС 22% - 901,64 руб.",
        "Счет действителен до 13.12.2026.",
        "Оплата по QR-коду",
        "Генеральный директор Петров П. П. Бухгалтер Сидорова С. С.",
    ):
        assert part in text


def test_a_bill_of_last_year_states_last_years_rate(renderer) -> None:
    text = read(renderer.render(paper(AccountType.COMPANY, day=date(2025, 12, 31))).pdf)

    assert "В том числе НДС 20%: 833,33" in text
    assert "от 31 декабря 2025 г." in text


def test_a_sole_proprietor_without_tax_signs_alone(renderer) -> None:
    text = read(renderer.render(paper(AccountType.COMPANY, **PROPRIETOR)).pdf)

    assert "Без налога (НДС) —" in text
    assert "НДС не облагается" in text
    assert "Индивидуальный предприниматель Иванов И. И." in text
    assert "Бухгалтер" not in text


def test_the_slip_states_the_same_twice_with_boxed_digits(renderer) -> None:
    drawn = renderer.render(paper(AccountType.PERSON))

    text = read(drawn.pdf)
    assert len(PdfReader(io.BytesIO(drawn.pdf)).pages) == 1
    for part in (
        "(наименование получателя платежа)",
        " ".join("7707083893"),
        " ".join("40702810938000012345"),
        " ".join("044525225"),
        " ".join("30101810400000000225"),
        "Ф.И.О. плательщика: Иванов Пётр Сергеевич",
        "Адрес плательщика: 115035, г. Москва, ул. Пятницкая, д. 3",
        "Сумма платежа: 5 000 руб. 00 коп.",
        "Подпись плательщика",
        "Кассир",
        "В т.ч. НДС 22% - 901,64 руб.",
    ):
        assert text.count(part) == 2, part
    assert text.count("Извещение") == 1
    assert "линия отреза" in text


@pytest.mark.parametrize("kind", list(AccountType))
@pytest.mark.parametrize("dots_per_inch", [150, 300])
def test_the_qr_on_paper_says_what_the_bill_says(renderer, kind: AccountType, dots_per_inch: int) -> None:
    source = paper(kind)

    code = decode(renderer.render(source).pdf, dots_per_inch)

    found = parse_payload(code.text)
    assert code.ec_level == "M"
    bank, seller = samples()["bank"], samples()["seller"]
    assert found["Name"] == SELLER["name"]
    assert found["PersonalAcc"] == bank["account"]
    assert found["BankName"] == bank["bank_name"]
    assert found["BIC"] == bank["bic"]
    assert found["CorrespAcc"] == bank["corr_account"]
    assert found["PayeeINN"] == seller["inn"]
    assert found["KPP"] == seller["kpp"]
    assert found["Sum"] == "500000"
    assert found["PersAcc"] == "1042"
    assert found["Purpose"] == source.frozen["purpose"]
    assert code.text == source.frozen["qr"]


@pytest.mark.parametrize("kind", [AccountType.COMPANY, AccountType.PERSON])
def test_the_qr_is_at_least_35_mm_with_its_quiet_zone_free(renderer, kind: AccountType) -> None:
    pdf = renderer.render(paper(kind)).pdf
    dots = 300

    place = decode(pdf, dots).position
    width_mm = (place.top_right.x - place.top_left.x) / dots * 25.4
    page = picture(pdf, dots)
    around = int(4 * 38 / 93 / 25.4 * dots) - 3
    strip = page.crop((place.top_left.x - around, place.top_left.y - around, place.top_right.x, place.top_left.y - 2))

    assert width_mm >= 35
    assert strip.getextrema()[0] > 250


@pytest.mark.parametrize("kind", [AccountType.COMPANY, AccountType.PERSON])
def test_the_longest_texts_still_fit_on_one_page(renderer, kind: AccountType) -> None:
    source = paper(
        kind,
        minor=89_999_999_999,
        purpose="слово " * 33,
        name="Очень Длинное Наименование " * 5,
        street="проспект Шестидесятилетия Октябрьской Революции " * 2,
        payee_name="Общество с ограниченной ответственностью «Межрегиональный вычислительный центр Дальнего Востока»",
        bank_name="Филиал «Центральный» Банка ВТБ (публичное акционерное общество) в городе Москве",
        offer_text="Оплата счета означает согласие с условиями. " * 6,
    )

    drawn = renderer.render(source)

    assert len(PdfReader(io.BytesIO(drawn.pdf)).pages) == 1
    assert "899 999 999" in read(drawn.pdf)
    assert decode(drawn.pdf).text == source.frozen["qr"]


@pytest.mark.parametrize("kind", [AccountType.COMPANY, AccountType.PERSON])
@pytest.mark.parametrize("minor", [100_000_00, 999_999_999_99, 10_000_000_000_000])
def test_no_sign_lies_on_another_or_beyond_the_margin_however_large_the_sum(
    renderer, kind: AccountType, minor: int
) -> None:
    director = "Константинопольский-Долгоруков К. К."

    signs = signs_of(renderer.render(paper(kind, minor=minor, director=director, accountant=director)).pdf)

    lines: dict[int, list[Sign]] = {}
    for sign in signs:
        lines.setdefault(round(sign.bottom), []).append(sign)
    assert max(sign.right for sign in signs) <= (210 - 12) / 25.4 * 72 + 0.5
    for line in lines.values():
        ordered = sorted(line, key=lambda sign: sign.left)
        clashes = [(a, b) for a, b in pairwise(ordered) if a.right - b.left > 0.6 * min(a.width, b.width)]
        assert clashes == []


def test_the_customers_own_contract_is_the_basis_and_a_stamp_has_its_place(renderer) -> None:
    attributes = {"contract": "№ 17-Х от 01.02.2026"}

    text = read(renderer.render(paper(AccountType.COMPANY, custom_attributes=attributes)).pdf)

    assert "Основание: Договор № 17-Х от 01.02.2026" in text
    assert "Договор-оферта" not in text
    assert "М.П." in text


def test_the_stock_papers_state_every_fact(renderer) -> None:
    for kind in AccountType:
        proved = renderer.prove(paper(kind))

        assert (proved.missing, proved.unknown, proved.lost) == ((), (), "")


def test_a_payers_markup_is_printed_and_not_obeyed(renderer) -> None:
    name = '<b>Ромашка</b> "&amp;" <link rel=attachment href="file:///etc/passwd"> {{ seller.inn }}'

    drawn = renderer.render(paper(AccountType.COMPANY, name=name))

    text = read(drawn.pdf)
    assert "<b>Ромашка</b>" in text
    assert "{{ seller.inn }}" in text
    assert not PdfReader(io.BytesIO(drawn.pdf)).attachments


def test_a_template_moved_over_from_activeplatform_works_unchanged(renderer) -> None:
    template = (
        "<h1>Счет {{ payment.document_id }}</h1><p>{{payment.account_name}} {{payment.account_address}}</p>"
        "<p>{{payment.total}} ({{payment.total_in_words}})</p><p>{{payment.purpose}}</p>"
        "<p>{{payment.account_custom_attributes['key']}}{{ payment.order_charges | split: ';' | first }}</p>"
    )

    drawn = renderer.render(paper(AccountType.COMPANY, invoice_template=template))

    assert drawn.problem is None
    assert "5 000,00 (Пять тысяч рублей 00 копеек)" in read(drawn.pdf)


def test_the_title_of_the_file_is_the_bills(renderer) -> None:
    pdf = PdfReader(io.BytesIO(renderer.render(paper(AccountType.COMPANY)).pdf))

    assert pdf.metadata is not None
    assert re.sub(r"\s", " ", str(pdf.metadata.title)) == "Счет на оплату № 2563977 от 13 ноября 2026 г."


def test_the_child_draws_what_the_process_draws(renderer) -> None:
    from host_stub.adapters.render.drawing import render_in_process

    source = paper(AccountType.COMPANY)

    assert renderer.render(source).pdf == render_in_process(source)
