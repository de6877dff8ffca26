"""The tables of memory, and what brings an older file to them."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Mapping

from memory import fulltext, rows, terms
from memory.records import Draft

FILE = "memory.sqlite"
"""The name of the database in the home folder."""
# A user's number stands in for his name, so that what is one user's lies together in the file.
# Ids are never used again: an index may still hold what was deleted.
_USERS = """
create table meta (name text primary key, value) without rowid;
create table users (
    owner integer primary key autoincrement,
    user_id text not null unique,
    salt blob not null,
    paused integer not null default 0,
    records integer not null default 0,
    record_words integer not null default 0,
    passages integer not null default 0,
    passage_words integer not null default 0
);
create table models (model integer primary key, name text not null unique);
"""
_RECORDS = """
create table records (
    id integer primary key autoincrement,
    owner integer not null,
    seq integer not null,
    same blob not null,
    text text not null,
    kind text not null,
    subject text not null,
    attribute text not null,
    value text not null,
    negated integer not null,
    corrects integer not null,
    speaker text not null,
    said real not null,
    since real,
    until real,
    thread_id text not null,
    message text not null,
    quote text not null,
    confidence real not null,
    importance real not null,
    source text not null,
    scope text not null,
    ended text not null,
    closed_by integer not null,
    times integer not null,
    last_said real not null,
    used integer not null,
    last_used real not null,
    dormant integer not null
);
create index records_seq on records (seq);
create index records_said on records (owner, said);
create index records_topic on records (owner, subject, attribute);
create index records_same on records (owner, same);
create index records_thread on records (owner, thread_id, message);
create index records_importance on records (owner, importance, said);
create index records_closed_by on records (closed_by) where closed_by > 0;
create table vectors (place integer primary key, model integer not null, vector blob not null);
create index vectors_model on vectors (model);
"""
_LOG = """
create table changes (
    id integer primary key autoincrement,
    owner integer not null,
    action text not null,
    record_id integer not null,
    other_id integer not null,
    thread_id text not null,
    message text not null,
    at real not null,
    source text not null,
    before text not null
);
create index changes_thread on changes (owner, thread_id, message);
create index changes_record on changes (record_id);
create index changes_other on changes (other_id) where other_id > 0;
create table inbox (
    id integer primary key autoincrement,
    owner integer not null,
    thread_id text not null,
    message text not null,
    text text not null,
    said real not null,
    scope text not null,
    before text not null,
    tries integer not null default 0
);
create index inbox_owner on inbox (owner, thread_id, message);
create table tombstones (
    seq integer primary key, space text not null, id integer not null, user_id text not null
);
"""
_DOCUMENTS = """
create table documents (
    id integer primary key autoincrement,
    user_id text not null,
    place text not null,
    title text not null default '',
    digest text not null default '',
    modified real not null default 0,
    added real not null default 0,
    language text not null default '',
    kind text not null default '',
    pages integer not null default 0,
    unique (user_id, place)
);
create table passages (
    id integer primary key autoincrement,
    document_id integer not null references documents (id),
    user_id text not null,
    name text not null default '',
    text text not null,
    start integer not null default 0,
    end integer not null default 0,
    page integer not null default 0,
    vector blob,
    model text not null default '',
    seq integer not null default 0
);
create index passages_document on passages (document_id);
create index passages_user on passages (user_id, model);
create index passages_model on passages (model);
create index passages_seq on passages (seq);
"""
# Whoever writes passages: the index learns of it.
_NEXT = "update meta set value = value + 1 where name = 'seq'"
_SEQ = "(select value from meta where name = 'seq')"
_TRIGGERS = """
create trigger passages_new after insert on passages begin
    NEXT;
    update passages set seq = SEQ where id = new.id;
end;
create trigger passages_vector after update of vector, model on passages begin
    NEXT;
    update passages set seq = SEQ where id = new.id;
end;
create trigger passages_gone after delete on passages begin
    NEXT;
    insert into tombstones values (SEQ, 'passages', old.id, old.user_id);
end;
"""


def _records(db: sqlite3.Connection) -> None:
    for script in (_USERS, _RECORDS, _LOG, _DOCUMENTS):
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
    triggers = _TRIGGERS.replace("NEXT", _NEXT).replace("SEQ", _SEQ)
    for statement in triggers.split("end;\n"):
        if statement.strip():
            db.execute(f"{statement}end")
    fulltext.create(db)
    db.executemany("insert into meta values (?, ?)", [("seq", 0), ("identity", uuid.uuid4().hex)])
    _take_over(db)


def _take_over(db: sqlite3.Connection) -> None:
    """Make records of the texts of the first version, which only knew texts."""
    if not db.execute("select 1 from sqlite_master where name = 'memories'").fetchone():
        return
    query = "select user_id, text, source, said, times from memories order by id"
    for user_id, text, source, said, times in db.execute(query).fetchall():
        draft = Draft(text=text, said=said, source=source)
        rows.insert(db, user_id, [rows.Entry(draft, times=times)])
    for thing in ("trigger memories_new", "trigger memories_gone", "table words", "table memories"):
        db.execute(f"drop {thing}")


MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {2: _records}
"""What makes each version of the file; the first had only texts, and no number."""


def settle(db: sqlite3.Connection) -> None:
    """Make the full text again where words are stemmed in another way than when it was made."""
    made = db.execute("select value from meta where name = 'terms'").fetchone()
    if made != (terms.signature(),):
        rows.index_again(db)
