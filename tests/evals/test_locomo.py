"""Long conversations: how they are taken in, what is measured, and the whole run with a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.errors import UsageError
from agent.models.base import Message
from agent.models.scripted import ScriptedModel, say
from evals.bench import locomo
from evals.bench.locomo_data import Conversation, Question, imported, load
from evals.bench.locomo_reader import Reader, whole
from evals.bench.locomo_score import f1, score
from evals.bench.locomo_sides import Found, open_ours, open_plain
from memory.portable import read_lines

RECORD: dict[str, Any] = {
    "sample_id": "c1",
    "conversation": {
        "speaker_a": "Runa",
        "speaker_b": "Pavel",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Pavel", "dia_id": "D1:1", "text": "What have you been building lately?"},
            {"speaker": "Runa", "dia_id": "D1:2", "text": "A small wooden boat, in the garage."},
            {
                "speaker": "Pavel",
                "dia_id": "D1:3",
                "text": "Nice! I baked this yesterday.",
                "blip_caption": "a photo of a plum cake",
            },
        ],
        "session_2_date_time": "9:05 am on 2 June, 2023",
        "session_2": [
            {"speaker": "Runa", "dia_id": "D2:1", "text": "I passed my sailing exam!"},
            {"speaker": "Pavel", "dia_id": "D2:2", "text": "Well done, the weather was rough."},
        ],
    },
    "qa": [
        {
            "question": "What has Runa been building?",
            "answer": "a wooden boat",
            "evidence": ["D1:2"],
            "category": 4,
        },
        {
            "question": "Which cake did Pavel bake?",
            "answer": "plum cake",
            "evidence": ["D1:3; D9:9"],
            "category": 1,
        },
        {
            "question": "Which exam did Pavel pass?",
            "adversarial_answer": "sailing exam",
            "evidence": ["D2:1"],
            "category": 5,
        },
        {"question": "Who is kind?", "answer": 7, "evidence": [], "category": 3},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locomo").mkdir()
    path = tmp_path / "locomo" / "conversations.jsonl"
    path.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def conversation(folder: Path) -> Conversation:
    return load(folder)[0]


def asked(category: int, answer: str) -> Question:
    return Question("?", answer, frozenset(), category)


def test_a_conversation_is_read_with_its_pictures_dates_and_evidence(
    conversation: Conversation,
) -> None:
    cake = conversation.turns[2]
    assert cake.text == "Nice! I baked this yesterday. [shares a photo of a plum cake]"
    assert cake.said.startswith("2023-05-08T13:56:00")
    assert [turn.session for turn in conversation.turns] == [1, 1, 1, 2, 2]
    assert conversation.questions[1].evidence == {"D1:3"}
    assert (conversation.questions[2].answer, conversation.questions[3].answer) == ("", "7")


def test_a_conversation_is_imported_as_the_user_s_and_the_friend_s_words(
    conversation: Conversation,
) -> None:
    records = read_lines(json.dumps(line) for line in imported(conversation))
    assert [one.speaker for one in records] == ["Pavel", "user", "Pavel", "user", "Pavel"]
    assert [one.message for one in records] == [turn.id for turn in conversation.turns]
    assert {one.thread_id for one in records} == {"c1-1", "c1-2"}
    assert records[0].said == conversation.turns[0].moment


def test_a_folder_without_conversations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no conversations"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("category", "gold", "answer", "worth"),
    [
        (4, "a wooden boat", "Wooden boats.", 1.0),
        (4, "a wooden boat", "a boat", 2 / 3),
        (1, "kickboxing, judo", "Judo", 0.5),
        (1, "kickboxing, judo", "judo, kickboxing", 1.0),
        (3, "Yes; because she said so", "yes", 1.0),
        (2, "7 May, 2023", "7 May 2023", 1.0),
        (5, "", "Not mentioned.", 1.0),
        (5, "", "the sailing exam", 0.0),
    ],
)
def test_answers_are_judged_by_stems_and_parts(
    category: int, gold: str, answer: str, worth: float
) -> None:
    assert score(asked(category, gold), answer) == pytest.approx(worth)


def test_nothing_said_is_worth_nothing() -> None:
    assert f1("", "boat") == 0.0


async def test_both_memories_find_turns(conversation: Conversation, tmp_path: Path) -> None:
    async with open_ours(conversation, tmp_path / "home") as ours:
        found = await ours.find("What has Runa been building?", 2)
        cake = await ours.find("Which cake did Pavel bake?", 5)
    assert "D1:2" in [turn.id for turn in found.turns]
    assert "(yesterday: 7 May 2023)" in cake.lines["D1:3"]
    assert 'Pavel: "Nice!' in cake.lines["D1:3"]
    plain = await open_plain(conversation).find("Which cake did Pavel bake?", 2)
    assert plain.turns[0].id == "D1:3"
    assert len(plain.turns) == 2


def test_a_reader_is_shown_turns_in_the_order_of_the_conversation(
    conversation: Conversation,
) -> None:
    first, last = conversation.turns[1], conversation.turns[3]
    found = Found([last, first, conversation.turns[0]], 0.0, {last.id: "- the exam"})
    assert found.shown(conversation, 2).splitlines() == [
        '- 8 May 2023: Runa: "A small wooden boat, in the garage."',
        "- the exam",
    ]


async def test_a_reader_sees_what_is_shown_and_then_the_question(
    conversation: Conversation,
) -> None:
    seen: list[Message] = []

    def keep(messages: Any) -> bool:
        seen.extend(messages)
        return True

    reader = Reader(ScriptedModel([say(" a boat ", match=keep)]))
    shown = whole(conversation)
    assert await reader.answer(conversation, shown, "What was built?") == "a boat"
    content = seen[-1]["content"]
    assert content.index(shown) < content.index("What was built?")
    assert await reader.fits(conversation)


def _shows_the_boat(messages: Sequence[Message]) -> bool:
    return "small wooden boat" in messages[-1]["content"]


async def test_the_rows_compare_recall_and_answers(folder: Path) -> None:
    conversations = load(folder)
    evidence = [conversations[0].turns[at] for at in (1, 2, 3)]
    right = [Found([turn], 0.01) for turn in evidence] + [Found([], 0.01)]
    wrong = [Found([], 0.01)] * 4
    found = {"ours": [right], "plain": [wrong]}
    rows = {row.case: row for row in locomo.recall_rows(conversations, found)}
    assert rows["all, arriero"].values["@5"] == 1.0
    assert rows["all, arriero"].values["ahead @5"] == 1.0
    assert rows["all, plain Chroma"].values["@10"] == 0.0
    assert rows["all, arriero"].items == 3
    assert rows["multi-hop, arriero"].items == 1

    model = ScriptedModel(
        [
            say(
                "wooden boat", match=lambda m: "small wooden boat" in m[-1]["content"], repeat=True
            ),
            say("Not mentioned", repeat=True),
        ]
    )
    told: list[str] = []
    answers = await locomo.answers(
        model, "scripted", conversations, found, [[0, 2]], told.append, full=1
    )
    by_case = {row.case: row.values for row in answers}
    assert by_case["arriero"]["single-hop (1)"] == 1.0
    assert by_case["plain Chroma"]["single-hop (1)"] == 0.0
    assert by_case["whole conversation"]["F1"] == 1.0
    assert by_case["no memory"]["adversarial (1)"] == 1.0
    assert len(told) == 2
