"""The doctor of plugins: loaded, its tables, who runs with which, what failed, and what its methods say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from billhook import Finding, PluginError, Severity
from billhook.errors import BillhookError
from billhook.i18n import use_language
from sqlalchemy import select

from host_stub.adapters.keys import KeyRing
from host_stub.config import Config
from host_stub.diagnosis import Diagnosis
from host_stub.domain.errors import MethodUnavailable
from host_stub.persistence import PaymentMethod, PluginFailure, Store
from host_stub.plugins import discovery, plugin_sets, settings_doctor
from host_stub.plugins.installation import Inventory, State, TableState, inventory
from host_stub.plugins.registry import Registry
from host_stub.services.money_in.methods import present_view
from host_stub.services.reading import work_queue

_TABLES: Mapping[TableState, tuple[str, str]] = {
    TableState.PENDING: ("its tables are not up to date: it is not called", "Run `host_stub plugin upgrade {name}`."),
    TableState.AHEAD: (
        "its tables are of a newer version than the installed one: it is not called",
        "Install the newer version again and restart, or restore a backup from before it.",
    ),
    TableState.ORPHANED: (
        "its tables are orphaned: its package is gone",
        "Install it again, or drop them by `host_stub plugin remove {name}`.",
    ),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """What the doctor looks at. only: one plugin's name, or empty for all."""

    config: Config
    store: Store
    registry: Registry
    only: str = ""

    def wants(self, plugin: str) -> bool:
        return self.only in ("", plugin)


def examine(patient: Patient) -> Iterator[Diagnosis]:
    """Check every plugin, and the processes that run with them; needs a migrated database."""
    versions = discovery.versions()
    for each in inventory(patient.store, patient.registry, versions):
        if patient.wants(each.name):
            yield from _plugin(each)
            if each.waiting:
                events = f"{each.waiting} {'event waits' if each.waiting == 1 else 'events wait'} for it"
                yield Diagnosis(f"plugin {each.name}", facts=events)
    yield from _processes(patient)


def _plugin(each: Inventory) -> Iterator[Diagnosis]:
    subject = f"plugin {each.name}"
    if each.state is State.BROKEN:
        yield Diagnosis(subject, each.why, f"Mend or uninstall the distribution that brings {each.name}.")
        return
    for why in each.retired:
        yield Diagnosis(subject, facts=f"warning: {why}")
    problem, remedy = _TABLES.get(each.tables, ("", ""))
    if problem:
        yield Diagnosis(subject, problem, remedy.format(name=each.name))
    elif each.state is State.GONE:
        yield Diagnosis(subject, "its package is gone, and resellers still use it", each.why)
    else:
        facts = [each.version or "no version", each.state.value, f"on for {each.on_for}", f"tables: {each.tables}"]
        yield Diagnosis(subject, facts=", ".join(facts) + (f", contract {each.contract}" if each.contract else ""))


def _processes(patient: Patient) -> Iterator[Diagnosis]:
    with patient.store.read() as session:
        hearts = [heart for heart in work_queue.workers(session) if heart.alive]
    installed = discovery.versions(patient.config.disabled_plugins)
    for outdated in plugin_sets.outdated({heart.name: heart.plugins for heart in hearts}, installed):
        told = [each for each in outdated.differences if patient.wants(each.plugin)]
        if told:
            why = "; ".join(map(str, told))
            yield Diagnosis(
                f"worker {outdated.process}", f"it runs with other plugins than are installed: {why}", _RESTART
            )


_RESTART = "Restart it, and the web server, whose own plugins its start page and /healthz tell."


def failures(patient: Patient) -> Iterator[Diagnosis]:
    """Tell what failed in plugins so far."""
    with patient.store.read() as session:
        found = session.scalars(select(PluginFailure).order_by(PluginFailure.plugin, PluginFailure.place)).all()
    for row in found:
        if patient.wants(row.plugin):
            facts = f"{row.error} ({row.count} times, last {row.last_at:%Y-%m-%d %H:%M} UTC)"
            yield Diagnosis(f"plugin {row.plugin}, {row.place}", facts=f"has failed: {facts}")


def methods(patient: Patient, keys: KeyRing) -> Iterator[Diagnosis]:
    """Ask the provider of every active method what it thinks of its settings."""
    with patient.store.read() as session:
        query = select(PaymentMethod).where(PaymentMethod.active)
        rows = session.scalars(query.order_by(PaymentMethod.plugin, PaymentMethod.id)).all()
    for row in rows:
        if patient.wants(row.plugin):
            yield _method(patient, row, keys)


def _method(patient: Patient, row: PaymentMethod, keys: KeyRing) -> Diagnosis:
    subject = f"method {row.id} «{row.name}» of {row.plugin}"
    try:
        provider = patient.registry.provider(row.plugin)
        view = present_view(patient.store, row, provider, keys)
        found = patient.registry.ask(view, "check_settings", provider.check_settings, view)
        found = [*found, *settings_doctor.unprintable(provider, view), *settings_doctor.seller_gaps(view)]
    except PluginError as error:
        return Diagnosis(subject, error.why, error.remedy or "See the failures of the plugin.")
    except MethodUnavailable:
        return Diagnosis(
            subject, "its secrets can't be opened with these keys", "Restore the key file, or set them anew."
        )
    except BillhookError as error:
        return Diagnosis(subject, str(error), "See the failures of the plugin.")
    return _judged(subject, found)


def _judged(subject: str, found: Sequence[Finding]) -> Diagnosis:
    with use_language("en"):
        told = [(each.severity, f"{each.text} {each.remedy}".strip()) for each in found]
    errors = [words for severity, words in told if severity is Severity.ERROR]
    if errors:
        return Diagnosis(subject, errors[0], "; ".join(errors[1:]))
    warnings = [f"warning: {words}" for severity, words in told if severity is Severity.WARNING]
    unseen = [f"not checked: {words}" for severity, words in told if severity is Severity.TODO]
    return Diagnosis(subject, facts="; ".join([*warnings, *unseen]))
