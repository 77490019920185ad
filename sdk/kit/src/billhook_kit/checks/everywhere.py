"""What must hold wherever a host calls the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billhook.errors import ProviderError
from billhook.host.answers import Rubbish
from billhook.host.written import written

from billhook_kit.bench import Bench
from billhook_kit.checks.tour import Stop, tour
from billhook_kit.guard import Connection, overheard
from billhook_kit.host import NotOffered
from billhook_kit.kit import Failed, Need, check

#: Where a gateway is called; elsewhere a plugin may say in its own way that somebody can't be reached.
_TO_THE_GATEWAY: Final = frozenset({"start", "query"})


@check(
    "time_limits",
    "It calls out with a time limit",
    Need.LOADED,
    remedy="Call through billhook.http.session(), and let a gateway that can't be reached raise ProviderError. Another "
    "client needs a limit for connecting and one for each answer (timeout=(5, 10), never None); in an event loop, "
    "asyncio.timeout around all of it.",
)
def it_calls_out_with_a_time_limit(bench: Bench) -> None:
    """Wherever it is called (methods of the provider, events, pages by GET and POST, links), no socket connects, sends
    or reads without a limit, in its threads and event loops too, whether the gateway can be reached or not; if it
    can't, start and status query raise ProviderError. Seen are Python's sockets, not those of C code or other
    programs."""
    for reachable in (False, True):
        with bench.in_memory(with_gateway=reachable) as here:
            told = len(here.network.tried)
            for stop in tour(here):
                _check_limits(stop, here.network.tried[told:])
                told = len(here.network.tried)
                if not reachable:
                    _check_kind(stop)


def _check_limits(stop: Stop, tried: list[Connection]) -> None:
    endless = next((connection for connection in tried if connection.limit is None), None)
    if endless is not None:
        raise Failed(f"{stop.place} opens a socket to {endless.host} that may wait for ever")


def _check_kind(stop: Stop) -> None:
    # What a host refuses of an answer is another check's affair.
    allowed = stop.error is None or isinstance(stop.error, ProviderError | NotOffered | Rubbish)
    if stop.place in _TO_THE_GATEWAY and not allowed:
        what = f"{type(stop.error).__name__}: {stop.error}"
        raise Failed(f"{stop.place} raises {what}, when its gateway can't be reached")


@check(
    "secrets",
    "Secrets are never shown",
    Need.SECRETS,
    remedy="Keep secrets out of texts, fields, rows, logs and exceptions, and out of what an exception was raised from "
    "(`raise … from None`); sign with them and forget them.",
)
def secrets_are_never_shown(bench: Bench) -> None:
    """No secret of the settings stands in an outcome, page, finding, document, reason, answer, detail, effect,
    exception, log or in the provider's repr, wherever the plugin is called, whether its gateway can be reached or
    not."""
    with bench.in_memory(with_gateway=False) as unreachable:
        _look_for(bench.secrets, unreachable)
    _look_for(bench.secrets, bench)


def _look_for(secrets: Mapping[str, str], bench: Bench) -> None:
    with overheard() as ear:
        shown = [(stop.what, stop.came) for stop in tour(bench)]
    for place, text in (*shown, ("the log", ear.getvalue())):
        for key, secret in secrets.items():
            if any(each in text for each in written(secret)):
                raise Failed(f"the secret {key!r} stands in {place}{'' if secret in text else ', in another writing'}")
