"""Full text of records and passages in SQLite FTS5, which holds no readable word.

A term is a hash of a user and a stem, so that its list holds one user's texts only. The tables are
contentless: what is taken out must be named with the same terms that it was put in with.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memory import terms
from memory.index import Hit, Space

TABLES: dict[Space, str] = {"records": "record_terms", "passages": "passage_terms"}
K1, B = 1.2, 0.75
"""The parameters of BM25 (Robertson and Zaragoza, 2009)."""
# From here on a word that stands in most of a user's texts tells nothing.
_MANY = 50
# Entries of words' lists that are read for one query.
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Owner:
    """A user as the tables know him.

    Args:
        number: What stands for him in the tables.
        user_id: Who he is.
        salt: What his terms are hashed with.
    """

    number: int
    user_id: str
    salt: bytes


def create(db: sqlite3.Connection) -> None:
    """Make the tables."""
    for table in TABLES.values():
        db.execute(f"create virtual table {table} using fts5 (terms, content='', tokenize='ascii')")
        db.execute(f"create virtual table {table}_list using fts5vocab ({table}, instance)")
        db.execute(f"create virtual table {table}_many using fts5vocab ({table}, row)")
    db.execute("insert or replace into meta values ('terms', ?)", (terms.signature(),))


def drop_tables(db: sqlite3.Connection) -> None:
    """Take the tables away, to be made again."""
    for table in TABLES.values():
        for name in (f"{table}_list", f"{table}_many", table):
            db.execute(f"drop table {name}")
    db.execute("update users set records = 0, record_words = 0, passages = 0, passage_words = 0")


def put(
    db: sqlite3.Connection, owner: Owner, texts: Iterable[tuple[int, str]], *, space: Space
) -> None:
    """Add texts by their ids; inside a transaction."""
    rows = [(id_, terms.hashed(text, owner.salt)) for id_, text in texts]
    db.executemany(
        f"insert into {TABLES[space]} (rowid, terms) values (?, ?)",  # noqa: S608
        [(id_, " ".join(words)) for id_, words in rows],
    )
    _count(db, owner, space, len(rows), sum(len(words) for _, words in rows))


def drop(
    db: sqlite3.Connection, owner: Owner, texts: Iterable[tuple[int, str]], *, space: Space
) -> None:
    """Take texts out, which must be those that were put in; inside a transaction."""
    table = TABLES[space]
    query = f"select 1 from {table}_docsize where id = ?"  # noqa: S608
    # What was never put in would damage the table.
    there = [one for one in texts if db.execute(query, one[:1]).fetchone()]
    rows = [(id_, terms.hashed(text, owner.salt)) for id_, text in there]
    db.executemany(
        f"insert into {table} ({table}, rowid, terms) values ('delete', ?, ?)",  # noqa: S608
        [(id_, " ".join(words)) for id_, words in rows],
    )
    _count(db, owner, space, -len(rows), -sum(len(words) for _, words in rows))


def search(
    db: sqlite3.Connection, owner: Owner, query: str, *, space: Space, limit: int
) -> list[Hit]:
    """Return the user's texts that share words with a query, the best by BM25 first."""
    wanted = sorted(set(terms.hashed(query, owner.salt)))
    total, words = _totals(db, owner, space)
    if not wanted or not total:
        return []
    scores = _weights(db, TABLES[space], wanted, total)
    # Before the lengths of texts are looked up, which only move neighbours.
    best = sorted(scores, key=lambda id_: (-_sum(scores[id_], 1.0), -id_))[: limit * 4]
    lengths = _lengths(db, TABLES[space], best)
    mean = max(words / total, 1.0)
    hits = [Hit(id_, _sum(scores[id_], lengths.get(id_, mean) / mean)) for id_ in best]
    return sorted(hits, key=lambda hit: (-hit.likeness, -hit.id))[:limit]


def _weights(
    db: sqlite3.Connection, table: str, wanted: Sequence[str], total: int
) -> dict[int, list[tuple[float, int]]]:
    """Return the words' weights and how often they stand in each text that has any of them."""
    many = {
        term: row[0]
        for term in wanted
        if (row := db.execute(f"select doc from {table}_many where term = ?", (term,)).fetchone())  # noqa: S608
    }
    found: dict[int, list[tuple[float, int]]] = {}
    left = _MOST
    for term in sorted(many, key=lambda term: (many[term], term)):
        count = many[term]
        if found and (count > left or (total >= _MANY and count > total / 2)):
            continue
        left -= count
        weight = math.log(1 + (total - count + 0.5) / (count + 0.5)) if count < total else 0.01
        query = f"select doc from {table}_list where term = ? limit ?"  # noqa: S608
        for id_, often in Counter(
            id_ for (id_,) in db.execute(query, (term, _MOST)).fetchall()
        ).items():
            found.setdefault(id_, []).append((weight, often))
    return found


def _sum(weights: Sequence[tuple[float, int]], length: float) -> float:
    return sum(w * n * (K1 + 1) / (n + K1 * (1 - B + B * length)) for w, n in weights)


def _lengths(db: sqlite3.Connection, table: str, ids: Sequence[int]) -> dict[int, int]:
    """Return how many words texts have, as FTS5 keeps it: a number of 7 bits a byte."""
    found = {}
    for id_ in ids:
        row = db.execute(f"select sz from {table}_docsize where id = ?", (id_,)).fetchone()  # noqa: S608
        if row is not None:
            length = 0
            for byte in row[0]:
                length = length << 7 | byte & 0x7F
                if byte < 0x80:
                    break
            found[id_] = length
    return found


def _totals(db: sqlite3.Connection, owner: Owner, space: Space) -> tuple[int, int]:
    query = f"select {space}, {space[:-1]}_words from users where owner = ?"  # noqa: S608
    row = db.execute(query, (owner.number,)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _count(db: sqlite3.Connection, owner: Owner, space: Space, texts: int, words: int) -> None:
    column = f"{space[:-1]}_words"
    db.execute(
        f"update users set {space} = {space} + ?, {column} = {column} + ? where owner = ?",  # noqa: S608
        (texts, words, owner.number),
    )
