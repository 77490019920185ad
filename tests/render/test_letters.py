"""What documents can write: every letter that a name in Russia or Europe may have; other signs are told."""

from __future__ import annotations

import io
import unicodedata

import pytest
from pypdf import PdfReader

from host_stub.adapters.render.legible import legible, lost

#: Letters beyond those of Russian, by language; from their published alphabets.
ALPHABETS = {
    "Abaza, Adyghe, Avar, Chechen, Kabardian, Lezgian": "Ӏӏ",
    "Altai, Khakas, Shor": "ӦӧӰӱҤҥҒғӋӌІі",
    "Bashkir": "ҒғҘҙҠҡҢңӨөҪҫҮүҺһӘә",
    "Chukchi, Koryak": "ӃӄӇӈԒԓЭ̇э̇",
    "Chuvash": "ӐӑӖӗҪҫӲӳ",
    "Even, Evenki, Nanai": "ӇӈӨөӢӣӮӯА̄а̄О̄о̄Э̄э̄Ы̄ы̄",
    "Kalmyk": "ҺһҖҗӘәҢңӨөҮү",
    "Karelian, Veps": "ČčŠšŽžÄäÖöÜü",
    "Kazakh": "ӘәҒғҚқҢңӨөҰұҮүҺһІі",
    "Khanty, Mansi": "ӐӑӘәӚӛӒӓҚқӅӆӇӈӨөӪӫЎўӰӱҮүԚԛԜԝҲҳԮԯ",
    "Komi": "ІіӦӧ",
    "Mari": "ҤҥӦӧӰӱӒӓӸӹ",
    "Nenets, Nganasan": "ʼˮӇӈӦӧӚӛ",
    "Nivkh": "ӶӷӺӻҒғҔҕӾӿҚқӃӄӇӈР̌р̌Ў",
    "Ossetian": "Ӕӕ",
    "Sami": "ӒӓҺһӋӌӅӆӍӎӇӈҎҏӬӭҌҍʼʽЈј",
    "Tatar": "ӘәӨөҮүҖҗҢңҺһ",
    "Tuvan, Buryat, Yakut": "ӨөҮүҢңҺһҔҕ",
    "Udmurt": "ӜӝӞӟӤӥӦӧӴӵ",
    "Ukrainian, Belarusian": "ҐґЄєІіЇїЎў",
    "Church Slavonic and old spelling": "ѢѣѲѳѴѵѠѡѪѫꙊꙋ",
    "Polish": "ĄąĆćĘęŁłŃńÓóŚśŹźŻż",
    "Czech, Slovak": "ČčĎďĚěĹĺĽľŇňŔŕŘřŠšŤťŮůŽž",
    "Hungarian, Turkish": "ŐőŰűĞğİıŞşÇç",
    "Romanian": "ĂăÂâÎîȘșȚț",
    "Baltic": "ĀāČčĒēĢģĪīĶķĻļŅņŠšŪūŽžĖėĮįŲųŪū",
    "Croatian, Serbian": "ĐđĆćČčЂђЈјЉљЊњЋћЏџ",
    "Icelandic, Faroese, Nordic": "ÐðÞþÆæØøÅåÁáŊŋŦŧ",
    "Maltese, Welsh, Esperanto": "ĊċĠġĦħŴŵŶŷẀẁẂẃĈĉĜĝĤĥĴĵŜŝŬŭ",
    "Greek": "ΆάΈέΉήΊίΌόΎύΏώΣσς",
    "Vietnamese": "ĂăÂâĐđÊêÔôƠơƯưẠạẾếỘộỮữ",
    "Azerbaijani": "ƏəĞğİıŞş",
}


@pytest.mark.parametrize("language", ALPHABETS)
def test_every_letter_of_a_language_is_printed_as_it_is(language: str) -> None:
    letters = ALPHABETS[language]

    assert lost(letters) == ""
    assert legible(letters) == unicodedata.normalize("NFC", letters)


def test_no_letter_of_the_promised_ranges_is_missing() -> None:
    ranges = (range(0xA1, 0x250), range(0x400, 0x530), (0x2BC,))
    promised = (chr(code) for span in ranges for code in span)

    assert lost("".join(filter(str.isprintable, promised))) == ""


@pytest.mark.parametrize(
    ("typed", "signs"),
    [
        ("ООО «Ромашка»", ""),
        ("Хостинг \N{GRINNING FACE} и ещё \N{GRINNING FACE}", "\N{GRINNING FACE}"),
        ("漢字", "漢字"),
        ("שלום", "שלום"),
        ("a\N{IDEOGRAPHIC SPACE}b\N{ZERO WIDTH JOINER}c\N{VARIATION SELECTOR-16}", ""),
        ("и\N{COMBINING BREVE}од", ""),
    ],
)
def test_signs_that_a_document_loses_are_named_and_what_nobody_misses_is_not(typed: str, signs: str) -> None:
    assert lost(typed) == signs


def test_a_bashkir_customer_and_a_polish_payer_stand_on_the_paper_as_they_are_called(renderer, make_source) -> None:
    names = "ГБУ «Башҡортостан Ҡала хужалығы», Łódź, Ӷ ӯ̄ ḁ"
    source = make_source("<p><b>{{ names }}</b></p>", names=names)

    drawn = renderer.render(source)

    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(drawn.pdf)).pages)
    assert unicodedata.normalize("NFC", " ".join(text.split())) == unicodedata.normalize("NFC", names)
    assert drawn.lost == ""


def test_a_document_says_which_signs_it_lost(renderer, make_source) -> None:
    drawn = renderer.render(make_source("<p>{{ name }}</p>", name="Ромашка \N{CHERRY BLOSSOM} 漢"))

    assert drawn.lost == "\N{CHERRY BLOSSOM}漢"
