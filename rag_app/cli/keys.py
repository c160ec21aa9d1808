"""`rag keys`: make, list and revoke the keys of the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    open_library,
)
from rag_app.console.amounts import time_text
from rag_app.console.screen import print_json, show_remark, table

if TYPE_CHECKING:
    from rag_app.library import Library
    from rag_app.server.key_ring import Key, KeyKind, KeyRing

app = typer.Typer(help="Make, list and revoke the keys of `rag serve`.", rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Your name for the key.")]


@app.command("add")
def add_key(
    name: NameArgument,
    widget: Annotated[
        bool, typer.Option("--widget", help="For the chat on a web page: it can do nothing else.")
    ] = False,
    origins: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="URL", help="The site that page is on; may be repeated."),
    ] = None,
    rate: Annotated[
        int, typer.Option("--rate", min=1, max=10_000, metavar="N", help="Questions a minute from one address.")
    ] = 20,
    within: InOption = None,
    types: TypeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    tags: TagOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, this once: only its hash is kept. A running server knows it at once.

    Without --widget the key opens everything.

    Example: rag keys add shop --widget --origin https://example.com --tag public
    """
    with open_library(library, config_file, create=True) as opened:
        where = chosen(within, types, since, until, tags)
        if where:
            opened.documents(where)  # raises where it leaves nothing
        kind: KeyKind = "widget" if widget else "admin"
        secret = _ring(opened).add(name, kind, origins=origins or (), where=where, rate=rate)
    if as_json:
        print_json({"name": name, "kind": kind, "key": secret})
        return
    print(secret)
    show_remark("Keep it now: it is not shown again.")


@app.command("list")
def list_keys(library: LibraryOption = None, config_file: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the keys: what they open, and for whom."""
    with open_library(library, config_file) as opened:
        keys = _ring(opened).all()
    if as_json:
        print_json({"keys": [key.shown() for key in keys]})
    elif keys:
        table(("key", "kind", "made", "sites", "documents"), [_row(key) for key in keys])
    else:
        print("There are no keys yet. Make one with `rag keys add NAME`.")


@app.command("revoke")
def revoke_key(
    name: NameArgument, library: LibraryOption = None, config_file: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Make a key worthless; a running server refuses it at once."""
    with open_library(library, config_file) as opened:
        _ring(opened).revoke(name)
    if as_json:
        print_json({"revoked": name})
    else:
        print(f"{name} is revoked.")


def _row(key: Key) -> tuple[str, ...]:
    from rag_app.storage.filters import described  # --help does without what reads files

    return (
        key.name,
        key.kind,
        time_text(key.created),
        ", ".join(key.origins),
        described(key.where) if key.where else "all",
    )


def _ring(library: Library) -> KeyRing:
    from rag_app.server.key_ring import KeyRing

    return KeyRing(Path(library.settings.library))
