from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from stored import make_document, put

from rag_app.errors import UsageError
from rag_app.storage import jobs
from rag_app.storage.jobs import Job, Usage
from rag_app.storage.lock import exclusive
from rag_app.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def add(store: Store, identifier: str, **changes: Any) -> Job:
    job = Job(identifier, **{"name": "a.txt", "path": f"{identifier}/a.txt", "owner": "me", "bytes": 10, **changes})
    store.jobs.add(job, lambda _: None)
    found = store.jobs.find(identifier)
    assert found
    return found


def order(store: Store) -> list[str]:
    """End all jobs, and return their ids in the order in which they come up."""
    found = []
    while job := store.jobs.next():
        found.append(job.id)
        store.jobs.end(job.id, "done")
    return found


def test_a_job_comes_back_as_it_was_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 5.0)
    job = add(store, "one", name="Überweisung \u5951.pdf")
    assert job == Job("one", "Überweisung \u5951.pdf", "one/a.txt", "me", 10, 5.0, "queued", 0, None, None, None)
    store.jobs.end("one", "done", document="/files/\udcff.pdf", reason="page 2 has no text")
    ended = store.jobs.find("one")
    assert ended
    assert (ended.status, ended.document, ended.reason, ended.ended) == (
        "done",
        "/files/\udcff.pdf",
        "page 2 has no text",
        5.0,
    )
    assert store.jobs.find("other") is None


def test_jobs_come_up_in_the_order_of_their_coming_whatever_the_clock_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, name in ((9.0, "z"), (9.0, "a"), (3.0, "m"), (-5.0, "b"), (20.0, "c")):
        monkeypatch.setattr("time.time", lambda now=now: now)
        add(store, name)
    assert order(store) == ["z", "a", "m", "b", "c"]


def test_a_job_whose_reading_was_cut_off_goes_behind_the_others(store: Store) -> None:
    for name in ("a", "b", "c"):
        add(store, name)
    store.jobs.begin("a")
    store.jobs.begin("b")
    store.jobs.give_back("b", counted=False)
    assert order(store) == ["b", "c", "a"]


def test_only_readings_that_count_are_counted(store: Store) -> None:
    add(store, "one")
    for counted in (True, False, True):
        store.jobs.begin("one")
        store.jobs.give_back("one", counted=counted)
        store.jobs.give_back("one", counted=False)  # it is not being read
    store.jobs.begin("one", counted=False)
    job = store.jobs.find("one")
    assert job
    assert (job.status, job.tries) == ("reading", 2)


def test_a_job_ends_once(store: Store) -> None:
    add(store, "one")
    store.jobs.end("one", "done", document="/a.txt")
    ended = store.jobs.find("one")
    store.jobs.end("one", "failed", reason="too late")
    store.jobs.begin("one")
    store.jobs.give_back("one", counted=True)
    assert store.jobs.find("one") == ended


def test_what_is_refused_leaves_no_job(store: Store) -> None:
    add(store, "one")

    def refuse(used: Usage) -> None:
        assert used == Usage(1, 1, 10)
        raise UsageError("full", hint="")

    with pytest.raises(UsageError, match="full"):
        store.jobs.add(Job("two", "b.txt", "two/b.txt", "me", 7), refuse)
    assert [job.id for job in store.jobs.all()] == ["one"]


def test_what_a_key_has_is_what_waits_and_what_became_a_document_of_its_own(store: Store) -> None:
    put(store, make_document("/library/uploads/one/a.txt", "Words."))
    add(store, "one", bytes=1)
    add(store, "two", bytes=10)
    add(store, "three", bytes=100)
    add(store, "four", bytes=1000)
    add(store, "other", bytes=10_000, owner="you")
    assert store.jobs.usage("me") == Usage(5, 4, 1111)
    store.jobs.end("one", "done", document="/library/uploads/one/a.txt")
    store.jobs.end("two", "done", document="/library/uploads/one/a.txt")  # the library had it already
    store.jobs.end("three", "failed", reason="broken")
    assert store.jobs.usage("me") == Usage(2, 2, 1001)
    assert store.jobs.usage("you") == Usage(2, 1, 10_000)
    store.remove("/library/uploads/one/a.txt")
    assert store.jobs.usage("me") == Usage(2, 1, 1000)
    assert store.jobs.usage("nobody") == Usage(2, 0, 0)


def test_the_oldest_that_ended_are_forgotten_unless_their_document_is_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "REMEMBERED", 2)
    put(store, make_document("/library/uploads/kept/a.txt", "Words."))
    add(store, "waiting")
    for now, name in enumerate(("kept", "a", "b", "c", "d")):
        monkeypatch.setattr("time.time", lambda now=now: float(now))
        add(store, name)
        store.jobs.end(name, "done", document=f"/library/uploads/{name}/a.txt")
    assert {job.id for job in store.jobs.all()} == {"waiting", "kept", "c", "d"}


def test_jobs_are_kept_while_another_process_brings_documents_in(store: Store) -> None:
    with exclusive(store.folder):
        add(store, "one")
        store.jobs.begin("one")
        store.jobs.end("one", "done")
    assert [job.status for job in store.jobs.all()] == ["done"]


def test_a_job_breaks_the_seal(store: Store) -> None:
    assert store.seal()
    add(store, "one")
    assert not (store.folder / "library.db.sha256").exists()
