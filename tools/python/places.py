"""Where Python itself lies: all that a run may read beside its scratch folder."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

# Shared libraries, fonts, time zones. Neither /proc nor /sys, nor more of /etc than this.
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/gnu/store",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)
_PACKAGES = ("site-packages", "dist-packages")


@lru_cache(maxsize=1)
def readable() -> tuple[str, ...]:
    """Name the files and folders that a run may read, without links."""
    paths = sysconfig.get_paths()
    own = [paths["stdlib"], paths["platstdlib"], str(Path(sys.base_prefix, "lib"))]
    found = [*own, *packages(), *_standard_library(), *_SYSTEM]
    return tuple(dict.fromkeys(os.path.realpath(path) for path in found if os.path.exists(path)))


@lru_cache(maxsize=1)
def importable() -> tuple[str, ...]:
    """Name the folders that a run imports from: the standard library, then installed packages."""
    return (*_standard_library(), *packages())


def _standard_library() -> list[str]:
    stdlib = sysconfig.get_paths()["stdlib"]
    version = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    return [
        str(Path(stdlib).parent / version),
        stdlib,
        sysconfig.get_config_var("DESTSHARED") or str(Path(stdlib, "lib-dynload")),
    ]


def packages() -> list[str]:
    """Name the folders of installed packages; no project that is only linked from there."""
    paths = sysconfig.get_paths()
    known = [paths["purelib"], paths["platlib"], *sys.path]
    return [path for path in dict.fromkeys(known) if Path(path).name in _PACKAGES]


def source() -> str:
    """Name the folder that our own packages are imported from."""
    return str(Path(__file__).resolve().parents[2])
