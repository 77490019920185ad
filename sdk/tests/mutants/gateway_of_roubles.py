"""A gateway whose messages name no currency."""

from __future__ import annotations

import honest_gateway
from billhook import RawRequest
from billhook_kit import Report, form

SIGNED = tuple(name for name in honest_gateway.SIGNED if name != "currency")


class Gateway(honest_gateway.Gateway):
    signed_fields = SIGNED

    def notification(self, report: Report) -> RawRequest:
        return _unsaid(super().notification(report))

    def question(self, report: Report) -> RawRequest:
        return _unsaid(super().question(report))


def _unsaid(request: RawRequest) -> RawRequest:
    return form([pair for pair in request.fields if pair[0] != "currency"])
