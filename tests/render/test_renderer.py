from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from host_stub.adapters.render import Limits, Renderer, RendererBroken, RendererBusy
from host_stub.adapters.render.wire import NotPlain


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def is_running(pid: int) -> bool:
    """Tell whether the process lives; one that only waits for its parent to look does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def idle_pids(renderer: Renderer) -> list[int]:
    return [child.pid for child in renderer._pool.idle]


def test_a_document_is_drawn_with_the_resellers_template(renderer, make_source) -> None:
    drawn = renderer.render(make_source("<p>mine: {{ payment.total }}</p>"))

    assert text_of(drawn.pdf) == "mine: 5 000,00"
    assert (drawn.used_stock, drawn.problem) == (False, None)
    assert drawn.sha256 == hashlib.sha256(drawn.pdf).hexdigest()


def test_drawing_twice_gives_the_same_bytes(renderer, make_source) -> None:
    source = make_source("<p>{{ payment.account_name }}</p>")

    assert renderer.render(source).sha256 == renderer.render(source).sha256


def test_the_stock_template_is_no_stand_in_for_itself(renderer, make_source) -> None:
    drawn = renderer.render(make_source())

    assert (text_of(drawn.pdf), drawn.used_stock, drawn.problem) == ("stock 5 000,00", False, None)


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{% if %}", "строка 1"),
        ("<p>\n{{ payment.total | no_such_filter }}</p>", "no_such_filter"),
        ("{% include 'x' %}", "include"),
        ("x" * 65_537, "64 KB"),
        ("{% for a in (1..500) %}{% for b in (1..500) %}x{% endfor %}{% endfor %}", "цикл"),
    ],
)
def test_a_broken_template_falls_back_to_the_stock_one_and_says_why(renderer, make_source, template, word) -> None:
    drawn = renderer.render(make_source(template))

    assert text_of(drawn.pdf) == "stock 5 000,00"
    assert drawn.used_stock
    assert word in str(drawn.problem)


def test_an_unsaved_template_is_checked_without_drawing(renderer) -> None:
    assert renderer.check("<p>{{ payment.total }}</p>") is None
    assert "строка 1" in str(renderer.check("{% for %}"))
    assert "nope" in str(renderer.check("{{ 1 | nope }}"))


HOSTILE = "<a href='javascript:1'>x</a><link rel=attachment href='file:///etc/passwd'>"
FILTERS = (
    "append: 'x'",
    "prepend: 'x'",
    "upcase",
    "replace: 'x', 'y'",
    "newline_to_br",
    "url_encode | url_decode",
    "truncate: 200",
    "split: 'q' | join: ''",
    "escape | escape_once",
    "default: 'z'",
)


@pytest.mark.parametrize("chain", FILTERS)
def test_values_are_escaped_whatever_filter_they_pass(renderer, make_source, chain: str) -> None:
    drawn = renderer.render(make_source(f"<p>{{{{ name | {chain} }}}}</p>", name=HOSTILE))

    assert not drawn.used_stock
    assert "<a" in text_of(drawn.pdf).lower()


@pytest.mark.parametrize("name", ["safe", "base64_decode", "escapejs"])
def test_filters_that_would_switch_escaping_off_do_not_exist(renderer, name: str) -> None:
    assert name in str(renderer.check(f"{{{{ x | {name} }}}}"))


def test_plain_values_arrive_as_they_are(renderer, make_source) -> None:
    template = "{{ sum | times: 2 }} {{ day | date: '%d.%m.%Y' }} {{ flag }} {{ many | join: '-' }} {{ missing }}"

    drawn = renderer.render(
        make_source(template, sum=Decimal("2.50"), day=date(2026, 11, 13), flag=True, many=(1, "b"), missing=None)
    )

    assert text_of(drawn.pdf).split() == ["5.0", "13.11.2026", "true", "1-b"]


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("Хостинг \N{GRINNING FACE}", "Хостинг ?"),
        ("и\N{COMBINING BREVE}од", "йод"),
        ("\N{LATIN SMALL LIGATURE FI}n 5\N{NON-BREAKING HYPHEN}6", "fin 5-6"),
        ("漢", "?"),
        ("a\N{ZERO WIDTH JOINER}b", "ab"),
        ("a\N{IDEOGRAPHIC SPACE}b", "a b"),
    ],
)
def test_what_the_typeface_lacks_is_written_by_other_signs_and_spoils_no_text(
    renderer, make_source, typed: str, drawn: str
) -> None:
    source = make_source("<p>Плательщик: {{ typed }}</p>", typed=typed)

    assert text_of(renderer.render(source).pdf) == f"Плательщик: {drawn}"


def test_a_document_says_what_its_template_names_and_was_not_given(renderer, make_source) -> None:
    template = (
        "<img src='asset:logo'><p>{{ totl }} {{ payment.totl }} {{ x | default: 'y' }}</p>{% if vat %}a{% endif %}"
    )

    assert renderer.render(make_source(template)).unknown == ("totl", "payment.totl", "asset:logo")
    assert renderer.render(make_source("<p>{{ payment.total }}</p>")).unknown == ()


def test_a_pdf_has_the_title_of_its_html_or_of_the_document(renderer, make_source) -> None:
    titled = replace(make_source("<p>a</p>"), title="Счет № 1")
    own = replace(titled, template="<title>Мой</title><p>a</p>")

    assert [title_of(renderer.render(each).pdf) for each in (titled, own)] == ["Счет № 1", "Мой"]


def title_of(pdf: bytes) -> str | None:
    metadata = PdfReader(io.BytesIO(pdf)).metadata
    return metadata.title if metadata is not None else None


def test_half_a_character_is_the_callers_fault_and_not_the_templates(renderer, make_source) -> None:
    with pytest.raises(NotPlain):
        renderer.render(make_source("<p>{{ typed }}</p>", typed="\ud800"))

    assert text_of(renderer.render(make_source("<p>{{ typed }}</p>", typed="a")).pdf) == "a"


@pytest.mark.parametrize("value", [object(), 1.5, {1, 2}, {1: "x"}, lambda: 0])
def test_a_context_with_more_than_plain_values_never_reaches_the_child(renderer, make_source, value) -> None:
    with pytest.raises(NotPlain):
        renderer.render(make_source(value=value))

    assert text_of(renderer.render(make_source()).pdf) == "stock 5 000,00"


def test_a_killed_child_is_replaced_before_the_next_document(renderer, make_source) -> None:
    renderer.warm()
    (old,) = idle_pids(renderer)
    os.kill(old, signal.SIGKILL)

    drawn = renderer.render(make_source())

    assert text_of(drawn.pdf) == "stock 5 000,00"
    assert idle_pids(renderer) != [old]
    assert not is_running(old)


def test_a_child_that_did_its_share_of_documents_is_replaced(make_source) -> None:
    with Renderer(Limits(jobs_per_child=2), children=1) as few:
        seen = set()
        for _ in range(3):
            few.render(make_source())
            seen |= set(idle_pids(few))

    assert len(seen) == 2


def test_closing_leaves_no_process_and_no_folder(make_source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Renderer(children=1) as one:
        one.render(make_source())
        (pid,) = idle_pids(one)
        assert is_running(pid)

    assert not is_running(pid)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RendererBroken):
        one.render(make_source())


def test_a_caller_waits_a_bounded_time_for_a_free_child(make_source) -> None:
    with Renderer(children=1, patience_seconds=0.1) as one, one._lent(), pytest.raises(RendererBusy):
        one.render(make_source())


def test_threads_share_the_children(make_source) -> None:
    with Renderer(children=2) as two:
        texts: list[str] = []
        threads = [
            threading.Thread(target=lambda: texts.append(text_of(two.render(make_source()).pdf))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert texts == ["stock 5 000,00"] * 6
        assert len(idle_pids(two)) <= 2


def test_a_child_that_does_not_start_is_told_apart_from_a_bad_template(make_source, monkeypatch) -> None:
    monkeypatch.setattr("host_stub.adapters.render.pool._BOOT", "import sys; sys.exit(3)")
    with Renderer() as broken, pytest.raises(RendererBroken, match="doctor"):
        broken.render(make_source())


def test_a_broken_stock_template_is_an_error_and_not_a_blank_page(renderer, make_source) -> None:
    source = make_source("{% if %}")
    broken = type(source)("{% if %}", "{% if %}", source.context)

    with pytest.raises(RendererBroken, match="stock"):
        renderer.render(broken)


def test_the_parent_never_imports_weasyprint() -> None:
    program = (
        "import sys\n"
        "from billhook import DocumentSource\n"
        "from host_stub.adapters.render import Renderer\n"
        "with Renderer() as r:\n"
        "    assert r.render(DocumentSource('<p>x</p>', '<p>y</p>', {})).pdf.startswith(b'%PDF')\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('weasyprint', 'liquid', 'segno')], sys.modules\n"
    )

    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_children_and_their_folders_end_with_a_parent_that_was_killed(tmp_path) -> None:
    program = (
        "import time\n"
        "from host_stub.adapters.render import Renderer\n"
        "r = Renderer(); r.warm()\n"
        "print(r._pool.idle[0].pid, flush=True); time.sleep(60)\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert list(tmp_path.iterdir())
        parent.kill()

    deadline = time.monotonic() + 10
    while (is_running(pid) or list(tmp_path.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_face_is_the_one_that_is_embedded(renderer, make_source) -> None:
    drawn = renderer.render(make_source("<p style='font-family: \"Times New Roman\"'>₽ № «Ёлка» 1\u202f000 ₸ қә</p>"))

    fonts = PdfReader(io.BytesIO(drawn.pdf)).pages[0]["/Resources"]["/Font"]
    names = {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    assert len(names) == 1
    assert "Billhook" in names.pop()
    assert "₽ № «Ёлка»" in text_of(drawn.pdf)
