"""Print the settings."""

from __future__ import annotations

from dataclasses import asdict

from ui.config import explain, settings_path
from ui.session import Options
from ui.terminal import Terminal


def show(options: Options, terminal: Terminal, *, verbose: bool, as_json: bool) -> int:
    """Print each setting with its value and where that came from."""
    found = explain(options.settings(), options.given())
    if as_json:
        terminal.json({"settings": [asdict(setting) for setting in found]})
        return 0
    width = max(len(setting.name) for setting in found)
    for setting in found:
        terminal.line(f"{setting.name:<{width}} = {setting.value}  ({setting.origin})")
        if verbose and setting.meaning:
            terminal.line(f"    {setting.meaning}")
    return 0


def path(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Print where the settings file is, or would be."""
    file = settings_path({} if options.home is None else {"home": options.home.expanduser()})
    if as_json:
        terminal.json({"path": str(file), "exists": file.is_file()})
    else:
        terminal.line(str(file))
    return 0
