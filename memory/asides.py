"""What a clause says on the side: whom it names, and what a question takes for granted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory.flat import flat
from memory.people import RELATIONS

_BESIDE = re.compile(
    r"\b(?:[Mm]y|[Oo]ur) (?:[\w-]+ )?(?P<rel>[\w-]+),? (?P<name>[A-ZÀ-Þ]\w+)(?: "
    r"(?P<more>[A-ZÀ-Þ]\w+))?"
)
_SUBCLAUSE = re.compile(
    r"\b(?:that|because|since|now that|given that|as|considering(?: that)?|weil|dass|da|porque|ya "
    r"que|"
    r"parce que|puisque|perche|visto che) (?P<piece>(?:i|i'm|i've|we|we're|we've|my|our|ich|wir|"
    r"mein\w*|"
    r"yo|mi|tengo|soy|vivo|je|j'\w+|mon|ma|eu|meu|minha|io|ho|sono)\b[^,?]*(?:, (?!can|what|how|is|"
    r"do)[^,?]*)?)"
)
_WHO = re.compile(
    r"\b(?P<piece>(?:my|our) (?:[\w-]+ ){1,3}?(?:\w+ )?,? ?(?:who|which)(?:'s| \w+)[^,?]*)"
)
_OF_MINE = re.compile(
    r"\b(?P<piece>(?:my|our) (?:new |current |own )?(?:[\w-]+ )?(?:place|flat|house|home|apartment|"
    r"job|office|"
    r"shifts?|studio|school|course|degree|team|club|car|business|shop|garden|allotment) (?:at|in|"
    r"on|near|with) "
    r"[\w' &-]+|my (?:[\w-]+ )?(?:allergy|intolerance|asthma|diabetes|arthritis|migraines?)\b(?: "
    r"to [\w ]+)?|"
    r"(?:as|being) an? (?:vegan|vegetarian|coeliac|diabetic|[\w -]+?(?:er|or|ist|nurse|chef|"
    r"cook))\b)"
)


def taken_for_granted(text: str) -> Iterator[tuple[str, bool]]:
    """Yield pieces of a question that tell something, and whether they must be understood."""
    plain = flat(text)
    for pattern in (_SUBCLAUSE, _WHO, _OF_MINE):
        if found := pattern.search(plain):
            piece = text[found.start("piece") : found.end("piece")].strip(" ,.;:?!")
            yield piece, pattern is _SUBCLAUSE


def named_beside(text: str) -> Iterator[tuple[str, str]]:
    """Yield "our daughter Maeve" and the name in it, wherever it stands."""
    for found in _BESIDE.finditer(text):
        if flat(found["rel"]) != flat(found["name"]):
            yield found[0], found["name"]


_PET = re.compile(
    r"\b(?:adopted|got|have|has|bought|own|rescued|haben|habe|tengo|tenemos)\b[^.!?]*?\b(?:an?|"
    r"another|"
    r"second|first|new|einen|eine|un|una) (?:[\w-]+ ){0,2}?(?P<pet>[\w-]+)\b[^.!?]*?"
    r"(?:called|named|calls? (?:him|her|it)|heis+t|se llama|name is) (?P<name>\w+)"
)


def pet_in(text: str) -> str:
    """Read "we adopted a greyhound called Bandit", where the user is not somebody else."""
    plain = flat(text)
    found = _PET.search(plain)
    if not found or not re.search(r"\b(?:i|we|i've|we've|wir|ich|hemos|tengo)\b", plain):
        return ""
    kind = RELATIONS.get(found["pet"], "")
    return f"{kind} {found['name']}" if kind in ("dog", "cat", "horse", "rabbit") else ""
