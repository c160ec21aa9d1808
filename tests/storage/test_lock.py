from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rag_app.errors import LibraryBusy
from rag_app.storage import lock
from rag_app.storage.lock import FILE, Holder, exclusive, find_holder, is_held

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from rag_app.storage.lock import exclusive
sys.argv = ["/usr/bin/rag", "sync", "--password", "secret"]
with exclusive(Path(sys.stdin.readline().strip())):
    print("ready", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock of `folder`."""
    command = [sys.executable, "-c", HOLD]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{folder}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    return process


def take(folder: Path) -> None:
    with exclusive(folder):
        pass


@pytest.mark.slow
def test_a_second_writer_is_told_who_holds_the_lock_and_no_password(tmp_path: Path) -> None:
    process = hold(tmp_path)
    try:
        with pytest.raises(LibraryBusy) as raised:
            take(tmp_path)
        holder = find_holder(tmp_path)
    finally:
        process.kill()
        process.communicate()
    assert holder is not None
    assert holder == Holder(process.pid, socket.gethostname(), "rag sync", holder.since)
    assert raised.value.message == (
        f"{tmp_path} is being written by process {process.pid} since {holder.since} "
        f"(rag sync on {socket.gethostname()})."
    )
    assert raised.value.hint.startswith(f"Wait for process {process.pid} to finish, or stop it")
    assert "secret" not in (tmp_path / FILE).read_text()


@pytest.mark.slow
def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    process = hold(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / FILE).read_text() != ""  # its note is still there
    assert find_holder(tmp_path) is None
    take(tmp_path)
    assert ((tmp_path / FILE).read_text(), find_holder(tmp_path)) == ("", None)


@pytest.mark.slow
def test_a_forked_child_does_not_share_the_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    seen = context.SimpleQueue()

    def look() -> None:
        opened = {os.path.realpath(f"/dev/fd/{file}") for file in os.listdir("/dev/fd")}  # noqa: PTH208
        seen.put(str(tmp_path / FILE) in opened)

    with exclusive(tmp_path):
        child = context.Process(target=look)
        child.start()
        child.join()
        assert seen.get() is False
        assert find_holder(tmp_path) is not None
    take(tmp_path)


@pytest.mark.parametrize("note", ["", "123 2024-01-01", "{", "[]", json.dumps({"pid": 1})])
def test_a_note_that_cannot_be_read_names_no_process(tmp_path: Path, note: str) -> None:
    with exclusive(tmp_path):
        (tmp_path / FILE).write_text(note)
        with pytest.raises(LibraryBusy, match="is being written by another process"):
            take(tmp_path)
        assert find_holder(tmp_path) is None


def test_a_note_from_another_machine_is_believed(tmp_path: Path) -> None:
    assert find_holder(tmp_path) is None
    note = {"pid": 2**22 + 1, "host": "elsewhere", "command": "rag watch", "since": "2024-01-01 00:00:00"}
    (tmp_path / FILE).write_text(json.dumps(note))
    assert find_holder(tmp_path) == Holder(**note)  # type: ignore[arg-type]
    (tmp_path / FILE).write_text(json.dumps(note | {"host": socket.gethostname()}))
    assert find_holder(tmp_path) is None
    (tmp_path / FILE).write_text(json.dumps(note | {"host": socket.gethostname(), "pid": os.getpid()}))
    assert find_holder(tmp_path) is not None


def test_whether_the_lock_is_held_can_be_asked_without_writing_anything(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with exclusive(tmp_path):
        note = (tmp_path / FILE).read_bytes()
        assert is_held(tmp_path)
        assert (tmp_path / FILE).read_bytes() == note
    assert not is_held(tmp_path)


def test_who_asks_whether_it_is_held_turns_no_writer_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(tmp_path)
    file = os.open(tmp_path / FILE, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_SH)  # in the middle of asking
    monkeypatch.setattr(lock.time, "sleep", lambda _seconds: fcntl.flock(file, fcntl.LOCK_UN))
    take(tmp_path)
    os.close(file)
