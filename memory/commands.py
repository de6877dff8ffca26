"""What the user says of memory itself: remember that, forget that, in six languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from memory.flat import flat


@dataclass(frozen=True, slots=True)
class Command:
    """An order about memory.

    Args:
        kind: `remember` a statement, `forget` what has to do with it, or `forget_all`.
        statement: What it is about, in the user's words; empty for everything.
        rest: Whether the message asks something else, too.
    """

    kind: Literal["remember", "forget", "forget_all"]
    statement: str
    rest: bool = False


_POLITE = (
    r"(?:(?:please|pls|hey|ok(?:ay)?|also|and|oh|so|btw|now|just|assistant|can you|could you|would "
    r"you|"
    r"will you|i want you to|i'd like you to|you should|you can|bitte|por favor|s'il te plait|"
    r"s'il vous plait|per favore|kannst du|puedes|peux-tu|puoi|pode|podes)[,:]?\s+)*"
)
_THAT = (
    r"(?:\s+(?:bitte|por favor|stp|please))?(?:\s*[:,–-]+\s*|\s+)"
    r"(?:that\s+|the fact that\s+|dass\s+|que\s+|qu'|che\s+|di\s+)?"
)
_REMEMBER = (
    r"(?:remember|memori[sz]e|keep in (?:mind|memory)|bear in mind|note(?: down)?|make a note|take "
    r"note|"
    r"save(?: to memory)?|store|put (?:it )?in(?:to)? (?:your )?memory|write down|"
    r"(?:don't|do not|never) (?:ever )?forget|for the record|"
    r"merk(?:e)? dir|vergiss nicht|denk daran|behalte|notier\w* dir|"
    r"recuerda|acuerdate(?: de)?|apunta|anota|ten en cuenta|no olvides|guarda|"
    r"souviens-toi|rappelle-toi|retiens|note(?: bien)?|n'oublie pas|garde en memoire|"
    r"lembra-te(?: de)?|lembre(?:-se)?(?: de)?|lembra|anote|guarde|nao (?:te )?esquecas?|"
    r"ricorda(?:ti)?|tieni (?:a mente|presente)|annota|non dimenticare|memorizza)"
)
_FORGET = (
    r"(?:forget|delete|erase|remove|drop|wipe|unlearn|stop remembering|don't remember|do not "
    r"remember|"
    r"vergiss|losche|entferne|olvida(?:te de)?|borra|elimina|oublie|efface|supprime|"
    r"esquece|esqueca|apaga|apague|dimentica|cancella|scorda(?:ti)?)"
)
_ALL = (
    r"(?:everything|all(?: that| of it)?(?: you know| (?:your|the|my) memor(?:y|ies)| data)?|"
    r"(?:your|all|the) (?:whole )?memor(?:y|ies)(?: of me)?|alles(?:, was du)?|todo(?: lo que)?|"
    r"tout(?: ce que)?|tudo(?: o que)?|tutto(?: (?:quello|cio) che)?|anything)"
)
_KNOWN = (
    r"(?: (?:that )?(?:you (?:know|have|remember|learned|stored|saved)|i(?:'ve| have)? (?:ever "
    r")?(?:said|told you)|"
    r"uber mich|weisst|du (?:uber mich )?weist|sabes|sais|sabe|sai|tu sais|sai di me))*"
)
_OF_ME = r"(?: (?:about|of|on|uber|sobre|de|sur|di) (?:me|mich|mi|moi|mim))?(?: (?:weist|weiss))?"
_ALL_ORDER = re.compile(rf"^{_POLITE}{_FORGET} {_ALL}{_KNOWN}{_OF_ME}\s*[.!]*$")
_ALL_ABOUT = re.compile(
    rf"^{_POLITE}{_FORGET} (?:{_ALL}|what){_KNOWN}\s*"
    r"(?:about|of|regarding|uber|sobre|sur|su|de|da)\s+(?P<what>(?!me[.!]*$).+)"
)
_WHAT_SAID = re.compile(
    rf"^{_POLITE}{_FORGET} (?:what|was|lo que|ce que|o que|quello che) [\w' ]*?"
    r"(?:said|told you|know|mentioned|gesagt(?: habe)?|erzahlt(?: habe)?|dije|conte|dit|disse|"
    r"detto)"
    r"(?: you| dir)?\s*(?:about|of|regarding|uber|sobre|sur|su|de)\s+(?P<what>.+)"
)
_REMEMBER_ORDER = re.compile(rf"^{_POLITE}{_REMEMBER}{_THAT}(?P<what>\S.+)")
_REMEMBER_LATER = re.compile(
    r"^(?P<what>[^?]{6,}?)[,.;:!–-]+\s*(?:so |and |please |bitte |por favor )*(?:please )?"
    r"(?:remember (?:that|this|it)|keep (?:that|this|it) in mind|(?:don't|do not) forget (?:that|"
    r"this|it)|"
    r"note (?:that|this|it)|merk dir das|recuerdalo|apuntalo|retiens-le|lembra-te disso|"
    r"ricordatelo|"
    r"save (?:that|this|it))(?: please)?\s*[.!]*$"
)
_FORGET_ORDER = re.compile(
    rf"^{_POLITE}{_FORGET}{_THAT}(?:about |uber |sobre |sur |di |de )?(?P<what>\S.+)"
)
# What reads like an order and is none.
_NO_REMEMBER = re.compile(
    r"^(?:when|the time|how|what|where|who|to\b|me\b|us\b|if|whether|die zeit|wann|zu\b|cuando|de "
    r"(?!que)|quand|"
    r"quando|comprar|acheter|sul)"
)
_NO_FORGET = re.compile(
    r"^(?:it[.!]*$|that[.!]*$|this[.!]*$|to\b|the (?:last|first|previous|line|row|column|word|"
    r"sentence|file|"
    r"paragraph|comma|item|code|function|test)|line|row|column|word|all (?:files|rows|lines|the)|"
    r"(?:item|step|clause|point|section|slide|paragraph) |duplicates?|a |an |your (?:previous|"
    r"earlier|last) )"
)
# Words that are said of files and texts as well mean memory only where it is named.
_ACTING = re.compile(
    rf"^{_POLITE}(?:delete|erase|remove|drop|wipe|losche|entferne|borra|elimina|efface|supprime|"
    r"apaga|apague|cancella)\b"
)
_OF_MEMORY = re.compile(
    r"\b(?:you (?:know|have|remember|learned|stored|saved)|remember\w*|memor\w*|told you|i said|"
    r"(?:about|of) (?:me|my)|weisst|sabes|sais|sabe|sai|gemerkt|erinner\w*|uber mich|sobre mi\w*|"
    r"sur moi|su di me|ricord\w*|souvenir\w*)\b"
)
_ELSEWHERE = re.compile(
    r"\b\w+\.[a-z]{2,4}\b|\ba (?:note|file|list|mail|message)\b|"
    r"\b(?:in|into|to|as) (?:a |an |the |my )?(?:new )?(?:file|folder|note|notes|document|calendar|"
    r"list|spreadsheet|table|database|workspace|clipboard|variable|draft)s?\b"
)
_CHAT_FORGET = re.compile(
    r"\b(?:(?:i|we|he|she) (?:always |often |never )?(?:forgot|forget)|do(?:n't)? you remember|did "
    r"you (?:remember|forget)|"
    r"forget about it|never mind|forget it)\b"
)
_ANOTHER = re.compile(
    r"[.!;]\s+(?=\S)|,\s+(?:and |then |also |but )?(?=(?:can|could|would|will) you|what|how|where|"
    r"who|please|then)"
)


def command_of(text: str) -> Command | None:
    """Return the order about memory that a message gives; None where it gives none.

    Args:
        text: The message.
    """
    whole = " ".join(text.split())
    asks = whole.endswith("?")
    polite = re.match(
        r"(?i)(?:can|could|would|will) you (?:please )?(?:remember|forget|note)", whole
    )
    for piece, rest in _pieces(whole):
        plain = flat(piece).strip()
        if _CHAT_FORGET.search(plain) or (asks and not rest and not polite):
            continue
        if found := _command(piece, plain, rest):
            return found
    return None


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Cut a message where an order may begin or end: each piece, and whether there is more."""
    cuts = [0, *(found.end() for found in _ANOTHER.finditer(text)), len(text)]
    pieces = [text[a:b].strip() for a, b in pairwise(cuts)]
    pieces = [piece for piece in pieces if re.search(r"\w", piece)]
    many = len(pieces) > 1
    joined = [(" ".join(pieces), False)] if many and _REMEMBER_LATER.match(flat(text)) else []
    return joined + [(piece, many) for piece in pieces]


def _command(piece: str, plain: str, rest: bool) -> Command | None:
    offset = len(piece) - len(piece.lstrip())
    if _ELSEWHERE.search(plain) or (_ACTING.match(plain) and not _OF_MEMORY.search(plain)):
        return None
    if _ALL_ORDER.match(plain):
        return Command("forget_all", "", rest)
    for pattern in (_ALL_ABOUT, _WHAT_SAID):
        if found := pattern.match(plain):
            return Command("forget", _cut(piece, found, offset), rest)
    if (found := _REMEMBER_LATER.match(plain)) and not found["what"].startswith("if "):
        return Command("remember", _cut(piece, found, offset), rest)
    if (found := _REMEMBER_ORDER.match(plain)) and _is_statement(found["what"]):
        return Command("remember", _cut(piece, found, offset), rest)
    found = _FORGET_ORDER.match(plain)
    if not found or _NO_FORGET.match(found["what"]) or not _about_life(found["what"], plain):
        return None
    return Command("forget", _cut(piece, found, offset), rest)


def _is_statement(what: str) -> bool:
    return not _NO_REMEMBER.match(what) and len(what.split()) > 1


def _about_life(what: str, plain: str) -> bool:
    """Tell whether what is to be forgotten is of the user's life, not of a text at hand."""
    own = re.search(
        r"\b(?:i|i'm|i've|my|me|we|our|us|ich|mein\w*|mi|mis|yo|je|j'\w*|mon|ma|mes|eu|meu|minha|"
        r"io|mio|mia)\b",
        what,
    )
    return bool(own) or bool(
        re.match(
            r".*\b(?:forget|vergiss|olvida|oublie|esquece|dimentica) (?:that|dass|que|che)\b", plain
        )
    )


def _cut(piece: str, found: re.Match[str], offset: int) -> str:
    start, end = found.span("what")
    return piece[start + offset : end + offset].strip(" .!?,;:\"'")
