"""Liquid for texts that strangers write: escaping always on, nothing to load, sizes bounded.

The limits of the library are not enough (`{{ (1..99999999) | join }}` costs minutes); the child's own limits hold what
passes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import wraps
from typing import Any, Final

from liquid import Environment, Undefined
from liquid.exceptions import FilterArgumentError

from host_stub.adapters.render.limits import Limits

#: `safe` switches escaping off; the others have no use in a document.
_UNWANTED: Final = ("safe", "escapejs", "base64_decode", "base64_url_safe_decode")
_LONGEST_RANGE: Final = 10_000
#: Names that the present document printed without being given them, in order.
_unknown: Final[ContextVar[dict[str, None]]] = ContextVar("names that were not given")


class _Noted(Undefined):  # type: ignore[misc]
    """A name that was not given. It prints nothing and is remembered for it; asking whether it is there is fine."""

    __slots__ = ()

    def __str__(self) -> str:
        # The hint names the whole path: `payment.totl is undefined`.
        _unknown.get({})[str(self.hint or self.name).removesuffix(" is undefined").strip("'")] = None
        return ""


@contextmanager
def noting_unknown() -> Iterator[Mapping[str, None]]:
    """Give the names that are printed inside the block and were not given."""
    found: dict[str, None] = {}
    token = _unknown.set(found)
    try:
        yield found
    finally:
        _unknown.reset(token)


def environment(limits: Limits) -> Environment:
    """Return a Liquid environment with the limits of one document."""

    class BoundedEnvironment(Environment):  # type: ignore[misc]
        context_depth_limit = 20
        block_nesting_limit = 30
        loop_iteration_limit = limits.loop_steps
        local_namespace_limit = limits.html_bytes
        output_stream_limit = limits.html_bytes

    bounded = BoundedEnvironment(autoescape=True, undefined=_Noted, strict_filters=True)
    for name in _UNWANTED:
        bounded.filters.pop(name, None)
    bounded.filters.update({name: _guarded(each) for name, each in bounded.filters.items()})
    for tag in ("include", "render"):
        bounded.tags.pop(tag, None)
    return bounded


def _guarded(apply: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(apply)
    def guarded(*values: Any, **named: Any) -> Any:
        if any(isinstance(value, range) and len(value) > _LONGEST_RANGE for value in (*values, *named.values())):
            raise FilterArgumentError(f"a range of more than {_LONGEST_RANGE} numbers", token=None)
        # The library's arithmetic takes a Decimal for zero, but reads its text.
        return apply(*(str(value) if isinstance(value, Decimal) else value for value in values), **named)

    # The library reads these marks to know what to hand to a filter.
    for mark in ("with_context", "with_environment", "filter_async"):
        if hasattr(apply, mark):
            setattr(guarded, mark, getattr(apply, mark))
    return guarded


def unknown_filter(bounded: Environment, template: Any) -> tuple[str, int] | None:
    """Return the first filter of a compiled template that does not exist, and where it stands, or None.

    The library would notice only when the place is reached, perhaps on the first bill of a sole proprietor.
    """
    used: dict[str, list[Any]] = template.analyze(include_partials=False).filters
    places = [(min(span.index for span in spans), name) for name, spans in used.items() if name not in bounded.filters]
    return next(((name, place) for place, name in sorted(places)), None)
