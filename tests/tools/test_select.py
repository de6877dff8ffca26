"""Finding the tools that fit a request, with the sentence model that is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from memory.embeddings import Embedder, Hashed, open_embedder
from tools.select import PARTS, ToolIndex, parts
from tools.spec import ToolSpec

Known = list[tuple[ToolSpec, tuple[str, ...]]]

ABOUT = {
    "send_email": "Send an e-mail to somebody.",
    "read_inbox": "List the e-mails that came in.",
    "create_event": "Put an appointment into the calendar.",
    "play_song": "Play a song on the loudspeakers.",
    "set_thermostat": "Set the temperature of a room's heating.",
    "lock_door": "Lock or unlock the front door.",
    "exchange_rate": "Convert an amount from one currency to another.",
    "book_flight": "Book a flight between two airports.",
    "find_recipe": "Look for recipes with given ingredients.",
    "translate": "Translate a text into another language.",
    "track_parcel": "Tell where a parcel is on its way.",
    "resize_image": "Change the size of a picture file.",
    "run_sql": "Run a query against the database.",
    "git_log": "List the latest commits of a repository.",
    "chemistry_mass": "Calculate the molar mass of a compound.",
}


class Counting:
    """An embedder that notes which texts it is given."""

    def __init__(self, inner: Embedder, name: str = "") -> None:
        self._inner = inner
        self.name = name or inner.name
        self.dimensions = inner.dimensions
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.texts.extend(texts)
        return self._inner.embed(texts)


def tools(**examples: tuple[str, ...]) -> Known:
    empty: dict[str, Any] = {"type": "object", "properties": {}}
    return [(ToolSpec(name, about, empty), examples.get(name, ())) for name, about in ABOUT.items()]


def index_of(known: Known, **options: Any) -> ToolIndex:
    index = ToolIndex(open_embedder(), **options)
    index.update(known)
    return index


@pytest.fixture(scope="module")
def index() -> ToolIndex:
    return index_of(tools())


@pytest.mark.parametrize(
    ("request_", "tool"),
    [
        ("write Anna a message that I will be late, to her mail address", "send_email"),
        ("it is too cold in the living room", "set_thermostat"),
        ("how many dollars are 30 euros", "exchange_rate"),
        ("what can I cook with rice and eggs", "find_recipe"),
        ("where is my package", "track_parcel"),
        ("make photo.png half as wide", "resize_image"),
        ("how do you say good morning in Spanish", "translate"),
        ("put on some music by Mercedes Sosa", "play_song"),
    ],
)
def test_a_clear_request_brings_its_tool_first(index: ToolIndex, request_: str, tool: str) -> None:
    assert index.rank(request_, 3)[0] == tool


def test_an_example_brings_a_tool_that_its_description_does_not(index: ToolIndex) -> None:
    asked = "do the bedtime routine"
    taught = index_of(tools(lock_door=("start the bedtime routine",)))
    assert index.rank(asked, 1) != ["lock_door"]
    assert taught.rank(asked, 1) == ["lock_door"]
    assert taught.rank("where is my package", 1) == ["track_parcel"]


def test_each_part_of_a_request_brings_its_tool(index: ToolIndex) -> None:
    request = "Book me a flight to Lima, then mail Anna and turn up the heating in the bedroom"
    found = index.rank(request, 4)
    assert {"book_flight", "send_email", "set_thermostat"} <= set(found)


def test_parts_are_split_at_joints_and_only_a_few_are_looked_at() -> None:
    assert parts("What is the weather?") == []
    assert parts("Convert 5 miles and then mail the result") == [
        "Convert 5 miles",
        "mail the result",
    ]
    many = parts("; ".join(f"do task {number}" for number in range(30)))
    assert len(many) == PARTS
    assert (many[0], many[-1]) == ("do task 0", "do task 29")


@pytest.mark.parametrize("limit", [1, 3, len(ABOUT), 100])
def test_a_limit_holds_and_no_tool_comes_twice(index: ToolIndex, limit: int) -> None:
    found = index.rank("mail Anna, book a flight and play a song", limit)
    assert len(found) == len(set(found)) == min(limit, len(ABOUT))


@pytest.mark.parametrize(("query", "limit"), [("", 5), (" \n\t", 5), ("mail Anna", 0)])
def test_nothing_asked_finds_nothing(index: ToolIndex, query: str, limit: int) -> None:
    assert index.rank(query, limit) == []


def test_an_index_without_tools_finds_nothing(index: ToolIndex) -> None:
    assert ToolIndex(Hashed()).rank("mail Anna", 5) == []
    emptied = index_of(tools())
    emptied.update([])
    assert emptied.rank("mail Anna", 5) == []


@pytest.mark.parametrize("query", ["half a character: \ud83d", "x" * 50_000, "明日 ☂️", "?!"])
def test_odd_requests_are_ranked_all_the_same(index: ToolIndex, query: str) -> None:
    assert len(index.rank(query, 3)) == 3


def test_only_what_changed_is_embedded_again() -> None:
    embedder = Counting(Hashed())
    index = ToolIndex(embedder)
    index.update(tools())
    assert len(embedder.texts) == len(ABOUT)
    embedder.texts.clear()
    index.update(tools())
    assert embedder.texts == []
    index.update(tools(git_log=("who changed this",)))
    assert embedder.texts == ["who changed this"]
    embedder.texts.clear()
    index.update(tools()[:5])
    index.update(tools())
    assert embedder.texts == []
    changed = tools()
    changed[0] = (ToolSpec("send_email", "Post a letter.", changed[0][0].parameters), ())
    index.update(changed)
    assert embedder.texts == ["send email: Post a letter."]


def test_vectors_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    first, second = Counting(open_embedder()), Counting(open_embedder())
    made, again = ToolIndex(first, tmp_path / "cache"), ToolIndex(second, tmp_path / "cache")
    made.update(tools())
    again.update(tools())
    assert len(first.texts) == len(ABOUT)
    assert second.texts == []
    asked = "where is my package and what do 30 euros make in dollars"
    assert made.rank(asked, 15) == again.rank(asked, 15)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".vectors"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-7],
        lambda raw: raw + b"more",
        lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        lambda raw: b"\0" * len(raw),
    ],
    ids=["empty", "cut", "longer", "one bit", "zeros"],
)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Any) -> None:
    ToolIndex(Hashed(), tmp_path).update(tools())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    embedder = Counting(Hashed())
    index = ToolIndex(embedder, tmp_path)
    index.update(tools())
    assert len(embedder.texts) == len(ABOUT)
    assert index.rank("play a song", 1) == ["play_song"]
    assert file.read_bytes() == whole


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    ToolIndex(Hashed(), tmp_path).update(tools())
    other = Counting(Hashed(), name="newer")
    ToolIndex(other, tmp_path).update(tools())
    assert len(other.texts) == len(ABOUT)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = ToolIndex(Hashed(), tmp_path / "file")
    index.update(tools())
    assert index.rank("play a song", 1) == ["play_song"]
