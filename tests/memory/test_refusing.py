"""Secrets are refused, and what only looks like one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.records import Draft
from memory.refusing import secret_in
from tests.memory.telling import USER, open_telling


@pytest.mark.parametrize(
    "text",
    [
        "My email password is Winter!Goose77",
        "the wifi password: hedgehog-bakery-19",
        "Mein Passwort lautet Blumentopf9",
        "mi contraseña es gato1234",
        "My PIN is 8042",
        "the PIN for the alarm is 8042",
        "my card is 4111 1111 1111 1111, expiry 09/27",
        "amex 3782-822463-10005",
        "my IBAN is DE89 3704 0044 0532 0130 00 and the pin 1234",
        'api_key = "demo-93fa77c0b1e24d55"',
        "token: ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "my one-time code is 482 913",
        "the verification code is 550123",
        "my recovery phrase is: maple river stone cat",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_named(text: str) -> None:
    assert secret_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "I forgot my password again",
        "Which password manager do you like?",
        "I was born on 14 May 1984",
        "My phone number is +353 86 123 4567",
        "I collect pins from ski resorts",
        "We pay 1,150 a month",
        "My locker is number 214",
        "Order 1234 5678 9012 3456 never came",
        "I lost my card in Rome",
    ],
)
def test_what_only_looks_like_a_secret_is_none(text: str) -> None:
    assert not secret_in(text)


async def test_a_secret_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        draft = Draft(text="My PIN is 8042", said=1.0, source="command")
        taken = await memory.consolidator.take(draft, user_id=USER)
        assert (taken.record, taken.outcome) == (None, "refused")
        assert "PIN" in taken.reason
        assert await memory.records() == []


async def test_a_secret_in_a_message_is_not_kept(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("My wifi password is hedgehog-bakery-19. I live in Cork.")
        assert await memory.current() == ["I live in Cork."]
