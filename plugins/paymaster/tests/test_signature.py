"""LMI_HASH: what is believed and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from billhook import BadSignature, MalformedNotification
from billhook_paymaster.provider import PayMaster
from billhook_paymaster.signature import SIGNED_FIELDS, Digest, check_signature, lmi_hash, signed_digest, signed_values
from hypothesis import assume, given, settings
from hypothesis import strategies as st

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
REFUSED = (BadSignature, MalformedNotification)
TEST_FIELDS = next(v for v in VECTORS["accept"] if v["name"] == "test-simmode0-sha256")["fields"]
AMOUNTS = ("LMI_PAYMENT_AMOUNT", "LMI_PAID_AMOUNT")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def named(vectors):
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def test_the_protocols_order_of_fields_is_ours():
    assert list(SIGNED_FIELDS) == VECTORS["field_order"]


@pytest.mark.parametrize("vector", named(VECTORS["accept"]))
def test_a_known_hash_is_reproduced_and_accepted(vector, raw):
    request = raw({**vector["fields"], "LMI_HASH": vector["hash"]})

    assert lmi_hash(signed_values(request), vector["secret"], Digest(vector["algorithm"])) == vector["hash"]
    check_signature(request, [vector["secret"]], Digest(vector["algorithm"]))


@pytest.mark.parametrize("vector", named(VECTORS["reject"]))
def test_a_known_wrong_hash_is_refused(vector, raw):
    request = raw({**vector["fields"], "LMI_HASH": vector["hash"]})

    with pytest.raises(BadSignature):
        check_signature(request, [vector["secret"]], Digest(vector["algorithm"]))


@pytest.mark.parametrize("made_with", ["sha256", "sha1", "md5"])
@pytest.mark.parametrize("expected", list(Digest))
def test_the_signature_type_is_pinned_by_the_setting(made_with, expected, raw, sign, live):
    request = raw(sign(live, algorithm=made_with))

    if made_with == expected.value:
        check_signature(request, ["test-secret-1"], expected)
    else:
        with pytest.raises(BadSignature):
            check_signature(request, ["test-secret-1"], expected)


@pytest.mark.parametrize("wrong", ["", " ", "=", "A" * 44, "\u0430" * 44, "\ud800"])
def test_an_empty_or_foreign_hash_is_refused(wrong, raw, live):
    with pytest.raises(REFUSED):
        check_signature(raw({**live, "LMI_HASH": wrong}), ["test-secret-1"], Digest.SHA256)


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase, lambda h: h[:-1], lambda h: h + "\n"])
def test_a_hash_that_is_almost_right_is_refused(change, raw, live):
    with pytest.raises(BadSignature):
        check_signature(raw({**live, "LMI_HASH": change(live["LMI_HASH"])}), ["test-secret-1"], Digest.SHA256)


def test_a_missing_hash_is_refused(raw, live):
    del (fields := dict(live))["LMI_HASH"]

    with pytest.raises(BadSignature):
        check_signature(raw(fields), ["test-secret-1"], Digest.SHA256)


def test_a_hash_given_twice_is_refused(raw, live):
    with pytest.raises(MalformedNotification):
        check_signature(raw([*live.items(), ("LMI_HASH", live["LMI_HASH"])]), ["test-secret-1"], Digest.SHA256)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_believed(secrets, raw, sign, live):
    with pytest.raises(BadSignature):
        check_signature(raw(sign(live, secret="")), secrets, Digest.SHA256)


def test_a_recently_replaced_secret_is_still_accepted(raw, sign, live, method):
    view = method(secret="new-secret-2", previous=("test-secret-1", "older-secret-0"))

    for secret in ("new-secret-2", "test-secret-1", "older-secret-0"):
        PayMaster().verify(raw(sign(live, secret=secret)), view)


def test_a_secret_that_was_never_ours_is_refused(raw, sign, live, method):
    view = method(secret="new-secret-2", previous=("test-secret-1",))

    with pytest.raises(BadSignature):
        PayMaster().verify(raw(sign(live, secret="older-secret-0")), view)


def tampered() -> Iterator[object]:
    """Yield every signed field changed in every way that an attacker or a careless proxy might."""
    for name in VECTORS["field_order"]:
        value = TEST_FIELDS[name]
        changes = {
            "emptied": "",
            "led by a space": f" {value}",
            "followed by a space": f"{value} ",
            "followed by a newline": f"{value}\n",
            "followed by a zero": f"{value}0",
            "followed by NUL": f"{value}\0",
            "in the other case": value.swapcase(),
            "in full-width digits": value.translate(FULL_WIDTH),
            "followed by the separator": f"{value};",
            "led by the separator": f";{value}",
            "with a sign": f"-{value}",
            "with a plus": f"+{value}",
        }
        if name in AMOUNTS:
            changes |= {f"{step} more": str(Decimal(value) + Decimal(step)) for step in ("0.01", "-0.01", "1", "1000")}
            changes |= {"with a comma": value.replace(".", ","), "shortened": value.rstrip("0")}
        for change, text in changes.items():
            if text != value:
                yield pytest.param(
                    [(k, text if k == name else v) for k, v in TEST_FIELDS.items()], id=f"{name} {change}"
                )
        yield pytest.param([(k, v) for k, v in TEST_FIELDS.items() if k != name], id=f"{name} dropped")
        yield pytest.param([*TEST_FIELDS.items(), (name, value)], id=f"{name} twice")
        yield pytest.param([(name, "1"), *TEST_FIELDS.items()], id=f"{name} twice, first another")
        yield pytest.param([*TEST_FIELDS.items(), (name, "")], id=f"{name} twice, then empty")
        renamed = [(k.lower() if k == name else k, v) for k, v in TEST_FIELDS.items()]
        yield pytest.param(renamed, id=f"{name} renamed to lower case")


@pytest.mark.parametrize("fields", list(tampered()))
def test_a_notification_changed_after_signing_is_refused(fields, raw, test_payment, method):
    request = raw([*fields, ("LMI_HASH", test_payment["LMI_HASH"])])

    with pytest.raises(REFUSED):
        PayMaster().verify(request, method())


NEIGHBOURS = [pair for pair in pairwise(VECTORS["field_order"]) if TEST_FIELDS[pair[0]] != TEST_FIELDS[pair[1]]]


@pytest.mark.parametrize(("one", "two"), NEIGHBOURS)
def test_two_neighbouring_values_exchanged_are_refused(one, two, raw, test_payment, method):
    request = raw({**test_payment, one: test_payment[two], two: test_payment[one]})

    with pytest.raises(BadSignature):
        PayMaster().verify(request, method())


def test_field_boundaries_cannot_be_shifted_by_a_separator_inside_a_value(raw, sign, live, method):
    authentic = sign({**live, "LMI_PAYMENT_NO": "A;B"})
    date = f"{live['LMI_SYS_PAYMENT_ID']};{live['LMI_SYS_PAYMENT_DATE']}"
    shifted = {**authentic, "LMI_PAYMENT_NO": "A", "LMI_SYS_PAYMENT_ID": "B", "LMI_SYS_PAYMENT_DATE": date}

    assert sign(shifted)["LMI_HASH"] == authentic["LMI_HASH"], "the hash alone cannot tell the two apart"
    for fields in (authentic, shifted):
        with pytest.raises(BadSignature):
            PayMaster().verify(raw(fields), method())


def test_a_missing_signed_field_counts_as_empty(raw, sign, live, method):
    fields = {k: v for k, v in live.items() if k != "LMI_PAYMENT_NO"}

    PayMaster().verify(raw(sign(fields)), method())
    PayMaster().verify(raw(sign({**fields, "LMI_PAYMENT_NO": ""})), method())


def test_a_notification_must_be_posted(raw, live, method):
    with pytest.raises(MalformedNotification):
        PayMaster().verify(raw(live, method="GET"), method())


def test_the_digest_of_a_payment_covers_the_signed_fields_only(raw, live):
    plain = signed_digest(signed_values(raw(live)))

    assert signed_digest(signed_values(raw({**live, "LMI_PAYER_IDENTIFIER": "x", "LMI_HASH": "y"}))) == plain
    for name in SIGNED_FIELDS:
        assert signed_digest(signed_values(raw({**live, name: live.get(name, "") + "1"}))) != plain


VALUE = st.text(st.characters(exclude_characters=";", exclude_categories=["Cs"]), max_size=12)
MESSAGE = st.fixed_dictionaries({}, optional=dict.fromkeys(VECTORS["field_order"], VALUE))
SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
QUICK = settings(max_examples=60)


@QUICK
@given(fields=MESSAGE, secret=SECRETS, digest=st.sampled_from(Digest))
def test_whatever_the_gateway_signs_is_accepted(fields, secret, digest, raw, sign):
    check_signature(raw(sign(fields, secret, digest.value)), [secret], digest)


@QUICK
@given(fields=MESSAGE, other=MESSAGE, secret=SECRETS)
def test_a_hash_fits_one_set_of_values_only(fields, other, secret, raw, sign):
    text = [[m.get(name, "") for name in VECTORS["field_order"]] for m in (fields, other)]
    assume(text[0] != text[1])

    with pytest.raises(BadSignature):
        check_signature(raw({**other, "LMI_HASH": sign(fields, secret)["LMI_HASH"]}), [secret], Digest.SHA256)


@QUICK
@given(junk=st.lists(st.tuples(st.sampled_from([*SIGNED_FIELDS, "LMI_HASH", "x"]), st.text(max_size=8)), max_size=14))
def test_rubbish_is_refused_and_never_breaks(junk, raw):
    with pytest.raises(REFUSED):
        check_signature(raw(junk), ["a-secret-nobody-guesses"], Digest.SHA256)
