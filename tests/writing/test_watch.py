from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import Clock, open_library
from helpers_cli import rag, start

from rag_app.errors import LibraryBusy, RagError, UsageError
from rag_app.reports import DocumentReport, IngestReport
from rag_app.writing.watch import REST, TRIES, Resting, watch

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Collection, Iterator

    from rag_app.library import Library

pytestmark = pytest.mark.slow


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "bees.txt").write_text("Bees dance.")
    return tmp_path / "files"


def news(items: list[DocumentReport | RagError]) -> list[tuple[str, str]]:
    return [
        (Path(item.path).name, item.status) if isinstance(item, DocumentReport) else ("", item.message)
        for item in items
    ]


# Files at rest


def test_a_file_is_at_rest_a_second_after_its_last_change(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    resting = Resting(clock)
    resting.changed([str(file)])
    assert (resting.due(), resting.unsettled()) == (False, {str(file)})
    clock.now += REST / 2
    file.write_text("one, two")
    assert not resting.due()
    clock.now += REST * 0.9
    assert not resting.due()
    clock.now += REST * 0.2
    assert (resting.due(), resting.settled()) == (True, {str(file)})
    resting.done()
    assert not resting.due()


def test_both_names_of_a_renamed_file_come_to_rest_together(tmp_path: Path) -> None:
    ticks = iter(range(100, 200))
    resting = Resting(lambda: next(ticks) / 10)
    (tmp_path / "new").write_text("text")
    resting.changed([str(tmp_path / "gone"), str(tmp_path / "new")])
    while not resting.due():
        pass
    assert resting.settled() == {str(tmp_path / "gone"), str(tmp_path / "new")}


def test_a_file_that_fails_is_tried_again_less_and_less_often(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "a.pdf").write_text("half")
    report = IngestReport(failed=1, documents=(DocumentReport(str(tmp_path / "a.pdf"), "failed", reason="x"),))
    resting, times = Resting(clock), []
    resting.failed(report)
    begun = clock.now
    while clock.now < begun + 200:
        if resting.due():
            times.append(clock.now - begun)
            resting.done()
            resting.failed(report)
        clock.now += 1
    assert times == [1, 3, 7, 15, 31]
    assert len(times) == TRIES


# The loop


def script(clock: Clock, *actions: object) -> Iterator[set[str]]:
    """Do each action, then report the paths that it returns; a number lets seconds pass."""
    yield set()
    for action in actions:
        if isinstance(action, float | int):
            clock.now += action
            yield set()
        else:
            yield {str(action())}  # type: ignore[operator]


def test_changes_are_told_one_by_one_after_a_first_sync(library: Library, folder: Path, clock: Clock) -> None:
    def add() -> Path:
        (folder / "cats.txt").write_text("Cats purr.")
        return folder / "cats.txt"

    def delete() -> Path:
        (folder / "bees.txt").unlink()
        return folder / "bees.txt"

    def sync(*, only: Collection[str] | None, skip: Collection[str]) -> IngestReport:
        return library.sync(folder, only=only, skip=skip)

    lines = watch(folder, sync, changes=script(clock, add, 0.5, 1, delete, 2), clock=clock)
    assert news(list(lines)) == [("bees.txt", "added"), ("cats.txt", "added"), ("bees.txt", "removed")]
    assert [Path(document.path).name for document in library.documents()] == ["cats.txt"]


def test_what_goes_wrong_is_told_once_and_tried_again(folder: Path, clock: Clock) -> None:
    calls: list[Collection[str] | None] = []

    def sync(*, only: Collection[str] | None, skip: Collection[str]) -> IngestReport:
        calls.append(only)
        if 1 < len(calls) < 5:
            raise LibraryBusy("busy", hint="wait")
        return IngestReport(documents=(DocumentReport(str(folder / "bees.txt"), "updated"),))

    lines = watch(folder, sync, changes=script(clock, lambda: folder / "bees.txt", 1, 1, 1, 1, 1, 1), clock=clock)
    assert news(list(lines)) == [("bees.txt", "updated"), ("", "busy"), ("bees.txt", "updated")]
    assert calls == [None] + [{str(folder / "bees.txt")}] * 4


def test_a_file_that_fails_in_the_same_way_is_told_once(folder: Path, clock: Clock) -> None:
    report = IngestReport(documents=(DocumentReport(str(folder / "bees.txt"), "failed", reason="is damaged"),))
    lines = watch(folder, lambda *, only, skip: report, changes=script(clock, *[1] * 60), clock=clock)
    assert news(list(lines)) == [("bees.txt", "failed")]


def test_changes_of_the_librarys_own_files_mean_nothing(folder: Path, clock: Clock) -> None:
    calls: list[int] = []

    def sync(*, only: Collection[str] | None, skip: Collection[str]) -> IngestReport:
        calls.append(1)
        return IngestReport()

    changes = script(clock, lambda: folder / "library" / "library.lock", 5)
    assert list(watch(folder, sync, apart=folder / "library", changes=changes, clock=clock)) == []
    assert len(calls) == 1


def test_ctrl_c_while_nothing_is_done_ends_the_loop(folder: Path, clock: Clock) -> None:
    def interrupted() -> Path:
        raise KeyboardInterrupt

    lines = watch(folder, lambda **_: IngestReport(), changes=script(clock, interrupted), clock=clock)
    assert list(lines) == []


def test_a_folder_that_is_not_there_is_an_error(library: Library, tmp_path: Path) -> None:
    def sync(*, only: Collection[str] | None, skip: Collection[str]) -> IngestReport:
        return library.sync(tmp_path / "gone", only=only, skip=skip)

    with pytest.raises(UsageError, match="gone does not exist"):
        list(watch(tmp_path / "gone", sync))


# The program


@pytest.fixture
def program(folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`rag watch`, with the library in the worst place: in the folder that is watched."""
    process = start("watch", folder, "--library", folder / "library", "--json")
    yield process
    process.kill()
    process.communicate()


def read_line(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    assert process.stdout is not None
    value = json.loads(process.stdout.readline())
    return Path(value["path"]).name, value["status"]


def test_the_program_follows_a_folder_until_ctrl_c(program: subprocess.Popen[bytes], folder: Path) -> None:
    assert read_line(program) == ("bees.txt", "added")
    with (folder / "slow.txt").open("w") as file:
        for n in range(4):
            file.write(f"Word {n}. ")
            file.flush()
            time.sleep(0.4)
    assert read_line(program) == ("slow.txt", "added")
    (folder / "slow.txt").rename(folder / "done.txt")
    assert read_line(program) == ("done.txt", "updated")
    (folder / "bees.txt").unlink()
    assert read_line(program) == ("bees.txt", "removed")
    assert "Word 3." in rag("documents", "show", "done.txt", "--library", folder / "library").out
    program.send_signal(signal.SIGINT)
    out, error = program.communicate(timeout=30)
    assert (program.returncode, out, error.decode()) == (0, b"", f"Watching {folder}; Ctrl-C ends it.\n")


def test_a_folder_that_comes_back_is_followed_again(folder: Path, tmp_path: Path) -> None:
    process = start("watch", folder, "--library", tmp_path / "library", "--json")
    try:
        assert read_line(process) == ("bees.txt", "added")
        folder.rename(tmp_path / "away")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"Watching ")
        assert process.stderr.readline().decode() == f"error: {folder} does not exist.\n"
        (tmp_path / "away" / "cats.txt").write_text("Cats purr.")
        (tmp_path / "away").rename(folder)
        assert read_line(process) == ("cats.txt", "added")
    finally:
        process.kill()
        process.communicate()
