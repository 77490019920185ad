from __future__ import annotations

import io

import pytest
import segno
import zxingcpp
from billhook_check_cash import qr
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

PAYEE = {
    "Name": "ООО «Пример Хостинг»",
    "PersonalAcc": "40702810938000012345",
    "BankName": "ПАО СБЕРБАНК",
    "BIC": "044525225",
    "CorrespAcc": "30101810400000000225",
}


def test_a_payload_begins_with_the_service_block_and_the_mandatory_keys_in_order() -> None:
    payload = qr.build_payload({"Sum": "500000", **PAYEE})

    assert payload == (
        "ST00012|Name=ООО «Пример Хостинг»|PersonalAcc=40702810938000012345|BankName=ПАО СБЕРБАНК"
        "|BIC=044525225|CorrespAcc=30101810400000000225|Sum=500000"
    )


def test_every_key_that_may_be_written_is_ascii() -> None:
    assert all(key.isascii() and key.isalpha() for key in qr.MAX_LENGTH)


def test_a_key_outside_the_allow_list_is_refused() -> None:
    with pytest.raises(qr.UnknownQrKey):
        qr.build_payload({**PAYEE, "СВС": "1"})  # Cyrillic, as found in published code


def test_another_separator_is_chosen_when_a_value_holds_the_bar() -> None:
    payload = qr.build_payload({**PAYEE, "Purpose": "a|b#c"})

    assert payload[7] == ";"
    assert qr.parse_payload(payload)["Purpose"] == "a|b#c"


def test_a_value_may_hold_an_equals_sign() -> None:
    assert qr.parse_payload(qr.build_payload({**PAYEE, "Purpose": "a=b=c"}))["Purpose"] == "a=b=c"


def test_no_separator_left_is_a_clear_error() -> None:
    with pytest.raises(qr.NoFreeSeparator):
        qr.build_payload({**PAYEE, "Purpose": qr.SEPARATORS})


@given(st.text(max_size=200))
def test_no_text_of_a_payer_adds_or_changes_a_part(words: str) -> None:
    try:
        payload = qr.build_payload({**PAYEE, "Sum": "500000", "Purpose": words})
    except qr.NoFreeSeparator:
        return

    found = qr.parse_payload(payload)

    assert set(found) <= {*PAYEE, "Sum", "Purpose"}
    assert {key: found[key] for key in PAYEE} == PAYEE
    assert found["Sum"] == "500000"


@pytest.mark.parametrize("attack", ["x|PersonalAcc=1", "x\n|PersonalAcc=1", "x\u2028y", "x\u202ey\u0000z\x1b"])
def test_control_characters_are_dropped_and_injected_parts_stay_text(attack: str) -> None:
    found = qr.parse_payload(qr.build_payload({**PAYEE, "Purpose": attack}))

    assert found["PersonalAcc"] == PAYEE["PersonalAcc"]
    assert found["Purpose"].isprintable()


def test_the_short_name_stands_in_where_300_bytes_would_be_exceeded() -> None:
    payload = qr.build_payload({**PAYEE, "Name": "Ж" * 110}, short_name="ООО «Ж»")

    assert qr.parse_payload(payload)["Name"] == "ООО «Ж»"


def test_exactly_300_bytes_of_mandatory_parts_are_kept_and_one_more_is_not() -> None:
    rest = len("|".join(f"{k}={'' if k == 'Name' else v}" for k, v in PAYEE.items()).encode())
    fitting = "a" * min(300 - rest, 160)
    bank = {**PAYEE, "Name": "Ж" * ((300 - rest) // 2), "BankName": PAYEE["BankName"]}
    size = rest + 2 * ((300 - rest) // 2)

    assert qr.parse_payload(qr.build_payload({**PAYEE, "Name": fitting}))["Name"] == fitting
    assert len(qr.parse_payload(qr.build_payload(bank))["Name"]) == (300 - rest) // 2
    with pytest.raises(qr.MandatoryBlockTooLong) as caught:
        qr.build_payload({**bank, "Name": bank["Name"] + "Ж"})
    assert caught.value.size == size + 2


@pytest.mark.parametrize("amount", ["5000.00", "-1", "５", "1e3"])
def test_a_sum_that_is_not_whole_kopecks_is_refused(amount: str) -> None:
    with pytest.raises(qr.NotAPaymentQr):
        qr.build_payload({**PAYEE, "Sum": amount})


def test_empty_optional_parts_are_left_out() -> None:
    assert set(qr.parse_payload(qr.build_payload({**PAYEE, "Sum": "", "KPP": ""}))) == set(PAYEE)


def test_a_purpose_over_210_characters_is_refused_and_not_cut() -> None:
    qr.build_payload({**PAYEE, "Purpose": "a" * 210})
    with pytest.raises(qr.QrValueTooLong):
        qr.build_payload({**PAYEE, "Purpose": "a" * 211})


def test_the_bank_name_is_cut_to_45_characters() -> None:
    assert len(qr.parse_payload(qr.build_payload({**PAYEE, "BankName": "Б" * 60}))["BankName"]) == 45


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("ST00012|name=A|personalacc=1|bankname=B|bic=2|correspacc=3|", "Name", "A"),
        ("ST00012~Name=A|B~PersonalAcc=1~BankName=B~BIC=2~CorrespAcc=3~lastName=Z", "LastName", "Z"),
        ("ST00012|Name=A|PersonalAcc=1|BankName=B|BIC=2|CorrespAcc=3|Phone=5", "Phone", "5"),
        ("ST00012|Name=A|Name=Z|PersonalAcc=1|BankName=B|BIC=2|CorrespAcc=", "Name", "A"),
    ],
)
def test_symbols_of_others_are_read_tolerantly(text: str, key: str, value: str) -> None:
    assert qr.parse_payload(text)[key] == value


def test_windows_1251_bytes_are_read_as_the_header_says() -> None:
    text = "ST00011|Name=Ромашка|PersonalAcc=1|BankName=B|BIC=2|CorrespAcc=3"

    assert qr.parse_payload(text.encode("cp1251"))["Name"] == "Ромашка"


@pytest.mark.parametrize("text", ["", "ST00012", "ST00042|Name=A", "https://qr.example", "ST00012|Name=A|BIC"])
def test_what_is_no_payment_symbol_is_refused(text: str) -> None:
    with pytest.raises(qr.NotAPaymentQr):
        qr.parse_payload(text)


def test_wrong_bytes_for_the_stated_encoding_are_refused() -> None:
    with pytest.raises(qr.NotAPaymentQr):
        qr.parse_payload("ST00012|Name=Ромашка".encode("cp1251"))


@pytest.mark.parametrize("purpose", ["Оплата по счету № 1", "Оплата за услуги хостинга по счету № 2563977 " * 4])
def test_a_drawn_symbol_decodes_to_its_payload(purpose: str) -> None:
    payload = qr.build_payload({**PAYEE, "Sum": "500000", "Purpose": purpose.strip()})
    symbol = qr.draw(payload)

    decoded = zxingcpp.read_barcode(_picture(payload), formats=zxingcpp.BarcodeFormat.QRCode)

    assert decoded is not None
    assert decoded.text == payload
    assert decoded.ec_level == "M"
    assert _modules(symbol) == _modules_of_segno(payload)


def _picture(payload: str) -> Image.Image:
    buffer = io.BytesIO()
    segno.make_qr(payload, error="m", encoding="utf-8", mask=2, boost_error=False).save(buffer, kind="png", scale=4)
    return Image.open(buffer).convert("L")


def _modules_of_segno(payload: str) -> set[tuple[int, int]]:
    code = segno.make_qr(payload, error="m", encoding="utf-8", mask=2, boost_error=False)
    return {(x, y) for y, row in enumerate(code.matrix_iter(border=4)) for x, dark in enumerate(row) if dark}


def _modules(symbol: qr.Symbol) -> set[tuple[int, int]]:
    dark = set()
    for run in symbol.path.split("M")[1:]:
        place, _, length = run.partition("h")
        x, y = map(int, place.split())
        dark |= {(x + step, y) for step in range(int(length.partition("v")[0]))}
    return dark
