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
    if not line:
        return []
    name, space, rest = line.partition(" ")
    if not space:
        return [Proposal(known, len(line)) for known in commands if known.startswith(name)]
    argument = commands.get(name)
    if argument is None or "\n" in line:
        return []
    word = _unfinished(rest) if argument.words else rest.lstrip()
    before = rest.removesuffix(word)
    found = _fitting(argument.choices(before), word.strip("'\""))
    return [_proposal(choice, word, quoted=argument.words) for choice in found]


def _fitting(choices: Iterable[Choice], begun: str) -> list[Choice]:
    """Return the choices that hold what is begun, those that begin with it first; capitals do not count."""
    wanted = begun.casefold()
    first, others = [], []
    for choice in choices:
        if clean(choice.text) != choice.text:
            continue  # the terminal would show it otherwise than it is, so it cannot be chosen by its looks
        name = choice.text.casefold()
        if name.startswith(wanted):
            first.append(choice)
        elif wanted in name:
            others.append(choice)
    return first + others


def _proposal(choice: Choice, word: str, *, quoted: bool) -> Proposal:
    text = shlex.quote(choice.text) if quoted else choice.text
    return Proposal(text, len(word), choice.note)


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
