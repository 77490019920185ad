"""Stored papers and pictures: all answered by one function, under one policy."""

from __future__ import annotations

from typing import Final

from flask import Response, make_response

#: Opened by itself a PDF or an SVG is a document: it loads nothing, has no origin and no script, and only our own pages
#: show it in a frame.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


def stored_file(content: bytes, content_type: str) -> Response:
    """Return bytes that were stored, for a browser to show in a place without rights."""
    response = make_response(content)
    response.content_type = content_type
    response.headers["Content-Security-Policy"] = POLICY
    return response


def paper(content: bytes, file_name: str) -> Response:
    """Return a PDF: an issued document, or a preview of one."""
    response = stored_file(content, "application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=file_name)
    return response
