"""What a reseller says about itself."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from billhook import Catalogue, LazyText, Money
from wtforms import BooleanField, PasswordField, SelectChoice, SelectField, ValidationError
from wtforms.validators import DataRequired, Length

from host_stub.domain.payments import document_number, valid_mask
from host_stub.domain.resellers import NEW, ResellerDraft
from host_stub.services.reading.resellers import Reseller
from host_stub.services.tenants.resellers import Extras
from host_stub.web import brand
from host_stub.web.fields import AmountField, NumberField, Stripped
from host_stub.web.panel import panel
from host_stub.web.panel_form import PanelForm
from host_stub.web.places import zone_name
from host_stub.web.staff.forms import PictureField, an_address, language_field

_ = Catalogue("host_stub")

ZONES: Final = tuple(
    sorted(zone for zone in available_timezones() if zone.partition("/")[0] in ("Europe", "Asia") or zone == "UTC")
)


def _zones() -> list[SelectChoice]:
    """Return the zones by their offsets of today, then by the names of their cities."""
    now = panel().store.now()
    named = [(now.astimezone(ZoneInfo(zone)).utcoffset(), zone_name(zone, now), zone) for zone in ZONES]
    return [SelectChoice(zone, name) for _offset, name, zone in sorted(named)]


def web_address(_form: PanelForm, field: Any) -> None:
    """Validate an http(s) address; an empty field passes."""
    if not field.data:
        return
    parts = _parts(field.data)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValidationError(_("Enter a complete address, for example https://example.com."))


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:  # `http://[`, a port that is no number
        return None
    return parts


def _contact(label: LazyText) -> Stripped:
    return Stripped(label, validators=[Length(max=254), an_address])


class ResellerForm(PanelForm):
    """Everything but the currency, which stays for good."""

    name = Stripped(
        _("Legal name"),
        description=_("As in contracts and documents."),
        validators=[DataRequired(_("Enter a name.")), Length(max=200)],
    )
    brand_name = Stripped(
        _("Name on pages and in mails"), description=_("Empty: the legal name."), validators=[Length(max=80)]
    )
    accent = Stripped(
        _("Accent colour"),
        description=_("For example #0b7a75; empty for the stock one. Text is darkened or lightened until it reads."),
        validators=[Length(max=7)],
        render_kw={"placeholder": "#0b7a75"},
    )
    logo = PictureField(_("Logo"), description=_("PNG, JPEG or WebP, at most 200 KB, drawn 32 pixels high."))
    without_logo = BooleanField(_("Remove the logo"))
    site_url = Stripped(_("Site"), validators=[Length(max=300), web_address])
    sales_email = _contact(_("Sales"))
    billing_email = _contact(_("Billing"))
    accounting_email = _contact(_("Accounting"))
    support_email = _contact(_("Technical support"))
    general_phone = Stripped(_("General phone"), validators=[Length(max=50)])
    sales_phone = Stripped(_("Sales phone"), validators=[Length(max=50)])
    timezone = SelectField(
        _("Time zone"),
        description=_(
            "Hours, days and months of plans are counted in it. After a change what is paid runs to its end; one short "
            "period follows up to the new zone's boundary, for its share of the price."
        ),
        choices=_zones,
    )
    language = language_field()
    number_mask = Stripped(
        _("Number mask"),
        description=_("Of payment numbers: # stands for the digits, for example AP-######."),
        validators=[DataRequired(_("Enter a mask."))],
    )
    min_top_up = AmountField(_("Least top-up"), validators=[DataRequired(_("Enter a sum."))])
    max_top_up = AmountField(_("Greatest top-up"), validators=[DataRequired(_("Enter a sum."))])
    payment_lifetime_days = NumberField(
        _("Payment lifetime, days"), least=1, most=365, validators=[DataRequired(_("Enter a whole number."))]
    )
    provisioning_url = Stripped(
        _("Address"),
        description=_("Gets a signed message when a service is to go on or off. Empty: nobody is told."),
        validators=[Length(max=500), web_address],
    )
    provisioning_secret = PasswordField(
        _("Secret"), validators=[Length(max=200)], render_kw={"autocomplete": "new-password"}
    )

    @classmethod
    def of(cls, known: Reseller | None, currency: str) -> ResellerForm:
        """Return the form: filled from what is known, or with what a new reseller begins with."""
        form = cls(
            obj=known or NEW,
            min_top_up=Money(NEW.min_top_up_minor, currency),
            max_top_up=Money(NEW.max_top_up_minor, currency),
        )
        for field in (form.min_top_up, form.max_top_up):
            field.use(currency)
        return form

    def validate_accent(self, field: Any) -> None:
        if field.data and not brand.is_colour(field.data):
            raise ValidationError(_("Enter a colour as # and six hexadecimal digits, for example #0b7a75."))

    def validate_number_mask(self, field: Any) -> None:
        if not valid_mask(field.data):
            raise ValidationError(_("One run of # and letters, digits, - or / round it, 32 characters at most."))

    def validate_max_top_up(self, field: Any) -> None:
        if field.data and self.min_top_up.data and field.data < self.min_top_up.data:
            raise ValidationError(_("The greatest sum is below the least one."))

    def validate_provisioning_url(self, field: Any) -> None:
        parts = _parts(field.data or "")
        if parts is not None and parts.hostname and not panel().config.reach.may_name(parts.hostname):
            raise ValidationError(_("This address is inside the panel's own network. The operator can allow it."))

    def validate_provisioning_secret(self, field: Any) -> None:
        if field.data and len(field.data) < 16:
            raise ValidationError(_("At least 16 characters: it signs the messages."))

    def draft(self) -> ResellerDraft:
        sums = {"min_top_up_minor": self.min_top_up.data.minor, "max_top_up_minor": self.max_top_up.data.minor}
        texts = {each.name: self[each.name].data for each in fields(ResellerDraft) if each.name not in sums}
        return ResellerDraft(**sums, **texts)

    def extras(self) -> Extras:
        return Extras(self.logo.picture, self.without_logo.data, self.provisioning_secret.data or None)


def accent_words(accent: str) -> list[LazyText]:
    """Return what becomes of a colour so that everybody can read it."""
    if not brand.is_colour(accent):
        return []
    light = brand.readable(accent, brand.LIGHT_GROUND, brand.BLACK)
    dark = brand.readable(accent, brand.DARK_GROUND, brand.WHITE)
    ink = max((brand.WHITE, brand.BLACK), key=lambda colour: brand.contrast(accent, colour))
    ratio = f"{brand.contrast(accent, ink):.1f}"
    white = ink == brand.WHITE
    words = [
        _("Buttons: white text, contrast {ratio} : 1.", ratio=ratio)
        if white
        else _("Buttons: dark text, contrast {ratio} : 1.", ratio=ratio)
    ]
    if light != accent:
        words.append(_("Links on light pages become {colour} so that they read.", colour=light))
    if dark != accent:
        words.append(_("Links on dark pages become {colour} so that they read.", colour=dark))
    return words


def example_number(reseller: Reseller) -> str:
    return document_number(reseller.number_mask, reseller.next_number)
