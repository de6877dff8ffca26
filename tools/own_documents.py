"""Searching the user's own documents as a tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from memory.reading import is_address
from tools.declared import declare
from tools.documents import Reader
from tools.output import SNIPPET_CHARS
from tools.registry import Toolbox
from tools.scope import scope
from tools.sources import Passage, Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from memory.documents import Documents, FoundPassage

NAME = "search_documents"
QUERY_CHARS = 400
PASSAGES = 8
"""Passages that one search shows at most."""
WORTH_SHOWING = 0.3
"""A passage that fits less than this share of the best one is left out."""
EXAMPLES = (
    "What does my contract say about notice?",
    "Find the recipe for apple cake in my notes",
    "Which of my documents mentions the deposit?",
)
_MARK = re.compile(r"^\s*\[\d+\]\s*")


def search_documents_tool(documents: Documents, chars: int = 3600) -> BaseTool:
    """Return the search of the user's documents as a tool.

    Args:
        documents: The documents of all users; each finds his own alone.
        chars: Characters of passages that one search shows.
    """
    from langchain_core.tools import StructuredTool, ToolException

    reader = Reader()

    async def search_documents(query: str) -> tuple[str, list[Source]]:
        """Search the user's own documents: contracts, notes, manuals, letters, code, tables.

        Use it when the user asks about his own papers or files. They are not on the web.

        Args:
            query: A few words to search for, such as "notice period".
        """
        words = " ".join(query.split())[:QUERY_CHARS]
        if not words:
            raise ToolException("The query is empty. Write a few words to search for.")
        user_id = scope().user_id
        found = await documents.search(words, user_id=user_id, limit=PASSAGES)
        documents.check_soon(reader, user_id=user_id)
        sources = sources_of(worth_showing(found, chars))
        if not sources:
            return f"Nothing in the user's documents matches {words[:60]!r}. Try other words.", []
        return shown(sources), sources

    tool = StructuredTool.from_function(
        coroutine=search_documents, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool, risk="reads", output="untrusted", idempotent=True, examples=EXAMPLES, core=True
    )


async def offered(toolbox: Toolbox, documents: Documents | None, user_id: str) -> Toolbox:
    """Return a toolbox in which the user's documents can be searched only if there are any."""
    tool = toolbox.get(NAME)
    if tool is None or tool.origin != "built-in":
        return toolbox
    if documents is not None and await documents.any(user_id=user_id):
        return toolbox
    return replace(toolbox, tools={k: one for k, one in toolbox.tools.items() if k != NAME})


def worth_showing(found: Sequence[FoundPassage], chars: int) -> list[FoundPassage]:
    """Return the passages that fit well, the best first, as many as there is room for."""
    least = WORTH_SHOWING * max((one.score for one in found), default=0.0)
    chosen: list[FoundPassage] = []
    for one in found:
        size = len(one.passage.text)
        if one.score >= least and (size <= chars or not chosen):
            chosen.append(one)
            chars -= size
    return chosen


def sources_of(found: Sequence[FoundPassage]) -> list[Source]:
    """Return the documents of passages as sources, that of the best passage first."""
    by_document: dict[int, list[FoundPassage]] = {}
    for one in found:
        by_document.setdefault(one.document.id, []).append(one)
    return [_source(own) for own in by_document.values()]


def _source(found: Sequence[FoundPassage]) -> Source:
    document = found[0].document
    passages = tuple(
        Passage(one.name, " ".join(one.text.split()), one.start, one.end, one.page)
        for one in sorted((each.passage for each in found), key=lambda one: one.start)
    )
    snippet = " ".join(one.text for one in passages)[:SNIPPET_CHARS]
    url = document.place if is_address(document.place) else Path(document.place).as_uri()
    return Source(
        document.title, url, snippet, passages, language=document.language, kind="document"
    )


def shown(sources: Sequence[Source]) -> str:
    """Show documents to a model as a web search shows pages: number, title, name, and passages.

    Nothing that a document says begins a line with a number in brackets, so it cannot pose as a
    source.
    """
    blocks = []
    for number, source in enumerate(sources, start=1):
        own = source.url.startswith("file:")
        name = unquote(source.url.rpartition("/")[2]) if own else source.url
        lines = [f"[{number}] {_bare(source.title)} ({name})"]
        for one in source.passages:
            lines.append(f"(page {one.page}) {_bare(one.text)}" if one.page else _bare(one.text))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _bare(text: str) -> str:
    return _MARK.sub("", " ".join(text.split()))
