"""Mails as people see them: text and HTML with the reseller's name, colour and contacts round them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from billhook import Catalogue
from billhook.formats import use_timezone
from billhook.i18n import LazyText, use_language
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from host_stub.persistence import Reseller
from host_stub.services.telling.views import reseller_view

Text = LazyText | str

_ = Catalogue("host_stub")
_DEFAULT_ACCENT: Final = "#1f4fd8"
_COLOUR = re.compile(r"\A#[0-9a-fA-F]{6}\Z", re.ASCII)
# Not `\s`: the no-break space parts groups of digits and stays.
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says; the reseller's letterhead is put round it.

    once_key: at most one mail per key and recipient, however often it is queued. button: label and absolute address.
    unsubscribe: absolute address where a reader ends such mails; empty for those that cannot be ended.
    """

    category: str
    once_key: str
    subject: Text
    paragraphs: Sequence[Text]
    button: tuple[Text, str] | None = None
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in one language: what is stored and sent."""

    subject: str
    text: str
    html: str


def render(reseller: Reseller, letter: Letter, language: str) -> Rendered:
    """Draw a letter. Values are escaped in HTML; the subject is one line, so that no header can be slipped in."""
    with use_language(language), use_timezone(reseller.timezone):
        subject = one_line(str(letter.subject))
        accent = reseller.accent if _COLOUR.match(reseller.accent) else _DEFAULT_ACCENT
        label, url = letter.button or ("", "")
        context = {
            "language": language,
            "subject": subject,
            "paragraphs": [str(paragraph) for paragraph in letter.paragraphs],
            "button": {"label": str(label), "url": url} if url else None,
            "unsubscribe": {"label": str(_("Do not send such mails")), "url": letter.unsubscribe},
            "seller": reseller_view(reseller),
            "contacts": _contacts(reseller),
            "accent": accent,
            "on_accent": _ink_on(accent),
        }
        return Rendered(
            subject,
            _templates().get_template("letter.txt").render(context),
            _templates().get_template("letter.html").render(context),
        )


def one_line(text: str) -> str:
    """Return text without control characters and line breaks; a run of them and of spaces becomes one space."""
    return _BREAKS.sub(" ", text).strip()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("host_stub", "mail_templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _contacts(reseller: Reseller) -> list[tuple[str, str]]:
    known = (
        (_("Payments and renewals"), reseller.billing_email),
        (_("Technical support"), reseller.support_email),
        (_("General questions"), reseller.general_phone),
        (_("Sales"), reseller.sales_phone),
        (_("Site"), reseller.site_url),
    )
    return [(str(label), value) for label, value in known if value]


def _ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on `#rrggbb` (brightness as in ITU-R BT.601)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#12151c" if red * 299 + green * 587 + blue * 114 > 150_000 else "#ffffff"
