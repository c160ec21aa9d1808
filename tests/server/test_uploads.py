"""What was accepted is kept: jobs that are taken up, tried again, handed over and ended, and the files beside them."""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import WordEmbedder, fakes_of, open_library
from helpers_cli import wait_for
from running import SMALL, filled, running

from rag_app import files
from rag_app.errors import DiskError, LibraryBusy, ModelMissing
from rag_app.server import intake
from rag_app.server.api_errors import ApiError
from rag_app.server.intake import BUSY, THERE, THRICE
from rag_app.server.uploads import Uploads
from rag_app.storage.jobs import Job
from rag_app.storage.lock import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from running import Running

    from rag_app.library import Library

pytestmark = pytest.mark.slow

POOL = "The swimming pool opens at seven in the morning."
FULL = "The disk of the server is full or failing. The file is kept and tried again."


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_FIRST_DELAY", 0.02)
    monkeypatch.setattr(intake, "_LONGEST_DELAY", 0.1)
    monkeypatch.setattr(intake, "_IDLE", 0.2)


@contextmanager
def opened(folder: Path) -> Iterator[Library]:
    with open_library(folder, passage_tokens=48, overlap_tokens=0) as library:
        yield library


@contextmanager
def reading(library: Library, grace: float = 5.0) -> Iterator[Uploads]:
    """Let uploads be read until the block ends."""
    uploads = Uploads(library, replace(SMALL, grace_seconds=grace))
    uploads.start()
    try:
        yield uploads
    finally:
        uploads.close()


def take(library: Library, name: str = "pool.txt", text: str = POOL, owner: str = "local") -> Job:
    """Accept an upload that nobody reads yet."""
    return Uploads(library, SMALL).take(io.BytesIO(text.encode()), name, owner)


def now(library: Library, job: Job) -> Job:
    found = library.jobs.find(job.id)
    assert found
    return found


def told(uploads: Uploads, job: Job) -> tuple[str, str | None]:
    """Return how far a job is, as a client is told."""
    found = uploads.job(job.id)
    assert found
    return found.status, found.reason


def ended(library: Library, job: Job) -> Job:
    """Wait for the end of a job."""
    wait_for(lambda: now(library, job).ended is not None, 20)
    return now(library, job)


def names(library: Library) -> list[str]:
    return sorted(Path(document.path).name for document in library.documents())


def stored(library: Library) -> list[str]:
    folder = library.settings.library / "uploads"
    return sorted(path.name for path in folder.glob("*/*"))


class Held(WordEmbedder):
    """Embeds when it is let go; `steps`: it shows signs of life meanwhile."""

    def __init__(self, *, steps: bool = True) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()
        self.steps = steps

    def embed_passages(self, texts: Any, progress: Callable[[int], None] | None = None) -> Any:
        self.begun.set()
        while not self.go.wait(0.02):
            if progress and self.steps:
                progress(0)
        return super().embed_passages(texts, progress)


class Failing(WordEmbedder):
    """Raises `error` while `fails` says so of a text."""

    def __init__(self, error: Exception, fails: Callable[[str], bool]) -> None:
        super().__init__()
        self.error, self.fails = error, fails
        self.raised = 0

    def embed_passages(self, texts: Any, progress: Callable[[int], None] | None = None) -> Any:
        if any(self.fails(text) for text in texts):
            self.raised += 1
            raise self.error
        return super().embed_passages(texts, progress)


# Taken up again


def test_what_an_earlier_run_has_accepted_is_read_by_the_next(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as library:
        queued, begun = take(library), take(library, "dog.txt", "The dog sleeps at noon.")
        library.jobs.begin(begun.id)
    with running(tmp_path) as served:
        for job in (queued, begun):
            assert ended(served.library, job).status == "done"
            answer = served.client.get(f"/v1/documents/jobs/{job.id}").json()
            assert (answer["status"], answer["document"]["name"], answer["reason"]) == ("done", job.name, None)
            assert (answer["passages_done"], answer["passages"]) == (1, 1)
    with running(tmp_path) as served:  # long after its end the id still answers, and the figures are right
        assert served.client.get(f"/v1/documents/jobs/{queued.id}").json()["passages_done"] == 1
        assert names(served.library) == ["dog.txt", "lease.pdf", "manual.pdf", "pool.txt"]


def test_they_are_read_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        jobs = [take(library, f"{n}.txt", f"Number {n}.") for n in (3, 1, 2)]
        with reading(library):
            ends = [ended(library, job).ended or 0 for job in jobs]
    assert ends == sorted(ends)


def test_a_document_that_was_stored_before_its_job_ended_is_there_once(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        job = take(library)
        library.jobs.begin(job.id)
        library.ingest([library.settings.library / "uploads" / job.path])
        with reading(library):
            assert ended(library, job).status == "done"
        assert (names(library), stored(library)) == (["pool.txt"], ["pool.txt"])


def test_a_file_whose_reading_was_begun_three_times_is_given_up_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        poison, other = take(library), take(library, "dog.txt", "The dog sleeps at noon.")
        for _ in range(3):
            library.jobs.begin(poison.id)  # and the process was gone
        with reading(library):
            end = ended(library, poison)
            assert ended(library, other).status == "done"
        assert (end.status, end.reason, end.document) == ("failed", THRICE, None)
        assert THRICE == "Its reading was begun 3 times and never came to an end, so it is not tried again."
        assert (names(library), stored(library)) == (["dog.txt"], ["dog.txt"])


def test_a_document_that_is_there_is_not_given_up(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        job = take(library)
        library.ingest([library.settings.library / "uploads" / job.path])
        for _ in range(3):
            library.jobs.begin(job.id)
        with reading(library):
            end = ended(library, job)
        assert (end.status, end.reason, stored(library)) == ("done", None, ["pool.txt"])


def test_a_file_that_makes_the_program_fail_says_so_and_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as library:
        fakes_of(library).embedder = embedder = Failing(RuntimeError("secret words"), lambda text: "pool" in text)
        poison, other = take(library), take(library, "dog.txt", "The dog sleeps at noon.")
        with reading(library):
            end = ended(library, poison)
            assert ended(library, other).status == "done"
        told = (end.status, end.reason, end.tries, embedder.raised)
        assert told == ("failed", "could not be read: secret words", 1, 1)
        assert stored(library) == ["dog.txt"]
    assert "RuntimeError" in caplog.text
    assert "secret words" not in caplog.text


# Not the fault of the file


def test_an_upload_waits_while_another_program_writes_and_says_so(served: Running) -> None:
    content, headers = POOL.encode(), {"content-type": "application/octet-stream"}
    with exclusive(served.library.settings.library):
        answer = served.client.post("/v1/documents?name=pool.txt", content=content, headers=headers)
        assert answer.status_code == 202
        path = f"/v1/documents/jobs/{answer.json()['id']}"
        wait_for(lambda: served.client.get(path).json()["reason"], 20)
        waiting = served.client.get(path).json()
        assert (waiting["status"], waiting["reason"]) == ("queued", BUSY)
    wait_for(lambda: served.client.get(path).json()["status"] == "done", 20)
    done = served.client.get(path).json()
    assert (done["reason"], done["document"]["name"]) == (None, "pool.txt")
    assert [job.tries for job in served.library.jobs.all()] == [1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DiskError("full", hint=""), FULL),
        (LibraryBusy("locked", hint=""), BUSY),
        (
            ModelMissing("no model", hint=""),
            "A model is not installed; run `rag models pull` on the server. The file is kept and tried again.",
        ),
    ],
)
def test_what_is_not_the_fault_of_the_file_is_tried_until_it_goes(
    tmp_path: Path, error: Exception, reason: str
) -> None:
    with opened(tmp_path) as library:
        broken = threading.Event()
        broken.set()
        fakes_of(library).embedder = embedder = Failing(error, lambda _: broken.is_set())
        job = take(library)
        with reading(library) as uploads:
            wait_for(lambda: embedder.raised > 5, 20)
            wait_for(lambda: told(uploads, job) == ("queued", reason), 20)  # between two tries
            broken.clear()
            end = ended(library, job)
        assert (end.status, end.reason, end.tries) == ("done", None, 1)


def test_the_tries_come_less_often_each_time_for_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_FIRST_DELAY", 0.5)
    monkeypatch.setattr(intake, "_LONGEST_DELAY", 15.0)
    assert [intake._delay(failures) for failures in (1, 2, 3, 5, 6, 5000)] == [0.5, 1.0, 2.0, 8.0, 15.0, 15.0]


def test_a_try_that_cannot_be_taken_back_for_a_full_disk_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as library:
        broken = threading.Event()
        broken.set()
        embedder = Failing(DiskError("full", hint=""), lambda _: broken.is_set())
        fakes_of(library).embedder = embedder
        job = take(library)
        give_back = type(library.jobs).give_back

        def failing(self: Any, identifier: str, *, counted: bool) -> None:
            if broken.is_set():
                raise DiskError("full", hint="")
            give_back(self, identifier, counted=counted)

        monkeypatch.setattr(type(library.jobs), "give_back", failing)
        with reading(library):
            wait_for(lambda: embedder.raised > 5, 20)
            broken.clear()
            end = ended(library, job)
        assert (end.status, end.tries) == ("done", 1)


def test_who_waits_for_the_end_is_told_when_it_takes_too_long(tmp_path: Path) -> None:
    filled(tmp_path)
    with running(tmp_path, limits=replace(SMALL, upload_seconds=0.5)) as served:
        with exclusive(tmp_path / "library"):
            answer = served.client.post("/v1/documents?wait=1", files={"file": ("pool.txt", POOL)})
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")


# Two servers, and the end of one


def test_two_servers_on_one_library_read_each_upload_once(tmp_path: Path) -> None:
    filled(tmp_path)
    texts = [f"Number {n} of {12}: {' '.join(['word'] * n)}." for n in range(12)]
    with opened(tmp_path) as one, opened(tmp_path) as two, reading(one), reading(two):
        jobs = [take((one, two)[n % 2], f"{n}.txt", text) for n, text in enumerate(texts)]
        for n, job in enumerate(jobs):
            end = ended(one, job)
            assert (end.status, end.tries) == ("done", 1)
            assert Path(end.document or "").name == f"{n}.txt"
        assert len(two.documents()) == 2 + len(texts)
        assert len(stored(one)) == len(texts)


def test_the_jobs_of_a_server_that_is_gone_are_read_by_another_that_runs(tmp_path: Path) -> None:
    with opened(tmp_path) as gone, opened(tmp_path) as other, reading(other):
        job = take(gone)  # which reads nothing
        assert ended(other, job).status == "done"


def test_the_end_of_a_server_waits_for_what_is_nearly_read(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        fakes_of(library).embedder = held = Held()
        job, waiting = take(library), take(library, "dog.txt", "The dog sleeps at noon.")
        with reading(library):
            assert held.begun.wait(20)
            threading.Timer(0.2, held.go.set).start()
        assert (now(library, job).status, now(library, waiting).status) == ("done", "queued")


def test_what_takes_longer_is_handed_over_and_counts_as_no_try(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        fakes_of(library).embedder = held = Held()
        job = take(library)
        with reading(library, grace=0.0):
            assert held.begun.wait(20)
        assert (now(library, job).status, now(library, job).tries) == ("queued", 0)
        assert stored(library) == ["pool.txt"]
    with opened(tmp_path) as library, reading(library):
        assert ended(library, job).status == "done"
        assert names(library) == ["pool.txt"]


def test_the_end_of_a_server_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(intake, "_UNWINDING", 0.1)
    with opened(tmp_path) as library:
        fakes_of(library).embedder = held = Held(steps=False)
        job = take(library)
        with reading(library, grace=0.0):
            assert held.begun.wait(20)
        assert (now(library, job).status, now(library, job).tries) == ("queued", 0)
        with pytest.raises(LibraryBusy), exclusive(tmp_path / "library"):
            pass  # no other can read it while this one does
        held.go.set()
        wait_for(lambda: "uploads" not in [thread.name for thread in threading.enumerate()], 20)
        assert now(library, job).status in {"queued", "done"}
    assert "An upload is still being read; it is left to the next server." in caplog.text
    with opened(tmp_path) as library, reading(library):
        assert ended(library, job).status == "done"
        assert names(library) == ["pool.txt"]


def test_nothing_more_is_removed_by_a_server_that_ends(tmp_path: Path) -> None:
    with opened(tmp_path) as library, reading(library) as uploads:
        pass
    assert uploads.remove(("/a.txt",)).cancelled()


def test_a_removal_does_not_wait_for_uploads_that_cannot_be_read_now(served: Running) -> None:
    served.library.jobs.add(Job("job-1", "a.txt", "gone/a.txt", "local", 1), lambda _: None)
    [lease] = [d for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "lease.pdf"]
    assert served.client.delete(f"/v1/documents/{lease['id']}").status_code == 200
    end = ended(served.library, Job("job-1", "", "", "", 0))
    assert (end.status, end.reason) == ("failed", "does not exist")


# On the disk before the answer


@pytest.mark.skipif(sys.platform != "linux", reason="the names of open files are read from /proc")
def test_a_job_is_written_when_its_file_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as library:
        done: list[str] = []
        real, folders, add = os.fsync, files.DISK.sync_folder, type(library.jobs).add

        def sync(descriptor: int) -> None:
            done.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            real(descriptor)

        def note(self: Any, *arguments: Any) -> None:
            done.append("job")
            add(self, *arguments)

        monkeypatch.setattr(os, "fsync", sync)
        monkeypatch.setattr(files.DISK, "sync_folder", lambda folder: [done.append(folder.name), folders(folder)])
        monkeypatch.setattr(type(library.jobs), "add", note)
        job = take(library)
    folder = job.path.partition("/")[0]
    before = [name for name in done[: done.index("job")] if name]
    assert list(dict.fromkeys(before)) == ["pool.txt", folder, "uploads", "library", tmp_path.name]


def test_a_file_whose_job_cannot_be_written_is_not_accepted(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise DiskError("full", hint="")

    monkeypatch.setattr("rag_app.storage.jobs.Jobs.add", fail)
    answer = served.client.post("/v1/documents", files={"file": ("pool.txt", POOL)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_error")
    assert stored(served.library) == []


# Files that somebody needs, and others


def test_only_files_that_nobody_needs_are_swept_away(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as library:
        with reading(library):
            kept, removed = take(library), take(library, "dog.txt", "The dog sleeps at noon.")
            assert {ended(library, job).status for job in (kept, removed)} == {"done"}
        library.remove(library.settings.library / "uploads" / removed.path)  # by another program: its file stays
        waiting, begun = take(library, "cat.txt", "A cat."), take(library, "cow.txt", "A cow.")
        library.jobs.begin(begun.id)
        folder = library.settings.library / "uploads"
        for name in ("old", "new"):
            (folder / name).mkdir()
            (folder / name / f"{name}.txt").write_text("left")
        for job in (kept, waiting, begun):
            os.utime((folder / job.path).parent, (0, 0))
        os.utime(folder / "old", (0, 0))
        assert stored(library) == ["cat.txt", "cow.txt", "dog.txt", "new.txt", "old.txt", "pool.txt"]
        Uploads(library, SMALL).sweep()
        assert stored(library) == ["cat.txt", "cow.txt", "new.txt", "pool.txt"]


def test_a_library_that_was_moved_keeps_its_files(tmp_path: Path) -> None:
    with opened(tmp_path / "old") as library:
        with reading(library):
            ended(library, take(library))
        waiting = take(library, "dog.txt", "The dog sleeps at noon.")
    (tmp_path / "old").rename(tmp_path / "new")
    for folder in (tmp_path / "new" / "library" / "uploads").iterdir():
        os.utime(folder, (0, 0))
    with opened(tmp_path / "new") as library:
        with reading(library):
            assert ended(library, waiting).status == "done"
        assert stored(library) == ["dog.txt", "pool.txt"]


def test_a_copy_whose_reading_was_cut_off_still_leads_to_the_first_document(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        with reading(library):
            first = ended(library, take(library))
        copy = take(library, "copy.txt")
        library.jobs.begin(copy.id)
        library.ingest([library.settings.library / "uploads" / copy.path])
        assert len(library.documents()[0].paths) == 2
        with reading(library):
            end = ended(library, copy)
        assert (end.status, end.document, end.reason) == ("done", first.document, THERE)
        assert ([d.paths for d in library.documents()], stored(library)) == ([(first.document,)], ["pool.txt"])


def test_a_copy_of_a_file_that_is_gone_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "pool.txt"
    file.write_text(POOL)
    with opened(tmp_path) as library:
        library.ingest([file])
        file.unlink()
        with reading(library):
            end = ended(library, take(library, "copy.txt"))
        assert (end.status, Path(end.document or "").name, end.reason) == ("done", "copy.txt", THERE)
        assert stored(library) == ["copy.txt"]
        library.remove(file)
        assert [Path(document.path).name for document in library.documents()] == ["copy.txt"]


# Limits


def test_the_uploads_that_wait_are_counted_in_the_library_and_refused_unread(tmp_path: Path) -> None:
    filled(tmp_path)
    with running(tmp_path, limits=replace(SMALL, jobs=2)) as served, exclusive(tmp_path / "library"):
        take(served.library)  # by another server
        headers = {"content-type": "application/octet-stream"}
        url = "/v1/documents?name=a.txt"
        assert served.client.post(url, content=b"words", headers=headers).status_code == 202
        before = stored(served.library)
        answer = served.client.post(url, content=b"words", headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], answer.headers["retry-after"]) == (429, "queue_full", "30")
        assert stored(served.library) == before


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"key_files": 1},
            "The file has no room among the uploads of one key, which has 1 of 1 files already. Remove some first.",
        ),
        (
            {"key_bytes": 60},
            "The file has no room among the uploads of one key, which has 48 of 60 bytes already. Remove some first.",
        ),
    ],
)
def test_a_key_has_a_quota_of_uploads_which_removing_gives_back(
    tmp_path: Path, limits: dict[str, int], message: str
) -> None:
    filled(tmp_path)
    with running(tmp_path, limits=replace(SMALL, **limits)) as served:  # type: ignore[arg-type]
        take(served.library, "other.txt", "Another key's file, which does not count.", owner="laptop")
        first = served.client.post("/v1/documents?wait=1", files={"file": ("pool.txt", POOL)}).json()
        dog = {"file": ("dog.txt", "The dog sleeps at noon.")}
        refused = served.client.post("/v1/documents?wait=1", files=dog)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error["message"]) == (429, "quota_exceeded", message)
        assert error["type"] == "rate_limit_error"
        assert "dog.txt" not in stored(served.library)
        served.client.delete(f"/v1/documents/{first['document']['id']}")
        assert served.client.post("/v1/documents?wait=1", files=dog).status_code == 201


def test_uploads_at_the_same_time_do_not_pass_the_quota_together(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        uploads = Uploads(library, replace(SMALL, key_files=3))
        outcomes: list[str] = []

        def send(n: int) -> None:
            try:
                uploads.take(io.BytesIO(f"Number {n}.".encode()), f"{n}.txt", "laptop")
                outcomes.append("taken")
            except ApiError as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["quota_exceeded"] * 5 + ["taken"] * 3
        assert len(stored(library)) == 3


# Answers go first


def test_reading_gives_way_while_somebody_waits_for_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_GIVING_WAY", 600.0)
    asked = iter([True] * 5)
    with opened(tmp_path) as library:
        job = take(library)
        uploads = Uploads(library, SMALL, busy=lambda: next(asked, False))
        uploads.start()
        try:
            assert ended(library, job).status == "done"
        finally:
            uploads.close()
    assert list(asked) == []


def test_reading_goes_on_however_many_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_GIVING_WAY", 0.01)
    with opened(tmp_path) as library:
        job = take(library)
        uploads = Uploads(library, SMALL, busy=lambda: True)
        uploads.start()
        try:
            assert ended(library, job).status == "done"
        finally:
            uploads.close()
