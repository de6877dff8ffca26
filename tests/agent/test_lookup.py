"""Which messages are looked up at once, by sentences as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from agent.lookup import MOST_WORDS, dated, language_of, looked_up
from tests.doubles.messages import FACTS, LEFT

BEFORE = (
    "and his wife?",
    "And Chile?",
    "and when did it close?",
    "What about Bolivia?",
    "How old is he?",
    "Where was she born?",
    "How many moons does it have?",
    "Who wrote the other one?",
    "Is that true?",
    "¿Y su esposa?",
    "¿Y Chile?",
    "¿Cuándo murió él?",
    "Und Bolivien?",
    "Wann ist er gestorben?",
    "Wie heißt seine Frau?",
    "Et sa femme ?",
    "Quand est-ce qu'il est mort ?",
    "E o marido dela?",
    "Quando ele morreu?",
    "E sua moglie?",
)
ALONE = (
    "Who wrote One Hundred Years of Solitude?",
    "How many moons are there around Mars?",
    "Who is the son of Zeus?",
    "Where is Lake Titicaca?",
    "¿Cuál es la capital de Mongolia?",
    "Wie hoch ist die Zugspitze?",
    "Pourquoi le ciel est-ce bleu ?",
    "Quem escreveu Dom Casmurro?",
    "Perché il cielo è blu?",
    "Qual è il fiume più lungo del Perù?",
)
LEFT_BEFORE = ("and you?", "And now?", "What about you?", "¿Y tú?", "Und du?", "and then?", "why?")


@pytest.mark.parametrize("text", FACTS)
def test_a_question_of_fact_is_looked_up(text: str) -> None:
    assert looked_up(text, first=True) is not None


@pytest.mark.parametrize("text", LEFT)
def test_everything_else_is_left_to_the_model(text: str) -> None:
    assert looked_up(text, first=True) is None


@pytest.mark.parametrize("text", BEFORE)
def test_a_question_that_leans_on_what_was_said_is_known(text: str) -> None:
    found = looked_up(text, first=False)
    assert found is not None
    assert found.leaning


@pytest.mark.parametrize("text", ALONE)
def test_a_question_that_stands_alone_costs_no_rewriting(text: str) -> None:
    found = looked_up(text, first=False)
    assert found is not None
    assert not found.leaning


@pytest.mark.parametrize("text", LEFT_BEFORE)
def test_small_talk_is_no_follow_up(text: str) -> None:
    assert looked_up(text, first=False) is None


def test_nothing_leans_on_a_conversation_that_has_just_begun() -> None:
    found = looked_up("Where was she born?", first=True)
    assert found is not None
    assert not found.leaning


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Hi! Who discovered penicillin?", "Who discovered penicillin?"),
        ("Can you tell me who painted Guernica?", "who painted Guernica?"),
        ("Do you know when the Titanic sank?", "when the Titanic sank?"),
        ("search the web for the Larco museum", "the Larco museum"),
        ("Can you search for flights to Juliaca?", "flights to Juliaca?"),
        ("Tell me about Marie Curie.", "Marie Curie."),
        ("busca los horarios del museo Larco", "los horarios del museo Larco"),
        ("Suche nach den Öffnungszeiten des Louvre", "den Öffnungszeiten des Louvre"),
        ("Google is owned by which company?", "Google is owned by which company?"),
        ("Who  wrote\nHamlet?", "Who wrote Hamlet?"),
    ],
)
def test_what_is_said_around_a_question_is_not_searched_for(text: str, question: str) -> None:
    found = looked_up(text, first=True)
    assert found is not None
    assert found.question == question


@pytest.mark.parametrize(
    ("text", "question", "how"),
    [
        ("What is a bolt? Answer in one word.", "What is a bolt?", "Answer in one word."),
        ("Be brief. Who wrote Hamlet?", "Who wrote Hamlet?", "Be brief."),
        (
            "Who wrote Hamlet? Use at most ten words. Cite your sources.",
            "Who wrote Hamlet?",
            "Use at most ten words. Cite your sources.",
        ),
        ("¿Quién escribió Hamlet? Responde en una frase.", "¿Quién escribió Hamlet?",
         "Responde en una frase."),
        ("Wer schrieb Faust? Antworte kurz.", "Wer schrieb Faust?", "Antworte kurz."),
        ("Who wrote Hamlet?", "Who wrote Hamlet?", ""),
    ],
)  # fmt: skip
def test_the_form_of_the_answer_is_not_searched_for(text: str, question: str, how: str) -> None:
    found = looked_up(text, first=True)
    assert found is not None
    assert (found.question, found.how) == (question, how)


@pytest.mark.parametrize(
    ("text", "news"),
    [
        ("latest news about the Peruvian congress", True),
        ("What are today's headlines in Chile?", True),
        ("noticias de hoy sobre el Congreso", True),
        ("Aktuelle Nachrichten aus Peru", True),
        ("Latest News about Peru", True),
        ("Who is the president of Peru?", False),
        ("Who owns Fox News?", False),
        ('Who wrote the novel "The Shipping News"?', False),
    ],
)
def test_news_are_asked_for_where_news_are_meant(text: str, news: bool) -> None:
    found = looked_up(text, first=True)
    assert found is not None
    assert found.news is news


def test_what_is_pasted_brings_along_what_it_is_about() -> None:
    pasted = "The llama is a domesticated animal of the Andes. " * 8
    assert len(pasted.split()) > MOST_WORDS
    assert looked_up(f"What is this about? {pasted}", first=True) is None
    assert looked_up("Who wrote this?\n\nIt was a dark night.", first=True) is None


def test_quoted_words_do_not_make_a_question_a_personal_one() -> None:
    assert looked_up('Who sang "I Want to Hold Your Hand" and "My Way"?', first=True) is not None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Who was the first emperor of Brazil?", "en"),
        ("Was the bridge ever rebuilt?", "en"),
        ("llama", "en"),
        ("", "en"),
        ("¿Quién fue el primer emperador del Brasil?", "es"),
        ("la capital de los incas fue Cusco", "es"),
        ("Wer war der erste Kaiser von Brasilien?", "de"),
        ("Was ist die Hauptstadt von Peru?", "de"),
        ("Was soll ich heute kochen?", "de"),
        ("Qui est le premier empereur du Brésil ?", "fr"),
        ("Quelle est la capitale du Pérou ?", "fr"),
        ("Quem foi o primeiro imperador do Brasil?", "pt"),
        ("Qual é a capital do Peru?", "pt"),
        ("Chi è stato il primo imperatore del Brasile?", "it"),
        ("Quanti abitanti ha la città di Roma?", "it"),
        ("What does the German word Gemütlichkeit mean?", "en"),
        ("Who is El Niño named after?", "en"),
    ],
)
def test_the_language_is_told_by_little_words(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", [one for one in FACTS if one.isascii()][:40])
def test_an_english_question_is_never_translated(text: str) -> None:
    found = looked_up(text, first=True)
    assert found is not None
    assert found.language == "en"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Who won the match yesterday?", "Who won the match yesterday 28 February 2026"),
        ("price of copper today", "price of copper today 1 March 2026"),
        ("¿Quién ganó ayer?", "¿Quién ganó ayer 28 February 2026"),
        ("Wer spielt heute?", "Wer spielt heute 1 March 2026"),
        ("films of this month", "films of this month March 2026"),
        ("who won the cup last year?", "who won the cup last year 2025"),
        ("latest phone of Apple", "latest phone of Apple 2026"),
        ("elections this year in 2026", "elections this year in 2026"),
        ("Who painted Guernica?", "Who painted Guernica?"),
        ("What is a heutegg?", "What is a heutegg?"),
    ],
)
def test_a_query_that_speaks_of_a_day_names_it(text: str, query: str) -> None:
    assert dated(text, date(2026, 3, 1)) == query
