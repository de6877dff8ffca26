"""Sum up threads that have been quiet for a week, from the user's own words alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from memory.extract import Ask
from memory.memories import Memories
from memory.records import Draft

if TYPE_CHECKING:
    from agent.threads import Threads

WEEK = 7 * 86_400.0
"""Seconds after which a thread counts as quiet."""
TURNS = 4
"""Turns from which on a thread is worth a summary."""
CHARS = 3000
"""Characters of the user's words that are read, the last ones."""
SYSTEM = "You write down what a conversation was about. Reply with one JSON object."
PROMPT = (
    "These are the messages that one user sent in a conversation, in order:\n\n{said}\n\n"
    "Say in one or two sentences what the user wanted and what he told. Use only what stands "
    'there. Reply as {{"summary": "The user …"}}.'
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"summary": {"type": "string", "minLength": 10, "maxLength": 400}},
    "required": ["summary"],
    "additionalProperties": False,
}
TOKENS = 150


async def sum_up(threads: Threads, memories: Memories, ask: Ask, *, most: int = 3) -> int:
    """Write summaries of quiet threads that have none as they are now; return how many.

    Args:
        threads: The conversations.
        memories: Where summaries are kept.
        ask: Asks the model.
        most: How many at most.
    """
    done = 0
    for user_id, thread in await threads.index.quiet(before=time.time() - WEEK, turns=TURNS):
        if done >= most:
            break
        store, mark = memories.store, f"turns:{thread.turns}"
        known = await store.list(user_id=user_id, kinds=("summary",), thread_id=thread.id)
        if any(one.message == mark for one in known) or (await store.state(user_id=user_id)).paused:
            continue
        history = await threads.messages(user_id=user_id, thread_id=thread.id)
        said = [one["content"] for one in history if one["role"] == "user"]
        text = "\n".join(f"- {one}" for one in said)[-CHARS:]
        reply = await ask(SYSTEM, PROMPT.format(said=text), SCHEMA, max_tokens=TOKENS)
        summary = reply.get("summary", "").strip() if isinstance(reply, dict) else ""
        if not summary:
            continue
        draft = Draft(
            text=summary,
            kind="summary",
            said=thread.updated,
            thread_id=thread.id,
            message=mark,
            confidence=0.6,
            importance=0.3,
            source="summary",
        )
        await store.write(draft, user_id=user_id)
        await memories.forget([one.id for one in known], user_id=user_id)
        done += 1
    return done
