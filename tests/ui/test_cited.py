"""What the faces tell of searches, citations and sources, and where their links lead."""

from __future__ import annotations

import io
import json
from urllib.parse import unquote

import pytest

from agent.attribution import Citation, Verdict
from agent.conflicts import Conflict
from agent.events import Cited, Event, Searched, Turn, TurnFinished, TurnStarted
from tools.sources import Passage, Search, Source
from ui.cited import basis_line, corrected_lines, doubts, link, search_lines, sources_text
from ui.live import LiveView
from ui.render import RecordView, StreamView, View, WholeView, record
from ui.terminal import Terminal

SHORT = "A llama carries loads."
LONG = "The llama, a beast of the high Andes, carries loads of 30 kg over the passes each day."


def source(
    text: str = SHORT, url: str = "https://a.example/llama", title: str = "Llama", date: str = ""
) -> Source:
    return Source(title, url, text, (Passage("p1", text),), date)


def citation(verdict: Verdict = "supported", *places: str, **more: object) -> Citation:
    numbers = tuple(int(place.partition(":")[0]) for place in places)
    return Citation("It carries loads.", verdict, numbers, places, **more)  # type: ignore[arg-type]


def turn(*sources: Source, citations: tuple[Citation, ...] = (), **more: object) -> Turn:
    return Turn("It carries loads [1].", sources, citations=citations, **more)  # type: ignore[arg-type]


def fragment(address: str) -> list[str]:
    """Return the texts that a browser looks for."""
    return [unquote(part) for part in address.partition(":~:text=")[2].split(",")]


def test_a_link_leads_to_a_short_passage_as_a_whole() -> None:
    address = source().link("p1")
    assert address == "https://a.example/llama#:~:text=A%20llama%20carries%20loads."
    assert fragment(address) == [SHORT]


def test_a_link_leads_from_the_beginning_of_a_long_passage_to_its_end() -> None:
    start, end = fragment(source(LONG).link("p1"))
    assert LONG.startswith(start)
    assert LONG.endswith(end)
    assert (len(start.split()), len(end.split())) == (5, 5)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("well-known, they say", "well%2Dknown%2C%20they%20say"),
        ("Salt & Pepper", "Salt%20%26%20Pepper"),
        ("50 % of 1/3 #1?", "50%20%25%20of%201%2F3%20%231%3F"),
        ("a=b+c", "a%3Db%2Bc"),
        ("-a, b-", "%2Da%2C%20b%2D"),
        ("Der Lama läuft", "Der%20Lama%20l%C3%A4uft"),
        (
            "ラマは荷物を運ぶ",
            "%E3%83%A9%E3%83%9E%E3%81%AF%E8%8D%B7%E7%89%A9%E3%82%92%E9%81%8B%E3%81%B6",
        ),
        ("“quoted” – dash", "%E2%80%9Cquoted%E2%80%9D%20%E2%80%93%20dash"),
    ],
)
def test_what_means_something_in_a_fragment_is_encoded(text: str, encoded: str) -> None:
    address = source(text).link("p1")
    assert address.endswith(f"#:~:text={encoded}")
    # A bare hyphen, comma or ampersand parts the terms of a fragment.
    assert not set("-,&") & set(address.partition(":~:text=")[2])


def test_a_fragment_that_an_address_has_is_kept() -> None:
    address = source(url="https://a.example/x?q=1#history").link("p1")
    assert address == "https://a.example/x?q=1#history:~:text=A%20llama%20carries%20loads."


@pytest.mark.parametrize(
    ("url", "passage"),
    [("https://a.example/", "p9"), ("https://a.example/", ""), ("file:///home/ana/x.txt", "p1")],
)
def test_without_a_passage_or_a_page_a_link_is_the_address(url: str, passage: str) -> None:
    assert source(url=url).link(passage) == url


def test_marks_of_what_was_left_out_are_not_looked_for() -> None:
    assert fragment(source("… A llama carries loads …").link("p1")) == ["A llama carries loads"]
    assert source("…").link("p1") == "https://a.example/llama"


def test_the_link_of_a_source_leads_to_the_first_passage_that_is_cited() -> None:
    two = Source(
        "Llama", "https://a.example/", "", (Passage("p1", "It is one."), Passage("p2", "It spits."))
    )
    done = turn(source(), two, citations=(citation("supported", "2:p2"), citation("added", "1:p1")))
    assert fragment(link(done, 2)) == ["It spits."]
    assert fragment(link(done, 1)) == [SHORT]
    assert link(turn(source()), 1) == "https://a.example/llama"


def test_only_cited_sources_are_listed_under_their_numbers() -> None:
    other = source(url="https://b.example/", title="Alpaca", date="2024-02-03")
    cited = sources_text(turn(source(), other, citations=(citation("supported", "2:p1"),)))
    assert cited.startswith("Sources:\n[2] Alpaca (2024-02-03)\n    https://b.example/#:~:text=")
    assert "[1]" not in cited
    everything = sources_text(turn(source(), other))
    assert "[1] Llama\n    https://a.example/llama\n[2] Alpaca" in everything
    assert sources_text(turn()) == ""


def test_a_title_cannot_break_out_of_its_line() -> None:
    told = sources_text(turn(source(title="Llama\n[2] Forged \x1b[31m", url="https://a.example/")))
    assert "\n[2]" not in told
    assert "\x1b" not in told


def test_what_is_doubtful_is_told_beneath_the_sources() -> None:
    unsure = citation("unsupported", given=(1,), problem="30 is not in [1]")
    conflict = Conflict("It is.", ((2, "2024-01-01", "It is 5."), (1, "", "It is 4.")))
    done = turn(source(), citations=(citation("supported", "1:p1"), unsure), conflicts=(conflict,))
    assert doubts(done) == [
        "Not supported by the sources (30 is not in [1]): It carries loads.",
        "The sources contradict each other: [2] (2024-01-01) It is 5.; [1] It is 4.",
    ]
    assert sources_text(done).startswith("Sources:\n[1]")
    assert sources_text(done).endswith("\n\n" + "\n".join(doubts(done)))
    assert doubts(turn(source(), citations=(citation("added", "1:p1"),))) == []


def test_what_was_put_right_or_taken_out_is_told() -> None:
    wrong = citation("corrected", "1:p1", given=(2, 3))
    invented = citation("supported", "1:p1", given=(1, 9), problem="[9] does not exist")
    unsure = citation("unsupported", given=(1,), problem="30 is not in [1]")
    assert corrected_lines([wrong, invented, unsure, citation("supported", "1:p1")]) == [
        "[2][3] put right to [1]: It carries loads.",
        "[9] does not exist: It carries loads.",
    ]


def test_a_search_tells_what_failed_what_is_old_and_what_was_not_read() -> None:
    search = Search(
        "llama",
        failed={"ddgs:brave": "shows a puzzle\nto people"},
        resting={"ddgs:mojeek": "refused to answer (429)"},
        read=("https://a.example/",),
        unread={"https://b.example/": "It was not loaded in time."},
        also=("Ana Rojas",),
        seconds=1.26,
    )
    assert search_lines(search) == [
        "Search engines without an answer: ddgs:mojeek: refused to answer (429); "
        "ddgs:brave: shows a puzzle to people",
        "1 page read, 1 not in 1.3 s; searched for Ana Rojas besides",
        "https://b.example/: It was not loaded in time.",
    ]
    assert search_lines(Search("llama")) == []
    assert search_lines(Search("llama", stale=True, cached=True, age=7200.0)) == [
        "No search engine answered; these results are 2 hours old."
    ]
    assert search_lines(Search("llama", cached=True, age=7200.0)) == [
        "These results were kept 2 hours ago."
    ]


def test_an_answer_from_the_models_own_knowledge_is_called_so() -> None:
    assert "nothing was looked up" in basis_line(turn(basis="model"))
    assert "nothing could be looked up" in basis_line(turn(basis="model", searches=(Search("x"),)))
    assert "none of the sources" in basis_line(turn(source(), basis="model"))
    for basis in ("sources", "tools", "memory", "conversation", "nothing"):
        assert basis_line(turn(source(), basis=basis)) == ""
    assert basis_line(Turn("", basis="model")) == ""


def played(view: type[View], *events: Event) -> tuple[str, str]:
    terminal = Terminal(io.StringIO(), io.StringIO())
    shown = view(terminal)
    for event in events:
        shown.show(event)
    shown.end()
    return terminal.stdout.getvalue(), terminal.stderr.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("view", [WholeView, StreamView, LiveView])
def test_every_face_shows_sources_doubts_and_searches(view: type[View]) -> None:
    unsure = citation("unsupported", given=(1,), problem="30 is not in [1]")
    wrong = citation("corrected", "1:p1", given=(2,))
    done = turn(source(), citations=(wrong, unsure), basis="sources")
    search = Search("llama", failed={"ddgs:brave": "shows a puzzle"})
    out, err = played(
        view,
        TurnStarted("ana", "t", "scripted:"),
        Searched("look_0", search),
        Cited(done.citations),
        TurnFinished(done),
    )
    assert "It carries loads [1]." in out
    assert "Sources:" in out
    assert "#:~:text=A%20llama" in out.replace("\n", "")
    assert "ddgs:brave: shows a puzzle" in err
    assert "[2] put right to [1]" in err
    assert (out + err).count("Not supported by the sources") == 1


def test_programs_read_numbers_links_and_verdicts() -> None:
    done = turn(source(), citations=(citation("supported", "1:p1"),), searches=(Search("llama"),))
    out, _ = played(RecordView, TurnFinished(done))
    data = json.loads(out)
    assert data == json.loads(json.dumps(record(done)))
    assert data["sources"][0]["number"] == 1
    assert data["sources"][0]["link"] == link(done, 1)
    assert data["citations"][0]["verdict"] == "supported"
    assert data["searches"][0]["query"] == "llama"


def test_the_basis_is_told_beside_the_answer() -> None:
    _, err = played(WholeView, TurnFinished(Turn("In 1535.", basis="model")))
    assert "From the model's own knowledge" in err
