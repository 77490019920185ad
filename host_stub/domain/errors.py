"""The host's error tree: raised where the truth is known, translated once at the edge.

Only bases end in `Error`; leaves state a fact and carry its values.
"""

from __future__ import annotations

from billhook.i18n import LazyText


class HostError(Exception):
    """Base of everything the host raises on purpose."""


class NotFound(HostError):
    """There is no such row for whoever asks; somebody else's row counts as none."""

    def __init__(self, kind: str, row_id: object) -> None:
        super().__init__(f"no {kind} {row_id}")
        self.kind = kind
        self.row_id = row_id


class Forbidden(HostError):
    """The row is theirs, but the access level does not allow the action."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class RefusedError(HostError):
    """The request makes sense but may not be carried out now; nothing was changed."""


class ResellerClosed(RefusedError):
    """The reseller is closed: nothing new is begun in its name, and none of its people signs in."""

    def __init__(self, reseller_id: int) -> None:
        super().__init__(f"reseller {reseller_id} is closed")
        self.reseller_id = reseller_id


class PaymentClosed(RefusedError):
    """The payment does not move that way from its status.

    closed_by, closed_at: who moved it there and when, where the log says so (ISO text), else empty.
    """

    def __init__(self, number: str, status: str, closed_by: str = "", closed_at: str = "") -> None:
        super().__init__(f"payment {number} is {status}")
        self.number = number
        self.status = status
        self.closed_by = closed_by
        self.closed_at = closed_at


class MethodUnavailable(RefusedError):
    """The payment cannot be paid with this method; `reason` says why, for a manager."""

    def __init__(self, method_id: int, reason: LazyText | str | None) -> None:
        super().__init__(f"method {method_id}: {reason}")
        self.method_id = method_id
        self.reason = reason


class InvalidAmount(RefusedError):
    """Text or sum that cannot be topped up, received or corrected. `code` names the sentence."""

    def __init__(self, code: str, text: str = "", limit_minor: int | None = None) -> None:
        super().__init__(f"{code}: {text!r}")
        self.code = code
        self.text = text
        self.limit_minor = limit_minor


class InsufficientFunds(RefusedError):
    """A first charge does not fit; `missing_minor` is what has to be topped up."""

    def __init__(self, missing_minor: int) -> None:
        super().__init__(f"missing {missing_minor}")
        self.missing_minor = missing_minor


class SubscriptionClosed(RefusedError):
    """The subscription does not move that way from its status."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"subscription {name!r} is {status}")
        self.name = name
        self.status = status


class AlreadySettled(RefusedError):
    """Somebody else did it first."""

    def __init__(self, by: str, at: str) -> None:
        super().__init__(f"by {by} at {at}")
        self.by = by
        self.at = at


class OperatorsAlone(RefusedError):
    """Only the operator may settle it: it names what is another reseller's."""


class PartsDoNotFit(RefusedError):
    """Parts of an arrival that are no sums, or more together than what is left of it (minor units)."""

    def __init__(self, rest_minor: int) -> None:
        super().__init__(f"{rest_minor} are left")
        self.rest_minor = rest_minor


class NotTheSame(RefusedError):
    """An arrival cannot count as the same money as that one: it is itself, or no credit of that one stands."""

    def __init__(self, other_id: int) -> None:
        super().__init__(f"arrival {other_id}")
        self.other_id = other_id


class InvalidSettings(RefusedError):
    """Settings with errors; `findings` are billhook.Finding values."""

    def __init__(self, findings: list[object]) -> None:
        super().__init__("; ".join(str(f) for f in findings))
        self.findings = findings
