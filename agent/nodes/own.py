"""Look in the user's own documents first, where these are near to what is asked.

It costs no call of the model: likeness and words tell whether it is worth it. Whether the
documents hold the answer is judged as it is with pages; if not, the turn goes on without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.lookup import MOST_WORDS
from agent.models.base import Usage
from agent.models.calls import Call
from agent.models.protocol import Decision
from agent.state import Context, Entry
from tools.own_documents import NAME
from tools.ranking import words as content_words

if TYPE_CHECKING:
    from memory.documents import FoundPassage

COMPARED = 5
"""Passages of which the nearest one decides."""
NEAR = 0.45
"""Likeness from which on a passage that shares half of the question's words is near enough."""
NEAR_OWN = 0.35
"""The same where the question is about the user's own things, of which the web knows nothing."""
VERY_NEAR = 0.65
"""Likeness from which on it needs to share no word."""
HALF = 0.5
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|did|does|do|has|"
    r"have|had|can|could|may|must|should|find|look up|search|show me|tell me|according to|in my|"
    r"quién|qué|cuándo|dónde|cuál|cuánto|cómo|busca|wer|was|wann|wo|welche\w*|wie|wieviel|darf|"
    r"muss|such\w*|finde|qui|quand|où|quel\w*|comment|combien|cherche|quem|quando|onde|qual|"
    r"quanto|chi|dove|quale|come|cerca)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:my|our|mine|mi|mis|nuestr[oa]s?|mein\w*|unser\w*|mon|ma|mes|notre|nos|meus?|minhas?|"
    r"noss[oa]s?|mi[oae]i?|miei|nostr[oaie])\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:my|our|the|own) (?:own )?(?:documents?|files?|notes?|papers?|folders?|pdfs?)\b|"
    r"\baccording to (?:my|the)\b|\bmis (?:documentos|notas|archivos)\b|"
    r"\bmein\w* (?:dokumente\w*|notizen|dateien|unterlagen)\b|\bmes (?:documents|notes|fichiers)\b|"
    r"\bmeus (?:documentos|arquivos)\b|\b(?:i )?miei (?:documenti|appunti|file)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"```|https?://|\b(?:above|just said|said earlier|last answer)\b", re.I)


async def search_own(text: str, message: Entry, ctx: Context) -> Decision | None:
    """Return the search of the user's documents that a turn begins with, or None.

    Args:
        text: What is asked, as it can be understood alone.
        message: The user's message.
        ctx: The turn.
    """
    memory, tool = ctx.parts.memory, ctx.toolbox.get(NAME)
    if memory is None or tool is None or not _asks(text):
        return None
    # What is remembered of the user answers better.
    if any(one["why"] in ("name", "attribute") for one in message.get("recalled", ())):
        return None
    found = await memory.documents.search(text, user_id=ctx.user_id, limit=COMPARED)
    if not near_enough(text, found):
        return None
    call = Call("own_0", NAME, {"query": text})
    return Decision("", (call,), "", "tool_calls", Usage(), looked_up=text)


def near_enough(question: str, found: Sequence[FoundPassage]) -> bool:
    """Tell whether passages are so near to a question that they may well answer it."""
    if _NAMED.search(question):
        return any(one.shared > 0 for one in found)
    near = NEAR_OWN if _OWN.search(question) else NEAR
    several = len(set(content_words(question))) > 1
    return any(
        one.likeness >= VERY_NEAR
        or (one.likeness >= near and one.shared >= HALF)
        or (one.shared >= 1.0 and several)
        for one in found
    )


def only_own(turn: Sequence[Entry]) -> bool:
    """Tell whether a turn has looked into the user's documents, and nowhere else."""
    calls = [call["name"] for entry in turn for call in entry.get("tool_calls", ())]
    return bool(calls) and set(calls) == {NAME}


def without_own(turn: Sequence[Entry]) -> list[Entry]:
    """Return a turn without its look into the user's documents."""

    def own(entry: Entry) -> bool:
        return bool(entry.get("looked_up")) and (entry.get("name") == NAME or only_own([entry]))

    return [one for one in turn if not own(one)]


def _asks(text: str) -> bool:
    few = 2 <= len(text.split()) <= MOST_WORDS
    return few and bool(_ASKS.search(text)) and not _ELSEWHERE.search(text)
