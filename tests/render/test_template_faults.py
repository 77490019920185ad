"""Faults of templates in the reader's words, each with its line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from billhook.i18n import use_language
from liquid.exceptions import LiquidError

from host_stub.adapters.render.limits import Limits
from host_stub.adapters.render.liquid_faults import fault_of
from host_stub.adapters.render.liquid_rules import environment
from host_stub.adapters.render.problems import fault_words, problem_words

LIQUID = environment(Limits())
FAULTS = [
    ("\n\n{% if x %}a", 3, "«if» не закрыт: нет «endif»"),
    ("{% if x %}{% endif %}\n{% for x in y %}\n{% for a in b %}{% endfor %}\n", 2, "«for» не закрыт: нет «endfor»"),
    ("\n{% comment %}", 2, "«comment» не закрыт"),
    ("<p>\n{% foo %}", 2, "тега «foo» нет"),
    ("{% include 'x' %}", 1, "тега «include» нет"),
    ("\n{{ a ", 2, "нет закрывающих скобок"),
    ("a\nb\n{% for x in %}\n", 3, "чего-то не хватает"),
    ("{% if %}", 1, "не сказано, о чем он"),
    ("\n{% if a = b %}x{% endif %}", 2, "сравнивают знаком «==»"),
    ("{{ a b }}", 1, "есть лишнее"),
    ("{{ % }}", 1, "знак % стоит не на месте"),
    ("x\n{{ a[ }}", 2, "имя записано неверно"),
    ("{% %}", 1, "у тега нет имени"),
    ("{{ 1 | divided_by: 0 }}", 1, "деление на ноль"),
    ("\n{{ a | date: }}", 2, "не столько значений"),
    ("{{ 'x' | slice: 'a' }}", 1, "фильтр «slice» получил значение"),
    ("{{ (1..99999999) | join }}", 1, "слишком длинный диапазон"),
    ("{% for a in (1..500) %}{% for b in (1..500) %}x{% endfor %}{% endfor %}", 1, "слишком много раз"),
]


def fault(template: str) -> str:
    try:
        LIQUID.from_string(template).render(a=1, b=2, y=[1])
    except LiquidError as error:
        return fault_of(error, template, LIQUID.from_string)
    raise AssertionError("the template has no fault")


@pytest.mark.parametrize(("template", "line", "words"), FAULTS)
def test_a_fault_is_told_in_russian_with_its_line(template: str, line: int, words: str) -> None:
    with use_language("ru"):
        told = fault_words(fault(template))

    assert told.startswith(f"строка {line}: ")
    assert words in told
    assert not re.search(r"expected|found|tag |missing|limit", told)


def test_words_of_the_parser_that_nobody_knows_never_reach_a_page() -> None:
    with use_language("ru"):
        told = problem_words("syntax", "line 7: flux capacitor out of phase")

    assert told == "Шаблон не читается: строка 7: запись не по правилам Liquid."


def test_facts_that_a_paper_lacks_are_named_whatever_blanks_and_boxes_stand_between_their_digits(
    renderer, make_source
) -> None:
    template = (
        "<table><tr><td>0</td><td>4</td><td>4</td></tr></table><p>{{ payment.total }} <b style='display:none'>77</b>"
    )
    source = replace(make_source(template), facts={"БИК": "044", "Сумма": "5\u00a0000", "ИНН": "77", "КПП": "99"})

    assert renderer.prove(source).missing == ("ИНН", "КПП")
    assert renderer.render(source).missing == ()
