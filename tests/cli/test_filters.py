"""Filters and tags on the command line, in processes of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import LEASE, MANUAL
from fakes import write_pdf
from helpers_cli import Run, rag

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library, and the files in it."""

    library: Path
    files: Path

    def run(self, *arguments: str | Path, **how: Any) -> Run:
        return rag(*arguments, "--library", self.library, **how)

    def tags(self) -> dict[str, list[str]]:
        listed = self.run("documents", "--json").json["documents"]
        return {Path(document["path"]).name: document["tags"] for document in listed}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A lease of 2023 tagged home, and a manual and notes without a tag."""
    folder = tmp_path_factory.mktemp("shelf")
    files = folder / "files"
    lease = write_pdf(files / "law" / "lease.pdf", *LEASE, title="Residential Lease")
    os.utime(lease, (1_700_000_000, 1_700_000_000))
    write_pdf(files / "manual.pdf", *MANUAL, title="Dishwasher Manual")
    (files / "notes.txt").write_text("Notice: the notice period of the newspaper is one week.\n")
    made = Shelf(folder / "library", files)
    assert made.run("ingest", files, "--json").json["added"] == 3
    assert made.run("documents", "tag", "lease.pdf", "--add", "home", "--add", "2023").code == 0
    return made


def found(run: Run) -> set[str]:
    return {Path(hit["document"]).name for hit in run.json["passages"]}


@pytest.mark.parametrize(
    ("options", "documents"),
    [
        (["--in", "notes.txt"], {"notes.txt"}),
        (["--in", "law"], {"lease.pdf"}),
        (["--in", "law", "--in", "notes.txt", "--type", "text"], {"notes.txt"}),
        (["--type", "pdf", "--type", "txt"], {"lease.pdf", "manual.pdf", "notes.txt"}),
        (["--since", "2023-11-16"], {"manual.pdf", "notes.txt"}),
        (["--until", "2023"], {"lease.pdf"}),
        (["--tag", "HOME", "--tag", "2023"], {"lease.pdf"}),
    ],
)
def test_search_and_documents_see_what_the_filter_leaves(shelf: Shelf, options: list[str], documents: set[str]) -> None:
    assert found(shelf.run("search", NOTICE, *options, "--json")) == documents
    listed = shelf.run("documents", *options, "--json").json["documents"]
    assert {Path(document["path"]).name for document in listed} == documents


def test_ask_answers_from_what_the_filter_leaves(shelf: Shelf) -> None:
    answer = shelf.run("ask", NOTICE, "--tag", "home", "--json").json
    assert (answer["status"], Path(answer["citations"][0]["document"]).name) == ("answered", "lease.pdf")
    other = shelf.run("ask", NOTICE, "--in", "manual.pdf", "--json")
    assert (other.json["status"], found(other)) == ("not_found", {"manual.pdf"})


def test_chat_takes_the_options_and_changes_the_filter(shelf: Shelf) -> None:
    lines = f"{NOTICE}\n/in lease.pdf\n{NOTICE}\n".encode()
    run = shelf.run("chat", "--type", "txt", "--json", stdin=lines)
    one, two = (json.loads(line) for line in run.out.splitlines())
    assert [Path(answer["citations"][0]["document"]).name for answer in (one, two)] == ["notes.txt", "lease.pdf"]
    assert run.error == "Searching 1 document: in lease.pdf.\n"


@pytest.mark.parametrize("command", [["search", NOTICE], ["ask", NOTICE], ["chat"], ["documents"]])
def test_a_filter_that_leaves_nothing_ends_with_1_and_names_the_condition(shelf: Shelf, command: list[str]) -> None:
    run = shelf.run(*command, "--tag", "home", "--tag", "wrok")
    assert (run.code, run.out) == (1, "")
    assert run.message == "No document of the library is tagged wrok."
    assert run.hint == "Tags in use: 2023, home. Add one with `rag documents tag PATH --add NAME`."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--in", "nowhere"], "nowhere is neither a document nor a folder of the library."),
        (["--type", "pfd"], "There is no type 'pfd'."),
        (["--since", "soon"], "'soon' is not a date that can be used."),
        (["--tag", " "], "A tag is empty."),
    ],
)
def test_a_filter_that_cannot_be_used(shelf: Shelf, options: list[str], message: str) -> None:
    run = shelf.run("documents", *options)
    assert (run.code, run.message) == (1, message)


def test_a_filter_before_a_subcommand_is_wrong_usage(shelf: Shelf) -> None:
    run = rag("documents", "--tag", "home", "show", "lease.pdf", "--library", shelf.library)
    assert run.code == 2
    assert "show takes paths, no filter." in run.error


def test_tags_are_given_shown_and_taken_away(shelf: Shelf) -> None:
    run = shelf.run("documents", "tag", "notes.txt", "--add", "Draft", "--add", "x", "--json")
    assert [(Path(d["path"]).name, d["tags"]) for d in run.json["documents"]] == [("notes.txt", ["Draft", "x"])]
    assert shelf.run("documents", "tag", "notes.txt", "--remove", "draft").out.split() == [
        *("document", "tags"),
        *(str(shelf.files / "notes.txt"), "x"),
    ]
    shelf.run("documents", "tag", "notes.txt", "--remove", "x")
    lines = shelf.run("documents").out.splitlines()
    assert lines[0].split()[-1] == "tags"
    assert [line.split()[-2:] for line in lines[1:] if "lease.pdf" in line] == [["2023,", "home"]]
    assert shelf.tags() == {"lease.pdf": ["2023", "home"], "manual.pdf": [], "notes.txt": []}
    assert shelf.run("verify", "--json").json["ok"]


def test_tagging_what_is_not_there_changes_nothing(shelf: Shelf) -> None:
    run = shelf.run("documents", "tag", "manual.pdf", "nowhere.pdf", "--add", "x")
    assert (run.code, run.message) == (1, "nowhere.pdf is not in the library.")
    assert shelf.tags()["manual.pdf"] == []


def test_ingest_and_sync_tag_what_is_new(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "library", tmp_path / "files")
    shelf.files.mkdir()
    (shelf.files / "a.txt").write_text("Apples.")
    assert shelf.run("ingest", shelf.files, "--tag", "fruit", "--tag", "2025").code == 0
    (shelf.files / "b.txt").write_text("Beans.")
    assert shelf.run("sync", shelf.files, "--tag", "vegetable").code == 0
    assert shelf.tags() == {"a.txt": ["2025", "fruit"], "b.txt": ["vegetable"]}


def test_a_tag_with_characters_that_steer_a_terminal_is_refused(shelf: Shelf) -> None:
    run = shelf.run("documents", "tag", "notes.txt", "--add", "\x1b[31mred")
    assert (run.code, run.message) == (1, "A tag has control characters or others that cannot be seen.")
