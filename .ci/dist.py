"""Build the sdist, the wheel out of the sdist, install the wheel elsewhere and run it."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("agent", "tools", "memory", "ui", "evals")
SCRIPT = """[
  {"calls": [{"name": "calculator", "arguments": {"expression": "6 * 7"}}]},
  {"text": "The installed package answers: 42.", "match": "42"}
]"""
LAYOUT = f"""
import importlib
folders = {{str(importlib.import_module(name).__path__[0]) for name in {PACKAGES!r}}}
parents = {{folder.rsplit("/", 1)[0] for folder in folders}}
assert len(parents) == 1 and "site-packages" in parents.pop(), folders
"""


def main() -> None:
    """Build, install and run; end with the exit code of what fails."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # Without --sdist or --wheel, build makes the wheel from the sdist.
        run(sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT))
        (wheel,) = (folder / "dist").glob("*.whl")
        venv.create(folder / "venv", with_pip=True, symlinks=True)
        python = str(folder / "venv" / "bin" / "python")
        # The versions are those of this environment, which constraints.txt pinned.
        pins = folder / "pins.txt"
        pins.write_text(installed())
        run(python, "-m", "pip", "install", "--quiet", "-c", str(pins), str(wheel))
        run(python, "-c", LAYOUT, cwd=folder)
        arriero = str(folder / "venv" / "bin" / "arriero")
        run(arriero, "--version", cwd=folder)
        script = folder / "script.json"
        script.write_text(SCRIPT)
        home = str(folder / "home")
        run(arriero, "ask", "42?", "--home", home, "--model", f"scripted:{script}", cwd=folder)
        print(f"{wheel.name}: built, installed and run")


def installed() -> str:
    """List the versions of this environment, without arriero itself."""
    command = [sys.executable, "-m", "pip", "list", "--format=freeze", "--exclude", "arriero"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def run(*command: str, cwd: Path | None = None) -> None:
    """Run a command, and end with its exit code if it fails."""
    code = subprocess.run(command, cwd=cwd, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
