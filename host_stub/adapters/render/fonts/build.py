"""Build the two faces of «Billhook Sans» from the npm package @fontsource/golos-text (SIL Open Font License 1.1).

Run by hand when the face or the set of characters changes, needs fonttools[woff]::

    npm pack @fontsource/golos-text && tar xzf fontsource-golos-text-*.tgz
    python build.py package/files

The package cuts the face into pieces by script. Here they are merged, cut to the characters that Russian, Belarusian,
Kazakh and English documents use, given tabular figures by default (sums stand under each other without a font feature)
and a narrow no-break space, which the original lacks. A face this small halves the time of a document: see README.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

FAMILY = "Billhook Sans"
WEIGHTS = {400: ("Regular", "BillhookSans-Regular.ttf"), 700: ("Bold", "BillhookSans-Bold.ttf")}
PIECES = ("latin", "latin-ext", "cyrillic", "cyrillic-ext")
KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"
CHARACTERS = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x401, 0x460)))) + (
    KAZAKH + "№₽₸€–—―‘’‚“”„…•−×\u2009\u202f"
)
FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NARROW_SPACE = 160  # of 1000 units per em


def build(pieces: Path, weight: int, folder: Path) -> None:
    """Write one face. pieces: folder of the package's WOFF2 files."""
    style, file_name = WEIGHTS[weight]
    with tempfile.TemporaryDirectory() as scratch:
        parts = [_plain(pieces / f"golos-text-{name}-{weight}-normal.woff2", Path(scratch)) for name in PIECES]
        font = Merger().merge([str(part) for part in parts])
    _add_narrow_space(font)
    _make_figures_tabular(font)
    _cut(font)
    _name(font, style)
    font.save(folder / file_name)


def _plain(source: Path, scratch: Path) -> Path:
    font = TTFont(source)
    font.flavor = None
    target = scratch / source.with_suffix(".ttf").name
    font.save(target)
    return target


def _add_narrow_space(font: TTFont) -> None:
    font.setGlyphOrder([*font.getGlyphOrder(), "narrowspace"])
    font["glyf"]["narrowspace"] = Glyph()
    for metrics in ("hmtx", "vmtx"):
        if metrics in font:
            font[metrics]["narrowspace"] = (NARROW_SPACE, 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x202F] = table.cmap[0x2009] = "narrowspace"


def _make_figures_tabular(font: TTFont) -> None:
    tabular = {
        plain: wide
        for record in font["GSUB"].table.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
        for lookup in font["GSUB"].table.LookupList.Lookup[index].SubTable
        for plain, wide in getattr(lookup, "ExtSubTable", lookup).mapping.items()
    }
    for table in font["cmap"].tables:
        for code in map(ord, "0123456789"):
            if code in table.cmap:
                table.cmap[code] = tabular[table.cmap[code]]
    _centre(font, [tabular[name] for name in FIGURES])


def _centre(font: TTFont, names: list[str]) -> None:
    """Give the figures one width: those that the original calls tabular differ by up to 40 units."""
    metrics, glyphs = font["hmtx"], font["glyf"]
    width = max(metrics[name][0] for name in names)
    for name in names:
        advance, bearing = metrics[name]
        shift = (width - advance) // 2
        _shift(glyphs[name], shift, glyphs)
        metrics[name] = (width, bearing + shift)


def _shift(glyph: Glyph, shift: int, glyphs: object) -> None:
    glyph.expand(glyphs)
    if glyph.isComposite():
        for component in glyph.components:
            component.x += shift
    else:
        glyph.coordinates.translate((shift, 0))
    glyph.recalcBounds(glyphs)


def _cut(font: TTFont) -> None:
    options = subset.Options(layout_features=["kern", "mark", "mkmk", "ccmp", "locl"], name_IDs=[0, 13, 14])
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["vhea", "vmtx", "VORG", "DSIG", "gasp"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)


def _name(font: TTFont, style: str) -> None:
    names = font["name"]
    for name_id, text in ((1, FAMILY), (2, style), (3, f"{FAMILY} {style}"), (4, f"{FAMILY} {style}")):
        names.setName(text, name_id, 3, 1, 0x409)
    names.setName(f"BillhookSans-{style}", 6, 3, 1, 0x409)
    font["OS/2"].usWeightClass = 700 if style == "Bold" else 400
    font["OS/2"].fsSelection = 0x20 if style == "Bold" else 0x40
    font["head"].macStyle = 1 if style == "Bold" else 0
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False


if __name__ == "__main__":
    for each in WEIGHTS:
        build(Path(sys.argv[1]), each, Path(__file__).parent)
