"""The words in which tools are described to a model, with worked examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tools.describe import describe
from tools.spec import ToolSpec

INTRO = (
    "Reply with one JSON object: first the closest tool, then whether that tool does exactly "
    "what the user asks for. If it fits and the user gave the values it needs, write how many "
    "calls are needed and the calls, one for each thing asked, with the values as the user wrote "
    "them; leave out optional arguments that the user did not mention. If it does not fit, or no "
    "tool is needed, answer yourself."
)

_WEATHER = "weather.forecast(city, days): Get the weather forecast of a city."
_HOTEL = "hotel.search(city, guests, max_price, features): Find hotels in a city."
_LOAN = "loan_payment(amount, years, rate): Calculate the monthly payment of a loan."
_CITY = (
    "city.population(city): Get the number of people who live in a city.\n"
    "city.mayor(city, year): Get the current mayor of a city."
)
_FILM = (
    "cinema.showtimes(title, city): Get the times at which a film is shown in the cinemas of "
    "a city."
)
_AREA = "circle_area(radius): Calculate the area of a circle."
_SEARCH = "web_search(query): Search the web.\nclock(): Get the current date and time."


def calls(tool: str, *several: dict[str, Any]) -> dict[str, Any]:
    """Return the decision to call one tool, once or several times."""
    return {
        "closest_tool": tool,
        "fits": "yes",
        "how_many": len(several),
        "calls": [{tool: one} for one in several],
    }


def declined(tool: str, answer: str) -> dict[str, Any]:
    """Return the decision that the closest tool does not fit."""
    return {"closest_tool": tool, "fits": "no", "answer": answer}


def answered(answer: str) -> dict[str, Any]:
    """Return the decision that no tool is needed."""
    return {"closest_tool": None, "answer": answer}


Example = tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], str, dict[str, Any]]

EXAMPLES: tuple[Example, ...] = (
    (
        _WEATHER,
        "Will it rain in Oslo and in Rome over the next 3 days?",
        calls("weather.forecast", {"city": "Oslo", "days": 3}, {"city": "Rome", "days": 3}),
    ),
    (
        _WEATHER,
        "How far is Oslo from Rome?",
        declined("weather.forecast", "About 2,000 km in a straight line."),
    ),
    (
        _HOTEL,
        "Find a hotel with a pool and breakfast in Madrid for 2 people, at most 120 euros a night.",
        calls(
            "hotel.search",
            {"city": "Madrid", "guests": 2, "max_price": 120, "features": ["pool", "breakfast"]},
        ),
    ),
    (
        _HOTEL,
        "What should I pack for a hotel in Madrid?",
        declined("hotel.search", "Light clothes, good shoes and swimwear."),
    ),
    (
        _CITY,
        "Who founded Lyon?",
        declined("city.mayor", "The Roman Lucius Munatius Plancus, in 43 BC."),
    ),
    (
        _CITY,
        "Who runs the city of Lyon?",
        calls("city.mayor", {"city": "Lyon"}),
        "Grégory Doucet",
        answered("Grégory Doucet is the mayor of Lyon."),
    ),
    (
        _LOAN,
        "What is the monthly payment of my loan?",
        declined("loan_payment", "Please tell me the amount, the years and the yearly rate."),
    ),
    (
        _LOAN,
        "What would I pay each month for a 20000 dollar loan at 4% over 5, 10 and 15 years?",
        calls(
            "loan_payment", *({"amount": 20000, "years": years, "rate": 4} for years in (5, 10, 15))
        ),
    ),
    (
        _FILM,
        "What is the longest film ever made?",
        declined("cinema.showtimes", "Logistics, from 2012, runs for 857 hours."),
    ),
    (
        _AREA,
        "A circle has a radius of 3 cm. What is its circumference?",
        declined("circle_area", "About 18.85 cm."),
    ),
    (_SEARCH, "Hello!", answered("Hello! How can I help?")),
    (_SEARCH, "How many legs does a spider have?", answered("A spider has eight legs.")),
    (
        _SEARCH,
        "What happened in the Tour de France today?",
        calls("web_search", {"query": "Tour de France today"}),
    ),
)


def instructions(system: str, tools: Sequence[ToolSpec]) -> str:
    """Return the system prompt with the way to decide, the examples and the tools behind it."""
    examples = "\n\n".join(_shown(*example) for example in EXAMPLES)
    described = "\n\n".join(describe(tool) for tool in tools)
    return f"{system}\n\n{INTRO}\n\n# Examples\n\n{examples}\n\n# Your tools now\n\n{described}"


def _shown(
    offered: str,
    question: str,
    reply: dict[str, Any],
    result: str = "",
    then: dict[str, Any] | None = None,
) -> str:
    text = f"Tools:\n{offered}\nUser: {question}\nReply: {json.dumps(reply, ensure_ascii=False)}"
    if then:
        (call,) = reply["calls"][0]
        text += f"\nResult of {call}:\n{result}\nReply: {json.dumps(then, ensure_ascii=False)}"
    return text
