from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes import make_answer
from stored import make_document, put

from rag_app.errors import DiskError, LibraryBusy, LibraryError, UsageError
from rag_app.storage.lock import exclusive
from rag_app.storage.sessions import history_of
from rag_app.storage.store import Store
from rag_app.types import Session, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.library import Library


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def test_a_turn_comes_back_as_it_was_kept(store: Store) -> None:
    first, second = make_answer(), make_answer("And then?", status="not_found", citations=(), unknown_markers=())
    store.add_turn("lease", first)
    store.add_turn("lease", second)
    turns = store.session("lease")
    assert [turn.answer for turn in turns] == [first, second]
    assert turns[0].asked <= turns[1].asked
    assert history_of(turns) == [
        Turn("user", "How long? (alone)"),
        Turn("assistant", "Three months. [1]"),
        Turn("user", "And then? (alone)"),
        Turn("assistant", "Three months. [1]"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "list", "confidence": 0.25, "status": "partial", "unsure": "Not sure."},
        {"kind": "howto", "confidence": 1.0},
        {"kind": "library", "confidence": None},
    ],
)
def test_kind_and_confidence_come_back_with_a_turn(store: Store, changes: dict[str, object]) -> None:
    store.add_turn("lease", make_answer(**changes))  # type: ignore[arg-type]
    assert [turn.answer for turn in store.session("lease")] == [make_answer(**changes)]  # type: ignore[arg-type]


def test_a_turn_that_was_kept_before_answers_had_a_kind_is_still_read(store: Store) -> None:
    store.add_turn("lease", make_answer(kind="list", confidence=0.5))
    kept = make_answer().as_json()
    del kept["kind"], kept["confidence"]
    store._database.connection.execute("UPDATE turns SET answer = ?", (json.dumps(kept),))
    [turn] = store.session("lease")
    assert turn.answer == make_answer(kind="short", confidence=None, unsure="")


def test_sessions_are_listed_with_their_turns_the_one_used_last_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, name in enumerate(["old", "new", "old", "new", "old"]):
        monkeypatch.setattr("time.time", lambda now=now: float(now))
        store.add_turn(name, make_answer())
    assert store.sessions() == [Session("old", 3, 0.0, 4.0), Session("new", 2, 1.0, 3.0)]


def test_names_are_told_apart_by_their_letters_not_by_capitals_or_spaces_around(store: Store) -> None:
    store.add_turn("Straße 5", make_answer())
    store.add_turn(" STRASSE 5 ", make_answer())
    store.add_turn("Strasse", make_answer())
    assert {session.name: session.turns for session in store.sessions()} == {"Straße 5": 2, "Strasse": 1}
    assert len(store.session("strasse 5")) == 2


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31m", "\u202ea", "\ud800", "x" * 65])
def test_a_name_that_cannot_be_used_keeps_nothing(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="The name of a session"):
        store.add_turn(name, make_answer())
    assert store.sessions() == []


def test_sessions_are_removed_all_of_those_named_or_none(store: Store) -> None:
    for name in ("a", "b", "c"):
        store.add_turn(name, make_answer())
    with pytest.raises(UsageError, match="There is no session called d"):
        store.remove_sessions(["a", "d"])
    assert {session.name for session in store.sessions()} == {"a", "b", "c"}
    store.remove_sessions(["A", "b"])
    assert [session.name for session in store.sessions()] == ["c"]
    assert store._database.value("SELECT count(*) FROM turns") == 1
    with pytest.raises(UsageError) as raised:
        store.session("a")
    assert "rag sessions list" in raised.value.hint


def test_a_turn_is_kept_while_another_process_is_writing(store: Store) -> None:
    with exclusive(store.folder):
        store.add_turn("lease", make_answer())
        with pytest.raises(LibraryBusy):
            put(store, make_document("/a.pdf", "text"))
    assert store.sessions()[0].turns == 1


def test_a_turn_breaks_the_seal_and_the_library_stays_proven(store: Store) -> None:
    put(store, make_document("/a.pdf", "some text"))
    assert store.seal()
    before = store.signature()
    store.add_turn("lease", make_answer())
    assert store._database.sealed is None
    assert store.check() == []
    assert store.seal()
    store._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.check() == []
    assert store.signature() == before


def test_nothing_is_sealed_that_another_connection_has_written_after_the_checkpoint(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, make_document("/a.pdf", "some text"))
    other = Store.open(store.folder)

    monkeypatch.setattr(store._database, "_is_checkpointed", lambda: False)
    assert not store.seal()
    monkeypatch.undo()
    assert store.seal()
    other.add_turn("lease", make_answer())
    assert store._database.sealed is None
    other.close()


def test_a_turn_that_was_changed_behind_the_librarys_back_is_damage(store: Store) -> None:
    store.add_turn("lease", make_answer())
    store._database.connection.execute("UPDATE turns SET answer = replace(answer, 'Three', 'Six')")
    assert store.check() == [f"{store.folder / 'library.db'}: a turn of the session 'lease' is not what was stored."]


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("status"),
        lambda value: value.update(status="maybe"),
        lambda value: value.update(answer=5),
        lambda value: value.update(citations=[1]),
        lambda value: value["citations"][0].update(page="two"),
        lambda value: value.update(seconds=None),
    ],
)
def test_what_is_no_answer_is_damage_and_no_crash(store: Store, change: object) -> None:
    value = make_answer().as_json()
    change(value)  # type: ignore[operator]
    store.add_turn("lease", make_answer())
    store._database.connection.execute("UPDATE turns SET answer = ?", (json.dumps(value),))
    with pytest.raises(LibraryError, match="a turn of the session 'lease' is no answer"):
        store.session("lease")


def test_fields_that_a_later_version_has_added_are_passed_over(store: Store) -> None:
    value = make_answer().as_json() | {"mood": "good"}
    value["citations"][0]["colour"] = "red"
    store.add_turn("lease", make_answer())
    store._database.connection.execute("UPDATE turns SET answer = ?", (json.dumps(value),))
    assert store.session("lease")[0].answer == make_answer()


def test_a_full_disk_is_an_error_and_loses_nothing_kept_before(store: Store) -> None:
    store.add_turn("lease", make_answer())
    pages = store._database.value("PRAGMA page_count")
    store._database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskError):
        store.add_turn("lease", make_answer(text="long " * 20_000))
    assert len(store.session("lease")) == 1
    assert store.check() == []


@pytest.mark.slow
def test_documents_come_and_go_and_sessions_stay(library: Library, papers: Path) -> None:
    answer = library.ask("How long is the notice period?")
    library.keep("lease", answer)
    (papers / "lease.pdf").unlink()
    library.sync(papers)
    library.rebuild()
    [turn] = library.session("lease")
    assert turn.answer == answer
    report = library.verify(None)
    assert (report.ok, report.documents) == (True, 1)
    library.remove_sessions("lease")
    assert library.sessions() == []


def test_closing_a_library_seals_what_was_kept(library: Library) -> None:
    answer = library.ask("How long is the notice period?")
    library.keep("lease", answer)
    assert library._store._database.sealed is None
    library.close()
    assert library._store._database.sealed is not None
