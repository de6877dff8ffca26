"""The words in which tools are described to a model, with worked examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from agent.models.protocol import result_of
from tools.describe import describe
from tools.spec import ToolSpec

INTRO = (
    "Reply with one JSON object: first the closest tool, then whether that tool does exactly "
    "what the user asks for, or one step of it. If it fits and the values it needs are known, "
    "write how many calls are needed and the calls, one for each thing asked, with the values as "
    "the user wrote them or a result gave them; leave out optional arguments that the user did "
    "not mention. After a "
    "result, make the next step, until all that the user asked for is done. When a call failed, "
    "get the right values with another tool and call again. If no tool fits, no tool is needed, "
    "or all is done, answer yourself."
)

_WEATHER = "weather.forecast(city, days): Get the weather forecast of a city."
_HOTEL = "hotel.search(city, guests, max_price, features): Find hotels in a city."
_LOAN = "loan_payment(amount, years, rate): Calculate the monthly payment of a loan."
_CITY = (
    "city.population(city): Get the number of people who live in a city.\n"
    "city.mayor(city, year): Get the current mayor of a city."
)
_OVEN = (
    "oven.timer(minutes): Start the timer of the oven.\n"
    "oven.heat(degrees): Heat the oven to a temperature."
)
_LIBRARY = (
    "library.lend(book_id, reader): Lend a book to a reader, by the id of the book.\n"
    "library.find(title): Find the id of a book by its title."
)
_GARDEN = (
    "garden.water(bed, liters): Water a bed of the garden.\n"
    "garden.size(bed): Get the size of a bed in square meters."
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


Example = tuple[str, str, tuple[dict[str, Any], ...], tuple[str, ...]]
"""The tools on offer, what the user asks, the replies, and the results between them."""

EXAMPLES: tuple[Example, ...] = (
    (
        _WEATHER,
        "Will it rain in Oslo and in Rome over the next 3 days?",
        (calls("weather.forecast", {"city": "Oslo", "days": 3}, {"city": "Rome", "days": 3}),),
        (),
    ),
    (
        _WEATHER,
        "How far is Oslo from Rome?",
        (declined("weather.forecast", "About 2,000 km in a straight line."),),
        (),
    ),
    (
        _HOTEL,
        "Find a hotel with a pool and breakfast in Madrid for 2 people, at most 120 euros a night.",
        (
            calls(
                "hotel.search",
                {
                    "city": "Madrid",
                    "guests": 2,
                    "max_price": 120,
                    "features": ["pool", "breakfast"],
                },
            ),
        ),
        (),
    ),
    (
        _CITY,
        "Who founded Lyon?",
        (declined("city.mayor", "The Roman Lucius Munatius Plancus, in 43 BC."),),
        (),
    ),
    (
        _LOAN,
        "What is the monthly payment of my loan?",
        (declined("loan_payment", "Please tell me the amount, the years and the yearly rate."),),
        (),
    ),
    (
        _LOAN,
        "What would I pay each month for a 20000 dollar loan at 4% over 5, 10 and 15 years?",
        (
            calls(
                "loan_payment",
                *({"amount": 20000, "years": years, "rate": 4} for years in (5, 10, 15)),
            ),
        ),
        (),
    ),
    (
        _AREA,
        "A circle has a radius of 3 cm. What is its circumference?",
        (declined("circle_area", "About 18.85 cm."),),
        (),
    ),
    (
        _OVEN,
        "Heat the oven to 180 degrees and start the timer for 25 minutes.",
        (
            calls("oven.heat", {"degrees": 180}),
            calls("oven.timer", {"minutes": 25}),
            answered("The oven heats to 180 degrees, and the timer ends at 18:40."),
        ),
        ('{"degrees": 180}', '{"ends": "18:40"}'),
    ),
    (
        _LIBRARY,
        "Lend Dracula to Mia.",
        (
            calls("library.lend", {"book_id": "Dracula", "reader": "Mia"}),
            calls("library.find", {"title": "Dracula"}),
            calls("library.lend", {"book_id": "B42", "reader": "Mia"}),
            answered("Mia has Dracula until 2 May."),
        ),
        ('{"error": "no book with this id"}', '{"id": "B42"}', '{"until": "2 May"}'),
    ),
    (
        _GARDEN,
        "Give the roses 10 liters for each square meter.",
        (
            calls("garden.size", {"bed": "roses"}),
            calls("garden.water", {"bed": "roses", "liters": 30}),
            answered("The roses got 30 liters."),
        ),
        ('{"square_meters": 3}', '{"watered": true}'),
    ),
    (_SEARCH, "Hello!", (answered("Hello! How can I help?"),), ()),
    (_SEARCH, "How many legs does a spider have?", (answered("A spider has eight legs."),), ()),
    (
        _SEARCH,
        "What happened in the Tour de France today?",
        (calls("web_search", {"query": "Tour de France today"}),),
        (),
    ),
)


def instructions(system: str, tools: Sequence[ToolSpec]) -> str:
    """Return the system prompt with the way to decide, the examples and the tools behind it."""
    examples = "\n\n".join(_shown(*example) for example in EXAMPLES)
    described = "\n\n".join(describe(tool) for tool in tools)
    return f"{system}\n\n{INTRO}\n\n# Examples\n\n{examples}\n\n# Your tools now\n\n{described}"


def _shown(
    offered: str, question: str, replies: Sequence[dict[str, Any]], results: Sequence[str]
) -> str:
    lines = [f"Tools:\n{offered}\nUser: {question}"]
    for reply, result in zip_longest(replies, results):
        lines.append(f"Reply: {json.dumps(reply, ensure_ascii=False)}")
        if result is not None:
            (call,) = reply["calls"][0]
            lines.append(result_of(call, result))
    return "\n".join(lines)
