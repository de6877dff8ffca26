"""The items of HotpotQA and CLAP NQ, and the pages that their paragraphs make."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.errors import UsageError
from evals.web import Document

SETS = ("hotpotqa", "clapnq")
STYLES = {
    "short": ("Answer with the exact short answer only (a name, a number, a date, or yes or no)."),
    "sentence": "Answer in one short sentence.",
}
"""What is said behind a question of HotpotQA."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Args:
        id: Its name.
        question: What is asked.
        gold: The answer; empty where the pages hold none.
        supports: The numbers of the documents that the answer rests on.
        facts: The sentences that it rests on.
        answerable: Whether the pages hold the answer.
    """

    id: str
    question: str
    gold: str
    supports: frozenset[int]
    facts: tuple[str, ...] = ()
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class Asking:
    """A set of questions, and the pages that they are asked about.

    Args:
        documents: The pages.
        items: The questions.
    """

    documents: tuple[Document, ...]
    items: tuple[Item, ...]

    def sample(self, items: int, seed: int) -> list[Item]:
        """Draw questions: so many that can be answered, and as many that cannot, in turn."""
        draw = random.Random(seed)  # noqa: S311 - a draw of items is no secret
        drawn = []
        for answerable in (True, False):
            kind = [item for item in self.items if item.answerable is answerable]
            drawn.append(draw.sample(kind, min(items, len(kind))))
        both = [item for pair in zip(*drawn, strict=False) for item in pair]
        return both or drawn[0] or drawn[1]


def load(folder: Path, name: str) -> Asking:
    """Read a set from a folder that holds `hotpotqa/*.jsonl` or `clapnq/*.jsonl`.

    Raises:
        UsageError: There is no such set, or the folder does not hold it.
    """
    if name not in SETS:
        raise UsageError(f"There is no set {name!r}.", f"There are {', '.join(SETS)}.")
    if name == "hotpotqa":
        return hotpotqa(_records(folder / name, "*.jsonl"))
    answerable = _records(folder / name, "answerable.jsonl")
    return clapnq(answerable, _records(folder / name, "unanswerable.jsonl"))


def hotpotqa(records: Iterable[dict[str, Any]]) -> Asking:
    """Make the pages of all paragraphs, and the questions about them."""
    pages: dict[tuple[str, str], int] = {}
    items = []
    for record in records:
        context = record["context"]
        here: dict[str, tuple[int, Sequence[str]]] = {}
        for title, sentences in zip(context["title"], context["sentences"], strict=True):
            number = pages.setdefault((title, "".join(sentences).strip()), len(pages))
            here[title] = (number, sentences)
        facts = record["supporting_facts"]
        named = list(zip(facts["title"], facts["sent_id"], strict=True))
        items.append(
            Item(
                record["id"],
                record["question"].strip(),
                record["answer"],
                frozenset(here[title][0] for title, _ in named),
                # A few of the set's own numbers lie behind the end of their paragraph.
                tuple(here[t][1][at].strip() for t, at in named if at < len(here[t][1])),
            )
        )
    return Asking(_documents(pages), tuple(items))


def clapnq(answerable: Iterable[dict[str, Any]], others: Iterable[dict[str, Any]]) -> Asking:
    """Make the pages of all passages, and the questions, answerable or not."""
    pages: dict[tuple[str, str], int] = {}
    items = []
    for record, can in [*((r, True) for r in answerable), *((r, False) for r in others)]:
        numbers = [
            pages.setdefault((passage["title"], passage["text"].strip()), len(pages))
            for passage in record["passages"]
        ]
        output = record["output"][0]
        items.append(
            Item(
                record["id"],
                record["input"].strip().rstrip("?").rstrip() + "?",
                output["answer"] if can else "",
                frozenset(numbers),
                tuple(one.strip() for one in output.get("selected_sentences") or () if one.strip()),
                can,
            )
        )
    return Asking(_documents(pages), tuple(items))


def message(item: Item, style: str) -> str:
    """Return what a contestant is told: the question, and how it is to be answered."""
    return f"{item.question}\n{STYLES[style]}" if style in STYLES else item.question


def _documents(pages: Iterable[tuple[str, str]]) -> tuple[Document, ...]:
    return tuple(Document(title, text) for title, text in pages)


def _records(folder: Path, pattern: str) -> list[dict[str, Any]]:
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise UsageError(
            f"There is no {pattern} in {folder}.",
            "Name the folder that holds hotpotqa/ and clapnq/ with --data.",
        )
    texts = (path.read_text(encoding="utf-8") for path in paths)
    # A line of JSON may hold other line separators, at which splitlines would cut it.
    return [json.loads(line) for text in texts for line in text.split("\n") if line.strip()]
