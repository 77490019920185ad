"""The stylesheet's colours can be read, its typeface can write, and nothing comes from elsewhere."""

from __future__ import annotations

import re

import pytest
from fontTools.ttLib import TTFont

from host_stub.web.brand import AA, DARK_GROUND, LIGHT_GROUND, contrast
from host_stub.web.face import STATIC

CSS = (STATIC / "billhook.css").read_text("utf-8")
GROUNDS = ("ground", "surface", "raised", "sunken")
TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "accent-text", "bad-ink", "good-ink") for ground in GROUNDS),
    *((f"{tone}-ink", f"{tone}-soft") for tone in ("good", "wait", "bad", "info")),
    *((f"{tone}-ink", "ground") for tone in ("good", "wait", "bad")),
    ("on-accent", "accent"),
]
SHAPE_PAIRS = [(shape, ground) for shape in ("edge", "good", "wait", "bad", "info") for ground in ("ground", "surface")]


def tokens(scheme: str) -> dict[str, str]:
    """The colours of a scheme; dark ones stand on top of the light ones."""
    light, dark = (
        re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
    )
    return dict(light) if scheme == "light" else dict(light) | dict(dark)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reads_on_its_ground(scheme: str, text: str, ground: str) -> None:
    colours = tokens(scheme)

    assert contrast(colours[text], colours[ground]) >= AA


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_edges_of_controls_and_status_dots_stand_out(scheme: str, shape: str, ground: str) -> None:
    colours = tokens(scheme)

    assert contrast(colours[shape], colours[ground]) >= 3


def test_brand_colours_are_reckoned_against_the_worst_ground() -> None:
    light, dark = tokens("light"), tokens("dark")

    assert contrast(LIGHT_GROUND, "#000000") <= min(contrast(light[g], "#000000") for g in GROUNDS)
    assert contrast(DARK_GROUND, "#ffffff") <= min(contrast(dark[g], "#ffffff") for g in GROUNDS)


def test_nothing_is_loaded_from_elsewhere() -> None:
    addresses = re.findall(r"url\(\"?([^\")]+)\"?\)", CSS)

    assert addresses
    assert [a for a in addresses if not (STATIC / a).is_file()] == []
    assert "@import" not in CSS


def test_the_typeface_writes_russian_sums_and_numbers() -> None:
    fonts = [TTFont(file) for file in sorted((STATIC / "fonts").glob("*.woff2"))]
    written = {code for font in fonts for code in font.getBestCmap()}

    assert [c for c in "АЯаяЁё№₽«»–—−…·©0123456789,.\u00a0Az" if ord(c) not in written] == []
    assert any(
        "tnum" in {f.FeatureTag for f in font["GSUB"].table.FeatureList.FeatureRecord}
        for font in fonts
        if "GSUB" in font
    )
    assert (STATIC / "fonts" / "OFL.txt").read_text("utf-8").startswith("Copyright 2019 The Golos Text Project Authors")
