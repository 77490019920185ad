"""One spelling of what people mean, whatever they typed."""

from __future__ import annotations

import pytest

from host_stub.domain.folding import fold, fold_all
from host_stub.persistence.selectivity import figures


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ООО «РОМАШКА»", 'ооо "Ромашка"'),
        ("ТехноСервис", "техносервис"),
        ("Пётр Волков", "ПЕТР  ВОЛКОВ"),
        ("Пе\u0308тр", "Петр"),
        ("Санкт-Петербург", "санкт–петербург"),
        ("О’Нил", "О'Нил"),
        ("12\u00a0500", "12 500"),
        ("\u200bООО\u00ad «Лютик»", "ООО „Лютик“"),
        ("Straße", "STRASSE"),
        ("ＡＢ-１", "ab-1"),
    ],
)
def test_what_people_take_for_one_word_folds_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Иван", "Ивам"), ("йод", "иод"), ("50%", "50"), ("a_b", "ab")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_what_is_looked_for_never_spans_two_texts() -> None:
    assert fold("ромашка москва") not in fold_all(["ООО «Ромашка»", "", "Москва"])


def test_the_planner_is_told_how_few_rows_an_account_has() -> None:
    assert figures(["reseller_id", "status", "id"]) == "1000000 100000 25000 1"
    assert figures(["account_id", "id"]) == "1000000 10 1"
    assert figures(["reseller_id", "id"], partial=True) == "1000 100 1"
