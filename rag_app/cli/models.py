"""`rag models`: which models there are, and fetching them."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_app.cli.options import ConfigOption, JsonOption, LibraryOption, inherited, settings_for
from rag_app.console.lists import show_models
from rag_app.console.progress import fetch_progress
from rag_app.console.screen import print_json

app = typer.Typer(help="Show which models are installed and chosen, or fetch them.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
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

    settings = settings_for(library, config_file)
    found = statuses(settings)
    if as_json:
        print_json({"folder": str(settings.models), "models": [status.as_json() for status in found]})
    else:
        show_models(found, str(settings.models))


@app.command("pull")
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
    settings = settings_for(library, config_file)
    wanted = names or [settings.embedder, settings.reranker, settings.generator]
    with fetch_progress(shown=not as_json) as progress:
        folders = pull(wanted, settings, progress)
    pulled = list(zip(wanted, folders, strict=True))
    if as_json:
        print_json({"models": [{"name": name, "path": str(folder)} for name, folder in pulled]})
        return
    for name, folder in pulled:
        print(f"{name}: verified, in {folder}")
