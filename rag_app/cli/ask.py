"""`rag search`, `ask`, `chat`: questions to the library."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from rag_app.cli.options import (
    CandidatesOption,
    ConfigOption,
    InOption,
    JsonOption,
    LibraryOption,
    QuestionArgument,
    SinceOption,
    TagOption,
    TypeOption,
    UntilOption,
    chosen,
    open_library,
    question_text,
)
from rag_app.console.answers import show_answer_end, show_events, show_passages
from rag_app.console.progress import waiting
from rag_app.console.screen import print_json
from rag_app.types import MODES

if TYPE_CHECKING:
    from rag_app.types import Mode


def _mode(name: str) -> str:
    if name not in MODES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(MODES)}.")
    return name


def search(
    question: QuestionArgument,
    k: Annotated[
        int | None, typer.Option("--k", min=1, max=100, metavar="N", help="Passages to show.  [default: 5]")
    ] = None,
    candidates: CandidatesOption = None,
    mode: Annotated[
        str, typer.Option("--mode", metavar="|".join(MODES), callback=_mode, help="How candidates are found.")
    ] = "hybrid",
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="Keep the first stage's order.")] = False,
    within: InOption = None,
    types: TypeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    tags: TagOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the passages that bear on a question, without an answer.

    Example: rag search "notice period" --k 3 --in ~/Documents/contracts
    """
    with open_library(library, config_file) as opened, waiting("searching"):
        result = opened.search_result(
            question_text(question),
            k,
            candidates=candidates,
            mode=cast("Mode", mode),
            rerank=not no_rerank,
            where=chosen(within, types, since, until, tags),
        )
    if as_json:
        print_json(result.as_json())
    elif result.passages:
        show_passages(result.passages, scores=True)
    else:
        print("No passage was found.")


def ask(
    question: QuestionArgument,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="SECONDS", help="Aim to begin the answer within this time by reading less."),
    ] = None,
    within: InOption = None,
    types: TypeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    tags: TagOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question, with the quote and page that prove it.

    Example: rag ask "How long is the notice period?"
    """
    with open_library(library, config_file) as opened:
        where = chosen(within, types, since, until, tags)
        text = question_text(question)
        if as_json:
            answer = opened.ask(text, budget=budget, where=where)
            print_json(answer.as_json())
        else:
            answer = show_events(opened.stream(text, budget=budget, where=where))
            show_answer_end(answer)


def chat(
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="Go on with this conversation, or begin it.")
    ] = None,
    no_session: Annotated[bool, typer.Option("--no-session", help="Keep nothing of this conversation.")] = False,
    within: InOption = None,
    types: TypeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    tags: TagOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Talk with your documents; follow-up questions are understood.

    /help lists the commands. On a pipe, each line is a question; with --json, each answer is one line of JSON.
    What is said on a terminal, or in a named session, is kept in the library: see `rag sessions`.
    """
    from rag_app.console.chat import Chat

    if session is not None and no_session:
        raise typer.BadParameter("--session and --no-session exclude each other.")
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    keep = not no_session and (session is not None or is_typed)
    with open_library(library, config_file) as opened:
        where = chosen(within, types, since, until, tags)
        Chat(opened, as_json=as_json, where=where, session=session, keep=keep).run()
