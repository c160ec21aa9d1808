"""Kills and failing disks at any moment; `python benchmarks/crash.py` does the same for longer."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from typing import TYPE_CHECKING

import crashing
import pytest

from rag_app import files
from rag_app.errors import DiskError
from rag_app.storage import faiss_index

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("RAG_TEST_KILLS", "15"))
STEPS = int(os.environ.get("RAG_TEST_STEPS", "40"))
EACH = int(os.environ.get("RAG_TEST_EACH", "23"))  # every how many-th call is hit


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    ends = list(crashing.kill_loop(tmp_path, KILLS))
    assert [(what, problems) for what, _, problems in ends if problems] == []
    assert len(ends) == KILLS


def test_a_kill_loses_nothing_of_a_library_that_is_searched_by_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_TEST_EXACT_MOST", "1")
    monkeypatch.setattr(crashing, "EXACT_MOST", 1)
    monkeypatch.setattr(faiss_index, "EXACT_MOST", 1)
    kinds = set()
    for what, _, problems in crashing.kill_loop(tmp_path, KILLS // 2, seed=2):
        assert (what, problems) == (what, [])
        with crashing.open_small(tmp_path) as library:
            kinds.add(library._index.get().facts.kind[:3])
    assert "IVF" in kinds


@pytest.mark.skipif(sys.platform != "linux", reason="single calls are hit with LD_PRELOAD")
@pytest.mark.parametrize("order", ["sync", "rebuild"])
def test_a_fault_at_any_write_flush_or_rename_loses_nothing_and_names_the_disk(tmp_path: Path, order: str) -> None:
    if crashing._preload(tmp_path) is None:
        pytest.skip("there is no C compiler")
    ends = list(crashing.fault_loop(tmp_path, step=EACH, order=order))
    assert [(what, problems) for what, _, problems in ends if problems] == []
    failed = [end for what, end, _ in ends if what.endswith(("EIO", "ENOSPC")) and end.code]
    assert {end.code for end in failed} == {1}
    assert all(end.error and "Free some space, or check the disk" in end.error for end in failed)


@pytest.mark.skipif(sys.platform != "linux", reason="single calls are hit with LD_PRELOAD")
def test_a_kill_while_scans_are_recognised_loses_nothing_and_repeats_no_page(tmp_path: Path) -> None:
    if crashing._preload(tmp_path) is None:
        pytest.skip("there is no C compiler")
    ends = list(crashing.scan_loop(tmp_path, step=EACH))
    assert [(what, problems) for what, problems in ends if problems] == []
    assert len(ends) > 3


@pytest.mark.skipif(sys.platform != "linux", reason="single calls are hit with LD_PRELOAD")
def test_a_document_goes_from_a_disk_that_is_full_from_any_call_on(tmp_path: Path) -> None:
    if crashing._preload(tmp_path) is None:
        pytest.skip("there is no C compiler")
    changed, start, library = crashing.Files(tmp_path, 5), tmp_path / "start", tmp_path / "library"
    with crashing.Crasher(tmp_path) as crasher:
        for _ in range(8):
            changed.change()
        crasher.run("sync")
        shutil.copytree(library, start)
        before = crashing.state_in(tmp_path)
        path = sorted(before)[0]
        after = crashing._after_removal(tmp_path, path)
        calls = crasher.run("remove", argument=path).calls
        for at in range(1, calls + 1, max(EACH // 8, 1)):
            shutil.rmtree(library)
            shutil.copytree(start, library)
            end = crasher.run("remove", argument=path, at=at, kind=crashing.FULL)
            assert (at, end.code, end.error) == (at, 0, None)
            assert (at, crashing.examine(tmp_path, after, after, ())) == (at, [])


def test_a_random_walk_with_kills_ends_as_a_fresh_library(tmp_path: Path) -> None:
    kills, problems = crashing.walk(tmp_path, STEPS, seed=11)
    assert problems == []
    if (tmp_path / "faults.so").exists():
        assert kills > 0


@pytest.mark.parametrize("call", ["open", "write", "flush", "sync", "rename", "sync_folder"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_beside_the_database_stops_no_ingest_and_no_search(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    (papers / "oven.txt").write_text("The oven weighs 40 kg.")
    with monkeypatch.context() as patch:
        patch.setattr(files.DISK, call, fail)
        if call == "sync_folder":  # the seal cannot be broken for sure: nothing is written beside it
            with pytest.raises(DiskError, match=r"Could not write the seal .*library\.db\.sha256"):
                library.ingest([papers])
            assert len(library.documents()) == 2
        else:
            assert library.ingest([papers]).added == 1
    assert library.ingest([papers]).failed == 0
    assert library.search("oven")[0].text == "The oven weighs 40 kg."
    assert library.verify().ok
