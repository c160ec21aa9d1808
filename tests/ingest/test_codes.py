from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from fakes import write_pdf
from pypdf import PdfReader, PdfWriter

from ingest import DocumentError, ErrorCode, Readers, discover, read
from ingest.types import hint_of
from ingest.wire import failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def text(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def locked(folder: Path) -> Path:
    writer = PdfWriter(clone_from=PdfReader(write_pdf(folder / "open.pdf", "The rent is due.")))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(folder / "locked.pdf")
    return folder / "locked.pdf"


@pytest.mark.parametrize(
    ("write", "password", "code", "hint"),
    [
        (text("a.txt", b""), None, "empty", ""),
        (text("a.txt", b"\0\1\2"), None, "wrong_type", ""),
        (text("a.pdf", b"no PDF"), None, "wrong_type", ""),
        (text("a.docx", b"no archive"), None, "damaged", ""),
        (text("a.docx", OLD_OFFICE), None, "protected", ""),
        (text("a.xyz", b"words"), None, "wrong_type", ""),
        (lambda folder: folder / "gone.txt", None, "no_access", ""),
        (lambda folder: folder, None, "wrong_type", ""),
        (locked, None, "password_needed", "Give the password of an encrypted PDF with --password."),
        (locked, "other", "password_wrong", "Check the password."),
    ],
)
def test_why_a_file_cannot_be_read_is_a_code_here_and_from_another_process(
    tmp_path: Path, write: Callable[[Path], Path], password: str | None, code: str, hint: str
) -> None:
    path, found = write(tmp_path), []
    with Readers(1) as readers:
        for reading in (read, readers.read):
            with pytest.raises(DocumentError) as caught:
                reading(path, password)
            found.append((caught.value.code, caught.value.hint, caught.value.reason))
    assert found[0] == found[1]
    assert found[0][:2] == (code, hint)


def test_what_is_asked_for_and_is_not_there_has_a_code(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    problems = discover([tmp_path / "gone.txt", tmp_path / "empty"]).problems
    assert [(problem.code, problem.hint) for problem in problems] == [
        ("missing", "Check the path."),
        ("nothing_found", ""),
    ]


def test_a_code_that_reading_does_not_have_is_not_believed(tmp_path: Path) -> None:
    problem = failure(tmp_path, {"error": "is odd", "code": "<b>"})
    assert (problem.reason, problem.code, problem.hint) == ("is odd", "unreadable", "")


def test_every_hint_is_a_sentence() -> None:
    hints = [hint for code in get_args(ErrorCode) if (hint := hint_of(code))]
    assert len(hints) == 4
    assert all(hint.endswith(".") for hint in hints)
