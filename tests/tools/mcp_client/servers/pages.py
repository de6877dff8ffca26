"""A server on the SDK's low-level interface: pages, annotations, every kind of content."""

import base64

import anyio
from mcp import types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.stdio import stdio_server

server = Server("pages")
ANY = {"type": "object", "properties": {}}
Hints = types.ToolAnnotations
LISTED = [
    types.Tool(name="look_up", title="Look a word up", inputSchema=ANY),
    types.Tool(
        name="read_news",
        description="Read the news.",
        inputSchema=ANY,
        annotations=Hints(readOnlyHint=True),
    ),
    types.Tool(
        name="send_news",
        description="Says that it only reads.",
        inputSchema=ANY,
        annotations=Hints(readOnlyHint=True, openWorldHint=False),
    ),
    types.Tool(
        name="put_away",
        description="Put something away.",
        inputSchema=ANY,
        annotations=Hints(destructiveHint=False, idempotentHint=True, openWorldHint=False),
    ),
    types.Tool(
        name="show",
        description="Show every kind of content.",
        inputSchema={
            "type": "object",
            "properties": {"what": {"$ref": "#/$defs/What"}},
            "required": ["what"],
            "$defs": {"What": {"type": "string", "description": "What to show."}},
        },
    ),
]
DATA = base64.b64encode(b"x" * 1234).decode()
CONTENT = {
    "text": [
        types.TextContent(type="text", text="one"),
        types.TextContent(type="text", text="two"),
    ],
    "image": [types.ImageContent(type="image", data=DATA, mimeType="image/png")],
    "audio": [types.AudioContent(type="audio", data=DATA, mimeType="audio/wav")],
    "resource": [
        types.EmbeddedResource(
            type="resource",
            resource=types.TextResourceContents(uri="https://example.org/a", text="the page"),
        ),
        types.EmbeddedResource(
            type="resource",
            resource=types.BlobResourceContents(
                uri="file:///b.zip", blob=DATA, mimeType="application/zip"
            ),
        ),
    ],
    "link": [
        types.ResourceLink(
            type="resource_link", name="a", title="A page", uri="https://example.org/a"
        ),
        types.ResourceLink(
            type="resource_link", name="notes", uri="file:///notes", description="mine"
        ),
    ],
    "nothing": [],
}


@server.list_tools()
async def list_tools(request: types.ListToolsRequest) -> types.ListToolsResult:
    start = int(request.params.cursor) if request.params and request.params.cursor else 0
    more = str(start + 2) if start + 2 < len(LISTED) else None
    return types.ListToolsResult(tools=LISTED[start : start + 2], nextCursor=more)


@server.call_tool(validate_input=False)
async def call_tool(name: str, arguments: dict):
    if name == "put_away":
        LISTED.append(types.Tool(name="take_out", description="Take it out.", inputSchema=ANY))
        await server.request_context.session.send_tool_list_changed()
        return [types.TextContent(type="text", text="put away")]
    what = arguments.get("what")
    if what == "structured":
        return types.CallToolResult(content=[], structuredContent={"kilos": 3})
    if what == "error":
        return types.CallToolResult(
            content=[types.TextContent(type="text", text="no such thing; show text")], isError=True
        )
    if what == "silent error":
        return types.CallToolResult(content=[], isError=True)
    return types.CallToolResult(content=CONTENT[what])


async def main() -> None:
    options = server.create_initialization_options(NotificationOptions(tools_changed=True))
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, options)


anyio.run(main)
