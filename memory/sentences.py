"""Cut a message into the user's own clauses: no code, no quotations, no text to be worked on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from memory.flat import flat

ClauseKind = Literal["statement", "question", "request", "fragment"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a sentence that can be judged by itself.

    Args:
        text: Its words.
        kind: What it is by its form.
        sentence: The number of the sentence that it is part of.
        quote: That sentence.
    """

    text: str
    kind: ClauseKind
    sentence: int
    quote: str


_FENCE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_QUOTED = re.compile(
    r"[\"“„«]([^\"“”„«»\n]+)[\"”“»]|(?<!\w)[‘']([^'’\n]+(?:['’]\w[^'’\n]*)*)['’](?!\w)"
)
_CODE_LINE = re.compile(
    r"^(?:\s{2,}\S|Traceback|\S*Error\b|E: |>>>|\$ |#include|import \w|from \w+ import|def |class |"
    r"(?:SELECT|INSERT|UPDATE|DELETE|CREATE) |\w+ ?= ?[\"'\[({]|[<{\[]|\./|.*[{};]\s*$|"
    r".*\w\(.*\).*[:;{]\s*$|.*=>|\d{4}-\d\d-\d\d[T ]\d\d:)"
)
# What follows is a text that the user wants something done with.
_WORK = (
    r"translat\w*|proof ?read\w*|correct|fix|rewrite|reword|rephrase|paraphrase|summari[sz]e|sum "
    r"up|"
    r"shorten|improve|edit|check|polish|count|spell ?check|reply to|answer|respond to|grammar|"
    r"turn|convert|make|format|continue|finish|complete|expand|simplify|read|analy[sz]e|explain|"
    r"ubersetze?\w*|korrigier\w*|verbesser\w*|prufe?|fass\w*|schreib\w*|formulier\w*|"
    r"traduc\w*|traduis\w*|traduz\w*|corrig\w*|resum\w*|reescrib\w*|reecri\w*|reescrev\w*|"
    r"riassum\w*|riscriv\w*|revis\w*|mejora\w*|ameliore\w*|melhor\w*|migliora\w*"
)
_TASK = re.compile(
    rf"(?:^|[.!?]\s+|[,:]\s+)(?:(?:ok|hey|hi|and|now|next|then|please|pls|can you|could you|"
    rf"would you|bitte|por favor|puedes|peux-tu|puoi|kannst du|pode)[,:]?\s+)*(?:{_WORK})\b"
    rf"[^:\n.!?]{{0,80}}(?::|\n|\s->)\s*"
)
_FOREIGN = re.compile(
    r"(?:^|[.!?\n]\s*)(?:subject|betreff|asunto|objet|oggetto|assunto|from|to|dear \w+|next|log|"
    r"quiz|riddle|for a (?:quiz|riddle)|here (?:is|are|comes)[^.!?:\n]{0,40}|bio|cover letter|"
    r"speech|"
    r"text|email|mail|review|user manual text|[^.!?\n]{0,40}(?:says?|said|writes?|wrote|reads?|"
    r"sagt|schreibt|dice|dit|ecrit|diz)(?: that)?)\s*:\s"
)
_ABOUT_TEXT = re.compile(
    r"\b(?:is|are|was|does|do|did)\s+(?:this|that|it|the|my)\s*(?:\w+\s+)?(?:sentences?|text|"
    r"english|"
    r"german|french|spanish|italian|portuguese|grammar|phrase|wording|line|translation|correct|"
    r"spam|fake|sound (?:ok|right|natural|good|fake)|read (?:ok|well))\b|"
    r"\b(?:correct|good|proper) (?:english|german|french|spanish|grammar)\b|"
    r"\bist (?:das|der satz) (?:so )?(?:richtig|korrekt)|\best-ce correct|\bes correcto\b|"
    r"\besta correct[ao]\b|\be corret[ta]o\b|^[^.?!]{3,}(?:<-|--) *(?:fix|correct|translate)"
)
_PRETEND = re.compile(
    r"\b(?:imagine|suppose|pretend|assume|assuming|role ?-?play|hypothetically|what if|let's say|"
    r"say i (?:had|were|was)|in a world|if i (?:were|was|had|could|lived|won|ever|moved|got)|"
    r"if we (?:were|had|moved)|as if i|act as|you are (?:a|an|the|my)|let's play|"
    r"(?:story|novel|game|poem|scene|film) (?:in which|where) i|in the (?:story|novel|game|scene)|"
    r"my (?:character|persona)|stell dir vor|angenommen|"
    r"tu so als|wenn ich \w+ (?:ware|hatte)|imagina|supongamos|supon|haz como|si (?:yo )?fuera|"
    r"imaginons|suppose que|si j'etais|si j'avais|faisons comme|imagine que|suponha|finge que|"
    r"se eu (?:fosse|tivesse)|immagina|supponi|fai finta|se (?:io )?(?:fossi|avessi))\b|"
    r"^(?:dear diary|arr+\b)"
)
_END = re.compile(r"(?:(?<=[.!?])[\"')\]]*\s+|\n+)")
_ABBREVIATED = re.compile(
    r"\b(?:mr|mrs|ms|dr|st|sr|sra|prof|no|nr|vs|e\.g|i\.e|etc|z\.b|d\.h|approx|ca|mme|mlle|bzw|"
    r"[a-hj-z])\.$"
)
_ORDINAL = re.compile(r"(?:^|[^\d.])\d{1,2}\.$")
_MONTH = re.compile(r"jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|dez")
_LEAD = re.compile(
    r"^(?:(?:btw|fyi|by the way|oh|ah|ok(?:ay)?|so|well|also|hey|hi|hello|and|but|yes|yeah|yep|no|"
    r"nope|ha+|lol|right|anyway|listen|look|guess what|just so you know|for the record|for context|"
    r"context|background|about me|"
    r"(?:quick|small|little|big|good|bad|great|funny|sad) (?:thing|note|news|info|update|one|"
    r"question|"
    r"heads[- ]up)|heads[- ]?up(?: on [\w ]+)?|update|note(?: to self)?|info|reminder|"
    r"just a (?:note|reminder)(?: that)?|as i said|as ever|like i (?:told|said) you|like i said|"
    r"did i (?:tell|mention) (?:you|that|it)\??|can you believe (?:it|this)|guess who[\w ]*|i told "
    r"you|you should know(?: that)?|"
    r"you know(?: what)?|asking (?:as|because|since)|cool|thanks|thank you|great|perfect|"
    r"por cierto|ah si|oye|hola|bueno|ubrigens|kurze info|hallo|also|ach(?: ja)?|au fait|"
    r"alors|salut|bonjour|d'ailleurs|ca y est|a proposito|ciao|allora|alias|aliás|oi|ola|"
    r"petit changement|entao)"
    r"(?:\s*[,:;!.…–—-]+\s*|\s+(?=(?:i|i'm|i've|my|we|our|so|also|and|just|yes|in|the|as|"
    r"ich|mein|yo|mi|je|mon|ma|eu|io|n?ot)\b)))+"
)
_REQUEST = (
    r"(?:can|could|would|will) (?:you|u)\b|please\b|pls\b|plz\b|"
    r"(?:(?:got |have )?any|some|gentle) (?:[\w-]+ ){0,3}(?:ideas?|tips?|suggestions?|ones?|advice|"
    r"recommendations?|thoughts|bets|podcasts|books|history|tricks)\b|"
    r"(?:what|how|where|which|who|why|when)(?:'s|'re)?\b(?! i | we | i'm)|"
    r"(?:suggest|recommend|give (?:me|us)|write|draft|help (?:me|us)?|tell me|show me|translate|"
    r"remind me|explain|find|list|plan|compare|use|keep|save|expect|ask(?:ing)? for|word|make me|"
    r"put it (?:in|on) your)\b|need (?:[\w-]+ ){0,3}(?:ideas?|help|tips?|slogan|names?)\b|"
    r"(?:is|are|do|does|did|should|shall|was|am) (?:i|it|that|this|there|you|we|he|she|they|my)\b|"
    r"(?:kannst|konntest) du|bitte\b|was\b|wie\b|wo\b|welche\w*|gib\b|schreib\b|"
    r"(?:puedes|podrias|me (?:ayudas|haces|das|dices))\b|que\b (?=.*\?)|"
    r"(?:peux|pourrais)-tu|tu peux|une idee|puoi\b|mi (?:scrivi|dai|fai|aiuti)|pode\b|me (?:ajuda|"
    r"da)\b"
)
_PIECE = (
    r"(?:[\w'-]+ ){0,2}(?:poem|story|song|limerick|haiku|joke|recipes?|e?mail|letter|toast|card|"
    r"list|menu|"
    r"ideas?|plan|playlist|speech|slogan|title|summary|jokes|names?|tips|gifts?) (?:for|about|to|"
    r"on|with|that)\b(?!.*\b(?:is|are)\b)"
)
_IS_REQUEST = re.compile(rf"^(?:so |and |then |now |ok |also )*(?:{_REQUEST}|{_PIECE})")
_VERB = (
    r"(?:am|is|are|was|were|have|has|had|live|lives|work|works|like|likes|love|loves|hate|hates|"
    r"eat|eats|drink|drinks|moved|started|go|goes|take|takes|do|does|don't|doesn't|can|can't|"
    r"never|always|only|now|keep|keeps|speak|speaks|play|plays|run|runs|prefer|prefers|got|"
    r"study|studies|teach|teaches|use|uses|sing|sings|turned|put|puts|need|needs|still|just|also|"
    r"[a-z]{3,}(?:s|ed))"
)
_SUBJECT = (
    rf"(?:(?:now |here |me, )?(?:i|we)(?:'\w+)?\b(?= \w)|"
    rf"(?:he|she|they)(?:'\w+| {_VERB})\b(?! (?:called|named))|"
    rf"(?:my|our) (?:[\w-]+ ){{1,3}}?(?:'s|{_VERB})\b|(?:my|our) \w+'s\b|the [\w-]+'s name\b|"
    r"(?:moi )?(?:je|j')\b|(?:ich|wir) \w+|(?:y )?(?:yo|mi \w+ (?:es|se|vive|trabaja))\b|"
    r"(?:und |jetzt )?wohne\b|(?:eu|io|noi)\b|(?:mein|meine) \w+ \w+t\b|"
    r"[a-z]+ is where (?:i|we)\b)"
)
_PART = re.compile(
    rf"\s*;\s*(?=\S)|,\s*(?=no [\w ]+ (?:ever|please)\b)|\s+-+\s+(?=\S)|\s*\((?={_SUBJECT})|"
    rf"\s*,\s*(?:(?:and|but|so|while|although|y|pero|und|aber|et|mais|e|ma|mas)\s+)?(?={_SUBJECT})|"
    rf"\s+(?:and|but|so|while|whereas|although|even though|und|aber|pero|et|mais|mas)\s+"
    rf"(?:now\s+)?(?={_SUBJECT})|"
    rf"\s*(?:[,;:]\s*(?:so|and|but|then)?\s*|\s(?:so|and|but)\s+)(?={_REQUEST})"
)
_ASKS = re.compile(
    r"^(?:and |but |so |ok |then |also )*(?:what|how|where|which|who|whose|why|when(?! you "
    r".*(?:always|never|please))|"
    r"(?:is|are|am|do|does|did|can|could|should|shall|will|would|has|have|was|were|may)"
    r"(?:n't)? (?:i|you|we|they|he|she|it|that|this|there|the|a|my|our|any\w*)|que|como|donde|"
    r"cual\w*|quien|cuando|"
    r"cuant\w*|was|wie|wo|wer|wann|warum|welche\w*|ist|sind|kann|soll|quel\w*|ou|comment|qui|quand|"
    r"pourquoi|est-ce|qual|quem|onde|quando|quanto|che|chi|dove|come|perche|cosa)\b"
)
_AS_I_AM = re.compile(
    r"^(?:since|because|as|given that|now that|seeing that|considering|as someone|als|da|weil|como|"
    r"comme|puisque|siccome|visto que)\s+(?=(?:i|we|i'm|we're|my|our|living|ich|yo|je|eu|io)\b)"
)


def own_text(text: str) -> str:
    """Return what the user says himself in a message; empty where nothing is his own."""
    plain = flat(text)
    if _PRETEND.search(plain) or _ABOUT_TEXT.search(plain):
        return ""
    text = _FENCE.sub(" … ", text)
    text = "\n".join(line for line in text.splitlines() if not _CODE_LINE.match(line))
    text = _QUOTED.sub(_placeholder, text)
    for pattern in (_TASK, _FOREIGN):
        if found := pattern.search(flat(text)):
            text = text[: found.start()]
    return text.strip()


def _placeholder(found: re.Match[str]) -> str:
    """Keep a title or nickname of a few words, and drop what another one said."""
    inner = found[1] or found[2]
    return found[0] if len(inner.split()) <= 3 and not inner.rstrip().endswith((".", "!")) else "…"


def sentences(text: str) -> list[str]:
    """Cut a text into sentences."""
    found: list[str] = []
    start = 0
    for cut in _END.finditer(text):
        before = flat(text[start : cut.start()])
        after = text[cut.end() : cut.end() + 4]
        dated = _ORDINAL.search(before) and (after[:1].islower() or _MONTH.match(flat(after)))
        if "\n" not in cut[0] and (_ABBREVIATED.search(before) or dated):
            continue
        found.append(text[start : cut.start()])
        start = cut.end()
    found.append(text[start:])
    return [one.strip() for one in found if re.search(r"\w", one)]


def clauses(text: str) -> list[Clause]:
    """Cut the user's own text into clauses, each with its form."""
    found: list[Clause] = []
    for number, sentence in enumerate(sentences(own_text(text))):
        found += _clauses_of(sentence, number)
    return _joined(found)


def _clauses_of(sentence: str, number: int) -> list[Clause]:
    plain = flat(sentence)
    lead = _LEAD.match(plain)
    start = lead.end() if lead and lead.end() < len(plain) else 0
    pieces: list[str] = []
    for cut in _PART.finditer(plain, start):
        together = re.fullmatch(r"\s+(?:and|und|y|et|e)\s+", cut[0])
        if together and _NAMED_ONLY.match(plain[start : cut.start()]):
            continue
        if plain[start : cut.start()].strip():
            pieces.append(sentence[start : cut.start()])
            start = cut.end()
    pieces.append(sentence[start:])
    asks = sentence.rstrip(" )\"'").endswith("?")
    if asks:
        pieces[-1:] = _told_first(pieces[-1])
    found = []
    for at, piece in enumerate(pieces):
        last = at == len(pieces) - 1
        kind = _form(piece, asks and last)
        found.append(Clause(_trimmed(piece), kind, number, sentence))
    return [one for one in found if re.search(r"\w", one.text)]


_TELLS_FIRST = re.compile(
    r"^(?:\W|so |and |well |ok |ich |als |as |since |because |in |on |at |after )*(?:i|i'm|i've|we|"
    r"we're|we've|my|our|"
    r"he|she|ich|wir|mein\w*|unser\w*|mi|mis|soy|tengo|vivo|trabajo|je|j'\w+|mon|ma|mes|notre|nous|"
    r"eu|meu|"
    r"minha|sou|moro|tenho|io|il mio|la mia|mio|mia|sono|ho|abito|lavoro|seit|"
    + "|".join(("[a-z]+'s", "[a-z]+ (?:is|has|lives|works|ist|vive|habite)"))
    + r")\b"
)


def _told_first(piece: str) -> list[str]:
    """Part "I've a rash, any advice?" before what it asks."""
    plain = flat(piece)
    if _ASKS.match(plain) or _IS_REQUEST.match(plain) or not _TELLS_FIRST.match(plain):
        return [piece]
    cut = max(plain.rfind(", "), plain.rfind("; "), plain.rfind(" - "))
    return [piece[:cut], piece[cut + 2 :]] if len(plain[: max(cut, 0)].split()) > 2 else [piece]


_NAMED_ONLY = re.compile(r"^(?:(?:my|our|mein\w*|mi|mon|ma) [\w-]+(?: \w+)?|[\w-]+|me)$")


def _form(piece: str, asks: bool) -> ClauseKind:
    plain = flat(piece).strip(" ,;:-")
    if _AS_I_AM.match(plain):
        return "statement"
    if asks or _ASKS.match(plain):
        return "question"
    if _IS_REQUEST.match(plain):
        return "request"
    return "statement" if len(plain.split()) > 1 else "fragment"


_AS_SAID = re.compile(
    r"[,;]?\s+(?:as (?:you know|i(?:'ve| have)? (?:said|told you|mentioned)|ever|always)|like i "
    r"said|by the way|"
    r"btw|fyi|lol|haha|remember|you know|just so you know|tbh|wie gesagt|como dije|comme je l'ai "
    r"dit)[.!]*$"
)


def _trimmed(piece: str) -> str:
    """Take a conjunction off the beginning and what says nothing off both ends."""
    if said := _AS_SAID.search(flat(piece)):
        piece = piece[: said.start()]
    piece = piece.strip(" ,;:-–—…(").rstrip(")") if "(" not in piece else piece.strip(" ,;:-–—…")
    plain = flat(piece)
    if found := _AS_I_AM.match(plain):
        cut = 0 if plain.startswith("as someone") else found.end()
        piece = piece[cut:]
    return piece


_OUTCRY = re.compile(
    r"^(?:new|moved|sold|got|bought|quit|left|back|married|rebranded|changed|switched)"
)
_OWN_SUBJECT = re.compile(
    r"\b(?:i|i'm|i've|we|we're|my|our|he|she|they|it|it's|ich|wir|yo|mi|je|eu|io|is|are|was|has|"
    r"have)\b"
)


def _in_one_breath(before: Clause, one: Clause) -> bool:
    if one.kind not in ("statement", "fragment") or before.kind not in ("fragment", "statement"):
        return False
    short = len(before.text.split())
    if short <= 2 and _OUTCRY.match(flat(before.text)):
        return True
    mute = not _OWN_SUBJECT.search(flat(one.text)) and len(one.text.split()) > 2
    return short <= 4 and mute and not re.match(r"(?i)still|never|gave|broke", one.text)


def _joined(found: list[Clause]) -> list[Clause]:
    """Join an exclamation of a word or two with what follows it in the same breath."""
    joined: list[Clause] = []
    for one in found:
        before = joined[-1] if joined else None
        if before and before.sentence != one.sentence and _in_one_breath(before, one):
            quote = f"{before.quote} {one.quote}"
            joined[-1] = replace(one, text=f"{before.text} {one.text}", quote=quote)
        else:
            joined.append(one)
    return joined
