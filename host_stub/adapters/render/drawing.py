"""Drawing a document: Liquid to HTML, HTML to PDF. Runs in the child; importing it loads WeasyPrint.

`render_in_process` draws without a child, with the same caches, for the benchmark that compares the two.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from billhook import DocumentSource
from liquid.exceptions import LiquidError, ResourceLimitError
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from host_stub.adapters.render.legible import legible, lost
from host_stub.adapters.render.limits import Limits
from host_stub.adapters.render.liquid_faults import fault_of
from host_stub.adapters.render.liquid_rules import environment, noting_unknown, unknown_filter

_FONTS: Final = Path(__file__).parent / "fonts" / "fonts.conf"
#: Any base but None, which makes WeasyPrint raise on a relative address; nothing is served below it.
_NOWHERE: Final = "asset:"
_LINKS: Final = ("http:", "https:", "mailto:", "tel:")
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_PICTURES: Final = {
    b"\x89PNG": "image/png",
    b"\xff\xd8": "image/jpeg",
    b"<svg": "image/svg+xml",
    b"<!DOCTYPE svg": "image/svg+xml",
}
_RASTER_DATA: Final = re.compile(r"data:image/(png|jpeg|gif);base64,", re.ASCII)
_RASTER_DATA_LENGTH: Final = 512 * 1024
_MOST_MISSING: Final = 50


class Refused(Exception):
    """A template that cannot be drawn. why: `syntax`, `template`, `size`, `pages` or `drawing`."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn document. unknown, lost: as in `RenderedDocument`. missing: places of the facts that it lacks."""

    pdf: bytes
    unknown: tuple[str, ...] = ()
    lost: str = ""
    missing: tuple[int, ...] = ()


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Serves the document's own assets and small raster `data:` pictures; everything else is refused.

    missing: the addresses that were refused, in order; what is drawn simply lacks them.
    """

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._assets = assets
        self.missing: dict[str, None] = {}

    def fetch(self, url: str, headers: Any = None) -> Any:
        try:
            return self._served(url, headers)
        except ValueError:
            if len(self.missing) < _MOST_MISSING:
                self.missing[url[:100]] = None
            raise

    def _served(self, url: str, headers: Any) -> Any:
        if url.startswith("asset:"):
            body = self._assets.get(url.removeprefix("asset:"))
            if body is None:
                raise ValueError("no such asset")
            return URLFetcherResponse(url, body, {"Content-Type": _media_type(body)})
        if _RASTER_DATA.match(url) and len(url) <= _RASTER_DATA_LENGTH:
            return super().fetch(url, headers)
        raise ValueError("a document loads nothing from elsewhere")


class Press:
    """Compiled templates, style sheets and fonts, kept warm from one document to the next."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._liquid = environment(limits)
        with _bundled_fonts():
            self._fonts = FontConfiguration()
        self._templates: OrderedDict[str, Any] = OrderedDict()
        self._styles: OrderedDict[str, Any] = OrderedDict()

    def compile(self, template: str) -> Any:
        """Return the compiled template. Raises Refused."""
        if len(template.encode()) > self._limits.template_bytes:
            raise Refused("size", f"{self._limits.template_bytes // 1024} KB")
        return _cached(self._templates, template, lambda: self._compiled(template))

    def _compiled(self, template: str) -> Any:
        try:
            compiled = self._liquid.from_string(template)
            missing = unknown_filter(self._liquid, compiled)
        except LiquidError as error:
            raise Refused("syntax", fault_of(error, template, self._liquid.from_string)) from error
        if missing is not None:
            name, place = missing
            line = template.count("\n", 0, place) + 1
            raise Refused("syntax", f"line {line}: unknown filter '{name}'")
        return compiled

    def fill(self, template: str, context: Mapping[str, object]) -> str:
        """Return the HTML of a template. Raises Refused."""
        compiled = self.compile(template)
        try:
            return str(compiled.render(context))
        except ResourceLimitError as error:
            raise Refused("limit", fault_of(error, template, self._liquid.from_string)) from error
        except LiquidError as error:
            raise Refused("template", fault_of(error, template, self._liquid.from_string)) from error

    def draw(self, html: str, fetcher: AssetFetcher, title: str = "", facts: Sequence[str] = ()) -> Drawn:
        """Return the PDF of an HTML text, and which of the facts cannot be read on it. Raises Refused."""
        text, styles = self._lift_styles(legible(html))
        page = HTML(string=text, base_url=_NOWHERE, url_fetcher=fetcher)
        document = page.render(font_config=self._fonts, stylesheets=styles, presentational_hints=False)
        if len(document.pages) > self._limits.pages:
            raise Refused("pages", str(self._limits.pages))
        _drop_dangers(document)
        document.metadata.title = document.metadata.title or title or None
        pdf: bytes = document.write_pdf()
        if len(pdf) > self._limits.pdf_bytes:
            raise Refused("size", f"{self._limits.pdf_bytes // (1024 * 1024)} MB")
        return Drawn(pdf, lost=lost(html), missing=_missing(document, facts) if facts else ())

    def render(
        self,
        template: str,
        context: Mapping[str, object],
        assets: Mapping[str, bytes],
        title: str = "",
        facts: Sequence[str] = (),
    ) -> Drawn:
        """Return a document, and what its template names without being given it. Raises Refused.

        title: for a template that has none. facts: what shall be read on the document, whatever its blanks.
        """
        fetcher = AssetFetcher(assets)
        with noting_unknown() as unknown:
            html = self.fill(template, context)
        drawn = self.draw(html, fetcher, title, facts)
        return replace(drawn, unknown=(*unknown, *fetcher.missing))

    def _lift_styles(self, html: str) -> tuple[str, list[Any]]:
        """Take plain `<style>` blocks out of the text and parse each only once.

        A style block that holds @-rules which register things (fonts, counters, colours) is left where it is: those
        would be remembered for other documents.
        """
        sheets: list[Any] = []

        def lift(match: re.Match[str]) -> str:
            css = match[1]
            if "@" in css.replace("@page", "").replace("@media", "") or "<" in css:
                return match[0]
            sheets.append(_cached(self._styles, css, lambda: CSS(string=css, base_url=_NOWHERE, url_fetcher=_DENY)))
            return ""

        return _STYLE.sub(lift, html), sheets


_DENY: Final = AssetFetcher({})


@contextmanager
def _bundled_fonts() -> Iterator[None]:
    """Let fontconfig know the bundled faces only. It looks at the variable whenever a configuration is made."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_FONTS)
    try:
        yield
    finally:
        del os.environ["FONTCONFIG_FILE"]
        if before is not None:
            os.environ["FONTCONFIG_FILE"] = before


def _missing(document: Document, facts: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the facts that cannot be read on the pages; blanks do not count, nor boxes round digits."""
    boxes = (box for page in document.pages for box in page._page_box.descendants())
    text = _tight("".join(box.text for box in boxes if isinstance(box, TextBox)))
    return tuple(place for place, fact in enumerate(facts) if _tight(legible(fact)) not in text)


def _tight(text: str) -> str:
    return "".join(text.split()).casefold()


def _drop_dangers(document: Document) -> None:
    """Remove attachments and links that are no web, mail or phone address (`javascript:`, `file:`, `\\\\host`)."""
    document.metadata.attachments = []
    for page in document.pages:
        page.links = [link for link in page.links if link[0] == "internal" or _is_harmless(link)]


def _is_harmless(link: Any) -> bool:
    kind, target = link[0], link[1]
    return kind == "external" and isinstance(target, str) and target.lower().startswith(_LINKS)


def _cached(cache: OrderedDict[str, Any], key: str, make: Callable[[], Any], size: int = 64) -> Any:
    if key in cache:
        cache.move_to_end(key)
        return cache[key]
    cache[key] = made = make()
    while len(cache) > size:
        cache.popitem(last=False)
    return made


def _media_type(body: bytes) -> str:
    """Return the type of a picture. Raises ValueError for all else: a face would stay loaded for the next document."""
    for start, media_type in _PICTURES.items():
        if body.startswith(start):
            return media_type
    raise ValueError("only pictures are served")


_press: Press | None = None


def render_in_process(source: DocumentSource) -> bytes:
    """Draw a document here, without child or limits, with the caches of a warm child. Trusted templates only."""
    global _press
    _press = _press or Press(Limits())
    return _press.render(source.template, source.context, source.assets, str(source.title)).pdf
