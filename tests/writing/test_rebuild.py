"""Another embedder for a library, from its stored text."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import WordEmbedder, fakes_of, open_library

from rag_app.errors import DiskError, LibraryBusy, LibraryError, LibraryMismatch
from rag_app.storage.staging import FILE, Staging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.types import Vectors
    from rag_app.writing.builder import Step


class Other(WordEmbedder):
    """Another bag of words: other dimensions, a shorter limit, vectors of any length."""

    name = "other"
    fingerprint = "e" * 64

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__(dimensions=64, max_tokens=40)
        self.stop_after = stop_after

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if self.stop_after is not None:
            if not self.stop_after:
                raise KeyboardInterrupt
            self.stop_after -= 1
        return 3 * super().embed_passages(texts, progress)

    def embed_question(self, text: str) -> Vectors:
        return super().embed_question(text)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    for n, word in enumerate(("apple", "river", "stone", "moon")):
        text = "\n\n".join(f"The {word} number {k} is {word} and has {k * n} more words here." for k in range(9))
        (folder / f"{word}.txt").write_text(text)
    (folder / "empty.txt").write_text(" ")
    return folder


@pytest.fixture
def old(tmp_path: Path, papers: Path) -> Library:
    """A library that was built with words, and is open with them."""
    library = open_library(tmp_path, passage_tokens=64, overlap_tokens=0)
    store = library._store
    store.set("embedder", "words")
    store.set("embedder_fingerprint", WordEmbedder.fingerprint)
    library.ingest([papers])
    return library


def open_other(tmp_path: Path, embedder: WordEmbedder | None = None) -> Library:
    library = open_library(tmp_path, passage_tokens=64, overlap_tokens=0, embedder="other")
    fakes_of(library).embedder = embedder or Other()
    return library


def test_a_rebuilt_library_is_what_a_fresh_one_would_be(old: Library, tmp_path: Path, papers: Path) -> None:
    ids = [passage.id for passage in old.passages_and_vectors()[0]]
    generation = old._store.generation
    old.close()
    for file in papers.iterdir():
        file.rename(file.with_name(f"{file.name}.away"))  # no file is needed
    with open_other(tmp_path) as library:
        report = library.rebuild()
        passages, vectors = library.passages_and_vectors()
        assert (report.embedder, report.documents, report.passages, report.resumed) == ("other", 5, len(passages), 0)
        assert len(passages) > len(ids)  # the new limit is shorter
        assert min(passage.id for passage in passages) > max(ids)
        assert (library._store.generation, library._store.dimensions) == (generation + 1, 64)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.full(len(vectors), 3.0), abs=1e-4)
        for file in papers.iterdir():
            file.rename(file.with_suffix(""))
        assert library.verify(None).differences == ()
        assert not (library._store.folder / FILE).exists()
        assert '"embedder": "other"' in (library._store.folder / "settings.json").read_text()
        with open_library(tmp_path / "fresh", passage_tokens=64, overlap_tokens=0) as fresh:
            fakes_of(fresh).embedder = Other()
            fresh.ingest([papers])
            assert library._store.signature() == fresh._store.signature()
            for mode in ("dense", "keyword", "hybrid"):
                found = [one.search("river number 7", 9, mode=mode) for one in (library, fresh)]  # type: ignore[arg-type]
                assert found[0] == found[1] != []


def test_other_lengths_of_passages_need_no_other_embedder(old: Library, tmp_path: Path) -> None:
    old.close()
    with open_library(tmp_path, passage_tokens=32, overlap_tokens=0) as library:
        before = library._store.count()
        assert library.rebuild().passages == library._store.count() > before
        assert library._store.get("embedder") == "words"


def test_an_interrupted_rebuild_leaves_the_library_as_it_was_and_goes_on_where_it_stopped(
    old: Library, tmp_path: Path
) -> None:
    before, hits = old._store.signature(), old.search("river number 7")
    with open_other(tmp_path, Other(stop_after=2)) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild()
    assert old._store.signature() == before
    assert old.search("river number 7") == hits
    assert old._store.seal()
    assert old.verify().ok
    embedder = Other()
    with open_other(tmp_path, embedder) as library:
        report = library.rebuild()
        assert report.resumed == 3  # the empty one among them
        read = "".join(embedder.read)
        assert ["river" in read, "apple" in read, "moon" in read, "stone" in read] == [True, False, False, True]
        assert library.verify().ok


def test_what_changed_since_an_interrupted_rebuild_is_embedded_again(
    old: Library, tmp_path: Path, papers: Path
) -> None:
    with open_other(tmp_path, Other(stop_after=3)) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild()
    (papers / "apple.txt").write_text("The apple is a pear now.")
    (papers / "moon.txt").unlink()
    old.sync(papers)  # with the old embedder
    old.close()
    with open_other(tmp_path) as library:
        assert library.rebuild().documents == 4
        assert library.search("pear")[0].text == "The apple is a pear now."
        assert library.verify(None).differences == ()
        assert library.search("moon", mode="keyword") == []


def test_another_recipe_begins_anew(old: Library, tmp_path: Path) -> None:
    old.close()
    with open_other(tmp_path, Other(stop_after=3)) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild()
    with open_library(tmp_path, passage_tokens=32, overlap_tokens=0) as library:
        fakes_of(library).embedder = Other()
        assert library.rebuild().resumed == 0


@pytest.mark.parametrize("damage", ["noise", "a flipped bit", "cut"])
def test_a_damaged_staging_costs_only_time(old: Library, tmp_path: Path, damage: str) -> None:
    old.close()
    with open_other(tmp_path, Other(stop_after=3)) as library, pytest.raises(KeyboardInterrupt):
        library.rebuild()
    file = old._store.folder / FILE
    if damage == "noise":
        file.write_bytes(b"noise" * 2000)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        connection = sqlite3.connect(file)
        connection.execute("UPDATE documents SET vectors = zeroblob(length(vectors)) WHERE length(vectors)")
        connection.commit()
        connection.close()
    with open_other(tmp_path) as library:
        assert library.rebuild().resumed == (damage == "a flipped bit")  # the document without passages
        assert np.linalg.norm(library.passages_and_vectors()[1], axis=1).min() > 2.9
        assert library.verify().ok


def test_a_rebuild_that_was_killed_after_the_exchange_has_only_to_tidy_up(
    old: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.close()
    with monkeypatch.context() as patch:
        patch.setattr(Staging, "discard", lambda self: self.undefined)
        with open_other(tmp_path) as library, pytest.raises(AttributeError):
            library.rebuild()
    embedder = Other()
    with open_other(tmp_path, embedder) as library:
        before = library._store.signature()
        library.rebuild()
        assert (library._store.signature(), embedder.read) == (before, [])
        assert library.verify().ok
        assert not (library._store.folder / FILE).exists()


def test_a_damaged_library_is_not_rebuilt(old: Library, tmp_path: Path) -> None:
    with old._store.together():
        old._store._database.connection.execute("UPDATE pages SET text = replace(text, 'river', 'rover')")
    before = old._store.signature()
    with open_other(tmp_path) as library, pytest.raises(LibraryError, match=r"of .*river\.txt is not what was stored"):
        library.rebuild()
    assert old._store.signature() == before


def test_an_empty_library_only_changes_its_embedder(tmp_path: Path) -> None:
    with open_other(tmp_path) as library:
        report = library.rebuild()
        assert (report.documents, report.passages, library._store.get("embedder")) == (0, 0, "other")


# Who reads and writes meanwhile


def test_a_reader_with_the_old_embedder_is_told_after_the_exchange(old: Library, tmp_path: Path, papers: Path) -> None:
    old.search("river")
    retriever = old.as_retriever(rerank=False)
    with open_other(tmp_path) as library:
        library.rebuild()
    command = f"Set RAG_EMBEDDER=other, or run `rag rebuild --embedder words --library {tmp_path / 'library'}`."
    for use in (
        lambda: old.search("river"),
        lambda: retriever.invoke("river"),  # its embedder was chosen before
        lambda: old.ingest([papers.parent]),
        lambda: old.sync(papers),
    ):
        (papers / "new.txt").write_text("Something new.")
        with pytest.raises(LibraryMismatch, match="was built with the embedder other, not with words") as caught:
            use()
        assert caught.value.hint == command
    assert "river" in old.search("river", mode="keyword")[0].text


def test_nobody_else_writes_meanwhile_and_everybody_reads(old: Library, tmp_path: Path, papers: Path) -> None:
    seen: list[Any] = []

    def look(step: Step) -> None:
        seen.append(old.search("river number 7")[0].text)
        with pytest.raises(LibraryBusy):
            old.remove([papers / "apple.txt"])

    before = old.search("river number 7")[0].text
    with open_other(tmp_path) as library:
        library.rebuild(progress=look)
    assert set(seen) == {before}
    assert len(seen) > 5


def test_progress_counts_documents_and_passages_and_knows_what_is_left(old: Library, tmp_path: Path) -> None:
    steps: list[Step] = []
    weight = old._store.count()
    with open_other(tmp_path) as library:
        report = library.rebuild(progress=steps.append)
    assert {(step.files, step.bytes) for step in steps} == {(5, weight)}
    assert (steps[-1].files_done, steps[-1].embedded, steps[-1].bytes_done) == (5, report.passages, weight)
    assert [step.embedded for step in steps] == sorted(step.embedded for step in steps)


def test_a_disk_that_is_full_is_named(old: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old.close()
    with open_other(tmp_path) as library:
        connect = sqlite3.connect

        def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **options)
            connection.execute("PRAGMA max_page_count = 5")
            return connection

        monkeypatch.setattr(sqlite3, "connect", small)
        with pytest.raises(DiskError, match=r"Could not use .*rebuild\.db: database or disk is full"):
            library.rebuild()
        monkeypatch.undo()
        assert library.rebuild().documents == 5
