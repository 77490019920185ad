"""What plugins tell customers: their settings for the reseller; and the mails that left, or did not."""

from __future__ import annotations

from typing import Any, Final

from billhook import Catalogue, Level
from billhook.loading import LoadedPlugin
from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select, select

from host_stub.domain.errors import InvalidSettings
from host_stub.persistence import Account, Mail
from host_stub.persistence.store import fetch
from host_stub.services import plugin_settings, resellers
from host_stub.services.listings import contains, list_page
from host_stub.services.mails import SECRET_CATEGORIES
from host_stub.services.plugin_settings import Owner
from host_stub.web.access import actor, current_reseller_id
from host_stub.web.page import Tone
from host_stub.web.panel import panel, reading, scope
from host_stub.web.reseller import bp
from host_stub.web.reseller.room import asked, cursor, pages, reseller, show
from host_stub.web.settings_form import forgotten, groups, settings_form, take_findings, values_of

_ = Catalogue("host_stub")

MAIL_STATUSES: Final[dict[str, tuple[Tone, Any]]] = {
    "queued": (Tone.WAIT, _("mail queued")),
    "sent": (Tone.GOOD, _("mail sent")),
    "refused": (Tone.BAD, _("mail refused")),
}


def _plugins() -> list[LoadedPlugin]:
    """Return the plugins that are on and have something to set."""
    with reading() as session:
        on = resellers.plugins_on(session, current_reseller_id())
    return [plugin for name, plugin in panel().registry.plugins.items() if name in on and plugin.settings]


@bp.get("/notifications", endpoint="notifications")
def notifications_list() -> ResponseReturnValue:
    with reading() as session:
        query = select(Mail).join(Account, Account.id == Mail.account_id, isouter=True).add_columns(Account)
        latest = list_page(session, query, Mail.id, cursor(), limit=10, count=False)
    return show("reseller/notifications.html", plugins=_plugins(), mails=latest.rows, statuses=MAIL_STATUSES)


@bp.route("/notifications/<name>", methods=["GET", "POST"], endpoint="notification_settings")
def notification_settings(name: str) -> ResponseReturnValue:
    """A plugin's settings for the reseller, and what customers have who set nothing."""
    plugin = next((p for p in _plugins() if p.name == name), None)
    if plugin is None:
        abort(404)
    owner = Owner(name, current_reseller_id())
    with reading() as session:
        values = plugin_settings.effective(session, owner, plugin.settings)
        kept = [key for key, value in plugin_settings.own(session, owner).items() if value]
    form = settings_form(FlaskForm, plugin.settings, values, currency=reseller().currency, kept_secrets=kept)
    if form.validate_on_submit():
        try:
            plugin_settings.save(
                panel().store,
                scope(),
                owner,
                plugin.settings,
                values_of(form, plugin.settings),
                by=actor(),
                keys=panel().keys,
                forgotten=forgotten(form, plugin.settings),
            )
        except InvalidSettings as error:
            take_findings(form, error.findings)
        else:
            flash(str(_("Saved.")), "success")
            return redirect(url_for("reseller.notifications"), 303)
    page = show(
        "reseller/notification_settings.html",
        crumbs=[(_("Notifications"), url_for("reseller.notifications"))],
        plugin=plugin,
        form=form,
        groups=groups(form, plugin.settings),
        for_customers=any(setting.level is Level.ACCOUNT for setting in plugin.settings),
    )
    return page, 422 if request.method == "POST" else 200


@bp.get("/mails", endpoint="mails")
def mails_list() -> ResponseReturnValue:
    status, text = asked("status", MAIL_STATUSES), asked("q")
    with reading() as session:
        listing = list_page(session, _found(status, text), Mail.id, cursor())
    return show(
        "reseller/mails.html",
        listing=listing,
        pager=pages(listing),
        filters=[(key, word) for key, (_tone, word) in MAIL_STATUSES.items()],
        statuses=MAIL_STATUSES,
        status=status,
        query=text,
    )


def _found(status: str, text: str) -> Select[Any]:
    query = select(Mail).join(Account, Account.id == Mail.account_id, isouter=True).add_columns(Account)
    if status:
        query = query.where(Mail.status == status)
    return query.where(contains(text, Mail.recipient, Mail.subject)) if text else query


@bp.get("/mails/<int:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    """A mail as text; one that carries a single-use link keeps it to itself."""
    with reading() as session:
        row = fetch(session, Mail, mail_id)
        account = fetch(session, Account, row.account_id) if row.account_id else None
    return show(
        "reseller/mail.html",
        crumbs=[(_("Notifications"), url_for("reseller.notifications")), (_("Mails"), url_for("reseller.mails"))],
        mail=row,
        account=account,
        statuses=MAIL_STATUSES,
        text="" if row.category in SECRET_CATEGORIES else row.text,
    )
