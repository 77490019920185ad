"""A redirect gateway that nobody has, to develop and test plugins against; `docs/simulator.md` is its protocol.

In tests::

    from billhook_kit.simulator import Simulator

    with Simulator(secret="a-secret-for-tests-only") as gateway:
        ...  # let the plugin start order "2563977" at gateway.url
        gateway.pay("2563977")
        assert gateway.notifications[0].answers[0].status == 200
"""

from __future__ import annotations

from billhook_kit.simulator.book import Payment, Status
from billhook_kit.simulator.delivery import Delivery, Heard, Notification
from billhook_kit.simulator.faults import Faults
from billhook_kit.simulator.protocol import SIGNED, signature
from billhook_kit.simulator.simulator import Simulator

__all__ = ["SIGNED", "Delivery", "Faults", "Heard", "Notification", "Payment", "Simulator", "Status", "signature"]
