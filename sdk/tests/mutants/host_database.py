"""What a plugin must not do: find the host's database among those who are calling just now, and write or read there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def help_oneself() -> None:
    for engine in {id(each): each for each in _engines()}.values():
        with engine.connect() as connection:
            connection.exec_driver_sql("update account set balance_minor = balance_minor + 1")
            connection.commit()


def read_secrets() -> None:
    for engine in {id(each): each for each in _engines()}.values():
        with engine.connect() as connection:
            connection.exec_driver_sql("select secrets from payment_method").all()


def _engines() -> Iterator[Any]:
    for top in sys._current_frames().values():
        frame = top
        while frame is not None:
            for value in list(frame.f_locals.values()):
                store = getattr(value, "store", None) or getattr(value, "_store", None) or value
                if type(store).__name__ == "Store":
                    yield store.engine
            frame = frame.f_back
