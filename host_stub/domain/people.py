"""Who signs in, and what they may do with an account."""

from __future__ import annotations

from enum import StrEnum


class UserKind(StrEnum):
    """A login is either a member of staff of its reseller (a Manager) or a customer's User."""

    MANAGER = "manager"
    CUSTOMER = "customer"


class AccessLevel(StrEnum):
    """What a user may do with an account."""

    OWNER = "owner"
    ADMIN = "admin"
    FINANCE_MANAGER = "finance_manager"
    USER = "user"
