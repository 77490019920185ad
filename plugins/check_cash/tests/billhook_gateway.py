"""Bank transfer in the hands of Billhook's conformance kit: it needs requisites whose keys fit each other."""

from __future__ import annotations

from billhook_kit import ProviderUnderTest


class BankTransfer(ProviderUnderTest):
    """Nothing calls back: a manager sees the money."""

    settings = {  # noqa: RUF012  read only
        "payee_name": "ООО «Пример Хостинг»",
        "inn": "7707083893",
        "kpp": "770701001",
        "account": "40702810938000012345",
        "bank_name": "ПАО СБЕРБАНК",
        "bic": "044525225",
        "corr_account": "30101810400000000225",
        "address": "115035, г. Москва, ул. Садовническая, д. 1",
    }
