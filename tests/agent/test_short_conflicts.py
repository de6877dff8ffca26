"""An answer of a few words is held against what other sources say of its question."""

from __future__ import annotations

import pytest

from agent.attribution import Checker
from agent.citations import Citer
from agent.conflicts import conflicts
from tools.sources import Passage, Source

QUESTION = "How long is the Tarma Suspension Bridge?"
HERE = "The Tarma Suspension Bridge crosses the Palca. The bridge is 214 metres long."


def source(title: str, text: str, date: str) -> Source:
    return Source(title, f"https://{date}.example/", passages=(Passage("p1", text),), date=date)


@pytest.mark.parametrize(
    ("there", "years"),
    [
        ("The Tarma Suspension Bridge, 220 metres long, is the oldest of all.", [2024, 2021]),
        ("The Tarma Suspension Bridge, 214 metres long, is the oldest of all.", []),
        ("The Rimac Bridge, 220 metres long, is the oldest of all.", []),
    ],
)
def test_another_length_of_the_same_thing_is_a_conflict(there: str, years: list[int]) -> None:
    sources = [source("Tarma Suspension Bridge", HERE, "2021-03-04")]
    sources.append(source("Bridges of Peru", there, "2024-08-01"))
    citer = Citer(Checker(sources), QUESTION)
    citer.feed("214 metres long")
    citer.finish()
    found = conflicts(citer.citations, sources, question=QUESTION)
    assert [int(date[:4]) for one in found for _, date, _ in one.said] == years
