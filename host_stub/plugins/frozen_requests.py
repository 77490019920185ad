"""The request of a try, as the database keeps it: everything but secrets and templates, equal for every later start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from billhook import AnswersStatus, MethodView, Money, PaymentProvider, Setting, SettingKind, StartRequest, Sums
from billhook.host.reading import again, identity_of
from pydantic import TypeAdapter

from host_stub.plugins.desk import Keys
from host_stub.services.money_in.tries import Draft, Try
from host_stub.services.settings.secret_vaults import Opener

#: Secrets are in the vault, and may be replaced; what templates make is frozen with the document.
_NOT_KEPT: Final = frozenset({SettingKind.SECRET, SettingKind.LIQUID})
#: Kept in columns, or handed over as it is now.
_APART: Final = frozenset({"reference", "reference_number", "documents"})
_JSON: Final = TypeAdapter(StartRequest)


def draft_of(provider: PaymentProvider, request: StartRequest, keys: Keys) -> Draft:
    """Return what a new try would freeze. request: as of now, without a reference."""
    hidden = _secret(provider.asks)
    merchant, is_test = identity_of(provider, request.method)
    return Draft(
        merchant=merchant,
        is_test=is_test,
        request=frozen(provider, request),
        secret_answers={key: keys.encrypt(str(text)) for key, text in request.answers.items() if key in hidden},
        asked=provider.asked if isinstance(provider, AnswersStatus) else None,
        key_lives=provider.key_lives,
        as_came=provider.sums is Sums.AS_CAME,
    )


def frozen(provider: PaymentProvider, request: StartRequest) -> dict[str, Any]:
    """Return a request as JSON has it."""
    dropped = {each.key for each in provider.settings if each.kind in _NOT_KEPT}
    settings = {key: value for key, value in request.method.settings.items() if key not in dropped}
    method = replace(request.method, settings=settings, previous_secrets={})
    answers = {key: value for key, value in request.answers.items() if key not in _secret(provider.asks)}
    kept = replace(request, method=method, answers=answers)
    plain: dict[str, Any] = _JSON.dump_python(kept, mode="json", exclude=set(_APART))
    return plain


def _secret(settings: Iterable[Setting]) -> frozenset[str]:
    return frozenset(each.key for each in settings if each.kind is SettingKind.SECRET)


def thawed(begun: Try, provider: PaymentProvider, method: MethodView, language: str, keys: Opener) -> StartRequest:
    """Return the request of a try as its provider gets it; see `billhook.StartRequest`.

    method: as it is now, for its secrets and templates. language: the reader's. Documents are not among it.
    """
    named = {"reference": begun.reference, "reference_number": begun.reference_number}
    request = _JSON.validate_python({**begun.request, **named})
    was = request.method.settings
    money = {each.key for each in provider.settings if each.kind is SettingKind.MONEY}
    sums = {key: Money(**value) for key in money if isinstance(value := was.get(key), dict)}
    # A setting that the plugin did not have then holds what it holds now.
    request = replace(request, method=replace(request.method, settings={**method.settings, **was, **sums}))
    hidden = {key: keys.decrypt(text) for key, text in begun.secret_answers.items()}
    return replace(again(request, provider, method, language), answers={**request.answers, **hidden})
