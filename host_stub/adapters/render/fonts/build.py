"""Build «Billhook Sans» and «Billhook Sans Rest» from two npm packages (both under the SIL Open Font License 1.1).

Run by hand when a face or the set of characters changes, needs fonttools[woff]::

    npm pack @fontsource/golos-text && tar xzf fontsource-golos-text-*.tgz && mv package golos
    npm pack @fontsource/noto-sans && tar xzf fontsource-noto-sans-*.tgz && mv package noto
    python build.py golos/files noto/files

The packages cut a face into pieces by script; here they are merged. Golos Text is cut to the letters that it has of the
languages of Russia, its neighbours and Latin Europe, given tabular figures by default (sums stand under each other
without a font feature) and a narrow no-break space, which the original lacks. A face this small halves the time of a
document: see README.md. Noto Sans has every letter that Golos Text lacks; its faces are loaded by a document that needs
one, and by no other.
"""

from __future__ import annotations

import sys
import tempfile
import unicodedata
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.otlLib.builder import buildAnchor, buildLookup, buildMarkBasePosSubtable
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.ttLib.tables.otTables import Feature, FeatureRecord

FAMILY, REST = "Billhook Sans", "Billhook Sans Rest"
STYLES = {400: "Regular", 700: "Bold"}
PIECES = ("latin", "latin-ext", "cyrillic", "cyrillic-ext")
REST_PIECES = (*PIECES, "greek", "vietnamese")
LETTERS = (*range(0x20, 0x7F), *range(0xA0, 0x250), 0x2BC, *range(0x400, 0x530))
#: Marks that are taken from Noto Sans, and those that neither package has, by the spacing sign of the same shape.
MARKS = (0x300, 0x301, 0x303, 0x304, 0x308, 0x309, 0x323, 0x329)
SHAPES = {0x302: 0x2C6, 0x307: 0xB7, 0x30A: 0x2DA, 0x30B: 0x2DD, 0x30C: 0x2C7, 0x327: 0xB8, 0x331: 0xAF}
CHARACTERS = "".join(map(chr, (*LETTERS, *SHAPES.values()))) + "№₽₸€₴–—―‘’‚“”„…•−×\u2009\u202f"
#: Latin, phonetic letters, marks, Greek, Cyrillic and what stands between words; the same as text and as figures.
REST_CHARACTERS = "".join(
    map(
        chr,
        (
            *range(0x20, 0x530), *range(0x1AB0, 0x1B00), *range(0x1C80, 0x1C90), *range(0x1D00, 0x1F00),
            *range(0x2000, 0x2150), *range(0x2C60, 0x2C80), *range(0x2DE0, 0x2E60), *range(0xA640, 0xA6A0),
            *range(0xA720, 0xA800),
        ),
    )
)  # fmt: skip
FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NARROW_SPACE = 160  # of 1000 units per em


def build(pieces: Path, weight: int, folder: Path) -> None:
    """Write one face of Golos Text. pieces: folder of the package's WOFF2 files."""
    font = _merged(pieces, "golos-text", PIECES, weight)
    _add_narrow_space(font)
    _make_figures_tabular(font)
    _cut(font, CHARACTERS, ["kern", "ccmp", "locl"])
    _add_marks(font, TTFont(folder / f"BillhookSansRest-{STYLES[weight]}.ttf"))
    _name(font, FAMILY, STYLES[weight])
    font.save(folder / f"BillhookSans-{STYLES[weight]}.ttf")


def build_rest(pieces: Path, weight: int, folder: Path) -> None:
    """Write one face of Noto Sans. pieces: folder of the package's WOFF2 files."""
    font = _merged(pieces, "noto-sans", REST_PIECES, weight)
    _cut(font, REST_CHARACTERS, ["kern", "mark", "mkmk", "ccmp", "locl"])
    _name(font, REST, STYLES[weight])
    font.save(folder / f"BillhookSansRest-{STYLES[weight]}.ttf")


def _merged(pieces: Path, name: str, scripts: tuple[str, ...], weight: int) -> TTFont:
    with tempfile.TemporaryDirectory() as scratch:
        parts = [_plain(pieces / f"{name}-{script}-{weight}-normal.woff2", Path(scratch)) for script in scripts]
        return Merger().merge([str(part) for part in parts])


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


def _add_marks(font: TTFont, rest: TTFont) -> None:
    """Give the face the marks that it lacks, so that a letter and its mark (`а̄` of Mansi) are set by one face.

    Both faces count 1000 units per em.
    """
    here, there = font.getBestCmap(), rest.getBestCmap()
    drawn = {mark: _outline(rest, there[mark]) for mark in MARKS if mark not in here}
    for mark, sign in SHAPES.items():
        drawn[mark] = _outline(font, here[sign]) if sign in here else _outline(rest, there[sign])
    font.setGlyphOrder([*font.getGlyphOrder(), *(f"mark{mark:04X}" for mark in drawn)])
    for mark, glyph in drawn.items():
        name = f"mark{mark:04X}"
        font["glyf"][name] = glyph
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (0, glyph.xMin)
        font["GDEF"].table.GlyphClassDef.classDefs[name] = 3  # a mark
        for table in font["cmap"].tables:
            table.cmap[mark] = name
    _anchor_marks(font)


def _anchor_marks(font: TTFont) -> None:
    """Let marks stand over (or under) the middle of every letter, clear of it."""
    glyphs, codes = font["glyf"], font.getBestCmap()
    marks, bases = {}, {}
    for code, name in codes.items():
        glyph, category = glyphs[name], unicodedata.category(chr(code))
        if category == "Mn":
            below = unicodedata.combining(chr(code)) in (202, 220)
            middle = (glyph.xMin + glyph.xMax) // 2
            marks[name] = (int(below), buildAnchor(middle, glyph.yMax if below else glyph.yMin))
        elif category in ("Ll", "Lu", "Lo"):
            middle = (glyph.xMin + glyph.xMax) // 2
            bases[name] = {0: buildAnchor(middle, glyph.yMax + 60), 1: buildAnchor(middle, glyph.yMin - 30)}
    table = font["GPOS"].table
    table.LookupList.Lookup.append(buildLookup([buildMarkBasePosSubtable(marks, bases, font.getReverseGlyphMap())]))
    record = FeatureRecord()
    record.FeatureTag, record.Feature = "mark", Feature()
    record.Feature.LookupListIndex = [len(table.LookupList.Lookup) - 1]
    table.FeatureList.FeatureRecord.append(record)
    for script in table.ScriptList.ScriptRecord:
        languages = [script.Script.DefaultLangSys, *(each.LangSys for each in script.Script.LangSysRecord)]
        for language in filter(None, languages):
            language.FeatureIndex.append(len(table.FeatureList.FeatureRecord) - 1)


def _outline(font: TTFont, name: str) -> Glyph:
    glyphs = font.getGlyphSet()
    recording = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(recording)
    pen = TTGlyphPen(None)
    recording.replay(pen)
    return pen.glyph()


def _cut(font: TTFont, characters: str, features: list[str]) -> None:
    options = subset.Options(layout_features=features, name_IDs=[0, 13, 14])
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["vhea", "vmtx", "VORG", "DSIG", "gasp"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)


def _name(font: TTFont, family: str, style: str) -> None:
    names = font["name"]
    for name_id, text in ((1, family), (2, style), (3, f"{family} {style}"), (4, f"{family} {style}")):
        names.setName(text, name_id, 3, 1, 0x409)
    names.setName(f"{family.replace(' ', '')}-{style}", 6, 3, 1, 0x409)
    font["OS/2"].usWeightClass = 700 if style == "Bold" else 400
    font["OS/2"].fsSelection = 0x20 if style == "Bold" else 0x40
    font["head"].macStyle = 1 if style == "Bold" else 0
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False


if __name__ == "__main__":
    for each in STYLES:
        build_rest(Path(sys.argv[2]), each, Path(__file__).parent)
        build(Path(sys.argv[1]), each, Path(__file__).parent)
