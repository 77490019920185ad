"""Templates and addresses compiled once for all panels of a test run.

Most of a panel's first page is the time that Jinja takes, and half of a panel's start the time that Werkzeug takes to
compile a function for each address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


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
    """Make every panel from now on share what was compiled."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": COMPILED}
    builders: dict[object, Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def shared(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        # All that the function depends on; it gets the rule itself with each call.
        key = (rule.rule, tuple(rule._trace), repr(sorted((rule.defaults or {}).items())), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    patched: Any = Rule
    patched._compile_builder = shared
