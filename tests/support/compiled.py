"""Templates compiled once for all panels of a test run: most of a panel's first page is the time that Jinja takes."""

from __future__ import annotations

from typing import Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Keeps compiled templates in memory, by name and file; Jinja compares the source."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED: Final = Compiled()


def compile_once() -> None:
    """Let every panel that is made from now on share what was compiled."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": COMPILED}
