"""Mail over SMTP: one message, one recipient, exactly what the server said about it, and whose fault it is.

| what happens | is about | raised |
|---|---|---|
| no connection, no greeting, no TLS | the server | Unreachable |
| a refused sign-in, none offered | our settings | SignInRefused |
| 5xx to the sender (but 552), 530 or 538 anywhere | our settings | Misconfigured |
| any other 4xx or 5xx after sign-in | this message | Deferred, Refused |
| silence or a dropped connection before the last dot | this message | Silent |
| the same after the last dot | nobody knows | Unanswered |
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.generator import BytesGenerator
from email.message import Message
from enum import StrEnum
from typing import Final, Protocol

from host_stub.adapters import sign_in
from host_stub.adapters.domains import ascii_domain
from host_stub.adapters.timed_smtp import TimedSMTP, TimedSMTP_SSL

#: Of each answer, however it trickles.
TIMEOUT_SECONDS: Final = 10
#: Of everything up to the last dot. With the first wait for its answer and the good-bye it stays below what is left of
#: a lease when a delivery begins (`deliveries.LEAST_TIME`).
DIALOGUE_SECONDS: Final = 50
#: How long a server may take to answer the last dot (RFC 5321, 4.5.3.2.6). Shorter, and it delivers what is repeated.
LAST_ANSWER_SECONDS: Final = 600
#: About our sign-in or our sending at all, whichever message it is said of.
_OURS: Final = (530, 534, 535, 538)
_TOO_LARGE: Final = 552


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailError(Exception):
    """The message did not leave, or nobody knows."""


class Refused(MailError):
    """The server will never take this message for this recipient (5xx)."""


class Deferred(MailError):
    """This message does not leave now; others may."""


class Silent(Deferred):
    """The server fell silent or dropped the connection over this message, before it had all of it."""


class Misconfigured(MailError):
    """The server refuses us as a sender. No message's fault, and no reason to try no other."""


class Unanswered(MailError):
    """The server has all of the message, and its answer was not seen: perhaps it is delivered."""


class Unreachable(MailError):
    """No message leaves at all: no connection, no greeting, no sign-in."""


class SignInRefused(Unreachable):
    """The server does not let us in with this name and password."""


class LastAnswer(Protocol):
    """The answer to the last dot, of a server that takes its time."""

    def wait(self) -> None:
        """Wait until LAST_ANSWER_SECONDS are over; return and raise as `Mailer.send` does, and end the dialogue."""


class Mailer(Protocol):
    """Sends one message to one recipient."""

    def send(self, message: Message, recipient: str) -> LastAnswer | None:
        """Return None when the server took the message, or whom to ask if it is slow to say so.

        Raises a MailError; those that the table above names.
        """


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
    dialogue_seconds: float = DIALOGUE_SECONDS
    last_answer_seconds: float = LAST_ANSWER_SECONDS


class SmtpMailer:
    """Mailer over smtplib, a connection per message."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, message: Message, recipient: str) -> LastAnswer | None:
        """See Mailer."""
        to, content = envelope_address(recipient), _content(message)
        connection = self._enter()
        try:
            _hand_over(connection, _sender(self._server), to, content)
        except (Silent, Unanswered):
            connection.close()  # it would not hear a good-bye
            raise
        except BaseException:
            _part(connection)
            raise
        return _LastAnswer(connection, self._server).soon()

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises Unreachable."""
        _part(self._enter())

    def _enter(self) -> TimedSMTP:
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise Unreachable(_words(error)) from error
        try:
            self._introduce(connection)
        except sign_in.NotLetIn as error:
            _part(connection)
            raise (SignInRefused if error.for_good else Unreachable)(str(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            connection.close()
            raise Unreachable(_words(error)) from error
        return connection

    def _connect(self) -> TimedSMTP:
        server, seconds = self._server, self._server.timeout_seconds
        connection = (
            TimedSMTP_SSL(local_hostname=_own_name(), timeout=seconds, context=ssl.create_default_context())
            if server.security is Security.TLS
            else TimedSMTP(local_hostname=_own_name(), timeout=seconds)
        )
        connection.open(ascii_domain(server.host), server.port, server.dialogue_seconds)
        return connection

    def _introduce(self, connection: TimedSMTP) -> None:
        if self._server.security is Security.STARTTLS:
            connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
        if self._server.user:
            sign_in.sign_in(connection, self._server.user, self._server.password)


class _LastAnswer:
    """The end of a dialogue: everything was said, and the server has not answered yet."""

    def __init__(self, connection: TimedSMTP, server: Server) -> None:
        self._connection = connection
        self._soon = server.timeout_seconds
        self._at_last = server.last_answer_seconds

    def soon(self) -> LastAnswer | None:
        """Take the answer if it comes as fast as any other; return self if it does not."""
        if not self._connection.has_answer(self._soon):
            return self
        self._take()
        return None

    def wait(self) -> None:
        """See LastAnswer."""
        if not self._connection.has_answer(self._at_last - self._soon):
            self._connection.close()
            raise Unanswered(f"no answer after the message within {self._at_last:.0f} s")
        self._take()

    def _take(self) -> None:
        try:
            code, words = self._connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._connection.close()
            raise Unanswered(f"no answer after the message: {_words(error)}") from error
        _part(self._connection)
        if not 200 <= code < 300:
            raise _verdict(code, words)


@functools.cache
def _own_name() -> str:
    """Return what we greet servers with. Finding it asks the resolver, without an end of ours: once a process."""
    return smtplib.SMTP().local_hostname


def _content(message: Message) -> bytes:
    """Return a message as it goes over the wire: CRLF, dots at the begin of lines doubled (RFC 5321, 4.5.2)."""
    written = io.BytesIO()
    BytesGenerator(written).flatten(message, linesep="\r\n")
    lines = re.sub(rb"(?:\r\n|\n|\r(?!\n))", b"\r\n", written.getvalue())
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n"


def _hand_over(connection: TimedSMTP, sender: str, recipient: str, content: bytes) -> None:
    """Say everything up to the last dot. Raises Refused, Deferred, Misconfigured, Unanswered."""
    size = [f"SIZE={len(content)}"] if connection.has_extn("size") else []
    try:
        code, words = connection.mail(sender, size)
        if code != 250:
            raise _verdict(code, words, of_sender=True)
        code, words = connection.rcpt(recipient)
        if code not in (250, 251):
            raise _verdict(code, words)
        code, words = connection.docmd("DATA")
        if code != 354:
            raise _verdict(code, words)
        connection.send(content)
    except (OSError, smtplib.SMTPException) as error:
        raise Silent(_words(error)) from error
    try:
        connection.send(b".\r\n")
    except (OSError, smtplib.SMTPException) as error:
        raise Unanswered(f"the connection broke at the end of the message: {_words(error)}") from error


def _part(connection: TimedSMTP) -> None:
    """Say good-bye. Whatever goes wrong here, the server has taken the message, or has not, by now."""
    connection.within(connection.timeout)
    with contextlib.suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()


def _sender(server: Server) -> str:
    try:
        return envelope_address(server.sender)
    except Refused as error:
        raise Misconfigured(f"BILLHOOK_SMTP_FROM: {error}") from error


def envelope_address(address: str) -> str:
    """Return an address whose domain is ASCII, as every server takes it: почта@пример.рф has an encoded domain.

    Raises Refused for a mailbox name that is not ASCII: few servers take one.
    """
    name, _at, domain = address.rpartition("@")
    try:
        name.encode("ascii")
        return f"{name}@{ascii_domain(domain)}"
    except UnicodeError as error:
        raise Refused("553 the address has letters that mail servers do not take") from error


def _verdict(code: int, words: bytes | str, *, of_sender: bool = False) -> MailError:
    text = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}".replace("\n", " ")
    # Of all that is said to a sender, only the size is a message's own.
    if code in _OURS or (of_sender and 500 <= code < 600 and code != _TOO_LARGE):
        return Misconfigured(text)
    # 421, too: what closes the connection over one message may take the next.
    return Refused(text) if 500 <= code < 600 else Deferred(text)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return f"{error.smtp_code} {said}"
    return f"{type(error).__name__}: {error}"
