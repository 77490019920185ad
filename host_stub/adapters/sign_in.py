"""Sign-in at a mail server, in UTF-8: smtplib's own breaks on a password that is not ASCII."""

from __future__ import annotations

import base64
import hmac
import smtplib
from collections.abc import Callable
from typing import Final


class NotLetIn(Exception):
    """The server refused. for_good: until somebody changes name, password or server (5xx)."""

    def __init__(self, words: str, *, for_good: bool) -> None:
        super().__init__(words)
        self.for_good = for_good


Reply = tuple[int, bytes]


def sign_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    """Sign in by the best mechanism that the server offers and we have. The password never comes into an error.

    Raises NotLetIn, and what the connection raises.
    """
    offered = connection.esmtp_features.get("auth", "").upper().split()
    usable = [mechanism for mechanism in _MECHANISMS if mechanism in offered]
    if not usable:
        raise NotLetIn("the server offers no sign-in that we know", for_good=True)
    code, words = 0, b""
    for mechanism in usable:
        code, words = _MECHANISMS[mechanism](connection, user, password)
        if code in (235, 503):  # done, or done before
            return
        if code == 535:  # name or password: no other mechanism would like them better
            break
    said = words.decode("utf-8", "replace").replace("\n", " ")
    raise NotLetIn(f"sign-in: {code} {said}", for_good=code >= 500)


def _plain(connection: smtplib.SMTP, user: str, password: str) -> Reply:
    """RFC 4616: UTF-8."""
    three = _encoded("\0".join(("", user, password)))
    return connection.docmd("AUTH", f"PLAIN {three}")


def _login(connection: smtplib.SMTP, user: str, password: str) -> Reply:
    """Never became a standard; servers that speak nothing else take UTF-8."""
    code, words = connection.docmd("AUTH", f"LOGIN {_encoded(user)}")
    return connection.docmd(_encoded(password)) if code == 334 else (code, words)


def _cram_md5(connection: smtplib.SMTP, user: str, password: str) -> Reply:
    """RFC 2195."""
    code, words = connection.docmd("AUTH", "CRAM-MD5")
    if code != 334:
        return code, words
    digest = hmac.new(password.encode(), base64.b64decode(words), "md5").hexdigest()
    return connection.docmd(_encoded(f"{user} {digest}"))


#: The best first.
_MECHANISMS: Final[dict[str, Callable[[smtplib.SMTP, str, str], Reply]]] = {
    "CRAM-MD5": _cram_md5,
    "PLAIN": _plain,
    "LOGIN": _login,
}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
