"""What the templates of bill and slip may name: ActivePlatform's placeholders and our own, all plain values."""

# billhook: Russian by law: what a bank's papers say does not follow the reader's language.
from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.resources import files

from billhook import DocumentSource, PaymentView

from billhook_check_cash.bill import Bill
from billhook_check_cash.facts import facts_of, stated_by
from billhook_check_cash.russian import figures, long_date, short_date
from billhook_check_cash.words import sum_in_words

QR_ASSET = "qr.svg"


@cache
def stock_template(name: str) -> str:
    """Return the text of a stock template: `invoice` or `pd4`."""
    return (files("billhook_check_cash") / "stock" / f"{name}.liquid").read_text("utf-8")


def paper_of(bill: Bill) -> DocumentSource:
    """Return the paper of a bill: «Квитанция ПД-4» for persons, «Счет на оплату» for everybody else."""
    name = "pd4" if bill.is_slip else "invoice"
    stock, symbol = stock_template(name), bill.stated.symbol
    noun, file_noun = ("Квитанция", "kvitanciya") if bill.is_slip else ("Счет на оплату", "schet")
    return DocumentSource(
        template=bill.method.text(f"{name}_template") or stock,
        stock=stock,
        context=context_of(bill),
        assets={QR_ASSET: symbol.svg()} if symbol else {},
        frozen=bill.frozen(),
        file_name=f"{file_noun}-{_file_part(bill.facts.number)}.pdf",
        title=f"{noun} № {bill.facts.number} от {long_date(bill.facts.issued_on)}",
        facts=facts_of(bill),
        stated=stated_by(bill),
    )


def context_of(bill: Bill) -> dict[str, object]:
    """Return the placeholders: `payment.*` as in ActivePlatform, then `seller`, `vat`, `bill`, `qr`."""
    return {
        "payment": _payment(bill) | _account(bill.payment),
        "seller": asdict(bill.seller) | {"is_sole_proprietor": bill.seller.is_sole_proprietor},
        "reseller": _reseller(bill.payment),
        "vat": _vat(bill),
        "bill": _bill(bill),
        "qr": {"asset": f"asset:{QR_ASSET}", "payload": bill.payload} if bill.stated.symbol else None,
    }


def _payment(bill: Bill) -> dict[str, object]:
    payment = bill.payment
    roubles, _, kopecks = figures(bill.amount).partition(",")
    return {
        "payment_method": bill.method.name,
        "id": payment.id,
        "document_id": bill.facts.number,
        "document_number": bill.facts.number,
        "total": figures(bill.amount),
        "total_in_words": sum_in_words(bill.amount),
        "total_decimal": bill.amount.decimal,
        "total_roubles": roubles,
        "total_kopecks": kopecks,
        "currency": bill.amount.currency,
        "status": payment.status.value,
        "comment": payment.purpose,
        "purpose": bill.purpose,
        "orders": "",
        "order_charges": bill.service,
        "created_at": short_date(bill.created_on),
    }


def _account(payment: PaymentView) -> dict[str, object]:
    account = payment.account
    return {
        "account_id": account.id,
        "account_name": account.name,
        "account_type_key": account.type.value,
        "account_custom_attributes": dict(account.custom_attributes),
        "account_address": account.address,
        "account_email": account.email,
        "account_phone": account.phone,
        "account_country": account.country,
        "account_country_name": "Россия" if account.country == "RU" else account.country,
        "account_region": account.region,
        "account_city": account.city,
        "account_zip": account.zip,
        "account_street": account.street,
        "account_building": account.building,
        "account_office": account.office,
        "account_inn": account.inn,
        "account_kpp": account.kpp,
    }


def _reseller(payment: PaymentView) -> dict[str, object]:
    reseller = payment.reseller
    return {
        "name": reseller.name,
        "site_url": reseller.site_url,
        "sales_email": reseller.sales_email,
        "billing_email": reseller.billing_email,
        "accounting_email": reseller.accounting_email,
        "phone": reseller.general_phone,
    }


def _vat(bill: Bill) -> dict[str, object]:
    return {
        "included": bill.has_vat,
        "rate": bill.vat_rate,
        "amount": figures(bill.vat),
        "label": f"В том числе НДС {bill.vat_rate}%" if bill.has_vat else "Без налога (НДС)",
        "mention": bill.vat_mention,
    }


def _bill(bill: Bill) -> dict[str, object]:
    return {
        "number": bill.facts.number,
        "date": short_date(bill.facts.issued_on),
        "date_long": long_date(bill.facts.issued_on),
        "valid_until": short_date(bill.valid_until),
        "link": bill.facts.link,
        "offer": bill.method.text("offer_text"),
        "basis": bill.basis,
        "items": [
            {
                "number": 1,
                "name": bill.service,
                "quantity": "1",
                "unit": "усл.",
                "price": figures(bill.amount),
                "sum": figures(bill.amount),
            }
        ],
        "items_count": 1,
    }


def _file_part(number: str) -> str:
    """Return the number for a file name: ASCII, since old mail programs and headers know nothing else."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in number)
