"""The letter to customers, walked in a real browser on the running panel with everything round it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
import pypdfium2
import pytest
import requests
import zxingcpp
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from host_stub.persistence import Account, Store, Subscription, SubscriptionStatus, open_store
from tests.browser.conftest import visiting
from tests.support.demo import Demo, eventually

pytestmark = pytest.mark.browser

COMPANY = "ООО «Ромашка»"
COMPANY_FINANCE = "finance@romashka.example"
PERSON = "Иванов Иван Иванович"
NBSP = "\u00a0"


def test_a_customer_does_what_the_letter_says(browser: Browser, demo: Demo) -> None:
    store = open_store(demo.database_url)
    pending = subscription_of(store, COMPANY, SubscriptionStatus.PENDING)
    with visiting(browser, demo, "company") as company, visiting(browser, demo, "reseller") as manager:
        number = ask_for_top_up(company, "5 000")
        paper = bill_from_the_arrow(company, number)
        link = bill_from_the_instructions(company, number)
        assert requests.get(link, timeout=10).content == paper
        read_the_bill(paper, number)
        balance = shown_balance(company)
        assert demo.service_status(pending) == 404

        approve(manager, number, "5000", order="2711")

        company.reload()
        assert shown_balance(company) == balance + 5000_00 - 590_00
        demo.mail_about(COMPANY_FINANCE, f"Платеж {number} на сумму 5{NBSP}000,00")
        eventually(lambda: demo.service_status(pending) == 200, "the activated service does not run")
    store.close()


def test_a_person_pays_by_card_runs_out_of_money_and_comes_back(browser: Browser, demo: Demo) -> None:
    store = open_store(demo.database_url)
    blog = subscription_of(store, PERSON, SubscriptionStatus.ACTIVE)
    email = demo.logins["person"]["email"]
    with visiting(browser, demo, "person") as person, visiting(browser, demo, "reseller") as manager:
        before = shown_balance(person)
        number = ask_for_top_up(person, "1000")
        pay_by_card(person, number)
        assert shown_balance(person) == before + 1000_00
        demo.mail_about(email, number)
        eventually(lambda: demo.service_status(blog) == 200, "a paid service does not run")

        ask_for_warnings(person, "500")
        correct(manager, PERSON, f"-{(before + 1000_00 - 330_00) // 100}", "Возврат по заявлению клиента")
        demo.mail_about(email, f"заканчивается: 330,00{NBSP}руб.")
        person.reload()
        expect(person.get_by_text(f"заканчивается: 330,00{NBSP}руб.")).to_be_visible()

        let_the_paid_period_end(store, blog)
        eventually(lambda: demo.service_status(blog) == 503, "a service that is not paid runs on")
        demo.mail_about(email, "Услуги приостановлены")
        number = top_up_from_the_hold(person, "260,00")
        pay_by_card(person, number)
        eventually(lambda: demo.service_status(blog) == 200, "the service does not run again")
        expect(person.get_by_text("Услуги приостановлены")).to_have_count(0)
        assert shown_balance(person) == 0
    store.close()


def subscription_of(store: Store, account: str, status: SubscriptionStatus) -> int:
    with store.read() as session:
        query = select(Subscription.id).join(Account, Account.id == Subscription.account_id)
        return session.scalars(query.where(Account.name == account, Subscription.status == status)).one()


def let_the_paid_period_end(store: Store, subscription_id: int) -> None:
    """Nobody waits for a month: what is paid ends a minute ago."""
    with store.write() as session:
        row = session.get_one(Subscription, subscription_id)
        row.anchor_at = row.next_charge_at = store.now() - timedelta(minutes=1)


def kopecks(text: str) -> int:
    """Read a sum as people see it, such as «1 240,50 руб.»."""
    found = re.search(r"(−?)([\d\u00a0]+),(\d\d)", text)
    assert found is not None, text
    minor = int(found[2].replace(NBSP, "")) * 100 + int(found[3])
    return -minor if found[1] else minor


def balance_link(page: Page) -> Locator:
    """Return the link of the information panel at the top."""
    return page.get_by_role("banner").get_by_role("link", name=re.compile("^Баланс"))


def shown_balance(page: Page) -> int:
    return kopecks(balance_link(page).inner_text())


def ask_for_top_up(page: Page, amount: str) -> str:
    """Go the letter's steps 2 to 4; return the number under which the payment waits."""
    balance_link(page).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Пополнение баланса")
    expect(page.get_by_text("Минимальная сумма платежа: 20 руб.")).to_be_visible()
    page.get_by_label("Сумма").fill(amount)
    page.get_by_role("button", name="Пополнить баланс").click()
    page.get_by_role("link", name="Биллинг").click()
    page.get_by_role("link", name="Платежи", exact=True).click()
    first = page.locator("tbody tr").first
    expect(first.get_by_text("ожидает оплаты")).to_be_visible()
    number = first.get_by_role("link").first.inner_text()
    assert kopecks(first.inner_text()) == kopecks(f"{amount.replace(' ', NBSP)},00")
    return number


def bill_from_the_arrow(page: Page, number: str) -> bytes:
    """Open the arrow beside the status and take the bill; return the PDF."""
    row = page.locator("tbody tr").filter(has_text=number)
    row.locator("summary").click()
    with page.context.expect_event("response", lambda answer: "pdf" in answer.headers.get("content-type", "")) as got:
        row.get_by_role("button", name="Банковский перевод").click()
    paper = requests.get(got.value.url, cookies=cookies(page), timeout=10)
    assert paper.content.startswith(b"%PDF")
    return paper.content


def cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def bill_from_the_instructions(page: Page, number: str) -> str:
    """Choose «Банковский перевод» on the payment's page; return the link for the address bar."""
    page.get_by_role("link", name=number, exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"Платеж {number} на сумму 5{NBSP}000,00{NBSP}руб.")
    expect(page.get_by_text("Дата создания")).to_be_visible()
    expect(page.get_by_role("button", name="PayMaster")).to_have_count(0)
    page.get_by_role("button", name="Банковский перевод").click()
    steps = page.locator("ol.steps > li")
    expect(steps).to_have_count(5)
    link = str(steps.first.get_by_role("link", name="Скачать").get_attribute("href"))
    assert re.fullmatch(r"http\S+/plugin/check_cash/payment/\d+/payment_method/\d+/receipt\?h=[0-9a-f]{32}", link)
    expect(steps.first.get_by_text(link)).to_be_visible()
    for text in ("sales@demohost.example", "billing@demohost.example", "accounting@demohost.example"):
        expect(page.locator("ol.steps").get_by_text(text)).to_be_visible()
    page.get_by_role("link", name="Назад").click()
    expect(heading).to_contain_text(number)
    return link


def read_the_bill(paper: bytes, number: str) -> None:
    """Compare what stands on the bill and in its QR code."""
    text = " ".join(pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
    for expected in (number, "ООО «Демохост»", COMPANY, "Пять тысяч рублей 00 копеек", "40702810700000000001"):
        assert expected in text
    page = pypdfium2.PdfDocument(paper)[0].render(scale=3).to_pil()
    (symbol,) = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
    head, *fields = symbol.bytes.decode("utf-8").split("|")
    values = dict(field.split("=", 1) for field in fields)
    assert head == "ST00012"
    assert values["Sum"] == "500000"
    assert values["PersonalAcc"] == "40702810700000000001"
    assert values["PayeeINN"] == "0012345017"
    assert number in values["Purpose"]


def approve(page: Page, number: str, amount: str, *, order: str) -> None:
    """Let the manager take the payment from their work queue and approve it."""
    page.get_by_role("link", name=number, exact=True).or_(page.get_by_role("link", name="Платежи")).first.click()
    if page.get_by_role("heading", name=number).count() == 0:
        page.get_by_role("link", name=number, exact=True).click()
    page.locator("input[name=received]").fill(amount)
    page.locator("input[name=order_number]").fill(order)
    page.locator("#approve").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(rf"Зачислить {amount[:-3]}.{amount[-3:]},00.руб\. клиенту"))
    dialog.get_by_role("button", name="Подтвердить и зачислить").click()
    expect(page.locator("main").get_by_text("завершен").first).to_be_visible()


def pay_by_card(page: Page, number: str) -> None:
    """Pay through the gateway's page and come back to the panel."""
    if page.get_by_role("heading", level=1).inner_text() == "Платежи":
        page.get_by_role("link", name=number, exact=True).click()
    page.get_by_role("button", name="PayMaster").click()
    page.get_by_label("Банковская карта").check()
    page.get_by_role("button", name="Оплатить").click()
    page.wait_for_url(re.compile("/accounts/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    expect(page.locator(".payment-state").get_by_text("завершен")).to_be_visible(timeout=15_000)
    page.reload()


def ask_for_warnings(page: Page, amount: str) -> None:
    page.get_by_role("link", name="Настройки").click()
    expect(page.get_by_role("heading", name="Уведомления о низком балансе")).to_be_visible()
    page.get_by_role("textbox", name="Предупредить, когда баланс станет ниже").fill(amount)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Настройки сохранены.")).to_be_visible()


def correct(page: Page, account: str, amount: str, reason: str) -> None:
    """Let the manager change a balance by hand."""
    page.get_by_role("link", name="Клиенты").click()
    page.get_by_role("link", name=account, exact=True).click()
    page.locator("#correction").get_by_label("Сумма").fill(amount)
    page.locator("#correction").get_by_label("Причина").fill(reason)
    page.locator("#correction").get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Изменить баланс").click()
    expect(page.locator("#correction").get_by_label("Причина")).to_have_value("")


def top_up_from_the_hold(page: Page, amount: str) -> str:
    """See the banner on every page, press its button and take the sum that it offers."""
    for name in ("Подписки", "Настройки", "Биллинг"):
        page.get_by_role("navigation").get_by_role("link", name=name).first.click()
        expect(page.get_by_text(f"Пополните баланс на {amount}")).to_be_visible()
    page.locator("main").get_by_role("link", name="Пополнить баланс").first.click()
    expect(page.get_by_label("Сумма")).to_have_value(re.compile(amount))
    page.get_by_role("button", name="Пополнить баланс").click()
    return re.search(r"Платеж (\S+) на", page.get_by_role("heading", level=1).inner_text())[1]  # type: ignore[index]
