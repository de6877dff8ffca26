"""Names that lead from what was found to what is still missing.

A question such as "Where was the author of that book born?" names neither the author nor the
place. What is found for it names the author; a second search, for that name, finds the place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.ranking import words

LEAST_WORDS = 6
"""Words of its own that a question has at least, when it joins two facts."""
COVERED = 0.8
"""Share of a question's words in one passage from which on it holds the question whole."""
LOOKED_AT = 4
"""Passages whose names are taken."""
_ASKING_WORDS = (
    "also been between both day date during first former how kind long many most much name named "
    "old other same than then two type used year"
)
_ASKING = frozenset(_ASKING_WORDS.split())
_PART = r"[A-Z0-9À-ÞĀ-Ž][\w'’.&-]*"
# A point behind a whole word or a number ends a sentence, and a name with it.
_GAP = r"(?<![a-zß-ÿ]{3}\.)(?<!\d\.)\s+"
_NAME = re.compile(
    rf"[A-ZÀ-ÞĀ-Ž][\w'’.&-]*(?:{_GAP}(?:(?:of|the|de|and|in|for|von|van|la|der|di|du)\s+)*{_PART})*"
)
_AND = re.compile(r"\s+(?:and|or)\s+")
_OWN = re.compile(r"[\"“]([^\"”]{3,60})[\"”]")


def incomplete(question: str, found: Sequence[str]) -> bool:
    """Tell whether a question joins facts that no single one of the best passages holds.

    Args:
        question: The question.
        found: The passages, each with its title in front, the best first.
    """
    asked = set(words(question)) - _ASKING
    if len(asked) < LEAST_WORDS:
        return False
    held = (len(asked & set(words(text))) / len(asked) for text in found[:LOOKED_AT])
    return max(held, default=1.0) < COVERED


def bridges(question: str, found: Sequence[tuple[str, str]], most: int) -> list[str]:
    """Return the names that are worth a search of their own, the likeliest first.

    These are the question's own names of which no page was found, and then names in the best
    passages that the question does not have.

    Args:
        question: The question.
        found: Title and text of the passages, the best first.
        most: Names that are wanted.
    """
    titles = [set(words(title)) for title, _ in found]
    asked = set(words(question))
    own = [
        name
        for name in [*_OWN.findall(question), *asked_for(question)]
        if len(words(name)) > 1 and not any(set(words(name)) <= title for title in titles)
    ]
    rated: dict[str, float] = {}
    for place, (title, text) in enumerate(found[:LOOKED_AT]):
        for name in names(text):
            parts = set(words(name))
            if len(name) < 3 or not parts or parts <= asked or parts <= set(words(title)):
                continue
            worth = 1 / (1 + place) + 0.3 * (len(parts) > 1)
            rated[name] = max(rated.get(name, 0.0), worth)
    led = sorted(rated, key=lambda name: -rated[name])
    return list(dict.fromkeys([*own, *led]))[:most]


def asked_for(question: str) -> list[str]:
    """Return the names in a question, each by itself; the first run is how it begins."""
    return [one for run in names(question)[1:] for one in _AND.split(run)]


def names(text: str) -> list[str]:
    """Return the runs of words with capital letters in a text, in their order."""
    return [found[0].strip(" ,.'’") for found in _NAME.finditer(text)]


def is_about(title: str, name: str) -> bool:
    """Tell whether a page is the one about a name, by its title."""
    about = set(words(re.sub(r"\(.*?\)| [-–|].*", "", title)))
    wanted = set(words(name))
    return bool(about and wanted) and (about <= wanted or wanted <= about)
