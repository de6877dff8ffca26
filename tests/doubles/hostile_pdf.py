"""PDFs, whole and broken, written by hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable

FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R{} >>"
RESOURCES = " /Resources << /Font << /F1 5 0 R >> {} >>"
CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"
LINES = (
    "The llama is a domes-",
    "ticated animal of South America that has been used as a pack",
    "animal by Andean people since long before the time of Columbus.",
    "Llamas learn simple tasks after a few repetitions.",
)


def pdf(*objects: str | bytes, trailer: str = "") -> bytes:
    """Return a PDF of numbered objects, the first of which is the catalogue."""
    body, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        data = one.encode("latin-1") if isinstance(one, str) else one
        body += f"{number} 0 obj\n".encode() + data + b"\nendobj\n"
    start = len(body)
    body += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    body += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    body += (
        f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(body)


def stream(data: bytes, entries: str = "") -> bytes:
    """Return a stream object."""
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def shown(lines: tuple[str, ...] = LINES) -> bytes:
    """Return the operators that show lines of text."""
    rows = "".join(f"({line}) Tj T*\n" for line in lines)
    return f"BT /F1 11 Tf 14 TL 40 700 Td\n{rows}ET".encode("latin-1")


def paper(
    content: bytes | None = None,
    *more: str | bytes,
    entries: str = "",
    resources: str = "",
    page: str = "",
    trailer: str = "",
    kids: str = "[3 0 R]",
    count: int = 1,
) -> bytes:
    """Return a PDF of one page with some content; every part of it can be another."""
    written = stream(shown() if content is None else content, entries)
    leaf = page or PAGE.format(RESOURCES.format(resources))
    tree = f"<< /Type /Pages /Kids {kids} /Count {count} >>"
    return pdf(CATALOG, tree, leaf, written, FONT, *more, trailer=trailer)


def encrypted(password: str) -> bytes:
    """Return a PDF that asks for a password, or one that is encrypted without any."""
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(paper())))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def _flate(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


def _forms(depth: int, each: int) -> bytes:
    """Return a page whose forms draw one another, several times each."""
    forms = [
        stream(f"/X{level + 1} Do ".encode() * each,
               f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject "
               f"<< /X{level + 1} {min(6 + level + 1, 6 + depth - 1)} 0 R >> >>")
        for level in range(depth)
    ]  # fmt: skip
    return paper(shown() + b" /X0 Do", *forms, resources="/XObject << /X0 6 0 R >>")


def pdfs() -> dict[str, tuple[bytes | Callable[[], bytes], str]]:
    """Return PDFs by name, each with what a reader may say of it."""
    good = paper(trailer="/Info << /Title (On llamas) /CreationDate (D:20240517093000Z) >>")
    zeros = 60_000_000
    flate = "/Filter /FlateDecode"
    made: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
        "good": (good, "text"),
        "junk in front": (b"\n\n" + good, "text"),
        "html instead": (b"<!doctype html><html><body><p>" + b"Llamas eat grass. " * 30, "text"),
        "text instead": (b"no paper at all", "type"),
        "head only": (b"%PDF-1.7", "pdf_damaged"),
        "head and noise": (b"%PDF-1.7\n" + bytes(range(256)) * 4000, "pdf_damaged"),
        "password": (lambda: encrypted("secret"), "pdf_encrypted"),
        "no password": (lambda: encrypted(""), "text"),
        "unknown cipher": (
            paper(trailer="/Encrypt << /Filter /Odd /V 99 >>"),
            "pdf_encrypted pdf_damaged",
        ),
        "pictures only": (paper(b"q 9 0 0 9 0 0 cm /Im0 Do Q"), "pdf_no_text"),
        "no content": (paper(b""), "pdf_no_text"),
        "no pages": (paper(kids="[]", count=0), "pdf_damaged pdf_no_text"),
        "huge count": (paper(count=10**12), "text pdf_damaged"),
        "negative count": (paper(count=-7), "text pdf_damaged"),
        "same page often": (
            paper(kids=f"[{'3 0 R ' * 90_000}]", count=90_000),
            "text tangled pdf_damaged",
        ),
        "a thousand pages": (paper(kids=f"[{'3 0 R ' * 1000}]", count=1000), "text"),
        "tree in itself": (paper(kids="[2 0 R]"), "pdf_damaged pdf_no_text"),
        "tree in a ring": (
            paper(None, "<< /Type /Pages /Kids [2 0 R] >>", kids="[6 0 R]"),
            "pdf_damaged pdf_no_text",
        ),
        "deep tree": (
            pdf(CATALOG, *(f"<< /Type /Pages /Count 1 /Kids [{n} 0 R] >>" for n in range(3, 3000))),
            "pdf_damaged pdf_no_text",
        ),
        "page is its parent": (
            paper(page="<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>"),
            "text pdf_no_text pdf_damaged",
        ),
        "content is itself": (
            paper(page=PAGE.format("").replace("4 0 R", "[3 0 R 3 0 R]")),
            "pdf_no_text pdf_damaged",
        ),
        "bomb": (lambda: paper(_flate(bytes(zeros)), entries=flate), "pdf_damaged"),
        "bomb of text": (
            lambda: paper(_flate(shown() * 300_000), entries=flate),
            "pdf_damaged tangled",
        ),
        "nested bomb": (
            lambda: paper(
                _flate(bytes(zeros), 3), entries="/Filter [/FlateDecode /FlateDecode /FlateDecode]"
            ),
            "pdf_damaged",
        ),
        "many filters": (
            paper(_flate(shown(), 40), entries=f"/Filter [{'/FlateDecode ' * 40}]"),
            "pdf_damaged text",
        ),
        "run lengths": (
            lambda: paper(b"\x81a" * 900_000, entries="/Filter /RunLengthDecode"),
            "pdf_damaged pdf_no_text",
        ),
        "unknown filter": (paper(entries="/Filter /Odd"), "pdf_damaged pdf_no_text"),
        "wrong filter": (paper(entries=flate), "pdf_damaged pdf_no_text text"),
        "long operators": (lambda: paper(b"q " * 2_000_000), "pdf_damaged tangled pdf_no_text"),
        "many words": (lambda: paper(shown() * 15_000), "pdf_damaged tangled text"),
        "many pages of words": (
            lambda: paper(shown() * 2500, kids=f"[{'3 0 R ' * 60}]", count=60),
            "text tangled",
        ),
        "deep arrays": (lambda: paper(b"[" * 400_000), "pdf_damaged pdf_no_text tangled"),
        "deep dictionaries": (lambda: paper(None, "<< /A " * 100_000), "text pdf_damaged"),
        "deep trailer": (lambda: paper(trailer="/X " + "<< /A " * 100_000), "text pdf_damaged"),
        "forms without end": (_forms(1, 3), "text tangled"),
        "forms that grow": (_forms(12, 10), "text tangled"),
        "title is a ring": (paper(None, "6 0 R", trailer="/Info 6 0 R"), "text pdf_damaged"),
        "odd date": (paper(trailer="/Info << /CreationDate (D:99999999) /Title 7 >>"), "text"),
        "xref in a ring": (good.replace(b"/Root", b"/Prev 9 /Root"), "text pdf_damaged"),
        "no xref": (good[: good.rindex(b"xref\n0")], "text pdf_damaged"),
        "wrong places": (
            good.replace(b"00000 n", b"00001 n").replace(b"00000001", b"00000007"),
            "text pdf_damaged",
        ),
        "no catalogue": (good.replace(b"/Root 1", b"/Root 9"), "pdf_damaged text"),
        "huge numbers": (
            paper(page=PAGE.format(" /Rotate " + "9" * 100_000)),
            "text pdf_damaged pdf_no_text",
        ),
        "wrong length": (good.replace(b"/Length ", b"/Length 999"), "text pdf_damaged pdf_no_text"),
    }
    for percent in (20, 50, 80, 99):
        cut = good[: len(good) * percent // 100]
        made[f"cut at {percent} %"] = (cut, "pdf_damaged text pdf_no_text")
    return made
