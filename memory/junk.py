"""What is said and need not be remembered: requests, fiction, fragments, moments, hearsay."""

from __future__ import annotations

import re

from memory.flat import flat
from memory.statements import Statement

_FICTION = re.compile(
    r"\b(?:write|compose|draft|continue|invent|make up|act|play|escribe|schreib\w*|ecris|ecrivez|"
    r"escreva|scrivi)\b[^.!?]*\b(?:story|diary|novel|scene|monologue|poem|song|lyrics|haiku|"
    r"fairy ?tale|dialogue|character|role|speech of|first[- ]person|as if|cuento|poema|gedicht|"
    r"geschichte|histoire|poeme|conto|poesia|racconto)\b|"
    r"\bas a (?:fictional|made[- ]up) \w+|\bin character\b|\b(?:it's|its) 1 april\b|\bapril fool"
)
_FIRST = re.compile(
    r"\b(?:i|i'm|im|i've|ive|i'd|i'll|my|mine|myself|we|we're|we've|we'd|we'll|our|ours|"
    r"yo|mi|mis|nosotros|nuestr\w+|ich|mein\w*|wir|unser\w*|je|j'|mon|ma|mes|nous|notre|nos|"
    r"soy|estoy|tengo|vivo|trabajo|odio|prefiero|estudio|naci|me gusta|me llamo|sou|estou|tenho|"
    r"moro|trabalho|gosto|prefiro|nasci|sono|ho|abito|lavoro|preferisco|mi chiamo|mi piace|"
    r"eu|meu|minha|meus|minhas|nosso|nossa|io|mio|mia|miei|mie|noi|nostr\w)\b"
)
_BARE = re.compile(
    r"(?:just |now |please |so |ok |and |then )*(?:[a-z']+ )?(?:me|us)\b|"
    r"(?:just |now |please |so |ok |and |then )*(?:parse|convert|translate|summari[sz]e|explain|"
    r"rewrite|shorten|list|compare|check|fix|proofread|calculate|format|turn|make|give|tell|teach|"
    r"show|suggest|draft|plan|name|pick|find|write|create|generate|help|remind)\b"
)
_DONE = re.compile(
    r"(?:finally |just |so |ok |and |also |still |now )*(?:moved?|started|got|bought|sold|quit|"
    r"left|found|switched|changed|joined|finished|became|married|posted|settled|signed|turned|"
    r"gave up|stopped|passed|failed|adopted|lost|won|retired|graduated|been|back|down|up|off|"
    r"living|working|studying|allergic|born|divorced|engaged|pregnant|no)\b"
)
_MOMENT = re.compile(
    r"\b(?:headache|hangover|hiccups|stung|ouch|sore throat|runny nose|sneez\w+|yawn\w*|cramps?|"
    r"kopfschmerzen|dolor de cabeza|mal de tete|dor de cabeca|mal di testa)\b"
)
_HEARSAY = re.compile(
    r"\b(?:claims?|claimed|reckons?|swears|insists) (?:that|he|she|they|his|her)\b"
)
_EMPTY = re.compile(
    r"^(?:i|we|they|he|she) (?:just |finally )?(?:got|did|made|love|like|know|hope|think|guess|"
    r"need|want|see|found|tried) (?:it|that|this|so|one|them)\W*$|"
    r"^(?:first|last) time\b|^just what\b|^(?:my|our|the) (?:\w+ ){0,2}\w+\W*$"
)
_UNSURE = re.compile(r"(?:if|wenn|falls|si|se|unless|suppose|imagine|breaking)\b")
_AGAIN = re.compile(
    r"\b(?:as|like) (?:i|we)(?:'ve)? (?:said|told you|mentioned|already said)\b|"
    r"\bas you (?:\w+ )?know\b|\bas ever\b|\bas always\b|, remember\b|"
    r"\bi(?:'ve)? already told you\b|\bas i've told you\b"
)
_SECRET = re.compile(r"\b(?:password|passwort|passcode|pin code|mot de passe|contrasena|senha)\b")
_NAMED = re.compile(r"(?<!^)\b[A-Z][\w'’-]{2,}|\d")
FEW = 2
"""Words up to which a clause without a known property says nothing."""


def fiction(text: str) -> bool:
    """Tell whether a message asks for fiction, so that "I" in it is nobody real."""
    return bool(_FICTION.search(flat(text)))


def again(text: str) -> bool:
    """Tell whether a sentence says of itself that it was said before."""
    return bool(_AGAIN.search(flat(text)))


def junk(one: Statement) -> bool:
    """Tell whether what a clause says will not matter later."""
    plain = flat(one.text).strip()
    if one.kind == "instruction":
        return False
    if _UNSURE.match(plain) or _HEARSAY.search(plain) or _SECRET.search(plain):
        return True
    own = bool(_FIRST.search(plain))
    if not own and one.subject == "user" and _BARE.match(plain):
        return True
    if one.attribute and one.value:
        return False
    if _MOMENT.search(plain) or _EMPTY.search(plain) or len(plain.split()) <= FEW:
        return True
    about = own or one.subject != "user" or bool(_DONE.match(plain))
    return not about and not _NAMED.search(one.text)
