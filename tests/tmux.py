"""A real terminal to run programs in: tmux, driven from outside and read as a person reads it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

TMUX = shutil.which("tmux")


class Screen:
    """A shell in a terminal of its own, on a tmux server that nobody else uses."""

    def __init__(
        self, environment: Mapping[str, str], *, cwd: Path | None = None, columns: int = 80, lines: int = 40
    ) -> None:
        assert TMUX, "tmux is not installed"
        self._tmux = (TMUX, "-L", f"rag-{uuid.uuid4().hex[:12]}", "-f", os.devnull)
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment}
        self._above = 0  # lines that `text` leaves out
        size = ("-x", str(columns), "-y", str(lines))
        # an empty prompt and no history of the user's shell; the text that left the screen above is kept
        shell = ["env", "PS1=$ ", "sh", "-i"]
        self._call("new-session", "-d", *size, *(("-c", str(cwd)) if cwd else ()), shlex.join(shell))
        self._call("set-option", "-g", "history-limit", "10000")
        self._call("set-option", "-g", "status", "off")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._call("kill-server")

    def type(self, text: str) -> None:
        """Type a text, key by key, and Enter."""
        self._call("send-keys", "-l", text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them, such as C-c."""
        self._call("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Paste a text as a terminal does that brackets what is pasted."""
        self._call("set-buffer", text)
        self._call("paste-buffer", "-p")

    def picture(self) -> str:
        """Return what the screen shows now, line by line as it is wrapped, with colours as escape sequences."""
        return self._call("capture-pane", "-p", "-e").rstrip("\n")

    def turn_page(self) -> None:
        """Leave out of `text` from now on what stands above the last line."""
        self._above = 0
        self._above = max(len(self.text().rstrip().split("\n")) - 1, 0)

    def text(self) -> str:
        """Return all that is or was on the screen, without colours; long lines are whole."""
        shown = self._call("capture-pane", "-p", "-J", "-S", "-")
        return "\n".join(shown.split("\n")[self._above :])

    def waits_at(self, prompt: str) -> bool:
        """Tell whether the cursor stands right behind a prompt."""
        x, y = map(int, self._call("display-message", "-p", "#{cursor_x} #{cursor_y}").split())
        line = self._call("capture-pane", "-p").split("\n")[y]
        return x == len(prompt) and line.rstrip() == prompt.rstrip()

    def until(self, condition: Callable[[], object], seconds: float = 240) -> None:
        """Return when `condition` holds; what the screen shows is in the error when it never does."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"it did not happen in {seconds:g} s; the screen shows:\n{self.text()}"
            time.sleep(0.05)

    def reads(self, text: str, seconds: float = 240) -> None:
        """Wait until a text is or was on the screen."""
        self.until(lambda: text in self.text(), seconds)

    def _call(self, *arguments: str) -> str:
        asked: Sequence[str] = (*self._tmux, *arguments)
        done = subprocess.run(asked, env=self._environment, capture_output=True, check=True, timeout=30)
        return done.stdout.decode()
