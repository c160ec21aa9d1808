"""The programs beside the package: benchmarks, examples and tools start, and are told as they are."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import shlex
import sys
import threading
import tomllib
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from rag_app.models.numbers import RerankerNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[1]
FOLDERS = ("benchmarks", "data", ".ci", "docs/examples")
PROGRAMS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.py"))
PARTS = {"falsehoods", "memo", "papers", "points"}  # of other benchmarks
BENCHMARKS = [path for path in PROGRAMS if path.parent.name == "benchmarks" and path.stem not in PARTS]
HEAVY = {"gradio_page", "langgraph_agent"}  # load libraries for seconds
PAGES = sorted(
    path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md"))
)
_SPAN = re.compile(r"`([^`]+)`|^ {4}(.+)$", re.MULTILINE)
_COMMAND = re.compile(r"python3? ((?:[\w.]+/)+\w+\.py)\b(.*)")


@contextmanager
def as_scripts() -> Iterator[None]:
    """Let programs find those beside them inside the block, as they do when they are run; forget them afterwards."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "nowhere").parent == ROOT / "benchmarks":
            del sys.modules[name]


def load(path: Path) -> ModuleType:
    """Import a program, without running it."""
    spec = importlib.util.spec_from_file_location(f"program_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    with as_scripts():
        spec.loader.exec_module(module)
    return module


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.slow] if path.stem in HEAVY else []) for path in PROGRAMS],
    ids=named,
)
def test_a_program_can_be_imported_and_does_nothing_then(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment, folder, threads = dict(os.environ), Path.cwd(), threading.enumerate()
    assert load(path).__doc__
    assert tuple(capsys.readouterr()) == ("", "")
    if path.stem not in HEAVY:  # others' libraries do what they like
        assert (dict(os.environ), Path.cwd(), threading.enumerate()) == (environment, folder, threads)


def parser_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser:
    """Return the parser that a program reads its options with."""
    made: list[argparse.ArgumentParser] = []

    def stop(parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        made.append(parser)
        raise KeyboardInterrupt

    program = load(path)
    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        with pytest.raises(KeyboardInterrupt):
            program.main()
    return made[0]


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Return the names of all options, those of subcommands included."""
    names: set[str] = set()
    for action in parser._actions:
        names.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            names.update(*map(options_of, action.choices.values()))
    return names


@pytest.mark.parametrize("path", BENCHMARKS, ids=named)
def test_a_benchmark_has_the_options_that_it_tells_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = parser_of(path, monkeypatch)
    assert "show this help message" in parser.format_help()  # an error where a text of its help has a bare %
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", told)) <= options_of(parser)


def commands(page: Path) -> list[tuple[str, str]]:
    """Return the programs that a page tells a reader to run, with their arguments."""
    spans = (code or line for code, line in _SPAN.findall(page.read_text(encoding="utf-8")))
    found = (_COMMAND.search(" ".join(span.split())) for span in spans)
    return [(one[1], one[2]) for one in found if one]


def wrong(program: str, arguments: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is wrong with a command of a page: nothing where it would run."""
    path = ROOT / program
    if not path.is_file():
        return f"{program} is not there"
    words = shlex.split(arguments, comments=True)
    if path not in BENCHMARKS or not words:
        return ""
    try:
        parser_of(path, monkeypatch).parse_args(words)
    except SystemExit:
        return f"{program} does not take {' '.join(words)}"
    return ""


def test_a_command_that_would_not_run_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Run `python benchmarks/gone.py` or `python benchmarks/samples.py\n--shew`, then `rag_app/config.py`:\n\n"
        "    python benchmarks/samples.py --show   # each answer\n    python benchmarks/attacks.py --sides all\n"
    )
    assert [wrong(*command, monkeypatch) for command in commands(page)] == [
        "benchmarks/gone.py is not there",
        "benchmarks/samples.py does not take --shew",
        "",
        "benchmarks/attacks.py does not take --sides all",
    ]


def test_every_command_of_the_pages_names_a_program_that_is_there_and_options_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(page, *command) for page in PAGES for command in commands(page)]
    assert len(found) > 40
    problems = [(named(page), wrong(program, words, monkeypatch)) for page, program, words in found]
    assert [problem for problem in problems if problem[1]] == []


def test_every_benchmark_is_told_of_on_their_page() -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [
        path.name for path in BENCHMARKS if f"| `{path.name}`" not in page and f", `{path.name}` |" not in page
    ] == []


def test_what_benchmarks_switch_off_by_name_is_there() -> None:
    ablation, reading = (load(ROOT / "benchmarks" / f"{name}.py") for name in ("ablation", "ablation_reading"))
    numbers = {field.name for field in fields(RerankerNumbers)}
    assert [one.name for one in ablation.NEUTRAL if one.module is None and one.name not in numbers] == []
    assert [one.name for one in ablation.NEUTRAL if one.module and not hasattr(one.module, one.name)] == []
    assert [name for module, name, _ in reading.NEUTRAL if not hasattr(module, name)] == []
    with load(ROOT / "benchmarks" / "attacks.py").unguarded():  # an error where a name has moved
        pass


def test_all_programs_are_checked_for_types_and_none_has_the_name_of_what_the_tests_share() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert set(settings["files"]) == {"rag_app", "ingest", "prompts", *FOLDERS}
    shared = {path.stem for path in (ROOT / "tests").glob("*.py")}
    assert [named(path) for path in PROGRAMS if path.stem in shared] == []


def test_the_cost_of_tables_counts_pages_and_leaves_reading_as_it_was() -> None:
    from ingest.readers import pdf, pdfium

    before = pdf.read, pdf.grids_of, pdfium.geometry_of
    ingestion = load(ROOT / "benchmarks" / "ingestion.py")
    path = ROOT / "data" / "samples" / "dishwasher-manual.pdf"
    cost = ingestion.cost_of_tables([path, path], rounds=1)
    tables = len(pdf.read(path).tables)
    assert (cost.pages, cost.tables) == (26, 2 * tables)
    assert tables < cost.closely / 2 < 13  # some pages hold no table, and most of these aren't looked at closely
    assert cost.share == cost.found / cost.others
    assert (pdf.read, pdf.grids_of, pdfium.geometry_of) == before
