"""The contract's error tree: raised where the truth is known, translated once at the edge.

Only bases end in `Error`; leaves state a fact and carry its values.
"""

from __future__ import annotations


class BillhookError(Exception):
    """Base of everything that the contract raises."""


class MoneyError(BillhookError):
    """A sum that cannot be what it claims to be."""


class MalformedAmount(MoneyError):
    """Text or number that is no sum of money."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"{text!r}: {why}")
        self.text = text
        self.why = why


class CurrencyMismatch(MoneyError):
    """Two sums in different currencies met."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right}")
        self.left = left
        self.right = right


class CallbackError(BillhookError):
    """A message from a gateway that must not be believed."""


class BadSignature(CallbackError):
    """The message's signature is missing, empty or wrong. Answered 403; the body is not stored."""


class MalformedNotification(CallbackError):
    """The message lacks a field, repeats one or holds one that cannot be read. Answered 400."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class PageError(BillhookError):
    """A page that can't be answered as it was asked for; no fault of the plugin."""


class MalformedField(PageError):
    """A field of a query or form is missing, repeated or unreadable. Answered 400."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class NotThere(PageError):
    """What the page is about does not exist (any more), or is not for its visitor. Answered 404."""


class ProviderError(BillhookError):
    """A provider could not do what it was asked."""


class StartDeclined(ProviderError):
    """Nothing was begun, and the text says why, for the payer to read: in their language, without secrets."""


class NotSupported(ProviderError):
    """The provider lacks the capability that was asked of it."""


class PluginError(BillhookError):
    """A plugin that cannot be loaded. Names the plugin and the remedy."""

    def __init__(self, plugin: str, why: str, remedy: str = "") -> None:
        stop = "" if not remedy or why.endswith((".", "!", "?")) else "."
        super().__init__(f"plugin {plugin!r}: {why}{stop} {remedy}".rstrip())
        self.plugin = plugin
        self.why = why
        self.remedy = remedy


class MigrationFailed(PluginError):
    """A plugin's tables could not be brought where its code wants them; the caller rolls back. Names the file."""
