"""What a reseller fills in, and what the doctor says about it.

The access to a site may be set for the reseller as a whole: several methods (cards, SBP) often lead to one site.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from billhook import Catalogue, Finding, LazyText, Level, MethodView, Setting, SettingKind, Severity

from billhook_paymaster.signature import SEPARATOR, Digest

_ = Catalogue("billhook_paymaster")

PAYMENT_ADDRESS: Final = "https://paymaster.ru/payment/init"
#: Below this an offline guess of the secret from one notification gets cheap.
SHORT_SECRET: Final = 16

_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_VISIBLE: Final = re.compile(r"[!-~]+")


def payment_address_fault(value: object) -> LazyText | None:
    """Return what is wrong with the address that browsers post payments to, or None."""
    parts = _parts(str(value))
    if parts is None or parts.username is not None or parts.query or parts.fragment:
        return _("Enter a complete address like https://paymaster.ru/payment/init.")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return None
    return _("The address must begin with https://. Plain http is allowed for this computer only.")


def merchant_fault(value: object) -> LazyText | None:
    """Return what is wrong with the site's identifier, or None."""
    text = str(value)
    if not _VISIBLE.fullmatch(text) or SEPARATOR in text:
        return _("The identifier has no spaces and no semicolons: copy it from the site list of the cabinet.")
    return None


def method_code_fault(value: object) -> LazyText | None:
    """Return what is wrong with the code of a payment method, or None; empty is fine."""
    text = str(value or "")
    if text and not _VISIBLE.fullmatch(text):
        return _("Enter the code from the square brackets of the site's settings, without spaces.")
    return None


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this computer."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(address: str) -> SplitResult | None:
    if not _VISIBLE.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    known = parts.scheme in ("http", "https") and (_HOST.fullmatch(host) or is_loopback(host))
    return parts if known else None


SETTINGS: Final = (
    Setting(
        "merchant_id",
        SettingKind.TEXT,
        _("Site identifier"),
        help=_("LMI_MERCHANT_ID: the first column of the site list in the PayMaster cabinet."),
        inherits_from=Level.RESELLER,
        required=True,
        maximum=64,
        validator=merchant_fault,
        group=_("Access"),
    ),
    Setting(
        "secret",
        SettingKind.SECRET,
        _("Secret key"),
        help=_(
            "The same as in the technical parameters of the site. After a change, notifications signed with the "
            "former key are accepted for some days more."
        ),
        inherits_from=Level.RESELLER,
        required=True,
        maximum=256,
        group=_("Access"),
    ),
    Setting(
        "hash_algorithm",
        SettingKind.CHOICE,
        _("Signature type"),
        help=_("The same as in the technical parameters of the site. Choose SHA256 there if you can."),
        inherits_from=Level.RESELLER,
        required=True,
        default=Digest.SHA256.value,
        choices=((Digest.SHA256.value, "SHA256"), (Digest.SHA1.value, "SHA1"), (Digest.MD5.value, "MD5")),
        group=_("Access"),
    ),
    Setting(
        "payment_address",
        SettingKind.TEXT,
        _("Payment address"),
        help=_("Where the payer is sent. Change it only for another installation of PayMaster."),
        required=True,
        default=PAYMENT_ADDRESS,
        maximum=300,
        validator=payment_address_fault,
        group=_("Payment"),
    ),
    Setting(
        "payment_method",
        SettingKind.TEXT,
        _("Code of the payment method"),
        help=_(
            "Empty: the payer chooses on PayMaster's page. Codes stand in square brackets in the site's settings, "
            "BankCard or SBP for example."
        ),
        default="",
        maximum=64,
        validator=method_code_fault,
        group=_("Payment"),
    ),
    Setting(
        "payer_contacts",
        SettingKind.SWITCH,
        _("Pass the payer's e-mail and phone on"),
        help=_("PayMaster fills them in for the payer and sends the confirmation there."),
        default=True,
        group=_("Payment"),
    ),
    Setting(
        "test_mode",
        SettingKind.SWITCH,
        _("Test mode"),
        help=_(
            "On: only test payments are credited. Off: test payments are set aside for a manager. The site must be "
            "in the same mode in the cabinet."
        ),
        default=False,
        group=_("Testing"),
    ),
    Setting(
        "sim_mode",
        SettingKind.CHOICE,
        _("How test payments end"),
        help=_("LMI_SIM_MODE; works in test mode only."),
        default="0",
        choices=(
            ("0", _("All succeed")),
            ("1", _("All fail")),
            ("2", _("About 80 % succeed")),
        ),
        group=_("Testing"),
    ),
)


def findings(method: MethodView) -> list[Finding]:
    """Return what the doctor has to say: faults first, then what can only be checked in the cabinet."""
    found = [*_secret_findings(method), *_algorithm_findings(method), *_address_findings(method)]
    if method.switch("test_mode"):
        found.append(
            Finding(
                Severity.WARNING,
                _("Test mode is on: customers are credited with play money and real payments are set aside."),
                _("Turn it off here and in the cabinet before you offer this method to customers."),
                "test_mode",
            )
        )
    return [*found, *_reminders()]


def _secret_findings(method: MethodView) -> list[Finding]:
    secret = method.text("secret")
    if not secret:
        return [Finding(Severity.ERROR, _("There is no secret key."), _("Copy it from the cabinet."), "secret")]
    found = []
    if len(secret) < SHORT_SECRET:
        found.append(
            Finding(
                Severity.WARNING,
                _("The secret key is shorter than {count} characters.", count=SHORT_SECRET),
                _("Make a longer random one in the cabinet and enter it here."),
                "secret",
            )
        )
    if secret != secret.strip():
        found.append(
            Finding(
                Severity.WARNING,
                _("The secret key begins or ends with a space."),
                _("If the space came with copying, enter the key again without it."),
                "secret",
            )
        )
    return found


def _algorithm_findings(method: MethodView) -> list[Finding]:
    chosen = method.text("hash_algorithm")
    if chosen == Digest.SHA256.value:
        return []
    return [
        Finding(
            Severity.WARNING,
            _("{algorithm} is an outdated signature type.", algorithm=chosen.upper()),
            _("Choose SHA256 in the technical parameters of the site, then here."),
            "hash_algorithm",
        )
    ]


def _address_findings(method: MethodView) -> list[Finding]:
    address = method.text("payment_address")
    fault = payment_address_fault(address)
    if fault is not None:
        return [
            Finding(Severity.ERROR, fault, _("The usual address is {url}.", url=PAYMENT_ADDRESS), "payment_address")
        ]
    if is_loopback(urlsplit(address).hostname or ""):
        return [
            Finding(
                Severity.WARNING,
                _("Payments go to an emulator on this computer, not to PayMaster."),
                _("The usual address is {url}.", url=PAYMENT_ADDRESS),
                "payment_address",
            )
        ]
    return []


def _reminders() -> list[Finding]:
    """Name the cabinet's options that nothing on the wire gives away until a payment is lost."""
    return [
        Finding(
            Severity.TODO,
            _("Check in the cabinet: replacing of URLs is allowed."),
            _("Otherwise PayMaster ignores our addresses without a word, and no payment is reported."),
        ),
        Finding(
            Severity.TODO,
            _("Check in the cabinet: notifications are sent again on failure."),
            _("Otherwise a payment that comes while the panel is down is not reported."),
        ),
        Finding(
            Severity.TODO,
            _("Check in the cabinet: “the payer must return to the site” is off."),
            _("Otherwise the payment of a payer who closes the browser is not reported."),
        ),
    ]
