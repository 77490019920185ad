"""Plugins: loaded or broken and why, on for whom, and what failed in them."""

from __future__ import annotations

from billhook import Catalogue, LazyText
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from host_stub.persistence import PaymentMethod, PluginActivation, Reseller
from host_stub.plugins.guard import Guard
from host_stub.services import work_queue
from host_stub.web.operator import bp
from host_stub.web.panel import panel, reading
from host_stub.web.reseller.room import plugin_title, show

_ = Catalogue("host_stub")


def advice(guard: Guard) -> LazyText:
    """Say why a plugin is not called and what the operator can do."""
    if guard.pool.exhausted:
        return _("All its threads hang. Restart this process; if it happens again, disable or mend the plugin.")
    return _("It failed too often. After half a minute the next call tries it again. What failed stands under Plugins.")


@bp.get("/plugins", endpoint="plugins")
def plugins_list() -> ResponseReturnValue:
    with reading() as session:
        resellers = list(session.scalars(select(Reseller).order_by(Reseller.id).limit(200)))
        rows = session.execute(
            select(PluginActivation.plugin, PluginActivation.reseller_id).where(PluginActivation.enabled)
        )
        on = {(plugin, reseller_id) for plugin, reseller_id in rows}
        used = set(session.scalars(select(PaymentMethod.plugin).distinct()))
        failures = work_queue.plugin_failures(session)
    registry = panel().registry
    return show(
        "operator/plugins.html",
        loaded=list(registry.plugins.values()),
        broken=registry.broken,
        gone=sorted(
            ({name for name, _id in on} | used) - set(registry.plugins) - {*registry.broken, *registry.disabled}
        ),
        disabled=registry.disabled,
        guards={name: registry.guard(name) for name in registry.plugins},
        resellers=resellers,
        on=on,
        failures=failures,
        title_of=plugin_title,
        advice=advice,
    )
