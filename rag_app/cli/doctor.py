"""`rag verify`, `doctor`: whether the library is whole, what is wrong with it or the machine, and mending it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_app.cli.options import (
    ConfigOption,
    JsonOption,
    LibraryOption,
    PasswordFileOption,
    PasswordOption,
    open_library,
    password_of,
    settings_for,
)
from rag_app.console.progress import counting, waiting
from rag_app.console.reports import show_repair, show_verification
from rag_app.console.screen import print_json

SampleOption = Annotated[
    str, typer.Option("--sample", metavar="N|all", help="Documents that are read again and compared.")
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Mend the library; of a broken one save what can be read in a new folder.")
]
IntoOption = Annotated[
    Path | None,
    typer.Option("--into", metavar="DIR", help="That folder.  [default: the library's, with .repaired at its end]"),
]


def verify(
    sample: SampleOption = "5",
    password: PasswordOption = None,
    password_file: PasswordFileOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that the library holds what its files say, undamaged; name every difference."""
    with open_library(library, config_file, repair=False) as opened, waiting("comparing"):
        report = opened.verify(_sample(sample), password=password_of(password, password_file))
    if as_json:
        print_json(report.as_json())
    else:
        show_verification(report)
    report.raise_differences()


def _sample(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit():
        raise typer.BadParameter(f"{text!r} is neither a number nor all.")
    return int(text)


def doctor(
    repair: RepairOption = False,
    into: IntoOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell about this machine, the disks, models and library, and what to do.

    Example: rag doctor --repair
    """
    if into is not None and not repair:
        raise typer.BadParameter("--into goes with --repair.")
    settings = settings_for(library, config_file)
    if repair:
        _repair(settings.library, into, as_json)
        return
    from rag_app.cli.diagnosis import diagnose
    from rag_app.console.findings import show_diagnosis

    diagnosis = diagnose(settings)
    if as_json:
        print_json(diagnosis.as_json())
    else:
        show_diagnosis(diagnosis)
    diagnosis.raise_problems()


def _repair(folder: Path, into: Path | None, as_json: bool) -> None:
    from rag_app.writing.repair import repair

    with counting(shown=not as_json) as progress:
        report = repair(folder, into, progress)
    if as_json:
        print_json(report.as_json())
    else:
        show_repair(report)
    report.raise_missing()
