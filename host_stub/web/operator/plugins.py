"""Plugins: loaded or broken and why, on for whom, and what failed in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from billhook import Catalogue, LazyText, Level
from billhook.host.history import Standing
from billhook.host.places import SideName
from flask.typing import ResponseReturnValue

from host_stub.domain.whose import Path, reseller_of
from host_stub.plugins.breaker import BreakerState
from host_stub.plugins.installation import MIGRATIONS, State, TableState, inventory
from host_stub.plugins.plugin_sets import WEB, Change, Difference, Outdated
from host_stub.plugins.sides import Side
from host_stub.services.reading import resellers, work_queue
from host_stub.services.reading.work_queue import Failure, Heart
from host_stub.web import restarts
from host_stub.web.operator import bp
from host_stub.web.panel import panel, reading
from host_stub.web.staff.room import plugin_title, show

_ = Catalogue("host_stub")


_TABLES: Final = {
    TableState.NONE: _("none"),
    TableState.CURRENT: _("its tables are up to date"),
    TableState.PENDING: _("not up to date"),
    TableState.AHEAD: _("of a newer version"),
}


def pause_sentences(plugin: str) -> list[tuple[LazyText, LazyText]]:
    """Say of each side of a plugin that is not called in this process which one it is, for whom, and what can be done.

    Of one that is not called for some people of a reseller alone, the reseller is named.
    """
    sides = panel().registry.guard(plugin).sides.values()
    paused = [side for side in sides if side.state is not BreakerState.CLOSED]
    return [(_paused(side, plugin) if side.is_whole else _paused_for(side, plugin), _advice(side)) for side in paused]


def _paused(side: Side, plugin: str) -> LazyText:
    match side.name:
        case SideName.OWN:
            return _("Plugin {plugin} is not called for now.", plugin=plugin)
        case SideName.PAGES:
            return _("Pages and links of plugin {plugin} are not shown for now.", plugin=plugin)
        case SideName.PUBLIC:
            return _("Messages for plugin {plugin} are turned away for now.", plugin=plugin)


def _paused_for(side: Side, plugin: str) -> LazyText:
    whom = _whom(side.paused())
    match side.name:
        case SideName.OWN:
            return _("Plugin {plugin} is not called for now for: {whom}.", plugin=plugin, whom=whom)
        case SideName.PAGES:
            return _(
                "Pages of plugin {plugin} are not shown for now to some visitors of: {whom}.", plugin=plugin, whom=whom
            )
        case SideName.PUBLIC:
            return _(
                "Messages for plugin {plugin} from some senders are turned away for now, of: {whom}.",
                plugin=plugin,
                whom=whom,
            )


def _whom(paused: Sequence[Path]) -> str:
    """Return the names of the resellers for whom, or for some of whose people, a side is paused."""
    ids = {reseller_id for path in paused if (reseller_id := reseller_of(path)) is not None}
    with reading() as session:
        return ", ".join(resellers.names_by_id(session, ids).values()) or str(_("the operator"))


def _advice(side: Side) -> LazyText:
    if side.pool.exhausted or side.pool.stuck_shares:
        return _("All its threads hang. Restart this process; if it happens again, disable or mend the plugin.")
    if side.name is SideName.PUBLIC:
        return _(
            "It was too slow too often. After half a minute the next request tries it again; gateways repeat theirs."
        )
    return _(
        "It failed too often. After half a minute the next call tries it again. "
        "What failed stands in the table “Failures” under Plugins."
    )


def restart_sentences(hearts: Sequence[Heart]) -> list[tuple[LazyText, LazyText]]:
    """Say of each process that runs with other plugins than are installed which one it is and why, and the remedy."""
    return [
        (
            _("This web process has to be restarted: {changes}.", changes=_changes(each))
            if each.process == WEB
            else _("Worker {name} has to be restarted: {changes}.", name=each.process, changes=_changes(each)),
            _("Until then it works with the plugins that it found when it started. Restart its service."),
        )
        for each in restarts.needed(hearts)
    ]


def _changes(outdated: Outdated) -> str:
    return "; ".join(str(_change(each)) for each in outdated.differences)


def _change(difference: Difference) -> LazyText:
    match difference.change:
        case Change.INSTALLED:
            return _("{plugin} {version} was installed", plugin=difference.plugin, version=difference.installed)
        case Change.REMOVED:
            return _("{plugin} {version} was removed", plugin=difference.plugin, version=difference.running)
        case Change.CHANGED:
            return _(
                "{plugin} runs as {running}, installed is {installed}",
                plugin=difference.plugin,
                running=difference.running,
                installed=difference.installed,
            )


def table_sentences(failures: Sequence[Failure]) -> list[tuple[LazyText, LazyText]]:
    """Say of each loaded plugin that is not called because of its tables why, and what to do."""
    why = {failure.plugin: failure.error for failure in failures if failure.place == MIGRATIONS}
    return [sentence for name in panel().registry.plugins if (sentence := _table_sentence(name, why.get(name, "")))]


def _table_sentence(name: str, failed: str) -> tuple[LazyText, LazyText] | None:
    behind = panel().registry.behind(name)
    if behind is None:
        return None
    if behind.standing is Standing.AHEAD:
        return (
            _("Plugin {plugin} is not called: its tables are of a newer version than the installed one.", plugin=name),
            _("Install the newer version again and restart, or restore a backup from before it."),
        )
    if failed:
        return (
            _("Plugin {plugin} is not called: its migration failed. {why}", plugin=name, why=failed),
            _(
                "Install a version that mends it and restart, then run `host_stub plugin upgrade {plugin}`.",
                plugin=name,
            ),
        )
    return (
        _("Plugin {plugin} is not called: its tables are not up to date.", plugin=name),
        _("Run `host_stub plugin upgrade {plugin}`.", plugin=name),
    )


@bp.get("/plugins", endpoint="plugins")
def plugins_list() -> ResponseReturnValue:
    with reading() as session:
        names, on = resellers.names(session), resellers.all_plugins_on(session)
        failures = work_queue.plugin_failures(session)
        hearts = work_queue.workers(session)
    registry = panel().registry
    known = inventory(panel().store, registry, panel().installed.versions())
    return show(
        "operator/plugins.html",
        loaded=list(registry.plugins.values()),
        broken=registry.broken,
        gone=[each.name for each in known if each.state is State.GONE and each.tables is not TableState.ORPHANED],
        orphaned=[each.name for each in known if each.tables is TableState.ORPHANED],
        warnings=[*restart_sentences(hearts), *table_sentences(failures)],
        inventory={each.name: each for each in known},
        disabled=registry.disabled,
        guards={name: registry.guard(name) for name in registry.plugins},
        resellers=names,
        on=on,
        failures=failures,
        title_of=plugin_title,
        table_words=_TABLES,
        pauses={name: pause_sentences(name) for name in registry.plugins},
        to_set=[plugin.name for plugin in registry.plugins.values() if plugin.settings_at(Level.OPERATOR)],
    )
