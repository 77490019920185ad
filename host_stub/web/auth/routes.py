"""Views of sign-in. The answers never tell whether a login exists."""

from __future__ import annotations

from urllib.parse import urlsplit

from billhook import Catalogue
from billhook.i18n import LANGUAGES, set_language
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from host_stub.domain.errors import ResellerClosed
from host_stub.domain.people import UserKind
from host_stub.domain.scope import Scope
from host_stub.services.people import password_resets, signin, users
from host_stub.services.people.guesses import Source
from host_stub.services.people.limits import TooManyAttempts
from host_stub.services.people.passwords import WeakPassword
from host_stub.services.people.signin import LinkExpired, Purpose, WrongCredentials
from host_stub.web import access, browsers, context, security, session
from host_stub.web.auth import bp
from host_stub.web.auth.forms import RULES, ChangePasswordForm, ForgottenForm, NewPasswordForm, SignInForm
from host_stub.web.panel import panel

_ = Catalogue("host_stub")


def own_path(text: str | None) -> str:
    """Return `text` if it is a path of ours, else the start page.

    Only what a browser cannot read as another site: one leading slash, no backslash, no control character.
    """
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return url_for("home")
    if any(ord(character) <= 32 or ord(character) == 127 for character in text):
        return url_for("home")
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else url_for("home")


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if session.current_user() is not None:
        return redirect(own_path(request.args.get("next")), 303)
    if session.was_closed_out():
        flash(str(access.SIGN_IN_CLOSED), "warning")
    form = SignInForm(next=request.args.get("next", ""))
    return render_template("auth/sign_in.html", form=form)


@bp.post("/sign-in")
def sign_in_submitted() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("auth/sign_in.html", form=form), 422
    try:
        token, user = signin.sign_in(
            panel().store,
            form.email.data,
            form.password.data,
            source=Source(security.client_address(), browsers.known()),
            lifetimes=session.lifetimes(),
        )
    except WrongCredentials:
        form.form_errors.append(_("The e-mail address or the password is wrong."))
        return render_template("auth/sign_in.html", form=form), 422
    except ResellerClosed:
        form.form_errors.append(access.SIGN_IN_CLOSED)
        return render_template("auth/sign_in.html", form=form), 422
    except TooManyAttempts as error:
        return _wait(error, form)
    session.remember(token, user)
    return redirect(own_path(form.next.data), 303)


def _wait(error: TooManyAttempts, form: SignInForm) -> ResponseReturnValue:
    seconds = max(int((error.until - panel().store.now()).total_seconds()) + 1, 1)
    minutes = -(-seconds // 60)
    form.form_errors.append(
        _.plural(
            "Too many attempts. Try again in {number} minute.",
            "Too many attempts. Try again in {number} minutes.",
            minutes,
        )
    )
    return render_template("auth/sign_in.html", form=form), 429, {"Retry-After": str(seconds)}


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    signin.sign_out(panel().store, session.current_token())
    session.forget()
    return redirect(url_for("auth.sign_in"), 303)


@bp.get("/forgotten-password")
def forgotten() -> ResponseReturnValue:
    return render_template("auth/forgotten.html", form=ForgottenForm())


@bp.post("/forgotten-password")
def forgotten_submitted() -> ResponseReturnValue:
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("auth/forgotten.html", form=form), 422
    config, address = panel().config, security.client_address()
    password_resets.request(panel().store, form.email.data, lifetime=config.reset_lifetime, address=address)
    return render_template("auth/forgotten_sent.html", minutes=config.reset_link_minutes)


@bp.route(signin.PATHS[Purpose.RESET] + "<token>", methods=["GET", "POST"])
def reset_password(token: str) -> ResponseReturnValue:
    return _set_password(token, Purpose.RESET)


@bp.route(signin.PATHS[Purpose.INVITATION] + "<token>", methods=["GET", "POST"])
def accept_invitation(token: str) -> ResponseReturnValue:
    return _set_password(token, Purpose.INVITATION)


def _set_password(token: str, purpose: Purpose) -> ResponseReturnValue:
    security.no_referrer()
    form = NewPasswordForm()
    try:
        person = signin.holder(panel().store, token, purpose, address=security.client_address())
        context.brand_of(person.reseller_id)
        if not form.validate_on_submit():
            status = 422 if form.is_submitted() else 200
            return _password_page(form, purpose, person, status)
        new, user = signin.set_password(
            panel().store, token, purpose, form.password.data, lifetimes=session.lifetimes()
        )
    except LinkExpired:
        _brand_of_link(token)
        return render_template("auth/link_expired.html", purpose=purpose), 404
    except ResellerClosed:
        return access.to_closed_sign_in()
    except WeakPassword as error:
        form.refuse(error)
        return _password_page(form, purpose, person, 422)
    session.remember(new, user)
    flash(str(_("Your password is set.")), "success")
    return redirect(url_for("home"), 303)


def _brand_of_link(token: str) -> None:
    """Show whose mail a used or too old link stood in, while its row is kept."""
    sender = signin.sender(panel().store, token)
    if sender is not None:
        context.brand_of(sender)


def _password_page(
    form: NewPasswordForm, purpose: Purpose, person: signin.SignedIn, status: int
) -> ResponseReturnValue:
    return render_template("auth/set_password.html", form=form, purpose=purpose, person=person, rules=RULES), status


@bp.route("/profile/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    user = access.signed_in()
    access.enter_own_room()
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return _change_page(form, 422 if form.is_submitted() else 200)
    try:
        token, fresh = signin.change_password(
            panel().store, user.user_id, form.old.data, form.password.data, lifetimes=session.lifetimes()
        )
    except WrongCredentials:
        form.old.errors = [_("This is not your present password.")]
        return _change_page(form, 422)
    except WeakPassword as error:
        form.refuse(error)
        return _change_page(form, 422)
    session.remember(token, fresh)
    flash(str(_("Your password is changed. Other browsers have been signed out.")), "success")
    return redirect(url_for("home"), 303)


def _change_page(form: ChangePasswordForm, status: int) -> ResponseReturnValue:
    customer = access.signed_in().kind is UserKind.CUSTOMER
    layout = "layouts/customer.html" if customer else "layouts/staff.html"
    return render_template("auth/change_password.html", form=form, layout=layout, rules=RULES), status


@bp.post("/language")
def language() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    session.choose_language(chosen)
    set_language(chosen)
    user = session.current_user()
    if user is not None:
        users.choose_language(panel().store, Scope.reseller(user.reseller_id), user.user_id, chosen)
    return redirect(own_path(request.form.get("next")), 303)
