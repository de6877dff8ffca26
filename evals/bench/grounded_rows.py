"""Judges one reply to a question, and makes rows of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.models.base import Usage
from evals.bench.grounded_data import Item
from evals.bench.grounded_peer import Reply
from evals.bench.grounded_score import (
    bare,
    bootstrap,
    cited_sentences,
    contains,
    exact,
    f1,
    holds,
    holds_fact,
    recall,
    refuses,
    rouge_l,
)
from evals.bench.result import Row, wilson
from evals.web import Web


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply, and what it is worth.

    Args:
        item: The question.
        reply: What the contestant did.
        values: What was measured, by name.
    """

    item: Item
    reply: Reply
    values: Mapping[str, float]

    @property
    def line(self) -> str:
        """What is told of it while the benchmark runs."""
        said = " ".join(self.reply.answer.split())[:70]
        told = f"F1 {self.values['F1']:.2f}" if self.item.answerable else "unanswerable"
        refused = ", refused" if self.values["refused"] else ""
        stop = "" if self.reply.stop == "answered" else f" ({self.reply.stop[:60]})"
        return f"{told}{refused}, {self.reply.usage.seconds:.0f} s: {said!r}{stop}"


def judge(item: Item, reply: Reply, web: Web) -> Judged:
    """Measure one reply."""
    said, gold = bare(reply.answer), item.gold
    shown = "\n".join(str(step.get("output", "")) for step in reply.steps)
    found = {web.number(source.url) for source in reply.sources}
    values = {
        "refused": refuses(said),
        "EM": exact(said, gold),
        "F1": f1(said, gold),
        "answer recall": recall(said, gold),
        "contains": contains(said, gold),
        "ROUGE-L": rouge_l(said, gold),
        "found": len(item.supports & found) / len(item.supports),
        "shown": sum(map(holds_fact(shown), item.facts)) / len(item.facts) if item.facts else 0.0,
        "calls": len(reply.steps),
        "failed": not said,
        **_citations(item, reply, web),
    }
    return Judged(item, reply, {name: float(value) for name, value in values.items()})


def _citations(item: Item, reply: Reply, web: Web) -> dict[str, float]:
    """Measure what a reply cites: pages that the answer rests on, and pages that hold it."""
    sentences = cited_sentences(reply.answer)
    cited: set[int] = set()
    right = held = 0
    for sentence in sentences:
        known = (reply.numbered[n] for n in sentence.numbers if n in reply.numbered)
        numbers = {at for source in known if (at := web.number(source.url)) is not None}
        cited |= numbers
        right += bool(numbers & item.supports)
        pages = (web.documents[at] for at in sorted(numbers))
        text = "\n".join(f"{page.title}\n{page.text}" for page in pages)
        held += bool(text) and holds(sentence.text, text)
    return {
        "cites": bool(sentences),
        "cited": len(item.supports & cited) / len(item.supports),
        "sentences": len(sentences),
        "right": right,
        "held": held,
    }


def rows(bench: str, judged: Mapping[str, Sequence[Judged]]) -> list[Row]:
    """Return the rows of all contestants: of answers, of citations, and of cost.

    Args:
        bench: The benchmark's name.
        judged: The replies by contestant.
    """
    found = []
    for name, done in judged.items():
        if not done:
            continue
        can = [one for one in done if one.item.answerable]
        answers, notes = _answers(can), _failures(done)
        if others := [one for one in done if not one.item.answerable]:
            answers = {
                **_share("refused, unanswerable", _of(others, "refused")),
                **_share("refused, answerable", _of(can, "refused")),
                **_mean("F1", _of(can, "F1")),
                **_mean("ROUGE-L", _of(can, "ROUGE-L")),
            }
        found.append(Row(f"{bench}: answers", name, len(done), answers, notes))
        found.append(Row(f"{bench}: citations", name, len(can), _cited(can)))
        found.append(Row(f"{bench}: cost of a question", name, len(done), _cost(done)))
    return sorted(found, key=lambda row: row.bench)


def _answers(done: Sequence[Judged]) -> dict[str, float]:
    return {
        **_share("EM", _of(done, "EM")),
        **_mean("F1", _of(done, "F1")),
        **_share("contains", _of(done, "contains")),
        "answer recall": _average(_of(done, "answer recall")),
        "refused": _average(_of(done, "refused")),
    }


def _cited(done: Sequence[Judged]) -> dict[str, float]:
    """Return what the cited pages are worth; a question without citations has none of its pages."""
    sentences = int(sum(_of(done, "sentences")))
    values = {
        **_mean("recall", _of(done, "cited")),
        "found": _average(_of(done, "found")),
        "shown": _average(_of(done, "shown")),
        "cites": _average(_of(done, "cites")),
        "sentences": sentences,
    }
    if sentences:
        for name, measured in (("precision", "right"), ("held", "held")):
            hits = int(sum(_of(done, measured)))
            low, high = wilson(hits, sentences)
            values |= {name: hits / sentences, f"{name} from": low, f"{name} to": high}
    return values


def _cost(done: Sequence[Judged]) -> dict[str, float]:
    usage, n = sum((one.reply.usage for one in done), Usage()), len(done)
    return {
        "model calls": usage.calls / n,
        "tool calls": _average(_of(done, "calls")),
        "seconds": usage.seconds / n,
        "prompt tokens": usage.prompt_tokens / n,
        "cached": usage.cached_tokens / n,
        "generated": usage.completion_tokens / n,
    }


def _failures(done: Sequence[Judged]) -> str:
    stops = Counter(
        one.reply.stop.split(":")[0] if one.reply.stop != "answered" else "empty answer"
        for one in done
        if one.values["failed"] or one.reply.stop != "answered"
    )
    return ", ".join(f"{stop} {count}" for stop, count in stops.most_common(5))


def _of(done: Sequence[Judged], name: str) -> list[float]:
    return [one.values[name] for one in done]


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _share(name: str, values: Sequence[float]) -> dict[str, float]:
    low, high = wilson(int(sum(values)), len(values))
    return {name: _average(values), f"{name} from": low, f"{name} to": high}


def _mean(name: str, values: Sequence[float]) -> dict[str, float]:
    low, high = bootstrap(values)
    return {name: _average(values), f"{name} from": low, f"{name} to": high}
