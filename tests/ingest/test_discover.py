from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest import KINDS, discover


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "papers"
    for name in ("b.pdf", "a.PDF", "notes.md", "picture.xcf", ".hidden.pdf", "sub/c.txt", ".git/d.txt", "z.markdown"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return root


def names(root: Path, *paths: Path) -> list[str]:
    return [str(file.relative_to(root)) for file in discover(paths).files]


def passed_over(root: Path, *paths: Path) -> dict[str, str]:
    return {os.path.relpath(one.path, root): one.reason for one in discover(paths).passed_over}


def reasons(*paths: Path) -> list[str]:
    return [problem.reason for problem in discover(paths).problems]


def test_a_folder_yields_its_visible_documents_in_sorted_order(folder: Path) -> None:
    assert names(folder, folder) == ["a.PDF", "b.pdf", "notes.md", "sub/c.txt", "z.markdown"]
    assert reasons(folder) == []


def test_what_is_not_read_is_told_by_name_and_what_is_hidden_by_number(folder: Path) -> None:
    (folder / "sub" / "Makefile").write_text("all:")
    (folder / "sub" / ".x").write_text("x")
    assert passed_over(folder, folder) == {
        ".": "holds 3 hidden files or folders, not read",
        "picture.xcf": "is not a type that can be read: .xcf",
        "sub/Makefile": "is not a type that can be read: no suffix",
    }


def test_what_is_named_is_not_passed_over(folder: Path) -> None:
    hidden = folder / ".hidden.pdf"
    assert passed_over(folder, folder / "notes.md", hidden) == {}


def test_a_named_file_is_taken_even_if_hidden_and_counts_once(folder: Path) -> None:
    hidden = folder / ".hidden.pdf"
    assert names(folder, hidden, folder / "sub" / ".." / ".hidden.pdf", hidden) == [".hidden.pdf"]


def test_a_file_named_and_found_in_its_folder_counts_once(folder: Path) -> None:
    assert names(folder, folder / "notes.md", folder / "sub", folder) == [
        "notes.md",
        "sub/c.txt",
        "a.PDF",
        "b.pdf",
        "z.markdown",
    ]


def test_a_relative_path_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert discover([Path("b.pdf")]).files == (folder / "b.pdf",)


def test_problems_do_not_hide_the_other_files(folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir()
    found = discover([folder / "absent.pdf", empty, folder / "picture.xcf", folder / "b.pdf"])
    assert found.files == (folder / "b.pdf",)
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        (str(folder / "absent.pdf"), "does not exist"),
        (str(empty), f"holds no document that can be read; supported: {KINDS}"),
        (
            str(folder / "picture.xcf"),
            f"is not a type that can be read: .xcf; supported: {KINDS}",
        ),
    ]


def test_a_path_below_a_file_does_not_exist(folder: Path) -> None:
    assert reasons(folder / "b.pdf" / "c.pdf") == ["does not exist"]


def test_a_pipe_is_no_document(folder: Path) -> None:
    pipe = folder / "pipe.pdf"
    os.mkfifo(pipe)
    assert reasons(pipe) == ["is neither a file nor a folder"]
    assert "pipe.pdf" not in names(folder, folder)


def test_links_out_of_the_folder_are_passed_over(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.pdf").write_text("x")
    (folder / "out.pdf").symlink_to(outside / "secret.pdf")
    (folder / "outdir").symlink_to(outside)
    (folder / "dangling.pdf").symlink_to(folder / "nowhere.pdf")
    (folder / "0-inside.pdf").symlink_to(folder / "b.pdf")
    (folder / "loop").symlink_to(folder)
    assert names(folder, folder) == ["a.PDF", "b.pdf", "notes.md", "sub/c.txt", "z.markdown"]
    assert passed_over(folder, folder) == {
        ".": "holds 2 hidden files or folders, not read",
        "dangling.pdf": "is a link that leads nowhere",
        "loop": "is a link to a folder, which is not followed",
        "out.pdf": "is a link that leads out of the folder",
        "outdir": "is a link to a folder, which is not followed",
        "picture.xcf": "is not a type that can be read: .xcf",
    }


def test_a_named_link_keeps_its_own_path(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.pdf"
    link.symlink_to(folder / "b.pdf")
    assert discover([link]).files == (link,)


def test_what_package_managers_put_into_a_folder_is_passed_over(tmp_path: Path) -> None:
    for name in ("app/main.py", "app/node_modules/left/pad.js", "app/pnpm-lock.yaml", "app/venv/lib/site.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    assert [path.name for path in discover([tmp_path]).files] == ["main.py"]
    reason = "was put there by a package manager"
    assert passed_over(tmp_path, tmp_path) == dict.fromkeys(
        ("app/node_modules", "app/pnpm-lock.yaml", "app/venv"), reason
    )
    assert len(discover([tmp_path / "app" / "pnpm-lock.yaml"]).files) == 1


def test_questions_beside_documents_are_no_document_unless_they_are_named(folder: Path) -> None:
    for name in ("questions.jsonl", "records.jsonl"):
        (folder / "sub" / name).write_text("{}")
    assert "sub/records.jsonl" in names(folder, folder)
    assert passed_over(folder, folder)["sub/questions.jsonl"] == "holds questions for `rag eval`"
    assert names(folder, folder / "sub" / "questions.jsonl") == ["sub/questions.jsonl"]
