"""Mail over SMTP: one message, one recipient, and exactly what the server said about it."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import Final, Protocol

#: Of each step of the dialogue; all of them together stay below the lease of a delivery.
TIMEOUT_SECONDS: Final = 10


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailError(Exception):
    """The message did not leave."""


class Refused(MailError):
    """The server will never take this message for this recipient (5xx)."""


class Deferred(MailError):
    """The server wants this message later (4xx)."""


class Unreachable(MailError):
    """No message leaves at all: no connection, a dropped one, a refused sign-in, an unknown sender."""


class Mailer(Protocol):
    """Sends one message to one recipient."""

    def send(self, message: Message, recipient: str) -> None:
        """Return when the server took the message. Raises Refused, Deferred, Unreachable."""


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes our mail. sender: the envelope's address, to which bounces go."""

    host: str
    port: int
    sender: str
    security: Security = Security.NONE
    user: str = ""
    password: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS


class SmtpMailer:
    """Mailer over smtplib, a connection per message."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, message: Message, recipient: str) -> None:
        """See Mailer."""
        try:
            connection = self._connect()
            try:
                self._hand_over(connection, message, recipient)
            finally:
                _part(connection)
        except MailError:
            raise
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(_words(error)) from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        if server.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout_seconds, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        try:
            if server.security is Security.STARTTLS:
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, message: Message, recipient: str) -> None:
        try:
            connection.send_message(message, self._server.sender, [envelope_address(recipient)])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _verdict(code, words) from error
        except smtplib.SMTPDataError as error:
            raise _verdict(error.smtp_code, error.smtp_error) from error


def _part(connection: smtplib.SMTP) -> None:
    """Say good-bye. Whatever goes wrong here, the server has taken the message, or has not, by now."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()


def envelope_address(address: str) -> str:
    """Return an address whose domain is ASCII, as every server takes it: почта@пример.рф has an encoded domain.

    Raises Refused for a mailbox name that is not ASCII: few servers take one.
    """
    name, _at, domain = address.rpartition("@")
    try:
        name.encode("ascii")
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise Refused("553 the address has letters that mail servers do not take") from error


def _verdict(code: int, words: bytes | str) -> MailError:
    text = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}".replace("\n", " ")
    if code == 421:  # the server is closing, whatever the message (RFC 5321, 3.8)
        return Unreachable(text)
    return Refused(text) if 500 <= code < 600 else Deferred(text)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return f"{error.smtp_code} {said}"
    return f"{type(error).__name__}: {error}"
