"""What people and gateways do in the demo, each by the service that a page would call."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlencode

from billhook import AccountType, Money, PaymentPaid
from billhook.host.schemes import Regime
from sqlalchemy import delete, select

from host_stub.demo.firms import TAXED_SINCE, PlanOnSale, Seller
from host_stub.demo.stage import ZONE, Stage, Story, TimeMachine
from host_stub.domain.actors import Actor
from host_stub.domain.resellers import ResellerDraft
from host_stub.persistence import (
    AccessLevel,
    Account,
    Arrival,
    LoginToken,
    Payment,
    PaymentMethod,
    Reseller,
    Scope,
    User,
)
from host_stub.persistence.store import fetch
from host_stub.plugins import documents, paying
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from host_stub.services.books import corrections
from host_stub.services.charges import plans, subscriptions
from host_stub.services.money_in import approvals, decisions, gateway, methods, payments, tries
from host_stub.services.money_in.reversals import Undo
from host_stub.services.people import passwords, users
from host_stub.services.people.users import Invitations, NewUser
from host_stub.services.settings import plugin_settings
from host_stub.services.telling import journal
from host_stub.services.tenants import accounts, resellers, sellers
from host_stub.services.tenants.accounts import AccountDraft

BANK: Final = "check_cash"
GATEWAY: Final = "paymaster"
WARNINGS: Final = "low_balance_notify"
PLUGINS: Final = (BANK, GATEWAY, WARNINGS)
RECEIPT: Final = "receipt"


def rub(amount: str) -> Money:
    return Money.of(amount, "RUB")


#: Hashing takes long on purpose; every login of the demo has the same password.
_hashed = cache(passwords.hashed)


def accept_invitation(stage: Stage, user: User, password: str, *, by: Actor) -> None:
    """A person sets their password, as the page behind the invitation's link would."""
    with stage.write() as session:
        fetch(session, User, user.id, lock=True).password_hash = _hashed(password)
        session.execute(delete(LoginToken).where(LoginToken.user_id == user.id))
        journal.log(session, "user", user.id, "user.invitation_accepted", reseller_id=user.reseller_id, by=by)


@dataclass(frozen=True)
class Client:
    """An account with whoever acts for it."""

    account_id: int
    actor: Actor


class Shop:
    """A reseller of the demo, and what its people and clients do.

    merchant: the site's id at the gateway. password: of every login of the demo.
    """

    def __init__(
        self, desk: Desk, registry: Registry, stage: Stage, time: TimeMachine, merchant: str, password: str
    ) -> None:
        self.desk = desk
        self.registry = registry
        self.stage = stage
        self.time = time
        self.merchant = merchant
        self.password = password
        self.plans: dict[str, int] = {}
        self.methods: dict[str, int] = {}
        self._paid = 0

    def open(self, draft: ResellerDraft, manager: NewUser, *, by: Actor, first_number: int = 1) -> None:
        self.reseller_id = resellers.create(self.stage, draft, currency="RUB", by=by)
        self.scope = Scope.reseller(self.reseller_id)
        self.manager = self.hire(manager, by=by, accepts=True)
        with self.stage.write() as session:
            # No form sets it: a reseller counts from one.
            fetch(session, Reseller, self.reseller_id).next_number = first_number

    def hire(self, person: NewUser, *, by: Actor, accepts: bool) -> Actor:
        """Invite a manager, who sets a password or leaves the invitation lying."""
        with self.stage.write() as session:
            user = users.add_manager(session, self.reseller_id, person, by=by, invitations=self._invitations)
        actor = Actor("manager", user.name, user.id)
        if accepts:
            self.time.deliver()  # the mail with the link first: nobody is sent one that opens nothing any more
            accept_invitation(self.stage, user, self.password, by=actor)
        return actor

    def switch_on(self, plugins: Collection[str], *, by: Actor) -> None:
        for plugin in plugins:
            resellers.switch_plugin(self.stage, self.reseller_id, plugin, on=True, by=by)

    def sells_as(self, seller: Seller) -> None:
        """Enter requisites, bank account and tax regime, as the page of the seller would."""
        where = self.stage, self.scope, self.reseller_id
        sellers.save_requisites(*where, seller.requisites, by=self.manager)
        sellers.save_account(*where, seller.account, by=self.manager)
        sellers.begin_regime(*where, Regime(TAXED_SINCE, *seller.tax), by=self.manager)

    def offer(
        self, plugin: str, name: str, text: str, types: tuple[AccountType, ...], settings: dict[str, object]
    ) -> None:
        """Set a payment method up, as its form would."""
        provider = self.desk.registry.provider(plugin)
        self.methods[plugin] = methods.save_method(
            self.stage,
            self.scope,
            methods.MethodDraft(name, types, description=text, position=len(self.methods) + 1, settings=settings),
            provider=provider,
            keys=self.desk.keys,
            doctor=provider.check_settings,
            by=self.manager,
        )

    def share(self, plugin: str, settings: dict[str, object]) -> None:
        """Set what every method of a plugin inherits, as the form for all methods would."""
        owner = plugin_settings.Owner(plugin, self.reseller_id)
        declared = self.desk.registry.provider(plugin).settings
        keys = self.desk.keys
        plugin_settings.save(self.stage, self.scope, owner, declared, settings, by=self.manager, keys=keys)

    def sell(self, on_sale: dict[str, PlanOnSale]) -> None:
        for key, plan in on_sale.items():
            terms = plans.PlanTerms(plan.name, plan.period, rub(plan.price), plan.description)
            self.plans[key] = plans.create(self.stage, self.scope, self.reseller_id, terms, by=self.manager)

    def welcome(self, draft: AccountDraft, owner: NewUser | None = None, *, accepts: bool = True) -> Client:
        """Open an account, with its owner's login if there is one."""
        account_id = accounts.create(self.stage, self.scope, self.reseller_id, draft, by=self.manager)
        client = Client(account_id, self.manager)
        return client if owner is None else self.admit(client, owner, AccessLevel.OWNER, accepts=accepts)

    def admit(self, client: Client, person: NewUser, level: AccessLevel, *, accepts: bool = True) -> Client:
        """Give a person access to an account; returns the account with them acting for it."""
        with self.stage.write(self.scope) as session:
            account = fetch(session, Account, client.account_id)
            user = users.add_customer(session, account, person, level, by=self.manager, invitations=self._invitations)
        actor = Actor("customer", user.name, user.id)
        if accepts:
            self.time.deliver()  # the mail with the link first: nobody is sent one that opens nothing any more
            accept_invitation(self.stage, user, self.password, by=actor)
        return Client(client.account_id, actor)

    def subscribe(self, client: Client, plan: str, name: str = "", *, activate: bool = False) -> int:
        made = subscriptions.create(
            self.stage, self.scope, client.account_id, self.plans[plan], name=name, by=self.manager
        )
        if activate:
            subscriptions.activate(self.stage, self.scope, made, by=self.manager)
        return made

    def ask(self, client: Client, amount: str, purpose: str = "") -> int:
        """Let a client create a top-up."""
        wish = payments.TopUp(client.account_id, rub(amount), purpose=purpose)
        return payments.start_top_up(self.stage, self.scope, wish, by=client.actor)

    def choose(self, client: Client, payment_id: int, plugin: str, *, document: bool = True) -> None:
        """Let a client choose how to pay; a bank transfer issues the bill."""
        method_id = self.methods[plugin]
        paying.start(self.desk, self.scope, payment_id, method_id, language="ru", by=client.actor)
        if plugin == BANK and document:
            documents.issue(self.desk, self.scope, payment_id, method_id, RECEIPT, by=client.actor)

    def approve(self, payment_id: int, amount: str, order: str) -> None:
        """Let the manager approve what came to the bank today."""
        with self.stage.read() as session:
            account = fetch(session, Account, fetch(session, Payment, payment_id).account_id)
        arrived = approvals.BankOrder(
            rub(amount), order, self.stage.now().astimezone(ZONE).date(), account.inn, account.name
        )
        approvals.approve_payment(self.stage, self.scope, payment_id, arrived, by=self.manager, anyway=True)

    def take_back(self, payment_id: int, reason: str) -> None:
        approvals.reverse_approval(self.stage, self.scope, payment_id, Undo(reason), by=self.manager)

    def cancel(self, payment_id: int, by: Actor) -> None:
        payments.cancel(self.stage, self.scope, payment_id, by=by)

    def by_bank(self, client: Client, amount: str, order: str, *, days: int = 1, purpose: str = "") -> Story:
        """Top up by bank transfer from the asking to the approval, `days` later."""
        payment_id = self.ask(client, amount, purpose)
        self.choose(client, payment_id, BANK)
        yield self.time.later(days=days)
        self.approve(payment_id, amount, order)

    def by_gateway(self, client: Client, amount: str) -> Story:
        """Top up through the gateway, five minutes from the asking to the credit."""
        payment_id = self.ask(client, amount)
        self.choose(client, payment_id, GATEWAY)
        yield self.time.later(minutes=5)
        self.notified(payment_id, amount)

    def notified(self, payment_id: int, amount: str) -> None:
        """Let the gateway say that it has the money; every time under a new id of its own."""
        self._paid += 1
        with self.stage.read() as session:
            begun = tries.newest(session, payment_id, self.methods[GATEWAY])
            reference = begun.reference if begun else f"unknown-{payment_id}"
            method = fetch(session, PaymentMethod, self.methods[GATEWAY])
        external_id = f"{self.reseller_id}00{self._paid:04}"
        fields = {
            "LMI_MERCHANT_ID": self.merchant,
            "LMI_PAYMENT_NO": reference,
            "LMI_SYS_PAYMENT_ID": external_id,
            "LMI_PAYMENT_AMOUNT": amount,
            "LMI_CURRENCY": "RUB",
            "LMI_PAYMENT_METHOD": "BankCard",
        }
        body = urlencode(fields).encode()
        paid = PaymentPaid(
            reference=reference,
            merchant=self.merchant,
            amount=rub(amount),
            is_test=False,
            external_id=external_id,
            signed_digest=hashlib.sha256(body).hexdigest(),
            details={"payment_method": "BankCard", "payer": "400000******0002"},
        )
        # Nobody signed this one: it never came over the network.
        event = gateway.VerifiedEvent(method.id, method.plugin, paid, body)
        gateway.apply_event(self.stage, event)

    def credit_parked(self, client: Client, reason: str) -> None:
        """Let the manager credit the newest money that waits to an account."""
        with self.stage.read(self.scope) as session:
            waiting = select(Arrival).where(Arrival.waits != "").order_by(Arrival.id.desc()).limit(1)
            arrival = session.scalars(waiting).one()
        part = decisions.Part(Money(arrival.amount_minor, arrival.currency), account_id=client.account_id)
        handled = decisions.Handled(arrival.id, arrival.decisions, reason)
        decisions.credit_parts(self.stage, self.scope, handled, [part], by=self.manager, anyway=True)

    def correct(self, client: Client, amount: str, reason: str) -> None:
        token = hashlib.sha256(f"{client.account_id}{reason}".encode()).hexdigest()
        corrections.correct(
            self.stage, self.scope, client.account_id, rub(amount), reason=reason, once_token=token, by=self.manager
        )

    def grant_credit(self, client: Client, down_to: str) -> None:
        subscriptions.change_threshold(self.stage, self.scope, client.account_id, rub(down_to), by=self.manager)

    def warn_below(self, amount: str, client: Client | None = None, recipients: str = "") -> None:
        """Set the level of the low balance warning, for one account or for all that have none of their own."""
        owner = plugin_settings.Owner(WARNINGS, self.reseller_id, client.account_id if client else None)
        values: dict[str, object] = {"threshold": rub(amount)}
        if recipients:
            values["recipients"] = recipients
        by = client.actor if client else self.manager
        declared = self.registry.plugins[WARNINGS].settings
        plugin_settings.save(self.stage, self.scope, owner, declared, values, by=by)

    @property
    def _invitations(self) -> Invitations:
        return Invitations(self.desk.base_url)
