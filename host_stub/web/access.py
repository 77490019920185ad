"""Who may do what: the one place that answers.

A foreign object is answered 404 like a missing one; the own object with too low a level 403. The matrix in
`tests/security/matrix.py` says the same route by route, and a test walks it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Final, TypeVar, cast

from billhook import Catalogue
from flask import Blueprint, Flask, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain import whose
from host_stub.domain.actors import Actor
from host_stub.domain.errors import Forbidden, NotFound
from host_stub.domain.people import AccessLevel, UserKind
from host_stub.domain.scope import Scope
from host_stub.domain.whose import Whose
from host_stub.services.people.signin import SignedIn
from host_stub.services.reading import accounts, resellers
from host_stub.services.reading.accounts import Account
from host_stub.web.panel import reading
from host_stub.web.session import current_user, was_closed_out

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

_ = Catalogue("host_stub")

#: Neutral: it names no reseller and no reason.
SIGN_IN_CLOSED: Final = _("Sign-in is closed for now. Please ask whoever provides your services.")

_ACTING = "reseller"
_RIGHT = "_billhook_right"


class Right(StrEnum):
    """What a customer's user may do with an account."""

    SERVICES = "services"  # see the subscriptions
    MONEY = "money"  # see balance, payments, operations, documents
    PAY = "pay"  # make a payment, choose a method, issue its document
    CANCEL = "cancel"  # cancel a waiting payment
    SETTINGS = "settings"  # change the account's settings and notifications
    PEOPLE = "people"  # invite and remove users


_FINANCE: Final = frozenset({Right.SERVICES, Right.MONEY, Right.PAY, Right.SETTINGS})

#: The levels of the customer's path: a finance manager may pay and may not cancel, a user sees services only.
RIGHTS: Final[dict[AccessLevel, frozenset[Right]]] = {
    AccessLevel.OWNER: frozenset(Right),
    AccessLevel.ADMIN: frozenset(Right) - {Right.PEOPLE},
    AccessLevel.FINANCE_MANAGER: _FINANCE,
    AccessLevel.USER: frozenset({Right.SERVICES}),
}


class SignInNeeded(Exception):
    """Nobody is signed in: answered with the way to the sign-in page and back."""


def signed_in() -> SignedIn:
    """Return who is signed in. Raises SignInNeeded."""
    user = current_user()
    if user is None:
        raise SignInNeeded
    return user


def actor() -> Actor:
    """Return who does it, for the log and the ledger."""
    return signed_in().actor


def may(right: Right) -> bool:
    """Say whether the user may do this with the current account; for showing and hiding."""
    return "level" in g and right in RIGHTS[g.level]


def current_account() -> Account:
    """Return the account of the page, as it was when the request began."""
    return cast(Account, g.account)


def current_reseller_id() -> int:
    """Return the reseller in whose name the page works."""
    return cast(int, g.reseller_id)


def customer_account(right: Right) -> Callable[[View], View]:
    """Open a page of the account named by `account_id` in the address, to users with this right.

    Raises SignInNeeded, NotFound (foreign or missing), Forbidden (level too low).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            enter_account(kwargs["account_id"], right)
            return view(*args, **kwargs)

        setattr(guarded, _RIGHT, right)
        return cast(View, guarded)

    return decorate


def right_of(view: Callable[..., object]) -> Right | None:
    """Return the right that a customer's page of an account asks for, None for any other view."""
    return getattr(view, _RIGHT, None)


def enter_account(account_id: int, right: Right) -> Account:
    """Make an account the current one, or refuse like `customer_account`; for routes that find it by themselves."""
    user = signed_in()
    if user.kind is not UserKind.CUSTOMER:
        raise NotFound("Account", account_id)
    whose = Scope.reseller(user.reseller_id)
    with reading(whose) as session:
        found = accounts.reached(session, user.user_id, account_id)
    if found is None:
        raise NotFound("Account", account_id)
    g.scope, (g.account, g.level), g.reseller_id = whose, found, user.reseller_id
    require(right)
    return found[0]


def require(right: Right) -> None:
    """Refuse a user whose level with the current account is too low. Raises Forbidden."""
    if not may(right):
        raise Forbidden(f"{right} of account {current_account().id}")


def enter_customer() -> None:
    """Open the customers' room: what it does not guard by `customer_account` concerns the user alone."""
    user = signed_in()
    if user.kind is not UserKind.CUSTOMER:
        raise Forbidden("customers only")
    g.scope, g.reseller_id = Scope.reseller(user.reseller_id), user.reseller_id


def enter_reseller() -> None:
    """Open the reseller's room: to its managers, and to the operator's for the reseller that they chose."""
    user = signed_in()
    if user.kind is not UserKind.MANAGER:
        raise Forbidden("managers only")
    g.reseller_id = _acting_reseller(user)
    g.scope = Scope.reseller(g.reseller_id)
    whose.begin(Whose(g.reseller_id, f"user {user.user_id}"))


def enter_operator() -> None:
    """Open the operator's room: to the managers of the root reseller. They see everybody's rows."""
    user = signed_in()
    if not user.is_operator:
        raise Forbidden("the operator only")
    g.scope, g.reseller_id = Scope.everything(), user.reseller_id


def enter_own_room() -> None:
    """A page that concerns the user alone looks like their room: with its navigation and, if any, an account."""
    user = signed_in()
    if user.kind is UserKind.MANAGER:
        return enter_operator() if user.is_operator else enter_reseller()
    enter_customer()
    with reading() as session:
        found = accounts.all_reached(session, user.user_id)
    if found:
        enter_account(found[0].id, Right.SERVICES)
    return None


def act_for(reseller_id: int) -> None:
    """The operator's manager works in a reseller's room from here on. Raises Forbidden, NotFound."""
    if not signed_in().is_operator:
        raise Forbidden("the operator only")
    with reading(Scope.everything()) as unit:
        resellers.reseller(unit, reseller_id)
    session[_ACTING] = reseller_id


def _acting_reseller(user: SignedIn) -> int:
    chosen = session.get(_ACTING)
    return chosen if user.is_operator and isinstance(chosen, int) else user.reseller_id


def guard(room: Blueprint, enter: Callable[[], None]) -> None:
    """`enter` decides before every view of a room: a page cannot forget it."""

    @room.before_request
    def _enter() -> None:
        enter()


def to_closed_sign_in() -> ResponseReturnValue:
    """Answer whoever belongs to a closed reseller: to the sign-in page, which says that it is closed to them."""
    flash(str(SIGN_IN_CLOSED), "warning")
    return redirect(url_for("auth.sign_in"), 303)


def check_routes(app: Flask) -> None:
    """Refuse to start with a page of an account that names no right."""
    for rule in app.url_map.iter_rules():
        if "account_id" in rule.arguments and rule.endpoint.startswith("customer."):
            view = app.view_functions[rule.endpoint]
            if not hasattr(view, _RIGHT):
                raise RuntimeError(f"{rule.endpoint} lacks @customer_account")


def to_sign_in() -> ResponseReturnValue:
    """Answer SignInNeeded: to the sign-in page, and from there back to where the visitor wanted to look."""
    if was_closed_out():
        return to_closed_sign_in()
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=back if back != "/" else None), 303)
