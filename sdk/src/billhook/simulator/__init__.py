"""A redirect gateway that nobody has, to develop and test plugins against; `docs/simulator.md` is its protocol.

In tests::

    from billhook.simulator import Simulator

    with Simulator(secret="a-secret-for-tests-only") as gateway:
        ...  # let the plugin start order "2563977" at gateway.url
        gateway.pay("2563977")
        assert gateway.notifications[0].answers[0].status == 200
"""

from __future__ import annotations

from billhook.simulator.book import Payment, Status
from billhook.simulator.delivery import Delivery, Heard, Notification
from billhook.simulator.faults import Faults
from billhook.simulator.protocol import SIGNED, signature
from billhook.simulator.simulator import Simulator

__all__ = ["SIGNED", "Delivery", "Faults", "Heard", "Notification", "Payment", "Simulator", "Status", "signature"]
