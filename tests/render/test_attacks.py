"""Templates written to hurt: each is contained, the bill is still made with the stock template, the panel lives."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pypdf import PdfReader

from host_stub.adapters.render import Limits, Renderer, limits

CANARY = "canary-7f3a91"
HARD = Limits(cpu_seconds=1, wall_seconds=4.0, memory_bytes=512 * 1024 * 1024)


@pytest.fixture(scope="module")
def limited() -> Iterator[Renderer]:
    with Renderer(HARD, children=1) as renderer:
        yield renderer


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(CANARY)
    return file


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_ignored: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


EXHAUSTING = {
    "a range joined": "{{ (1..99999999) | join: ',' }}",
    "a range measured by way of a variable": "{% assign r = (1..99999999) %}{{ r | reverse | size }}",
    "loops in loops": "{% for a in (1..100000000) %}{% for b in (1..100000000) %}x{% endfor %}{% endfor %}",
    "a text doubled": "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
    "a number squared": "{% assign a = 999999999 %}" + "{% assign a = a | times: a %}" * 40 + "{{ a }}",
    "captures in captures": "{% capture a %}xxxxxxxxxx{% endcapture %}"
    + "{% capture a %}{{ a }}{{ a }}{{ a }}{{ a }}{% endcapture %}" * 20,
    "nested flex": "<div style='display:flex'>" * 12 + "x" + "</div>" * 12,
    "tiny pages": "<style>@page { size: 3px; margin: 0 }</style>" + "word " * 5000,
    "a padded counter": "<style>@counter-style p { system: numeric; symbols: '0' '1'; pad: 100000000 'x' }"
    "li { list-style: p }</style><ol><li>x</ol>",
    "a gradient of hairs": "<div style='height:900px;background:repeating-linear-gradient(red 0,blue .0000001px)'>",
    "far grid rows": "<div style='display:grid'><p style='grid-row:10000000'>x</p></div>",
    "a wide table": "<table><tr><td colspan=999999999>x</td></tr></table>",
    "deep nesting": "<div>" * 3000 + "x",
    "forced pages": "{% for i in (1..9000) %}<p style='page-break-after:always'>x</p>{% endfor %}",
    "a giant font": "<p style='font-size:1e30px'>x</p>",
    "a long table": "<table>{% for i in (1..19000) %}<tr><td>{{ i }}</td><td>x</td></tr>{% endfor %}</table>",
    "custom properties that laugh": "<style>:root{--a:ha ha ha ha ha ha ha ha ha ha;"
    + "".join(f"--{b}:{'var(--' + a + ') ' * 10};" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "}p::before{content:var(--i)}</style><p>x</p>",
    "many attributes": "<p " + " ".join(f"a{i}=1" for i in range(9000)) + ">x</p>",
}


@pytest.mark.long
@pytest.mark.parametrize("name", list(EXHAUSTING))
def test_a_template_that_exhausts_is_contained_in_time(limited: Renderer, make_source, name: str) -> None:
    started = time.monotonic()

    drawn = limited.render(make_source(EXHAUSTING[name]))

    assert time.monotonic() - started < HARD.wall_seconds + 4
    assert drawn.problem or len(drawn.pdf) < 16 * 1024 * 1024
    if drawn.used_stock:
        assert text_of(drawn.pdf) == "stock 5 000,00"


MUST_FALL_BACK = ("a range joined", "loops in loops", "a text doubled", "nested flex", "tiny pages", "forced pages")


@pytest.mark.parametrize("name", MUST_FALL_BACK)
def test_the_worst_ones_are_told_to_the_reseller(limited: Renderer, make_source, name: str) -> None:
    drawn = limited.render(make_source(EXHAUSTING[name]))

    assert drawn.used_stock
    assert drawn.problem


def test_a_template_that_broke_a_limit_is_not_tried_again_at_once(
    limited: Renderer, make_source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(EXHAUSTING["nested flex"] + "<!-- once -->")
    first = limited.render(source)
    tried, draw = [], limited._draw
    monkeypatch.setattr(
        limited, "_draw", lambda asked, template, *more: tried.append(template) or draw(asked, template)
    )

    second = limited.render(source)

    assert tried == [source.stock]
    assert second.problem == first.problem


def test_the_wall_clock_kills_where_the_processor_clock_does_not(make_source) -> None:
    with Renderer(Limits(cpu_seconds=60, wall_seconds=1.0), children=1) as patient:
        started = time.monotonic()
        drawn = patient.render(make_source(EXHAUSTING["nested flex"]))

    assert drawn.used_stock
    assert time.monotonic() - started >= 1.0


FETCHES = (
    "<img src='{}'>",
    "<link rel=stylesheet href='{}'>",
    "<style>@import url('{}');</style>",
    "<style>@font-face {{ font-family: x; src: url('{}') }} p {{ font-family: x }}</style><p>x</p>",
    "<p style=\"background: url('{}')\">x</p>",
    "<style>p::before {{ content: url('{}') }}</style><p>x</p>",
    "<ul style=\"list-style-image: url('{}')\"><li>x</ul>",
    "<style>@page {{ background: url('{}') }}</style><p>x</p>",
    "<object data='{}'></object>",
    "<embed src='{}'>",
    "<svg><image href='{}' width=9 height=9 /></svg>",
    "<link rel=attachment href='{}'>",
    "<a rel=attachment href='{}'>x</a>",
    "<base href='{}'><link rel=attachment href='x'><img src='y'>",
    "<iframe src='{}'></iframe>",
)


@pytest.mark.parametrize("template", FETCHES)
def test_no_file_of_the_machine_reaches_the_paper(limited: Renderer, make_source, canary: Path, template: str) -> None:
    every = "".join(template.format(f"{scheme}{canary}") for scheme in ("file://", "FILE:", " file://localhost", ""))

    drawn = limited.render(make_source(every))

    assert CANARY.encode() not in drawn.pdf
    assert CANARY not in text_of(drawn.pdf)
    assert not PdfReader(io.BytesIO(drawn.pdf)).attachments
    assert b"/EmbeddedFile" not in drawn.pdf


@pytest.mark.parametrize("template", FETCHES)
def test_nothing_is_asked_of_the_network_even_where_there_is_one(web, template: str) -> None:
    """Drawn in this process, which has a network, so that the fetcher alone stands in the way."""
    from host_stub.adapters.render.drawing import AssetFetcher, Press

    address, asked = web
    press = Press(HARD)

    for base in (address, address.removeprefix("http:"), address.replace("http", "HTTP")):
        press.draw(template.format(f"{base}/x.png"), AssetFetcher({}))

    assert asked == []


def test_a_naive_build_would_ask_for_most_of_these(web, caplog: pytest.LogCaptureFixture) -> None:
    """The control: the attacks above are real."""
    from weasyprint import HTML

    address, asked = web
    caplog.set_level("CRITICAL", "weasyprint")

    for number, template in enumerate(FETCHES):
        HTML(string=template.format(f"{address}/{number}.png")).write_pdf()

    assert len({path.split("/")[1].split(".")[0] for path in asked}) >= 10


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        " javascript:1",
        "file:///etc/passwd",
        "\\\\host\\share",
        "vbscript:x",
    ],
)
def test_links_lead_to_the_web_mail_or_phone_only(limited: Renderer, make_source, target: str) -> None:
    template = (
        f"<a href='{target}'>bad</a><p style='-weasy-link: url(\"{target}\")'>bad</p>"
        "<a href='https://hosting.example/'>good</a><a href='mailto:a@hosting.example'>good</a>"
    )

    drawn = limited.render(make_source(template))

    page = PdfReader(io.BytesIO(drawn.pdf)).pages[0]
    links = {str(note.get_object()["/A"]["/URI"]) for note in page["/Annots"]}
    assert links == {"https://hosting.example/", "mailto:a@hosting.example"}


def test_only_the_documents_own_assets_are_served(limited: Renderer, make_source) -> None:
    square = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'

    with_asset = limited.render(make_source("<img src='asset:a.svg'>", assets={"a.svg": square}))
    without = limited.render(make_source("<img src='asset:a.svg'>"))
    outside = limited.render(make_source("<img src='asset:../a.svg'>", assets={"a.svg": square}))

    assert with_asset.pdf != without.pdf
    assert not with_asset.used_stock
    assert outside.pdf == without.pdf


def test_a_face_from_one_document_does_not_reach_the_next(limited: Renderer, make_source) -> None:
    plain = make_source('<p style="font-family: Stranger">x</p><!-- same -->')
    before = limited.render(plain).sha256
    face = (Path(limits.__file__).parent / "fonts" / "BillhookSans-Bold.ttf").read_bytes()

    for origin in ("url(asset:face)", "local('DejaVu Sans')"):
        rule = f"@font-face {{ font-family: Stranger; src: {origin} }}"
        style = f"<style>{rule} p {{ font-family: Stranger }}</style>"
        limited.render(make_source(f"{style}<p>x</p>", assets={"face": face}))
    limited.render(make_source("<style>p { color: red; font-size: 30pt }</style><p>x</p>"))

    assert limited.render(plain).sha256 == before


def test_an_entity_bomb_in_a_picture_stays_a_picture(limited: Renderer, make_source, canary: Path) -> None:
    bomb = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{canary}">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'

    drawn = limited.render(make_source("<img src='asset:a.svg'>", assets={"a.svg": bomb.encode()}))

    assert CANARY not in text_of(drawn.pdf)


def test_the_child_has_no_network_where_the_machine_allows_to_take_it_away(limited: Renderer) -> None:
    with limited._lent() as child:
        if not child.network_off:
            pytest.skip("this machine does not let a user leave the network")
        devices = Path(f"/proc/{child.pid}/net/dev").read_text()

    assert [line.split(":")[0].strip() for line in devices.splitlines()[2:]] in ([], ["lo"])


def test_the_child_inherits_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLHOOK_SECRET", CANARY)
    with Renderer(HARD, children=1) as renderer, renderer._lent() as child:
        assert CANARY.encode() not in Path(f"/proc/{child.pid}/environ").read_bytes()
