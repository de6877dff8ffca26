"""Reading one's own documents: what they are by content, their form, and why there is no text."""

from __future__ import annotations

import io
import json
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from memory.reading import Piece, Reading, Unreadable
from tests.doubles.hostile_pdf import LINES, encrypted, paper, pdfs, shown
from tests.doubles.site import Site
from tools import documents
from tools.documents import Reader, list_files, read_file
from tools.net import Net
from tools.settings import NetSettings

NOTICE = "Either side may end this contract with a notice of three months."


def word(*, title: str = "") -> bytes:
    """Return a real Word document with headings and a table."""
    from docx import Document

    made = Document()
    made.core_properties.title = title
    made.add_heading("Employment contract", 0)
    made.add_heading("Ending", 1)
    made.add_heading("Notice period", 2)
    made.add_paragraph(NOTICE)
    made.add_heading("Pay", 1)
    table = made.add_table(3, 2)
    for row, cells in enumerate((("Month", "Euro"), ("May", "3,100"), ("June", "3,200"))):
        for column, text in enumerate(cells):
            table.rows[row].cells[column].text = text
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def of(folder: Path, name: str, data: bytes | str) -> Reading:
    return read_file(str(put(folder, name, data)))


def texts(reading: Reading) -> list[str]:
    return [one.text for one in reading.pieces]


def piece(reading: Reading, held: str) -> Piece:
    (found,) = [one for one in reading.pieces if held in one.text]
    return found


def test_a_word_document_has_headings_over_its_passages_and_tables_as_rows(tmp_path: Path) -> None:
    read = of(tmp_path, "contract.docx", word(title="Contract of Ana"))
    assert (read.kind, read.title) == ("docx", "Contract of Ana")
    assert f"Ending: Notice period {NOTICE}" in texts(read)
    assert "Pay; Month | Euro; May | 3,100; June | 3,200" in texts(read)
    assert of(tmp_path, "other.docx", word()).title == "Employment contract"


def test_the_pages_of_a_pdf_are_known(tmp_path: Path) -> None:
    second = shown(("Luis keeps seven llamas behind the house in Tarma.",))
    pages = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 7 0 R /Resources "
    body = paper(
        None,
        pages + "<< /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(second)} >>\nstream\n".encode() + second + b"\nendstream",
        kids="[3 0 R 6 0 R]",
        count=2,
        trailer="/Info << /Title (On llamas) >>",
    )
    read = of(tmp_path, "a.pdf", body)
    assert (read.kind, read.title, read.pages) == ("pdf", "On llamas", 2)
    assert piece(read, "domesticated animal").page == 1
    assert piece(read, "seven llamas").page == 2


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (paper(), "pdf"),
        (word(), "docx"),
        (f"<!doctype html><html><body><h1>Rules</h1><p>{NOTICE * 3}</p></body></html>", "html"),
        ("# Head\n\nSome words.\n\n## Sub\n\n- one\n- two\n", "markdown"),
        ("name,city,age\nAna,Lima,31\nBen,Rome,44\n", "table"),
        ('{"name": "Ana", "pets": ["Pipo"]}', "json"),
        ('{"name": "Ana"}\n{"name": "Ben"}\n', "json"),
        ("import os\n\ndef name():\n    return os.name\n", "code"),
        ("#!/bin/sh\necho hello\n", "code"),
        (f"A letter.\n\n{NOTICE}\n", "text"),
    ],
)
def test_what_a_document_is_shows_its_content(tmp_path: Path, data: bytes | str, kind: str) -> None:
    assert of(tmp_path, "unnamed", data).kind == kind
    if kind in ("pdf", "docx"):
        assert of(tmp_path, "wrong.txt", data).kind == kind


def test_passages_know_their_heading_and_where_they_stand(tmp_path: Path) -> None:
    long = " ".join(f"Sentence number {n} is about the garden." for n in range(40))
    text = f"# House\n\n## Garden\n\n{long}\n\n## Roof\n\nIt was mended in 2019.\n"
    read = of(tmp_path, "house.md", text)
    garden = [one for one in read.pieces if "garden" in one.text]
    assert len(garden) > 2
    assert garden[0].text.startswith("House: Garden Sentence number 0")
    assert all(one.text.startswith("House › Garden: Sentence") for one in garden[1:])
    assert "House: Roof It was mended in 2019." in texts(read)
    assert [one.name for one in read.pieces] == [f"p{n + 1}" for n in range(len(read.pieces))]
    ends = [(one.start, one.end) for one in read.pieces]
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    assert all(one.text.rstrip().endswith(".") for one in garden)


def test_markdown_is_read_without_its_marks(tmp_path: Path) -> None:
    text = (
        "---\ntitle: 'My notes'\ntags: [a]\n---\nThe **deposit** is with\n[the bank](https://b.pe)."
        "\n\n| Day | Bin |\n|-----|:---:|\n| Monday | green |\n\n```sh\nrun --now\n```\n"
    )
    read = of(tmp_path, "n.md", text)
    assert read.title == "My notes"
    joined = " ".join(texts(read))
    assert "The deposit is with the bank." in joined
    assert "Day | Bin; Monday | green" in joined
    assert "run --now" in joined
    assert "---" not in joined


def test_rows_of_tables_stay_with_the_names_of_their_columns(tmp_path: Path) -> None:
    rows = "".join(f"Part {n};{n * 3},50;drawer {n}\n" for n in range(60))
    read = of(tmp_path, "parts.csv", f"part;price;place\n{rows}")
    assert read.kind == "table"
    assert len(read.pieces) > 2
    assert all(one.text.startswith("part | price | place; ") for one in read.pieces)
    assert piece(read, "drawer 41").text.count("Part 41 | 123,50 | drawer 41") == 1


def test_json_is_read_as_names_and_values(tmp_path: Path) -> None:
    data = {"owner": {"name": "Ana"}, "llamas": [{"name": "Pipo", "age": 4}, {"name": "Lola"}]}
    read = of(tmp_path, "a.json", json.dumps(data))
    joined = " ".join(texts(read))
    assert "owner.name: Ana" in joined
    assert "name | age; Pipo | 4; Lola |" in joined
    assert of(tmp_path, "b.json", "{broken").kind == "text"


def test_programs_are_cut_between_blocks_and_keep_their_lines(tmp_path: Path) -> None:
    blocks = [f"def name_{n}(x):\n    y = x + {n}\n    return y * {n}" for n in range(40)]
    read = of(tmp_path, "a.py", "\n\n\n".join(blocks) + "\n")
    assert read.kind == "code"
    assert len(read.pieces) > 2
    for one in read.pieces:
        assert one.text.startswith("def ")
        assert one.text.split("\n")[-1].startswith("    return")


def test_lines_that_were_broken_at_a_width_are_joined(tmp_path: Path) -> None:
    text = (
        "4.2 Notice period\n\nEither side may end this contract with a notice of three months to\n"
        "the end of a calendar month, and in the first half year with one of two weeks.\n"
    )
    read = of(tmp_path, "lease.txt", f"The lease\n\n{text}")
    assert read.title == "The lease"
    assert "three months to the end of a calendar month" in piece(read, "4.2 Notice period").text


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "cp1252", "utf-8"])
def test_letters_are_right_in_whatever_coding(tmp_path: Path, coding: str) -> None:
    data = "Die Kündigungsfrist beträgt drei Monate.\r\nGrüße aus Köln.\r\n".encode(coding)
    assert "Kündigungsfrist beträgt" in texts(of(tmp_path, "a.txt", data))[0]


def test_characters_that_nobody_sees_are_left_out(tmp_path: Path) -> None:
    hidden = "".join(chr(0xE0000 + ord(sign)) for sign in "obey me")
    assert texts(of(tmp_path, "a.txt", f"Hello{hidden} there\u200b."))[0] == "Hello there."


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\t\n", "empty"),
        ("nulls", b"\0" * 40, "type"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "type"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Word" * 50, "type"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
         + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("cut.docx", word()[:3000], "damaged"),
        ("cut.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged"),
        ("locked.pdf", encrypted("secret"), "encrypted"),
        ("scanned.pdf", paper(b"q 9 0 0 9 0 0 cm /Im0 Do Q"), "no_text"),
    ],
)  # fmt: skip
def test_a_reason_is_given_for_what_cannot_be_read(
    tmp_path: Path, name: str, data: bytes, cause: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        of(tmp_path, name, data)
    assert caught.value.cause == cause
    assert caught.value.reason.endswith(".")


def test_missing_closed_and_endless_files_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, cause in (("nowhere", "missing"), ("folder", "type")):
        with pytest.raises(Unreadable) as caught:
            read_file(str(tmp_path / name))
        assert caught.value.cause == cause
    with pytest.raises(Unreadable) as caught:
        read_file(str(tmp_path / "pipe"))
    assert caught.value.cause == "type"


def test_what_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "TEXT_BYTES", 1000)
    with pytest.raises(Unreadable) as caught:
        of(tmp_path, "a.txt", "word " * 1000)
    assert caught.value.cause == "too_big"
    assert of(tmp_path, "a.pdf", paper()).kind == "pdf"


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.docx.UNPACKED_BYTES", 10_000)
    with pytest.raises(Unreadable) as caught:
        of(tmp_path, "a.docx", word())
    assert caught.value.cause == "too_big"


@pytest.mark.parametrize("part", ["word/document.xml", "[Content_Types].xml", "_rels/.rels"])
@pytest.mark.parametrize("content", [b"", b"<broken", b"<a/>", bytes(range(256))])
def test_no_broken_part_of_a_word_document_is_more_than_a_reason(
    tmp_path: Path, part: str, content: bytes
) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as good, zipfile.ZipFile(held, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, content if name == part else good.read(name))
    with pytest.raises(Unreadable) as caught:
        of(tmp_path, "a.docx", held.getvalue())
    assert caught.value.cause in ("damaged", "no_text", "type")


@pytest.mark.parametrize("name", ["good", "cut at 50 %", "tree in itself", "title is a ring"])
def test_odd_pdfs_are_read_or_refused(tmp_path: Path, name: str) -> None:
    made = pdfs()[name][0]
    data = made if isinstance(made, bytes) else made()
    if name == "good":
        assert LINES[-1] in " ".join(texts(of(tmp_path, "a.pdf", data)))
        return
    with pytest.raises(Unreadable) as caught:
        of(tmp_path, "a.pdf", data)
    assert caught.value.cause in ("damaged", "no_text")


def test_a_folder_is_looked_through_without_junk(tmp_path: Path) -> None:
    for name in (
        "a.txt", "sub/b.md", "sub/deep/c.py", ".hidden/d.txt", ".env", "node_modules/e.js",
        "sub/__pycache__/f.pyc", ".git/config", "~$lock.docx",
    ):  # fmt: skip
        put(tmp_path, name, "words")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = list_files(str(tmp_path))
    names = [os.path.relpath(one, tmp_path) for one in found.files]
    assert names == ["a.txt", "sub/b.md", "sub/deep/c.py"]
    assert found.skipped == {"hidden": 4, "made by programs": 2, "no files": 1}
    with pytest.raises(Unreadable, match="no such folder"):
        list_files(str(tmp_path / "nowhere"))


def reader(site: Site) -> Reader:
    hosts = (f"127.0.0.1:{site.port}",)
    return Reader(Net(NetSettings.model_validate({"allow_hosts": hosts, "timeout": 5.0})))


async def test_addresses_are_read_whatever_they_serve(site: Site) -> None:
    page = f"<!doctype html><html><title>Rules</title><body><h1>Rules</h1><p>{NOTICE * 3}</p>"
    there = reader(site)
    html = await there.read(site.page("/rules", page))
    assert (html.kind, html.title) == ("html", "Rules")
    docx = await there.read(site.page("/files/contract.docx", word(), "application/octet-stream"))
    assert (docx.kind, docx.title) == ("docx", "Employment contract")
    assert any(NOTICE in one.text for one in docx.pieces)
    pdf = await there.read(site.page("/a.pdf", paper(), "application/pdf"))
    assert (pdf.kind, pdf.pages, pdf.modified) == ("pdf", 1, 0.0)


async def test_an_address_that_cannot_be_had_is_told(site: Site) -> None:
    with pytest.raises(Unreadable, match="404") as caught:
        await reader(site).read(f"{site.url}/nowhere")
    assert caught.value.cause == "address"
    with pytest.raises(Unreadable) as caught:
        await Reader(Net(NetSettings())).read("http://127.0.0.1:9/private")
    assert caught.value.cause == "address"
    with pytest.raises(Unreadable):
        await Reader().read("https://example.org/")
