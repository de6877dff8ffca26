"""How often the check of citations is right, on cases written for it.

The cases beside this module tell of a world that does not exist, and were written by one author in
several rounds: the rules were developed on `dev`, and `held` was written after them and nothing was
changed for it, so that it tells what new text may expect. A citation is wrong when its verdict
ought to be `corrected` or `unsupported`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.citations import Checker, Citation, Citer, conflicts
from evals.bench.result import Row, wilson
from memory.embeddings import open_embedder
from tools.sources import Passage, Source

FILE = Path(__file__).parent / "catalogue" / "citations.jsonl"
WRONG = frozenset({"corrected", "unsupported"})
SETS = ("dev", "held")

Case = dict[str, Any]
Played = tuple[bool, Citation]


def cases(file: Path = FILE) -> list[Case]:
    """Read the cases."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def sources_of(case: Case) -> list[Source]:
    """Make the sources of a case, with one passage each."""
    return [
        Source(
            one["title"],
            f"https://example.org/{number}",
            passages=(Passage("p1", one["text"], 0, len(one["text"])),),
            date=one.get("date", ""),
        )
        for number, one in enumerate(case["sources"], 1)
    ]


def play(case: Case, embedder: str = "minilm") -> Played:
    """Check the answer of a case: whether all is as it should be, and its first judged sentence."""
    sources = sources_of(case)
    model = open_embedder(embedder)
    citer = Citer(Checker(sources, model), case["question"])
    citer.feed(case["answer"])
    citer.finish()
    judged = [one for one in citer.citations if one.verdict != "uncited"]
    got = (judged or citer.citations)[0]
    expect = case["expect"]
    right = got.verdict == expect["verdict"] and list(got.sources) == expect["sources"]
    if "conflict" in expect:
        found = conflicts(citer.citations, sources, model)
        right = right and bool(found) == expect["conflict"]
    return right, got


def figures(played: Sequence[tuple[Case, Played]]) -> list[Row]:
    """Work out precision and recall of "this citation is wrong", by set and kind."""
    rows: list[Row] = []
    for name in SETS:
        mine = [one for one in played if one[0]["set"] == name]
        kinds = sorted({case["kind"] for case, _ in mine})
        groups = {"all": mine}
        groups |= {kind: [one for one in mine if one[0]["kind"] == kind] for kind in kinds}
        alarms = [
            alarm(got)
            for case, (_, got) in mine
            if got.verdict in WRONG and case["expect"]["verdict"] not in WRONG
        ]
        rows += [_row(f"{name} {kind}", group, alarms) for kind, group in groups.items() if group]
    return rows


def alarm(got: Citation) -> str:
    """Name the kind of case that an alarm belongs to, by what it says."""
    if got.verdict == "corrected":
        return "index"
    for word, kind in (("number", "number"), ("year", "date"), ("date", "date"), ("name", "name")):
        if got.problem.startswith(f"the {word}"):
            return kind
    return "meaning"


def _row(kind: str, group: Sequence[tuple[Case, Played]], alarms: Sequence[str]) -> Row:
    wrong = [got for one, (_, got) in group if one["expect"]["verdict"] in WRONG]
    caught = sum(got.verdict in WRONG for got in wrong)
    false = sum(kind.endswith(" all") or kind.endswith(f" {one}") for one in alarms)
    low, high = wilson(sum(right for _, (right, _) in group), len(group))
    values = {"all right": sum(right for _, (right, _) in group) / len(group)}
    values |= {"low": low, "high": high}
    if wrong:
        values |= {"recall": caught / len(wrong)}
        values |= {"precision": caught / (caught + false) if caught + false else 0.0}
    return Row("citations", kind, len(group), values)


def measure(embedder: str = "minilm") -> list[Row]:
    """Play all cases, and return what came of them and the time that a sentence takes."""
    known = cases()
    play(known[0], embedder)
    begin = time.perf_counter()
    played = [(case, play(case, embedder)) for case in known]
    spent = time.perf_counter() - begin
    rows = figures(played)
    note = "each case with cold sources; sentences whose words decide need no vector"
    rows.append(Row("citations", "time", len(known), {"ms": 1000 * spent / len(known)}, note))
    return rows
