"""What the gateway answers to a request; knows no sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from threading import Event
from typing import Final
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from billhook.i18n import Catalogue, LazyText

from billhook_kit.simulator import pages
from billhook_kit.simulator.book import Book, Payment
from billhook_kit.simulator.delivery import Postman
from billhook_kit.simulator.faults import SWITCHES, Faults, WrongFault
from billhook_kit.simulator.protocol import (
    KEY_HEADER,
    SIGNATURE_HEADER,
    Refused,
    check_signature,
    read_key,
    read_wish,
    signature,
)

_ = Catalogue("billhook_kit")

#: The payer's browser waits so long for the notification to be delivered.
PAYER_WAITS_SECONDS: Final = 5.0
_ID: Final = r"(sim-[0-9a-f]{16})"


class Cut(Exception):
    """End the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. target: path and query as sent. headers: found whatever their case."""

    method: str
    target: str
    headers: Message[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. headers: beside type and length."""

    status: int
    content: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class App:
    """The gateway.

    stopping: ends every wait. own_url: tells its address, which is known once it listens.
    """

    def __init__(
        self, secret: str, book: Book, postman: Postman, faults: Faults, stopping: Event, own_url: Callable[[], str]
    ) -> None:
        self._secret = secret
        self._book = book
        self._postman = postman
        self._faults = faults
        self._stopping = stopping
        self._own_url = own_url
        #: By order, what a status query is answered with instead of the truth.
        self.instead: dict[str, Mapping[str, str]] = {}
        self._routes: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
            ("GET", "/", self._control),
            ("GET", "/style.css", lambda _request: Reply(200, pages.STYLE, "text/css; charset=utf-8")),
            ("GET", "/healthz", lambda _request: Reply(200, b"ok", "text/plain; charset=utf-8")),
            ("GET", "/faults", lambda _request: as_json(200, self._faults.told())),
            ("POST", "/faults", self._change_faults),
            ("GET", f"/pay/{_ID}", self._show),
            ("POST", f"/pay/{_ID}", self._decide),
            ("POST", f"/payments/{_ID}/notify", self._notify_again),
        )

    def answer(self, request: Request) -> Reply:
        """Raises Cut if the connection is to end without an answer."""
        if request.path.startswith("/api/"):
            return self._api(request)
        if request.method == "POST" and _from_elsewhere(request):
            return _sentence(403, _("The form came from another site."))
        for method, pattern, view in self._routes:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                return view(request, *found.groups())
        return _sentence(404, _("There is no such page."))

    def _api(self, request: Request) -> Reply:
        if self._faults.slow_seconds:
            self._stopping.wait(self._faults.slow_seconds)
        try:
            if self._faults.take("errors"):
                raise Refused(500, "internal", "You asked for this error.")
            if (request.method, request.path) == ("POST", "/api/payments"):
                return self._start(request)
            found = re.fullmatch("/api/payments/([^/]+)", request.path)
            if request.method == "GET" and found:
                return self._status(request, unquote(found[1], errors="replace"))
            raise Refused(404, "no_such_call", "There is no such call.")
        except Refused as refusal:
            return as_json(refusal.status, refusal.body)

    def _start(self, request: Request) -> Reply:
        check_signature(request.body, request.headers.get(SIGNATURE_HEADER), self._secret)
        payment = self._book.start(read_wish(request.body), read_key(request.headers.get(KEY_HEADER)))
        if self._faults.take("cut_starts"):
            raise Cut
        return as_json(201, {"id": payment.id, "url": f"{self._own_url()}/pay/{payment.id}"})

    def _status(self, request: Request, order: str) -> Reply:
        check_signature(request.target.encode(), request.headers.get(SIGNATURE_HEADER), self._secret)
        shops = parse_qs(urlsplit(request.target).query).get("shop", [])
        if len(shops) != 1:
            raise Refused(422, "bad_value", "shop is missing" if not shops else "shop is given twice", "shop")
        if order in self.instead:
            return as_json(200, self.instead[order])
        payment = self._book.told_of(shops[0], order)
        if payment is None:
            raise Refused(404, "unknown_order", "Nothing was started with this shop and order.")
        if self._faults.take("unknown_statuses"):
            return as_json(200, {"status": "unknown"})
        fields = payment.fields()
        return as_json(200, {**fields, "sign": signature(fields, self._secret)})

    def _show(self, _request: Request, payment_id: str) -> Reply:
        payment = self._book.get(payment_id)
        if payment is None:
            return _sentence(404, _("There is no such page."))
        return _page(200, pages.payer_page(payment), _targets(payment))

    def _decide(self, request: Request, payment_id: str) -> Reply:
        payment = self._book.get(payment_id)
        if payment is None:
            return _sentence(404, _("There is no such page."))
        decision = _form(request).get("do")
        if decision == "pay":
            self.pay(payment_id, PAYER_WAITS_SECONDS)
        elif decision == "decline":
            self._book.decline(payment_id)
        else:
            return _sentence(422, _("Nothing was chosen."))
        # What happened may be what another tab chose.
        now = self._book.get(payment_id) or payment
        return _see_other(now.wish.success_url if now.paid_at else now.wish.failure_url)

    def pay(self, payment_id: str, patience: float | None) -> None:
        """Pay what is to be paid, and wait until the shop was told, at most `patience` seconds."""
        paid = self._book.pay(payment_id)
        if paid is not None:
            self._postman.paid(paid).wait(patience)

    def _notify_again(self, _request: Request, payment_id: str) -> Reply:
        over = self._postman.again(payment_id)
        if over is None:
            return _sentence(404, _("There is no such page."))
        over.wait(PAYER_WAITS_SECONDS)
        return _see_other("/")

    def _control(self, _request: Request) -> Reply:
        return _page(200, pages.control_page(self._book.all(), self._postman.all(), self._faults))

    def _change_faults(self, request: Request) -> Reply:
        is_form = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        try:
            self.change_faults(_fault_form(_form(request)) if is_form else _fault_document(request.body))
        except WrongFault as error:
            refused = Refused(422, "bad_value", str(error), str(error).partition(":")[0])
            return _sentence(422, str(error)) if is_form else as_json(422, refused.body)
        return _see_other("/") if is_form else as_json(200, self._faults.told())

    def change_faults(self, values: Mapping[str, object]) -> None:
        """Set faults by name; what waits for a later notification goes out once `reorder` is off. Raises WrongFault."""
        self._faults.change(values)
        if not self._faults.reorder:
            self._postman.release()


def _fault_document(body: bytes) -> dict[str, object]:
    try:
        given = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WrongFault(f"body: no JSON: {error}") from error
    if not isinstance(given, dict):
        raise WrongFault("body: no JSON object")
    return given


def _fault_form(form: Mapping[str, str]) -> dict[str, object]:
    """Read the form of the control page, which holds all faults; a box that is not checked is not sent."""
    if form.get("do") == "reset":
        return {"reset": True}
    values: dict[str, object] = {name: name in form for name in SWITCHES}
    for name, text in form.items():
        if name not in (*SWITCHES, "do"):
            values[name] = _number(name, text)
    return values


def _number(name: str, text: str) -> int | float:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise WrongFault(f"{name}: a number is needed") from error


def _form(request: Request) -> dict[str, str]:
    try:
        return dict(parse_qsl(request.body.decode("ascii"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def _from_elsewhere(request: Request) -> bool:
    """Say whether a browser posts from another site; programs send no Origin."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("Host")


def _targets(payment: Payment) -> str:
    """Return where the page's form may lead: browsers check the redirect that follows it, too."""
    addresses = map(urlsplit, (payment.wish.success_url, payment.wish.failure_url))
    return " ".join(sorted({f"{address.scheme}://{address.netloc}" for address in addresses}))


def _page(status: int, content: str, form_targets: str = "") -> Reply:
    policy = (
        f"default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {form_targets}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return Reply(status, content.encode(), headers={"Content-Security-Policy": policy})


def _sentence(status: int, text: LazyText | str) -> Reply:
    return _page(status, pages.sentence_page(_("This does not work"), text))


def _see_other(url: str) -> Reply:
    return Reply(303, headers={"Location": url})


def as_json(status: int, content: Mapping[str, object]) -> Reply:
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), "application/json")
