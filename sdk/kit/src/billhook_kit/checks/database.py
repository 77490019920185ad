"""What only an installed host, with a database and a printer, can show."""

from __future__ import annotations

from typing import cast

from billhook.host.reading import documents_of

from billhook_kit.bench import Bench
from billhook_kit.checks.tour import tour
from billhook_kit.host import DatabaseHost
from billhook_kit.kit import Failed, Need, check

_TWINS = 6


@check(
    "host_tables",
    "It leaves the host's tables alone",
    Need.DATABASE,
    Need.LOADED,
    remedy="Return values and effects: the host writes. A plugin reads and writes its own tables only.",
)
def it_leaves_the_hosts_tables_alone(bench: Bench) -> None:
    """While the plugin's code runs (every method of its provider, events, pages by GET and POST, links), no row of the
    host's tables changes, and the plugin's code sends no SQL of its own through SQLAlchemy, which could read them."""
    host = cast(DatabaseHost, bench.host)
    host.watch_tables()
    for _stop in tour(bench):
        pass
    touched = list(dict.fromkeys(host.touched()))
    if touched:
        raise Failed(f"the host's rows changed while the plugin's code ran: {', '.join(touched)}")
    asked = list(dict.fromkeys(host.asked()))
    if asked:
        raise Failed(f"the plugin's code asks a database itself: {', '.join(asked)}")


@check(
    "drawn",
    "Its documents can be drawn",
    Need.DOCUMENTS,
    Need.PRINTER,
    remedy="Mend the template: it is Liquid, names what document() puts in the context, shows assets by asset:<name>.",
)
def its_documents_can_be_drawn(bench: Bench) -> None:
    """Every declared document becomes a PDF by its own template, which prints no name and shows no picture that it was
    not given."""
    host = cast(DatabaseHost, bench.host)
    started = bench.started()
    for kind in documents_of(bench.provider):
        for fault in host.drawn(started, kind.name):
            raise Failed(f"document {kind.name!r}: {fault}")


@check(
    "parallel_database",
    "Parallel duplicates credit once on a real database",
    Need.DATABASE,
    Need.HONEST,
    remedy="Make external_id and signed_digest from the message alone: the database's once-only key is built of them.",
)
def parallel_duplicates_credit_once(bench: Bench) -> None:
    """The same notification, delivered by several threads at the same moment, is credited once, and each of them is
    answered with a success."""
    request = bench.notification(bench.started())
    answers = bench.host.deliver_together(bench.method, bench.notify_address, [request] * _TWINS)
    if len(bench.host.credits()) != 1:
        raise Failed(f"{_TWINS} deliveries at once credited {len(bench.host.credits())} times")
    unlike = [answer for answer in answers if answer != answers[0]]
    if unlike or not 200 <= answers[0].status < 300:
        raise Failed(f"deliveries at once were answered {sorted({answer.status for answer in answers})}{bench.why()}")
