"""Long-term memory: what of a long conversation is found again, and what is answered with it.

Each conversation is taken in as an import of one user's: one of the two is the user, the other a
friend, each turn one record. Measured is which turns that a question rests on are among the first
that are recalled, beside plain Chroma over the same turns; and, with a model that reads them, what
its answers are worth, beside the whole conversation, where it fits, and no memory at all.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from platformdirs import user_cache_path

from agent.errors import UsageError
from agent.models.base import ChatModel
from agent.models.open import open_model
from agent.models.settings import ModelSettings
from evals.bench.grounded_score import bootstrap
from evals.bench.locomo_data import CATEGORIES, Conversation, Question, load
from evals.bench.locomo_reader import Reader, whole
from evals.bench.locomo_score import score
from evals.bench.locomo_sides import Found, Side, open_ours, open_plain
from evals.bench.replies import CachedModel
from evals.bench.result import Row

DEPTHS = (5, 10)
"""Numbers of recalled turns that are looked at."""
READ = 10
"""Turns that the reader is given."""
CONTEXT = 32_768
"""Tokens of the reader's window."""
NAMES = {"ours": "arriero", "plain": "plain Chroma"}
WHOLE, NONE = "whole conversation", "no memory"


async def measure(
    spec: str,
    *,
    data: Path | None,
    items: int,
    seed: int,
    progress: Callable[[str], None],
    minutes: float = 0.0,
    full: int = 0,
) -> list[Row]:
    """Return how much evidence is recalled, and what the answers are worth.

    Args:
        spec: The reader; `none` measures recall alone.
        data: The folder with the conversations.
        items: Questions that the reader answers of each conversation, drawn at random.
        seed: Seed of the draw.
        progress: Told one line after each step.
        minutes: Begin no further question after so many minutes of reading; 0 asks all.
        full: Of these, questions that are also asked of the whole conversation.
    """
    if data is None:
        raise UsageError("The benchmark locomo needs its conversations.", "Name a folder: --data.")
    conversations = load(data)
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sides: dict[str, list[Side]] = {name: [] for name in NAMES}
        for at, conversation in enumerate(conversations):
            ours = await stack.enter_async_context(open_ours(conversation, home / f"ours-{at}"))
            sides["ours"].append(ours)
            sides["plain"].append(open_plain(conversation))
            progress(f"{conversation.user} and {conversation.friend}: {len(conversation.turns)}")
        found = {
            name: [await _found(side, one) for side, one in zip(mine, conversations, strict=True)]
            for name, mine in sides.items()
        }
        rows = recall_rows(conversations, found)
        if spec != "none":
            model = await open_model(spec, ModelSettings(context=CONTEXT))
            stack.push_async_callback(model.aclose)
            kept = CachedModel(model, user_cache_path("arriero", appauthor=False) / "replies")
            drawn = _draw(conversations, items, seed)
            rows += await answers(
                kept, spec, conversations, found, drawn, progress, minutes=minutes, full=full
            )
    return rows


async def _found(side: Side, conversation: Conversation) -> list[Found]:
    """Recall for each question of a conversation."""
    most = max(*DEPTHS, READ)
    return [await side.find(question.text, most) for question in conversation.questions]


def recall_rows(
    conversations: Sequence[Conversation], found: Mapping[str, Sequence[Sequence[Found]]]
) -> list[Row]:
    """Return the rows of evidence recall: of all questions with evidence, and of each category."""
    rows = []
    for kind in (0, *CATEGORIES):
        shares = {name: _shares(conversations, mine, kind) for name, mine in found.items()}
        for name, per in shares.items():
            values: dict[str, float] = {}
            for depth in DEPTHS:
                values |= _mean(f"@{depth}", per[depth])
            if name == "ours":
                pairs = zip(per[DEPTHS[0]], shares["plain"][DEPTHS[0]], strict=True)
                values |= _mean(f"ahead @{DEPTHS[0]}", [one - other for one, other in pairs])
            if not kind:
                times = sorted(one.seconds for mine in found[name] for one in mine)
                values |= {"p50 ms": 1e3 * times[len(times) // 2]}
                values |= {"p95 ms": 1e3 * times[int(0.95 * len(times))]}
            n, case = len(per[DEPTHS[0]]), CATEGORIES.get(kind, "all")
            rows.append(Row("locomo: recall of evidence", f"{case}, {NAMES[name]}", n, values))
    return rows


def share(question: Question, turns: Sequence[str], depth: int) -> float:
    """Return the share of a question's evidence among the first turns."""
    return len(question.evidence & set(turns[:depth])) / len(question.evidence)


def _shares(
    conversations: Sequence[Conversation], found: Sequence[Sequence[Found]], kind: int
) -> dict[int, list[float]]:
    pairs = [
        (question, [turn.id for turn in one.turns])
        for conversation, mine in zip(conversations, found, strict=True)
        for question, one in zip(conversation.questions, mine, strict=True)
        if question.evidence and kind in (0, question.category)
    ]
    return {depth: [share(q, turns, depth) for q, turns in pairs] for depth in DEPTHS}


def _draw(conversations: Sequence[Conversation], items: int, seed: int) -> list[list[int]]:
    """Draw questions of each conversation, as many of each category as there are, in proportion."""
    drawn = []
    for conversation in conversations:
        rng = random.Random(seed)  # noqa: S311 - a draw of questions is no secret
        order = list(range(len(conversation.questions)))
        rng.shuffle(order)
        drawn.append(sorted(order[:items]))
    return drawn


async def answers(
    model: ChatModel,
    spec: str,
    conversations: Sequence[Conversation],
    found: Mapping[str, Sequence[Sequence[Found]]],
    drawn: Sequence[Sequence[int]],
    progress: Callable[[str], None],
    *,
    minutes: float = 0.0,
    full: int = 0,
) -> list[Row]:
    """Ask the reader, and return the rows of its answers.

    Args:
        model: The reader.
        spec: Its name.
        conversations: What is asked about.
        found: What each side recalled.
        drawn: The questions that are asked, by number, of each conversation.
        progress: Told one line after each question.
        minutes: Begin no further question after so many minutes; 0 asks all.
        full: Questions of each conversation that are asked of the whole of it.
    """
    began = time.monotonic()
    judged: dict[str, list[tuple[Question, float]]] = {}
    notes: dict[str, str] = {}
    reader = Reader(model)
    for at, conversation in enumerate(conversations):
        fits = bool(full) and await reader.fits(conversation)
        notes[WHOLE] = f"{notes.get(WHOLE, '')} {conversation.id}: {'' if fits else 'not '}read"
        for number, which in enumerate(drawn[at]):
            if minutes and time.monotonic() - began > 60 * minutes:
                progress(f"{minutes:g} minutes are over")
                break
            question = conversation.questions[which]
            prompts = {NONE: ""}
            for name, mine in found.items():
                prompts[NAMES[name]] = mine[at][which].shown(conversation, READ)
            if fits and number < full:
                prompts[WHOLE] = whole(conversation)
            for case, prompt in prompts.items():
                answer = await reader.answer(conversation, prompt, question.text)
                judged.setdefault(case, []).append((question, score(question, answer)))
            told = ", ".join(f"{case} {done[-1][1]:.2f}" for case, done in judged.items())
            progress(f"{conversation.id} {number + 1}/{len(drawn[at])}: {told}")
    return [_answer_row(spec, case, done, notes.get(case, "")) for case, done in judged.items()]


def _answer_row(spec: str, case: str, done: Sequence[tuple[Question, float]], notes: str) -> Row:
    values = _mean("F1", [value for _, value in done])
    plain = [value for question, value in done if question.category != 5]
    values["without adversarial"] = sum(plain) / len(plain) if plain else 0.0
    for kind, name in CATEGORIES.items():
        mine = [value for question, value in done if question.category == kind]
        if mine:
            values[f"{name} ({len(mine)})"] = sum(mine) / len(mine)
    return Row(f"locomo: answers of {spec}", case, len(done), values, notes.strip())


def _mean(name: str, values: Sequence[float]) -> dict[str, float]:
    low, high = bootstrap(values)
    mean = sum(values) / len(values) if values else 0.0
    return {name: mean, f"{name} from": low, f"{name} to": high}
