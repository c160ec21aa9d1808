from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from faulty import CALLS, Faulty

from rag_app import files
from rag_app.errors import DiskError
from rag_app.files import write_whole

ROOT = Path(__file__).parents[1]


def failing(code: int) -> Any:
    def fault() -> None:
        raise OSError(code, os.strerror(code))

    return fault


def test_a_file_is_written_whole_through_every_call_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Faulty(100, None)
    monkeypatch.setattr(files, "DISK", disk)
    write_whole(tmp_path / "a", b"new", "the file")
    assert (disk.left, (tmp_path / "a").read_bytes()) == (100 - len(CALLS), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("n", range(len(CALLS)), ids=CALLS)
def test_a_call_that_fails_leaves_the_old_file_or_the_new_one_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, code: int
) -> None:
    write_whole(tmp_path / "a", b"old", "the file")
    monkeypatch.setattr(files, "DISK", Faulty(n, failing(code)))
    with pytest.raises(DiskError) as raised:
        write_whole(tmp_path / "a", b"new", "the file")
    assert raised.value.message == f"Could not write the file {tmp_path / 'a'}: {os.strerror(code)}."
    assert (tmp_path / "a").read_bytes() == (b"new" if CALLS[n] == "sync_folder" else b"old")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


KILL = """
import os, sys
from pathlib import Path
from rag_app import files
from faulty import Faulty
files.DISK = Faulty(int(sys.argv[2]), lambda: os._exit(137))
files.write_whole(Path(sys.argv[1]), b"new" * 100_000, "the file")
"""


@pytest.mark.slow
@pytest.mark.parametrize("n", range(len(CALLS)), ids=CALLS)
def test_a_kill_at_any_call_leaves_the_old_file_or_the_new_one(tmp_path: Path, n: int) -> None:
    write_whole(tmp_path / "a", b"old", "the file")
    command = [sys.executable, "-c", KILL, str(tmp_path / "a"), str(n)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), *sys.path])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == 137
    assert (tmp_path / "a").read_bytes() == (b"new" * 100_000 if CALLS[n] == "sync_folder" else b"old")
    write_whole(tmp_path / "a", b"newer", "the file")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_may_not_grow_is_a_disk_error(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(DiskError, match="File too large"):
            write_whole(tmp_path / "a", b"x" * 5000, "the file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
