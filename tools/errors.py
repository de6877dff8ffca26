"""Errors of the tools.

    ToolSetupError   the user is told: a tool was asked for that cannot be set up
    NetError         a request to the outside was refused or failed
    UnreadablePage   a page was had, and holds no text for the model
    SearchError      a search engine could not be reached or answered nonsense
    Question         no error: a tool cannot go on without the user's words

Net, page and search errors never leave the tools: a tool turns them into the sentence that the
model reads. A question ends up with the user, and what is answered is the tool's output.
"""

from __future__ import annotations

from typing import Literal

NetErrorKind = Literal[
    "bad_url",
    "refused",
    "dns",
    "connection",
    "tls",
    "timeout",
    "too_big",
    "redirects",
    "http_status",
    "bad_encoding",
    "robots",
]

UnreadableKind = Literal[
    "empty",
    "captcha",
    "consent",
    "paywall",
    "javascript",
    "not_found",
    "error_page",
    "type",
    "pdf_encrypted",
    "pdf_damaged",
    "pdf_no_text",
    "tangled",
]


class ToolSetupError(ValueError):
    """Say that a tool cannot be set up as it was asked for.

    Args:
        message: One sentence that says what went wrong.
        hint: What the user can do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NetError(Exception):
    """Say why a page could not be had.

    Args:
        kind: What went wrong, in one word for programs.
        reason: What went wrong, in one sentence for the model and the user.
        status: The HTTP status, where one was received.
        body: The beginning of the page that came with the status, where it was read.
    """

    def __init__(self, kind: NetErrorKind, reason: str, *, status: int = 0, body: str = "") -> None:
        super().__init__(reason)
        self.kind: NetErrorKind = kind
        self.reason = reason
        self.status = status
        self.body = body


class UnreadablePage(Exception):
    """Say why a page has no text for the model.

    Args:
        kind: What is in the way, in one word for programs.
        reason: What is in the way, in one sentence for the model and the user.
    """

    def __init__(self, kind: UnreadableKind, reason: str) -> None:
        super().__init__(reason)
        self.kind: UnreadableKind = kind
        self.reason = reason


class SearchError(Exception):
    """Say why a search had no answer.

    Args:
        reason: What went wrong, as a short phrase such as `mojeek: no answer in 8 seconds`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Question(Exception):
    """Ask the user something in the middle of a turn.

    Args:
        text: The question.
        options: Answers to choose from; the user may also write another.
    """

    def __init__(self, text: str, options: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.options = options
