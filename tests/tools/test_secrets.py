"""Secrets are hidden wherever they stand, and ordinary words are left alone."""

from __future__ import annotations

import time

import pytest

from tools.secrets import HIDDEN, Redactor, secret_values

KEYS = [
    "sk-" + "a1B2" * 6,
    "sk-proj-" + "a1B2" * 6,
    "sk_live_" + "a1B2" * 6,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 8,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "1234567890",
    "AKIA" + "ABCD1234" * 2,
    "AIza" + "a1B2" * 8,
    "hf_" + "a1B2" * 6,
    "gsk_" + "a1B2" * 6,
    "tvly-" + "a1B2" * 5,
    "eyJ" + ".".join(["a1B2c3D4e5"] * 3),
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
]
ORDINARY = """
task-force meeting on Monday
risk-free and desk-bound
The skeleton key of the house
sk-8 is a road
ask_user
pk is short for primary key
ghost_writer
https://example.org/a?b=c
ana@example.org
2026-11-24T10:00:00Z
9f8a7b6c-1234-4abc-8def-0123456789ab
+49 30 1234567
DE89 3704 0044 0532 0130 00
def token_count(text): ...
password reset was asked for
The secret garden
half_of_it
hf_short
a -- b -- c
--verbose --output file
-----BEGIN CERTIFICATE-----
AKIA is a prefix
eyJ
17.5% of 2340 is 409.5
Grüße aus Köln
token ring
password policy
pip install sk-learn
sk-learn-contributors-and-maintainers-guide
sk_learn_estimators_and_pipelines_v2
pk_customers_orders_and_their_items
rk-4-steps-of-integration-explained
hf_transformers_documentation_index
hf_transformersdocumentation
gsk_pharmaceuticals_annual_report
glpat-tern-recognition-in-practice
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw==
da39a3ee5e6b4b0d3255bfef95601890afd80709
authorization by the board
my-access-key-is-lost.md
https://ghost.org/themes?key=house
xoxo, Ana
""".strip().splitlines()


@pytest.mark.parametrize("key", KEYS)
def test_what_has_the_form_of_a_key_is_hidden(key: str) -> None:
    assert Redactor().text(f"It is {key} here.") == f"It is {HIDDEN} here."


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_untouched(text: str) -> None:
    assert Redactor(["correct horse"]).text(text) == text


@pytest.mark.parametrize("name", ["password", "API_KEY", "x-api-key", "access_token", "secret"])
def test_what_stands_under_a_telling_name_is_hidden(name: str) -> None:
    data = {"in": [{name: "hunter2", "city": "Rome"}]}
    assert Redactor().data(data) == {"in": [{name: HIDDEN, "city": "Rome"}]}
    assert Redactor().data(data, names=False) == data


def test_known_values_are_hidden_and_short_ones_are_words() -> None:
    redactor = Redactor(["correct horse", "correct horse battery", "Rome"])
    assert redactor.text("correct horse battery in Rome") == f"{HIDDEN} in Rome"


def test_the_environment_tells_secrets_by_name() -> None:
    assert secret_values({"X_API_KEY": "one", "HOME": "/home/ana"}) == ["one"]


def test_the_suite_of_ordinary_words_is_as_large_as_it_says() -> None:
    assert len(ORDINARY) >= 40


def test_a_long_text_is_read_fast() -> None:
    redactor = Redactor([f"known secret {number}" for number in range(50)])
    texts = ["sk-" + "a" * 1_000_000, "sk-a1" * 200_000, "words and -- eyJ sk " * 50_000]
    for text in texts:
        begun = time.process_time()
        redactor.text(text)
        assert time.process_time() - begun < 3
