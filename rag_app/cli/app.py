"""The command line: each command reads its options, calls the library and prints what came back."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rag_app import __version__, config
from rag_app.cli import keys, serve
from rag_app.cli.options import (
    ConfigOption,
    InOption,
    JsonOption,
    LibraryOption,
    NewTagOption,
    SinceOption,
    TagOption,
    TypeOption,
    UntilOption,
    chosen,
    inherited,
)
from rag_app.cli.sessions import app as sessions_app
from rag_app.console import terminal
from rag_app.library import Library
from rag_app.models.threads import step_aside
from rag_app.text import clean, flat
from rag_app.types import MODES

if TYPE_CHECKING:
    from rag_app.models.catalogue import ModelStatus
    from rag_app.types import Answer, DocumentReceipt, Filter, IngestReport, Mode, StoredDocument

app = typer.Typer(
    name="rag",
    help="Ask your documents, on your machine, and get an answer with proof.\n\n"
    'Start with `rag models pull`, then `rag ingest FOLDER`, then `rag ask "..."`.',
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,  # rich takes "[default: 5]" for markup and drops it, and costs 80 ms
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
documents_app = typer.Typer(
    help="List the documents of the library, tag or remove some, or print their text.", rich_markup_mode=None
)
models_app = typer.Typer(help="Show which models are installed and chosen, or fetch them.", rich_markup_mode=None)
app.add_typer(documents_app, name="documents")
app.add_typer(models_app, name="models")
app.add_typer(sessions_app, name="sessions")
app.add_typer(keys.app, name="keys")

PasswordOption = Annotated[str | None, typer.Option("--password", metavar="TEXT", help="For encrypted PDFs.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Holds it in its first line, out of sight of other users."),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes", help="Also forget the documents of a folder that is empty now, or of a disk in it that is not mounted."
    ),
]
CandidatesOption = Annotated[
    int | None,
    typer.Option(
        "--candidates", min=1, max=1000, metavar="N", help="Passages the first stage proposes.  [default: 50]"
    ),
]
PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH", help="As listed, or just the file name; a folder with all below it.")
]
QuestionArgument = Annotated[
    str, typer.Argument(metavar="QUESTION", help="In your own words; - reads it from standard input.")
]


def _password(text: str | None, file: Path | None) -> str | None:
    from rag_app.errors import UsageError

    if file is None:
        return text
    if text is not None:
        raise UsageError("Both --password and --password-file are given.", hint="Leave one of them out.")
    try:
        first = file.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {reason}.", hint="Check --password-file.") from error
    return first


def _settings(library: Path | None, file: Path | None) -> config.Settings:
    return config.load(file, flags={"library": library})


def _open(library: Path | None, file: Path | None, *, create: bool = False, repair: bool = True) -> Library:
    return Library.open(settings=_settings(library, file), create=create, repair=repair)


def _print_json(value: Any) -> None:
    print(terminal.json_line(value), flush=True)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rag-app {__version__}")
        raise typer.Exit


def _sample(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit():
        raise typer.BadParameter(f"{text!r} is neither a number nor all.")
    return int(text)


def _mode(name: str) -> str:
    if name not in MODES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(MODES)}.")
    return name


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command("ingest")
def ingest_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, or folders that are walked.")],
    tags: NewTagOption = None,
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add new and changed files; unchanged ones are skipped.

    Example: rag ingest ~/Documents/contracts manual.pdf
    """
    step_aside()
    with _open(library, config_file, create=True) as opened, terminal.ingest_progress(shown=not as_json) as progress:
        secret = _password(password, password_file)
        report = opened.ingest(paths, password=secret, progress=progress, tags=tags or ())
    _end(report, as_json)


@app.command("sync")
def sync_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Walked; documents elsewhere are left alone.")],
    yes: YesOption = False,
    tags: NewTagOption = None,
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the library equal to a folder: new, changed, renamed and deleted files.

    Example: rag sync ~/Documents
    """
    step_aside()
    with _open(library, config_file, create=True) as opened, terminal.ingest_progress(shown=not as_json) as progress:
        secret = _password(password, password_file)
        report = opened.sync(folder, password=secret, progress=progress, confirmed=yes, tags=tags or ())
    _end(report, as_json)


@app.command("watch")
def watch_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Walked; documents elsewhere are left alone.")],
    yes: YesOption = False,
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the library equal to a folder until Ctrl-C; a line for each change, with --json one of JSON.

    Example: rag watch ~/Documents
    """
    from rag_app.errors import RagError
    from rag_app.writing.watch import watch

    step_aside()
    secret = _password(password, password_file)
    with _open(library, config_file, create=True) as opened:

        def sync(**how: Any) -> IngestReport:
            with terminal.ingest_progress(shown=not as_json) as progress:
                return opened.sync(folder, password=secret, progress=progress, confirmed=yes, **how)

        terminal.show_remark(f"Watching {folder.absolute()}; Ctrl-C ends it.")
        for news in watch(folder, sync, apart=opened.settings.library):
            if isinstance(news, RagError):
                terminal.show_error(news.message, news.hint)
            elif as_json:
                _print_json(news.as_json())
            else:
                terminal.show_news(news)


@app.command("rebuild")
def rebuild_command(
    embedder: Annotated[
        str | None, typer.Option("--embedder", metavar="NAME", help="The new one.  [default: that of the settings]")
    ] = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Embed all stored text anew: for another embedder, or other lengths of passages.

    No file is read. Until it is done the library can be searched as before; an interrupted run
    goes on where it stopped.

    Example: rag rebuild --embedder bge-small-en-v1.5-int8
    """
    settings = _settings(library, config_file)
    wanted = config.changed(settings, {"embedder": embedder})
    step_aside()
    with Library.open(settings=wanted, create=False) as opened, terminal.ingest_progress(shown=not as_json) as progress:
        report = opened.rebuild(progress=progress)
    if as_json:
        _print_json(report.as_json())
    else:
        terminal.show_rebuild(report, chosen=settings.embedder == wanted.embedder)


@app.command()
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
    with _open(library, config_file) as opened, terminal.waiting("searching"):
        result = opened.search_result(
            _text(question),
            k,
            candidates=candidates,
            mode=cast("Mode", mode),
            rerank=not no_rerank,
            where=chosen(within, types, since, until, tags),
        )
    if as_json:
        _print_json(result.as_json())
    elif result.passages:
        terminal.show_passages(result.passages, scores=True)
    else:
        print("No passage was found.")


@app.command()
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
    with _open(library, config_file) as opened:
        where = chosen(within, types, since, until, tags)
        answer = _answer(opened, _text(question), budget, where, show=not as_json)
    if as_json:
        _print_json(answer.as_json())


def _answer(library: Library, question: str, budget: float | None, where: Filter | None, *, show: bool) -> Answer:
    if not show:
        return library.ask(question, budget=budget, where=where)
    answer = terminal.show_events(library.stream(question, budget=budget, where=where))
    terminal.show_answer_end(answer)
    return answer


@app.command()
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
    keep = not no_session and (session is not None or (sys.stdin is not None and sys.stdin.isatty()))
    with _open(library, config_file) as opened:
        where = chosen(within, types, since, until, tags)
        Chat(opened, as_json=as_json, where=where, session=session, keep=keep).run()


@app.command("mcp")
def mcp_command(library: LibraryOption = None, config_file: ConfigOption = None) -> None:
    """Give an agent tools to search and ask the library, as an MCP server on standard input and output.

    An MCP client starts this command by itself; docs/mcp.md shows what to enter there. Needs the extra "mcp".
    """
    from rag_app.errors import UsageError, install

    try:
        from rag_app.server.mcp import serve
    except ModuleNotFoundError as error:
        raise UsageError("The MCP server needs a package that is not installed.", hint=install("mcp")) from error
    with _open(library, config_file) as opened:
        serve(opened)


app.command("serve")(serve.serve)


@documents_app.callback(invoke_without_command=True)
def documents(
    context: typer.Context,
    within: InOption = None,
    types: TypeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    tags: TagOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the documents of the library, tag or remove some, or print their text."""
    where = chosen(within, types, since, until, tags)
    if context.invoked_subcommand:
        if where:
            raise typer.BadParameter(f"{context.invoked_subcommand} takes paths, no filter.")
        context.obj = (library, config_file, as_json)
        return
    with _open(library, config_file) as opened:
        found = opened.documents(where)
    if as_json:
        _print_json({"documents": [document.as_json() for document in found]})
    elif found:
        tagged = any(document.tags for document in found)
        terminal.table(
            ("document", "pages", "with text", "passages", "size", *["tags"] * tagged),
            [row[: 5 + tagged] for document in found for row in _rows(document)],
            right=(1, 2, 3, 4),
        )
        terminal.show_notes([_stale(document) for document in found if document.stale])
    else:
        print("The library holds no documents yet. Add some with `rag ingest PATH`.")


def _rows(document: StoredDocument) -> list[tuple[str, ...]]:
    """Return the lines of a document in the list: its first path with the figures, then the others."""
    figures = (f"{document.pages:,}", f"{document.pages_with_text:,}", f"{document.chunks:,}")
    first = (document.path, *figures, terminal.bytes_text(document.bytes), ", ".join(document.tags))
    return [first, *((path, "", "", "", "same", "") for path in document.paths[1:])]


def _stale(document: StoredDocument) -> str:
    file = f"{document.path} " if len(document.paths) == 1 else ""
    return f"{file}{document.stale}; what is stored is the last readable text."


@documents_app.command("tag")
def tag_documents(
    context: typer.Context,
    paths: PathsArgument,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="NAME", help="Give this tag; may be repeated.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="Take this tag away; may be repeated.")
    ] = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tag documents, or show their tags.

    Example: rag documents tag ~/Documents/contracts --add work --add 2025
    """
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with _open(library, config_file) as opened:
        found = opened.tag(paths, add=add or (), remove=remove or ())
    if as_json:
        _print_json({"documents": [document.as_json() for document in found]})
    else:
        terminal.table(("document", "tags"), [(document.path, ", ".join(document.tags)) for document in found])


@documents_app.command("remove")
def remove_documents(
    context: typer.Context,
    paths: PathsArgument,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the library; the files themselves stay."""
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with _open(library, config_file) as opened:
        report = opened.remove(paths)
    _end(report, as_json)


@documents_app.command("show")
def show_document(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="As listed, or just the file name.")],
    page: Annotated[
        int | None, typer.Option("--page", min=1, metavar="N", help="Only this page, counted from 1.")
    ] = None,
    receipt: Annotated[
        bool, typer.Option("--receipt", help="Print what was read of each page, and how, instead of the text.")
    ] = False,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the stored text of a document, as answers quote it."""
    from rag_app.errors import UsageError

    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with _open(library, config_file) as opened:
        if receipt:
            _show_receipt(opened.receipt(path), page, as_json)
            return
        document = opened.read(path)
        stale = next((_stale(one) for one in opened.documents() if document.path in one.paths and one.stale), "")
    pages = [
        {"page": p.number, "page_label": p.label, "start": start, "text": p.text, "method": p.method}
        for p, start in zip(document.pages, document.starts, strict=True)
        if page in {None, p.number}
    ]
    if not pages:
        raise UsageError(
            f"{document.path} has no page {page}.", hint=f"It has {len(document.pages)} pages, counted from 1."
        )
    if as_json:
        _print_json({"document": document.path, "pages": pages} | ({"stale": stale} if stale else {}))
        return
    if stale:
        terminal.show_remark(stale)
    for shown in pages:
        print(f"--- page {shown['page']} ({flat(str(shown['page_label']), 20)}) ---")
        print(clean(str(shown["text"])))


def _show_receipt(receipt: DocumentReceipt, page: int | None, as_json: bool) -> None:
    shown = replace(receipt, pages=tuple(read for read in receipt.pages if page in {None, read.page}))
    if as_json:
        _print_json(shown.as_json())
    else:
        terminal.show_receipt(shown)


@app.command("eval")
def eval_command(
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A folder in the BEIR layout, or a file of questions.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Ask the first N only.")] = None,
    candidates: CandidatesOption = None,
    make: Annotated[
        Path | None,
        typer.Option("--make", metavar="FILE", help="Write questions on your documents into this file, then ask them."),
    ] = None,
    questions: Annotated[
        int, typer.Option("--questions", min=1, max=10_000, metavar="N", help="How many --make writes.")
    ] = 50,
    answers: Annotated[
        bool, typer.Option("--answers", help="Let each question be answered, too, and count the right ones.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Compare with this earlier --output.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Save the figures, with those of each question.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw quality against seconds.")
    ] = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well search finds what it should, on a test collection or on your own documents.

    A line of a question file: {"question": "...", "document": "lease.pdf", "page": 2, "answer": "three months"}.
    With --baseline, a drop that is more than chance ends with exit code 1.

    Example: rag eval questions.jsonl --output before.json
    """
    from rag_app.evaluation.compare import raise_drops
    from rag_app.evaluation.run import Meter, Wish, fulfil

    wish = Wish(path, limit, candidates, make, questions, answers, baseline, output, plot)
    shown = not as_json
    meter = Meter(partial(terminal.ingest_progress, shown=shown), partial(terminal.counting, shown=shown))
    evaluation, comparisons, changed = fulfil(wish, _settings(library, config_file), meter)
    if as_json:
        _print_json(evaluation.as_json())
    else:
        terminal.show_evaluation(evaluation)
        if comparisons:
            terminal.show_comparisons(comparisons, changed)
    raise_drops(comparisons)


@app.command("calibrate")
def calibrate_command(
    questions: Annotated[
        int, typer.Option("--questions", min=1, max=10_000, metavar="N", help="How many are made and asked.")
    ] = 40,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the library's own calibration.")] = False,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit to your documents when a question is refused, and tell how often that is wrong.

    Questions are made about your documents and asked with and without the one that answers; each
    takes some ten seconds.

    Example: rag calibrate --questions 60
    """
    with _open(library, config_file) as opened:
        if reset:
            opened.reset_calibration()
            state = opened.refusal()
            _print_json({"refusal": state.as_json()}) if as_json else terminal.show_refusal(state)
            return
        with terminal.counting(shown=not as_json) as progress:
            report = opened.calibrate(questions, progress=progress)
    if as_json:
        _print_json(report.as_json())
    else:
        terminal.show_calibration(report)


@app.command("verify")
def verify_command(
    sample: Annotated[
        str, typer.Option("--sample", metavar="N|all", help="Documents that are read again and compared.")
    ] = "5",
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the library holds what its files say, undamaged; name every difference."""
    with _open(library, config_file, repair=False) as opened, terminal.waiting("comparing"):
        report = opened.verify(_sample(sample), password=_password(password, password_file))
    if as_json:
        _print_json(report.as_json())
    else:
        terminal.show_verification(report)
    report.raise_differences()


@app.command("doctor")
def doctor_command(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend the library; of a broken one save what can be read in a new folder.")
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="That folder.  [default: the library's, with .repaired at its end]"),
    ] = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell about this machine, the disks, models and library, and what to do.

    Example: rag doctor --repair
    """
    from rag_app.cli.doctor import diagnose

    if into is not None and not repair:
        raise typer.BadParameter("--into goes with --repair.")
    if repair:
        _repair(_settings(library, config_file).library, into, as_json)
        return
    diagnosis = diagnose(_settings(library, config_file))
    if as_json:
        _print_json(diagnosis.as_json())
    else:
        terminal.show_diagnosis(diagnosis)
    diagnosis.raise_problems()


def _repair(folder: Path, into: Path | None, as_json: bool) -> None:
    from rag_app.writing.repair import repair

    with terminal.counting(shown=not as_json) as progress:
        report = repair(folder, into, progress)
    if as_json:
        _print_json(report.as_json())
    else:
        terminal.show_repair(report)
    report.raise_missing()


@models_app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which models are installed and which are chosen, or fetch them."""
    if context.invoked_subcommand:
        context.obj = (library, config_file, as_json)
        return
    from rag_app.models.catalogue import statuses

    settings = _settings(library, config_file)
    found = statuses(settings)
    if as_json:
        _print_json({"folder": str(settings.models), "models": [status.as_json() for status in found]})
        return
    terminal.table(
        ("", "model", "role", "size", "licence", "state"),
        [("*" if s.chosen else "", s.name, s.role, terminal.bytes_text(s.bytes), s.licence, _state(s)) for s in found],
        right=(3,),
    )
    print(f"\n* chosen. Folder: {settings.models}\nFetch with `rag models pull [NAME...]`.")


@models_app.command("pull")
def pull_models(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Without names: the chosen models.")] = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch models and verify every file; an interrupted fetch goes on where it stopped."""
    from rag_app.models.catalogue import pull

    library, config_file, as_json = inherited(context, library, config_file, as_json)
    settings = _settings(library, config_file)
    wanted = names or [settings.embedder, settings.reranker, settings.generator]
    with terminal.fetch_progress(shown=not as_json) as progress:
        folders = pull(wanted, settings, progress)
    if as_json:
        _print_json({"models": [{"name": n, "path": str(f)} for n, f in zip(wanted, folders, strict=True)]})
    else:
        for name, folder in zip(wanted, folders, strict=True):
            print(f"{name}: verified, in {folder}")


def _state(status: ModelStatus) -> str:
    if status.problem:
        return f"damaged: {status.problem}"
    return "verified" if status.verified else "installed" if status.installed else "not installed"


def _text(question: str) -> str:
    if question != "-":
        return question
    return sys.stdin.read() if sys.stdin else ""


def _end(report: IngestReport, as_json: bool) -> None:
    """Write what became of the files; exit code 1 where some could not be read."""
    if as_json:
        _print_json(report.as_json())
    else:
        terminal.show_report(report)
    if report.failed:
        terminal.show_failures(report)
        raise typer.Exit(1)
