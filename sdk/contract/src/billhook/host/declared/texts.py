"""The texts that a plugin declares: every one can be shown in every language, from catalogues that can be read."""

from __future__ import annotations

import re
from typing import Final

from billhook.host.declared.problems import Problem, Problems, brief
from billhook.i18n import LANGUAGES, LazyText, catalogue_faults

#: Half of a character, from bytes that were no UTF-8: no page can be sent with it.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def catalogue_problems(package: str) -> Problems:
    """Read every catalogue of a package."""
    for fault in catalogue_faults(package):
        yield Problem(
            f"the texts of {package} can't be read: {fault}", "Mend it; Catalogue takes the import name of a package."
        )


def text_problems(text: object, what: str, *, may_be_empty: bool = False) -> Problems:
    """Show a text in every language. what: whose text it is, for the message."""
    if not isinstance(text, LazyText | str):
        yield Problem(f"{what} is {brief(text)}, no text", 'Give it a text: "…" or _("…").')
        return
    if isinstance(text, LazyText):
        yield from _package_problems(text, what)
    for language in LANGUAGES:
        try:
            shown = text.in_language(language) if isinstance(text, LazyText) else text
        except Exception as error:  # noqa: BLE001  filling a text runs code of its values
            yield Problem(
                f"{what} can't be shown in {language!r}: {type(error).__name__}: {error}: {brief(text)}",
                f"Fill in the same fields in the text and in its translation in locale/{language}/.",
            )
            return
        if not shown.strip() and not may_be_empty:
            yield Problem(f"{what} is empty in {language!r}", "Give it a text.")
        if _SURROGATE.search(shown):
            yield Problem(f"{what} is {brief(shown)}, no Unicode text", "Leave out what stands for no character.")


def _package_problems(text: LazyText, what: str) -> Problems:
    if not isinstance(text.domain, str):
        yield Problem(f"{what} is of the package {brief(text.domain)}", 'Make it with _ = Catalogue("your_package").')
        return
    for problem in catalogue_problems(text.domain):
        yield Problem(f"{what}: {problem.why}", problem.remedy)
