"""What the renderer cannot do for its caller. A fault of a reseller's template is no error: the stock one is used."""

from __future__ import annotations


class RenderError(Exception):
    """Base of the renderer's errors; the page says «try again» and shows the requisites in HTML."""


class RendererBusy(RenderError):
    """All children were at work for as long as the caller may wait."""

    def __init__(self, waited_seconds: float) -> None:
        super().__init__(f"no child became free within {waited_seconds:g} s")
        self.waited_seconds = waited_seconds


class RendererBroken(RenderError):
    """A child does not start. Names the remedy where one is known."""


class StockNotDrawn(RendererBroken):
    """The stock template cannot be drawn, twice: a fault of the plugin whose it is."""
