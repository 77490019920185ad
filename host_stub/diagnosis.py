"""What a doctor says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One check. problem: empty if all is well. facts: what to know besides."""

    subject: str
    problem: str = ""
    remedy: str = ""
    facts: str = ""

    @property
    def healthy(self) -> bool:
        return not self.problem
