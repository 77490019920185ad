"""Who is asked whether a payment can be paid this way, and when."""

from __future__ import annotations

from types import SimpleNamespace

from billhook import Available, MethodView, PaymentProvider, PaymentView, Redirect, StartRequest, hookimpl

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.persistence import Reseller, open_store
from host_stub.plugins import paying
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from tests.support.world import CUSTOMER, World, a_method

ASKED: list[str] = []


def plugin(plugin_name: str) -> SimpleNamespace:
    class Gateway(PaymentProvider):
        name = plugin_name
        title = plugin_name
        starts = (Redirect,)

        def availability(self, payment: PaymentView, method: MethodView) -> Available:
            ASKED.append(plugin_name)
            return Available()

        def start(self, request: StartRequest) -> Redirect:
            return Redirect(f"https://gateway.example/{request.reference}")

    @hookimpl
    def billhook_payment_providers() -> list[type[PaymentProvider]]:
        return [Gateway]

    return SimpleNamespace(billhook_payment_providers=billhook_payment_providers)


def test_starting_one_method_asks_no_other_whether_it_can_be_used(sqlite_url: str, clock: FixedClock) -> None:
    store = open_store(sqlite_url, clock)
    registry = Registry.of({name: plugin(name) for name in ("slow_bank", "quick_bank")})
    registry.attach(store)
    desk = Desk(store, registry, new_keys(), None, "https://panel.example")  # type: ignore[arg-type]
    world = World(store)
    with store.write() as session:
        reseller = session.get_one(Reseller, world.reseller_id)
        _slow, quick = (a_method(session, reseller, name).id for name in ("slow_bank", "quick_bank"))
    payment_id = world.a_payment()
    ASKED.clear()

    paying.start(desk, world.scope, payment_id, quick, language="ru", by=CUSTOMER)
    store.close()

    assert ASKED == ["quick_bank"]
