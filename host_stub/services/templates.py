"""Receipt templates of payment methods: the LIQUID settings, edited on a page of their own."""

from __future__ import annotations

from billhook import Setting

from host_stub.domain.actors import Actor
from host_stub.persistence import PaymentMethod, Scope, Store
from host_stub.persistence.store import fetch
from host_stub.services.journal import log


def save_template(store: Store, scope: Scope, method_id: int, setting: Setting, text: str, *, by: Actor) -> None:
    """Keep a template that was found to compile; the stock text, or an empty one, restores the stock template.

    Raises NotFound.
    """
    text = text.replace("\r\n", "\n")
    stock = not text.strip() or text.strip() == setting.stock.strip()
    with store.write(scope) as session:
        row = fetch(session, PaymentMethod, method_id, lock=True)
        kept = "" if stock else text
        if (row.settings or {}).get(setting.key, "") == kept:
            return
        row.settings = {**(row.settings or {}), setting.key: kept}
        log(
            session,
            "payment_method",
            row.id,
            "payment_method.template_restored" if stock else "payment_method.template_changed",
            reseller_id=row.reseller_id,
            by=by,
            fields=[setting.key],
        )
