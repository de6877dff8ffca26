"""Run code as a notebook does: the value of the last expression is shown, plots are kept."""

from __future__ import annotations

import builtins
import errno
import gc
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import CodeType, TracebackType
    from typing import Any

NAME = "<code>"
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".pdf", ".gif", ".webp")
FRAMES = 4
_ONLY_TREE = 0x400  # ast.PyCF_ONLY_AST, without importing ast
_PERMISSIONS = (
    "(Not allowed in here: there is no network, no other program can be started, and only the "
    "scratch folder can be written.)"
)

_REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EXDEV}


def run(code: str, memory_mb: int, file_mb: int) -> tuple[str, str]:
    """Run the code.

    Args:
        code: What the model wrote.
        memory_mb: The limit, to name it.
        file_mb: The limit, to name it.

    Returns:
        A word, `done` or `error`, and a text: what was wrong, or the last value that was given a
        name.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    sys.displayhook = _display
    sys.unraisablehook = lambda *_: None  # what fails while things are deleted is noise
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    word, text = "done", ""
    try:
        text = _run_cells(code, module.__dict__)
        _keep_figures()
    # The boundary of the code: whatever it raises is told to the model.
    except BaseException as error:  # noqa: BLE001
        text = explain(error, code, memory_mb, file_mb)
        word = "error" if text else "done"
        error.__traceback__ = None
    _finish(module)
    return word, text


def _run_cells(code: str, names: dict[str, Any]) -> str:
    """Run the code but for its last expression, then show this; return the last named value."""
    tree: ast.Module = compile(code, NAME, "exec", _ONLY_TREE, True)
    last = tree.body[-1] if tree.body else None
    shown = type(last).__name__ == "Expr"
    if shown:
        tree.body.pop()
    _execute(compile(tree, NAME, "exec", 0, True), names)
    if shown:
        import _ast

        cell = _ast.Interactive(body=[last])  # type: ignore[list-item]
        _execute(compile(cell, NAME, "single", 0, True), names)
    elif type(last).__name__ == "Assign":
        targets = last.targets  # type: ignore[union-attr]
        name = getattr(targets[0], "id", "")
        return f"{name} = {shown_value(names[name])}"[:2000] if name in names else ""
    return ""


def _execute(code: CodeType, names: dict[str, Any]) -> None:
    exec(code, names)  # noqa: S102 - this is what the process is for


def _display(value: Any) -> None:
    if value is not None and (text := shown_value(value)):
        print(text)  # noqa: T201


def shown_value(value: Any) -> str:
    """Write a value as a reader wants it; the objects of a plot are not worth a word."""
    items = value if isinstance(value, (list, tuple)) and value else (value,)
    origins = {type(item).__module__.partition(".")[0] for item in items}
    if "matplotlib" in origins:
        return ""
    # numpy writes its numbers as np.float64(3.5).
    if origins == {"numpy"} and getattr(value, "shape", None) == ():
        return str(value)
    return repr(value)


def _keep_figures() -> None:
    """Save the figures that are open, unless the code has saved as many pictures itself."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    figures = [figure for figure in figures if figure.axes]
    saved = [name for _, _, names in os.walk(".") for name in names]
    if len([name for name in saved if name.lower().endswith(PICTURES)]) >= len(figures):
        return
    for position, figure in enumerate(figures):
        name = f"plot-{position + 1}.png" if len(figures) > 1 else "plot.png"
        figure.savefig(name)


def _finish(module: types.ModuleType) -> None:
    """Wait for threads, and close files that the code left open."""
    try:
        if threading := sys.modules.get("threading"):
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
        module.__dict__.clear()
        gc.collect()
        sys.stdout.flush()
        sys.stderr.flush()
    # What the code did to its own interpreter must not keep the report back.
    except BaseException:  # noqa: BLE001
        return


def explain(error: BaseException, code: str, memory_mb: int, file_mb: int) -> str:
    """Say what was wrong, where, and what would be right; nothing for an ordinary end."""
    if isinstance(error, SystemExit):
        if error.code in (None, 0, False):
            return ""
        return f"SystemExit: the code ended itself with {error.code!r}."
    kind = type(error).__name__
    try:
        message = str(error)
    # The text of an exception that the code itself made may fail too.
    except BaseException:  # noqa: BLE001
        message = "(no message)"
    if isinstance(error, SyntaxError):
        line = f"\n  line {error.lineno}: {(error.text or '').strip()}" if error.lineno else ""
        return f"{kind}: {error.msg}{line if error.filename == NAME else ''}"
    head = f"{kind}: {message[:1500]}" if message else kind
    hint = _hint(error, memory_mb, file_mb)
    notes = [str(note)[:300] for note in getattr(error, "__notes__", [])[:3]]
    return "\n".join([head, *notes, *([hint] if hint else []), *_lines(error.__traceback__, code)])


def _lines(trace: TracebackType | None, code: str) -> list[str]:
    """Name the lines of the code that led to an error, the last of them at the end."""
    source = code.splitlines()
    lines = []
    while trace is not None:
        place = trace.tb_frame.f_code
        if place.co_filename == NAME and trace.tb_lineno and trace.tb_lineno <= len(source):
            where = "" if place.co_name == "<module>" else f", in {place.co_name}"
            lines.append(f"  line {trace.tb_lineno}{where}: {source[trace.tb_lineno - 1].strip()}")
        trace = trace.tb_next
    return lines if len(lines) <= FRAMES else [lines[0], "  …", *lines[1 - FRAMES :]]


def _hint(error: BaseException, memory_mb: int, file_mb: int) -> str:
    """Say what would be right, where the error's own words do not."""
    if isinstance(error, ModuleNotFoundError):
        return _missing(error.name or "")
    if isinstance(error, MemoryError):
        return f"The code may take {memory_mb} MB of memory. Work on less at a time."
    if isinstance(error, EOFError):
        return "Nobody can type in here: write the values into the code."
    if isinstance(error, RecursionError):
        return "A function calls itself without end. Use a loop."
    if isinstance(error, RuntimeError) and "new thread" in str(error):
        return "Only a few threads can be started in here. Do without."
    # What libraries raise of their own, they raise because of what the kernel said.
    chain = (error, error.__cause__, error.__context__, getattr(error, "reason", None))
    numbers = {item.errno for item in chain if isinstance(item, OSError)}
    if errno.EFBIG in numbers:
        return f"All files together may have {file_mb} MB."
    if errno.EMFILE in numbers:
        return "Too many files are open at once. Close them with `with open(...)`."
    if numbers & _REFUSED or type(error).__name__ == "gaierror":
        return _PERMISSIONS
    return ""


def _missing(name: str) -> str:
    top = name.partition(".")[0]
    if top in ("pandas", "matplotlib"):
        return (
            f'{top} is not installed. It comes with: pip install "arriero[data]". '
            "Until then, use numpy or the standard library."
        )
    return (
        "Only the standard library, numpy and what is installed beside arriero can be imported; "
        "nothing can be installed from in here."
    )
