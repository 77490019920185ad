"""The doctor: what providers find in the settings of methods, asked when something is saved and on demand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from billhook import Catalogue, Finding, Level, MethodView, PaymentProvider, SellerView, Setting, SettingKind, Severity
from billhook.host.reading import documents_of
from billhook.host.schemes import SCHEMES
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.adapters.render import lost
from host_stub.persistence import PaymentMethod, Reseller, Scope
from host_stub.plugins.desk import Desk, Providers
from host_stub.plugins.errors import PluginUnavailable
from host_stub.services.money_in import methods
from host_stub.services.reading.methods import Method
from host_stub.services.reading.methods import of as in_view
from host_stub.services.settings import setting_levels
from host_stub.services.settings.plugin_settings import Owner
from host_stub.services.settings.setting_changes import Place
from host_stub.services.settings.setting_levels import Kept

_ = Catalogue("host_stub")

#: Methods that are looked at together.
MOST: Final = 200
_FAULTS: Final = (Severity.ERROR, Severity.WARNING)


def ask(registry: Providers, provider: PaymentProvider, view: MethodView) -> list[Finding]:
    """Return the provider's findings and ours; a provider that fails is a finding itself."""
    try:
        found = registry.ask(view, "check_settings", provider.check_settings, view)
    except PluginUnavailable as error:
        return [Finding(Severity.ERROR, _("The plugin could not check the settings."), error.why)]
    return [*found, *unprintable(provider, view), *seller_gaps(view)]


def seller_gaps(view: MethodView) -> list[Finding]:
    """Return what is not entered yet of the seller that a method's papers need."""
    if view.seller is None or view.seller.is_complete:
        return []
    gaps = {
        _("requisites"): view.seller.requisites,
        _("bank account"): view.seller.account,
        _("tax regime"): view.seller.taxes,
    }
    missing = ", ".join(str(name) for name, value in gaps.items() if not value)
    text = _("Not offered, and bills cannot be issued: of the seller is missing: {missing}.", missing=missing)
    return [Finding(Severity.WARNING, text, _("Enter it on the page “Requisites and taxes”."))]


def unprintable(provider: PaymentProvider, view: MethodView) -> list[Finding]:
    """Return a warning for each text with signs that documents cannot show; none for a provider without documents."""
    if not documents_of(provider):
        return []
    texts = [s for s in provider.settings if s.kind in (SettingKind.TEXT, SettingKind.MULTILINE)]
    return [*_unprintable_seller(view.seller)] + [
        Finding(
            Severity.WARNING,
            _(
                "Documents cannot show these signs of “{setting}”: {signs}.",
                setting=setting.label,
                signs=" ".join(signs),
            ),
            _("Write it without them: a bill would carry “?” instead, or nothing."),
            setting.key,
        )
        for setting in texts
        if (signs := lost(view.text(setting.key)))
    ]


def _unprintable_seller(seller: SellerView | None) -> Iterator[Finding]:
    scheme = SCHEMES.get(seller.scheme) if seller is not None else None
    if seller is None or scheme is None:
        return
    for field in (*scheme.requisites, *scheme.account):
        if signs := lost(seller.text(field.key)):
            told = {"setting": field.label, "signs": " ".join(signs)}
            yield Finding(
                Severity.WARNING,
                _("Documents cannot show these signs of “{setting}”: {signs}.", **told),
                _("Write it without them in the requisites: a bill would carry “?” instead, or nothing."),
            )


def named(findings: Collection[Finding], settings: Sequence[Setting]) -> list[Finding]:
    """Return findings that can be read away from their fields: a fault of a single value names its setting."""
    labels = {setting.key: setting.label for setting in settings}
    return [
        replace(finding, text=_("{setting}: {fault}", setting=labels[finding.setting], fault=finding.text))
        if finding.setting in labels and not finding.remedy
        else finding
        for finding in findings
    ]


@dataclass(frozen=True, slots=True)
class Heir:
    """A method that inherits, and what is wrong with it. findings: errors and warnings only."""

    method: Method
    reseller_name: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> frozenset[str]:
        return frozenset(f"{f.setting}:{f.text}" for f in self.findings if f.severity is Severity.ERROR)


def heirs(
    desk: Desk, scope: Scope, owner: Owner, settings: Sequence[Setting], trial: Place | None = None
) -> list[Heir]:
    """Check the methods that inherit from an owner: the operator or a reseller. The first 200 are looked at.

    settings: those that the owner edits. trial: what the owner is about to keep, instead of what is kept.
    """
    provider = desk.registry.provider(owner.plugin)
    inherited = [setting for setting in settings if setting.level is Level.METHOD]
    with desk.store.read(scope) as session:
        found = [
            (row, name, above, methods.seller_of(session, row, provider))
            for row, name in _methods(session, owner)
            if _inherits(row, inherited, above := _above(session, row, provider, owner, trial), owner.level)
        ]
    return [Heir(in_view(row), name, _wrong(desk, row, provider, above, seller)) for row, name, above, seller in found]


def broken_by(desk: Desk, scope: Scope, owner: Owner, settings: Sequence[Setting], trial: Place) -> list[Heir]:
    """Return the methods that would have errors after a change which they have not now."""
    before = {heir.method.id: heir.errors for heir in heirs(desk, scope, owner, settings)}
    after = heirs(desk, scope, owner, settings, trial)
    return [heir for heir in after if heir.errors - before.get(heir.method.id, frozenset())]


def _wrong(
    desk: Desk, row: PaymentMethod, provider: PaymentProvider, above: Kept, seller: SellerView | None
) -> tuple[Finding, ...]:
    found = methods.check(
        row, provider, desk.keys, desk.store.now(), above, lambda view: ask(desk.registry, provider, view), seller
    )
    return tuple(named([f for f in found if f.severity in _FAULTS], provider.settings))


def _methods(session: Session, owner: Owner) -> list[tuple[PaymentMethod, str]]:
    query = (
        select(PaymentMethod, Reseller.name)
        .join(Reseller, Reseller.id == PaymentMethod.reseller_id)
        .where(PaymentMethod.plugin == owner.plugin)
        .order_by(PaymentMethod.reseller_id, PaymentMethod.position, PaymentMethod.id)
        .limit(MOST)
    )
    if owner.reseller_id is not None:
        query = query.where(PaymentMethod.reseller_id == owner.reseller_id)
    return [(row, name) for row, name in session.execute(query)]


def _above(session: Session, row: PaymentMethod, provider: PaymentProvider, owner: Owner, trial: Place | None) -> Kept:
    above = methods.kept_above(session, row, provider, whole=True)
    return above if trial is None else {**above, owner.level: trial.own}


def _inherits(row: PaymentMethod, settings: Sequence[Setting], above: Kept, level: Level) -> bool:
    """Say whether a method has no nearer value for one of the settings than that of `level`."""
    kept = methods.place_of(row, above).kept
    return any(
        not any(setting_levels.has(setting, kept, nearer) for nearer in setting.levels[: setting.levels.index(level)])
        for setting in settings
    )
