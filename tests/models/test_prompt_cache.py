from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from rag_app.models.prompt_cache import KEPT, Heads

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = [3, 1, 4]


def test_a_state_is_kept_by_its_tokens_and_its_model(tmp_path: Path) -> None:
    Heads(tmp_path / "new", "a").put(TOKENS, b"state")
    assert Heads(tmp_path / "new", "a").get(TOKENS) == b"state"
    assert Heads(tmp_path / "new", "b").get(TOKENS) is None
    assert Heads(tmp_path / "new", "a").get([31, 4]) is None


def test_without_a_folder_it_is_kept_in_memory() -> None:
    heads = Heads(None, "a")
    heads.put(TOKENS, b"state")
    assert heads.get(TOKENS) == b"state"


def test_what_was_not_used_for_longest_is_forgotten(tmp_path: Path) -> None:
    heads, other = Heads(tmp_path, "a"), Heads(tmp_path, "b")
    other.put(TOKENS, b"other")
    for number in range(KEPT + 2):
        heads.put([number], b"state")
        for age, file in enumerate(sorted(tmp_path.iterdir(), key=lambda file: file.stat().st_mtime_ns)):
            os.utime(file, (age, age))
    assert [Heads(tmp_path, "a").get([number]) is not None for number in range(KEPT + 2)] == [False] * 2 + [True] * KEPT
    assert [heads.get([number]) is not None for number in range(2)] == [False] * 2
    assert Heads(tmp_path, "b").get(TOKENS) == b"other"


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    Heads(tmp_path, "a").put(TOKENS, b"state")
    [file] = tmp_path.iterdir()
    file.write_bytes(damage)
    heads = Heads(tmp_path, "a")
    assert heads.get(TOKENS) is None
    heads.put(TOKENS, b"again")
    assert Heads(tmp_path, "a").get(TOKENS) == b"again"


def test_a_flipped_bit_is_seen(tmp_path: Path) -> None:
    Heads(tmp_path, "a").put(TOKENS, b"state")
    [file] = tmp_path.iterdir()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert Heads(tmp_path, "a").get(TOKENS) is None


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    heads = Heads(tmp_path / "file", "a")
    heads.put(TOKENS, b"state")
    assert heads.get(TOKENS) == b"state"
    assert Heads(tmp_path / "file", "a").get(TOKENS) is None
