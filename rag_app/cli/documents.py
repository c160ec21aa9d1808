"""`rag documents`: the documents of the library, their tags, text, tables and receipts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_app.cli.ingest import end_run
from rag_app.cli.options import (
    ConfigOption,
    InOption,
    JsonOption,
    LibraryOption,
    SinceOption,
    TagOption,
    TypeOption,
    UntilOption,
    chosen,
    inherited,
    open_library,
)
from rag_app.console.lists import show_documents, show_tags, stale_text
from rag_app.console.reports import show_receipt
from rag_app.console.screen import print_json, show_note, show_remark
from rag_app.console.tables import show_tables, write_csv
from rag_app.errors import UsageError
from rag_app.reports import DocumentTables
from rag_app.text import clean, flat

if TYPE_CHECKING:
    from ingest import Document
    from rag_app.library import Library
    from rag_app.reports import DocumentReceipt

app = typer.Typer(
    help="List the documents of the library, tag or remove some, or print their text or tables.", rich_markup_mode=None
)

PathsArgument = Annotated[
    list[str], typer.Argument(metavar="PATH", help="As listed, or just the file name; a folder with all below it.")
]

_LABEL_LENGTH = 20  # characters of a page's label


@app.callback(invoke_without_command=True)
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
    """List the documents of the library, tag or remove some, or print their text or tables."""
    where = chosen(within, types, since, until, tags)
    if context.invoked_subcommand:
        if where:
            raise typer.BadParameter(f"{context.invoked_subcommand} takes paths, no filter.")
        context.obj = (library, config_file, as_json)
        return
    with open_library(library, config_file) as opened:
        found = opened.documents(where)
    if as_json:
        print_json({"documents": [document.as_json() for document in found]})
    elif found:
        show_documents(found)
    else:
        print("The library holds no documents yet. Add some with `rag ingest PATH`.")


@app.command("tag")
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
    with open_library(library, config_file) as opened:
        found = opened.tag(paths, add=add or (), remove=remove or ())
    if as_json:
        print_json({"documents": [document.as_json() for document in found]})
    else:
        show_tags(found)


@app.command("remove")
def remove_documents(
    context: typer.Context,
    paths: PathsArgument,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the library; the files themselves stay."""
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with open_library(library, config_file) as opened:
        report = opened.remove(paths)
    end_run(report, as_json)


@app.command("show")
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
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with open_library(library, config_file) as opened:
        if receipt:
            _print_receipt(opened.receipt(path), page, as_json)
            return
        document = opened.read(path)
        stale = _stale(opened, document.path)
    pages = _pages(document, page)
    if as_json:
        value: dict[str, Any] = {"document": document.path, "pages": pages}
        print_json({**value, "stale": stale} if stale else value)
    else:
        _print_pages(pages, stale)


@app.command("tables")
def show_tables_of_document(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="As listed, or just the file name.")],
    page: Annotated[
        int | None, typer.Option("--page", min=1, metavar="N", help="Only what stands on this page, counted from 1.")
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print comma-separated values, an empty line between two tables.")
    ] = False,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the tables of a document, as they were read.

    Example: rag documents tables report.pdf --page 12 --csv > figures.csv
    """
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    if as_csv and as_json:
        raise typer.BadParameter("Give --csv or --json, not both.")
    with open_library(library, config_file) as opened:
        document = opened.read(path)
        if page is not None:
            _need_page(document, page)
        found = [table for table in opened.tables(path) if page is None or table.page <= page <= table.page_end]
        stale = _stale(opened, document.path)
    if as_json:
        print_json(DocumentTables(document.path, tuple(found)).as_json())
        return
    if stale:
        show_remark(stale)
    if not found:
        where = "" if page is None else f" on page {page}"
        (show_remark if as_csv else show_note)(f"{document.path} has no table{where}.")
    elif as_csv:
        write_csv(found)
    else:
        show_tables(found)


def _print_receipt(receipt: DocumentReceipt, page: int | None, as_json: bool) -> None:
    if page is not None:
        receipt = replace(receipt, pages=tuple(read for read in receipt.pages if read.page == page))
    if as_json:
        print_json(receipt.as_json())
    else:
        show_receipt(receipt)


def _stale(library: Library, path: str) -> str:
    """Return why the text of the document at `path` may be out of date; empty where it is not."""
    for document in library.documents():
        if document.stale and path in document.paths:
            return stale_text(document)
    return ""


def _pages(document: Document, page: int | None) -> list[dict[str, Any]]:
    """Return the pages of a document, or only one, as they are printed.

    Raises:
        UsageError: there is no such page.
    """
    if page is not None:
        _need_page(document, page)
    pages = []
    for read, start in zip(document.pages, document.starts, strict=True):
        if page is None or page == read.number:
            shown = {"page": read.number, "page_label": read.label, "start": start}
            pages.append({**shown, "text": read.text, "method": read.method})
    return pages


def _need_page(document: Document, page: int) -> None:
    if page not in {read.number for read in document.pages}:
        raise UsageError(
            f"{document.path} has no page {page}.", hint=f"It has {len(document.pages)} pages, counted from 1."
        )


def _print_pages(pages: list[dict[str, Any]], stale: str) -> None:
    if stale:
        show_remark(stale)
    for page in pages:
        print(f"--- page {page['page']} ({flat(page['page_label'], _LABEL_LENGTH)}) ---")
        print(clean(page["text"]))
