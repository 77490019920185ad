"""What strangers and people may send besides what pages offer: numbers, texts and bytes that no database keeps."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

NUL: Final = "a\x00b"
HUGE: Final = "99999999999999999999"
BEYOND_INT8: Final = str(2**63)
#: What no index of PostgreSQL takes: longer than a third of a page, and nothing that compresses.
LONG: Final = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=9000))
#: Full-width and Arabic digits, a mark that turns the line round, a sign beyond 16 bits.
ODD: Final = "\uff11\u0663\u202e\U0001f600\ufffd'\"\\%_;--"

#: Queries that pages read, with what they never offer.
QUERIES: Final[tuple[dict[str, str], ...]] = (
    {"before": HUGE},
    {"after": HUGE},
    {"before": BEYOND_INT8},
    {"before": str(2**63 - 1)},
    {"before": "2147483648"},
    {"after": f"-{HUGE}"},
    {"before": "9" * 5000},
    {"before": "1e9", "after": ODD},
    {"account": HUGE, "payment": HUGE},
    {"account": str(2**31), "payment": str(2**63 - 1)},
    {"q": NUL},
    {"status": NUL},
    {NUL: "1"},
    *(dict.fromkeys(("q", "status", "document_id", "amount", "next", "t", "h", "v"), text) for text in (ODD, LONG)),
)
#: Texts for each field of a form.
TEXTS: Final = (
    NUL,
    HUGE,
    BEYOND_INT8,
    f"-{HUGE}",
    "2147483648",
    "999999999999",
    ODD,
    LONG,
    "9" * 5000,
    "",
    "NaN",
    "1e400",
    "http://[::1",
    "https://a:b",
)
#: Parts of a path in the place of a number, and in the place of a word.
NUMBERS: Final = ("0", str(2**31), str(2**63 - 1), BEYOND_INT8, HUGE, "9" * 5000, "-1", "%00", "%D9%A3")
WORDS: Final = ("%00", "a%00b", "%ED%A0%80", "%FF", "%E2%80%AE", "x" * 5000, "..", "%2e%2e%2f")
#: Bodies by content type.
BODIES: Final[tuple[tuple[str, bytes], ...]] = (
    ("application/json", b'{"a": "\\ud800\\u0000", "before": 1e400}'),
    ("application/x-www-form-urlencoded", b"%00=%00&csrf_token=%ED%A0%80&email=%FF%00"),
    ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(2000))),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n\x00\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="l"; filename="\x00"\r\n\r\nx\r\n--x--',
    ),
    ("multipart/form-data", b"no boundary"),
    ("text/plain; charset=nothing", b"\xff\x00"),
)
HEADERS: Final[tuple[dict[str, str], ...]] = (
    {"Accept-Language": "\xff;q=NaN,ru;q=1e400,*;q=-1", "User-Agent": "\xff\x01", "Referer": "http://[::1"},
    {
        "Cookie": "billhook=\xff\xfe; __Host-billhook=" + "a" * 4000,
        "X-Forwarded-For": "\xff, 999.1.1.1, ::ffff:1.2.3.4",
    },
    {"Host": "\xff", "Range": "bytes=9-1", "If-Modified-Since": "never", "If-None-Match": 'W/"', "Accept": ";q=NaN"},
    {"Origin": "null", "Authorization": "Bearer \xff", "Content-Type": "\xff", "Content-Length": "0"},
)


class Form(HTMLParser):
    """The fields of a page's forms with what stands in them, but for the token."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag in ("input", "button") and name not in ("", "csrf_token") and _is_sent(given):
            self.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data


def _is_sent(given: dict[str, str]) -> bool:
    return given.get("type") not in ("checkbox", "radio", "file") or "checked" in given


def odd_forms(fields: dict[str, str], *, one_by_one: bool) -> Iterator[dict[str, str]]:
    """Yield a form with every field odd, and if wanted with one at a time among what the page offered."""
    for text in TEXTS:
        yield dict.fromkeys(fields, text)
        if one_by_one:
            yield from ({**fields, name: text} for name in fields)
