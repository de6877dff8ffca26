"""What is read out of a sentence: numbers, dates and names, in whatever form they stand."""

from __future__ import annotations

import pytest

from agent.claims import read
from agent.contradiction import contradiction
from agent.matching import missing


def lost(claim: str, source: str) -> list[str]:
    there = read(source)
    return list(missing(read(claim), there, there))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("It has 3.5 million users.", "It has 3,500,000 users."),
        ("It has 3,500,000 users.", "Es hat 3,5 Millionen Nutzer."),
        ("It has 12 rooms.", "It has twelve rooms."),
        ("It has 83 000 residents.", "It has 83.000 residents."),
        ("It grew by 7 percent.", "It grew by 7%."),
        ("It cost $450 million.", "It cost 450 million dollars."),
        ("It opened on 5 May 2021.", "It opened on May 5, 2021."),
        ("It opened on 5 May 2021.", "It opened on 2021-05-05."),
        ("It opened on 5 May 2021.", "Es wurde am 5. Mai 2021 eröffnet."),
        ("It opened on May 5th, 2021.", "Abrió el 5 de mayo de 2021."),
        ("It opened in May 2021.", "It opened on 05.05.2021."),
        ("It opened in the 1990s.", "It opened in 1994."),
        ("It opened on 6 May 2021.", "It was open from 5 to 6 May 2021."),
        ("About 12,000 came.", "12,341 came."),
        ("More than 300 came.", "324 came."),
        ("Then Obama left.", "Then Barack Obama left."),
        ("Then José Pérez's wife left.", "Then the wife of Jose Perez left."),
        ("In the end NATO left.", "The North Atlantic Treaty Organization left."),
    ],
)
def test_the_same_fact_in_another_form(claim: str, source: str) -> None:
    assert lost(claim, source) == []


@pytest.mark.parametrize(
    ("claim", "source", "problem"),
    [
        ("It has 342 rooms.", "It has 324 rooms.", "the number 342"),
        ("It grew by 7%.", "It grew by 7 metres.", "the number 7%"),
        ("It has 12,000 rooms.", "It has 12,341 rooms.", "the number 12,000"),
        ("More than 300 came.", "290 came.", "the number 300"),
        ("It opened on 5 May 2021.", "It opened in 2021.", "the date 5 may 2021"),
        ("It opened in 1934.", "It opened in 1932.", "the year 1934"),
        ("It was led by Ana Perez.", "It was led by Maria Perez.", "the name Ana Perez"),
        ("It was led by Ana Perez.", "It was led by nobody.", "the name Ana Perez"),
    ],
)
def test_another_fact(claim: str, source: str, problem: str) -> None:
    assert lost(claim, source) == [problem]


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The bridge was closed to lorries.", "The bridge was not closed to lorries."),
        ("Sales of cars rose last year.", "Sales of cars fell last year."),
        ("The plant was built in Lima.", "The plant was planned to be built in Lima."),
        ("All makers raised their prices.", "Some makers raised their prices."),
        ("Then Helix acquired Quanta.", "Then Quanta acquired Helix."),
        ("Then Helix was acquired by Quanta.", "Quanta was acquired by Helix."),
        ("Males are louder than females.", "Females are louder than males."),
    ],
)
def test_what_stands_against_a_claim(claim: str, source: str) -> None:
    assert contradiction(read(claim), read(source))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Cars are forbidden on the island.", "No cars are allowed on the island."),
        ("Then Quanta was acquired by Helix.", "Then Helix acquired Quanta."),
        ("It may rain in Lima.", "It may rain in Lima."),
        ("The bridge was opened in May 1932.", "In May 1932 the bridge was opened."),
        ("The garrison surrendered in 1743.", "In 1743 the garrison surrendered without a shot."),
    ],
)
def test_what_says_the_same(claim: str, source: str) -> None:
    assert contradiction(read(claim), read(source)) == ""
