"""The emulator's face: the payment page for people, and an API for tests beside it."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from tests.emulators.paymaster.cashier import MOST_COPIES, Behaviour, Cashier, Checkout, Mode, State, methods
from tests.emulators.paymaster.delivery import Allowed, Notification, post
from tests.emulators.paymaster.gateway import BadOrder, Gateway, Order

bp = Blueprint("paymaster", __name__)
CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
NBSP = "\u00a0"


@dataclasses.dataclass(frozen=True)
class Site:
    """What the pages need: who sells, who takes the money, which addresses may be called."""

    cashier: Cashier
    allowed: Allowed
    name: str
    return_method: str


def create_app(site: Site) -> Flask:
    app = Flask(__name__)
    app.extensions["site"] = site
    app.jinja_env.filters["sum"] = spaced_sum
    app.register_blueprint(bp)
    app.after_request(_guard)
    app.register_error_handler(BadOrder, _turned_away)
    app.register_error_handler(404, _unknown)
    app.jinja_env.globals["site"] = site
    return app


def site() -> Site:
    found: Site = current_app.extensions["site"]
    return found


def spaced_sum(order: Order) -> str:
    """Return `2 113 RUB`; kopecks only if there are some."""
    whole, _, part = order.amount.partition(".")
    text = f"{int(whole):,}".replace(",", NBSP) + (f",{part}" if Decimal(order.amount) % 1 else "")
    return f"{text}{NBSP}{'RUB' if order.currency == '643' else order.currency}"


@bp.get("/")
def index() -> ResponseReturnValue:
    return render_template("index.html", checkouts=list(reversed(site().cashier.checkouts.values()))[:50])


@bp.get("/healthz")
def health() -> ResponseReturnValue:
    return Response("ok", content_type="text/plain")


@bp.get("/support")
def support() -> ResponseReturnValue:
    return render_template("support.html")


@bp.route("/payment/init", methods=["GET", "POST"])
@bp.route("/Payment/Init", methods=["GET", "POST"])
def init() -> ResponseReturnValue:
    source = request.form if request.method == "POST" else request.args
    checkout = site().cashier.open(_order(list(source.items(multi=True))))
    return redirect(url_for("paymaster.page", token=checkout.token), 303)


@bp.get("/pay/<token>")
def page(token: str) -> ResponseReturnValue:
    checkout = _checkout(token)
    if checkout.state is not State.OPEN:
        return _finished(checkout)
    wanted = checkout.order.method.lower()
    offered = [m for m in methods() if wanted in ("", m["code"].lower())] or methods()
    modes = [mode.value for mode in Mode if mode is not Mode.DECLINE]
    return render_template("pay.html", checkout=checkout, order=checkout.order, methods=offered, modes=modes)


@bp.post("/pay/<token>")
def choose(token: str) -> ResponseReturnValue:
    checkout = _checkout(token)
    if checkout.state is State.OPEN:
        decline = request.form.get("button") == "decline"
        how = _behaviour({**request.form.to_dict(), **({"mode": "decline"} if decline else {})})
        site().cashier.pay(checkout, how)
        if checkout.state in (State.PAID, State.DECLINED):
            return _return_to_shop(checkout, request.form.get("return_method") or site().return_method)
    return _finished(checkout)


@bp.post("/api/pay")
def api_pay() -> ResponseReturnValue:
    """Pay an order: `payment_no` of one that was begun, or `fields` of /payment/init; see the README."""
    asked = _json()
    if "fields" in asked:
        checkout: Checkout | None = site().cashier.open(_order(_pairs(asked["fields"])))
    else:
        checkout = site().cashier.latest(str(asked.get("payment_no", "")))
    if checkout is None:
        abort(404)
    if checkout.state is not State.OPEN:
        checkout = site().cashier.open(checkout.order)
    site().cashier.pay(checkout, _behaviour({"method": checkout.order.method, **asked}))
    return jsonify({**checkout.shown(), "return_url": _return_url(checkout)})


@bp.get("/api/payments")
def api_payments() -> ResponseReturnValue:
    number = request.args.get("payment_no")
    every = list(site().cashier.checkouts.values())
    return jsonify([c.shown() for c in every if number is None or c.order.number == number])


@bp.post("/api/payments/<token>/notify")
def api_notify_again(token: str) -> ResponseReturnValue:
    """Send a payment's notification now, the first time or byte for byte again: for any order between payments."""
    checkout, asked = _checkout(token), _json()
    pairs = list(checkout.notifications[0].fields) if checkout.notifications else None
    how = _behaviour(asked)
    fields = pairs or list(site().cashier.message(checkout, how.mode).items())
    notification = Notification(f"{token}-{len(checkout.notifications)}", checkout.order.notification_url, fields)
    notification.retry = how.retry
    checkout.notifications.append(notification)
    site().cashier.courier.send(notification)
    return jsonify(checkout.shown())


@bp.post("/api/notify")
def api_notify_raw() -> ResponseReturnValue:
    """Post any fields to any allowed address; `sign` adds LMI_HASH, with `secret` and `algorithm` if given."""
    asked = _json()
    url, pairs = str(asked.get("url", "")), _pairs(asked.get("fields", {}))
    if not site().allowed(url):
        raise BadOrder("address", "url")
    if asked.get("sign"):
        own = site().cashier.gateway
        secret, algorithm = str(asked.get("secret", own.secret)), str(asked.get("algorithm", own.algorithm))
        pairs.append(("LMI_HASH", Gateway(own.merchant, secret, algorithm).sign(dict(pairs))))
    return jsonify(dataclasses.asdict(post(url, pairs, site().cashier.courier.timeout)))


def _order(pairs: list[tuple[str, str]]) -> Order:
    order = Order.read(pairs)
    if order.merchant != site().cashier.gateway.merchant:
        raise BadOrder("merchant", "LMI_MERCHANT_ID")
    if not all(site().allowed(address) for address in order.addresses):
        raise BadOrder("address")
    return order


def _behaviour(asked: dict[str, Any]) -> Behaviour:
    try:
        mode = Mode(asked.get("mode") or "pay")
        copies = int(asked.get("count") or (3 if mode is Mode.DUPLICATE else 1))
        delay = float(asked.get("delay") or (5 if mode is Mode.DELAY else 0))
        abreast = int(asked.get("concurrency") or 1)
    except ValueError:
        raise BadOrder("control") from None
    if not (1 <= copies <= MOST_COPIES and 1 <= abreast <= MOST_COPIES and 0 <= delay <= 3600):
        raise BadOrder("control")
    return Behaviour(
        mode=mode,
        method=str(asked.get("method") or "BankCard"),
        copies=copies,
        abreast=abreast,
        delay=delay,
        retry=bool(asked.get("retry", True)),
        confirm=bool(asked.get("confirm", True)),
    )


def _checkout(token: str) -> Checkout:
    return site().cashier.checkouts.get(token) or abort(404)


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True) or {}
    if not isinstance(asked, dict):
        raise BadOrder("control")
    return asked


def _pairs(fields: Any) -> list[tuple[str, str]]:
    pairs = fields.items() if isinstance(fields, dict) else fields
    return [(str(name), str(value)) for name, value in pairs]


def _return_fields(checkout: Checkout) -> dict[str, str]:
    return site().cashier.gateway.returned(checkout.order, checkout.taken, paid=checkout.is_paid)


def _return_base(checkout: Checkout) -> str:
    return checkout.order.success_url if checkout.is_paid else checkout.order.failure_url


def _return_url(checkout: Checkout) -> str:
    """Return the shop's page with the fields in its query, after whatever the shop put there."""
    base = _return_base(checkout)
    if not base:
        return ""
    parts = urlsplit(base)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *_return_fields(checkout).items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _return_to_shop(checkout: Checkout, method: str) -> ResponseReturnValue:
    if not _return_base(checkout):
        return _finished(checkout)
    if method.upper() == "POST":
        return render_template(
            "return.html", address=_return_base(checkout), fields=_return_fields(checkout), checkout=checkout
        )
    return redirect(_return_url(checkout), 303)


def _finished(checkout: Checkout) -> ResponseReturnValue:
    return render_template("finished.html", checkout=checkout, order=checkout.order, return_url=_return_url(checkout))


def _turned_away(error: BadOrder) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return jsonify({"error": error.reason, "field": error.field_name}), 400
    return render_template("turned_away.html", error=error), 400


def _unknown(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return jsonify({"error": "unknown"}), 404
    return render_template("turned_away.html", error=BadOrder("unknown")), 404


def _guard(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
