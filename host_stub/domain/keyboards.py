"""Keyboards in Russia have two layouts, and people type words of one in the other."""

from __future__ import annotations

from typing import Final

_LATIN_KEYS: Final = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`")


def in_latin_layout(text: str) -> str:
    """Return what the same keys write in the Latin layout. text: in lower case."""
    return text.translate(_LATIN_KEYS)
