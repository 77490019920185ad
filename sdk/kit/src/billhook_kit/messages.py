"""Requests of a gateway, made and spoiled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from billhook.callbacks import RawRequest

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
_SENDER: Final = "192.0.2.1"


def form(fields: Mapping[str, str] | Sequence[tuple[str, str]], headers: Mapping[str, str] | None = None) -> RawRequest:
    """Return a posted form as a host hands it over."""
    pairs = tuple(fields.items()) if isinstance(fields, Mapping) else tuple(fields)
    body = urlencode(pairs, errors="surrogateescape").encode("ascii")
    return RawRequest("POST", FORM, body, pairs, _lower(headers), _SENDER)


def json_body(content: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None) -> RawRequest:
    """Return a posted JSON document as a host hands it over: its bytes, and no fields. content: bytes are kept."""
    text = "" if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False)
    body = content if isinstance(content, bytes) else text.encode(errors="surrogateescape")
    return RawRequest("POST", JSON, body, (), _lower(headers), _SENDER)


def as_get(request: RawRequest) -> RawRequest:
    """Return the same fields in the query of a GET."""
    return replace(request, method="GET", body=b"", content_type="", query=request.fields)


def names(request: RawRequest) -> list[str]:
    """Return the names of the fields of a form, or of the top level of a JSON document."""
    if request.content_type == JSON:
        return list(_document(request))
    return list(dict.fromkeys(name for name, _value in request.fields))


def value_of(request: RawRequest, name: str) -> Any:
    """Return the value of a field or header, None if it is missing."""
    found = _document(request) if request.content_type == JSON else dict(request.fields)
    return found.get(name, request.headers.get(name.lower()))


def with_value(request: RawRequest, name: str, value: Any) -> RawRequest:
    """Return the request with another value in a field (or header) that it has."""
    if name not in names(request) and name.lower() in request.headers:
        return with_header(request, name, str(value))
    if request.content_type == JSON:
        return json_body({**_document(request), name: value}, request.headers)
    known = [(key, value if key == name else text) for key, text in request.fields]
    return form(known if name in names(request) else [*known, (name, value)], request.headers)


def with_header(request: RawRequest, name: str, value: str) -> RawRequest:
    """Return the request with a header more, or another value of one."""
    return replace(request, headers={**request.headers, name.lower(): value})


def without(request: RawRequest, name: str) -> RawRequest:
    """Return the request without a field or header."""
    headers = {key: value for key, value in request.headers.items() if key != name.lower()}
    if request.content_type == JSON:
        return json_body({key: value for key, value in _document(request).items() if key != name}, headers)
    return form([(key, value) for key, value in request.fields if key != name], headers)


def doubled(request: RawRequest, name: str, value: str) -> RawRequest:
    """Return the request with a second field of that name. Forms only: JSON has no repeated names."""
    return form([*request.fields, (name, value)], request.headers)


def decoded(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form's body, repeated names kept; what is not UTF-8 keeps its bytes as surrogates."""
    try:
        text = body.decode("ascii")
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=200, errors="surrogateescape"))
    except ValueError:
        return ()


def _document(request: RawRequest) -> dict[str, Any]:
    found = json.loads(request.body or b"{}")
    return found if isinstance(found, dict) else {}


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
