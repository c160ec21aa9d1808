"""Draw the terminal pictures of the README: real runs of `rag ask` and `rag chat` on the sample PDFs, in tmux.

Run: python benchmarks/screenshots.py [--output docs/images]

Needs tmux, the models of the settings and the tests beside it. What the screen shows is drawn as it is.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from rag_app import Library, config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from tmux import Screen  # noqa: E402

COLUMNS, LINES = 100, 44
ASKED = "I bought my Aquilo dishwasher second-hand. Does the maker's guarantee still apply to me?"
TALK = ("How high is the monthly rent of the flat?", "And when is it due?")
# fonts of the reader's system: a picture that loads one from elsewhere tells somebody who reads the page
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono"
)


@dataclass(frozen=True)
class Stage:
    """A shell in which `rag` knows the samples."""

    screen: Screen
    output: Path

    def shell(self) -> None:
        """Begin with an empty screen."""
        self.screen.until(lambda: self.screen.waits_at("$ "))
        self.screen.type("clear")
        self.screen.until(lambda: self.screen.picture().splitlines()[:1] == ["$"])

    def save(self, name: str, title: str) -> None:
        shown = Text.from_ansi(self.screen.picture())
        shown.no_wrap = True
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
        console.print(shown, overflow="ignore", crop=False)
        path = self.output / f"{name}.svg"
        path.write_text(
            console.export_svg(title=title, theme=MONOKAI, code_format=FORMAT, unique_id=name), encoding="utf-8"
        )
        print(f"{path}\n{shown.plain}\n")


def ask(stage: Stage) -> None:
    stage.shell()
    stage.screen.type(f'rag ask "{ASKED}"')
    stage.screen.reads("[1] ")
    stage.screen.until(lambda: stage.screen.waits_at("$ "))
    stage.save("terminal-ask", "rag ask")


def chat(stage: Stage) -> None:
    stage.shell()
    screen = stage.screen
    screen.type("rag chat --no-session")
    for question in TALK:
        screen.until(lambda: screen.waits_at("> "))
        screen.type(question)
        screen.until(partial(answering, screen, question))
    screen.until(lambda: screen.waits_at("> "))
    screen.press("/", "i", "n", "Space")
    screen.reads("board-minutes.pdf")
    stage.save("terminal-chat", "rag chat")
    screen.press("C-c")
    screen.until(lambda: screen.waits_at("> "))
    screen.type("/quit")


def answering(screen: Screen, question: str) -> bool:
    """Tell whether the question was taken and its answer has not ended yet."""
    return question in screen.text() and not screen.waits_at("> ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(Path(folder) / "library") as library:
            library.ingest([ROOT / "data" / "samples"])
        environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}} | {
            "RAG_LIBRARY": str(Path(folder) / "library"),
            "RAG_MODELS": str(config.load().models),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TERM": "tmux-256color",
            "COLORTERM": "truecolor",
        }
        with Screen(environment, columns=COLUMNS, lines=LINES) as screen:
            for draw in (ask, chat):
                draw(Stage(screen, output))


if __name__ == "__main__":
    main()
