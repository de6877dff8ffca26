"""What a property of a person is, and how its row in a table is written."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a person.

    Args:
        name: Its name.
        tells: Patterns of statements that tell it, with the value as a group.
        asks: The pattern of questions that ask it.
        single: Whether a person has one value of it at a time.
        kind: The kind of record.
        importance: How much it matters, 0 to 1.
    """

    name: str
    tells: tuple[re.Pattern[str], ...]
    asks: re.Pattern[str]
    single: bool = True
    kind: str = "fact"
    importance: float = 0.5


PAST = re.compile(
    r"\b(?:used to|previous(?:ly)?|formerly|former|in the past|at first|originally|"
    r"(?:did|was|were|had) (?:i|my|our|we|he|she|they)\b.*(?:\bbefore\b|\bfirst\b|\bstart\b|"
    r"\bold\b|"
    r"\bback\b|until|\?)|what was|who was|where was|where did|how did|my old|our old|'s old|"
    r"have i (?:\w+ )?\w+ed|in (?:my|his|her) old|did .* (?:before|use to)|"
    r"before (?:that|this|i|the|we|he|she)\b|"
    r"fruher|vorher|damals|fruhere\w*|ehemalige\w*|antes|anterior\w*|solia|antiguo|antigua|avant|"
    r"auparavant|ancien\w*|prima|precedente|em tempos|costumava|antig[ao])\b"
)


def row(
    name: str,
    tells: str,
    asks: str,
    *,
    single: bool = True,
    kind: str = "fact",
    importance: float = 0.5,
) -> Property:
    """Compile a row: its patterns stand one a line; a line with a bar goes on with the last."""
    whole = re.sub(r"\n\s*\|", "|", tells.strip())
    lines = [line.strip() for line in whole.splitlines() if line.strip()]
    patterns = tuple(re.compile(line) for line in lines)
    return Property(name, patterns, re.compile(asks), single, kind, importance)


# A person's verb may stand behind "just", "now" and the like.
NOW = r"(?:(?:just|now|currently|recently|still|also|already|jetzt|ahora|agora|adesso) )*"
AM = r"(?:i'm|i am|im|we're|we are|he's|she's|\w+ is|\w+'s|me and [\w ]+ are)"
RELATIVE = (
    r"(?:sister|brother|mother|mum|mom|father|dad|son|daughter|wife|husband|partner|girlfriend|"
    r"boyfriend|dog|cat|boss|friend|niece|nephew|baby|boy|girl|puppy|kitten|business|boat|doctor|"
    r"nanny|dentist|cousin|uncle|aunt|grandma|grandpa|neighbou?r|flatmate|colleague|teacher)"
)
