"""Find the sources that a sentence of an answer rests on, and say what they lack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from agent.chains import chain
from agent.claims import Claim, fold, read
from agent.claims_words import ABSENT, NO_FACT
from agent.judging import Judge, Judgement
from tools.ranking import words
from tools.sources import Source

if TYPE_CHECKING:
    from memory.embeddings import Embedder

Verdict = Literal["supported", "corrected", "added", "unsupported", "uncited"]
_NO_FACT = re.compile(NO_FACT)
_ABSENT = re.compile(ABSENT)
_PARTS = re.compile(
    r"[;:]\s+|,?\s+(?:and|while|whereas|but|und|während|aber|y|mientras|pero|et|tandis que|mais)\s+"
    r"|,\s+(?:which|who|whose|where|and|die|der|das|que|qui)?\s*"
)
_BOTH = re.compile(r"^(both|the two|the same|beide|ambos|ambas|los dos|les deux|tous les deux)\b")
_PRONOUN = re.compile(
    r"^(it|he|she|they|its|his|her|their|this|these|that|er|sie|es|ella|ellos|il|elle|ils)\b"
)
_SHORT = 5
"""Words up to which an answer says too little without its question."""
_JOINING = 6
"""Words of a question that may join two facts."""
_MOST_JOINED = 8
_SLIGHT = 0.2
_WHOLE, _BETTER = 0.95, 0.2
"""Scores from which on one source tells all, and by which another one tells a part better."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What became of the marks of one sentence.

    Args:
        sentence: The sentence as it stands in the answer, without the marks.
        verdict: What the check came to.
        sources: The numbers of the sources that support it.
        passages: For each source the passage that does, as `2:p3`.
        given: The numbers that the model wrote.
        problem: What is not in the sources, in one line, or what was taken out.
        sure: Whether words and facts decided, rather than closeness of meaning alone.
    """

    sentence: str
    verdict: Verdict
    sources: tuple[int, ...] = ()
    passages: tuple[str, ...] = ()
    given: tuple[int, ...] = ()
    problem: str = ""
    sure: bool = True

    @property
    def places(self) -> tuple[tuple[int, str], ...]:
        """The number and the passage of each source that supports the sentence."""
        parts = (place.partition(":") for place in self.passages)
        return tuple((int(number), name) for number, _, name in parts)


class Checker:
    """Checks sentences against numbered sources.

    Args:
        sources: The sources in the order of their numbers, the first is 1.
        embedder: Compares sentences by meaning; without it words alone decide.
    """

    def __init__(self, sources: Sequence[Source], embedder: Embedder | None = None) -> None:
        self.sources = tuple(sources)
        self._judge = Judge(self.sources, embedder)

    def check(self, sentence: str, given: Sequence[int] = (), *, context: str = "") -> Citation:
        """Say which sources support a sentence.

        Args:
            sentence: The sentence, without marks.
            given: The numbers that stood beside it.
            context: The user's question on the first line, the sentences before on the next.
        """
        numbers = tuple(dict.fromkeys(given))
        lost = [one for one in numbers if not 1 <= one <= len(self.sources)]
        problem = f"{' '.join(f'[{one}]' for one in lost)} does not exist" if lost else ""
        blank = Citation(sentence, "uncited", given=numbers, problem=problem)
        if not self.sources or states_nothing(sentence, context):
            return blank
        question, _, before = context.partition("\n")
        if question and is_short(sentence, question):
            found = self._answer(sentence, question, numbers)
        else:
            found = self._statement(sentence, question, before, numbers)
        return self._verdict(blank, found, lost)

    def _verdict(self, blank: Citation, found: list[Judgement], lost: list[int]) -> Citation:
        good = sorted((one for one in found if one.holds), key=lambda one: one.source)
        known = [one for one in blank.given if one not in lost]
        if not good:
            why = [blank.problem, self._problem(found, known)]
            text = "; ".join(one for one in why if one)
            sure = all(one.sure for one in found)
            return replace(blank, verdict="unsupported", problem=text, sure=sure)
        numbers = tuple(one.source for one in good)
        verdict: Verdict = "supported" if set(numbers) <= set(known) else "corrected"
        return replace(
            blank,
            verdict=verdict if blank.given else "added",
            sources=numbers,
            passages=tuple(f"{one.source}:{one.passage}" for one in good),
            sure=all(one.sure for one in good),
        )

    def _problem(self, found: list[Judgement], known: list[int]) -> str:
        named = [one for one in found if one.source in known]
        best = max(named or found, key=lambda one: one.score)
        if not best.problem:
            return f"[{best.source}] does not say this" if named else "no source says this"
        if best.problem.startswith("the source"):
            return best.problem
        if named:
            return f"{best.problem} is not in [{best.source}]"
        return f"{best.problem} is in no source"

    def _statement(
        self, sentence: str, question: str, before: str, given: tuple[int, ...]
    ) -> list[Judgement]:
        """Judge a whole sentence by each source, then by two that share it."""
        topic = _topic(sentence, question, before)
        found = self._judge.all(sentence, topic)
        chosen = _chosen(found, given)
        if chosen:
            told = self._completed(chosen, sentence, topic, given)
            return told if before else self._with_way(told, question)
        shared = self._shared(sentence, question, topic, given)
        return shared or found

    def _with_way(self, told: list[Judgement], question: str) -> list[Judgement]:
        """Add to the source of a whole answer the one that leads there from the question."""
        numbers = [one.source for one in told]
        if len(numbers) > 1 or len(words(question)) < _JOINING:
            return told
        way = self._chained(question, numbers, told)
        return [*told, *(one for one in way if one.source not in numbers)]

    def _completed(
        self, chosen: list[Judgement], sentence: str, topic: Claim, given: tuple[int, ...]
    ) -> list[Judgement]:
        """Add the source of a part that the chosen ones hardly tell."""
        parts = [one for one in _PARTS.split(sentence) if one and len(one.split()) > 2]
        if not 2 <= len(parts) <= _MOST_JOINED or len(chosen) > 1 or chosen[0].score > _WHOLE:
            return chosen
        held = list(chosen)
        for at, part in enumerate(parts):
            told = self._judge.all(part, read(" ".join(parts[:at])) if at else topic)
            mine = max(
                one.score if one.holds else 0.0 for one in told if one.source == chosen[0].source
            )
            good = _chosen(told, given)
            if good and good[0].score > mine + _BETTER and read(part).facts:
                held += [one for one in good[:1] if one.source not in {two.source for two in held}]
        return held

    def _shared(
        self, sentence: str, question: str, topic: Claim, given: tuple[int, ...]
    ) -> list[Judgement]:
        """Return the sources that each support a part of a sentence, or nothing."""
        if _BOTH.match(fold(sentence)) and len(names := read(question).names) > 1:
            parts = [f"{one.shown} {_BOTH.sub('', fold(sentence))}" for one in names]
        else:
            parts = [one for one in _PARTS.split(sentence) if one and len(one.split()) > 2]
        if not 2 <= len(parts) <= _MOST_JOINED:
            return self._joined(sentence, topic, given)
        held: list[Judgement] = []
        for at, part in enumerate(parts):
            about = read(" ".join([topic.text, *parts[:at]])) if at else topic
            good = _chosen(self._judge.all(part, about), given)
            if not good:
                return self._joined(sentence, topic, given)
            if not {one.source for one in good} & {one.source for one in held}:
                held.append(good[0])
        return held

    def _joined(self, sentence: str, topic: Claim, given: tuple[int, ...]) -> list[Judgement]:
        """Return two sources that a sentence compares, each about one of its names."""
        claim = read(sentence)
        subjects = self._judge.subjects(claim)
        if len(subjects) < 2:
            return []
        pairs = list(combinations(sorted(subjects), 2))[:_MOST_JOINED]
        pairs.sort(key=lambda pair: len(set(pair) & set(given)), reverse=True)
        for pair in pairs:
            if held := self._judge.together(claim, pair):
                return held
        return []

    def _chained(
        self, question: str, holding: Sequence[int], found: Sequence[Judgement]
    ) -> list[Judgement]:
        """Return the two sources that together lead from a question to what it is answered."""
        scores = {one.source: one.score for one in found}
        return [
            Judgement(number, passage, scores.get(number, 0.0), True, sure=False)
            for number, passage in chain(question, self.sources, holding)
        ]

    def _led_to(self, found: list[Judgement], answer: str, question: str) -> list[Judgement]:
        """Return a source that has the answer but little of the question, and its way there."""
        for one in sorted(found, key=lambda one: -one.score):
            if not one.problem and one.score >= _SLIGHT:
                link = self._judge.link(one, answer, question)
                if link and link.holds:
                    return [replace(one, holds=True, sure=False), link]
        return []

    def _answer(self, answer: str, question: str, given: tuple[int, ...]) -> list[Judgement]:
        """Judge an answer of a few words together with its question."""
        found = self._judge.answers(answer, question)
        holding = [one.source for one in found if one.holds or not one.problem]
        if linked := self._chained(question, holding, found):
            return linked
        good = [one for one in found if one.holds]
        if not good:
            return self._led_to(found, answer, question) or found
        best = _chosen(good, given)[:1]
        link = self._judge.link(best[0], answer, question)
        if link and link.holds:
            return [best[0], link]
        return [one for one in good if one.source in given] or best


def _chosen(found: Sequence[Judgement], given: Sequence[int]) -> list[Judgement]:
    """Return the given sources that hold, or else the best other one."""
    good = [one for one in found if one.holds]
    if not good:
        return []
    best = max(good, key=lambda one: one.score)
    mine = [one for one in good if one.source in given and one.lacks <= best.lacks]
    return sorted(mine, key=lambda one: -one.score) or [best]


def states_nothing(sentence: str, context: str = "") -> bool:
    """Say whether a sentence has nothing that a source could support."""
    text = fold(sentence).strip(" \t\n*_#>-•\"'")
    if not any(one.isalnum() for one in text) or text.endswith(("?", ":")):
        return True
    if _ABSENT.search(text):
        return True
    claim = read(sentence)
    if _NO_FACT.match(text) and not (claim.numbers or claim.dates):
        return len(claim.stems) < 6
    return not context and not claim.facts and len(claim.stems) < 2


def is_short(sentence: str, question: str) -> bool:
    """Say whether a sentence is only an answer to its question."""
    words = re.findall(r"\w+", sentence)
    if re.match(r"(yes|no|ja|nein|s[ií]|oui|non)\W", fold(sentence) + " "):
        return len(words) <= 2
    if len(words) > _SHORT:
        return False
    small = [one for one in words if one.islower()]
    named = {word for one in read(question).names for word in one.words}
    if read(sentence).names and len(read(" ".join(small)).stems) > 1:
        return False
    if named & set(read(sentence).tokens) and read(" ".join(small)).stems:
        return False
    verbs = {"is", "was", "are", "were", "has", "had", "ist", "war", "es", "fue", "est", "hat"}
    return not verbs & set(small) and not any(
        len(one) > 3 and one.endswith(("ed", "te", "ió", "ait")) for one in small
    )


def _topic(sentence: str, question: str, before: str) -> Claim:
    """Return what "it" in a sentence stands for: names of the question and the last sentence."""
    last = before.strip().splitlines()[-1] if before.strip() else ""
    if _PRONOUN.match(fold(sentence)) or not read(sentence).names:
        return read(f"{question}\n{last}")
    return read(question)
