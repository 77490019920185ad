"""What a reseller says about itself, and what a new one begins with: these defaults stand nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ResellerDraft:
    """What a reseller says about itself. Sums in minor units of its currency; addresses and phones as typed."""

    name: str
    timezone: str = "Europe/Moscow"
    language: str = "ru"
    brand_name: str = ""
    accent: str = ""
    site_url: str = ""
    sales_email: str = ""
    billing_email: str = ""
    accounting_email: str = ""
    support_email: str = ""
    general_phone: str = ""
    sales_phone: str = ""
    number_mask: str = "#######"
    min_top_up_minor: int = 20_00
    max_top_up_minor: int = 1_000_000_00
    payment_lifetime_days: int = 30
    provisioning_url: str = ""


#: What the row, the form and the service begin with.
NEW: Final = ResellerDraft("")
