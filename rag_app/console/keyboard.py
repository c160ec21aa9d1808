"""What a person writes in the chat: a question or command, of several lines where a line ends with a backslash."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from prompt_toolkit.completion import CompleteEvent, Completer
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from rag_app.console.completion import Proposal

    Complete = Callable[[str], Iterable[Proposal]]


def open_keyboard(complete: Complete) -> Callable[[], str]:
    """Return what reads one text: with editing, history and completion on a terminal, plainly on a pipe.

    It raises EOFError at the end of the input, and KeyboardInterrupt where Ctrl-C drops the text.

    Args:
        complete: is given the text up to the cursor, and returns how it may go on.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _edited(complete)
    return read_plainly


def read_plainly() -> str:
    """Return the next line of standard input, and the lines after it as long as each ends with a backslash."""
    lines: list[str] = []
    while line := sys.stdin.readline():
        lines.append(line.rstrip("\r\n"))
        if not goes_on(lines[-1]):
            break
        lines[-1] = lines[-1][:-1]
    if not lines:
        raise EOFError
    return "\n".join(lines)


def goes_on(line: str) -> bool:
    r"""Tell whether a line ends with a backslash that joins it to the next one; two of them, as in C:\\, do not."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _edited(complete: Complete, **streams: Any) -> Callable[[], str]:
    from prompt_toolkit import PromptSession

    # several lines, so that those of a pasted text stay one question
    session: PromptSession[str] = PromptSession(
        completer=_completer(complete), multiline=True, key_bindings=_keys(), **streams
    )
    return lambda: session.prompt("> ")


def _completer(complete: Complete) -> Completer:
    from prompt_toolkit.completion import Completer, Completion

    class Commands(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
            for proposal in complete(document.text_before_cursor):
                yield Completion(proposal.text, -proposal.replaced, display_meta=proposal.note)

    return Commands()


def _keys() -> KeyBindings:
    from prompt_toolkit.enums import DEFAULT_BUFFER
    from prompt_toolkit.filters import has_focus
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if goes_on(buffer.document.current_line_before_cursor):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=has_focus(DEFAULT_BUFFER))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
