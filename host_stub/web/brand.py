"""A reseller's accent colour turned into a stylesheet whose every pair of colours can be read.

The reseller picks any colour; text on it and links in it are shifted until they reach WCAG AA (4.5:1) on the page's
light and dark grounds. Contrast by WCAG 2.2, "relative luminance".
"""

from __future__ import annotations

import re
from typing import Final

AA: Final = 4.5
#: The worse of the grounds that accented text stands on, the stylesheet's `--sunken` light and `--raised` dark.
LIGHT_GROUND: Final = "#eef0f4"
DARK_GROUND: Final = "#262b35"
#: One of these two reads on any colour (4.58:1 at the worst); anything softer than black does not.
WHITE: Final = "#ffffff"
BLACK: Final = "#000000"

_HEX = re.compile(r"\A#[0-9a-fA-F]{6}\Z", re.ASCII)
Rgb = tuple[int, int, int]


def is_colour(text: str) -> bool:
    """Say whether `text` is `#rrggbb`."""
    return bool(_HEX.match(text))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21."""
    high, low = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, ground: str, towards: str) -> str:
    """Return `colour` mixed towards `towards` in steps of 1/32 until it reads on `ground`."""
    start, goal = _rgb(colour), _rgb(towards)
    for step in range(33):
        mixed = _hex(_mix(start, goal, step))
        if contrast(mixed, ground) >= AA:
            return mixed
    return towards


def brand_css(accent: str) -> str:
    """Return the stylesheet that sets the accent. accent: `#rrggbb`. Raises ValueError."""
    if not is_colour(accent):
        raise ValueError(f"{accent!r} is not #rrggbb")
    light = _tokens(accent, readable(accent, LIGHT_GROUND, BLACK))
    dark = _tokens(accent, readable(accent, DARK_GROUND, WHITE))
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _tokens(accent: str, text: str) -> str:
    on_accent = max((WHITE, BLACK), key=lambda text_colour: contrast(accent, text_colour))
    return f"--accent:{accent};--on-accent:{on_accent};--accent-text:{text}"


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _mix(start: Rgb, goal: Rgb, step: int) -> Rgb:
    red, green, blue = (a + (b - a) * step // 32 for a, b in zip(start, goal, strict=True))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
