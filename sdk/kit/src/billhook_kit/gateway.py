"""What the kit needs from an author: their settings, and how their gateway speaks.

Put it into `tests/billhook_gateway.py` of the plugin's project::

    from billhook_kit import GatewayUnderTest, Report, form

    class CardGateway(GatewayUnderTest):
        settings = {"merchant_id": "shop-1", "secret": "a-secret-for-tests-only"}
        signed_fields = ("order", "shop", "amount", "currency", "id")
        signature = "sign"

        def notification(self, report: Report) -> RawRequest:
            fields = {"order": report.reference, "shop": report.merchant, …}
            return form({**fields, "sign": sign(fields, report.method.text("secret"))})

Sign without the plugin's own code: a mistake that both share is not found.
"""

from __future__ import annotations

import importlib.util
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Final

from billhook.callbacks import RawRequest
from billhook.money import Money
from billhook.provider import Start, StartRequest
from billhook.views import MethodView, PaymentView

from billhook_kit.messages import form
from billhook_kit.patience import told
from billhook_kit.source import PluginNotFound, PluginSource

GROUP: Final = "billhook.gateways"
FILE: Final = "billhook_gateway.py"


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that was started with a method, and what the provider answered. request: as it was frozen."""

    payment: PaymentView
    method: MethodView
    outcome: Start
    request: StartRequest

    @property
    def reference(self) -> str:
        """What the gateway was given as the order's number."""
        return self.request.reference


@dataclass(frozen=True, slots=True)
class Report:
    """What the gateway is to say of a payment: the truth, or what the kit put in its place.

    method: whose settings sign the message. reference: of the try, `StartRequest.reference`; see `numbered`.
    external_id: the gateway's own id of the payment. payer: a name with Cyrillic letters, if there is a field for one.
    """

    started: Started
    method: MethodView
    reference: str
    merchant: str
    amount: Money
    is_test: bool
    external_id: str
    paid_at: datetime
    payer: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the gateway reads out of a start: how it would charge the payer, and for whom."""

    reference: str
    amount: Money
    merchant: str
    is_test: bool


class ProviderUnderTest(ABC):  # noqa: B024  a subclass may need nothing but its settings
    """A provider in the kit's hands.

    settings: settings that work, of a method and of the plugin as a whole; secrets in clear, of tests only.
    queries: by name of a page, a query with which it has something to show; without one it is opened bare.
    answers: what a payer answers to `asks`, so that `start` goes well.
    subjects: by name of a link, a subject as the plugin signs it; without one the number of an account.
    """

    settings: ClassVar[Mapping[str, object]] = {}
    queries: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    subjects: ClassVar[Mapping[str, str]] = {}
    answers: ClassVar[Mapping[str, object]] = {}

    def online(self) -> AbstractContextManager[object]:
        """Stand in for the gateway's servers while the provider is called; nothing if it never calls out.

        For example `responses.RequestsMock()` with its answers, or a simulator on 127.0.0.1.
        """
        return nullcontext()

    def paid(self, report: Report) -> AbstractContextManager[object] | None:
        """Have a status query about `report.started` answered with “paid” and what the report says; inside `online`.

        The answer is signed with the secret of `report.method`, which the kit may have replaced. Return None for what
        the gateway can't say: another currency if it names none, another secret if its answers carry no signature.
        """
        return None

    def ordered(self, started: Started) -> Ordered | None:
        """Return what the gateway reads out of `started.outcome`, or of what the provider registered while online.

        Read it as the gateway's documentation says, without the plugin's code: sums sent in another unit, the id in
        place of the reference and live payments sent as tests show here alone. None for what is not to be read.
        """
        return None

    def hint(self, report: Report) -> RawRequest | None:
        """Return the unsigned message by which the gateway says “look at this payment”, if it sends any."""
        return None


class GatewayUnderTest(ProviderUnderTest):
    """A gateway in the kit's hands.

    signed_fields: names of the fields (of a form, or of a JSON document's top level) that the signature covers.
    signature: name of the field or header that holds the signature.
    callback: name of the callback address at which `notification` comes; left out, the provider's first.
    numbered: the gateway is given `StartRequest.reference_number`, so that its reports name tries by it.
    public_key: key of the setting that holds the gateway's public key, if it signs with a private one of its own.
    """

    signed_fields: ClassVar[Sequence[str]]
    signature: ClassVar[str]
    callback: ClassVar[str] = ""
    numbered: ClassVar[bool] = False
    public_key: ClassVar[str] = ""

    @abstractmethod
    def notification(self, report: Report) -> RawRequest:
        """Return the signed notification, as the real gateway would send it; see `form` and `json_body`."""

    def question(self, report: Report) -> RawRequest | None:
        """Return the unsigned question «may this be paid?», if the gateway asks one."""
        return None

    def answered(self, report: Report) -> bytes | None:
        """Return what the gateway wants to hear, byte for byte, of a notification that says this and was credited.

        None if any success will do.
        """
        return None

    def returned(self, report: Report) -> RawRequest:
        """Return what the payer's browser brings back."""
        return form([])


def find_gateway(source: PluginSource, wanted: str = "") -> ProviderUnderTest | None:
    """Return the author's adapter, or None.

    wanted: path of a file with one; else an entry point `<plugin>` of the group `billhook.gateways`, else
    `tests/billhook_gateway.py` of the plugin's project or of the present folder.
    Raises PluginNotFound for a file without an adapter, and for an adapter that can't be made.
    """
    if wanted:
        return _from_file(Path(wanted))
    for point in entry_points(group=GROUP, name=source.name):
        with _said(f"entry point {point.value}"):
            found: type[ProviderUnderTest] = point.load()
            return found()
    # The present folder counts only for a plugin that was not found in a project of its own.
    place = source.project or Path.cwd()
    path = place / "tests" / FILE
    return _from_file(path) if path.is_file() else None


def _from_file(path: Path) -> ProviderUnderTest:
    module = _module(path)
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, ProviderUnderTest)
        and kind.__module__ == module.__name__
        and not getattr(kind, "__abstractmethods__", None)
    ]
    if len(kinds) != 1:
        raise PluginNotFound(f"{path} holds {len(kinds)} complete GatewayUnderTest or ProviderUnderTest classes, not 1")
    with _said(str(path)):
        adapter: ProviderUnderTest = kinds[0]()
    return adapter


@contextmanager
def _said(place: str) -> Iterator[None]:
    """Say of whatever an adapter raises where it stands. Raises PluginNotFound."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginNotFound(f"{place} fails: {told(error)}") from error


def _module(path: Path) -> ModuleType:
    name = f"billhook_gateway_{abs(hash(path.resolve()))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginNotFound(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _said(str(path)):
            spec.loader.exec_module(module)
    except PluginNotFound:
        del sys.modules[name]
        raise
    return module
