"""The letter to customers, sentence by sentence, over HTTP. `docs/letter.md` says which sentence is proved where."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from werkzeug.test import TestResponse

from host_stub.persistence import Account, Subscription, SubscriptionStatus
from tests.letter.provider import Letter
from tests.support.web import Visitor


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text(answer: TestResponse) -> str:
    """Return what a person reads on a page: no tags, single spaces."""
    parser = _Text()
    parser.feed(answer.get_data(as_text=True))
    return " ".join(" ".join(parser.parts).split())


def html(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def owner(letter: Letter) -> Visitor:
    return Visitor(letter.app, letter.users["owner"])


def person(letter: Letter) -> Visitor:
    return Visitor(letter.app, letter.users["person"])


def topped_up(visitor: Visitor, account_id: int, amount: str = "5000") -> str:
    """Fill in the form and press the button; return the address of the payment."""
    answer = visitor.post(f"/accounts/{account_id}/top-up", {"amount": amount})
    assert answer.status_code == 303
    return answer.location


def test_the_balance_is_a_link_at_the_top_of_every_page_and_opens_the_top_up(letter: Letter) -> None:
    visitor = owner(letter)

    for page in ("payments", "operations", "subscriptions", "settings"):
        shown = html(visitor.get(f"/accounts/{letter.account_id}/{page}"))
        top = shown[: shown.index("<main")]
        link = re.search(r'<a[^>]*href="([^"]*)"[^>]*>(?:(?!</a>).)*Баланс(?:(?!</a>).)*</a>', top, flags=re.S)
        assert link is not None, page
        assert link[1].endswith(f"/accounts/{letter.account_id}/top-up"), page


def test_the_window_asks_for_a_sum_in_roubles_and_says_the_least(letter: Letter) -> None:
    shown = text(owner(letter).get(f"/accounts/{letter.account_id}/top-up"))

    for words in ("Пополнение баланса", "Сумма *", "руб.", "Минимальная сумма платежа: 20 руб.", "Пополнить баланс"):
        assert words in shown, words


def test_the_button_makes_a_payment_that_stands_first_under_billing(letter: Letter) -> None:
    letter.payment("100.00")
    letter.clock.advance(days=1)
    visitor = owner(letter)

    topped_up(visitor, letter.account_id)

    shown = visitor.get(f"/accounts/{letter.account_id}/payments")
    assert "Биллинг" in text(shown)
    assert "Платежи" in text(shown)
    first_row = html(shown).split("<tbody")[1].split("</tr>")[0]
    assert "5\u00a0000,00" in first_row
    assert "ожидает оплаты" in first_row


def test_less_than_the_least_sum_is_refused_with_the_limit(letter: Letter) -> None:
    answer = owner(letter).post(f"/accounts/{letter.account_id}/top-up", {"amount": "19.99"})

    assert answer.status_code == 422
    assert "Минимальная сумма платежа: 20 руб." in text(answer)


def test_the_arrow_beside_the_status_downloads_the_bill(letter: Letter) -> None:
    letter.payment()
    visitor = owner(letter)
    row = html(visitor.get(f"/accounts/{letter.account_id}/payments")).split("<tbody")[1]

    form = re.search(r'<form[^>]*action="([^"]*/documents)"(.*?)</form>', row, flags=re.S)
    assert form is not None
    fields = dict(re.findall(r'name="(method_id|kind)" value="([^"]*)"', form[2]))
    answer = visitor.post(form[1], fields)

    assert fields["method_id"] == str(letter.bank_id)
    assert answer.status_code == 303
    bill = visitor.get(answer.location)
    assert bill.content_type == "application/pdf"
    assert bill.data.startswith(b"%PDF-")


def test_bank_transfer_shows_the_payment_and_a_download(letter: Letter) -> None:
    visitor = owner(letter)
    page = topped_up(visitor, letter.account_id)

    answer = visitor.post(f"{page}/pay", {"method_id": letter.bank_id}, follow_redirects=True)

    shown = text(answer)
    for words in (
        "Платеж 2563977 на сумму 5 000,00 руб.",
        "ожидает оплаты",
        "Дата создания 13.11.2020",
        "Пополнение баланса на сумму 5 000,00 руб.",
        "Банковский перевод",
        "Скачайте счет на оплату: Скачать",
    ):
        assert words in shown, words


def test_the_steps_stand_in_the_letters_order_with_the_resellers_addresses(letter: Letter) -> None:
    visitor = owner(letter)
    page = topped_up(visitor, letter.account_id)

    shown = text(visitor.post(f"{page}/pay", {"method_id": letter.bank_id}, follow_redirects=True))

    steps = [
        "Скачайте счет на оплату: Скачать",
        "Либо вставьте данную ссылку в адресную строку браузера:",
        "Распечатайте и оплатите счет;",
        "Для ускорения зачисления средств пришлите нам отсканированное платежное поручение на e-mail:",
        "sales@hosting.example (новые заказы)",
        "billing@hosting.example (продление услуг).",
        "Менеджер зачтёт платёж и осуществит активацию подписки.",
        "Для получения закрывающих документов вы можете связаться с нашей бухгалтерией по адресу: "
        "accounting@hosting.example",
        "Назад",
    ]
    places = [shown.index(step) for step in steps]
    assert places == sorted(places)


def test_the_link_on_the_page_is_the_letters_and_opens_the_bill_without_a_login(letter: Letter) -> None:
    visitor = owner(letter)
    page = topped_up(visitor, letter.account_id)
    shown = html(visitor.post(f"{page}/pay", {"method_id": letter.bank_id}, follow_redirects=True))

    link = re.search(
        r"http://localhost(/plugin/check_cash/payment/(\d+)/payment_method/(\d+)/receipt\?h=[0-9a-f]{32})\b", shown
    )

    assert link is not None
    assert (link[2], link[3]) == (page.rsplit("/", 1)[1], str(letter.bank_id))
    bill = Visitor(letter.app).get(link[1])
    assert bill.status_code == 200
    assert bill.content_type == "application/pdf"


def test_a_credit_by_the_manager_activates_the_subscription(letter: Letter) -> None:
    subscription_id = letter.service("VPS", "500.00")
    payment_id = letter.payment()

    letter.approve(payment_id)

    with letter.store.read() as session:
        assert session.get_one(Subscription, subscription_id).status == SubscriptionStatus.ACTIVE
        assert session.get_one(Account, letter.account_id).balance_minor == 450_000


@pytest.mark.parametrize(("kind", "offered"), [("person", True), ("sole_proprietor", True), ("company", False)])
def test_paymaster_is_offered_to_persons_and_sole_proprietors_only(letter: Letter, kind: str, offered: bool) -> None:
    with letter.store.write() as session:
        session.get_one(Account, letter.person_id).type = kind
    visitor = person(letter)

    shown = html(visitor.get(topped_up(visitor, letter.person_id)))

    assert "Банковский перевод" in shown
    assert ("PayMaster" in shown) is offered


def test_choosing_paymaster_leads_to_its_page_with_the_payment(letter: Letter) -> None:
    visitor = person(letter)
    page = topped_up(visitor, letter.person_id)

    answer = visitor.post(f"{page}/pay", {"method_id": letter.paymaster_id})

    assert answer.status_code == 200
    assert 'action="https://paymaster.ru/payment/init"' in html(answer)
    fields = dict(re.findall(r'name="(LMI_\w+)" value="([^"]*)"', html(answer)))
    assert fields["LMI_PAYMENT_AMOUNT"] == "5000.00"
    assert re.fullmatch(r"[0-9]{10}-[a-z0-9]{8}", fields["LMI_PAYMENT_NO"])  # the try; the payer reads 2563977
    assert "https://paymaster.ru" in answer.headers["Content-Security-Policy"].split("form-action")[1]


def test_every_page_ends_in_the_resellers_contacts(letter: Letter) -> None:
    visitor = owner(letter)
    page = topped_up(visitor, letter.account_id)

    shown = html(visitor.get(page))

    footer = shown[shown.index("<footer") :]
    for contact in (
        "billing@hosting.example",
        "support@hosting.example",
        "8 800 555-00-01",
        "+7 495 555-00-02",
        "https://hosting.example",
        "Работает на Billhook",
        "© 2020 АктивХост",
    ):
        assert contact in footer.replace("\u00a0", " "), contact


def test_low_balance_notifications_are_managed_in_the_settings(letter: Letter) -> None:
    visitor = owner(letter)
    page = f"/accounts/{letter.account_id}/settings"
    assert "Уведомления о низком балансе" in text(visitor.get(page))
    names = re.findall(r'name="([^"]*setting_(?:threshold|recipients))"', html(visitor.get(page)))

    answer = visitor.post(f"{page}/low_balance_notify", dict(zip(names, ("700", "buh@romashka.example"), strict=True)))

    assert answer.status_code == 303
    shown = html(visitor.get(page))
    assert "buh@romashka.example" in shown
    assert re.search(r'value="700(,00)?"', shown)
