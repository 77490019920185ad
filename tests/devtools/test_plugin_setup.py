"""What `./dev plugin` guesses of a plugin, and where it says that a fault stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billhook import PostForm, Redirect, Setting, SettingKind

from devtools import plugin_setup
from devtools.plugin_setup import Wish, guess, led_here, led_on, place

SIMULATOR, SECRET = "http://127.0.0.1:8123", "the-simulator-s-secret"
PROVIDER: Any = SimpleNamespace(
    starts=(Redirect,),
    settings=(Setting("secret", SettingKind.SECRET, "Secret"), Setting("address", SettingKind.TEXT, "Address")),
)


def wish(folder: Path = Path()) -> Wish:
    return Wish("shop", folder, SIMULATOR, SECRET)


@pytest.mark.parametrize(
    ("address", "led"),
    [
        ("http://127.0.0.1:8090", SIMULATOR),
        ("http://localhost:1/start?a=b", f"{SIMULATOR}/start?a=b"),
    ],
)
def test_an_address_of_this_machine_becomes_the_simulator_s_with_its_secret(address: str, led: str) -> None:
    settings = led_here({"address": address, "secret": "tests", "shop": "s"}, wish(), PROVIDER)

    assert settings == {"address": led, "secret": SECRET, "shop": "s"}


def test_a_posted_form_keeps_the_stand_in_of_its_author() -> None:
    settings = {"address": "http://127.0.0.1:8090/pay", "secret": "tests"}
    posts: Any = SimpleNamespace(settings=PROVIDER.settings, starts=(PostForm,))

    assert led_here(settings, wish(), posts) == settings


def test_settings_of_another_gateway_stay_as_they_are() -> None:
    settings = {"address": "https://gateway.example/pay", "secret": "tests", "days": 3}

    assert led_here(settings, wish(), PROVIDER) == settings


@pytest.mark.parametrize(
    ("address", "former", "led"),
    [
        ("http://127.0.0.1:8090/pay", "http://127.0.0.1:8090", f"{SIMULATOR}/pay"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8091", ""),
        ("http://127.0.0.1:80901", "http://127.0.0.1:8090", ""),
        ("http://127.0.0.1:8090", "", ""),
        (SIMULATOR, SIMULATOR, ""),
    ],
)
def test_only_the_simulator_s_former_address_is_changed_at_a_later_start(address: str, former: str, led: str) -> None:
    settings = {"address": address, "days": 3}

    found = led_on(settings, replace(wish(), former=former), PROVIDER)

    assert found == ({"address": led, "days": 3, "secret": SECRET} if led else settings)


def test_it_is_said_when_no_setting_takes_the_simulator_s_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = SimpleNamespace(settings={"address": "http://127.0.0.1:9", "secret": "tests"})
    monkeypatch.setattr(plugin_setup, "find_plugin", lambda name: name)
    monkeypatch.setattr(plugin_setup, "find_gateway", lambda source: adapter)
    as_text: Any = SimpleNamespace(starts=PROVIDER.starts, settings=(Setting("secret", SettingKind.TEXT, "Secret"),))

    assert "no setting is of kind SECRET" in guess(wish(), as_text)[1]
    assert guess(wish(), PROVIDER)[1] == ""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1\ndef broken(:\n", "mod.py:2: SyntaxError: invalid syntax"),
        ("import os\n\nos.no_such_thing\n", "mod.py:3: AttributeError: module 'os' has no attribute 'no_such_thing'"),
        ("import json\njson.loads('')\n", "mod.py:2: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_a_fault_is_told_with_file_and_line_of_the_project(tmp_path: Path, code: str, said: str) -> None:
    path = tmp_path / "mod.py"
    path.write_text(code)

    with pytest.raises(Exception) as caught:
        exec(compile(code, str(path), "exec"), {})

    assert place(caught.value, tmp_path) == said


def test_a_fault_elsewhere_is_told_without_a_place(tmp_path: Path) -> None:
    assert place(ValueError("no"), tmp_path) == "ValueError: no"
