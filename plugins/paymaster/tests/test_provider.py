"""PayMaster as the host sees it."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import billhook_paymaster
import pluggy
import pytest
from billhook import (
    Answer,
    Available,
    Judged,
    Money,
    PayerReturned,
    PaymentClaim,
    PaymentPaid,
    PostForm,
    Ruling,
    SettingKind,
    Severity,
    Unavailable,
    Verdict,
    hooks,
)
from billhook.i18n import read_po, use_language
from billhook_paymaster import protocol
from billhook_paymaster.provider import CONFIRM, FAILURE, NOTIFY, SUCCESS, PayMaster
from billhook_paymaster.settings import merchant_fault, method_code_fault, payment_address_fault

PACKAGE = Path(billhook_paymaster.__file__).parent


def test_the_plugin_gives_one_provider_named_like_its_entry_point():
    manager = pluggy.PluginManager("billhook")
    manager.add_hookspecs(hooks)
    manager.register(billhook_paymaster, "paymaster")
    manager.check_pending()

    assert manager.hook.billhook_payment_providers() == [[PayMaster]]
    assert manager.hook.billhook_plugin_title() == ["PayMaster"]
    assert PayMaster.name == "paymaster"


def test_capabilities_name_settings_that_exist():
    kinds = {setting.key: setting.kind for setting in PayMaster.settings}

    assert PayMaster.starts == (PostForm,)
    assert kinds[PayMaster.merchant_setting] is SettingKind.TEXT
    assert kinds[PayMaster.test_mode_setting] is SettingKind.SWITCH
    assert kinds["secret"] is SettingKind.SECRET


def test_every_default_is_a_choice_and_passes_its_own_validator():
    for setting in PayMaster.settings:
        if setting.choices:
            assert setting.default in [value for value, _ in setting.choices]
        if setting.validator and setting.default is not None:
            assert setting.validator(setting.default) is None


def test_a_start_posts_the_frozen_payment_to_the_configured_address(start, method):
    form = PayMaster().start(start(method=method(payment_address="http://127.0.0.1:8090/payment/init")))

    fields = dict(form.fields)
    assert form.url == "http://127.0.0.1:8090/payment/init"
    assert (fields["LMI_PAYMENT_NO"], fields["LMI_PAYMENT_AMOUNT"], fields["LMI_CURRENCY"]) == (
        "1834729101-try",
        "10.50",
        "RUB",
    )
    assert fields["LMI_PAYMENT_NOTIFICATION_URL"] == "https://panel.example/plugin/paymaster/method/14/notify"
    assert fields["LMI_INVOICE_CONFIRMATION_URL"].endswith("/confirm")
    assert "test-secret-1" not in "".join(fields.values())


def test_the_simulation_is_asked_for_in_test_mode_only(start, method):
    live = PayMaster().start(start(method=method(sim_mode="1")))
    test = PayMaster().start(start(method=method(sim_mode="1", test_mode=True)))

    assert "LMI_SIM_MODE" not in dict(live.fields)
    assert dict(test.fields)["LMI_SIM_MODE"] == "1"


def test_the_payers_contacts_are_passed_on_unless_switched_off(start, method, payment):
    known = payment(email="client@example.com", phone="+7 903 123-45-67")

    on = dict(PayMaster().start(start(known)).fields)
    off = dict(PayMaster().start(start(known, method(payer_contacts=False))).fields)

    assert (on["LMI_PAYER_EMAIL"], on["LMI_PAYER_PHONE_NUMBER"]) == ("client@example.com", "79031234567")
    assert not {"LMI_PAYER_EMAIL", "LMI_PAYER_PHONE_NUMBER"} & off.keys()


def test_a_payment_is_offered_if_its_sum_is_above_zero(payment, method):
    assert isinstance(PayMaster().availability(payment(), method()), Available)
    assert isinstance(PayMaster().availability(payment(amount=Money.zero("RUB")), method()), Unavailable)


def test_each_address_is_read_as_its_kind(raw, live, method):
    question = {k: live[k] for k in ("LMI_MERCHANT_ID", "LMI_PAYMENT_NO", "LMI_PAYMENT_AMOUNT", "LMI_CURRENCY")}
    success, failure = (replace(raw(live), address=name) for name in (SUCCESS, FAILURE))

    assert type(PayMaster().claim(raw({**question, "LMI_PREREQUEST": "1"}), method())) is PaymentClaim
    assert [type(fact) for fact in PayMaster().parse(raw(live), method())] == [PaymentPaid]
    assert PayMaster().returned(success, method()) == PayerReturned("INV-1001", successful=True)
    assert PayMaster().returned(failure, method()) == PayerReturned("INV-1001", successful=False)


def answer(raw, method, address: str, verdict: Verdict) -> Answer:
    claim = PaymentClaim("INV-1001", "", Money(1050, "RUB"), False)
    judged = Judged(replace(raw({}), address=address), method(), (Ruling(claim, verdict),))
    return PayMaster().acknowledge(judged)


def test_an_accepted_question_is_answered_yes_and_not_a_byte_more(raw, method):
    assert answer(raw, method, CONFIRM, Verdict.ACCEPTED) == Answer(b"YES", 200, "text/plain")


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.ACCEPTED])
def test_any_other_verdict_on_a_question_is_a_no(verdict, raw, method):
    assert answer(raw, method, CONFIRM, verdict).body == b"NO"


def test_a_duplicate_and_a_parked_notification_hear_the_same_as_the_first(raw, method):
    first = answer(raw, method, NOTIFY, Verdict.ACCEPTED)

    assert first.status == 200
    assert answer(raw, method, NOTIFY, Verdict.DUPLICATE) == first
    assert answer(raw, method, NOTIFY, Verdict.PARKED) == first


def test_a_refused_notification_is_not_taken_as_delivered(raw, method):
    assert answer(raw, method, NOTIFY, Verdict.REFUSED).status == 403


def severities(method, key):
    return [f.severity for f in PayMaster().check_settings(method) if f.setting == key]


def test_the_doctor_has_only_reminders_for_sound_settings(method):
    findings = PayMaster().check_settings(method(secret="a-long-random-secret-of-the-site"))

    assert [f.severity for f in findings] == [Severity.TODO] * 3
    assert all(f.text and f.remedy for f in findings)


@pytest.mark.parametrize(
    ("changes", "key", "severity"),
    [
        ({"secret": ""}, "secret", Severity.ERROR),
        ({"secret": "short"}, "secret", Severity.WARNING),
        ({"secret": " a-long-random-secret "}, "secret", Severity.WARNING),
        ({"hash_algorithm": "sha1"}, "hash_algorithm", Severity.WARNING),
        ({"hash_algorithm": "md5"}, "hash_algorithm", Severity.WARNING),
        ({"test_mode": True}, "test_mode", Severity.WARNING),
        ({"payment_address": "http://paymaster.ru/payment/init"}, "payment_address", Severity.ERROR),
        ({"payment_address": "http://127.0.0.1:8090/payment/init"}, "payment_address", Severity.WARNING),
    ],
)
def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(changes, key, severity, method):
    view = method(**changes)

    assert severities(view, key) == [severity]
    assert all(f.remedy for f in PayMaster().check_settings(view))


def test_the_doctor_never_shows_the_secret(method):
    text = " ".join(f"{f.text} {f.remedy}" for f in PayMaster().check_settings(method(secret="hush-hush")))

    assert "hush-hush" not in text


@pytest.mark.parametrize(
    "address",
    [
        "https://paymaster.ru/payment/init",
        "https://psp.paymaster24.com/payment/init",
        "https://example.com:8443/x",
        "http://localhost:8090/payment/init",
        "http://127.0.0.1:8090/payment/init",
        "http://[::1]:8090/payment/init",
    ],
)
def test_an_encrypted_or_local_address_is_accepted(address):
    assert payment_address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "paymaster.ru",
        "//paymaster.ru/x",
        "http://paymaster.ru/x",
        "http://127.0.0.1.evil.example/x",
        "ftp://localhost/x",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://user@paymaster.ru/x",
        "https://paymaster.ru/x?y=1",
        "https://paymaster.ru/x#y",
        "https://pay master.ru/x",
        "https://paymaster.ru;evil/x",
        "https://paymaster.ru:x/y",
        "https://paymaster.ru/\r\nX: y",
        "https://paymaster.ru,evil.example/x",
        "https://[::1",
        "https://@paymaster.ru/x",
    ],
)
def test_any_other_address_is_refused(address):
    assert payment_address_fault(address) is not None


def test_a_merchant_identifier_has_no_spaces_and_no_separator():
    assert merchant_fault("11112222-3333-4444-5555-666677778888") is None
    for wrong in ("", " ", "a b", "a;b", "а"):
        assert merchant_fault(wrong) is not None


def test_a_method_code_may_be_empty_but_holds_no_spaces():
    assert method_code_fault("") is None
    assert method_code_fault("BankCard") is None
    assert method_code_fault("Bank Card") is not None


def messages() -> set[str]:
    """Return every message id that the package marks, and the labels of what the gateway says beside the sum."""
    found = set(protocol._DETAILS)
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                found.add(ast.literal_eval(node.args[0]))
    return found


def test_every_message_has_a_russian_translation_and_no_translation_is_left_over():
    catalogue = {
        msgid: forms[0]
        for file in (PACKAGE / "locale/ru").glob("*.po")
        for msgid, forms, _ in read_po(file.read_text("utf-8"), file.name)
    }

    assert messages() == set(catalogue)
    assert all(catalogue.values())


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_text_can_be_shown_in_both_languages(language, method):
    with use_language(language):
        view = method(secret=" x ", hash_algorithm="md5", test_mode=True, payment_address="http://a")
        for finding in PayMaster().check_settings(view):
            assert "{" not in f"{finding.text}{finding.remedy}"
        assert str(PayMaster.settings[0].label) == {"ru": "Идентификатор сайта", "en": "Site identifier"}[language]
