"""What changes from start to start of a demo: the addresses of what the panel talks to, and forgotten passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from billhook import AccountType, Level
from sqlalchemy import select

from host_stub.domain.actors import SYSTEM
from host_stub.domain.resellers import ResellerDraft
from host_stub.persistence import PaymentMethod, Reseller, Scope, Store, User
from host_stub.plugins.desk import Desk
from host_stub.services.money_in import methods
from host_stub.services.people import passwords
from host_stub.services.people.signin import normal_email
from host_stub.services.settings import plugin_settings, setting_levels
from host_stub.services.tenants import resellers

GATEWAY = "paymaster"
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Surroundings:
    """What the panel talks to in this run, and what it signs with."""

    payment_address: str
    merchant: str
    merchant_secret: str
    provisioning_url: str
    service_secret: str

    def gateway_settings(self) -> dict[str, object]:
        return {
            "payment_address": self.payment_address,
            "merchant_id": self.merchant,
            "secret": self.merchant_secret,
        }


def refresh(store: Store, desk: Desk, surroundings: Surroundings, logins: Mapping[str, str]) -> None:
    """Take the addresses over wherever one of this machine stands, and let the announced logins work again.

    logins: password by e-mail. Raises DecryptionFailed if the database was filled with other keys.
    """
    with store.read() as session:
        shops = list(session.scalars(select(Reseller).where(~Reseller.is_operator)))
        gateways = list(session.scalars(select(PaymentMethod).where(PaymentMethod.plugin == GATEWAY)))
    for shop in shops:
        if not shop.provisioning_url or _is_here(shop.provisioning_url):
            _provision(store, desk, shop, surroundings)
    for method in gateways:
        if _is_here(str(method.settings.get("payment_address", ""))):
            _point(store, desk, method, surroundings)
    _unlock(store, logins)


def _is_here(address: str) -> bool:
    return urlsplit(address).hostname in LOOPBACK


def _provision(store: Store, desk: Desk, row: Reseller, surroundings: Surroundings) -> None:
    known = {field.name: getattr(row, field.name) for field in fields(ResellerDraft)}
    draft = ResellerDraft(**{**known, "provisioning_url": surroundings.provisioning_url})
    secret = desk.keys.decrypt(row.provisioning_secret) if row.provisioning_secret else ""
    extras = resellers.Extras(
        provisioning_secret=surroundings.service_secret if secret != surroundings.service_secret else None
    )
    resellers.change(store, Scope.everything(), row.id, draft, extras, keys=desk.keys, by=SYSTEM)


def _point(store: Store, desk: Desk, row: PaymentMethod, surroundings: Surroundings) -> None:
    """Give the access to the method where it has its own, and to all methods of its reseller where it inherits."""
    provider = desk.registry.provider(row.plugin)
    scope, present = Scope.reseller(row.reseller_id), surroundings.gateway_settings()
    kept = methods.place_of(row, methods.NOTHING_ABOVE).kept
    own = {s.key for s in provider.settings if setting_levels.has(s, kept, Level.METHOD)}
    owner = plugin_settings.Owner(row.plugin, row.reseller_id)
    with store.read(scope) as session:
        shared = plugin_settings.own(session, owner, provider.settings).keys() - own
    above = {key: value for key, value in present.items() if key in shared}
    plugin_settings.save(store, scope, owner, provider.settings, above, by=SYSTEM, keys=desk.keys)
    draft = methods.MethodDraft(
        name=row.name,
        account_types=[AccountType(kind) for kind in row.account_types],
        active=row.active,
        description=row.description,
        position=row.position,
        settings={key: value for key, value in present.items() if key in own},
    )
    methods.save_method(
        store,
        scope,
        draft,
        provider=provider,
        keys=desk.keys,
        doctor=provider.check_settings,
        by=SYSTEM,
        method_id=row.id,
    )


def _unlock(store: Store, logins: Mapping[str, str]) -> None:
    """Set the passwords that are announced, where somebody changed them."""
    with store.write() as session:
        for email, password in logins.items():
            user = session.scalars(select(User).where(User.email == normal_email(email))).one_or_none()
            if user is not None and not passwords.matches(password, user.password_hash):
                user.password_hash = passwords.hashed(password)
