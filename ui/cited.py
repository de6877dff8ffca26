"""Tell how a search went, and which source an answer rests on."""

from __future__ import annotations

from collections.abc import Sequence

from agent.attribution import Citation
from agent.events import Turn
from tools.search.freshness import span
from tools.sources import Search
from ui.text import one_line


def search_lines(search: Search) -> list[str]:
    """Tell of a search what the user has to know: what failed, what is old, what was read."""
    lines = []
    if search.stale:
        lines.append(f"No search engine answered; these results are {span(search.age)} old.")
    elif search.cached:
        lines.append(f"These results were kept {span(search.age)} ago.")
    silent = {**search.resting, **search.failed}
    if silent:
        why = "; ".join(f"{name}: {one_line(reason, 80)}" for name, reason in silent.items())
        lines.append(f"Search engines without an answer: {why}")
    if search.read or search.unread:
        pages = f"{len(search.read)} page{'s' * (len(search.read) != 1)} read"
        missed = f", {len(search.unread)} not" if search.unread else ""
        also = f"; searched for {', '.join(search.also)} besides" if search.also else ""
        lines.append(one_line(f"{pages}{missed} in {search.seconds:.1f} s{also}", 200))
    lines += [one_line(f"{url}: {why}", 200) for url, why in search.unread.items()]
    return lines


def corrected_lines(citations: Sequence[Citation]) -> list[str]:
    """Tell which numbers were put right, or taken out."""
    lines = []
    for one in citations:
        if one.verdict == "corrected":
            given = "".join(f"[{number}]" for number in one.given)
            right = "".join(f"[{number}]" for number in one.sources)
            lines.append(one_line(f"{given} put right to {right}: {one.sentence}", 200))
        elif one.verdict != "unsupported" and one.problem:
            lines.append(one_line(f"{one.problem}: {one.sentence}", 200))
    return lines


def doubts(turn: Turn) -> list[str]:
    """Tell which sentences no source supports, and where the sources contradict each other."""
    lines = []
    for one in turn.citations:
        if one.verdict == "unsupported":
            why = f" ({one.problem})" if one.problem else ""
            lines.append(one_line(f"Not supported by the sources{why}: {one.sentence}", 300))
    for conflict in turn.conflicts:
        said = "; ".join(
            f"[{number}]{f' ({date})' if date else ''} {sentence}"
            for number, date, sentence in conflict.said
        )
        lines.append(one_line(f"The sources contradict each other: {said}", 500))
    return lines


def basis_line(turn: Turn) -> str:
    """Say what an answer to a question of fact rests on, where that is no source."""
    if turn.basis != "model" or not turn.answer.strip():
        return ""
    if any(source.texts for source in turn.sources):
        return "From the model's own knowledge: none of the sources supports it."
    if turn.searches:
        return "From the model's own knowledge: nothing could be looked up."
    return "From the model's own knowledge; nothing was looked up."


def sources_text(turn: Turn) -> str:
    """List the sources that an answer cites under their numbers, and what is doubtful about it.

    An answer that cites none is followed by all. A link leads to the passage that it rests on.
    """
    cited = {number for one in turn.citations for number in one.sources}
    lines = []
    for number, source in enumerate(turn.sources, 1):
        if not cited or number in cited:
            dated = f" ({source.date})" if source.date else ""
            address = one_line(link(turn, number), 500)
            lines.append(f"[{number}] {one_line(source.title)}{dated}\n    {address}")
    listed = "\n".join(["Sources:", *lines]) if lines else ""
    return "\n\n".join(part for part in (listed, "\n".join(doubts(turn))) if part)


def link(turn: Turn, number: int) -> str:
    """Return the address of a source, at the passage that the answer rests on."""
    for citation in turn.citations:
        for of, name in citation.places:
            if of == number:
                return turn.sources[number - 1].link(name)
    return turn.sources[number - 1].url
