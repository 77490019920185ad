"""Carrying messages to the shop: allowed addresses only, time limits, repeats, a journal that survives kill -9."""

from __future__ import annotations

import heapq
import http.client
import ipaddress
import json
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ANSWER_LIMIT = 2000
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)


@dataclass(frozen=True)
class Answer:
    """What the shop answered. status 0: no answer, `body` says why. seconds: how long it took, rounded."""

    status: int
    body: str
    content_type: str = ""
    seconds: float = 0.0


@dataclass
class Notification:
    """One message on its way, with every attempt made so far."""

    id: str
    url: str
    fields: Sequence[tuple[str, str]]
    retry: bool = True
    answers: list[Answer] = field(default_factory=list)

    @property
    def delivered(self) -> bool:
        return any(answer.status == 200 for answer in self.answers)

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "url": self.url,
            "fields": dict(self.fields),
            "delivered": self.delivered,
            "answers": [asdict(answer) for answer in self.answers],
        }


class Allowed:
    """The addresses that may be called: this machine, and origins named at the start."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self.origins = {origin.rstrip("/").lower() for origin in origins}

    def __call__(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or "@" in parts.netloc:
            return False
        if f"{parts.scheme}://{parts.netloc}".lower() in self.origins or host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def post(url: str, fields: Sequence[tuple[str, str]], timeout: float) -> Answer:
    """Post a form and return what came back. Redirects are not followed, proxies not asked, errors are answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    started = time.monotonic()
    try:
        connection.request(
            "POST",
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close", "User-Agent": "PayMaster"},
        )
        response = connection.getresponse()
        body = response.read(ANSWER_LIMIT).decode("utf-8", "replace")
        seconds = round(time.monotonic() - started, 3)
        return Answer(response.status, body, response.headers.get("Content-Type", ""), seconds)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"{type(error).__name__}: {error}", "", round(time.monotonic() - started, 3))
    finally:
        connection.close()


class Courier:
    """Sends notifications; whatever is not answered 200 is sent again after growing pauses.

    pauses: seconds before each repeat; when they are used up, the message is given up.
    journal: file that keeps undelivered messages over a restart; None forgets them.
    """

    def __init__(self, pauses: Sequence[float] = PAUSES, timeout: float = 10, journal: Path | None = None) -> None:
        self.pauses = tuple(pauses)
        self.timeout = timeout
        self._journal = journal
        self._due: list[tuple[float, int, Notification]] = []
        self._drawn = 0
        self._wake = threading.Condition()
        for _ in range(8):
            threading.Thread(target=self._work, daemon=True).start()
        for notification in self._left_over():
            self._later(notification, 0)

    def send(self, notification: Notification) -> Answer:
        """Make one attempt now, on this thread; a failed one is repeated later in the background."""
        self._note({"new": notification.id, "url": notification.url, "fields": list(notification.fields)})
        return self._attempt(notification)

    def send_later(self, notification: Notification, delay: float) -> None:
        """Make the first attempt after `delay` seconds, in the background."""
        self._note({"new": notification.id, "url": notification.url, "fields": list(notification.fields)})
        self._later(notification, delay)

    def _attempt(self, notification: Notification) -> Answer:
        answer = post(notification.url, notification.fields, self.timeout)
        notification.answers.append(answer)
        repeat = len(notification.answers) - 1
        if answer.status == 200 or not notification.retry or repeat >= len(self.pauses):
            self._note({"done": notification.id})
        else:
            self._later(notification, self.pauses[repeat])
        return answer

    def _later(self, notification: Notification, delay: float) -> None:
        with self._wake:
            self._drawn += 1
            heapq.heappush(self._due, (time.monotonic() + delay, self._drawn, notification))
            self._wake.notify()

    def _work(self) -> None:
        while True:
            self._attempt(self._next())

    def _next(self) -> Notification:
        with self._wake:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)

    def _note(self, line: dict[str, Any]) -> None:
        if self._journal is not None:
            with self._wake, self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _left_over(self) -> list[Notification]:
        if self._journal is None or not self._journal.exists():
            return []
        waiting: dict[str, Notification] = {}
        for text in self._journal.read_text("utf-8").splitlines():
            try:
                line = json.loads(text)
            except ValueError:  # the last line may be cut by a kill
                continue
            if "new" in line:
                pairs = [(name, value) for name, value in line["fields"]]
                waiting[line["new"]] = Notification(line["new"], line["url"], pairs)
            else:
                waiting.pop(line["done"], None)
        return list(waiting.values())
