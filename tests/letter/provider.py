"""The letter's provider and its customers, on a panel with the real plugins."""

from __future__ import annotations

from host_stub.adapters.clock import FixedClock
from host_stub.adapters.keys import new_keys
from host_stub.adapters.render import Renderer
from host_stub.plugins.registry import Registry
from tests.customer.seed import Room
from tests.support.web import an_app
from tests.support.world import MERCHANT, says

BANK = {
    "name": "ООО «Хостинг Север»",
    "account": "40702810600000000025",
    "bank_name": "Банк «Пример»",
    "bic": "049805746",
    "corr_account": "30101810500000000746",
}


class Letter(Room):
    """The room with both payment methods as the letter has them, and low balance notifications."""

    def __init__(self, url: str, clock: FixedClock, renderer: Renderer) -> None:
        keys = new_keys()
        app = an_app(url, clock, registry=Registry.discover(), renderer=renderer, keys=keys)
        super().__init__(app, clock)
        with self.store.write() as session:
            says(session, self.reseller_id, **BANK)
        self.bank_id = self.method("check_cash", name="Банковский перевод")
        self.paymaster_id = self.method(
            "paymaster",
            name="PayMaster",
            account_types=["person", "sole_proprietor"],
            settings={"merchant_id": MERCHANT, "hash_algorithm": "sha256"},
            secrets={"secret": [{"value": keys.encrypt("a-long-secret-for-signing"), "replaced_at": None}]},
        )
        self.method("low_balance_notify", active=False)  # turns the plugin on
