"""Documents as they are kept: found again, brought up to date, and gone without a trace."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from memory.documents import Documents, Report
from memory.embeddings import EmbedderError, Hashed, open_embedder
from memory.exact import MemoryIndex
from memory.reading import Listing, Piece, Reading, Unreadable
from memory.store import FILE, Store, open_database

CONTRACT = ("Contract: Notice is three months to the end of a month.", "Contract: Pay is 3,100.")
LEASE = ("Lease: The deposit is 1,920 euro.", "Lease: Dogs need the consent of the landlord.")


class Lines:
    """Read each line of a text file as a passage."""

    def __init__(self) -> None:
        self.read_places: list[str] = []

    async def read(self, place: str) -> Reading:
        self.read_places.append(place)
        return self._read(place)

    async def files(self, folder: str) -> Listing:
        return self._files(folder)

    def _read(self, place: str) -> Reading:
        path = Path(place)
        if not path.is_file():
            raise Unreadable("missing", "There is no such file.")
        text = path.read_text()
        if not text:
            raise Unreadable("empty", "The file is empty.")
        if "damaged" in text:
            raise Unreadable("damaged", "The file is damaged.")
        lines = text.split("\n")
        pieces = [Piece(f"p{n}", line, n, n + 1, n) for n, line in enumerate(lines, 1)]
        return Reading(
            place=place, title=path.stem, kind="text", digest=str(hash(text)),
            size=len(text.encode()), modified=path.stat().st_mtime, pieces=pieces,
        )  # fmt: skip

    def _files(self, folder: str) -> Listing:
        if not Path(folder).is_dir():
            raise Unreadable("missing", "There is no such folder.")
        found = sorted(str(one) for one in Path(folder).rglob("*") if one.is_file())
        return Listing(found, {"hidden": 1})


class Broken(Hashed):
    """An embedder whose model cannot be loaded."""

    def embed(self, texts: Sequence[str]) -> Any:
        raise EmbedderError("There is no model.")


@pytest.fixture
async def documents(tmp_path: Path) -> AsyncIterator[Documents]:
    database = open_database(tmp_path / "home" / FILE)
    yield Documents(Store(database), None, Hashed())
    await database.aclose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    (made / "contract.txt").write_text("\n".join(CONTRACT))
    (made / "lease.txt").write_text("\n".join(LEASE))
    return made


def outcomes(report: Report) -> dict[str, str]:
    return {Path(one.place).name: one.outcome for one in report.told}


def rewrite(path: Path, text: str) -> None:
    """Write a file anew, and certainly at another time."""
    path.write_text(text)
    later = path.stat().st_mtime + 2
    os.utime(path, (later, later))


async def texts(documents: Documents, query: str, user_id: str = "ana") -> list[str]:
    return [one.passage.text for one in await documents.search(query, user_id=user_id)]


async def test_a_folder_is_added_and_its_passages_are_found(
    documents: Documents, folder: Path
) -> None:
    report = await documents.add(str(folder), Lines(), user_id="ana")
    assert outcomes(report) == {"contract.txt": "added", "lease.txt": "added"}
    assert report.skipped == {"hidden": 1}
    found = await documents.search("How high is the deposit?", user_id="ana")
    assert found[0].passage.text == LEASE[0]
    assert (found[0].passage.page, found[0].document.title) == (1, "lease")
    assert found[0].shared > 0
    listed = await documents.list(user_id="ana")
    assert [(Path(one.place).name, one.passages) for one in listed] == [
        ("contract.txt", 2),
        ("lease.txt", 2),
    ]
    assert [one.place for one in await documents.folders(user_id="ana")] == [str(folder)]


async def test_the_title_of_a_document_counts(documents: Documents, tmp_path: Path) -> None:
    for name in ("lease", "contract", "handbook"):
        (tmp_path / f"{name}.txt").write_text("The notice is given in writing.")
        await documents.add(str(tmp_path / f"{name}.txt"), Lines(), user_id="ana")
    found = await documents.search("what does the contract say about notice", user_id="ana")
    assert found[0].document.title == "contract"


async def test_meaning_finds_what_shares_no_word(tmp_path: Path, folder: Path) -> None:
    database = open_database(tmp_path / "home" / FILE)
    documents = Documents(Store(database), None, open_embedder())
    await documents.add(str(folder), Lines(), user_id="ana")
    found = await documents.search("Is my puppy allowed in the apartment?", user_id="ana")
    assert found[0].passage.text == LEASE[1]
    assert found[0].likeness > 0.25
    await database.aclose()


async def test_what_has_nothing_to_do_with_a_query_is_not_found(
    documents: Documents, folder: Path
) -> None:
    assert await documents.search("deposit", user_id="ana") == []
    await documents.add(str(folder), Lines(), user_id="ana")
    assert await documents.search("   ", user_id="ana") == []
    assert await texts(documents, "xylophone quartz") == []


async def test_no_user_reads_what_is_anothers(documents: Documents, folder: Path) -> None:
    await documents.add(str(folder / "lease.txt"), Lines(), user_id="ana")
    await documents.add(str(folder / "contract.txt"), Lines(), user_id="ben")
    (lease,) = await documents.list(user_id="ana")
    assert await texts(documents, "deposit notice", "ben") == [CONTRACT[0]]
    assert await documents.passages(lease.id, user_id="ben") == []
    assert await documents.find(str(lease.id), user_id="ben") == []
    await documents.remove([lease], user_id="ben")
    assert await texts(documents, "deposit") == [LEASE[0]]
    assert await documents.any(user_id="ana")
    assert not await documents.any(user_id="cleo")
    for call in (documents.list, documents.any, documents.folders):
        with pytest.raises(ValueError, match="user"):
            await call(user_id="")


async def test_the_same_file_again_changes_nothing(documents: Documents, folder: Path) -> None:
    reader = Lines()
    await documents.add(str(folder), reader, user_id="ana")
    before = await documents.list(user_id="ana")
    again = await documents.add(str(folder), reader, user_id="ana")
    assert set(outcomes(again).values()) == {"unchanged"}
    assert len(reader.read_places) == 2
    rewrite(folder / "lease.txt", "\n".join(LEASE))
    third = await documents.add(str(folder / "lease.txt"), reader, user_id="ana")
    assert outcomes(third) == {"lease.txt": "unchanged"}
    assert len(reader.read_places) == 3
    after = await documents.list(user_id="ana")
    assert [one.id for one in after] == [one.id for one in before]
    assert await documents.add(str(folder), reader, user_id="ana")
    assert len(reader.read_places) == 3


async def test_a_changed_file_takes_the_place_of_the_old_one(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder), Lines(), user_id="ana")
    rewrite(folder / "lease.txt", "Lease: The surety is 2,000 euro.")
    report = await documents.refresh(Lines(), user_id="ana")
    assert outcomes(report) == {"lease.txt": "changed"}
    assert await texts(documents, "deposit") == []
    assert await texts(documents, "surety") == ["Lease: The surety is 2,000 euro."]
    assert len(await documents.list(user_id="ana")) == 2


async def test_refreshing_removes_what_is_gone_and_adds_what_is_new(
    documents: Documents, folder: Path
) -> None:
    told = []
    await documents.add(str(folder), Lines(), user_id="ana")
    (folder / "lease.txt").unlink()
    (folder / "new.txt").write_text("Warranty: two years.")
    report = await documents.refresh(Lines(), user_id="ana", tell=told.append)
    assert outcomes(report) == {"lease.txt": "removed", "new.txt": "added"}
    assert [one.outcome for one in told] == ["removed", "added"]
    assert await texts(documents, "deposit") == []
    assert await texts(documents, "warranty") == ["Warranty: two years."]
    assert outcomes(await documents.refresh(Lines(), user_id="ana")) == {}


async def test_what_cannot_be_read_any_more_keeps_what_was_read(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder), Lines(), user_id="ana")
    rewrite(folder / "lease.txt", "damaged")
    rewrite(folder / "contract.txt", "")
    report = await documents.refresh(Lines(), user_id="ana")
    assert outcomes(report) == {"lease.txt": "unreadable", "contract.txt": "removed"}
    assert await texts(documents, "deposit") == [LEASE[0]]
    assert await texts(documents, "notice") == []


async def test_a_folder_that_is_gone_takes_its_files_along(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder), Lines(), user_id="ana")
    shutil.rmtree(folder)
    report = await documents.refresh(Lines(), user_id="ana")
    assert outcomes(report) == {
        "docs": "removed",
        "contract.txt": "removed",
        "lease.txt": "removed",
    }
    assert await documents.folders(user_id="ana") == []
    assert not await documents.any(user_id="ana")


async def test_a_search_brings_changed_files_up_to_date_beside_it(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder), Lines(), user_id="ana")
    rewrite(folder / "lease.txt", "Lease: The surety is 2,000 euro.")
    (folder / "contract.txt").unlink()
    reader = Lines()
    for _ in range(3):
        documents.check_soon(reader, user_id="ana")
    await documents.settled()
    assert await texts(documents, "surety") == ["Lease: The surety is 2,000 euro."]
    assert await texts(documents, "notice") == [CONTRACT[0]]
    assert reader.read_places == [str(folder / "lease.txt")]


async def test_removing_forgets_the_folder_around_it_too(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder), Lines(), user_id="ana")
    lease = await documents.find(str(folder / "lease.txt"), user_id="ana")
    left = await documents.remove(lease, user_id="ana")
    assert [one.place for one in left] == [str(folder)]
    assert outcomes(await documents.refresh(Lines(), user_id="ana")) == {}
    assert await texts(documents, "deposit") == []
    assert await texts(documents, "notice") == [CONTRACT[0]]


async def test_nothing_readable_is_left_of_what_was_removed(
    documents: Documents, folder: Path, tmp_path: Path
) -> None:
    index = MemoryIndex()
    documents = Documents(Store(documents._database), index, Hashed())
    sentinel = "Zanzibarquartz pays the ferryman"
    (folder / "secret.txt").write_text(f"{sentinel}\nand more of it")
    await documents.add(str(folder), Lines(), user_id="ana")
    home = tmp_path / "home"
    assert any(sentinel.encode() in one.read_bytes() for one in home.iterdir())
    rewrite(folder / "secret.txt", "Nothing of note")
    await documents.refresh(Lines(), user_id="ana")
    assert not any(b"ferryman" in one.read_bytes() for one in home.iterdir())
    await documents.remove(await documents.find(str(folder), user_id="ana"), user_id="ana")
    for one in home.iterdir():
        content = one.read_bytes().lower()
        for word in (b"ferryman", b"deposit", b"notice", b"secret.txt", b"landlord"):
            assert word not in content, (one, word)
    with sqlite3.connect(home / FILE) as db:
        for count in ("passages", "documents"):
            assert db.execute(f"select count(*) from {count}").fetchone() == (0,)
        terms = db.execute("select count(*) from passage_terms_many").fetchone()
        assert terms == (0,)
    db.close()


async def test_the_vectors_of_what_is_new_are_compared_at_once(
    documents: Documents, folder: Path
) -> None:
    await documents.add(str(folder / "lease.txt"), Lines(), user_id="ana")
    assert (await documents.search("deposit euro", user_id="ana"))[0].likeness > 0
    await documents.add(str(folder / "contract.txt"), Lines(), user_id="ana")
    found = await documents.search("notice of three months", user_id="ana")
    assert found[0].passage.text == CONTRACT[0]
    assert found[0].likeness > 0
    rewrite(folder / "contract.txt", "Contract: Notice of six weeks.")
    await documents.refresh(Lines(), user_id="ana")
    found = await documents.search("notice of six weeks", user_id="ana")
    assert found[0].likeness > 0


async def test_without_a_model_documents_are_found_by_their_words(
    tmp_path: Path, folder: Path
) -> None:
    database = open_database(tmp_path / "home" / FILE)
    documents = Documents(Store(database), None, Broken())
    report = await documents.add(str(folder), Lines(), user_id="ana")
    assert set(outcomes(report).values()) == {"added"}
    (found,) = await documents.search("deposit", user_id="ana")
    assert (found.passage.text, found.likeness) == (LEASE[0], 0.0)
    await database.aclose()


async def test_many_at_once_leave_each_document_once(documents: Documents, folder: Path) -> None:
    async def add(name: str) -> None:
        await documents.add(str(folder), Lines(), user_id=name)

    await asyncio.gather(*(add(name) for name in ("ana", "ben", "ana", "ben", "ana")))
    for name in ("ana", "ben"):
        assert len(await documents.list(user_id=name)) == 2
        assert await texts(documents, "deposit", name) == [LEASE[0]]


async def test_nothing_is_made_before_the_first_document(
    documents: Documents, tmp_path: Path
) -> None:
    assert not await documents.any(user_id="ana")
    assert await documents.refresh(Lines(), user_id="ana") == Report((), {})
    report = await documents.add(str(tmp_path / "nowhere"), Lines(), user_id="ana")
    assert [(one.outcome, one.cause) for one in report.told] == [("unreadable", "missing")]
    assert not (tmp_path / "home").exists()
