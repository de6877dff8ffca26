"""Settings: where each value came from, and what a wrong one is answered with."""

import json

import pytest

from agent.errors import SettingsError
from ui.config import explain, load_settings


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path))
    return tmp_path


def told(name, **given):
    (found,) = [s for s in explain(load_settings(**given), given) if s.name == name]
    return found


def test_the_nearest_source_wins_and_is_named(home, monkeypatch):
    assert told("tools.timeout").origin == "default"
    (home / "config.toml").write_text("model = 'ollama:a'\n[tools]\ntimeout = 7\n")
    assert (told("tools.timeout").value, told("tools.timeout").origin) == ("7.0", "file")
    monkeypatch.setenv("ARRIERO_TOOLS__TIMEOUT", "8")
    found = told("tools.timeout")
    assert (found.value, found.origin) == ("8.0", "variable ARRIERO_TOOLS__TIMEOUT")
    found = told("model", model="ollama:b")
    assert (found.value, found.origin) == ("ollama:b", "argument")


def test_a_section_as_json_is_named_as_the_variable(monkeypatch):
    monkeypatch.setenv("ARRIERO_TOOLS", json.dumps({"timeout": 9}))
    assert told("tools.timeout").origin == "variable ARRIERO_TOOLS"
    assert told("tools.output_chars").origin == "default"


def test_the_file_of_another_home_counts(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text("model = 'ollama:c'")
    assert told("model", home=other).value == "ollama:c"


def test_secrets_are_masked(monkeypatch):
    monkeypatch.setenv("ARRIERO_MODELS__API_KEY", "sk-hush")
    monkeypatch.setenv("ARRIERO_MODEL", "openai:m@http://me:hush@127.0.0.1/v1")
    settings = load_settings()
    assert not [s for s in explain(settings, {}) if "hush" in s.value]
    assert told("model").value == "openai:m@http://me:********@127.0.0.1/v1"


def test_every_setting_says_what_it_means():
    assert not [s.name for s in explain(load_settings(), {}) if not s.meaning]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ARRIERO_MODLE", "x", "Did you mean ARRIERO_MODEL?"),
        ("ARRIERO_TOOLS__TIMEUOT", "3", "did you mean timeout?"),
        ("ARRIERO_TOOLS__TIMEOUT", "soon", "tools.timeout: "),
        ("ARRIERO_TOOLS__TIMEOUT", "-1", "greater than 0, not '-1'"),
        ("ARRIERO_PROTOCOL", "natif", "'auto', 'native', 'prompted' or 'text', not 'natif'"),
        ("ARRIERO_BUDGET", "{broken", "budget"),
    ],
)
def test_a_wrong_variable_is_answered_with_what_would_be_right(variable, value, words, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model = ", "is not valid TOML"),
        ("modle = 'x'", "there is no setting modle; did you mean model"),
        ("[tools.net]\ntimeouts = 3", "there is no setting tools.net.timeouts; did you mean"),
        ("[budget]\nsteps = 0", "budget.steps: "),
    ],
)
def test_a_wrong_file_is_answered_with_what_would_be_right(text, words, home):
    (home / "config.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in caught.value.message
    assert "config.toml" in caught.value.message + caught.value.hint


def test_debug_and_unrelated_variables_are_left_alone(monkeypatch):
    monkeypatch.setenv("ARRIERO_DEBUG", "1")
    monkeypatch.setenv("ARRIEROS", "1")
    load_settings()
