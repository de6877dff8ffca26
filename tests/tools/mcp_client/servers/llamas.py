"""A server on the SDK's FastMCP. Usage: llamas.py (stdio | http PORT [json])."""

import os
import sys
from typing import Annotated

import anyio
from mcp.server.fastmcp import Context, FastMCP
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = FastMCP("llamas", log_level="ERROR", port=int((*sys.argv, "", "0")[2] or 0))
counted = 0
waiting = 0
enough = anyio.Event()


class Load(BaseModel):
    goods: str
    kilos: float = 10


class Weighed(BaseModel):
    kilos: float
    heavy: bool


@server.tool(annotations=ToolAnnotations(readOnlyHint=True, openWorldHint=False))
def count() -> int:
    """Count the calls of this session."""
    global counted
    counted += 1
    return counted


@server.tool()
def weigh(loads: Annotated[list[Load], Field(description="What is carried.")]) -> Weighed:
    """Weigh what is carried."""
    kilos = sum(load.kilos for load in loads)
    return Weighed(kilos=kilos, heavy=kilos > 60)


@server.tool()
async def meet(number: int) -> str:
    """Wait until twenty have come."""
    global waiting
    waiting += 1
    if waiting == 20:
        enough.set()
    await enough.wait()
    return f"llama {number}"


@server.tool()
async def wander(mark: str, context: Context) -> str:
    """Walk on until it is called back."""
    path = anyio.Path(mark)
    await path.write_text("gone")
    await context.info("on the way")
    await context.report_progress(1, 10)
    try:
        await anyio.sleep(600)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await path.write_text("called back")
        raise
    return "there"


@server.tool()
def stumble() -> str:
    """Fall."""
    raise ValueError("the path is closed; take the pass")


@server.tool()
def pid() -> int:
    """Tell the process."""
    return os.getpid()


if sys.argv[1] == "stdio":
    server.run()
else:
    server.settings.json_response = "json" in sys.argv
    server.run("streamable-http")
