"""The panel in a test: an application on a given store, and visitors who click in it over HTTP."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from host_stub.adapters.clock import Clock
from host_stub.adapters.keys import KeyRing, new_keys
from host_stub.app import create_app
from host_stub.config import Config
from host_stub.persistence import (
    AccessLevel,
    Account,
    AccountAccess,
    Reseller,
    Store,
    User,
    UserKind,
    WebSession,
    open_store,
)
from host_stub.persistence.store import now
from host_stub.plugins.registry import Registry
from host_stub.services.people import signin
from host_stub.web.session import TOKEN

BASE_URL = "http://localhost"
PASSWORD = "корова летит на юг"


class NoRenderer:
    """Draws nothing: for tests in which nobody asks for a document."""

    def render(self, source: object) -> Any:
        raise AssertionError("nothing is drawn in this test")

    prove = render

    def check(self, template: str) -> str | None:
        raise AssertionError("nothing is checked in this test")


def a_config(url: str, **more: Any) -> Config:
    return Config(**{"database_url": url, "base_url": BASE_URL, "demo": True, **more})


def an_app(
    url: str,
    clock: Clock | None = None,
    *,
    registry: Registry | None = None,
    renderer: Any = None,
    keys: KeyRing | None = None,
    **settings: Any,
) -> Flask:
    """Return the panel on the database at `url`; its store is `store_of(app)`."""
    config = a_config(url, **settings)
    app = create_app(
        config,
        store=open_store(url, clock, base_url=config.base_url),
        keys=keys or new_keys(),
        registry=registry or Registry.of({}),
        renderer=renderer or NoRenderer(),
    )
    app.testing = True
    # A failing view must look as it does in use.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def store_of(app: Flask) -> Store:
    store: Store = app.extensions["billhook"].store
    return store


def a_user(session: Session, reseller: Reseller, kind: UserKind, email: str, **more: Any) -> User:
    """Make a login without a password: `Visitor.enter` needs none."""
    row = User(
        reseller_id=reseller.id,
        kind=kind,
        email=email,
        created_at=now(session),
        **{"name": email.split("@")[0], **more},
    )
    session.add(row)
    session.flush()
    return row


def a_customer(session: Session, account: Account, email: str, level: AccessLevel = AccessLevel.OWNER) -> User:
    reseller = session.get_one(Reseller, account.reseller_id)
    user = a_user(session, reseller, UserKind.CUSTOMER, email)
    session.add(AccountAccess(reseller_id=reseller.id, account_id=account.id, user_id=user.id, level=level))
    session.flush()
    return user


class Visitor:
    """A browser. `get` and `post` are what a person does; `post` carries the CSRF token."""

    def __init__(self, app: Flask, user_id: int | None = None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        if user_id is not None:
            self.enter(user_id)

    def enter(self, user_id: int) -> None:
        """Be signed in, without the work of checking a password."""
        token, store = signin.new_token(), store_of(self.app)
        with store.write() as session:
            at = now(session)
            session.add(
                WebSession(
                    token_hash=signin.token_hash(token),
                    user_id=user_id,
                    created_at=at,
                    seen_at=at,
                    expires_at=at + timedelta(hours=12),
                )
            )
        with self.client.session_transaction() as cookie:
            cookie[TOKEN] = token

    def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password}, **more)

    def csrf(self) -> str:
        """Return a token that fits this browser's session."""
        with self.client.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", secrets.token_hex(20))
        secret = self.app.config["SECRET_KEY"]
        return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf(), **(data or {})}, **more)
