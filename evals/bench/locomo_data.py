"""Long conversations between two people, and questions about them (LoCoMo, Maharana et al., 2024).

The conversations do not come with the project: a folder is named that holds
`conversations.jsonl`, one conversation a line in the form in which they were published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.errors import UsageError

FILE = "conversations.jsonl"
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open", 4: "single-hop", 5: "adversarial"}
"""What the numbers of the questions' categories stand for."""
_ID = re.compile(r"D\d+:\d+")
_SESSION = re.compile(r"session_(\d+)")
_DATE = "%I:%M %p on %d %B, %Y"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of the two said.

    Args:
        id: Its number in the conversation, such as `D1:3`.
        speaker: Who said it.
        text: The words, and what is seen in a picture that came with them.
        said: When, as ISO 8601 with the offset of this machine's zone.
        session: In which sitting, from 1 on.
    """

    id: str
    speaker: str
    text: str
    said: str
    session: int

    @property
    def moment(self) -> float:
        """When it was said, in seconds since the epoch."""
        return datetime.fromisoformat(self.said).timestamp()


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a conversation.

    Args:
        text: The question.
        answer: The expected answer; empty where the conversation does not hold it.
        evidence: The turns that it rests on.
        category: Its kind, by number.
    """

    text: str
    answer: str
    evidence: frozenset[str]
    category: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of many sittings.

    Args:
        id: Its name.
        user: Who is taken for the user.
        friend: The other one.
        turns: What they said, in order.
        questions: What is asked about it.
    """

    id: str
    user: str
    friend: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


def load(folder: Path) -> list[Conversation]:
    """Read the conversations of a folder, or of its folder `locomo`.

    Raises:
        UsageError: They are not there.
    """
    for path in (folder / FILE, folder / "locomo" / FILE):
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            return [_conversation(json.loads(line), at) for at, line in enumerate(lines) if line]
    raise UsageError(f"There is no {FILE} in {folder}.", "Name the folder with --data.")


def imported(conversation: Conversation) -> Iterator[dict[str, Any]]:
    """Return the lines of the import of a conversation, with the user's words as the user's."""
    for turn in conversation.turns:
        speaker = "user" if turn.speaker == conversation.user else turn.speaker
        yield {
            "message": {
                "text": turn.text,
                "speaker": speaker,
                "said": turn.said,
                "thread": f"{conversation.id}-{turn.session}",
                "id": turn.id,
            }
        }


def _conversation(data: dict[str, Any], at: int) -> Conversation:
    said = data["conversation"]
    numbers = sorted(int(m[1]) for name in said if (m := _SESSION.fullmatch(name)))
    turns = tuple(
        _turn(turn, number, said[f"session_{number}_date_time"])
        for number in numbers
        for turn in said[f"session_{number}"]
    )
    known = {turn.id for turn in turns}
    questions = tuple(_question(one, known) for one in data["qa"])
    name = str(data.get("sample_id", at + 1))
    return Conversation(name, said["speaker_a"], said["speaker_b"], turns, questions)


def _turn(data: dict[str, Any], session: int, date: str) -> Turn:
    text = str(data["text"])
    if caption := data.get("blip_caption"):
        text = f"{text} [shares {caption}]"
    said = datetime.strptime(date, _DATE).astimezone().isoformat()
    return Turn(data["dia_id"], data["speaker"], text, said, session)


def _question(data: dict[str, Any], known: set[str]) -> Question:
    evidence = {one for line in data.get("evidence", ()) for one in _ID.findall(str(line))}
    answer = "" if data["category"] == 5 else str(data.get("answer", ""))
    return Question(data["question"], answer, frozenset(evidence & known), data["category"])
