"""A small application that draws every layout and component with sample data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from billhook import (
    AccountType,
    AccountView,
    Finding,
    Money,
    PaymentStatus,
    PaymentView,
    PostForm,
    ResellerView,
    Severity,
)
from billhook.i18n import use_language
from flask import Flask, flash, render_template
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from host_stub.domain.charging import Reckoning
from host_stub.services.charges import holds
from host_stub.web import face
from host_stub.web.brand import brand_css
from host_stub.web.page import (
    Account,
    Brand,
    DocumentLink,
    Footer,
    Hold,
    LogEntry,
    MenuEntry,
    MethodOffer,
    NavItem,
    Notice,
    Page,
    QueueRow,
    Tile,
    Tone,
    User,
)

HERE = Path(__file__).parent
CUSTOMER = ("payments", "payment", "instructions", "post_form", "top_up", "empty")
STAFF = ("staff_home", "staff_list", "staff_payment", "staff_template")
ERRORS = tuple(f"errors/{code}" for code in (400, 403, 404, 413, 429, 500, 503))
PAGES = (*CUSTOMER, "sign_in", *STAFF, *ERRORS)
AT = datetime(2020, 11, 13, 9, 5, tzinfo=UTC)
LINK = "https://panel.example/plugin/check_cash/payment/2580328/payment_method/14/receipt?h=" + "4f" * 16


def words(language: str) -> dict[str, str]:
    return json.loads((HERE / f"sample_{language}.json").read_text("utf-8"))


def rub(minor: int) -> Money:
    return Money(minor, "RUB")


def make_app(accent: str = "") -> Flask:
    app = Flask(__name__, static_folder=str(face.STATIC), template_folder=str(face.TEMPLATES))
    app.secret_key = "gallery"
    app.jinja_loader = ChoiceLoader([FileSystemLoader(face.TEMPLATES), FileSystemLoader(HERE / "templates")])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(csrf_token=lambda: "token")
    face.init_app(app)

    @app.get("/brand.css")
    def brand() -> tuple[str, dict[str, str]]:
        return brand_css(accent or "#0b7a75"), {"Content-Type": "text/css"}

    @app.post("/preview")
    def preview() -> str:
        return "<!doctype html><title>preview</title><h1>AP-000834</h1>"

    @app.get("/<language>/<path:name>")
    def show(language: str, name: str) -> str:
        with use_language(language):
            return render(name, language, accent)

    return app


def render(name: str, language: str, accent: str = "") -> str:
    """Draw one sample page; needs a request context."""
    if name == "payments":
        flash(words(language)["flash"], "success")
    template = f"{name}.html" if name.startswith("errors/") else f"gallery/{name}.html"
    return render_template(template, **context(name, language, accent))


def context(name: str, language: str, accent: str) -> dict[str, object]:
    t = SimpleNamespace(**words(language))
    return {
        "t": t,
        "page": sample_page(name, language, t, accent),
        "payment": payment(t),
        "payments": [
            SimpleNamespace(number=f"AP-{834 - i:06}", amount=rub(a), at=AT, status=s)
            for i, (a, s) in enumerate(
                [
                    (500000, "waiting_for_payment"),
                    (124050, "completed"),
                    (100000000, "expired"),
                    (2000, "cancelled"),
                    (300000, "completed"),
                ]
            )
        ],
        "entries": [
            MenuEntry(t.download, "/d", post=True, new_tab=True),
            MenuEntry(t.open, "/payments/1"),
            MenuEntry(t.cancel, "/c", post=True, danger=True, confirm=t.cancel_q),
        ],
        "methods": [MethodOffer(t.bank, "/m/1", t.bank_hint), MethodOffer(t.paymaster, "/m/2", t.paymaster_hint)],
        "method": SimpleNamespace(name=t.paymaster if name == "post_form" else t.bank),
        "documents": {"receipt": DocumentLink(t.download, LINK)},
        "form": PostForm("https://gateway.example/pay", [("LMI_PAYMENT_NO", "AP-000834")])
        if name == "post_form"
        else form_with_errors(t),
        "sign_in": sign_in_form(t),
        "log": [
            LogEntry(AT, t.log3, by=t.manager, detail=t.log3b, tone=Tone.GOOD),
            LogEntry(AT, t.log2),
            LogEntry(AT, t.log1, by=t.person),
        ],
        "tiles": [
            Tile(t.today, "128 400,00", "/p", hint="12"),
            Tile(t.waiting, "14", "/p", tone=Tone.WAIT),
            Tile(t.held, "3", "/p", tone=Tone.BAD),
            Tile(t.active, "412"),
        ],
        "queue": [
            QueueRow(t.approval, "/p", "7", t.approval_hint),
            QueueRow(t.parked, "/p", "1", t.parked_hint, Tone.BAD),
            QueueRow(t.failed, "/p", "2", tone=Tone.BAD),
            QueueRow(t.stopping, "/p", "4", tone=Tone.INFO),
        ],
        "findings": [
            Finding(Severity.ERROR, t.f_bad, t.f_bad_r),
            Finding(Severity.WARNING, t.f_warn, t.f_warn_r),
            Finding(Severity.OK, t.f_ok),
        ],
        "back_url": "/payments/1",
    }


def payment(t: SimpleNamespace) -> PaymentView:
    reseller = ResellerView(1, t.reseller, "RUB", "Europe/Moscow")
    account = AccountView(1, 1, AccountType.COMPANY, t.customer, rub(124050), rub(0), False, "ru")
    return PaymentView(
        2563977,
        "AP-000834",
        rub(500000),
        PaymentStatus.WAITING_FOR_PAYMENT,
        t.purpose,
        t.description,
        AT,
        AT,
        account,
        reseller,
    )


def sample_page(name: str, language: str, t: SimpleNamespace, accent: str) -> Page:
    staff = name in STAFF
    outside = name == "sign_in" or name.startswith("errors/")
    on_hold = name == "empty"
    return Page(
        language=language,
        path=f"/{language}/{name}",
        language_url="/language",
        brand=Brand(t.reseller, accent_css_url="/brand.css" if accent else ""),
        user=None if outside else User(t.person, "anna@customer.example"),
        account=None if staff or outside else account(t, on_hold),
        accounts=()
        if staff
        else (MenuEntry(t.customer, "/a/1", post=True, current=True), MenuEntry(t.other, "/a/2", post=True)),
        user_menu=(MenuEntry(t.settings, "/settings"),),
        sign_out_url="/sign-out",
        nav=staff_nav(t) if staff else customer_nav(t),
        subnav=subnav(t, name),
        crumbs=(NavItem(t.payments, "/admin/payments"),) if name in ("staff_payment", "staff_template") else (),
        notices=(Notice(Tone.WAIT, t.low, action_label=t.top_up_button, action_url="/top-up"),)
        if name == "payments"
        else (),
        footer=footer(t),
    )


def account(t: SimpleNamespace, on_hold: bool) -> Account:
    balance = rub(-4210) if on_hold else rub(124050)
    if not on_hold:
        return Account(1, t.customer, balance, "/top-up")
    sums = Reckoning(balance, rub(0), rub(300000) + balance)
    hold = holds.HoldSummary(True, sums.needed, sums, stopped=("VPS",))
    return Account(1, t.customer, balance, "/top-up", Hold(hold.needed, holds.title(hold), hold_text(hold)))


def hold_text(hold: holds.HoldSummary) -> str:
    return " ".join(str(text) for text in holds.way_out(hold))


def customer_nav(t: SimpleNamespace) -> tuple[NavItem, ...]:
    billing = NavItem(t.billing, "/payments", active=True, badge=3, badge_label=t.unpaid)
    return (NavItem(t.subscriptions, "/subscriptions"), billing, NavItem(t.settings, "/settings"))


def staff_nav(t: SimpleNamespace) -> tuple[NavItem, ...]:
    return (
        NavItem(t.start, "/admin"),
        NavItem(t.clients, "/admin/accounts", group=t.customers_g),
        NavItem(t.subscriptions, "/admin/subscriptions", group=t.customers_g),
        NavItem(t.payments, "/admin/payments", active=True, badge=7, group=t.money_g),
        NavItem(t.charges, "/admin/charges", group=t.money_g),
        NavItem(t.methods, "/admin/methods", group=t.setup_g),
        NavItem(t.plans, "/admin/plans", group=t.setup_g),
        NavItem(t.plugins, "/admin/plugins", group=t.setup_g),
        NavItem(t.journal, "/admin/log", group=t.setup_g),
    )


def subnav(t: SimpleNamespace, name: str) -> tuple[NavItem, ...]:
    if name == "staff_payment":
        return (NavItem(t.general, "/x", active=True), NavItem(t.journal, "/y"))
    if name in ("payments", "payment", "empty"):
        return (NavItem(t.payments, "/payments", active=True), NavItem(t.operations, "/operations"))
    return ()


def footer(t: SimpleNamespace) -> Footer:
    return Footer(
        2020,
        t.reseller,
        site_url="https://reseller.example/",
        sales_email="sales@reseller.example",
        billing_email="billing@reseller.example",
        accounting_email="accounting@reseller.example",
        support_email="support@reseller.example",
        general_phone="8 800 555-01-23",
        sales_phone="+7 495 555-01-24",
    )


def form_with_errors(t: SimpleNamespace) -> Form:
    def too_small(_form: Form, _field: object) -> None:
        raise ValidationError(t.too_small)

    class TopUp(Form):
        amount = StringField(t.amount, [DataRequired(), too_small], description=t.top_up_help)
        purpose = StringField(t.purpose_label, description=t.purpose_help)
        language = SelectField(t.language, choices=[SelectChoice("ru", "ru"), SelectChoice("en", "en")])
        notify = BooleanField(t.notify, description=t.notify_help)
        source = TextAreaField(t.template)
        types = SelectMultipleField(
            t.types,
            choices=[SelectChoice("1", t.t1), SelectChoice("2", t.t2), SelectChoice("3", t.t3)],
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        )

    form = TopUp(
        MultiDict(
            {
                "amount": "19,99",
                "language": "ru",
                "notify": "y",
                "types": "1",
                "source": "<h1>{{ payment.document_id }}</h1>",
            }
        )
    )
    form.validate()
    return form


def sign_in_form(t: SimpleNamespace) -> Form:
    class SignIn(Form):
        email = StringField(t.email)
        password = PasswordField(t.password)

    return SignIn(MultiDict({"email": "anna@customer.example"}))
