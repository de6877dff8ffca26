"""Orders about memory are told from talk that only reads like them."""

from __future__ import annotations

import pytest

from memory.commands import command_of


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("Remember that I take the 7:40 train", "I take the 7:40 train"),
        ("please don't forget that my flight is on Friday", "my flight is on Friday"),
        ("Note that I never work on Mondays.", "I never work on Mondays"),
        ("Can you remember that my locker is 214?", "my locker is 214?"),
        ("I'm left-handed, remember that.", "I'm left-handed"),
        ("Keep in mind: I pay in Swiss francs", "I pay in Swiss francs"),
        ("Merk dir, dass ich keinen Koriander mag", "ich keinen Koriander mag"),
        ("Recuerda que trabajo de noche", "trabajo de noche"),
        ("Retiens que je suis gaucher", "je suis gaucher"),
        ("Lembra-te que moro em Faro", "moro em Faro"),
        ("Ricorda che sono celiaca", "sono celiaca"),
    ],
)
def test_what_is_asked_to_be_remembered(text: str, statement: str) -> None:
    found = command_of(text)
    assert found
    assert found.kind == "remember"
    assert found.statement.rstrip("?") == statement.rstrip("?")


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("Forget that I live in Leeds", "I live in Leeds"),
        ("forget what I said about my boss", "my boss"),
        ("Delete everything you know about my job.", "my job"),
        ("Please forget my phone number", "my phone number"),
        ("Vergiss, dass ich in Bonn wohne", "ich in Bonn wohne"),
        ("Olvida que vivo en Jaén", "vivo en Jaén"),
        ("Oublie ce que j'ai dit sur mon frère", "mon frère"),
    ],
)
def test_what_is_asked_to_be_forgotten(text: str, statement: str) -> None:
    found = command_of(text)
    assert found
    assert (found.kind, found.statement) == ("forget", statement)


@pytest.mark.parametrize(
    "text",
    [
        "Forget everything you know about me",
        "please delete everything about me.",
        "Wipe your memory",
        "Vergiss alles",
        "olvida todo",
        "oublie tout",
    ],
)
def test_everything_is_to_be_forgotten(text: str) -> None:
    found = command_of(text)
    assert found
    assert found.kind == "forget_all"


@pytest.mark.parametrize(
    "text",
    [
        "remember when we talked about boats?",
        "Do you remember my name?",
        "I forgot my umbrella",
        "don't forget to buy milk",
        "remind me to call Ana",
        "Remember me?",
        "forget it",
        "Delete the last line",
        "remove the second paragraph please",
        "I always forget where I put my keys",
        "What should I remember for the exam?",
        "Remember to add a title",
    ],
)
def test_what_only_reads_like_an_order(text: str) -> None:
    assert command_of(text) is None


def test_a_message_may_ask_something_else_too() -> None:
    found = command_of("Remember that I have two cats. What do kittens eat?")
    assert found
    assert (found.statement, found.rest) == ("I have two cats", True)
