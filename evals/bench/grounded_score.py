"""How an answer is judged against the answer that was expected, and against what it cites.

Words are compared as HotpotQA's and SQuAD's evaluations do: in lower case, without punctuation,
articles and more than one space.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.passages import sentences
from tools.ranking import words

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_MARK = re.compile(r"\s*\[(\d+(?:\s*[,;]\s*\d+)*)\]")
_BEHIND = re.compile(r"([.!?])((?:\s*\[\d+(?:\s*[,;]\s*\d+)*\])+)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\b[^\W\d_][\w'’-]*")
# What opens a sentence with a capital and is no name.
_OPENING_WORDS = (
    "he she they we you i there these those yes no both neither either all some many most several "
    "one two his her its their after before since during while however although according when "
    "because between not only"
)
_OPENERS = frozenset(_OPENING_WORDS.split())
CLOSED = ("yes", "no")
SHORT_CHARS = 240
"""Characters up to which a refusal may stand anywhere in an answer."""
_SAID_IN = r"(?:sources?|(?:search )?results?|pages?|passages?|documents?|texts?|context|articles?)"
_SAYS = (
    r"(?:say|mention|tell|contain|give|provide|state|specif|include|answer|have|list|address|"
    r"explain|name|hold|cover|describe|discuss|show|offer|indicate|support|seem|appear)"
)
_REFUSALS = re.compile(
    "|".join(
        (
            rf"\b{_SAID_IN}(?: \w+){{0,4}} (?:do|does|did)(?: not|n't)(?: \w+)? {_SAYS}",
            rf"\bnot (?:\w+ ){{0,3}}(?:in|by|from|among|on) (?:\w+ ){{0,4}}{_SAID_IN}\b",
            rf"\b(?:none|nothing) (?:of|in|from) (?:\w+ ){{0,3}}{_SAID_IN}\b",
            rf"\bno {_SAID_IN}(?: \w+){{0,4}} {_SAYS}",
            r"\bno (?:\w+ ){0,2}(?:information|mention|answer|evidence|details|data|sources)\b",
            r"\bnothing (?:\w+ ){0,2}found\b",
            r"\bno (?:\w+ ){0,2}results\b",
            r"\b(?:could|can|did|was|were|am)(?: not|not|n't)(?: be)?(?: able to)?(?: \w+ly)? "
            r"(?:find|found|answer|answered|determine|determined|tell|locate|located|looked|give|"
            r"provide|say|verify|confirm|identify)",
            r"\bunable to (?:find|answer|determine|tell|locate|give|provide|say|verify|confirm)",
            r"\bi(?:'m| am)? (?:do not|don't|not) (?:know|have|sure)",
            r"\bnot (?:known|specified|mentioned|stated|provided|available|given|found|clear)\b",
            r"\b(?:insufficient|not enough|lack of|lacks?) (?:\w+ )?(?:information|context|detail)",
            r"^(?:i'm|i am)? ?sorry\b",
        )
    )
)


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of an answer that cites something.

    Args:
        text: The sentence without its marks.
        numbers: What it cites, each once.
    """

    text: str
    numbers: tuple[int, ...]


def normalised(text: str) -> str:
    """Return a text in lower case, without punctuation, articles and more than one space."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLE.sub(" ", bare).split())


def exact(answer: str, gold: str) -> bool:
    """Tell whether an answer is the expected one, word for word."""
    return normalised(answer) == normalised(gold)


def f1(answer: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of an answer's words.

    Yes and no are right or wrong: no words are shared with them.
    """
    one, other = normalised(answer), normalised(gold)
    if one != other and (one in CLOSED or other in CLOSED):
        return 0.0
    said, wanted = one.split(), other.split()
    return _mean(_shared(said, wanted), len(said), len(wanted))


def recall(answer: str, gold: str) -> float:
    """Return the share of the expected words that an answer has."""
    said, wanted = normalised(answer).split(), normalised(gold).split()
    return _shared(said, wanted) / len(wanted) if wanted else 0.0


def contains(answer: str, gold: str) -> bool:
    """Tell whether the expected answer stands in an answer; yes and no must be its first word."""
    said, wanted = normalised(answer), normalised(gold)
    if wanted in CLOSED:
        return said.split()[:1] == [wanted]
    return bool(wanted) and f" {wanted} " in f" {said} "


def rouge_l(answer: str, gold: str) -> float:
    """Return the F-measure of the longest common subsequence of words (Lin, 2004)."""
    said, wanted = normalised(answer).split(), normalised(gold).split()
    row = [0] * (len(wanted) + 1)
    for word in said:
        before = row
        row = [0]
        for at, other in enumerate(wanted):
            row.append(before[at] + 1 if word == other else max(row[at], before[at + 1]))
    return _mean(row[-1], len(said), len(wanted))


def refuses(text: str) -> bool:
    """Tell whether an answer says that there is no answer to be had.

    Its first sentence must say so, or any if the answer is short.
    """
    flat = " ".join(bare(text).lower().replace("’", "'").split())
    if not flat:
        return False
    spans = sentences(flat)
    head = flat[: spans[0][1]] if spans and len(flat) > SHORT_CHARS else flat
    return bool(_REFUSALS.search(head))


def bare(text: str) -> str:
    """Return an answer without the marks of its citations."""
    return _MARK.sub("", text).strip()


def cited_sentences(text: str) -> list[Cited]:
    """Return the sentences of an answer that cite something; marks behind a full stop count."""
    moved = _BEHIND.sub(r"\2\1", text)
    found = []
    for start, end in sentences(moved):
        sentence = moved[start:end]
        groups = (_NUMBER.findall(mark) for mark in re.findall(r"\[([\d\s,;]+)\]", sentence))
        numbers = [int(one) for group in groups for mark in group for one in mark.split(",")]
        if numbers:
            found.append(Cited(bare(sentence), tuple(dict.fromkeys(numbers))))
    return found


def holds(sentence: str, passage: str) -> bool:
    """Tell whether a passage holds all numbers and names of a sentence.

    A sentence without any must share half of its words with the passage.
    """
    numbers = {_plain(one) for one in _NUMBER.findall(sentence)}
    if numbers - {_plain(one) for one in _NUMBER.findall(passage)}:
        return False
    known = set(words(passage))
    names = {stem for name in _names(sentence) for stem in words(name)}
    if names or numbers:
        return names <= known
    said = set(words(sentence))
    return len(said & known) * 2 >= len(said)


def bootstrap(values: Sequence[float], *, draws: int = 2000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of a mean, by drawing the values again (Efron, 1979)."""
    if not values:
        return 0.0, 1.0
    draw = random.Random(seed)  # noqa: S311 - a draw of values is no secret
    size = len(values)
    means = sorted(sum(draw.choices(values, k=size)) / size for _ in range(draws))
    return means[int(0.025 * draws)], means[int(0.975 * draws) - 1]


def holds_fact(shown: str) -> Callable[[str], bool]:
    """Return what tells whether a sentence stands in a text, whatever its spaces and signs."""
    known = f" {normalised(shown)} "
    return lambda fact: f" {normalised(fact)} " in known


def _names(sentence: str) -> list[str]:
    """Return the words of a sentence with a capital, without one that only opens it."""
    found = []
    short = len(sentence.split()) <= 3
    for name in _WORD.finditer(sentence):
        if not name[0][0].isupper():
            continue
        opens = not sentence[: name.start()].strip(" \"'“(")
        alone = not short and not sentence[name.end() :].lstrip()[:1].isupper()
        if not opens or not (alone or name[0].lower() in _OPENERS):
            found.append(name[0])
    return found


def _plain(number: str) -> str:
    return number.replace(",", "")


def _shared(said: Sequence[str], wanted: Sequence[str]) -> int:
    return sum((Counter(said) & Counter(wanted)).values())


def _mean(shared: int, said: int, wanted: int) -> float:
    return 2 * shared / (said + wanted) if shared else 0.0
