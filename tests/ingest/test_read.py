from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, Lexicon, Page, fingerprint, read
from ingest import read as read_function

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def reason(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_a_text_file_is_one_page_with_its_stem_as_title(tmp_path: Path) -> None:
    path = written(tmp_path, "diary.txt", b"\xef\xbb\xbfMonday.\r\n\r\nTuesday.\r\n")
    document = read(path)
    assert document == Document(
        str(path), "diary", (Page(1, "1", "Monday.\n\nTuesday."),), (), ((0, "line 1"), (9, "line 3"))
    )
    assert document.text == "Monday.\n\nTuesday."


def test_form_feeds_part_the_pages_of_a_text_file(tmp_path: Path) -> None:
    document = read(written(tmp_path, "a.txt", b"one\ftwo\f\fthree"))
    assert [(page.number, page.label, page.text) for page in document.pages] == [
        (1, "1", "one"),
        (2, "2", "two"),
        (3, "3", ""),
        (4, "4", "three"),
    ]
    assert document.text == "one\ftwo\f\fthree"
    assert [document.page_at(offset).number for offset in (0, 3, 4, 7, 8, 9)] == [1, 1, 2, 2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_common_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a.txt", "Grüße für 5 € aus Köln".encode(encoding))
    assert read(path).text == "Grüße für 5 € aus Köln"


def test_two_letters_that_may_be_of_several_encodings_are_read_with_a_word_of_doubt(tmp_path: Path) -> None:
    document = read(written(tmp_path, "a.txt", b"caf\xe9 \x81 bar"))
    assert document.text.startswith("café ")
    assert document.warnings == (
        "it does not say how its letters are encoded: read as Windows-1256, which may be wrong",
    )


def test_the_first_heading_of_a_markdown_file_is_its_title(tmp_path: Path) -> None:
    document = read(written(tmp_path, "a.md", b"preface\n\n# The Title \n\nText\nwraps.\n\n- item one\n- item two\n"))
    assert document.title == "The Title"
    assert document.text == "preface\n\nThe Title\nText wraps.\n\n- item one\n- item two"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", b"PK\x00\x01binary", "is not a text file"),
        ("a.md", bytes(range(1, 9)) * 5 + b"text", "is not a text file"),
        ("a.txt", b"", "is empty"),
        ("a.pdf", b"", "is empty"),
        ("a.xyz", b"text", "is not a type that can be read: .xyz"),
        ("README", b"text", "is not a type that can be read: no suffix"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    assert reason(written(tmp_path, name, content)) == expected


def test_an_absent_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    assert reason(tmp_path / "absent.pdf") == "cannot be opened: No such file or directory"
    assert reason(tmp_path / "folder.pdf") == "is not a file"
    assert reason(tmp_path / "pipe.txt") == "is not a file"


@pytest.mark.parametrize("error", [RecursionError("deep\nstack"), KeyError("x"), AssertionError()])
def test_whatever_a_parser_raises_becomes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def parse(path: Path, password: str | None, lexicon: Lexicon) -> Document:
        raise error

    monkeypatch.setitem(vars(sys.modules[read_function.__module__])["_READERS"], ".txt", parse)
    detail = " ".join(str(error).split()) or type(error).__name__
    assert reason(written(tmp_path, "a.txt", b"x")) == f"is damaged and cannot be read: {detail}"


def test_a_parser_that_runs_out_of_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(path: Path, password: str | None, lexicon: Lexicon) -> Document:
        raise MemoryError

    monkeypatch.setitem(vars(sys.modules[read_function.__module__])["_READERS"], ".txt", parse)
    assert reason(written(tmp_path, "a.txt", b"x")) == "needed more than 1 GiB of memory"


def test_the_fingerprint_is_the_sha_256_of_the_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, "a.bin", b"abc" * 100_000)
    assert fingerprint(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()
    with pytest.raises(DocumentError, match="cannot be opened"):
        fingerprint(tmp_path / "absent")
