"""Rules that tell from a clause what it says: of whom, which property, which value, since when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import cues
from memory.asides import named_beside, pet_in, taken_for_granted
from memory.attributes import Attribute, attribute_of, known_by_name
from memory.flat import flat, stem
from memory.people import (
    FIRST_PERSON,
    OWN_VERBS,
    RELATIONS,
    SEVERAL,
    THIRD,
    named,
    subject_of,
)
from memory.records import USER, Kind
from memory.sentences import Clause
from memory.times import FOREVER, times_in


@dataclass(frozen=True, slots=True)
class Statement:
    """What a clause says, as far as rules can tell.

    Args:
        text: The clause.
        quote: The sentence that it stands in.
        subject: Whom it is about.
        attribute: The property that it tells; empty where none is known.
        value: The property's value; empty where it is unclear.
        kind: What kind of record it is.
        negated: Whether it says that something is not so, or no longer.
        corrects: Whether it says that something said before was wrong.
        past: Whether it tells of something that is over.
        since: From when on it holds, in seconds since the epoch.
        until: Until when it held.
        sure: Whether the rules understood it: otherwise a model had better be asked.
        importance: How much it matters, 0 to 1.
        likely: Whether it had better be kept where there is no model to ask.
    """

    text: str
    quote: str
    subject: str = USER
    attribute: str = ""
    value: str = ""
    kind: Kind = "fact"
    negated: bool = False
    corrects: bool = False
    past: bool = False
    since: float | None = None
    until: float | None = None
    sure: bool = True
    importance: float = 0.5
    likely: bool = True


WEAK = frozenset({"likes", "eats", "school", "children", "name", "age", "size", "partner"})
"""Attributes whose patterns are too loose to speak for a clause without a person in it."""
_TO_SELF = re.compile(r"\b(?:don't (?:let me )?forget|remind me|remember to)\b")
_NOBODY = re.compile(
    r"^(?:it|this|that|there|here|they|what|which|these|those|you|your)\b(?!'s not me)"
)


def read(
    clause: Clause,
    *,
    said: float,
    known: Sequence[str] = (),
    before: str = "",
    corrects: bool = False,
) -> Statement | None:
    """Read a clause; None where it holds nothing that lasts.

    Args:
        clause: The clause.
        said: When it was said, in seconds since the epoch.
        known: Subjects that the user has spoken of.
        before: The third person that was spoken of last.
        corrects: Whether the message says that something was wrong before.
    """
    if clause.kind == "question":
        return _embedded(clause, said, known) or _relation_in(clause)
    plain = flat(clause.text)
    if clause.kind == "request" or _is_instruction(plain):
        return _instruction(clause, plain) or _embedded(clause, said, known)
    core = clause.text[_core(plain) :]
    plain = flat(core)
    told = attribute_of(core)
    firm = bool(told and known_by_name(told.name) and told.name not in WEAK)
    if _passes(plain, corrects, firm) or cues.SARCASM.search(flat(clause.quote)):
        return _relation_in(clause)
    subject = _subject(core, plain, told, known, before, corrects or clause.kind == "fragment")
    if not subject:
        return None
    one = _statement(clause, plain, subject, told, said, corrects)
    return one or _relation_in(clause)


def _core(plain: str) -> int:
    """Return where a clause begins behind a few words with a colon or an exclamation mark."""
    found = re.match(r"^[^:!]{2,60}(?:\s?:|!+)\s+", plain)
    return found.end() if found and _OWN_START.match(plain[found.end() :]) else 0


_OWN_START = re.compile(
    r"^(?:since \w+ |now |my |our |i |i'm |i've |we |we're |he |she |il mio |il |mi |mein\w* |je |"
    r"j'|soy |eu |"
    r"bin |ich |the (?:company|place) )"
)


def _is_instruction(plain: str) -> bool:
    asked = cues.INSTRUCTION.search(plain) and cues.STYLE.search(plain)
    own = re.search(
        r"\b(?:i|we|my|he|she|je|ich|yo|eu|io)\b(?!.*\b(?:please|for me|to me)\b)", plain
    )
    return bool(asked and (not own or re.match(r"when(?:ever)? you|in everything", plain)))


def _instruction(clause: Clause, plain: str) -> Statement | None:
    """Keep how the assistant is to behave from now on; a request for one answer is not kept."""
    told = attribute_of(clause.text)
    if told and told.name == "address-as" and told.value:
        return Statement(
            clause.text, clause.quote, attribute=told.name, value=told.value, kind="instruction",
            importance=0.9,
        )  # fmt: skip
    lead, _, rest = flat(clause.quote).partition(":")
    ordered = cues.INSTRUCTION.search(f"{lead} {plain}" if rest else plain)
    lasting = ordered and cues.STYLE.search(plain)
    if not lasting or re.search(r"\b(?:today|tonight|this time|for now)\b", plain):
        return None
    negated = bool(re.search(r"\bnever\b|\bno\b|n't\b|\bstop\b|\bleave out\b", plain))
    return Statement(clause.text, clause.quote, kind="instruction", negated=negated, importance=0.8)


def _embedded(clause: Clause, said: float, known: Sequence[str]) -> Statement | None:
    """Keep what a question or a request takes for granted: "is it odd that I work nights?"."""
    for text, firm in taken_for_granted(clause.text):
        piece = Clause(text, "statement", clause.sentence, clause.quote)
        one = read(piece, said=said, known=known)
        if one and (one.sure or not firm) and one.attribute != "likes":
            return one
    return None


def _relation_in(clause: Clause) -> Statement | None:
    """Keep who somebody is that a question names in passing, as in "our daughter Maeve"."""
    for text, name in named_beside(clause.text):
        subject = subject_of(text)
        if " " in subject:
            return Statement(
                text,
                clause.quote,
                subject=subject,
                attribute="name",
                value=name,
                kind="relation",
            )
    return None


def _passes(plain: str, corrects: bool, firm: bool) -> bool:
    """Tell whether a clause is small talk, of the moment, a joke or a note to himself."""
    if cues.EMPTY.match(plain) or cues.SARCASM.search(plain) or _TO_SELF.search(plain):
        return True
    if cues.OPINION.search(plain) and not cues.CHANGE.search(plain):
        return True
    if re.match(r"as an? [\w -]+ (?:i|we)\b", plain):
        return False
    lasting = cues.LIFE.search(plain) or re.search(
        r"\bfirst time\b|\b(?:went|came|been) to [a-z]+ (?:in|last) (?!the)|\b(?:always|every|"
        r"usually|never|mostly|often|each|these days|now it's)\b",
        plain,
    )
    first = re.split(r"[,;]", plain)[0]
    shown = first if len(first.split()) > 2 else plain
    if lasting or corrects:
        return False
    loose = () if firm else (cues.PROGRESSIVE, cues.PASSING)
    return any(one.search(shown) for one in (cues.MOMENTARY, *loose))


def _subject(
    text: str,
    plain: str,
    told: Attribute | None,
    known: Sequence[str],
    before: str,
    corrects: bool,
) -> str:
    if pet := pet_in(text):
        return pet
    subject = subject_of(text, known=known, before=before)
    if told and told.name == "home" and re.match(r"[\w' -]+ is (?:\w+ ){0,2}home\b", plain):
        return USER
    if subject or _NOBODY.match(plain):
        return subject if subject else USER if corrects and "not" in plain else ""
    if THIRD.match(plain):
        return ""
    if cues.FRAGMENT.match(plain) or cues.VERB_FIRST.match(plain) or corrects:
        return USER
    if re.search(
        r"\b(?:from now on|no longer|any ?more|got (?:postponed|cancelled|moved|changed))\b", plain
    ):
        return USER
    if name := named(text):
        personal = told and told.name not in ("likes", "eats", "name") and len(name.split()) == 1
        return name if personal and (told and told.name != "origin") else ""
    loose = cues.CHANGE.search(plain) and told and told.value
    return USER if loose or (told and told.name.startswith("favourite")) else ""


def _denies(plain: str, value: str) -> bool:
    """Tell whether what a clause says first is denied: "black, no sugar" is not."""
    parts = re.split(r"[,;]", plain)
    first = parts[0] if len(parts[0].split()) > 2 else plain
    told = next((part for part in parts if value and flat(value).split(",")[0] in part), first)
    denied = cues.NEGATED.search(told)
    # "Sold up and moved to Zadar" does not deny Zadar.
    soft = denied and value and cues.SOFT.fullmatch(denied[0]) and cues.TAKES_UP.search(told)
    return bool(denied and not soft)


def _moment(plain: str) -> bool:
    """Tell whether the first part of a clause is something of every day."""
    first = re.split(r"[,;]", plain)[0]
    shown = first if len(first.split()) > 2 else plain
    return bool(cues.EVERYDAY.search(shown)) and not cues.LIFE.search(shown)


def _statement(
    clause: Clause, plain: str, subject: str, told: Attribute | None, said: float, corrects: bool
) -> Statement | None:
    told = _fitted(told, subject)
    if _is_nothing(plain, subject, told, corrects):
        return None
    past = bool(cues.PAST.search(plain))
    life = bool(cues.LIFE.search(plain))
    personal = _is_personal(plain, subject)
    since, until = _span(clause.text, said, past)
    one = Statement(
        clause.text,
        clause.quote,
        subject=subject,
        kind="event" if life and told is None else "fact",
        negated=_denies(plain, told.value if told else ""),
        corrects=corrects,
        past=past,
        since=since,
        until=until,
        sure=bool(told),
        likely=personal or life or corrects,
    )
    if told is None:
        return one
    one = replace(
        one,
        attribute=told.name,
        value=told.value,
        importance=told.importance,
        kind=_KINDS.get(told.kind, one.kind),
    )
    if told.name in WEAK and not personal:
        return replace(one, sure=False)
    if told.name == "name" and subject in _RELATIONS and told.value:
        return replace(one, subject=_with_told_name(subject, told.value, plain, corrects))
    return one


_KINDS: dict[str, Kind] = {
    "preference": "preference",
    "relation": "relation",
    "instruction": "instruction",
}


def _fitted(told: Attribute | None, subject: str) -> Attribute | None:
    """Call a property what it is for this subject: "my GP is Dr Osei" tells a name."""
    if told is None:
        return None
    if told.name in _RELATION_STEMS and re.match(r"[A-ZÀ-Þ]", told.value):
        return replace(told, name="name", kind="relation")
    if told.name == "employer" and subject.split()[0] in _CHILDREN:
        return replace(told, name="school")
    return told


def _is_nothing(plain: str, subject: str, told: Attribute | None, corrects: bool) -> bool:
    """Tell whether a clause is of every day, of the task, of intentions, or says no more."""
    if _moment(plain) and (told is None or told.name in WEAK):
        return True
    if told is None or not known_by_name(told.name):
        first = re.split(r"[,;]", plain)[0]
        task = (
            cues.TASK.search(first if len(first.split()) > 2 else plain)
            and not _ALWAYS.search(plain)
            and not corrects
        )
        says = subject != USER and cues.SAYS.search(plain) and not cues.LIFE.search(plain)
        if task or says:
            return True
    if told is None:
        few = len(re.findall(r"\w+", plain)) < 3 and subject == USER and not corrects
        return few or bool(_POINTS.match(plain))
    if told.name == "home" and cues.TASK.search(flat(told.value)):
        return True
    # What may come to be ends nothing.
    intended = told.single and cues.INTENT.search(plain)
    return bool(intended) or bool(not told.value and _NOBODY.match(plain))


def _is_personal(plain: str, subject: str) -> bool:
    """Tell whether a clause speaks of a person, or of a change that is somebody's."""
    if subject != USER or cues.HABIT.match(plain) or cues.FRAGMENT.match(plain):
        return True
    if FIRST_PERSON.search(plain) or OWN_VERBS.search(plain[:60]):
        return True
    turns = cues.CHANGE.search(plain) or cues.ENDING.search(plain) or cues.NEGATED.search(plain)
    return bool(turns) and not _moment(plain)


def _with_told_name(relation: str, name: str, plain: str, corrects: bool) -> str:
    """Tell bosses apart by the name that is told; "the dog is Waffles now" is the known dog."""
    if relation in SEVERAL and (corrects or re.search(r"\b(?:now|renamed)\b", plain)):
        return relation
    words = [word for word in re.findall(r"[\w-]+", flat(name)) if word not in _TITLES]
    return f"{relation} {words[0]}" if words else relation


_ALWAYS = re.compile(r"\b(?:always|every|usually|never|often|for a living|works?|worked)\b")
_RELATIONS = frozenset(RELATIONS.values())
_RELATION_STEMS = frozenset(stem(name) for name in RELATIONS)
_POINTS = re.compile(
    r"^(?:this|that|these|those|nothing|something|anything)\b(?!(?:'s| is) (?:my|our))"
)
_CHILDREN = frozenset(("son", "daughter", "child", "niece", "nephew", "grandson", "granddaughter"))
_TITLES = frozenset("mr mrs ms dr frau herr prof sra sr mme the a".split())  # noqa: SIM905


def _span(text: str, said: float, past: bool) -> tuple[float | None, float | None]:
    """Read since when and until when a statement holds."""
    since = until = None
    for one in times_in(text, said):
        if one.ends:
            until = one.until if one.until < FOREVER else None
        elif one.begins or (one.since > -FOREVER and not past):
            since = one.since
        elif past and one.until < FOREVER:
            until = one.until
    return since, until
