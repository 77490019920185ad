"""What people see of the gateway: the payer's page and the control page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from billhook.formats import money
from billhook.i18n import Catalogue, LazyText, current_language

from billhook_kit.simulator.book import Payment, Status
from billhook_kit.simulator.delivery import Delivery, Heard, Notification
from billhook_kit.simulator.faults import LIMITS, SWITCHES, Faults
from billhook_kit.simulator.html import Html, fill, join

_ = Catalogue("billhook_kit")

STYLE: Final = (files("billhook_kit.simulator") / "style.css").read_bytes()
#: As many rows of a table are shown; the youngest first.
_ROWS: Final = 100
_STATUS: Final = {Status.NEW: _("waits for the payer"), Status.PAID: _("paid"), Status.FAILED: _("declined")}
_DELIVERY: Final = {
    Delivery.WAITING: _("under way"),
    Delivery.DELIVERED: _("delivered"),
    Delivery.GIVEN_UP: _("given up"),
    Delivery.NOT_SENT: _("not sent: the address is not of this machine"),
}
_FAULTS: Final = {
    "copies": _("How often each notification is sent"),
    "parallel": _("Send the copies at the same moment"),
    "wrong_signature": _("Wrong signature"),
    "wrong_amount": _("Another sum, well signed"),
    "wrong_currency": _("Another currency, well signed"),
    "wrong_shop": _("Another shop, well signed"),
    "late_seconds": _("Seconds that a notification comes late"),
    "reorder": _("Keep a notification until the next payment is paid"),
    "cut_starts": _("Starts whose answer is cut off, although they are carried out"),
    "slow_seconds": _("Seconds that every answer to the shop comes late"),
    "errors": _("Calls of the shop that end with status 500"),
    "unknown_statuses": _("Status queries that are answered with “unknown”"),
}
_PAGE: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<main class="{kind}">
<p class="quiet">{banner}</p>
{content}
</main>
</body>
</html>
"""
_PAY: Final = """<h1>{sum}</h1>
{notes}
<dl>
<dt>{shop_label}</dt><dd>{shop}</dd>
<dt>{order_label}</dt><dd>{order}</dd>
{description}
</dl>
{actions}"""
_BUTTONS: Final = """<form method="post" class="actions">
<button name="do" value="pay" class="main">{pay}</button>
<button name="do" value="decline">{decline}</button>
</form>
<p><a href="{back_url}">{back}</a></p>"""
_TABLE: Final = """<h2 id="{id}">{caption}</h2>
<div class="scroll" role="region" aria-labelledby="{id}" tabindex="0">
<table aria-labelledby="{id}">
<thead><tr>{heads}</tr></thead>
<tbody>{rows}</tbody>
</table>
</div>"""
_FAULTS_FORM: Final = """<h2>{heading}</h2>
<form method="post" action="/faults">
<fieldset><legend>{legend}</legend>{fields}</fieldset>
<p class="actions"><button name="do" value="set" class="main">{save}</button>
<button name="do" value="reset">{reset}</button></p>
</form>"""


def payer_page(payment: Payment) -> Html:
    """Return the page on which the payer decides; what is over is told, and leads back to the shop."""
    wish = payment.wish
    described = fill("<dt>{label}</dt><dd>{text}</dd>", label=_("For"), text=wish.description)
    content = fill(
        _PAY,
        sum=money(payment.amount),
        notes=fill('<p class="note">{text}</p>', text=_("A test payment: no money moves.")) if wish.is_test else Html(),
        shop_label=_("Shop"),
        shop=wish.shop,
        order_label=_("Order"),
        order=wish.order,
        description=described if wish.description else Html(),
        actions=_actions(payment),
    )
    return _page(_("Payment of order {order}", order=wish.order), content, "narrow")


def _actions(payment: Payment) -> Html:
    wish = payment.wish
    if payment.status is Status.NEW:
        return fill(_BUTTONS, pay=_("Pay"), decline=_("Decline"), back=_("Back to the shop"), back_url=wish.failure_url)
    said = _("This payment is paid.") if payment.status is Status.PAID else _("This payment was declined.")
    target = wish.success_url if payment.status is Status.PAID else wish.failure_url
    markup = '<p class="note" role="status">{said}</p><p><a href="{target}">{back}</a></p>'
    return fill(markup, said=said, target=target, back=_("Back to the shop"))


def control_page(payments: Sequence[Payment], notifications: Sequence[Notification], faults: Faults) -> Html:
    """Return the page that shows and steers everything."""
    title = _("Gateway simulator")
    parts = [fill("<h1>{title}</h1>", title=title), _payments(payments), _notifications(notifications), _form(faults)]
    return _page(title, join(parts), "wide")


def sentence_page(title: LazyText, text: LazyText | str) -> Html:
    """Return a page that says one thing."""
    return _page(title, fill("<h1>{title}</h1><p>{text}</p>", title=title, text=text), "narrow")


def _payments(payments: Sequence[Payment]) -> Html:
    heads = (_("Order"), _("Shop"), _("Sum"), _("Status"), _("Page of the payer"), "")
    return _table("payments", _("Payments"), heads, [_payment_row(each) for each in _youngest(payments)])


def _payment_row(payment: Payment) -> Html:
    status = _STATUS[payment.status]
    again = '<form method="post" action="/payments/{id}/notify"><button>{label}</button></form>'
    return fill(
        '<tr><td>{order}</td><td>{shop}</td><td class="number">{sum}</td><td>{status}</td>'
        '<td><a href="/pay/{id}">{id}</a></td><td>{again}</td></tr>',
        order=payment.order,
        shop=payment.wish.shop,
        sum=money(payment.amount),
        status=_("{status}, test", status=status) if payment.wish.is_test else status,
        id=payment.id,
        again=fill(again, id=payment.id, label=_("Notify again")) if payment.status is Status.PAID else Html(),
    )


def _notifications(notifications: Sequence[Notification]) -> Html:
    heads = (_("Order"), _("Posted to"), _("Fields"), _("Answers"), _("State"))
    return _table("notifications", _("Notifications"), heads, [_sent_row(each) for each in _youngest(notifications)])


def _sent_row(sent: Notification) -> Html:
    return fill(
        "<tr><td>{order}</td><td>{url}</td><td><details><summary>{show}</summary><pre>{fields}</pre></details></td>"
        "<td>{answers}</td><td>{state}</td></tr>",
        order=sent.order,
        url=sent.url,
        show=_("Show"),
        fields="\n".join(f"{name}={value}" for name, value in sent.fields.items()),
        answers=join(fill("<div>{line}</div>", line=_heard(each)) for each in list(sent.answers)),
        state=_DELIVERY[sent.state],
    )


def _heard(answer: Heard) -> LazyText:
    if not answer.status:
        return _("no answer: {why}", why=answer.body)
    if not answer.body:
        return _("{status} after {seconds} s", status=answer.status, seconds=f"{answer.seconds:.1f}")
    return _(
        "{status} after {seconds} s: {body}", status=answer.status, seconds=f"{answer.seconds:.1f}", body=answer.body
    )


def _table(name: str, caption: LazyText, heads: Sequence[LazyText | str], rows: Sequence[Html]) -> Html:
    if not rows:
        nothing = '<h2>{caption}</h2><p class="quiet">{text}</p>'
        return fill(nothing, caption=caption, text=_("There is nothing here yet."))
    shown = join(fill('<th scope="col">{text}</th>', text=head) if head else Html("<td></td>") for head in heads)
    return fill(_TABLE, id=name, caption=caption, heads=shown, rows=join(rows))


def _form(faults: Faults) -> Html:
    return fill(
        _FAULTS_FORM,
        heading=_("Bad days"),
        legend=_("What the gateway does wrong"),
        fields=join(_fault_field(name, value) for name, value in faults.told().items()),
        save=_("Set"),
        reset=_("Turn everything off"),
    )


def _fault_field(name: str, value: bool | float) -> Html:
    if name in SWITCHES:
        markup = '<label class="switch"><input type="checkbox" name="{name}" value="1"{checked}> {text}</label>'
        return fill(markup, name=name, checked=Html(" checked") if value else Html(), text=_FAULTS[name])
    least, most = LIMITS[name]
    markup = (
        '<label class="count"><input type="number" name="{name}" value="{value}" min="{least}" max="{most}"{step}> '
        "{text}</label>"
    )
    step = Html(' step="any"') if name.endswith("_seconds") else Html()
    return fill(markup, name=name, value=value, least=least, most=most, step=step, text=_FAULTS[name])


def _page(title: LazyText, content: Html, kind: str) -> Html:
    banner = _("Gateway simulator: no money moves here.")
    return fill(_PAGE, language=current_language(), title=title, kind=kind, banner=banner, content=content)


def _youngest(rows: Sequence[object]) -> list:  # type: ignore[type-arg]
    return list(reversed(rows[-_ROWS:]))
