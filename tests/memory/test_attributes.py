"""Statements and questions of the same thing have the same property."""

from __future__ import annotations

import pytest

from memory.attributes import attribute_of, related, single
from memory.people import alike, subject_of


@pytest.mark.parametrize(
    ("statement", "question", "name"),
    [
        ("I moved to Rome in May", "Where do I live?", "home"),
        ("We're based in Aarhus now", "What city is my home?", "home"),
        ("Ich wohne jetzt in Jena", "In welcher Stadt wohne ich?", "home"),
        ("Vivo en Gijón", "¿Dónde vivo?", "home"),
        ("I'm a structural engineer", "What is my job?", "job"),
        ("I work at Brightwell", "Where do I work?", "employer"),
        ("I'm allergic to penicillin", "What am I allergic to?", "allergy"),
        ("My favourite colour is teal", "What's my favourite colour?", "favourite:colour"),
        ("turned 42 yesterday", "How old am I?", "age"),
        ("I weigh 86 kilos", "How much do I weigh?", "weight"),
        ("I wear a 44 now", "What shoe size do I wear?", "size"),
        ("I was born on 14 May 1984", "When was I born?", "birthday"),
        ("call me Neely from now on", "What should you call me?", "address-as"),
        ("My rent is 1,240 a month", "What is my rent?", "rent"),
        ("My sailboat is called Persistence", "What is my sailboat called?", "name:sailboat"),
        ("Il mio medico si chiama Bertelli", "Come si chiama il mio medico?", "name"),
    ],
)
def test_statement_and_question_meet(statement: str, question: str, name: str) -> None:
    told, asked = attribute_of(statement), attribute_of(question)
    assert told
    assert asked
    assert (told.name, asked.name) == (name, name)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I moved to Rome in May", "Rome"),
        ("I relocated to Tucson for the dry air.", "Tucson"),
        ("I'm a nurse", "nurse"),
        ("My rent is 1,240 a month since Christmas.", "1,240 a month"),
        ("my dentist is Dr. Halvorsen, on thursdays", "Dr. Halvorsen"),
        ("my email is jo@old.org", "jo@old.org"),
    ],
)
def test_the_value_is_the_users_own_words(text: str, value: str) -> None:
    told = attribute_of(text)
    assert told
    assert told.value in text
    assert told.value.startswith(value)


@pytest.mark.parametrize(
    ("question", "past"),
    [
        ("Where did I live before?", True),
        ("What was my previous job?", True),
        ("Wo habe ich früher gewohnt?", True),
        ("Where do I live now?", False),
        ("What is my job?", False),
    ],
)
def test_a_question_of_the_past_is_known_as_one(question: str, past: bool) -> None:
    asked = attribute_of(question)
    assert asked
    assert asked.past is past


def test_what_one_has_several_of_is_not_single() -> None:
    assert single("home")
    assert not single("likes")
    assert "employer" in related("job")


@pytest.mark.parametrize("text", ["What is 3 + 4?", "Write a poem about autumn", "thanks!"])
def test_other_texts_have_no_property(text: str) -> None:
    assert attribute_of(text) is None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("I live in Lima", "user"),
        ("My sister Ana lives in Lima", "sister ana"),
        ("Biscuit, our old labrador, snores", "dog biscuit"),
        ("cousin Bao hates spicy food", "cousin bao"),
        ("Meine Schwester wohnt in Kiel", "sister"),
        ("I live with my sister", "user"),
        ("Where does my brother live?", "brother"),
        ("Paris is the capital of France", ""),
    ],
)
def test_whom_a_text_is_about(text: str, subject: str) -> None:
    assert subject_of(text) == subject


def test_a_name_and_a_relation_are_joined() -> None:
    assert alike("sister ana", "ana")
    assert alike("sister", "sister ana")
    assert not alike("sister ana", "brother")
    assert subject_of("Ana moved to Cusco", known=["sister ana"]) == "sister ana"
