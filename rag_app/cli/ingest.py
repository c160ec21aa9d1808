"""`rag ingest`, `sync`, `watch`, `rebuild`: what writes documents into the library."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_app import config
from rag_app.cli.options import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    NewTagOption,
    OcrOption,
    PasswordFileOption,
    PasswordOption,
    ocr_of,
    open_library,
    password_of,
    settings_for,
)
from rag_app.console.problems import show_error, show_failures
from rag_app.console.progress import ingest_progress, interruption_text
from rag_app.console.reports import show_news, show_rebuild, show_report
from rag_app.console.screen import print_json, show_remark
from rag_app.errors import RagError
from rag_app.models.threads import step_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_app.reports import DocumentReport, IngestReport
    from rag_app.writing.builder import Step

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Walked; documents elsewhere are left alone.")]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes", help="Also forget the documents of a folder that is empty now, or of a disk in it that is not mounted."
    ),
]


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, or folders that are walked.")],
    tags: NewTagOption = None,
    ocr: OcrOption = None,
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
    with open_library(library, config_file, create=True) as opened, _progress(shown=not as_json) as progress:
        secret = password_of(password, password_file)
        report = opened.ingest(paths, password=secret, progress=progress, tags=tags or (), ocr=ocr_of(ocr))
    end_run(report, as_json)


def sync(
    folder: FolderArgument,
    yes: YesOption = False,
    tags: NewTagOption = None,
    ocr: OcrOption = None,
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
    with open_library(library, config_file, create=True) as opened, _progress(shown=not as_json) as progress:
        secret = password_of(password, password_file)
        report = opened.sync(
            folder, password=secret, progress=progress, confirmed=yes, tags=tags or (), ocr=ocr_of(ocr)
        )
    end_run(report, as_json)


def watch(
    folder: FolderArgument,
    yes: YesOption = False,
    ocr: OcrOption = None,
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the library equal to a folder until Ctrl-C; a line for each change, with --json one of JSON.

    Example: rag watch ~/Documents
    """
    from rag_app.writing.watch import watch

    step_aside()
    secret = password_of(password, password_file)
    chosen = ocr_of(ocr)
    with open_library(library, config_file, create=True) as opened:

        def sync_once(**how: Any) -> IngestReport:
            with _progress(shown=not as_json) as progress:
                return opened.sync(folder, password=secret, progress=progress, confirmed=yes, ocr=chosen, **how)

        show_remark(f"Watching {folder.absolute()}; Ctrl-C ends it.")
        for news in watch(folder, sync_once, apart=opened.settings.library):
            _tell(news, as_json)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[Step], None]]:
    """Draw how far a run is, and say what is done and what is left where Ctrl-C ends it."""
    last: list[Step] = []
    try:
        with ingest_progress(shown=shown) as draw:

            def step(now: Step) -> None:
                if draw:
                    last[:] = [now]
                    draw(now)

            yield step
    except KeyboardInterrupt:
        if last:  # on a terminal alone: programs read one message and one hint
            show_remark(interruption_text(last[0]))
        raise


def _tell(news: DocumentReport | RagError, as_json: bool) -> None:
    if isinstance(news, RagError):
        show_error(news.message, news.hint)
    elif as_json:
        print_json(news.as_json())
    else:
        show_news(news)


def rebuild(
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
    from rag_app.library import Library

    settings = settings_for(library, config_file)
    wanted = config.changed(settings, {"embedder": embedder})
    step_aside()
    with Library.open(settings=wanted, create=False) as opened, ingest_progress(shown=not as_json) as progress:
        report = opened.rebuild(progress=progress)
    if as_json:
        print_json(report.as_json())
    else:
        show_rebuild(report, chosen=settings.embedder == wanted.embedder)


def end_run(report: IngestReport, as_json: bool) -> None:
    """Write what became of the files; exit code 1 where some could not be read."""
    if as_json:
        print_json(report.as_json())
    else:
        show_report(report)
    if report.failed:
        show_failures(report)
        raise typer.Exit(1)
