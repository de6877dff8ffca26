"""Judge a sentence by the sentences of each source: facts exactly, meaning by words and vectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from agent.claims import Claim, content, fold, read
from agent.contradiction import contradiction, misbound
from agent.coverage import covered
from agent.languages import guess_language
from agent.matching import has_date, has_name, has_number, missing
from tools.passages import segments
from tools.sources import Passage, Source

if TYPE_CHECKING:
    from memory.embeddings import Embedder, Vectors

_WINDOWS = 4
_PLAIN = 0.8
"""Share of a claim's words from which on its vector is not needed."""
_STRONG, _NAMED, _BARE = 0.45, 0.55, 0.6
"""Scores to reach: with numbers or dates that match, with names that do, with neither."""
_TITLE = 4
_PRONOUN = re.compile(r"^(It|He|She|They|Er|Sie|Es|Il|Elle)\b")
_LITTLE, _THIN = 0.4, 0.6
"""Where few words are the same, vectors alone have to bring more."""
_NEAR = 0.08
_QUESTION = 0.34
_NO = re.compile(r"^(no|nein|non)\b")
_YES = re.compile(r"^(yes|ja|si|oui)\b")
_AUXILIARY = frozenset(
    [
        "did",
        "does",
        "do",
        "is",
        "was",
        "are",
        "were",
        "has",
        "had",
        "hat",
        "ist",
        "war",
        "fue",
        "es",
        "est",
        "a",
    ]
)
_WHO = re.compile(r"^(who|by who|wer|quien|qui)\b")
_ASKING = re.compile(
    r"^(in |on |at |by |from )?(how many|how much|wie viele?|cuantos|cuantas|combien de|which|what|"
    r"when|where|who|whose|whom|why|how|wann|wo|wer|was|welche[rs]?|cuando|donde|quien|cual|que|"
    r"quand|ou|qui|quel|quelle|en que|en quelle)\b"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one source has to say of a claim.

    Args:
        source: Its number.
        passage: The id of the passage that fits best.
        score: How well it fits, about 0 to 1.
        holds: Whether it supports the claim.
        problem: What it lacks, or how it differs.
        sure: Whether the score is not near the line.
        lacks: 1 where it names nothing of what the claim is about, else 0.
    """

    source: int
    passage: str
    score: float
    holds: bool
    problem: str = ""
    sure: bool = True
    lacks: int = 0


@dataclass(frozen=True, slots=True)
class _Window:
    passage: str
    there: Claim
    around: Claim
    title: Claim
    parts: tuple[Claim, ...]

    def against(self, claim: Claim) -> str:
        """Name what stands against a claim, in one of the sentences or in both together."""
        for one in self.parts:
            if why := contradiction(claim, one):
                return why
        return misbound(claim, self.there)

    def covers(self, words: frozenset[str]) -> float:
        """Return the share of words that stand here; elsewhere in the source they count less."""
        close = covered(words, self.there.stems, self.title.stems, 0.8)
        wide = covered(words, self.there.stems, self.around.stems, 0.3)
        # The shorter of two places that say the same is the better one.
        return max(close, wide) - 0.03 * (len(self.parts) - 1)


class Judge:
    """Judges claims by numbered sources.

    Args:
        sources: The sources, the first is 1.
        embedder: Compares by meaning; None leaves it to the words.
    """

    def __init__(self, sources: Sequence[Source], embedder: Embedder | None) -> None:
        self._sources = sources
        self._embedder = embedder
        self._windows: dict[int, list[_Window]] = {}
        self._whole: dict[int, Claim] = {}
        self._vectors: dict[str, Vectors] = {}
        self._words: frozenset[str] = frozenset()

    def all(self, sentence: str, topic: Claim) -> list[Judgement]:
        """Judge a sentence by every source.

        Args:
            sentence: The sentence.
            topic: What it is about where it does not say so itself.
        """
        claim = read(sentence)
        return [self._one(claim, topic, number) for number in self._numbers()]

    def _one(self, claim: Claim, topic: Claim, number: int) -> Judgement:
        lacks = int(self._off_topic(claim, topic, number))
        best: Judgement | None = None
        against: Judgement | None = None
        for words, window in self._near(claim, number):
            lost = next(missing(claim, window.there, window.around, self._known(topic)), "")
            why = lost or window.against(claim)
            score = words if why or words >= _PLAIN else self._score(claim, window, words)
            if why:
                if against is None or score > against.score:
                    against = Judgement(number, window.passage, score, False, why, True, lacks)
                continue
            line = max(self._line(claim), _THIN if words < _LITTLE else 0.0) + 0.12 * lacks
            score -= _apart(claim, window)
            one = Judgement(
                number,
                window.passage,
                score,
                score >= line,
                sure=words >= _PLAIN or abs(score - line) > _NEAR,
                lacks=lacks,
            )
            if best is None or one.score > best.score:
                best = one
        if best is None or (against and _outweighs(against, best)):
            return against or Judgement(number, "", 0.0, False)
        return best

    def _line(self, claim: Claim) -> float:
        if claim.numbers or claim.dates:
            return _STRONG
        return _NAMED if any(one.sure for one in claim.names) else _BARE

    def _off_topic(self, claim: Claim, topic: Claim, number: int) -> bool:
        names = [one for one in topic.names if one.sure]
        if not names or any(one.sure for one in claim.names):
            return False
        return not any(has_name(one, self._text(number)) for one in names)

    def _near(self, claim: Claim, number: int) -> list[tuple[float, _Window]]:
        """Return the windows of a source that share most words with a claim, with that share."""
        words = _wanted(claim)
        ranked = []
        for window in self._of(number):
            facts = _facts(claim) & _facts(window.there)
            share = window.covers(words)
            ranked.append((share + 0.5 * len(facts), share, window))
        ranked.sort(key=lambda one: -one[0])
        return [(share, window) for _, share, window in ranked[:_WINDOWS]]

    def _score(self, claim: Claim, window: _Window, words: float) -> float:
        if self._embedder is None:
            return words
        mine, theirs = self._embed([claim.text, window.there.text])
        alike = float(mine @ theirs)
        if claim.numbers or claim.dates:
            # The facts are in place already: what is left is the wording.
            return max(0.5 * words + 0.5 * alike, alike - 0.2)
        return 0.5 * words + 0.5 * alike

    def _embed(self, texts: Sequence[str]) -> list[Vectors]:
        assert self._embedder is not None  # noqa: S101 - asked for by _score only
        new = [one for one in dict.fromkeys(texts) if one not in self._vectors]
        for text, row in zip(new, self._embedder.embed(new), strict=True):
            self._vectors[text] = row
        return [self._vectors[one] for one in texts]

    def _numbers(self) -> range:
        return range(1, len(self._sources) + 1)

    def _text(self, number: int) -> Claim:
        """Return all that was read of a source, with its title."""
        if number not in self._whole:
            source = self._sources[number - 1]
            self._whole[number] = read("\n".join([f"{source.title}.", *source.texts]))
        return self._whole[number]

    def _known(self, topic: Claim) -> frozenset[str]:
        """Return the words of all sources, and of what the user asked."""
        if not self._words:
            self._words = frozenset(
                word for number in self._numbers() for word in self._text(number).tokens
            )
        return self._words | frozenset(topic.tokens)

    def _of(self, number: int) -> list[_Window]:
        if number not in self._windows:
            source = self._sources[number - 1]
            passages = source.passages or tuple(Passage("p1", text) for text in source.texts)
            self._windows[number] = [
                window for one in passages for window in _cut(one, source.title, source.language)
            ]
        return self._windows[number]

    def subjects(self, claim: Claim) -> dict[int, str]:
        """Return the sources whose title is a name of the claim's, and that name."""
        found: dict[int, str] = {}
        for number in self._numbers():
            title = set(read(self._sources[number - 1].title).tokens)
            for name in claim.names:
                if set(name.words) <= title and name.shown not in found.values():
                    found[number] = name.shown
                    break
        return found

    def together(self, claim: Claim, pair: Iterable[int]) -> list[Judgement]:
        """Judge a claim by two sources at once; nothing where they do not support it."""
        held: list[Judgement] = []
        texts: list[str] = []
        for number in pair:
            near = self._near(claim, number)
            if not near or near[0][1].against(claim):
                return []
            texts.append(near[0][1].around.text)
            held.append(Judgement(number, near[0][1].passage, near[0][0], True, sure=False))
        both = read("\n".join(texts))
        if any(missing(claim, both, both)) or covered(_wanted(claim), both.stems) < _STRONG:
            return []
        return held

    def answers(self, answer: str, question: str) -> list[Judgement]:
        """Judge an answer of a few words by every source, each together with the question."""
        said = fold(answer)
        asked = question.strip().rstrip("?")
        if _YES.match(said) or _NO.match(said):
            return self._agreed(asked, bool(_YES.match(said)))
        begin = _ASKING.match(fold(asked))
        rest = asked[begin.end() if begin else 0 :].strip()
        if begin and _WHO.match(begin[0]) and " " in rest:
            verb, rest = rest.split(" ", 1)
            if fold(verb) not in _AUXILIARY:
                rest = f"{rest} {verb} by"
        counted = re.match(r"^(how many|how much|wie viel|cuant|combien)", fold(asked))
        whole = f"{answer.rstrip('.')} {rest}" if counted else f"{rest} {answer}"
        return [
            self._answered(read(answer), read(asked), read(whole), number)
            for number in self._numbers()
        ]

    def _answered(self, claim: Claim, asked: Claim, whole: Claim, number: int) -> Judgement:
        best = Judgement(number, "", 0.0, False)
        words = claim.stems - asked.stems or claim.stems
        for window in self._of(number):
            share = window.covers(asked.stems)
            share *= 0.6 ** sum(
                not has_number(one, window.around) for one in asked.numbers if not one.spelt
            )
            share *= 0.6 ** sum(not has_date(one, window.around) for one in asked.dates)
            lost = next(missing(claim, window.there, window.around), "")
            if not lost and covered(words, window.there.stems) < 0.99:
                lost = f'"{claim.text.strip(" .")}"'
            why = lost or window.against(whole)
            enough = share >= _QUESTION or len(asked.stems) < 2
            one = Judgement(number, window.passage, share, not why and enough, why)
            if (one.holds, not lost, one.score) > (best.holds, best.holds, best.score):
                best = one
        return best

    def _agreed(self, asked: str, yes: bool) -> list[Judgement]:
        found = self.all(asked, read(asked))
        if any(one.holds for one in found):
            opposite = "the source says the opposite"
            return found if yes else [replace(one, holds=False, problem=opposite) for one in found]
        against = [one for one in found if one.problem.startswith("the source")]
        if against and max(found, key=lambda one: one.score).problem:
            if yes:
                return found
            best = max(against, key=lambda one: one.score)
            return [replace(one, holds=one is best) for one in found]
        names = self.subjects(read(asked))
        if len(names) > 1:
            return [replace(one, holds=one.source in names, sure=False) for one in found]
        best = max(found, key=lambda one: one.score)
        if yes or best.score < _STRONG:
            return found
        return [replace(one, holds=one is best, sure=False) for one in found]

    def link(self, best: Judgement, answer: str, question: str) -> Judgement | None:
        """Return the source that leads from the question to the one with the answer."""
        text = self._text(best.source)
        asked = read(question)
        title = read(self._sources[best.source - 1].title)
        told = title if best.score < _PLAIN else text
        lacking = [one for one in asked.names if one.sure and not has_name(one, told)]
        if not lacking:
            return None
        found: list[Judgement] = []
        for number in self._numbers():
            there = self._text(number)
            if number == best.source or not any(has_name(one, there) for one in lacking):
                continue
            own = read(self._sources[number - 1].title)
            linked = any(has_name(one, there) for one in title.names) or any(
                has_name(one, text) or one in asked.names for one in own.names
            )
            near = self._near(asked, number)
            if linked and near:
                found.append(Judgement(number, near[0][1].passage, near[0][0], True))
        return max(found, key=lambda one: one.score, default=None)


def _apart(claim: Claim, window: _Window) -> float:
    """Return what a window loses whose names stand only near it: best it names them itself."""
    names = [one for one in claim.names if one.sure and not has_name(one, window.there)]
    return sum(0.04 if has_name(one, window.title) else 0.2 for one in names)


def _outweighs(against: Judgement, best: Judgement) -> bool:
    facts = ("the number", "the date", "the year", "the name")
    if against.problem.startswith(facts):
        return not best.holds and against.score > best.score
    return against.score > best.score + 0.05 or not best.holds


def _cut(passage: Passage, title: str, language: str) -> list[_Window]:
    """Cut a passage into its sentences, and into neighbouring two."""
    parts = [
        one.strip()
        for one in segments(passage.text, language or guess_language(passage.text))
        if one.strip()
    ]
    around = read(f"{title}.\n{passage.text}")
    name = read(title)
    subject = re.sub(r"\s*[(,|:–].*", "", title)
    if 0 < len(subject.split()) <= _TITLE and subject[0].isupper():
        parts = [_PRONOUN.sub(subject, one) for one in parts]
    told = [read(one) for one in parts]
    windows = [_Window(passage.id, one, around, name, (one,)) for one in told]
    for one, two in pairwise(told):
        both = read(f"{one.text} {two.text}")
        windows.append(_Window(passage.id, both, around, name, (one, two)))
    return windows


def _wanted(claim: Claim) -> frozenset[str]:
    """Return the words that a source must have beside the names."""
    names = content(word for one in claim.names if one.sure for word in one.words)
    return claim.stems - names


def _facts(claim: Claim) -> set[object]:
    return {
        *(one.value for one in claim.numbers),
        *(one.year or one.month for one in claim.dates),
        *(word for one in claim.names for word in one.words),
    }
