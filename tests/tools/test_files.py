"""The workspace: what can be done in it, and that no way leads out of it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.declared import declared
from tools.files import files_tool
from tools.invoke import Result, invoke
from tools.paths import BadPath, parts_of, user_folder
from tools.scope import Scope, within
from tools.settings import FileSettings, ToolSettings
from tools.workspace import CAN_WALK, Resolved, WorkspaceError, open_workspace

SECRET = "the secret of the house"


class Desk:
    """A user's workspace, beside things that must stay out of reach."""

    def __init__(self, home: Path, user_id: str = "ana", **settings: Any) -> None:
        self.home, self.user_id = home, user_id
        self.root = user_folder(home, user_id)
        self.settings = ToolSettings(files=FileSettings(**settings))
        self.root.mkdir(parents=True, exist_ok=True)
        self.tool = files_tool(self.settings, home)

    async def do(self, action: str, path: str = "", **more: Any) -> Result:
        with within(Scope(self.user_id, "t", "c", "k")):
            arguments = {"action": action, "path": path, **more}
            return await invoke(self.tool, arguments, "c", seconds=10)

    def put(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


async def test_what_is_written_can_be_listed_read_and_found(desk: Desk) -> None:
    written = await desk.do("write", "notes/todo.txt", content="Buy milk\nCall the dentist")
    assert written.output == "Wrote notes/todo.txt (2 lines)."
    (made,) = written.artifact
    assert (desk.root / "notes" / "todo.txt").read_text() == "Buy milk\nCall the dentist\n"
    assert made.path == str((desk.root / "notes" / "todo.txt").resolve())
    assert made.media_type == "text/plain"
    assert (await desk.do("list")).output == (
        "The workspace holds:\nnotes/\nnotes/todo.txt (26 bytes)"
    )
    assert (await desk.do("list", "notes")).output.endswith("holds:\nnotes/todo.txt (26 bytes)")
    assert (await desk.do("read", "./notes//todo.txt")).output == (
        "notes/todo.txt, lines 1 to 2 of 2:\nBuy milk\nCall the dentist"
    )
    assert (await desk.do("search", query="dentist")).output == (
        "notes/todo.txt:2: Call the dentist"
    )


async def test_a_file_is_changed_in_place(desk: Desk) -> None:
    desk.put("a.txt", "one\ntwo\ntwo and a half\nthree")
    await desk.do("write", "a.txt", content="four", append=True)
    assert (desk.root / "a.txt").read_text() == "one\ntwo\ntwo and a half\nthree\nfour\n"
    await desk.do("write", "a.txt", replace="three", content="3")
    await desk.do("write", "a.txt", replace="\ntwo and a half", content="")
    assert (desk.root / "a.txt").read_text() == "one\ntwo\n3\nfour\n"
    twice = await desk.do("write", "a.txt", replace="o", content="0")
    assert "`replace` is 3 times in the file 'a.txt'. Give a longer piece" in twice.error
    missing = await desk.do("write", "a.txt", replace="five", content="5")
    assert "`replace` is not in the file 'a.txt'. Read the file" in missing.error
    assert (await desk.do("write", "new.txt", content="x", append=True)).output


async def test_line_ends_and_marks_are_kept(desk: Desk) -> None:
    file = desk.put("win.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    await desk.do("write", "win.txt", replace="one\ntwo", content="1\n2")
    await desk.do("write", "win.txt", content="3", append=True)
    assert file.read_bytes() == b"\xef\xbb\xbf1\r\n2\r\n3\r\n"


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
async def test_a_rewritten_file_keeps_its_mode_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.put("run.sh", "echo").chmod(0o750)
    await desk.do("write", "run.sh", content="echo 2")
    assert (desk.root / "run.sh").stat().st_mode & 0o777 == 0o750
    assert os.listdir(desk.root) == ["run.sh"]


async def test_a_long_file_is_read_in_parts(desk: Desk) -> None:
    lines = [f"line number {n} of a long file" for n in range(1, 1001)]
    desk.put("long.txt", "\n".join(lines))
    seen: list[str] = []
    while len(seen) < 1000:
        output = (await desk.do("read", "long.txt", line=len(seen) + 1)).output
        assert len(output) <= desk.settings.output_chars
        head, *rest = output.splitlines()
        assert head.startswith(f"long.txt, lines {len(seen) + 1} to ")
        more = [line for line in rest if line.startswith("… For more")]
        seen += [line for line in rest if not line.startswith("…")]
        assert more == (
            [f"… For more, call files with action read and line {len(seen) + 1}."]
            if len(seen) < 1000
            else []
        )
    assert seen == lines
    beyond = await desk.do("read", "long.txt", line=1001)
    assert beyond.error == "`line` was 1001, but long.txt has 1000 lines."
    desk.put("wide.txt", "x" * 50_000)
    assert "characters of this line left out" in (await desk.do("read", "wide.txt")).output


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("größer".encode("utf-16"), "größer"),
        ("größer".encode("cp1252"), "größer"),
        ("\ufeffgrößer".encode(), "größer"),
        (b"", "x.txt is empty."),
    ],
)
async def test_texts_of_other_codings_are_read(desk: Desk, data: bytes, shown: str) -> None:
    desk.put("x.txt", data)
    assert (await desk.do("read", "x.txt")).output.endswith(shown)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00", b"PK\x03\x04", b"\x7fELF\x02\x01"])
async def test_binary_files_are_refused(desk: Desk, data: bytes) -> None:
    desk.put("x.png", data)
    assert "no text but a binary file" in (await desk.do("read", "x.png")).error
    assert "Nothing matches 'PNG in contents'" in (
        (await desk.do("search", query="PNG in contents")).output
    )


async def test_sizes_are_bounded(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_bytes=100)
    desk.put("big.txt", "x" * 101)
    assert "has 101 bytes; files up to 100 bytes can be read" in (
        (await desk.do("read", "big.txt")).error
    )
    assert "`content` is too long" in (await desk.do("write", "b.txt", content="é" * 51)).error
    await desk.do("write", "c.txt", content="x" * 90)
    assert (
        "100 are the most" in (await desk.do("write", "c.txt", content="y" * 10, append=True)).error
    )
    assert len((desk.root / "c.txt").read_text()) == 91


async def test_a_missing_file_is_answered_with_close_names(desk: Desk) -> None:
    assert (await desk.do("read", "x.txt")).error == "There is no 'x.txt'. The workspace is empty."
    desk.put("notes/Shopping.txt", "milk")
    for wrong in ("shoping.txt", "Shopping.txt", "notes/shopping", "note/shopping.txt"):
        assert (await desk.do("read", wrong)).error.endswith("Did you mean notes/Shopping.txt?")
    assert "Did you mean notes?" in (await desk.do("list", "nots")).error
    assert "Use action list to see what there is." in (await desk.do("read", "zzz")).error


async def test_search_is_bounded_and_knows_names_phrases_and_words(desk: Desk) -> None:
    desk.put("dentist.md", "appointment on Monday")
    desk.put("log.txt", "\n".join(f"entry {n}: nothing" for n in range(100)))
    assert (await desk.do("search", query="Dentist")).output == "dentist.md (its name)"
    assert "dentist.md:1:" in (await desk.do("search", query="monday appointments")).output
    many = (await desk.do("search", query="nothing")).output
    assert many.count("log.txt:") == 40
    assert (await desk.do("search", "dentist.md", query="monday")).output.count("\n") == 0
    assert "Nothing matches 'monday'" in (await desk.do("search", "log.txt", query="monday")).output
    assert "`query` is empty" in (await desk.do("search", query=" ")).error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"action": "write", "content": "x"}, "`path` is missing"),
        ({"action": "read"}, "`path` is missing"),
        ({"action": "write", "path": "x.txt"}, "`content` is empty"),
        ({"action": "write", "path": "x", "content": "a\0b"}, "NUL"),
        ({"action": "write", "path": "d", "content": "x"}, "'d' is a folder, not a file"),
        ({"action": "read", "path": "d"}, "'d' is a folder, not a file"),
        ({"action": "list", "path": "f.txt"}, "is a file or a link, not a folder"),
        ({"action": "read", "path": "f.txt/g"}, "is a file or a link, not a folder"),
        ({"action": "write", "path": "f.txt/g", "content": "x"}, "not a folder"),
        ({"action": "read", "path": "/".join("abcdefghijk")}, "10 are the most"),
    ],
)
async def test_wrong_use_is_told(desk: Desk, arguments: dict[str, Any], message: str) -> None:
    (desk.root / "d").mkdir()
    desk.put("f.txt", "x")
    assert message in (await desk.do(**arguments)).error


async def test_without_a_user_nothing_is_touched(tmp_path: Path) -> None:
    tool = files_tool(ToolSettings(), tmp_path)
    result = await invoke(tool, {"action": "list"}, "c", seconds=5)
    assert result.error == "Files can be used only in a user's turn."
    assert os.listdir(tmp_path) == []


async def test_a_folder_of_ones_own_is_shared(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "link").symlink_to(own)
    ana = Desk(tmp_path, "ana", workspace=tmp_path / "link")
    ben = Desk(tmp_path, "ben", workspace=own)
    await ana.do("write", "x.txt", content="from ana")
    assert "from ana" in (await ben.do("read", "x.txt")).output


def test_only_writing_is_declared_a_side_effect(tmp_path: Path) -> None:
    policy = declared(files_tool(ToolSettings(), tmp_path))
    risks = [policy.risk_of("files", {"action": a}) for a in ("list", "read", "search", "write")]
    assert risks == ["reads", "reads", "reads", "writes"]
    assert policy.output == "untrusted"


USERS = (
    "ana", "ANA", "Ana", "ana.", "..", ".", "...", "a/b", "a\\b", "../ana", "/etc", "con", "CON",
    "con.txt", "nul", "~", "%2e%2e", "ana%00", "à", "ü", "../../etc/passwd", ".ssh", "a:b", "a*",
    " ", "ana ", "a\0", "\ud800", "x" * 300, "x" * 301, "é" * 300, "\n",
)  # fmt: skip


def test_every_user_has_one_folder_of_their_own(tmp_path: Path) -> None:
    folders = [user_folder(tmp_path, user) for user in USERS]
    assert len(set(folders)) == len(USERS)
    for folder in folders:
        assert folder.parent == tmp_path / "files"
        assert folder.resolve().parent == (tmp_path / "files").resolve()
        folder.mkdir(parents=True)
    with pytest.raises(ValueError, match="needs a user"):
        user_folder(tmp_path, "")


async def test_two_users_never_see_each_others_files(tmp_path: Path) -> None:
    desks = [Desk(tmp_path, user) for user in USERS if user != "\ud800"]
    for number, desk in enumerate(desks):
        await desk.do("write", "own.txt", content=f"of user {number}.")
    for number, desk in enumerate(desks):
        assert f"of user {number}." in (await desk.do("read", "own.txt")).output
        found = (await desk.do("search", query="of user")).output
        assert found == f"own.txt:1: of user {number}."


# Each makes something in the desk and returns the path that is tried, or only names one.
def outside(desk: Desk) -> Path:
    return desk.home.parent / "outside"


def link_to_file(desk: Desk) -> str:
    (desk.root / "link.txt").symlink_to(outside(desk) / "secret.txt")
    return "link.txt"


def link_to_folder(desk: Desk) -> str:
    (desk.root / "folder").symlink_to(outside(desk))
    return "folder/secret.txt"


def relative_link(desk: Desk) -> str:
    (desk.root / "up").symlink_to("../../../outside")
    return "up/secret.txt"


def link_to_a_link(desk: Desk) -> str:
    (desk.root / "one").symlink_to(outside(desk))
    (desk.root / "two").symlink_to("one")
    return "two/secret.txt"


def link_in_a_folder(desk: Desk) -> str:
    (desk.root / "a" / "b").mkdir(parents=True)
    (desk.root / "a" / "b" / "c").symlink_to(outside(desk))
    return "a/b/c/secret.txt"


def link_to_root(desk: Desk) -> str:
    (desk.root / "all").symlink_to("/")
    return f"all{outside(desk)}/secret.txt" if len(outside(desk).parts) < 9 else "all/etc/passwd"


def dangling_link(desk: Desk) -> str:
    (desk.root / "new.txt").symlink_to(outside(desk) / "made.txt")
    return "new.txt"


def link_loop(desk: Desk) -> str:
    (desk.root / "loop").symlink_to("loop")
    return "loop"


def link_to_other_user(desk: Desk) -> str:
    other = Desk(desk.home, "ben")
    other.put("secret.txt", SECRET)
    (desk.root / "ben").symlink_to(other.root)
    return "ben/secret.txt"


def hard_link(desk: Desk) -> str:
    os.link(outside(desk) / "secret.txt", desk.root / "hard.txt")
    return "hard.txt"


def pipe(desk: Desk) -> str:
    os.mkfifo(desk.root / "pipe")
    return "pipe"


def unix_socket(desk: Desk) -> str:
    here = os.getcwd()
    made = socket.socket(socket.AF_UNIX)
    try:
        os.chdir(desk.root)  # the address of a socket is short
        made.bind("sock")
    finally:
        os.chdir(here)
        made.close()
    return "sock"


def device(desk: Desk) -> str:
    (desk.root / "zero").symlink_to("/dev/zero")
    return "zero"


def own_descriptor(desk: Desk) -> str:
    (desk.root / "fd").symlink_to("/proc/self/fd")
    return "fd/0"


MADE: tuple[Callable[[Desk], str], ...] = (
    link_to_file, link_to_folder, relative_link, link_to_a_link, link_in_a_folder, link_to_root,
    dangling_link, link_loop, link_to_other_user, hard_link, pipe, unix_socket, device,
    own_descriptor,
)  # fmt: skip
NAMED = (
    "../outside/secret.txt", "../../../outside/secret.txt", "a/../../../../outside/secret.txt",
    "..", "../ben/secret.txt", "./../x", "a/..", "/etc/passwd", "//etc/passwd", "/", "{outside}",
    "file:///etc/passwd", "~/secret.txt", "~root/x", "..\\..\\outside\\secret.txt",
    "C:\\Windows\\win.ini", "C:secret.txt", "c:/secret.txt", "\\\\server\\share\\x", "\\\\?\\C:\\x",
    "%2e%2e/%2e%2e/outside/secret.txt", "..%2f..%2foutside", "%2e%2e%2foutside", "a%5c..%5cb",
    "\uff0e\uff0e/outside/secret.txt", "\u2024\u2024/outside", "..\uff0foutside", "a\uff3cb",
    "\u202e../outside", ".\u200b./outside", "..\u00a0/outside", ".. /outside", "..\t/outside",
    "secret.txt\0.png", "a\nb", "\ud800/x", "\x7f", "\x1b[2J", "CON", "nul.txt", "a/aux/b",
    "COM1.log", "com\u00b9", "lpt9 .txt", "notes.txt::$DATA", "notes.txt:hidden", "x.", "x. /y",
    "...", ".env", ".git/hooks/pre-commit", "a/.ssh/authorized_keys", "n" * 256, "é" * 150,
    "*", "*.txt", "a?b", 'a"b', "a|b", "<a>", "/".join("a" * 11), "a/" * 500_000, "../" * 500_000,
)  # fmt: skip


@pytest.fixture(params=["walked", "resolved"])
def closed_desk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk beside a secret, with each way to open files."""
    walk = request.param == "walked"
    if walk and not CAN_WALK:
        pytest.skip("this system cannot open relative to a folder")
    monkeypatch.setattr("tools.files.open_workspace", lambda root: open_workspace(root, walk=walk))
    desk = Desk(tmp_path / "home")
    outside(desk).mkdir()
    secret = outside(desk) / "secret.txt"
    secret.write_text(SECRET)
    yield desk
    assert secret.read_text() == SECRET
    assert os.listdir(outside(desk)) == ["secret.txt"]


async def no_way_out(desk: Desk, path: str) -> None:
    """Try a path in every way; each is refused with a reason, and nothing of it is seen."""
    before = sorted(os.listdir(desk.root))
    tries = [
        await desk.do("read", path),
        await desk.do("write", path, content="overwritten"),
        await desk.do("write", path, content="added", append=True),
        await desk.do("write", path, content="changed", replace=SECRET),
        await desk.do("write", f"{path}/made.txt", content="made"),
        await desk.do("list", f"{path}/x"),
    ]
    for result in tries:
        assert not result.output
        assert SECRET not in result.error
        assert "failed" not in result.error
        assert 20 < len(result.error) < 300
    assert sorted(os.listdir(desk.root)) == before
    for action, more in (("list", {}), ("search", {"query": "secret"}), ("list", {"path": path})):
        result = await desk.do(action, **more)  # type: ignore[arg-type]
        assert SECRET not in f"{result.output}{result.error}"


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are made as on POSIX")
@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
async def test_nothing_that_lies_in_the_folder_leads_out(
    closed_desk: Desk, make: Callable[[Desk], str]
) -> None:
    await no_way_out(closed_desk, make(closed_desk))


@pytest.mark.parametrize("path", NAMED, ids=lambda path: ascii(path)[1:40])
async def test_no_name_leads_out(closed_desk: Desk, path: str) -> None:
    path = path.replace("{outside}", str(outside(closed_desk) / "secret.txt"))
    for action in ("read", "list", "search"):
        result = await closed_desk.do(action, path, query="secret")
        assert not result.output
        assert result.error.startswith("`path` ")
        assert SECRET not in result.error
    written = await closed_desk.do("write", path, content="x")
    assert written.error.startswith("`path` ")
    assert os.listdir(closed_desk.root) == []
    with pytest.raises(BadPath):
        parts_of(path)


@contextmanager
def turning(turn: Callable[[], None]) -> Iterator[None]:
    """Repeat something in a thread, as fast as it goes."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            turn()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(not CAN_WALK, reason="only where paths are walked is there no gap")
def test_a_folder_that_turns_into_a_link_in_between_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.txt").write_text(SECRET)
    workspace = open_workspace(tmp_path / "desk")
    name, folder, link = (workspace.root / part for part in ("f", "f0", "f1"))
    folder.mkdir()
    (folder / "x.txt").write_text("harmless")
    link.symlink_to(tmp_path / "outside")

    def turn() -> None:
        os.rename(folder, name)
        os.rename(name, folder)
        os.rename(link, name)
        os.rename(name, link)

    seen = set()
    with turning(turn):
        for _ in range(500):
            try:
                seen.add(workspace.read(("f", "x.txt"), 1000))
                seen.update(one.path.encode() for one in workspace.entries(("f",)))
            except WorkspaceError as error:
                seen.add(type(error).__name__.encode())
    assert seen <= {b"harmless", b"f/x.txt", b"NoSuchFile", b"WorkspaceError"}


@pytest.mark.skipif(not CAN_WALK, reason="only where paths are walked is there no gap")
def test_a_file_that_turns_into_a_link_in_between_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    workspace = open_workspace(tmp_path / "desk")
    name, draft = workspace.root / "f", workspace.root / "d"
    name.write_text("harmless")

    def turn() -> None:
        draft.symlink_to(secret)
        os.replace(draft, name)
        draft.write_text("harmless")
        os.replace(draft, name)

    seen = set()
    with turning(turn):
        for _ in range(300):
            try:
                seen.add(workspace.read(("f",), 1000))
                workspace.write(("f",), b"harmless")
            except WorkspaceError:
                continue
    assert seen <= {b"harmless", b""}
    assert secret.read_text() == SECRET


def test_a_system_without_walking_resolves(tmp_path: Path) -> None:
    assert isinstance(open_workspace(tmp_path, walk=False), Resolved)
    made = open_workspace(tmp_path / "a" / "b")
    assert made.root == (tmp_path / "a" / "b").resolve()
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        open_workspace(tmp_path / "file")


async def test_a_write_that_fails_leaves_the_old_file(
    closed_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_desk.put("a.txt", "old")

    def full(*args: Any, **more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = await closed_desk.do("write", "a.txt", content="new")
    assert result.error == "'a.txt' was not written: the disk is full."
    assert (closed_desk.root / "a.txt").read_text() == "old"
    assert os.listdir(closed_desk.root) == ["a.txt"]
