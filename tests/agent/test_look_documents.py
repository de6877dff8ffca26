"""Whole turns about the user's own documents, which are looked into before the web."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import words
from agent.events import Cited, Turn
from agent.models.scripted import Step, call, say
from agent.nodes.own import near_enough
from memory.document_rows import Document, DocumentPassage
from memory.documents import FoundPassage
from tests.doubles.hostile_pdf import paper, shown
from tests.doubles.looking import (
    OPENED,
    RIGHT,
    Opened,
    asked_for,
    grounded,
    judged,
    opening,
    turn_of,
)
from tools.documents import Reader
from ui.render import WholeView
from ui.terminal import Terminal

CONTRACT = (
    "# Employment contract\n\n## Notice period\n\nThe notice is three months to the end of a month."
    "\n\n## Pay\n\nThe monthly salary is 3,100 euro.\n"
)
NOTICE = "What does my contract say about notice?"
THREE = "The notice is three months to the end of a month"


@asynccontextmanager
async def having(
    home: Path, steps: Sequence[Step], files: dict[str, str | bytes], **options: Any
) -> AsyncIterator[Opened]:
    """Open an assistant whose user has documents; the files lie beside its home."""
    folder = home / "docs"
    folder.mkdir()
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    async with opening(home / "home", steps, **options) as it:
        assert it.assistant.memory is not None
        documents = it.assistant.memory.documents
        report = await documents.add(str(folder), Reader(), user_id="ana")
        assert all(one.outcome == "added" for one in report.told)
        yield it


def whole(turn_events: Sequence[Any]) -> str:
    """Return what a pipe shows of a turn."""
    terminal = Terminal(io.StringIO(), io.StringIO())
    view = WholeView(terminal)
    for event in turn_events:
        view.show(event)
    view.end()
    return terminal.stdout.getvalue()


def names(turn: Turn) -> list[str]:
    return [step.name for step in turn.steps]


async def test_a_question_about_ones_own_papers_is_answered_from_them(tmp_path: Path) -> None:
    script = [judged("yes"), grounded(f"{THREE} [1].", 1, held=["three months"])]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        events = await it.events(NOTICE)
        assert it.web.asked == []
    turn = turn_of(events)
    assert names(turn) == ["search_documents"]
    assert (turn.answer, turn.basis) == (f"{THREE} [1].", "sources")
    (source,) = turn.sources
    place = (tmp_path / "docs" / "contract.md").as_uri()
    assert (source.kind, source.title, source.url) == ("document", "Employment contract", place)
    assert next(event for event in events if isinstance(event, Cited)).citations[0].sources == (1,)
    told = whole(events)
    assert f"[1] Employment contract\n    {place}" in told


async def test_a_link_leads_to_the_page_of_a_pdf(tmp_path: Path) -> None:
    second = shown(("The deposit for the flat in Calle Lima is 1,920 euro.",))
    leaf = (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 7 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>"
    )
    body = f"<< /Length {len(second)} >>\nstream\n".encode() + second + b"\nendstream"
    lease = paper(None, leaf, body, kids="[3 0 R 6 0 R]", count=2)
    answer = "The deposit for the flat is 1,920 euro [1]."
    script = [judged("yes", repeat=True), grounded(answer, 1)]
    async with having(tmp_path, script, {"lease.pdf": lease}) as it:
        events = await it.events("How much is the deposit for my flat in Calle Lima?")
    assert "(page 2) The deposit" in turn_of(events).steps[0].output
    assert f"{(tmp_path / 'docs' / 'lease.pdf').as_uri()}#page=2\n" in whole(events)


async def test_a_question_of_fact_that_they_hold_is_not_looked_for_on_the_web(
    tmp_path: Path,
) -> None:
    notes = "The Museum of Tarma was opened in 1949, says Luis.\n"
    script = [grounded("The Museum of Tarma was opened in 1949 [1].", 1)]
    async with having(tmp_path, script, {"notes.txt": notes}) as it:
        turn = await it.ask(OPENED)
        assert it.web.asked == []
    assert turn.answer == "The Museum of Tarma was opened in 1949 [1]."


async def test_what_they_do_not_hold_is_looked_for_on_the_web(tmp_path: Path) -> None:
    notes = "The Museum of Tarma is closed on Mondays.\n"
    script = [
        judged("no"),
        grounded("Not in the sources.", answered=False, held=["closed on Mondays"]),
        judged("yes", repeat=True),
        grounded(f"{RIGHT} [2].", 2, held=["closed on Mondays", "opened in 1951"]),
    ]
    async with having(tmp_path, script, {"notes.txt": notes}) as it:
        turn = await it.ask(OPENED)
        assert it.queries == [OPENED]
    assert names(turn) == ["search_documents", "web_search"]
    assert turn.answer == f"{RIGHT} [2]."
    assert [one.kind for one in turn.sources[:2]] == ["document", "web"]
    assert turn.usage.calls == len(it.model.requests)


async def test_that_the_web_was_dead_is_told_though_documents_were_near(tmp_path: Path) -> None:
    script = [
        judged("no"),
        grounded("Not in the sources.", answered=False, held=["closed on Mondays"]),
        say("In 1951.", match=asked_for("Nothing could be looked up")),
    ]
    dead = {"searxng_url": "http://127.0.0.1:1", "timeout": 2.0}
    notes = "The Museum of Tarma is closed on Mondays.\n"
    async with having(tmp_path, script, {"notes.txt": notes}, search=dead) as it:
        turn = await it.ask(OPENED)
    assert names(turn) == ["search_documents", "web_search"]
    assert turn.answer.startswith(words.NOT_LOOKED_UP["en"])


async def test_what_they_do_not_hold_and_the_web_does_not_know_is_left_to_the_model(
    tmp_path: Path,
) -> None:
    script = [judged("no"), say("I do not know.", match=asked_for("monthly salary"))]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        turn = await it.ask("Why is my monthly salary in the contract so low?")
        assert it.web.asked == []
    assert (names(turn), turn.answer) == (["search_documents"], "I do not know.")


async def test_what_has_nothing_to_do_with_them_goes_on_as_without_them(tmp_path: Path) -> None:
    script = [grounded(f"{RIGHT} [1].", 1), say("I am well.")]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        turn = await it.ask(OPENED)
        assert names(turn) == ["web_search"]
        assert names(await it.ask("Hi, how are you today?")) == []


async def test_nobody_elses_documents_are_looked_into(tmp_path: Path) -> None:
    script = [say("Which contract?", match=asked_for())]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        turn = await it.assistant.ask(NOTICE, user_id="ben", thread_id="t")
        (request,) = it.model.requests
    assert (names(turn), turn.answer) == ([], "Which contract?")
    told = str(request.messages) + str(request.tools)
    assert "search_documents" not in told
    assert "three months" not in told


async def test_the_model_can_search_them_itself(tmp_path: Path) -> None:
    script = [
        call("search_documents", query="salary"),
        say("The monthly salary is 3,100 euro [1]."),
    ]
    async with having(tmp_path, script, {"contract.md": CONTRACT}, look_up="model") as it:
        turn = await it.ask("Am I paid enough?")
    assert names(turn) == ["search_documents"]
    assert turn.steps[0].output.startswith("[1] Employment contract (contract.md)\n")
    assert (turn.answer, turn.basis) == ("The monthly salary is 3,100 euro [1].", "sources")


async def test_temporary_threads_do_not_see_them(tmp_path: Path) -> None:
    script = [say("Which contract?", match=asked_for())]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        temporary = await it.assistant.temporary()
        turn = await temporary.ask(NOTICE, user_id="ana", thread_id="x")
    assert (names(turn), turn.answer) == ([], "Which contract?")


async def test_a_later_question_about_them_is_put_in_full_words_first(tmp_path: Path) -> None:
    script = [
        judged("yes", repeat=True),
        grounded(f"{THREE} [1].", 1),
        grounded("The monthly salary is 3,100 euro [1].", 1, held=["3,100"]),
    ]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        await it.ask(NOTICE)
        turn = await it.ask("And what is my monthly salary?")
    assert names(turn) == ["search_documents"]
    assert turn.answer == "The monthly salary is 3,100 euro [1]."


async def test_a_changed_file_is_read_again_beside_the_turn(tmp_path: Path) -> None:
    script = [judged("yes", repeat=True), grounded(f"{THREE} [1].", 1)]
    async with having(tmp_path, script, {"contract.md": CONTRACT}) as it:
        path = tmp_path / "docs" / "contract.md"
        path.write_text(CONTRACT.replace("three months", "six months") + "More.\n")
        await it.ask(NOTICE)
        assert it.assistant.memory is not None
        documents = it.assistant.memory.documents
        await documents.settled()
        passages = await documents.search("notice", user_id="ana")
    assert "six months" in passages[0].passage.text


def found(likeness: float, shared: float) -> list[FoundPassage]:
    document = Document(1, "/a.txt", "a", "text", "", 0, "1:x", 0.0, 0.0, 1)
    passage = DocumentPassage(1, 1, "p1", "words", 0, 5, 0)
    return [FoundPassage(document, passage, 1.0, likeness, shared)]


@pytest.mark.parametrize(
    ("question", "likeness", "shared", "near"),
    [
        ("When is rent due for flats?", 0.5, 0.5, True),
        ("When is rent due for flats?", 0.5, 0.3, False),
        ("When is rent due for flats?", 0.4, 0.6, False),
        ("When is my rent due?", 0.4, 0.6, True),
        ("When is rent due for flats?", 0.7, 0.0, True),
        ("When is rent due for flats?", 0.1, 1.0, True),
        ("When is rent?", 0.1, 1.0, False),
        ("What do my notes say on rent?", 0.1, 0.2, True),
        ("What do my notes say on rent?", 0.3, 0.0, False),
        ("Wie hoch ist meine Kaution?", 0.36, 0.5, True),
    ],
)
def test_words_and_likeness_tell_what_is_near_enough(
    question: str, likeness: float, shared: float, near: bool
) -> None:
    assert near_enough(question, found(likeness, shared)) is near
