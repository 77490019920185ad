"""The key file, the keys, and the configuration that names them."""

from __future__ import annotations

import json
import pickle

import pytest
from pydantic import ValidationError

from host_stub.adapters.keys import (
    DecryptionFailed,
    KeyFileError,
    KeyRing,
    create_key_file,
    from_json,
    load_key_file,
    new_keys,
    rotated,
    to_json,
)
from host_stub.config import Config


def test_what_was_encrypted_opens_with_the_same_ring_only():
    ring = new_keys()
    closed = ring.encrypt("секрет")

    assert ring.decrypt(closed) == "секрет"
    assert "секрет" not in closed
    assert closed != ring.encrypt("секрет")
    for other in (closed[:-2] + "AA", "", "ж", new_keys().encrypt("секрет")):
        with pytest.raises(DecryptionFailed):
            ring.decrypt(other)


def test_a_rotated_ring_opens_old_secrets_and_closes_with_the_new_key():
    old = new_keys()
    new = rotated(old)

    assert new.decrypt(old.encrypt("x")) == "x"
    with pytest.raises(DecryptionFailed):
        old.decrypt(new.encrypt("x"))
    assert new.decrypt(new.re_encrypt(old.encrypt("x"))) == "x"


def test_a_mac_belongs_to_its_purpose_its_message_and_its_ring():
    ring = new_keys()
    macs = {
        ring.mac("receipt", b"1"),
        ring.mac("receipt", b"2"),
        ring.mac("return", b"1"),
        new_keys().mac("receipt", b"1"),
    }

    assert len(macs) == 4
    assert {len(mac) for mac in macs} == {32}
    assert ring.mac("receipt", b"1") == from_json(to_json(ring)).mac("receipt", b"1")


def test_keys_are_not_printed_logged_or_pickled():
    ring = new_keys()
    text = to_json(ring)
    secrets = [text.split('"')[i] for i in range(len(text.split('"'))) if len(text.split('"')[i]) > 40]

    assert len(secrets) == 3
    assert not any(secret in f"{ring!r} {ring} {vars(type(ring))}" for secret in secrets)
    with pytest.raises(TypeError):
        pickle.dumps(ring)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "keys.json"
    create_key_file(path)
    path.chmod(mode)

    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key_file(path, demo=False)


def test_a_key_file_is_never_overwritten(tmp_path):
    path = tmp_path / "keys.json"
    create_key_file(path)
    before = path.read_bytes()

    with pytest.raises(KeyFileError):
        create_key_file(path)
    assert path.read_bytes() == before


def test_demo_keys_work_in_the_demo_alone(tmp_path):
    path = tmp_path / "keys.json"
    create_key_file(path, new_keys(demo=True))

    assert load_key_file(path, demo=True).demo
    with pytest.raises(KeyFileError, match="demo"):
        load_key_file(path, demo=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"encryption": []}',
        '{"demo": false, "encryption": ["AA=="], "signing": "AA==", "web": ["AA=="]}',
    ],
)
def test_a_damaged_key_file_is_refused_without_quoting_it(tmp_path, text):
    path = tmp_path / "keys.json"
    create_key_file(path)
    path.write_text(text)

    with pytest.raises(KeyFileError) as caught:
        load_key_file(path, demo=False)
    assert "AA==" not in str(caught.value)


def test_a_truncated_key_is_refused():
    with pytest.raises(KeyFileError):
        KeyRing((b"x" * 31,), b"y" * 32, (b"z" * 32,))
    found = json.loads(to_json(new_keys()))
    with pytest.raises(KeyFileError):
        from_json(json.dumps({**found, "signing": found["signing"][:20]}))


def test_settings_come_from_the_environment_and_keep_their_secrets(monkeypatch):
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", "postgresql://user:hunter2@db/billing")
    monkeypatch.setenv("BILLHOOK_SMTP_PASSWORD", "hunter3")
    config = Config()

    assert "hunter2" in config.database_url
    assert config.smtp_password.get_secret_value() == "hunter3"
    assert "hunter" not in f"{config!r} {config}"


@pytest.mark.parametrize(
    "url",
    ["panel.example", "ftp://panel.example", "https://panel.example/billing", "https://u:p@panel.example", "https://"],
)
def test_the_base_address_is_an_origin(url):
    with pytest.raises(ValidationError):
        Config(base_url=url)


def test_a_wrong_setting_is_named_without_its_value(monkeypatch):
    monkeypatch.setenv("BILLHOOK_SESSION_HOURS", "hunter2")

    with pytest.raises(ValidationError) as caught:
        Config()
    assert "session_hours" in str(caught.value)
    assert "hunter2" not in str(caught.value)
