"""Short questions to the model about what to search for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import date
from typing import Any

from agent.errors import ModelError
from agent.models.base import ChatModel, EndChunk, Message, ModelRequest, TextChunk, Usage
from agent.state import Entry

SYSTEM = "You prepare web searches. Reply with one JSON object and nothing else."
SAID_CHARS = 600
"""Characters of each earlier message that are shown."""
SAID = 4
"""Earlier messages that are shown."""
REPLY_TOKENS = 200
LANGUAGES = {
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pt": "Portuguese",
}


async def standalone(
    model: ChatModel, question: str, before: Sequence[Entry], *, language: str, today: date
) -> tuple[str, str, Usage]:
    """Write a question so that it can be understood alone, and in English.

    Args:
        model: The model.
        question: The question as it was asked.
        before: The conversation before it.
        language: Its language in two letters.
        today: The day on which it is asked.

    Returns:
        The question, the same in English (an empty string where it is English already), and
        what the model call cost. Where the model fails, the question stays as it was.
    """
    said = "\n".join(
        f"{'User' if entry['role'] == 'user' else 'Assistant'}: {entry['content'][:SAID_CHARS]}"
        for entry in [one for one in before if one["role"] != "tool" and one["content"]][-SAID:]
    )
    foreign = language != "en"
    wanted = {"question": "the last message as a full question that names who or what it is about"}
    if foreign:
        wanted["question"] += f", in {LANGUAGES[language]}"
        wanted["english"] = "the same question in English"
    told = f"Conversation:\n{said}\n\n" if said else ""
    prompt = f"{told}Today is {today:%d %B %Y}. The last message is:\nUser: {question}"
    reply, usage = await _ask(model, prompt, wanted)
    written = str(reply.get("question") or "").strip() or question
    return written, str(reply.get("english") or "").strip() if foreign else "", usage


async def follow_ups(
    model: ChatModel, question: str, evidence: str, tried: Sequence[str], most: int
) -> tuple[list[str], Usage]:
    """Name further searches for what is still missing.

    Args:
        model: The model.
        question: The question.
        evidence: What was found until now; empty for the parts of a question to begin with.
        tried: What was searched for already.
        most: Searches that are wanted.

    Returns:
        Queries that were not tried, and what the model call cost.
    """
    if evidence:
        head = f"What was found:\n\n{evidence}\n\nThis does not answer the question yet: {question}"
        wanted = {"queries": "short web searches for what is still missing"}
    else:
        head = f"Question: {question}"
        wanted = {"queries": "short web searches, one for each part of the question"}
    reply, usage = await _ask(model, head, wanted, most=most)
    listed = reply.get("queries")
    queries = [" ".join(str(one).split()) for one in listed] if isinstance(listed, list) else []
    known = {one.lower() for one in tried}
    return list(dict.fromkeys(one for one in queries if one and one.lower() not in known)), usage


async def _ask(
    model: ChatModel, prompt: str, wanted: Mapping[str, str], most: int = 0
) -> tuple[dict[str, Any], Usage]:
    """Ask for an object with some members; an empty one where the model does not give it."""
    explained = "; ".join(f'"{name}": {what}' for name, what in wanted.items())
    messages: list[Message] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"{prompt}\n\nReply with JSON. {explained}."},
    ]
    listed = {"type": "array", "minItems": 1, "maxItems": most, "items": {"type": "string"}}
    schema = {
        "type": "object",
        "properties": {name: listed if most else {"type": "string"} for name in wanted},
        "required": list(wanted),
        "additionalProperties": False,
    }
    request = ModelRequest(
        messages=messages,
        schema=schema if model.info.schema else None,
        max_tokens=REPLY_TOKENS,
        seed=0,
    )
    text, usage = "", Usage()
    try:
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, TextChunk):
                    text += chunk.text
                elif isinstance(chunk, EndChunk):
                    usage = chunk.usage
    except ModelError as error:
        if not error.transient:
            raise
    return _object(text), usage


def _object(text: str) -> dict[str, Any]:
    """Return the object in a reply, whatever stands around it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1]) if start >= 0 else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
