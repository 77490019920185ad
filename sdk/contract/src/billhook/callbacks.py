"""What comes in at the addresses that a provider has for gateways and returning payers, and what they hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billhook.errors import MalformedNotification


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it arrived.

    address: the name of the callback address. body: the bytes of a POST. headers: by lower-case name.
    fields: decoded fields in order, repeated names kept, nothing trimmed: of the form that was posted, of the query for
        a GET; a posted document of another kind (JSON) has none.
    query: the same of the address's query, for a POST, too. remote_address: who called; decide nothing by it.
    """

    method: str
    content_type: str
    body: bytes
    fields: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    remote_address: str
    address: str = ""
    query: Sequence[tuple[str, str]] = ()

    def one(self, name: str) -> str:
        """Return the only value of a field.

        Raises MalformedNotification if it is missing or given twice: which of two would be the signed one?
        """
        values = [value for key, value in self.fields if key == name]
        if len(values) != 1:
            raise MalformedNotification(name, "missing" if not values else "given more than once")
        return values[0]

    def optional(self, name: str) -> str | None:
        """Return the value of a field, or None. Raises MalformedNotification if it is given twice."""
        values = [value for key, value in self.fields if key == name]
        if len(values) > 1:
            raise MalformedNotification(name, "given more than once")
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened to a try, an unsigned message says. One of both is enough.

    reference: `StartRequest.reference` or `reference_number` in digits. external_reference: the gateway's own id.
    """

    reference: str = ""
    external_reference: str = ""


@dataclass(frozen=True, slots=True)
class PayerReturned:
    """A browser came back.

    reference: may be empty or wrong, since it is not signed. successful: as the gateway says, by the address it chose
    or a field; None if it does not say.
    """

    reference: str
    successful: bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway gets back. The host adds no byte to `body`."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
