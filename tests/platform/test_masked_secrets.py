"""A method's secrets stand neither in what is recorded of a plugin's failures nor in the log, whatever it says."""

from __future__ import annotations

import contextlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from billhook import (
    AccountType,
    AnswersStatus,
    DocumentKind,
    HearsNotifications,
    Instructions,
    IssuesDocuments,
    Level,
    PaymentProvider,
    PluginError,
    ProviderError,
    RawRequest,
    Setting,
    SettingKind,
    hookimpl,
)
from billhook.errors import CallbackError
from billhook.http import GatewayUnreachable
from sqlalchemy import select

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.config import LogFormat
from host_stub.persistence import GatewayOperation, PluginFailure, open_store
from host_stub.plugins import callbacks, documents, paying, settings_doctor, status_queries
from host_stub.plugins.delivery import HostReader
from host_stub.plugins.desk import Desk
from host_stub.plugins.masking import MASK, Mask
from host_stub.plugins.registry import Registry
from host_stub.services.money_in import methods
from host_stub.services.money_in.methods import MethodDraft
from host_stub.services.settings import plugin_settings
from host_stub.services.tenants import resellers
from host_stub.web import logs
from tests.support.world import CUSTOMER, World

FORMER, SECRET = "the old one's: key/7", 'S3cr&t "pass" /ключ'
#: How the secret may be written where it does harm.
WRITTEN = (SECRET, quote(SECRET, safe=""), quote(SECRET), repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1], FORMER)


class Refused(ProviderError):
    """An error of the plugin's own, which keeps what it was made of."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer

    def __str__(self) -> str:
        return f"the gateway said: {self.answer}"


def said() -> str:
    return f"401 for key={SECRET} (was {FORMER}); tried https://gateway.example/?key={quote(SECRET, safe='')}"


def wrong(kind: type[Exception]) -> Callable[..., Any]:
    def fail(*_arguments: object) -> Any:
        try:
            raise OSError(f"connection as user:{SECRET} refused")
        except OSError as error:
            raise kind(said()) from error

    return fail


def refuse(value: object) -> None:
    if value == "typed-just-now":
        raise ValueError(f"invalid: {value!r}")


class Leaky(PaymentProvider, HearsNotifications, AnswersStatus, IssuesDocuments):
    """Tells its secrets in everything it raises."""

    name = "leaky"
    title = "Leaky"
    starts = (Instructions,)
    notifications = ("notify",)
    documents = (DocumentKind("receipt", "Receipt"),)
    settings = (Setting("key", SettingKind.SECRET, "Key", validator=refuse), Setting("shop", SettingKind.TEXT, "Shop"))
    raises: type[Exception] = RuntimeError

    def start(self, *_request: Any) -> Instructions:
        return wrong(self.raises)()

    query = verify = parse = acknowledge = document = start  # type: ignore[assignment]


@hookimpl
def billhook_payment_providers() -> list[type[PaymentProvider]]:
    return [Leaky]


@hookimpl
def billhook_settings() -> list[Setting]:
    return [Setting("api_key", SettingKind.SECRET, "API key", level=Level.RESELLER)]


Place = Callable[["Scene"], None]


class Scene:
    """A desk with the leaky plugin, a method whose secret was replaced lately, and a payment."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.store = open_store(url, clock)
        plugin = SimpleNamespace(
            billhook_payment_providers=billhook_payment_providers, billhook_settings=billhook_settings
        )
        self.registry = Registry.of({"leaky": plugin})
        self.registry.attach(self.store)
        self.desk = Desk(self.store, self.registry, new_keys(), None, "https://panel.example")  # type: ignore[arg-type]
        self.world = World(self.store)
        resellers.switch_plugin(self.store, self.world.reseller_id, "leaky", on=True, by=CUSTOMER)
        self.method_id = self._save({"key": FORMER, "shop": "the shop"}, None)
        self._save({"key": SECRET}, self.method_id)
        self.payment_id = self.world.a_payment()

    def _save(self, settings: Mapping[str, object], method_id: int | None) -> int:
        return methods.save_method(
            self.store,
            self.world.scope,
            MethodDraft("leaky", tuple(AccountType), settings=settings),
            provider=self.registry.provider("leaky"),
            keys=self.desk.keys,
            doctor=lambda _view: [],
            by=CUSTOMER,
            method_id=method_id,
        )

    def recorded(self) -> list[str]:
        with self.store.read() as session:
            errors = [*session.scalars(select(PluginFailure.error)), *session.scalars(select(GatewayOperation.error))]
        return [error for error in errors if error]


def start(scene: Scene) -> None:
    paying.start(scene.desk, scene.world.scope, scene.payment_id, scene.method_id, language="ru", by=CUSTOMER)


def query(scene: Scene) -> None:
    Leaky.raises, kind = GatewayUnreachable, Leaky.raises
    with contextlib.suppress(ProviderError):
        start(scene)
    Leaky.raises = kind
    scene.store.clock.advance(minutes=5)  # type: ignore[attr-defined]
    assert status_queries.ask_due(scene.store, scene.registry, scene.desk.keys) == 1  # type: ignore[arg-type]


def verify(scene: Scene) -> None:
    found = callbacks.find(scene.desk, "leaky", scene.method_id, "notify")
    try:
        callbacks.receive(scene.desk, found, RawRequest("POST", "", b"", (), {}, ""))
    except PluginError:
        logs._log.exception("callback not judged")  # as the web does
        raise


def document(scene: Scene) -> None:
    documents.source_of(scene.desk, scene.world.scope, scene.payment_id, scene.method_id, "receipt")


@pytest.fixture
def scene(sqlite_url: str, clock: FixedClock) -> Iterator[Scene]:
    built = Scene(sqlite_url, clock)
    known = structlog.get_config()
    yield built
    structlog.configure(**known)
    built.store.close()


KINDS = (RuntimeError, ProviderError, Refused, GatewayUnreachable, CallbackError)


@pytest.mark.parametrize(
    ("kind", "form"), [*((kind, LogFormat.JSON) for kind in KINDS), (RuntimeError, LogFormat.TEXT)]
)
@pytest.mark.parametrize("place", [start, query, verify, document])
def test_what_a_provider_raises_is_kept_and_logged_without_its_secrets(
    scene: Scene, capsys: pytest.CaptureFixture[str], place: Place, kind: type[Exception], form: LogFormat
) -> None:
    logs.configure(form)
    Leaky.raises = kind
    heard = ""
    try:
        place(scene)
    except (PluginError, ProviderError) as error:
        heard = str(error)

    told = "\n".join([heard, *scene.recorded(), capsys.readouterr().err])
    assert [text for text in WRITTEN if text in told] == []
    assert MASK in told


def test_what_is_no_secret_is_still_told(scene: Scene) -> None:
    Leaky.raises = RuntimeError
    with pytest.raises(PluginError):
        start(scene)

    assert f"RuntimeError: 401 for key={MASK} (was {MASK})" in scene.recorded()[0]


def test_an_error_of_the_gateway_keeps_what_the_panel_decides_by(scene: Scene) -> None:
    Leaky.raises = GatewayUnreachable
    with pytest.raises(GatewayUnreachable, match=r"401 for key=") as caught:
        start(scene)

    assert caught.value.__cause__ is None
    Leaky.raises = Refused
    with pytest.raises(ProviderError, match="the gateway said: 401"):
        document(scene)


def test_a_failing_check_of_settings_tells_no_secret_that_was_just_typed(scene: Scene) -> None:
    typed = "typed-just-now"

    def check(_self: object, view: Any) -> Any:
        raise RuntimeError(f"no gateway takes {view.text('key')}")

    provider = scene.registry.provider("leaky")
    with scene.store.read() as session:
        row = session.get_one(methods.PaymentMethod, scene.method_id)
    view = methods.present_view(scene.store, row, provider, scene.desk.keys)
    view = type(view)(view.id, view.reseller_id, view.plugin, view.name, {**view.settings, "key": typed})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Leaky, "check_settings", check)
        settings_doctor.ask(scene.registry, provider, view)

    assert scene.recorded() == [f"RuntimeError: no gateway takes {MASK}"]


def test_a_validator_tells_nothing_of_the_secret_that_it_refuses(scene: Scene) -> None:
    (key, _shop) = scene.registry.provider("leaky").settings

    assert key.validator is not None
    assert key.validator("typed-just-now") is not None
    assert scene.recorded() == [f"ValueError: invalid: '{MASK}'"]


def test_a_handler_tells_nothing_of_a_secret_that_it_read(scene: Scene) -> None:
    owner = plugin_settings.Owner("leaky", scene.world.reseller_id)
    declared = scene.registry.plugins["leaky"].settings
    values = {"api_key": SECRET}
    plugin_settings.save(scene.store, scene.world.scope, owner, declared, values, by=CUSTOMER, keys=scene.desk.keys)
    reader = HostReader(scene.store, scene.registry, "leaky", scene.world.reseller_id, scene.desk.keys)

    def handler(read: Callable[[str], object]) -> None:
        raise RuntimeError(f"401 for {read('api_key')}")

    for read in (reader.setting, reader.secrets):
        with pytest.raises(PluginError):
            scene.registry.call("leaky", "billhook_balance_changed", handler, read)
        assert SECRET not in scene.recorded()[0]
        assert MASK in scene.recorded()[0]
    reader.end()


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("abcd", "xabcdx", f"x{MASK}x"),
        ("ab", "table ab, ab.", f"table {MASK}, {MASK}."),
        ("", "nothing", "nothing"),
        ("a+b c", "key=a%2Bb+c", f"key={MASK}"),
        ("-----BEGIN-----\nMIIEvQIBADANBgkqhkiG9w0\n", "got MIIEvQIBADANBgkqhkiG9w0!", f"got {MASK}!"),
        ("ключ", r"b'\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87'", f"b'{MASK}'"),
    ],
)
def test_a_secret_is_found_as_it_is_usually_written(secret: str, text: str, masked: str) -> None:
    assert Mask({secret})(text) == masked


def test_of_two_secrets_the_longer_one_is_masked_whole() -> None:
    assert Mask({"abcd", "abcdefgh"})("abcdefgh") == MASK


@pytest.mark.parametrize("before", ["", "s", "sh", "shop:", "shop-1:"])
@pytest.mark.parametrize("after", ["", "\n", " and more"])
def test_a_secret_in_base64_is_masked_wherever_it_stands_in_what_was_encoded(before: str, after: str) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        shown = Mask({SECRET})(f"Authorization: Basic {encode(f'{before}{SECRET}{after}'.encode()).decode()}")

        assert MASK in shown
        readable = shown.removeprefix("Authorization: Basic ").replace(MASK, "")
        assert len(readable) <= len(b64encode(f"{before}{after}".encode())) + 4


def test_a_secret_in_hex_is_masked() -> None:
    assert Mask({SECRET})(f"key {SECRET.encode().hex()}.") == f"key {MASK}."
    assert Mask({SECRET})(f"key {SECRET.encode().hex().upper()}.") == f"key {MASK}."


def test_a_long_text_is_cut_behind_the_mask_so_that_no_half_of_a_secret_is_left() -> None:
    for before in range(1990 - len(SECRET), 2010):
        told = Mask({SECRET}).error(ProviderError("x" * before + SECRET))

        assert str(told).rstrip("…").rstrip("*") == "x" * min(before, 2000)
