"""The record of one thing that is remembered: what was said, of whom, by whom, since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fact", "preference", "event", "relation", "instruction", "summary"]
"""What a record is: a lasting fact, a taste, something that happened, how people stand to each
other, how the assistant should behave, or the gist of a whole thread."""
Ended = Literal["", "changed", "corrected"]
"""Why a record no longer holds: it does (empty), it was true until then, or it never was."""
KINDS: tuple[Kind, ...] = ("fact", "preference", "event", "relation", "instruction", "summary")
USER = "user"
"""The subject and the speaker of what the user says of himself."""
CHARS = 2000
"""Characters that one record may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Something to be remembered that has no place in the store yet.

    Args:
        text: One statement in the speaker's own words, such as "I moved to Rome in May".
        kind: What it is.
        subject: Whom it is about: `user`, or a name or relation in lower case, such as `ana` or
            `sister`.
        attribute: Which property of the subject it tells, such as `home`; empty where unknown.
        value: The property's value, such as `Rome`; empty where unknown.
        negated: Whether it says that the property does not have this value, or no longer.
        corrects: Whether it says that an earlier statement was wrong from the beginning.
        speaker: Who said it: `user`, or a name.
        said: When it was said, in seconds since the epoch.
        since: From when on it holds, if that was said.
        until: Until when it holds or held, if that was said.
        thread_id: The thread in which it was said; empty where there was none.
        message: The message in that thread.
        quote: The sentence from which it was taken; empty where it is the text itself.
        confidence: How sure it is that the statement was meant so, 0 to 1.
        importance: How much it matters for later conversations, 0 to 1.
        source: How it came here: `chat`, `command`, `import`, `mcp` or `summary`.
        scope: Where it may be used: empty everywhere, or `thread:ID`, or `project:NAME`.
    """

    text: str
    kind: Kind = "fact"
    subject: str = USER
    attribute: str = ""
    value: str = ""
    negated: bool = False
    corrects: bool = False
    speaker: str = USER
    said: float
    since: float | None = None
    until: float | None = None
    thread_id: str = ""
    message: str = ""
    quote: str = ""
    confidence: float = 1.0
    importance: float = 0.5
    source: str = "chat"
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Draft):
    """Something that is remembered.

    Args:
        id: Its number, never used again.
        user_id: Whose memory it is.
        ended: Why it no longer holds; empty as long as it does.
        closed_by: The record that took its place, 0 where none did.
        times: How often it was said.
        last_said: When it was said last, in seconds since the epoch.
        used: How often an answer was given with it.
        last_used: When that was last, 0.0 if never.
        dormant: Whether it has not mattered for so long that it is only found when asked for.
    """

    id: int
    user_id: str
    ended: Ended = ""
    closed_by: int = 0
    times: int = 1
    last_said: float
    used: int = 0
    last_used: float = 0.0
    dormant: bool = False

    @property
    def current(self) -> bool:
        """Whether it holds, as far as is known."""
        return not self.ended
