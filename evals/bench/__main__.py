"""Run benchmarks: `python -m evals.bench [NAME …] [--items N] [--seed N] [--model SPEC]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.errors import ArrieroError
from evals.bench.result import Row, keep, show

NAMES = (
    "startup",
    "overhead",
    "prefix",
    "selection",
    "selection_model",
    "bfcl",
    "bfcl_multi",
    "agentdojo",
    "grounded",
    "latency",
    "citations",
    "memory-store",
    "memory-turn",
    "locomo",
    "stories",
    "chat-memory",
)

OTHERS_DATA = ("grounded", "locomo")
"""Those whose questions do not come with the project."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print one table each and append the rows to the history."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    console = Console()
    try:
        all_names = [name for name in NAMES if name not in OTHERS_DATA or options.data]
        for name in options.names or all_names:
            rows = run(name, options)
            show(rows, console)
            keep(rows)
    except ArrieroError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument(
        "--items", type=int, help="items of each category or kind: 30; all of the written ones"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw of items")
    parser.add_argument("--model", default="llamacpp:qwen2.5-coder-1.5b", help="model spec")
    parser.add_argument(
        "--no-native",
        action="store_true",
        help="leave native calling, create_agent, or Chroma as it comes, out",
    )
    parser.add_argument(
        "--whole", action="store_true", help="bfcl_multi: play on behind a turn that failed"
    )
    parser.add_argument(
        "--held-out",
        type=int,
        default=0,
        metavar="N",
        help="bfcl_multi: leave out the items of draws of up to N with seed 1",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=0.0,
        help="bfcl_multi, grounded, locomo: begin nothing new after this time",
    )
    parser.add_argument(
        "--records",
        type=int,
        nargs="+",
        default=[10_000, 100_000],
        metavar="N",
        help="memory-store: how many records there are",
    )
    grounded = parser.add_argument_group("grounded")
    grounded.add_argument("--data", type=Path, help="the folder with hotpotqa/, clapnq/, locomo/")
    grounded.add_argument(
        "--set",
        default="",
        help="hotpotqa or clapnq; of stories and chat-memory dev, more or held_out",
    )
    grounded.add_argument(
        "--style", default="short", choices=("short", "sentence"), help="how hotpotqa is asked"
    )
    parser.add_argument(
        "--full",
        type=int,
        default=0,
        metavar="N",
        help="locomo: questions that are also asked of each whole conversation",
    )
    return parser


def run(name: str, options: argparse.Namespace) -> list[Row]:
    """Run one benchmark; each imports only what it needs."""
    if name == "startup":
        from evals.bench import startup

        return startup.measure()
    if name == "overhead":
        from evals.bench import overhead

        return asyncio.run(overhead.measure())
    if name == "latency":
        from evals.bench import latency

        return asyncio.run(latency.measure())
    if name == "citations":
        from evals.bench import citations

        return citations.measure()
    if name == "memory-store":
        from evals.bench import memory_store

        peer = not options.no_native
        return memory_store.measure(options.records, seed=options.seed, peer=peer, progress=_tell)
    if name == "memory-turn":
        from evals.bench import memory_turn

        return asyncio.run(memory_turn.measure(max(options.records), seed=options.seed))
    if name == "agentdojo":
        from evals.bench import agentdojo

        return agentdojo.measure(progress=_tell)
    if name == "selection":
        from evals.bench import selection

        return selection.measure(seed=options.seed, progress=_tell)
    return asyncio.run(_with_model(name, options))


async def _with_model(name: str, options: argparse.Namespace) -> list[Row]:
    """Run one of the benchmarks that a model answers in."""
    spec = options.model
    if name in ("stories", "chat-memory"):
        from evals.bench import chat_memory, stories

        told = stories.measure if name == "stories" else chat_memory.measure
        chosen = options.set or "dev"
        return await told(spec, chosen=chosen, items=options.items or 0, progress=_tell)
    drawn: dict[str, Any] = {"items": options.items or 30, "seed": options.seed, "progress": _tell}
    if name == "prefix":
        from evals.bench import prefix

        return await prefix.measure(spec)
    if name == "selection_model":
        from evals.bench import selection_model

        return await selection_model.measure(spec, **drawn)
    if name == "bfcl":
        from evals.bench import bfcl

        return await bfcl.measure(spec, native=not options.no_native, **drawn)
    drawn["minutes"] = options.minutes
    if name == "locomo":
        from evals.bench import locomo

        return await locomo.measure(spec, data=options.data, full=options.full, **drawn)
    drawn["peer"] = not options.no_native
    if name == "bfcl_multi":
        from evals.bench import bfcl_multi

        more = {"whole": options.whole, "held_out": options.held_out}
        return await bfcl_multi.measure(spec, **drawn, **more)
    from evals.bench import grounded

    asked = {"data": options.data, "name": options.set or "hotpotqa", "style": options.style}
    return await grounded.measure(spec, **drawn, **asked)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
