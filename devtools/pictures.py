"""Take the README's pictures from a running demo: `python -m devtools.pictures [STATE]`, beside `./dev run`.

Small on purpose: few colours, one scale, no machine's name. Needs Chromium.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import ARGUMENTS, chromium_program

FOLDER = Path(__file__).parents[1] / "docs/pictures"
WIDTH, HEIGHT = 1120, 760
# Finer than a page shows them: they are looked at scaled down, and small letters keep their dots.
SCALE = 1.75
COLOURS = 128
LARGEST_BYTES = 150_000


def sign_in(browser: Browser, demo: dict[str, Any], who: str) -> Page:
    """Return a page on which somebody of the demo is signed in."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, locale="ru-RU", device_scale_factor=SCALE
    )
    page = context.new_page()
    page.goto(f"{demo['panel']}/sign-in")
    page.fill("input[name=email]", demo["logins"][who]["email"])
    page.fill("input[name=password]", demo["logins"][who]["password"])
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return page


def keep(name: str, picture: Image.Image) -> None:
    """Write a picture with few colours. Raises ValueError if it is too heavy for a README."""
    small = io.BytesIO()
    # By coverage of the colours, not by how many pixels they fill: a status is a small dot.
    picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    if small.tell() > LARGEST_BYTES:
        raise ValueError(f"{name} has {small.tell()} bytes")
    (FOLDER / name).write_bytes(small.getvalue())
    print(f"{name}: {picture.width} x {picture.height}, {small.tell()} bytes")


def shoot(name: str, page: Page) -> None:
    page.evaluate("document.fonts.ready")
    keep(name, Image.open(io.BytesIO(page.screenshot())))


def first_page(pdf: bytes) -> Image.Image:
    """Return the upper part of a PDF's first page, as wide as the other pictures."""
    document = pypdfium2.PdfDocument(pdf)
    sheet = document[0]
    drawn: Image.Image = sheet.render(scale=WIDTH * SCALE / sheet.get_width()).to_pil()
    document.close()
    return drawn.crop((0, 0, drawn.width, int(drawn.width * 0.98)))


def customer(browser: Browser, demo: dict[str, Any]) -> None:
    """Choose bank transfer for the waiting payment: instructions and bill."""
    page = sign_in(browser, demo, "company")
    page.click("tbody a >> nth=0")
    page.click("ul.methods form button >> nth=0")
    page.wait_for_load_state()
    shoot("customer.png", page)
    bill = page.get_attribute("ol.steps a >> nth=0", "href")
    assert bill is not None
    keep("bill.png", first_page(page.request.get(bill).body()))


def staff(browser: Browser, demo: dict[str, Any]) -> None:
    page = sign_in(browser, demo, "reseller")
    shoot("reseller.png", page)
    page = sign_in(browser, demo, "operator")
    page.goto(f"{demo['panel']}/admin/plugins")
    shoot("operator.png", page)


def main(state: Path) -> None:
    demo = json.loads((state / "demo.json").read_text("utf-8"))
    with sync_playwright() as playwright:
        program = chromium_program(playwright)
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        customer(browser, demo)
        staff(browser, demo)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "state"))
