"""A reseller's accent never makes a page unreadable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_stub.web.brand import AA, DARK_GROUND, LIGHT_GROUND, brand_css, contrast

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(colours)
def test_any_accent_gives_readable_text_on_it_and_readable_links(accent: str) -> None:
    css = brand_css(accent)

    schemes = zip(re.findall(r"--on-accent:(#\w+)", css), re.findall(r"--accent-text:(#\w+)", css), strict=True)
    for (on_accent, link), ground in zip(schemes, (LIGHT_GROUND, DARK_GROUND), strict=True):
        assert contrast(accent, on_accent) >= AA
        assert contrast(link, ground) >= AA


def test_an_accent_that_reads_already_is_kept() -> None:
    assert "--accent:#0b5c58;--on-accent:#ffffff;--accent-text:#0b5c58" in brand_css("#0b5c58")


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "#123456;}body{display:none", "#１23456"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not #rrggbb"):
        brand_css(text)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
