"""The pay desk: what starting payments, issuing documents and judging callbacks need, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from billhook import DocumentSource, MethodView, PaymentProvider, TakesReturns
from billhook.host.loading import LoadedPlugin
from billhook.host.reading import callbacks_of

from host_stub.persistence import Payment, PaymentMethod, Store
from host_stub.services.money_in.capability import Linked, Offered, capability

if TYPE_CHECKING:
    from host_stub.adapters.render import RenderedDocument

Result = TypeVar("Result")


class Keys(Protocol):
    """Encrypts secrets and signs capabilities; see `adapters/keys.py`."""

    def encrypt(self, text: str) -> str: ...

    def decrypt(self, token: str) -> str: ...

    def mac(self, purpose: str, message: bytes) -> bytes: ...


class Providers(Protocol):
    """Knows the loaded plugins; see `plugins/registry.py`."""

    def provider(self, name: str) -> PaymentProvider:
        """Return a plugin's provider. Raises UnknownPlugin, BrokenPlugin."""

    def loaded(self, name: str) -> LoadedPlugin:
        """Return a plugin. Raises UnknownPlugin, BrokenPlugin."""

    def call(self, plugin: str, place: str, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a plugin's code; an exception that is not of the contract is recorded and raised as PluginFailed."""

    def ask(self, method: MethodView, place: str, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a provider's code about a method like `call`; what it raises has the method's secrets masked."""

    def heard(self, plugin: str, kind: str, verdict: str) -> None:
        """Count a message of a gateway. kind: of the address at which it came. verdict: what the panel made of it."""


class Renderer(Protocol):
    """Draws documents in the limited child; see `adapters/render`."""

    def render(self, source: DocumentSource) -> RenderedDocument: ...

    def prove(self, source: DocumentSource) -> RenderedDocument: ...

    def check(self, template: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """base_url: the panel's configured address, without a slash at the end."""

    store: Store
    registry: Providers
    keys: Keys
    renderer: Renderer
    base_url: str


def callback_urls(desk: Desk, provider: PaymentProvider, payment: Payment, method: PaymentMethod) -> Mapping[str, str]:
    """Return the callback addresses by name; return pages carry the token of this payment."""
    root = f"{desk.base_url}/plugin/{method.plugin}/method/{method.id}"
    token = return_token(desk.keys, payment)
    return {
        name: f"{root}/{name}" + (f"?t={token}" if hears is TakesReturns else "")
        for name, hears in callbacks_of(provider).items()
    }


def document_url(desk: Desk, payment: Linked, method: Offered, kind: str, version: int = 1) -> str:
    """Return the public address of a document's version: who has it may open it while it counts and the payment is
    open."""
    h = capability(desk.keys, payment, method.id, kind, version)
    return f"{desk.base_url}/plugin/{method.plugin}/payment/{payment.id}/payment_method/{method.id}/{kind}?h={h}"


def payment_url(desk: Desk, payment: Payment) -> str:
    return f"{desk.base_url}/accounts/{payment.account_id}/payments/{payment.id}"


def return_token(keys: Keys, payment: Payment) -> str:
    """Return `<payment id>-<32 hex digits>`, signed by us: it lets a return page name the payment."""
    mac = keys.mac("payer-return", f"{payment.reseller_id}|{payment.id}".encode())
    return f"{payment.id}-{mac[:16].hex()}"
