"""The payment QR of GOST R 56042-2014: building the text, reading it back, drawing it.

`ST` + version `0001` + encoding digit (`2`: UTF-8) + the separator, then `Key=Value` parts. The standard knows no
escaping: the separator is chosen after all values are known, and control characters are dropped, so that no text of a
payer can add a part of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import segno

#: In this order: a bank's app was reported to insist on it.
MANDATORY: Final = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
#: Everything we may write, with the largest number of characters. Published code holds keys with Cyrillic look-alikes.
MAX_LENGTH: Final[Mapping[str, int]] = {
    "Name": 160,
    "PersonalAcc": 20,
    "BankName": 45,
    "BIC": 9,
    "CorrespAcc": 20,
    "Sum": 18,
    "Purpose": 210,
    "PayeeINN": 12,
    "PayerINN": 12,
    "KPP": 9,
    "LastName": 60,
    "FirstName": 60,
    "MiddleName": 60,
    "PayerAddress": 160,
    "PersAcc": 30,
    "Contract": 60,
    "PaymPeriod": 20,
    "TechCode": 2,
}
#: The five mandatory parts together, in bytes of the chosen encoding.
MANDATORY_BYTES: Final = 300
SEPARATORS: Final = "|#;:^_~{}!$%&()*+,/@"
_HEADER: Final = "ST00012"
_CANONICAL: Final = {key.lower(): key for key in MAX_LENGTH}
_ENCODINGS: Final = {"1": "windows-1251", "2": "utf-8", "3": "koi8-r"}


class QrError(ValueError):
    """Base of what makes a payment QR impossible."""


class UnknownQrKey(QrError):
    """A key that is not on the allow-list."""


class MandatoryBlockTooLong(QrError):
    """Payee, bank and accounts exceed 300 bytes even with the short name."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes of {MANDATORY_BYTES}")
        self.size = size


class NoFreeSeparator(QrError):
    """Every candidate separator occurs in some value."""


class QrValueTooLong(QrError):
    """A value that must not be cut is longer than the standard allows."""

    def __init__(self, key: str, size: int) -> None:
        super().__init__(f"{key}: {size} characters of {MAX_LENGTH[key]}")
        self.key = key


class NotAPaymentQr(QrError):
    """The text does not begin as the standard says or lacks a part."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawn QR symbol: dark modules as one path of rectangles, a unit per module, the quiet zone included.

    size: modules on a side, with four modules of quiet zone on each.
    """

    size: int
    path: str

    def svg(self) -> bytes:
        """Return a picture that is crisp at any size."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}" '
            f'shape-rendering="crispEdges"><path d="{self.path}"/></svg>'
        ).encode()


def build_payload(values: Mapping[str, str], *, short_name: str = "") -> str:
    """Return the text of a payment QR.

    values: by key of `MAX_LENGTH`, the five mandatory ones included (CorrespAcc may be empty: a payee at the Bank of
        Russia); other empty ones are left out. `Sum` is in kopecks, digits only.
    short_name: stands in for `Name` where the mandatory parts would not fit into 300 bytes.
    BankName and PayerAddress are cut to the standard's length; the BIC names the bank.
    Raises UnknownQrKey, QrValueTooLong, MandatoryBlockTooLong, NoFreeSeparator, NotAPaymentQr.
    """
    tidy = {key: _clean_value(key, value) for key, value in values.items()}
    for key in ("BankName", "PayerAddress"):
        if key in tidy:
            tidy[key] = tidy[key][: MAX_LENGTH[key]].rstrip()
    _check(tidy)
    tidy["Name"] = _fitting_name(tidy, clean(short_name))
    parts = [f"{key}={tidy.get(key, '')}" for key in MANDATORY]
    parts += [f"{key}={value}" for key, value in tidy.items() if key not in MANDATORY and value]
    separator = _free_separator(parts)
    return separator.join([_HEADER, *parts])


def parse_payload(content: str | bytes) -> dict[str, str]:
    """Read a payment QR, ours or another's: any separator, keys in any case, a trailing separator.

    Returns values by canonical key; unknown keys stay as written, the first of repeated keys wins.
    Raises NotAPaymentQr.
    """
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) < 8 or not raw.startswith(b"ST0001") or chr(raw[6]) not in _ENCODINGS:
        raise NotAPaymentQr("no ST0001 header")
    try:
        text = raw.decode("utf-8" if isinstance(content, str) else _ENCODINGS[chr(raw[6])])
    except UnicodeDecodeError as error:
        raise NotAPaymentQr("not in the encoding it states") from error
    found: dict[str, str] = {}
    for part in filter(None, text[8:].split(text[7])):
        key, equals, value = part.partition("=")
        if not equals:
            raise NotAPaymentQr(f"a part without a key: {part[:20]!r}")
        found.setdefault(_CANONICAL.get(key.strip().lower(), key.strip()), value)
    if missing := [key for key in MANDATORY if key not in found]:
        raise NotAPaymentQr(f"without {missing[0]}")
    return found


def draw(payload: str) -> Symbol:
    """Return the symbol of a payload: level M, UTF-8 without ECI (banks expect the raw bytes).

    The mask is fixed: trying all eight takes five times as long and gains nothing that a scanner notices.
    """
    code = segno.make_qr(payload, error="m", encoding="utf-8", eci=False, mask=2, boost_error=False)
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    return Symbol(len(rows), "".join(_runs(rows)))


def _runs(rows: Iterable[bytes]) -> Iterable[str]:
    for y, row in enumerate(rows):
        x, length = 0, len(row)
        while x < length:
            start = row.find(1, x)
            if start < 0:
                break
            end = row.find(0, start)
            x = end if end >= 0 else length
            yield f"M{start} {y}h{x - start}v1H{start}z"


def clean(value: str) -> str:
    """Return the value without control, format and line-break characters; blanks become single spaces."""
    normal = unicodedata.normalize("NFC", value)
    kept = (" " if sign.isspace() else sign for sign in normal)
    return " ".join("".join(s for s in kept if not unicodedata.category(s).startswith("C")).split())


def _clean_value(key: str, value: str) -> str:
    if key not in MAX_LENGTH:
        raise UnknownQrKey(key)
    return clean(value)


def _check(values: Mapping[str, str]) -> None:
    if missing := [key for key in MANDATORY if not values.get(key) and key != "CorrespAcc"]:
        raise NotAPaymentQr(f"without {missing[0]}")
    for key, value in values.items():
        if len(value) > MAX_LENGTH[key] and key != "Name":
            raise QrValueTooLong(key, len(value))
    amount = values.get("Sum") or "0"
    if not (amount.isascii() and amount.isdigit()):
        raise NotAPaymentQr("Sum is not a whole number of kopecks")


def _fitting_name(values: Mapping[str, str], short_name: str) -> str:
    size = 0
    for name in filter(None, (values["Name"], short_name)):
        block = "|".join(f"{key}={name if key == 'Name' else values.get(key, '')}" for key in MANDATORY)
        size = len(block.encode())
        if size <= MANDATORY_BYTES and len(name) <= MAX_LENGTH["Name"]:
            return name
    raise MandatoryBlockTooLong(size)


def _free_separator(parts: Iterable[str]) -> str:
    text = "".join(parts)
    for candidate in SEPARATORS:
        if candidate not in text:
            return candidate
    raise NoFreeSeparator
