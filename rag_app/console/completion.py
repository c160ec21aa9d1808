"""What a line of the chat may go on with: the commands, and the names that they take."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Choice:
    """A name that a command takes."""

    text: str
    note: str = ""  # shown beside it


@dataclass(frozen=True, slots=True)
class Argument:
    """What follows a command."""

    choices: Callable[[str], Iterable[Choice]]  # given what stands before the word that is being written
    words: bool = False  # several words, in quotation marks where they hold spaces; else one name, which may hold some


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text that may take the place of the last `replaced` characters of a line."""

    text: str
    replaced: int
    note: str = ""


def proposals(line: str, commands: Mapping[str, Argument | None]) -> list[Proposal]:
    """Return how a line up to the cursor may go on, the names that begin as it does first; capitals do not count.

    Args:
        line: of the chat; one that is no command goes on with nothing.
        commands: each with what it takes; None where that is nothing.
    """
    name, space, rest = line.partition(" ")
    if not space:
        return [Proposal(known, len(line)) for known in commands if name and known.startswith(name)]
    argument = commands.get(name)
    if argument is None or "\n" in line:
        return []
    word = _unfinished(rest) if argument.words else rest.lstrip()
    wanted = word.strip("'\"").casefold()
    before = rest[: len(rest) - len(word)]
    # a name that the terminal would show otherwise than it is cannot be chosen by its looks
    found = [one for one in argument.choices(before) if wanted in one.text.casefold() and clean(one.text) == one.text]
    found.sort(key=lambda one: not one.text.casefold().startswith(wanted))  # stable
    return [Proposal(shlex.quote(one.text) if argument.words else one.text, len(word), one.note) for one in found]


def _unfinished(text: str) -> str:
    """Return the word at the end that is still being written, with the quotation mark that it begins with."""
    begin, mark = 0, ""
    for at, character in enumerate(text):
        if mark:
            mark = "" if character == mark else mark
        elif character in "'\"":
            mark = character
        elif character.isspace():
            begin = at + 1
    return text[begin:]
