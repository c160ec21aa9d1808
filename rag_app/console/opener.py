"""Opens a file at a page in the viewer that the system has for it. No shell takes part, only lists of arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from ingest import FAMILIES
from rag_app.console.links import file_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FAILS_WITHIN = 1.0  # seconds; what is still at work then has found something to open the file with
_ANSWERS_WITHIN = 5.0

_PAGE_INDEX, _URL = ("--page-index={page}", "{file}"), ("{url}",)
_VIEWERS = {  # of PDFs: the program, which is also how its desktop entry's name begins, and what opens a page with it
    "evince": _PAGE_INDEX,
    "atril": _PAGE_INDEX,
    "xreader": _PAGE_INDEX,
    "okular": ("--page", "{page}", "{file}"),
    "zathura": ("--page={page}", "{file}"),
    "firefox": _URL,
    "chromium-browser": _URL,
    "chromium": _URL,
    "google-chrome": _URL,
}


def command(file: Path, page: int, environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """Return the program and arguments that open a file, at the page where the viewer can be told one.

    None where this machine has no screen that the user looks at: over SSH, without a display, without an opener.

    Args:
        file: its absolute path.
        page: counted from 1.
        environment: says where programs are, and whether there is a display.
    """
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY")):
        return None
    if sys.platform == "darwin":
        program = _program("open", environment)
        # the text editor, as the program that is entered for a script may be the one that runs it
        text = ["-t"] if file.suffix.lower() in FAMILIES["code"] else []
        return [program, *text, str(file)] if program else None
    if not any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return None
    program = _program("xdg-open", environment)
    viewer = _viewer(file, page, environment) if file.suffix.lower() == ".pdf" else None
    return viewer or ([program, str(file)] if program else None)


def launch(arguments: Sequence[str]) -> bool:
    """Start a program that goes on by itself; return whether it did, and did not fail at once."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(arguments, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError:
        return False
    try:
        return process.wait(_FAILS_WITHIN) == 0
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, daemon=True).start()
        return True


def _viewer(file: Path, page: int, environment: Mapping[str, str]) -> list[str] | None:
    entry = _desktop_entry(environment)
    for name, arguments in _VIEWERS.items():
        if entry.startswith(name) and (program := _program(name, environment)):
            url = file_link(str(file), page)
            return [program, *(argument.format(page=page, file=file, url=url) for argument in arguments)]
    return None


def _desktop_entry(environment: Mapping[str, str]) -> str:
    """Return the name of what opens PDFs here, such as "evince" for org.gnome.Evince.desktop; "" if nobody knows."""
    program = _program("xdg-mime", environment)
    if program is None:
        return ""
    asked = [program, "query", "default", "application/pdf"]
    try:
        found = subprocess.run(
            asked,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWERS_WITHIN,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.decode("utf-8", "replace").strip().removesuffix(".desktop").rpartition(".")[2].lower()


def _program(name: str, environment: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=environment.get("PATH", os.defpath))
