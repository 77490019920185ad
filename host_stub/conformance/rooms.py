"""Pages and links of the plugin under test, opened over HTTP as a signed-in visitor opens them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from billhook import AccountType, Room
from billhook.pages import Access
from billhook_kit import Opened, Visit
from billhook_kit.rooms import Pairs
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from host_stub.conformance import rows
from host_stub.conformance.watching import WatchedRegistry
from host_stub.persistence import AccessLevel, Account, Store
from host_stub.persistence.store import fetch
from host_stub.plugins.pages import Place
from host_stub.web.session import TOKEN

_CSRF: Final = "csrf_token"


class Browser:
    """Opens the pages of one plugin in the rooms of one seller. accounts: by type."""

    def __init__(
        self, app: Flask, store: Store, registry: WatchedRegistry, reseller_id: int, accounts: Mapping[AccountType, int]
    ) -> None:
        self._app, self._store, self._registry = app, store, registry
        self._reseller_id, self._account_id = reseller_id, accounts[AccountType.PERSON]

    def page(self, plugin: str, room: Room, name: str, visit: Visit) -> Opened:
        place = Place(room, self._reseller_id, self._account_id)
        with self._store.write() as session:
            match room:
                case Room.CUSTOMER:
                    level = AccessLevel.OWNER if Access.MONEY in visit.rights else AccessLevel.USER
                    account = fetch(session, Account, self._account_id)
                    token = rows.sign_in_customer(session, account, visit.language, level)
                case Room.RESELLER:
                    token = rows.sign_in_manager(session, self._reseller_id, visit.language)
                case Room.OPERATOR:
                    token = rows.sign_in_operator(session, visit.language)
        client = self._app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
        return self._opened("page", client, place.path(plugin, name), visit)

    def link(self, path: str, visit: Visit) -> Opened:
        return self._opened("link", self._app.test_client(), path, visit)

    def _opened(self, place: str, client: FlaskClient, path: str, visit: Visit) -> Opened:
        self._registry.answers.pop(place, None)
        answer = self._send(client, path, visit)
        asked_for = getattr(self._registry.answers.get(place), "effects", ())
        with client.session_transaction() as cookie:
            flashed = [text for _category, text in cookie.get("_flashes", [])]
        return Opened(
            status=answer.status_code,
            text=answer.text,
            location=answer.location or "",
            message=flashed[-1] if flashed and answer.status_code == 303 else "",
            effects=list(asked_for) if answer.status_code in (200, 303) else [],
        )

    def _send(self, client: FlaskClient, path: str, visit: Visit) -> TestResponse:
        fields = _pairs(visit.fields)
        if visit.method == "POST":
            fields.append((_CSRF, self._token(client)))
        return client.open(
            path,
            method=visit.method,
            query_string=urlencode(_pairs(visit.query)),
            data=urlencode(fields) if visit.method == "POST" else None,
            content_type="application/x-www-form-urlencoded" if visit.method == "POST" else None,
            headers={"Accept-Language": visit.language},
        )

    def _token(self, client: FlaskClient) -> str:
        """Return a token that fits the browser's session, as its forms would hold it."""
        with client.session_transaction() as cookie:
            raw = cookie.setdefault(_CSRF, secrets.token_hex(20))
        return str(URLSafeTimedSerializer(self._app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw))


def _pairs(given: Pairs) -> list[tuple[str, str]]:
    return list(given.items() if isinstance(given, Mapping) else given)
