"""Protected connections and sign-in to the mail server, over a real dialogue."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devtools.mailsink import BoundController
from host_stub.adapters.smtp import Misconfigured, Security, Server, SmtpMailer, Unreachable

HOST = "127.0.0.1"
RECIPIENT = "anna@romashka.example"


class Box:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def may_enter(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"panel", b"right"))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box, certificate: Path) -> Iterator[BoundController]:
    """A server that takes mail only after STARTTLS and a sign-in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    running = BoundController(
        box,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=may_enter,
    )
    running.start()
    yield running
    running.stop()


def send(server: BoundController, security: Security, password: str) -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    mailer = SmtpMailer(
        Server(HOST, server.port, "billing@panel.example", security, "panel", password, timeout_seconds=5)
    )
    mailer.send(message, RECIPIENT)


def test_mail_goes_after_starttls_and_sign_in(
    server: BoundController, box: Box, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    send(server, Security.STARTTLS, "right")

    assert box.recipients == [RECIPIENT]


def test_a_wrong_password_is_our_fault_and_not_the_recipients(
    server: BoundController, box: Box, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with pytest.raises(Unreachable):
        send(server, Security.STARTTLS, "wrong")

    assert box.recipients == []


def test_a_certificate_that_nobody_vouches_for_gets_no_password(server: BoundController, box: Box) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        send(server, Security.STARTTLS, "right")

    assert box.recipients == []


def test_a_sender_that_the_server_does_not_take_is_our_fault_too(box: Box) -> None:
    class Strict(Box):
        async def handle_MAIL(self, *_arguments: object) -> str:  # noqa: N802
            return "550 5.7.1 who are you?"

    running = BoundController(Strict())
    running.start()
    try:
        with pytest.raises(Misconfigured, match="who are you"):
            SmtpMailer(Server(HOST, running.port, "x@panel.example")).send(EmailMessage(), RECIPIENT)
    finally:
        running.stop()
