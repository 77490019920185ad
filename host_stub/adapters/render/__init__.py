"""Drawing documents that resellers' templates describe, in limited children: see README.md beside this file."""

from __future__ import annotations

from host_stub.adapters.render.errors import RendererBroken, RendererBusy, RenderError
from host_stub.adapters.render.legible import lost
from host_stub.adapters.render.limits import Limits
from host_stub.adapters.render.pool import RenderedDocument, Renderer

__all__ = ["Limits", "RenderError", "RenderedDocument", "Renderer", "RendererBroken", "RendererBusy", "lost"]
