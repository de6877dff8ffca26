"""Make a virtual environment and install arriero into it, as constraints.txt pins it.

Usage: python3 .ci/install.py FOLDER [EXTRA ...]

The dependencies are installed first, with their versions and hashes checked against
constraints.txt; then the checkout itself, editable and with compiled bytecode. This file must be
readable by Pythons that are too old for arriero, because it is what tells them so.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = (3, 11)
PACKAGES = ("agent", "tools", "memory", "ui", "evals")


def main(arguments):
    """Install what the arguments name."""
    if not arguments:
        sys.exit(__doc__)
    check_python()
    folder, extras = arguments[0], arguments[1:]
    python = make_environment(folder)
    print("Installing what arriero needs; the first time takes a few minutes …", flush=True)
    constraint = os.path.join(ROOT, "constraints.txt")
    # Only a recent pip checks unpinned names against the hashes of a constraints file; an older
    # one is renewed first, from a file of its own because it reads hashes nowhere else.
    pins = os.path.join(folder, "pip.txt")
    with open(pins, "w", encoding="utf-8") as file:
        file.write(re.search(r"(?m)^pip==.*(?:\\\n.*)*", read("constraints.txt")).group())
    pip(python, "install", "--quiet", "-r", pins)
    wanted = requirements(extras)
    pip(python, "install", "--quiet", "--compile", "-c", constraint, *wanted)
    if "bench" in extras:
        # Of this package only items and checkers are used; what it requires is many times as much.
        items = os.path.join(ROOT, "evals", "bench", "requirements.txt")
        pip(python, "install", "--quiet", "--no-deps", "--require-hashes", "-r", items)
    pip(python, "install", "--quiet", "--no-deps", "--editable", ROOT)
    run(python, "-m", "compileall", "-q", *(os.path.join(ROOT, name) for name in PACKAGES))


def check_python():
    """End with advice if this Python is too old or has no venv."""
    if sys.version_info < OLDEST:
        sys.exit(
            "arriero needs Python {}.{} or newer; {} is {}.{}.\nName a newer one, for example: "
            "make run PYTHON=python3.12".format(*OLDEST, sys.executable, *sys.version_info[:2])
        )
    try:
        import ensurepip
        import venv
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments.\nOn Debian and Ubuntu: "
            "apt install python{}.{}-venv".format(*sys.version_info[:2])
        )
    del ensurepip, venv


def make_environment(folder):
    """Make the environment unless it is there, and return the path of its Python."""
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = os.path.join(folder, scripts, "python")
    if not os.path.exists(python):
        print(f"Making {folder} …", flush=True)
        run(sys.executable, "-m", "venv", folder)
    return python


def requirements(extras):
    """Return the requirements of pyproject.toml, those of the extras included."""
    import tomllib

    project = tomllib.loads(read("pyproject.toml"))["project"]
    found = list(project["dependencies"])
    waiting = list(extras)
    for extra in waiting:
        for line in project["optional-dependencies"][extra]:
            own = re.fullmatch(project["name"] + r"\[([\w,-]+)\]", line)
            if own:
                waiting += [name for name in own.group(1).split(",") if name not in waiting]
            else:
                found.append(line)
    return found


def read(name):
    """Return the text of a file of the checkout."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def pip(python, *arguments):
    """Run the environment's pip."""
    run(python, "-m", "pip", "--disable-pip-version-check", *arguments)


def run(*command):
    """Run a command, and end with its exit code if it fails."""
    code = subprocess.call(command)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
