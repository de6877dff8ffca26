"""The options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="SPEC",
        help="auto, ollama:NAME, llamacpp:NAME-or-PATH, openai:NAME@URL or PROVIDER:NAME.",
    ),
]
Home = Annotated[
    Path | None, typer.Option("--home", metavar="FOLDER", help="Where arriero keeps everything.")
]
User = Annotated[
    str | None, typer.Option("--user", "-u", metavar="NAME", help="Whose threads; your login.")
]
Protocol = Annotated[
    str | None,
    typer.Option("--protocol", metavar="NAME", help="auto, native, prompted or text."),
]
Depth = Annotated[
    str | None,
    typer.Option("--depth", metavar="NAME", help="How deep is searched: quick, normal or deep."),
]
Project = Annotated[
    str | None,
    typer.Option("--project", metavar="NAME", help="Remember and recall within this project, too."),
]
Temporary = Annotated[
    bool,
    typer.Option(
        "--temporary", help="Leave nothing behind: no thread, no memory; recall nothing either."
    ),
]
NoTools = Annotated[bool, typer.Option("--no-tools", help="Offer the model no tools.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no notices and no steps.")]
Thread = Annotated[
    str | None, typer.Option("--thread", "-t", metavar="ID", help="Go on with this thread.")
]
ThreadId = Annotated[str, typer.Argument(metavar="ID", help="The thread, as the list names it.")]
