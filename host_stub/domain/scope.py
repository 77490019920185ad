"""Whose rows may be touched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a unit may touch: one reseller's, or everybody's (`reseller_id` None: operator and system)."""

    reseller_id: int | None

    @classmethod
    def reseller(cls, reseller_id: int) -> Scope:
        return cls(reseller_id)

    @classmethod
    def everything(cls) -> Scope:
        return cls(None)
