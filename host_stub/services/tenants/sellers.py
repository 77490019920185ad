"""The reseller as a seller: requisites, bank accounts, tax regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from billhook import Catalogue, Finding, Severity
from billhook.host.schemes import Regime, Scheme
from billhook.settings import Text
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from host_stub.domain.actors import Actor
from host_stub.domain.errors import InvalidSettings, NotFound, RefusedError
from host_stub.persistence import (
    Document,
    MethodAccount,
    Reseller,
    Scope,
    SellerAccount,
    SellerRegime,
    SellerRequisites,
    Store,
)
from host_stub.persistence.store import fetch, now
from host_stub.services.telling.journal import log
from host_stub.services.tenants import seller_views

_ = Catalogue("host_stub")

#: Bank accounts in use; more are a mistake, and choices of that length no help.
MOST_ACCOUNTS: Final = 20


class NoScheme(RefusedError):
    """Nobody knows the requisites of sellers in the reseller's currency."""


class LastAccount(RefusedError):
    """The default bank account cannot be given up before another one is the default."""


def save_requisites(store: Store, scope: Scope, reseller_id: int, typed: Mapping[str, str], *, by: Actor) -> None:
    """Keep what was typed into the fields of the scheme. Bills that were issued keep saying what they said.

    Raises NotFound, NoScheme, InvalidSettings with findings that name fields.
    """
    with store.write(scope) as session:
        reseller, scheme = _of(session, scope, reseller_id)
        values = _read(scheme.read_requisites(typed))
        query = select(SellerRequisites).where(
            SellerRequisites.reseller_id == reseller_id, SellerRequisites.scheme == scheme.name
        )
        row = session.scalars(query).one_or_none()
        before = row.values if row else {}
        changed = [f"seller.{each.key}" for each in scheme.requisites if values[each.key] != before.get(each.key, "")]
        if row is None:
            row = SellerRequisites(reseller_id=reseller_id, scheme=scheme.name)
            session.add(row)
        row.values, row.changed_at = values, now(session)
        if changed:
            _log(session, reseller, "seller.requisites_changed", by, fields=changed)


def save_account(
    store: Store,
    scope: Scope,
    reseller_id: int,
    typed: Mapping[str, str],
    *,
    by: Actor,
    account_id: int | None = None,
    default: bool = False,
) -> int:
    """Add a bank account, or change the one with `account_id`; return its id. The first one is the default.

    Raises NotFound, NoScheme, InvalidSettings.
    """
    with store.write(scope) as session:
        reseller, scheme = _of(session, scope, reseller_id)
        values = _read(scheme.read_account(typed))
        others = [row for row in _accounts(session, reseller_id, scheme) if row.id != account_id]
        if any(row.values["account"] == values["account"] for row in others):
            raise InvalidSettings([_fault("account", _("This account is in the list already."))])
        if account_id is None and len(others) >= MOST_ACCOUNTS:
            raise InvalidSettings([_fault("", _("{count} bank accounts are the most.", count=MOST_ACCOUNTS))])
        if account_id is None:
            row = SellerAccount(
                reseller_id=reseller_id, scheme=scheme.name, values=values, is_default=False, created_at=now(session)
            )
            session.add(row)
        else:
            row = _account(session, reseller_id, account_id)
            row.values = values
        action = "seller.account_added" if account_id is None else "seller.account_changed"
        _log(session, reseller, action, by, name=scheme.account_title(values))
        if default or not others:
            _make_default(session, reseller, scheme, row, by)
        session.flush()
        return row.id


def close_account(store: Store, scope: Scope, reseller_id: int, account_id: int, *, by: Actor) -> None:
    """Use a bank account no more; its methods take the default one. Raises NotFound, LastAccount."""
    with store.write(scope) as session:
        reseller, scheme = _of(session, scope, reseller_id)
        row = _account(session, reseller_id, account_id)
        if row.is_default:
            raise LastAccount(account_id)
        row.closed_at = now(session)
        session.execute(delete(MethodAccount).where(MethodAccount.account_id == account_id))
        _log(session, reseller, "seller.account_closed", by, name=scheme.account_title(row.values))


def _make_default(session: Session, reseller: Reseller, scheme: Scheme, row: SellerAccount, by: Actor) -> None:
    if row.is_default:
        return
    former = (SellerAccount.reseller_id == reseller.id, SellerAccount.scheme == scheme.name, SellerAccount.is_default)
    session.execute(update(SellerAccount).where(*former).values(is_default=False))
    session.flush()
    row.is_default = True
    _log(session, reseller, "seller.account_default", by, name=scheme.account_title(row.values))


def choose_account(session: Session, reseller_id: int, method_id: int, account_id: int | None) -> bool:
    """Let a method take money into this bank account, None: the default one. Returns whether that is a change.

    Raises NotFound for one that is not in use.
    """
    query = select(MethodAccount).where(MethodAccount.method_id == method_id)
    row = session.scalars(query).one_or_none()
    if (row and row.account_id) == account_id:
        return False
    if account_id is None:
        session.delete(row)
        return True
    _account(session, reseller_id, account_id)
    if row is None:
        session.add(MethodAccount(reseller_id=reseller_id, method_id=method_id, account_id=account_id))
    else:
        row.account_id = account_id
    return True


def begin_regime(store: Store, scope: Scope, reseller_id: int, regime: Regime, *, by: Actor) -> None:
    """Tax the reseller in another way from a day on, until the next regime begins.

    Raises NotFound, NoScheme, InvalidSettings with findings at since, regime or vat: for a day that has a regime
    already or documents that say otherwise, for one that changes nothing, for what the scheme refuses.
    """
    with store.write(scope) as session:
        reseller, scheme = _of(session, scope, reseller_id)
        known = seller_views.regimes(session, reseller_id, scheme.name)
        fault = (
            scheme.tax_fault(regime) or _misplaced(regime, known) or _told(session, reseller_id, regime.since, known)
        )
        if fault is not None:
            raise InvalidSettings([fault])
        row = SellerRegime(
            reseller_id=reseller_id,
            scheme=scheme.name,
            valid_from=regime.since,
            regime=regime.regime,
            vat=regime.vat,
            created_at=now(session),
            created_by=str(by),
        )
        session.add(row)
        _log(session, reseller, "seller.regime_begun", by, **_words(regime))


def remove_regime(store: Store, scope: Scope, reseller_id: int, since: date, *, by: Actor) -> None:
    """Take back that a regime begins on a day; the one before goes on. Nothing happens if none begins then.

    Raises NotFound, NoScheme, InvalidSettings.
    """
    with store.write(scope) as session:
        reseller, scheme = _of(session, scope, reseller_id)
        known = seller_views.regimes(session, reseller_id, scheme.name)
        regime = next((each for each in known if each.since == since), None)
        if regime is None:
            return
        fault = _told(session, reseller_id, since, known)
        if fault is not None:
            raise InvalidSettings([fault])
        row = SellerRegime.reseller_id == reseller_id, SellerRegime.scheme == scheme.name
        session.execute(delete(SellerRegime).where(*row, SellerRegime.valid_from == since))
        _log(session, reseller, "seller.regime_removed", by, **_words(regime))


def _words(regime: Regime) -> dict[str, str]:
    return {"since_date": regime.since.isoformat(), "tax_system": regime.regime, "vat": regime.vat}


def _misplaced(regime: Regime, known: Sequence[Regime]) -> Finding | None:
    """Return what is wrong with a regime between those that are known: its span would be empty, or change nothing."""
    said = (regime.regime, regime.vat)
    before = [each for each in known if each.since < regime.since]
    after = [each for each in known if each.since > regime.since]
    if any(each.since == regime.since for each in known):
        return _fault("since", _("On this day a regime begins already: remove that one first."))
    if before and (before[-1].regime, before[-1].vat) == said:
        return _fault("since", _("This regime holds on that day already, since {day}.", day=before[-1].since))
    if after and (after[0].regime, after[0].vat) == said:
        return _fault("since", _("The same regime begins on {day}: remove that one first.", day=after[0].since))
    return None


def _told(session: Session, reseller_id: int, since: date, known: Sequence[Regime]) -> Finding | None:
    """Return the fault if documents of these days say another tax."""
    until = next((each.since for each in known if each.since > since), None)
    last = last_document(session, reseller_id, since, until)
    if last is None:
        return None
    text = _("On {day} documents were issued under the present regime: choose a later day, or withdraw them.", day=last)
    return _fault("since", text)


def last_document(session: Session, reseller_id: int, since: date, until: date | None) -> date | None:
    """Return the last day from `since` to before `until` on which a standing document was issued that names the seller.

    Days are the reseller's, as they were then. What was replaced or withdrawn does not stand.
    """
    newer = aliased(Document)
    query = select(func.max(Document.issued_on)).where(
        Document.reseller_id == reseller_id,
        Document.seller_sha256 != "",
        Document.withdrawn_at.is_(None),
        Document.issued_on >= since,
        ~select(newer.id)
        .where(
            newer.payment_id == Document.payment_id,
            newer.method_id == Document.method_id,
            newer.kind == Document.kind,
            newer.version > Document.version,
        )
        .exists(),
    )
    if until is not None:
        query = query.where(Document.issued_on < until)
    return session.execute(query).scalar_one_or_none()


def _of(session: Session, scope: Scope, reseller_id: int) -> tuple[Reseller, Scheme]:
    """Return reseller and scheme; the reseller stays locked, so that no document is issued meanwhile."""
    if scope.reseller_id not in (None, reseller_id):
        raise NotFound("Reseller", reseller_id)
    reseller = fetch(session, Reseller, reseller_id, lock=True)
    scheme = seller_views.scheme_of(session, reseller_id)
    if scheme is None:
        raise NoScheme(reseller.currency)
    return reseller, scheme


def _accounts(session: Session, reseller_id: int, scheme: Scheme) -> list[SellerAccount]:
    query = select(SellerAccount).where(
        SellerAccount.reseller_id == reseller_id,
        SellerAccount.scheme == scheme.name,
        SellerAccount.closed_at.is_(None),
    )
    return list(session.scalars(query.order_by(SellerAccount.id)))


def _account(session: Session, reseller_id: int, account_id: int) -> SellerAccount:
    row = fetch(session, SellerAccount, account_id)
    if row.reseller_id != reseller_id or row.closed_at is not None:
        raise NotFound("SellerAccount", account_id)
    return row


def _read(read: tuple[dict[str, str], list[Finding]]) -> dict[str, str]:
    values, found = read
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        raise InvalidSettings(list(errors))
    return values


def _fault(field: str, text: Text) -> Finding:
    return Finding(Severity.ERROR, text, "", field)


def _log(session: Session, reseller: Reseller, action: str, by: Actor, **details: object) -> None:
    log(session, "reseller", reseller.id, action, reseller_id=reseller.id, by=by, **details)
