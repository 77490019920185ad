"""Addresses that open by a secret in them: who guesses wrong too often has to wait."""

from __future__ import annotations

from flask import request

from host_stub.services.people import limits
from host_stub.web.panel import panel


def refuse_guessing() -> None:
    """Raise TooManyAttempts for an address that guessed wrong too often. Right guesses do not count."""
    with panel().store.page() as session:
        until = limits.exhausted(session, limits.CAPABILITY_ADDRESS, _network())
    if until is not None:
        raise limits.TooManyAttempts(until)


def guessed_wrong() -> None:
    """Count a wrong guess of whoever asks."""
    with panel().store.write() as session:
        limits.count(session, limits.CAPABILITY_ADDRESS, _network())


def _network() -> str:
    return limits.network(request.remote_addr or "")
