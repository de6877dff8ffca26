"""Tools of MCP servers as langchain tools: what they declare, and what they return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.declared import declare, guessed
from tools.mcp_config import ServerEntry
from tools.output import SNIPPET_CHARS, to_text
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool
    from mcp import types

    from tools.mcp_session import CallResult

Call = Callable[[str, dict[str, Any]], Awaitable["CallResult"]]


def as_tool(entry: ServerEntry, tool: types.Tool, call: Call) -> BaseTool:
    """Make a tool of what a server lists.

    Args:
        entry: The server.
        tool: The tool as the server describes it.
        call: Calls the server.

    Raises:
        ToolSetupError: Its policy in the entry is wrong.
    """
    from langchain_core.tools import StructuredTool, ToolException

    name = tool.name

    async def run(**arguments: Any) -> tuple[str, list[Source]]:
        result = await call(name, arguments)
        text, sources = read_result(result)
        if result.isError:
            raise ToolException(text if text != "done" else f"{name} failed and did not say why.")
        return text, sources

    hints = tool.annotations
    title = tool.title or (hints.title if hints else None)
    made = StructuredTool(
        name=name,
        description=tool.description or title or f"{name}, a tool of the server {entry.name}.",
        args_schema={"type": "object", "properties": {}, **tool.inputSchema},
        coroutine=run,
        response_format="content_and_artifact",
    )
    return declare(made, **{**policy_of(entry, tool), **entry.policy.get(name, {})})


def policy_of(entry: ServerEntry, tool: types.Tool) -> dict[str, Any]:
    """Say what a tool is taken for: by its annotations, its name, and whether they are believed.

    A server that is not trusted is believed where it says that a tool does harm, and where the
    name of a tool that it calls harmless does not say otherwise.
    """
    hints = tool.annotations
    supposed = guessed(tool.name)
    harmful = None if supposed == "reads" else supposed
    reads = hints.readOnlyHint if hints else None
    risk: str | None
    if reads and (entry.trust or not harmful):
        risk = "reads"
    elif entry.trust and reads is None:
        risk = supposed  # nothing leaves it to the default
    else:
        risk = harmful or "writes"
    policy: dict[str, Any] = {"risk": risk} if risk else {}
    if hints and hints.idempotentHint:
        policy["idempotent"] = True
    closed = hints is not None and hints.openWorldHint is False
    policy["output"] = "untrusted" if closed else "outside"
    if entry.timeout is not None:
        policy["timeout"] = entry.timeout
    return policy


def read_result(result: CallResult) -> tuple[str, list[Source]]:
    """Return the text of a result and the sources that it links to.

    What is no text is named and left out. Where there is no content, structured content is shown
    as JSON.
    """
    blocks = [block for block in result.content if isinstance(block, Mapping)]
    texts = list(_texts(blocks))
    if not texts and result.structuredContent is not None:
        texts = [to_text(result.structuredContent)]
    text = "\n".join(texts) or "done"
    return text.encode("utf-8", "replace").decode(), list(_sources(blocks))


def _texts(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        kind = block.get("type")
        inner = block.get("resource")
        if kind == "text":
            text = str(block.get("text") or "")
        elif kind in ("image", "audio"):
            text = _left_out(str(kind), block, block.get("data"))
        elif kind == "resource_link":
            text = _link(block)
        elif kind == "resource" and isinstance(inner, Mapping):
            held = inner.get("text")
            text = held if isinstance(held, str) else _left_out("file", inner, inner.get("blob"))
        else:
            text = f"({str(kind)[:40]} left out)"
        if text:
            yield text


def _link(block: Mapping[str, Any]) -> str:
    title = block.get("title") or block.get("name") or "link"
    about = f" ({block['description']})" if block.get("description") else ""
    return f"{title}: {block.get('uri')}{about}"


def _left_out(kind: str, block: Mapping[str, Any], data: Any) -> str:
    """Name what cannot be shown: its type, its size and its address."""
    size = len(data) * 3 // 4 - data[-2:].count("=") if isinstance(data, str) else 0
    parts = [str(block.get("mimeType") or "unknown type"), f"{size:,} bytes"]
    if block.get("uri"):
        parts.append(str(block["uri"]))
    return f"({kind} left out: {', '.join(parts)})"


def _sources(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Source]:
    for block in blocks:
        inner = block.get("resource")
        if block.get("type") == "resource_link":
            one, snippet = block, block.get("description")
        elif block.get("type") == "resource" and isinstance(inner, Mapping):
            one, snippet = inner, inner.get("text")
        else:
            continue
        url = str(one.get("uri") or "")
        if url.startswith(("http://", "https://")):
            title = str(one.get("title") or one.get("name") or url)
            yield Source(title, url, str(snippet or "")[:SNIPPET_CHARS])
