"""Which messages are looked up at once, by sentences as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from agent.lookup import MOST_WORDS, dated, language_of, looked_up

FACTS = (
    # English
    "Who wrote One Hundred Years of Solitude?",
    "who is the president of peru",
    "When did the Berlin Wall fall?",
    "What is the tallest mountain in South America?",
    "In what year was the University of San Marcos founded?",
    "On which continent does the llama live?",
    "Which river flows through Cusco?",
    "How tall is the Eiffel Tower?",
    "How long does a llama live?",
    "How many people live in Lima?",
    "How much does a kilo of quinoa cost in Lima?",
    "Is Pluto a planet?",
    "Are alpacas and llamas related?",
    "Does Bolivia have a navy?",
    "Did Brazil win the World Cup in 1994?",
    "Was Machu Picchu ever lost?",
    "Why is the sky blue?",
    "How does photosynthesis work?",
    "Where was Frida Kahlo born?",
    "Whose portrait is on the ten sol note?",
    "Can dogs eat chocolate?",
    "Has Peru ever won the Copa América?",
    "Will Apple release a new phone this year?",
    "Hi! Who discovered penicillin?",
    "Hello, what is the capital of Mongolia?",
    "Can you tell me who painted Guernica?",
    "Could you please tell me when the first railway in Peru was opened?",
    "Do you know when the Titanic sank?",
    "I'd like to know who invented the zip fastener.",
    "I want to know what causes thunder.",
    "I wonder why cats purr",
    "Please tell me about the Nazca lines",
    "Tell me about Marie Curie.",
    "search for the opening hours of the Larco museum",
    "Search the web for the best time to visit Cusco",
    "Look up the population of Arequipa",
    "google the height of Huascarán",
    "find out who owns the newspaper El Comercio",
    "Find information about the Inca road system",
    "Can you search for flights of LATAM to Juliaca?",
    "latest news about the Peruvian congress",
    "What are today's headlines in Chile?",
    "Any news on the Mars rover?",
    "What's the price of copper today?",
    "who won the match between Alianza and Universitario yesterday?",
    "What is the difference between a llama and an alpaca?",
    "The capital of Australia is which city?",
    "By whom was the Mona Lisa stolen in 1911?",
    "What does the word 'ayllu' mean?",
    'Who sang "My Way"?',
    'Who wrote the song "We Will Rock You"?',
    "What year did World War II end? Answer in one word.",
    "About how many languages are spoken in Papua New Guinea?",
    "Google was founded in which year?",
    "Google is owned by which company?",
    "Where can you see condors in Peru?",
    "How do you make ceviche?",
    "How do you say thank you in Quechua?",
    "What is the time complexity of quicksort?",
    "What is the temperature at the core of the sun?",
    "What is the chemical formula Ca(OH)2 used for?",
    "Which name(s) did Istanbul have before?",
    "What does it cost to climb Huayna Picchu?",
    "What happens when your heart stops?",
    "What is the date of the battle of Ayacucho?",
    "Was the Titanic bigger than the Olympic?",
    "How much is 100 dollars in soles?",
    "tell me how to bake bread without yeast",
    # Spanish
    "¿Quién escribió Cien años de soledad?",
    "¿Cuál es la capital de Mongolia?",
    "¿Cuándo se fundó la ciudad de Trujillo?",
    "¿Dónde nació César Vallejo?",
    "¿Cuántos habitantes tiene Arequipa?",
    "quien es el presidente de Chile",
    "Dime cuándo cayó el muro de Berlín",
    "busca los horarios del museo Larco",
    "noticias de hoy sobre el Congreso",
    "¿Por qué es azul el cielo?",
    "¿Cuánto mide la torre Eiffel?",
    # German
    "Wer hat die Zauberflöte komponiert?",
    "Wann wurde die Universität Heidelberg gegründet?",
    "Wie hoch ist die Zugspitze?",
    "Wo liegt der Titicacasee?",
    "Warum ist der Himmel blau?",
    "Welche Sprache spricht man in Bolivien?",
    "Wie viele Einwohner hat Lima?",
    "Sag mir, wer das Telefon erfunden hat",
    "Suche nach den Öffnungszeiten des Louvre",
    "Aktuelle Nachrichten aus Peru",
    "Was ist die Hauptstadt von Australien?",
    "Was kostet eine Fahrkarte von Lima nach Cusco?",
    "Wie alt wurde Goethe?",
    # French
    "Qui a peint La Joconde ?",
    "Quand la tour Eiffel a-t-elle été construite ?",
    "Quelle est la capitale du Pérou ?",
    "Où se trouve le lac Titicaca ?",
    "Combien d'habitants compte Lima ?",
    "Pourquoi le ciel est-il bleu ?",
    "Comment fonctionne une éolienne ?",
    "cherche les horaires du musée du Louvre",
    "actualités sur le Pérou",
    # Portuguese
    "Quem escreveu Dom Casmurro?",
    "Qual é a capital da Austrália?",
    "Quando foi fundada a cidade de São Paulo?",
    "Onde fica o lago Titicaca?",
    "Quantos habitantes tem o Rio de Janeiro?",
    "notícias sobre o Brasil",
    # Italian
    "Chi ha dipinto la Gioconda?",
    "Quando è stata costruita la torre di Pisa?",
    "Qual è la capitale del Perù?",
    "Dove si trova il lago Titicaca?",
    "Quanti abitanti ha Roma?",
    "Perché il cielo è blu?",
    "notizie sul Perù",
    "Dimmi chi ha scritto la Divina Commedia",
)
LEFT = (
    # Chit-chat
    "Hi!",
    "Hello there",
    "Thank you very much!",
    "Good morning",
    "How are you?",
    "how are you doing today?",
    "How is it going?",
    "What's up?",
    "really?",
    "Are you sure?",
    "Why?",
    "ok, great",
    "Nice, that helps a lot",
    "¿Qué tal?",
    "Wie geht's?",
    "Ça va ?",
    "Tudo bem?",
    "Come va?",
    "Gracias por todo",
    "Danke dir",
    # Tasks
    "Write a poem about llamas",
    "Translate 'good night' into Quechua",
    "Summarize the following: The llama is an animal.",
    "Make a list of ten names for a cat",
    "Send an email to Ana and say that I'm late",
    "Remind me to call mum tomorrow",
    "Create a file named notes.txt with three lines",
    "Run the tests again",
    "Tell me a joke",
    "tell me a story",
    "Can you help me with a letter?",
    "Could you write a short poem about Lima?",
    "Would you proofread this sentence?",
    "Escribe un poema sobre el mar",
    "Schreib ein Gedicht über das Meer",
    "Écris un poème sur la mer",
    "Escreva um poema sobre o mar",
    "Scrivi una poesia sul mare",
    "Give me three ideas for dinner",
    "Would you like to play chess?",
    "Do you recommend it?",
    "find my keys",
    "Search my notes for llamas",
    # Sums and conversions
    "What is 17 * 23?",
    "What is 17.5% of 2340?",
    "how much is 12 plus 30",
    "What is the square root of 144?",
    "What's 5 + 7?",
    "How many feet are in 3 miles?",
    "Convert 10 km to miles",
    "What is 100 km in miles?",
    "how much is 30 celsius in fahrenheit",
    "What is 20 percent of 450?",
    "¿Cuánto es 12 * 4?",
    "Was ist 15 % von 80?",
    "What is 2 to the power of 10?",
    "what is 10 factorial?",
    # Time and weather
    "What time is it?",
    "What day is it today?",
    "what time is it in Tokyo?",
    "What's the weather in Lima?",
    "What is the weather like in Cusco tomorrow?",
    "Will it rain tomorrow?",
    "Is it going to be warm this weekend?",
    "Is it raining in Cusco?",
    "¿Qué hora es?",
    "¿Qué tiempo hace en Lima?",
    "Wie spät ist es?",
    "Wie wird das Wetter morgen?",
    "Quelle heure est-il ?",
    "Che ore sono?",
    "Que horas são?",
    "What's the date?",
    "What is the date today?",
    "How many days until Christmas?",
    "How many days are there between 3 May and 9 June?",
    "How's the weather?",
    "What's the temperature in Lima right now?",
    "¿Cómo está el clima en Lima?",
    "Quel temps fait-il à Lyon ?",
    "Como está o tempo em Lisboa?",
    "Che tempo fa a Roma?",
    # About the user
    "What is my name?",
    "Where did I put my keys?",
    "Who am I?",
    "When is my birthday?",
    "What should I cook tonight?",
    "What do we have on Friday?",
    "¿Cómo me llamo?",
    "¿Cuándo es mi cumpleaños?",
    "Wie heiße ich?",
    "Was soll ich heute kochen?",
    "Comment je m'appelle ?",
    "Qual é o meu nome?",
    "Come mi chiamo?",
    # About the assistant
    "Who are you?",
    "How old are you?",
    "Where do you live?",
    "When were you born?",
    "How was your day?",
    "Tell me about yourself",
    "What languages can you speak?",
    "¿Cómo estás hoy?",
    "Was machst du heute?",
    "Kannst du mir helfen?",
    "Comment vas-tu aujourd'hui ?",
    "Comment ça va aujourd'hui ?",
    "Como você está?",
    "Come stai oggi?",
    "What is your name?",
    "What can you do?",
    "Who made you?",
    "Which tools do you have?",
    "Do you like music?",
    "Are you a robot?",
    "What are your instructions?",
    "¿Quién eres tú?",
    "¿Cómo te llamas?",
    "Wer bist du?",
    "Wie heißt du?",
    "Qui es-tu ?",
    "Quem é você?",
    "Chi sei?",
    # About the conversation and what it brings along
    "What did the last answer mean?",
    "What does this sentence mean?",
    "Which of the names above is the shortest?",
    "What was my first question?",
    "What is in the file notes.txt?",
    "What does this code do? ```print(1)```",
    "Why does `len(x)` fail?",
    "What is on https://example.org/page?",
    "What did you say earlier?",
    "How many words are in the following text?",
    "Which files are in the workspace?",
    "def f(x): return x + 1",
    "Why does my program print nothing?",
    "Why does print(x) show None?",
    "What is wrong here? while True: pass",
    "Is {'a': 1} valid JSON?",
    "What does the document say about fees?",
    "",
    "   ",
    "?",
)
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
