"""What a new statement does to an old one of the same subject, as far as rules can tell."""

from __future__ import annotations

import difflib
import re
from typing import Literal

from memory import cues
from memory.attributes import single
from memory.flat import flat, same_value, stem, topics, words
from memory.people import SEVERAL, alike
from memory.records import USER, Draft, Record

Effect = Literal["same", "replaces", "corrects", "different", "unsure"]
_JOBS = frozenset({"job", "employer", "studies"})
_JOB_CHANGE = re.compile(
    r"\b(?:changed (?:jobs?|employers?|careers?)|switched (?:jobs?|careers?|courses?)|new job|quit|"
    r"left|"
    r"joined|unemployed|between jobs|self-employed|retired|laid off|let (?:me|everybody|everyone|"
    r"us) go|last shift|fired|resigned|"
    r"these days|no longer|changed de metier|change de metier|gekundigt|career change|got out of)\b"
)
_BESIDE = re.compile(
    r"\b(?:on (?:weekends|saturdays?|sundays?|the side)|also|part[- ]time job|side (?:job|gig|"
    r"business)|"
    r"besides|second job|in my (?:free|spare) time|as a hobby|volunteer\w*)\b"
)
_STRONG = re.compile(
    r"\b(?:now|these days|nowadays|from now on|no longer|any ?more|again|switched|changed|instead|"
    r"rebranded|"
    r"new|raised|is down to|jetzt|nicht mehr|ahora|ya|maintenant|desormais|agora|adesso|aussi|"
    r"tambien)\b"
)
_NUMBER = re.compile(
    r"\b(?:\d[\d.,:]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|hundred)\b"
)
LIKE = 0.55
"""Cosine from which two statements may be about the same thing."""
NEAR = 0.75
"""Cosine from which they are about the same thing."""
SAME = 0.95
"""Cosine from which they say the same, if their words and numbers agree too."""


def compare(new: Draft, old: Record, likeness: float) -> Effect:
    """Tell what a statement does to an old one that may be about the same subject.

    Args:
        new: The statement.
        old: What is remembered.
        likeness: The cosine of their vectors.
    """
    if new.subject != old.subject and not alike(new.subject, old.subject):
        # Somebody else in the same place, such as a new boss.
        named = new.attribute == "name" and old.attribute in ("name", "")
        if new.corrects:
            return "corrects" if named else "different"
        return "replaces" if named and _changes(new) else "different"
    if topics(new.text) == topics(old.text) and _numbers(new) == _numbers(old):
        return "same" if new.negated == old.negated else "replaces"
    if _adds_nothing(new, old):
        return "same"
    pair = {new.attribute, old.attribute}
    if (effect := _at_work(pair, new, old)) is not None:
        return effect
    if new.attribute and _one_property(new.attribute, old.attribute):
        if single(new.attribute):
            return _single(new, old, likeness)
        return _several(new, old, likeness)
    if pair == {"diet", "eats"} and _changes(new) and not new.negated:
        return "replaces"
    return _open(new, old, likeness)


def role(subject: str, draft: Draft) -> bool:
    """Tell whether somebody else may have had the role of a statement's subject, such as boss."""
    first, other = draft.subject.split()[:1], subject.split()[:1]
    several = bool(set(first) & SEVERAL) and not draft.corrects
    return first == other and draft.subject != USER and not several


def _at_work(pair: set[str], new: Draft, old: Record) -> Effect | None:
    """Tell a second job from a new one; None where neither is told."""
    if not pair <= _JOBS:
        return None
    if _BESIDE.search(flat(f"{new.text} {old.text}")):
        return "different"
    changed = len(pair) > 1 and _JOB_CHANGE.search(flat(f"{new.quote} {new.text}"))
    return "replaces" if changed else None


_FILLER = topics(
    "told tell said know known remember called named name is lives living have got we're sorry "
    "please always usually every also only mostly"
)


def _adds_nothing(new: Draft, old: Record) -> bool:
    """Tell whether all that a statement says is said by the old one."""
    names = frozenset(word for word in words(f"{new.subject} {old.subject}") if word != USER)
    said = topics(new.text) - _FILLER - names - topics(" ".join(names))
    known = topics(old.text)
    if new.negated != old.negated or new.corrects or not said <= known:
        return False
    if said:
        return len(said) > 1 or new.attribute == old.attribute
    # "My wife is called Aoife", where the wife has been Aoife in every word of hers.
    return new.attribute == "name" and new.subject == old.subject and " " in new.subject


def _one_property(one: str, other: str) -> bool:
    """Tell whether two names of attributes mean the same: `name:business`, `business pottery`."""
    if one == other:
        return True
    if "name:" not in one[:5] + other[:5] or ":" in one.removeprefix("name:") + other[5:]:
        return False
    first, second = (set(name.removeprefix("name:").split()) for name in (one, other))
    return bool(first & second)


def corrected_words(text: str) -> tuple[str, str] | None:
    """Read "I meant Anna, not Anne": the right word and the wrong one, which may be missing."""
    plain = flat(text)
    found = re.search(
        r"\b(?:meant|meinte|quise decir|voulais dire|volevo dire|quis dizer)(?: to (?:say|"
        r"write))?,? "
        r"(?P<right>[^,.;!?]+?)(?:,? (?:and )?(?:not|nicht|no|pas|non|nao) "
        r"(?P<wrong>[^,.;!?]+))?(?:[,.;!?]|$)",
        plain,
    ) or re.search(
        r"^(?:\W|sorry|oops|no|wait|actually|correction)*(?:it's|its|it is|that's|es ist) "
        r"(?P<right>[^,.;!?]+?),? (?:and )?not (?P<wrong>[^,.;!?]+)",
        plain,
    )
    if not found:
        return _said_but(text, plain)
    wrong = text[found.start("wrong") : found.end("wrong")] if found["wrong"] else ""
    return text[found.start("right") : found.end("right")].strip(), wrong.strip()


_SAID_BUT = re.compile(
    r"\bi (?:said|told you|wrote|typed|put|gave you) (?:that |it was |it's |my |the |number "
    r")*(?P<wrong>[^,.;!?]+?)"
    r"(?: (?:yesterday|before|earlier|last time|the other day))?,? but "
)
_IT_IS = re.compile(
    r"\b(?:it's|it is|its|make that|should be|es ist|es|e|c'est) (?P<right>[^,.;!?]+)"
)


def _said_but(text: str, plain: str) -> tuple[str, str] | None:
    """Read "I said nine but he is eight" and "scratch that, it's the 15th"."""
    if found := _SAID_BUT.search(plain):
        wrong = text[found.start("wrong") : found.end("wrong")]
        rest = [one[0] for one in _VALUE.finditer(text[found.end() :]) if one[0] != wrong]
        same = [one for one in rest if _sort(one) == _sort(wrong)]
        return ((same or rest)[0], wrong) if rest else None
    if found := _IT_IS.search(plain):
        right = text[found.start("right") : found.end("right")]
        right = re.split(r"\s+(?:with|and|in the|because|obviously|of course|sorry)\b", right)[0]
        return right.strip(), ""
    return None


_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_WORD_NUMBER = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|monday|tuesday|wednesday|"
    "thursday|"
    "friday|saturday|sunday"
)
_VALUE = re.compile(
    rf"(?i:\b(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTHS}\b|\b{_MONTHS} \d{{1,2}}(?:st|nd|"
    rf"rd|th)?\b|"
    rf"\d[\d.,:]*\d|\d(?:st|nd|rd|th)?|\b(?:{_WORD_NUMBER})\b)|"
    r"(?<![.!?] )(?<!^)\b[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)*"
)


def _sort(value: str) -> str:
    plain = flat(value)
    if re.search(_MONTHS, plain):
        return "date"
    if re.fullmatch(r"(?:the )?\d.*", plain):
        return "number"
    return "word" if re.fullmatch(_WORD_NUMBER, plain) else "name"


def _by_sort(old: str, right: str) -> str:
    """Put a date in place of a date, a number in place of a number, a name in place of a name."""
    news = list(_VALUE.finditer(f". {right}"))
    value = news[0][0] if news else right
    for found in _VALUE.finditer(old):
        if _sort(found[0]) == _sort(value) != "name" and flat(found[0]) != flat(value):
            return old[: found.start()] + value + old[found.end() :]
    return ""


def mended(old: str, right: str, wrong: str) -> str:
    """Put the right word in place of the wrong one; empty where it does not stand there."""
    spans = [
        *re.finditer(r"\w[\w'-]*", old),
        *re.finditer(r"[A-ZÀ-Þ][\w'-]*(?: [A-ZÀ-Þ][\w'-]*)+", old),
    ]
    if wrong:
        start = flat(old).find(flat(wrong))
        return old[:start] + right + old[start + len(wrong) :] if start >= 0 else ""
    close = [
        (difflib.SequenceMatcher(None, flat(one[0]), flat(right)).ratio(), one) for one in spans
    ]
    best = max(close, key=lambda pair: pair[0], default=None)
    if not best or best[0] < 0.6 or _sort(right) != "name":
        return _by_sort(old, right)
    return old[: best[1].start()] + right + old[best[1].end() :]


_COUNTED = re.compile(
    r"\b(?P<n>\d[\d.,:]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve) (?P<of>[a-z]+)"
)


def restated(new: Draft, old: Record) -> str:
    """Put a correction's value into the old statement, if that says more; empty where it cannot.

    "I work at Brightwell, in procurement" and "the company is Brightwater" make one statement.
    """
    if new.attribute and new.attribute == old.attribute and new.value and old.value in old.text:
        pair = (flat(new.value), flat(old.value))
        near = difflib.SequenceMatcher(None, *pair).ratio() > 0.6
        more = topics(old.text) - topics(new.text) - topics(old.value)
        if old.value and near and more and single(new.attribute):
            return old.text.replace(old.value, new.value, 1)
    counts = {found["of"]: found["n"] for found in _COUNTED.finditer(flat(new.text))}
    for found in _COUNTED.finditer(flat(old.text)):
        right = counts.get(found["of"], "")
        if right and right != found["n"]:
            return old.text[: found.start("n")] + right + old.text[found.end("n") :]
    return ""


def _single(new: Draft, old: Record, likeness: float) -> Effect:
    if new.value and old.value and same_value(new.value, old.value):
        return "same" if new.negated == old.negated else "replaces"
    if new.corrects:
        return "corrects"
    if new.negated and not old.negated and cues.ENDING.search(flat(new.text)):
        named = topics(new.value) or topics(new.text)
        return "replaces" if not new.value or named & topics(old.text) else "different"
    if new.attribute == "name" and set(old.subject.split()) & SEVERAL and not _changes(new):
        return "different"
    if not (new.value and old.value):
        return "replaces" if _changes(new) else "unsure"
    if topics(old.value) < topics(new.value) or topics(new.value) < topics(old.value):
        return "unsure" if _changes(new) else "different"
    vague = re.search(r"[A-Z\d]", old.value) and not re.search(r"[A-Z\d]", new.value)
    if vague and not _changes(new):
        return "different"
    return "replaces"


def _several(new: Draft, old: Record, likeness: float) -> Effect:
    shared = topics(new.value or new.text) & topics(old.value or old.text)
    if new.corrects and (shared or likeness > LIKE):
        return "corrects"
    if not shared:
        return "unsure" if _changes(new) and likeness > LIKE else "different"
    if new.negated != old.negated:
        return "replaces"
    if _numbers(new) != _numbers(old) or _changes(new):
        return "replaces" if likeness > LIKE else "different"
    return "same" if likeness > SAME else "different"


def _open(new: Draft, old: Record, likeness: float) -> Effect:
    shared = topics(new.text) & topics(old.text)
    if not shared or likeness < 0.35:
        return "unsure" if likeness > NEAR else "different"
    if new.corrects:
        return "corrects"
    if cues.ENDING.search(flat(new.text)) and not old.negated:
        return "replaces"
    if old.negated and not new.negated and _DONE.search(flat(new.text)):
        return "replaces"
    if new.negated != old.negated and (likeness > LIKE or len(shared) > 1):
        return "replaces" if _changes(new) or len(shared) > 1 else "unsure"
    if _counts_differ(new, old):
        return "replaces"
    counted = _numbers(new) and _numbers(old) and _numbers(new) != _numbers(old)
    if counted and likeness > LIKE:
        return "replaces" if likeness > 0.65 or len(shared) > 1 or _changes(new) else "unsure"
    if _STRONG.search(flat(new.text)) and likeness > 0.45:
        return "replaces" if not new.attribute or not old.attribute else "unsure"
    if _changes(new) and likeness > 0.4:
        return "replaces" if likeness > LIKE and not new.attribute else "unsure"
    return "unsure" if likeness > NEAR else "different"


_DONE = re.compile(
    rf"{cues.LIFE.pattern}|\b(?:went|been|visited|tried|can|do|does) (?:to |now |again )?"
)


_NOT_COUNTED = frozenset(("months", "years", "days", "hours", "minutes", "a", "in", "on", "of"))


def _counts_differ(new: Draft, old: Record) -> bool:
    """Tell whether both count the same things, with another result."""
    counts = {stem(found["of"]): found["n"] for found in _COUNTED.finditer(flat(old.text))}
    return any(
        counts.get(stem(found["of"]), found["n"]) != found["n"] and found["of"] not in _NOT_COUNTED
        for found in _COUNTED.finditer(flat(new.text))
    )


def _changes(new: Draft) -> bool:
    return bool(cues.CHANGE.search(flat(f"{new.quote} {new.text}")))


def _numbers(one: Draft) -> set[str]:
    return {word for word in words(one.text) if _NUMBER.fullmatch(word)}
