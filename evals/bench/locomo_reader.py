"""A model that answers questions about a conversation from what it is shown of it."""

from __future__ import annotations

from contextlib import aclosing

from agent.models.base import ChatModel, Message, ModelRequest, TextChunk
from evals.bench.locomo_data import Conversation
from evals.bench.locomo_score import UNKNOWN
from evals.bench.locomo_sides import spoken

SYSTEM = (
    "You answer questions about two people from what they said to each other. Answer with a few "
    "words, as exact as possible, and with words of theirs. For a question about a time, answer "
    f'with the date. If what they said does not hold the answer, write "{UNKNOWN}".'
)
ANSWER_TOKENS = 48
"""Tokens that an answer may have."""


def whole(conversation: Conversation) -> str:
    """Return a conversation with all of its turns."""
    return "\n".join(map(spoken, conversation.turns))


class Reader:
    """Asks a model with the same prompt, whatever it is shown.

    What is shown stands in front of the question, so that a whole conversation is read once.

    Args:
        model: The model.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def fits(self, conversation: Conversation) -> bool:
        """Tell whether a whole conversation fits the model's window."""
        messages = _messages(conversation, whole(conversation), "")
        tokens = await self._model.count_tokens(messages)
        return tokens is not None and tokens + 4 * ANSWER_TOKENS < self._model.info.context

    async def answer(self, conversation: Conversation, shown: str, question: str) -> str:
        """Return the model's answer.

        Args:
            conversation: What is asked about.
            shown: What the model is shown of it; empty for nothing.
            question: The question.
        """
        messages = _messages(conversation, shown, question)
        request = ModelRequest(messages, max_tokens=ANSWER_TOKENS, stop=("\n",))
        text = ""
        async with aclosing(self._model.stream(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, TextChunk):
                    text += chunk.text
        return text.strip()


def _messages(conversation: Conversation, shown: str, question: str) -> list[Message]:
    pair = f"{conversation.user} and {conversation.friend}"
    said = f"What {pair} said:\n{shown}" if shown else f"Nothing of what {pair} said is known."
    content = f"{said}\n\nQuestion: {question}\nAnswer in a few words."
    return [Message(role="system", content=SYSTEM), Message(role="user", content=content)]
