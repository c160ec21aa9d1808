from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.storage import checksum
from rag_app.storage.checksum import Checksum, by_another_process, of_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksum, "BLOCK", 100)


def by_hand(data: bytes) -> str:
    blocks = [hashlib.sha256(data[at : at + 100]).digest() for at in range(0, len(data), 100)]
    return hashlib.sha256(b"".join(blocks)).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1000, 1234])
def test_a_file_has_the_checksum_of_its_blocks(tmp_path: Path, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    (tmp_path / "file").write_bytes(data)
    with (tmp_path / "file").open("rb") as file:
        assert of_file(file) == by_hand(data)


def test_each_changed_byte_changes_it(tmp_path: Path) -> None:
    data, seen = bytearray(b"x" * 350), set()
    for at in range(len(data)):
        data[at] ^= 1
        (tmp_path / "file").write_bytes(data)
        with (tmp_path / "file").open("rb") as file:
            seen.add(of_file(file))
        data[at] ^= 1
    assert len(seen) == 350


@given(st.lists(st.binary(max_size=300)))
def test_it_does_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    running = Checksum()
    assert list(running.over(pieces)) == pieces
    assert running.hexdigest() == by_hand(b"".join(pieces))


def test_another_process_returns_the_plain_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a name with \udcff and 'quotes'"
    path.write_bytes(b"x" * 1234)
    assert by_another_process(path) == hashlib.sha256(b"x" * 1234).hexdigest()


def test_what_another_process_cannot_read_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="another process could not read it: FileNotFoundError"):
        by_another_process(tmp_path / "absent")
