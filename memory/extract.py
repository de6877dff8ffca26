"""What of a message is worth remembering: the user's own clauses that say something lasting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from memory import cues
from memory.deciding import decide
from memory.flat import flat
from memory.junk import fiction, junk
from memory.people import RELATIONS, SEVERAL, alike, joined, subject_of
from memory.records import CHARS, USER, Draft
from memory.refusing import secret_in
from memory.sentences import Clause, clauses, own_text
from memory.statements import Statement, read
from memory.store import Message


class Ask(Protocol):
    """One completion of a model that is held to a schema."""

    async def __call__(
        self, system: str, prompt: str, schema: Mapping[str, Any], *, max_tokens: int
    ) -> Any | None:
        """Return the parsed reply; None where there is none to be had."""


_RELATIONS = frozenset(RELATIONS.values())
_WORD = re.compile(r"[^\W\d_]{2,}")


def worth_reading(text: str) -> bool:
    """Tell whether a message may hold something to remember; costs no model."""
    return bool(_WORD.search(text)) and bool(_candidates(text, 0.0, ())[0])


async def extract(message: Message, ask: Ask | None, *, known: Sequence[str] = ()) -> list[Draft]:
    """Return what is worth remembering of a message, in the user's own words.

    Args:
        message: The message.
        ask: A model for the clauses that rules do not understand; None goes without.
        known: Subjects that the user has spoken of.
    """
    found, context = _candidates(message.text, message.said, known)
    kept = [one for one in found if one.sure or one.likely]
    unsure = [one for one in found if one not in kept]
    if ask and unsure:
        lasting = await decide(context, unsure, ask)
        kept = [one for one in found if one in kept or one.text in lasting]
    return [_draft(one, message) for one in kept if one.text and not secret_in(one.quote)]


@dataclass(slots=True)
class _Reading:
    """What is known while the clauses of a message are read one after the other."""

    said: float
    known: Sequence[str]
    corrects: bool
    before: str = ""
    found: list[Statement] = field(default_factory=list)

    def take(self, clause: Clause) -> None:
        """Read one clause."""
        plain = flat(clause.text)
        meant = re.search(
            r"\bmeant\b|\bmeinte\b|\bquise decir|\bvoulais dire|\bvolevo dire|\bquis dizer", plain
        )
        if self.corrects and not meant and len(cues.CORRECTING.sub("", plain).split()) < 3:
            return
        one = read(
            clause, said=self.said, known=self.known, before=self.before, corrects=self.corrects
        )
        if one is None:
            about = subject_of(clause.text, known=self.known)
            if about not in ("", USER):
                self.before = about
            return
        if one.subject != USER:
            one = self._named(one)
            self.before = one.subject
        self.found += _apart(one)

    def _named(self, one: Statement) -> Statement:
        """Give a relation the name it was given before in the message."""
        told = [other.subject for other in self.found if alike(other.subject, one.subject)]
        new = re.search(r"\b(?:new|neu\w*|nuev\w|nouvel\w*|nov[oa]|nuov\w)\b", flat(one.quote))
        subject = joined(one.subject, told if new else [*told, *self.known])
        if self.before and subject == self.before and _of_another(one.text):
            name = self.before.split()[-1].title()
            relation = self.before.split()[0]
            known = " " in self.before and (relation in SEVERAL or relation not in _RELATIONS)
            name = name if known else f"My {relation}"
            one = replace(one, text=_with_name(one.text, name))
        return replace(one, subject=subject)


def _of_another(text: str) -> bool:
    """Tell whether a clause begins with a pronoun for somebody else."""
    return bool(re.match(r"(?i)(?:he|she|her|his|they)\b", text))


def _with_name(text: str, name: str) -> str:
    return re.sub(r"^(\w+)('s)?(.*)$", lambda m: f"{_owner(m, name)}{m[3]}", text, flags=re.DOTALL)


def _owner(found: re.Match[str], name: str) -> str:
    return f"{name}'s" if flat(found[1]) in ("her", "his", "their") else f"{name}{found[2] or ''}"


_FROM_TO = re.compile(
    r"\b(?:mov\w+|switch\w+|chang\w+|relocat\w+|went|transferr\w+)\b[^.;]*?"
    r"(?P<from>\bfrom (?P<old>(?!\d)[^,.;]{2,40}?) )to (?=\S)"
)
_NOT_OLD = re.compile(
    r"[,;]?\s+(?:and |e |y |und )?(?:not|nicht|no|pas|nao|non) (?P<old>[^,.;!?]+)"
)


def _apart(one: Statement) -> list[Statement]:
    """Part "I moved from Paris to Rome" into what holds and what held before."""
    plain = flat(one.text)
    found = _NOT_OLD.search(plain) if one.corrects and "meant" not in plain else None
    if found and len(plain[: found.start()].split()) > 1:
        return [replace(one, text=one.text[: found.start()].strip(), negated=False)]
    if found := _FROM_TO.search(plain):
        start, end = found.span("from")
        new = replace(one, text=one.text[:start] + one.text[end:])
        old = one.text[found.start("old") : found.end("old")]
        was = replace(
            one, text=one.text[:end].strip(), value=old, past=True, until=one.since, since=None
        )
        return [was, new]
    return [one]


def _candidates(text: str, said: float, known: Sequence[str]) -> tuple[list[Statement], str]:
    """Read a message; return what may last, and the user's own text."""
    own = own_text(text)
    if not own or fiction(own):
        return [], ""
    reading = _Reading(said, known, bool(cues.CORRECTING.search(flat(own))))
    for clause in clauses(text):
        reading.take(clause)
    seen: dict[str, Statement] = {}
    for one in reading.found:
        seen.setdefault(flat(one.text), one)
    told = [one for one in seen.values() if not _told_better(one, reading.found)]
    return [one for one in told if not junk(one)], own


def _told_better(one: Statement, found: Sequence[Statement]) -> bool:
    """Tell whether "he changed schools" is followed by which one he is at."""
    return bool(one.attribute) and not one.value and any(
        other.attribute == one.attribute and alike(other.subject, one.subject) and other.value
        for other in found
    )  # fmt: skip


def _draft(one: Statement, message: Message) -> Draft:
    until = one.until
    if one.past and (until is None or until > message.said):
        until = message.said
    text = one.text[:CHARS]
    return Draft(
        text=text,
        kind=one.kind,
        subject=one.subject,
        attribute=one.attribute,
        value=one.value,
        negated=one.negated,
        corrects=one.corrects,
        said=message.said,
        since=one.since,
        until=until,
        thread_id=message.thread_id,
        message=message.message,
        quote="" if one.quote == text else one.quote[:CHARS],
        confidence=0.9 if one.sure else 0.6,
        importance=one.importance,
        scope=message.scope,
    )
