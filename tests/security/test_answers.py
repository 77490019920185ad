"""What every answer carries, where requests come from, what the log keeps, how errors look."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from ipaddress import ip_network

import pytest
import structlog
from flask import Response
from sqlalchemy import text

from host_stub.persistence import PaymentMethod, Reseller, Worker
from host_stub.web import browsers, stored_files
from host_stub.web.security import real_address
from tests.security.scene import Scene
from tests.security.test_matrix import address, rules
from tests.support.web import PASSWORD, Visitor, an_app, store_of

CANARY = "k4n4r13nv0g3l"


@pytest.fixture
def app(sqlite_url, clock):
    app = an_app(sqlite_url, clock)
    yield app
    store_of(app).close()


@contextmanager
def logged():
    """Collect the log, as lines and as text."""
    found, stream = [], io.StringIO()
    with redirect_stderr(stream):
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
        try:
            yield found
        finally:
            structlog.configure(logger_factory=structlog.PrintLoggerFactory())
    found.extend(stream.getvalue().splitlines())


PUBLIC_FILES = ("static", "assets", "plugin_pages.static")


def test_every_page_of_every_role_carries_the_headers(scene: Scene):
    for role in ("anonymous", "owner", "manager", "operator"):
        for rule, route in rules(scene):
            if "GET" not in (rule.methods or ()):
                continue
            answer = scene.visitor(role).get(address(scene, rule, route))
            answer.close()
            headers, policy = answer.headers, answer.headers["Content-Security-Policy"]

            assert "object-src 'none'" in policy or "default-src 'none'" in policy, rule.rule
            assert "unsafe" not in policy.replace("style-src 'unsafe-inline'; sandbox", ""), rule.rule
            assert "frame-ancestors" in policy or "sandbox" in policy or "default-src 'none'" in policy, rule.rule
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
            if answer.status_code == 200 and role != "anonymous" and not rule.endpoint.startswith(PUBLIC_FILES):
                assert headers["Cache-Control"] == "no-store", rule.rule


def test_stored_papers_and_pictures_are_answered_under_one_policy(scene: Scene):
    with store_of(scene.app).write() as session:
        method = session.get_one(PaymentMethod, scene.a.ids["method_id"])
        method.icon, method.icon_type = b"icon", "image/png"
        reseller = session.get_one(Reseller, scene.a.ids["reseller_id"])
        reseller.logo, reseller.logo_type = b"logo", "image/png"
    policies = {
        "assets.logo": scene.visitor("anonymous")
        .get(f"/brand/{scene.a.ids['reseller_id']}/logo")
        .headers["Content-Security-Policy"]
    }
    for role in ("owner", "manager"):
        for rule, route in rules(scene):
            answer = scene.visitor(role).get(address(scene, rule, route))
            answer.close()
            if answer.mimetype.startswith(("image/", "application/pdf")):
                policies[rule.endpoint] = answer.headers["Content-Security-Policy"]

    icons, papers = {"customer.method_icon", "reseller.method_icon"}, {"customer.document", "reseller.payment_document"}
    assert set(policies) >= icons | papers
    assert set(policies.values()) == {stored_files.POLICY}


def test_the_policy_is_strict(app):
    assert app.test_client().get("/sign-in").headers["Content-Security-Policy"] == (
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    "origin", ["javascript:alert(1)", "https:", "//x", "https://a b", "https://a;script-src *", "https://u@x", "*", ""]
)
def test_only_an_origin_can_be_added_to_form_action(app, origin):
    from host_stub.web.security import allow_form_action

    with app.test_request_context(), pytest.raises(ValueError, match="no origin"):
        allow_form_action(origin)


def test_over_https_cookies_are_bound_to_the_host_and_the_transport(sqlite_url, clock):
    app = an_app(sqlite_url, clock, base_url="https://panel.example")
    answer = app.test_client().get("/sign-in")
    store_of(app).close()

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-billhook=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_whoever_has_subdomains_without_https_leaves_them_out(sqlite_url, clock):
    app = an_app(sqlite_url, clock, base_url="https://panel.example", hsts_subdomains=False)
    answer = app.test_client().get("/sign-in")
    store_of(app).close()

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_cookie_of_a_known_browser_is_bound_to_the_host_and_the_transport(sqlite_url, clock):
    app = an_app(sqlite_url, clock, base_url="https://panel.example")
    with app.test_request_context("/"):
        browsers.remember(1)
        cookies = app.process_response(Response()).headers.getlist("Set-Cookie")
    store_of(app).close()

    (cookie,) = [cookie for cookie in cookies if "browser" in cookie]
    assert cookie.startswith("__Host-billhook-browser=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_over_http_there_is_no_promise_of_https(app):
    answer = app.test_client().get("/sign-in")

    assert "Strict-Transport-Security" not in answer.headers
    assert "HttpOnly" in answer.headers["Set-Cookie"]


def test_redirects_go_to_the_configured_host_whatever_the_request_says(app):
    answer = app.test_client().get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert answer.headers["Location"] == "/sign-in"
    assert "evil" not in str(answer.headers) + answer.text


TEN = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "found"),
    [
        ("203.0.113.9", "1.2.3.4", 0, "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("127.0.0.1", "rubbish", 1, "127.0.0.1"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9, 10.0.0.1", TEN, "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6", TEN, "6.6.6.6"),
        ("203.0.113.9", "10.0.0.1", TEN, "203.0.113.9"),
        ("::1", "2001:db8::1", TEN, "2001:db8::1"),
        ("10.0.0.2", "rubbish", TEN, "10.0.0.2"),
        ("10.0.0.2", "10.0.0.3", TEN, "10.0.0.3"),
    ],
)
def test_a_forwarded_address_counts_as_far_as_proxies_are_trusted(peer, forwarded, trusted, found):
    assert real_address(peer, forwarded, trusted) == found


def test_a_client_cannot_escape_the_limits_by_naming_another_address(app):
    visitor = Visitor(app)
    statuses = [
        visitor.post(
            "/forgotten-password", {"email": f"{n}@x.example"}, headers={"X-Forwarded-For": f"9.9.9.{n}"}
        ).status_code
        for n in range(21)
    ]

    assert statuses[-1] == 429


def test_the_log_names_the_real_client_and_a_request_id(sqlite_url, clock):
    app = an_app(sqlite_url, clock, trusted_proxies=1)
    with logged() as lines:
        answer = app.test_client().get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"})
    store_of(app).close()
    entry = json.loads(lines[-1])

    assert (entry["event"], entry["address"], entry["path"], entry["status"]) == (
        "request",
        "203.0.113.9",
        "/sign-in",
        200,
    )
    assert entry["request"] == answer.headers["X-Request-Id"]


def test_the_log_keeps_no_secret(app):
    visitor = Visitor(app)
    with logged() as lines:
        visitor.get(f"/plugin/check_cash/payment/1/payment_method/1/receipt?h={CANARY}")
        visitor.get(f"/reset-password/{CANARY}{CANARY}")
        visitor.get(f"/invitation/{CANARY}{CANARY})")
        visitor.get(f"/plugin/notes/link/stop/{CANARY}{CANARY}.{CANARY}")
        visitor.get(f"/no-such-page/{CANARY}{CANARY}?x={CANARY}")
        visitor.post("/sign-in", {"email": f"{CANARY}@x.example", "password": CANARY})
        visitor.post("/forgotten-password", {"email": f"{CANARY}@x.example"})
        visitor.post("/plugin/paymaster/method/1/notification", {"LMI_HASH": CANARY})
        visitor.get("/sign-in", headers={"Cookie": f"x={CANARY}", "User-Agent": CANARY, "Referer": CANARY})

    assert len(lines) >= 8
    assert CANARY not in "\n".join(lines)


def test_a_failing_view_logs_its_place_but_no_values(app):
    def boom():
        password = PASSWORD + CANARY
        raise RuntimeError("broken") if password else None

    app.view_functions["auth.sign_in"] = boom
    for form in ("json", "text"):
        from host_stub.config import LogFormat
        from host_stub.web import logs

        logs.configure(LogFormat(form))
        with logged() as lines:
            answer = app.test_client().get("/sign-in")

        assert answer.status_code == 500
        assert "broken" not in answer.text
        assert "RuntimeError" in "\n".join(lines)
        assert CANARY not in "\n".join(lines)


def test_a_log_line_stays_one_line(app):
    with logged() as lines:
        app.test_client().get("/a%0a%0d%1b[31mb?%0ax=1")

    (line,) = [line for line in lines if '"request"' in line and '"path"' in line]
    assert json.loads(line)["path"] == "/a???[31mb"


def test_an_error_s_values_are_not_in_its_text(sqlite_url, clock):
    """A failed statement is logged; the values in it may be secrets."""
    from sqlalchemy.exc import IntegrityError

    from host_stub.persistence import LoginToken

    app = an_app(sqlite_url, clock)
    store = store_of(app)
    at = store.now()
    row = LoginToken(token_hash=CANARY, user_id=1, purpose="reset", created_at=at, expires_at=at)
    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.add(row)
    store.close()

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500, 503])
def test_error_pages_are_whole_pages_in_the_reader_s_language(app, status, language):
    from host_stub.web.errors import error_page

    with app.test_request_context("/x", headers={"Accept-Language": language}):
        app.preprocess_request()
        answer = error_page(status)

    assert answer.status_code == status
    assert f'lang="{language}"' in answer.get_data(as_text=True)
    assert str(status) in answer.get_data(as_text=True)


def test_a_missing_page_and_a_wrong_method_are_told_apart(app):
    assert app.test_client().get("/nothing-here").status_code == 404
    answer = Visitor(app).client.get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_request_that_is_too_large_is_refused(app):
    answer = Visitor(app).client.post("/sign-in", data={"email": "x" * (3 * 1024 * 1024)})

    assert answer.status_code == 413


def test_without_its_database_the_panel_answers_503_and_says_nothing_of_the_inside(tmp_path, clock):
    app = an_app(f"sqlite:///{tmp_path}/missing/folder.db", clock)
    for path in ("/", "/sign-in", "/accounts/1", "/admin/", "/nothing"):
        with app.test_client() as client:
            with client.session_transaction() as cookie:
                cookie["t"] = "some token"
            answer = client.get(path)

        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"]
        assert "sqlite" not in answer.text.lower()
    assert app.test_client().get("/healthz").status_code == 503
    store_of(app).close()


def test_a_locked_database_is_no_reason_to_wave_anybody_through(scene: Scene):
    """Fail closed: who cannot be checked is not let in."""
    visitor = scene.visitor("owner")
    store = store_of(scene.app)
    store.close()
    scene.file.rename(scene.file.with_suffix(".gone"))
    for suffix in ("-wal", "-shm"):
        scene.file.with_name(scene.file.name + suffix).unlink(missing_ok=True)
    with sqlite3.connect(scene.file) as empty:
        empty.execute("create table x (y)")

    answer = visitor.get(f"/accounts/{scene.a.ids['account_id']}/payments")

    assert answer.status_code == 503


def test_health_tells_database_worker_disk_and_keys_and_nothing_else(app, clock):
    store, panel = store_of(app), app.extensions["billhook"]
    # Whatever room this machine has; and no file of this test's keys was ever written.
    config = panel.config.model_copy(update={"disk_low_mb": 0, "disk_full_mb": 0})
    app.extensions["billhook"] = replace(panel, config=config)
    besides = {"disk": "ok", "keys": "unreadable"}

    def answer():
        return app.test_client().get("/healthz")

    assert answer().json == {"database": "up", "worker": "missing", "worker_age_seconds": None, **besides}
    with store.write() as session:
        session.add(Worker(name="host:1", started_at=store.now(), beat_at=store.now()))
    clock.advance(seconds=10)
    assert answer().json == {"database": "up", "worker": "alive", "worker_age_seconds": 10, **besides}
    clock.advance(minutes=5)
    assert answer().json["worker"] == "missing"
    assert answer().status_code == 200


def test_nothing_is_written_while_the_store_reads(app):
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError), store_of(app).read() as session:
        session.execute(text("delete from rate_limit"))
