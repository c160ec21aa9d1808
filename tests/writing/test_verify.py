from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import open_library, write_pdf

from ingest import Document, Page, Passage
from rag_app.errors import LibraryDiffers, LibraryError, RagError
from rag_app.library import Library
from rag_app.storage import faiss_index, settings_json, vector_index
from rag_app.storage.vector_index import FILE, VectorIndex, load_saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_app.reports import VerifyReport
    from rag_app.storage.faiss_index import Ids
    from rag_app.types import Vectors

QUESTION = "How long is the notice period?"


def kinds(report: VerifyReport) -> list[tuple[str, str]]:
    return [(difference.kind, Path(difference.path).name) for difference in report.differences]


def test_an_intact_library_agrees_with_its_files(library: Library) -> None:
    report = library.verify(None)
    assert (report.ok, report.differences, report.unreachable, report.notes) == (True, (), (), ())
    assert (report.documents, report.pages, report.passages, report.sampled) == (2, 3, 3, 2)
    report.raise_differences()


@pytest.mark.parametrize(("sample", "read"), [(0, 0), (1, 1), (5, 2), (None, 2)])
def test_a_sample_is_read_again(library: Library, sample: int | None, read: int) -> None:
    assert library.verify(sample).sampled == read


def test_an_empty_library_agrees(empty_library: Library) -> None:
    assert empty_library.verify().ok


def test_files_that_are_gone_or_changed_are_named(library: Library, papers: Path) -> None:
    (papers / "lease.pdf").unlink()
    write_pdf(papers / "manual.pdf", "Another text.")
    report = library.verify()
    assert kinds(report) == [("missing", "lease.pdf"), ("changed", "manual.pdf")]
    with pytest.raises(LibraryDiffers, match=r"lease\.pdf: the file is gone, and 1 more\.") as raised:
        report.raise_differences()
    assert raised.value.hint == "Run `rag sync FOLDER` to bring the library up to date."
    library.sync(papers)
    assert library.verify().ok


def test_every_path_of_a_document_is_compared(library: Library, papers: Path) -> None:
    (papers / "copy.pdf").write_bytes((papers / "lease.pdf").read_bytes())
    library.sync(papers)
    assert library.verify().ok
    (papers / "copy.pdf").write_bytes(b"other")
    assert kinds(library.verify()) == [("changed", "copy.pdf")]


def test_a_page_without_text_is_listed_and_no_difference(library: Library, papers: Path) -> None:
    write_pdf(papers / "mixed.pdf", "Some text.", "", "More text.")
    library.sync(papers)
    report = library.verify()
    assert report.ok
    assert [(Path(p.document).name, p.page, p.reason) for p in report.unreachable] == [
        ("mixed.pdf", 2, "no text was found on it")
    ]


def put(library: Library, document: Document, passages: list[Passage], **facts: object) -> None:
    vectors = library.embedder.embed_passages([passage.text for passage in passages])
    path = Path(document.path)
    library._store.put(
        document,
        sha256=library._store.files()[document.path].sha256,
        bytes=path.stat().st_size,
        mtime_ns=0,
        passages=passages,
        vectors=vectors if passages else None,
        **facts,  # type: ignore[arg-type]
    )


def test_a_stored_text_that_the_file_does_not_give_is_named_by_page(library: Library, papers: Path) -> None:
    path = str(papers / "lease.pdf")
    stored = library.read(path)
    first = stored.pages[0]
    pages = (Page(1, first.label, first.text.replace("three", "seven")), stored.pages[1])
    document = Document(path, stored.title, pages)
    put(library, document, [Passage(0, len(document.text), 1, 2, "1", document.text)])
    assert [d.detail for d in library.verify().differences] == ["page 1 reads differently now"]


def test_a_stored_table_that_the_file_does_not_give_is_named(library: Library, papers: Path) -> None:
    (papers / "towns.csv").write_text("Town,Country,People\nBern,Swiss,130\n")
    library.ingest(papers)
    assert library.verify(None).ok
    path = str(papers / "towns.csv")
    stored, [table] = library.read(path), library.tables(path)
    [page] = stored.pages
    other = replace(stored, pages=(replace(page, tables=(replace(table, cells=table.cells[:-1]),)),))
    put(library, other, [Passage(0, len(stored.text), 1, 1, page.label, stored.text)])
    assert [d.detail for d in library.verify(None).differences] == ["its tables have other cells now"]


def test_text_in_no_passage_and_cut_tokens_are_differences(library: Library, papers: Path) -> None:
    stored = library.read(papers / "lease.pdf")
    put(library, stored, [Passage(0, 5, 1, 1, "1", stored.text[:5])], tokens_cut=7)
    report = library.verify()
    assert [(d.kind, d.detail) for d in report.differences] == [
        ("unreachable", "the text of page 2 is in no passage"),
        ("cut", "7 tokens of its passages were not read by the embedder"),
    ]
    assert library.receipt("lease.pdf").tokens_cut == 7


def test_an_encrypted_file_is_a_note_without_its_password(library: Library, papers: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    locked = PdfWriter(clone_from=PdfReader(papers / "lease.pdf"))
    locked.encrypt("secret", algorithm="AES-256")
    locked.write(papers / "locked.pdf")
    assert library.sync(papers, password="secret").added == 1
    report = library.verify(None)
    assert (report.ok, report.sampled) == (True, 2)
    assert report.notes == (f"{papers / 'locked.pdf'} was not read again: it is encrypted: a password is needed.",)
    assert library.verify(None, password="secret").sampled == 3


# Copies beside the database


def test_a_missing_or_outdated_index_is_a_note_and_a_damaged_one_a_difference(library: Library) -> None:
    file = library.settings.library / FILE
    whole = file.read_bytes()
    file.unlink()
    report = library.verify()
    assert (report.ok, report.notes) == (True, (f"{file} is missing or outdated; the next search builds it anew.",))
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert kinds(library.verify()) == [("damaged", FILE)]


def test_an_index_with_other_vectors_is_a_difference(library: Library) -> None:
    store = library._store
    ids, vectors = store.vectors()
    store.record_index(store.generation, VectorIndex.build(ids, vectors[::-1].copy()).save(store.folder / FILE))
    [difference] = library.verify().differences
    assert difference.detail == "it does not hold the vectors of the library"


@pytest.mark.parametrize("exact_most", [5, 1000])
def test_an_index_older_than_the_library_is_read_with_what_it_lacks(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch, exact_most: int
) -> None:
    monkeypatch.setattr(faiss_index, "EXACT_MOST", exact_most)
    monkeypatch.setattr(vector_index, "UNSAVED_SHARE", 1.0)
    file, store = library.settings.library / FILE, library._store
    for number in range(20):
        (papers / f"{number}.txt").write_text(f"Oven number {number} weighs {number} kg.")
    library.ingest(papers)
    library._index.forget()
    file.unlink()
    library.search(QUESTION)
    whole = file.read_bytes()
    write_pdf(papers / "new.pdf", "The oven weighs 40 kg.")
    library.ingest(papers)
    library.remove(papers / "new.pdf")
    library.ingest(papers)
    assert file.read_bytes() == whole
    assert library.verify().notes == library.verify().differences == ()
    saved = load_saved(store.folder, store)
    assert saved is not None
    assert (saved.facts.kind, len(saved), store.count()) == ("IDMap2,Flat" if exact_most > 5 else "IVF16,SQ8", 23, 24)


def test_lists_with_other_vectors_are_a_difference(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_index, "EXACT_MOST", 1)
    store = library._store
    (store.folder / FILE).unlink()
    library._index.forget()
    batches = store.vector_batches
    with monkeypatch.context() as patch:
        patch.setattr(store, "vector_batches", lambda *size, **after: _turned(batches(*size, **after)))
        library.search(QUESTION)
    [difference] = library.verify().differences
    assert difference.detail == "it does not hold the vectors of the library"


def _turned(batches: Iterator[tuple[Ids, Vectors]]) -> Iterator[tuple[Ids, Vectors]]:
    return ((ids, vectors[::-1].copy()) for ids, vectors in batches)


def test_altered_settings_are_a_difference_and_written_anew_at_open(library: Library, tmp_path: Path) -> None:
    library._store.set("embedder", "words")
    settings_json.restore(library._store, changed=True)
    file = library.settings.library / settings_json.FILE
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"words", b"wordz"))
    with Library.open(settings=library.settings, repair=False) as as_it_is:
        assert kinds(as_it_is.verify()) == [("damaged", settings_json.FILE)]
    with open_library(tmp_path) as again:
        assert again.verify().ok
    assert file.read_bytes() == whole


# Random damage


def flip(data: bytearray, place: random.Random) -> None:
    data[place.randrange(len(data))] ^= 1 << place.randrange(8)


def zero(data: bytearray, place: random.Random) -> None:
    begin = place.randrange(max(len(data) - 4096, 1))
    while not any(data[begin : begin + 4096]):
        begin = place.randrange(max(len(data) - 4096, 1))
    data[begin : begin + 4096] = bytes(len(data[begin : begin + 4096]))


def truncate(data: bytearray, place: random.Random) -> None:
    del data[place.randrange(len(data)) :]


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [flip, zero, truncate]


def answers(library: Library) -> object:
    return [(hit.document, hit.text, hit.score) for hit in library.search(QUESTION, 20)]


def test_any_damage_of_index_or_settings_is_repaired_at_open(library: Library, tmp_path: Path) -> None:
    place = random.Random(5)
    library._store.set("embedder", "words")
    library._save()
    whole = {name: (library.settings.library / name).read_bytes() for name in (FILE, settings_json.FILE)}
    expected = answers(library)
    library.close()
    for n in range(100):
        name = (FILE, FILE, FILE, settings_json.FILE)[n % 4]
        damaged = bytearray(whole[name])
        place.choice(DAMAGES)(damaged, place)
        (tmp_path / "library" / name).write_bytes(damaged)
        with open_library(tmp_path) as opened:
            assert answers(opened) == expected
        assert {name: (tmp_path / "library" / name).read_bytes() for name in whole} == whole


def found_by_verify(library: Path) -> bool:
    from fakes import make_settings

    try:
        with Library.open(settings=make_settings(library.parent), repair=False) as opened:
            return not opened.verify(0).ok
    except LibraryError:
        return True


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_of_the_database_is_found(
    library: Library, tmp_path: Path, damage: Callable[[bytearray, random.Random], None]
) -> None:
    place = random.Random(7)
    library._save()
    library.close()
    file = tmp_path / "library" / "library.db"
    whole = file.read_bytes()
    assert not found_by_verify(tmp_path / "library")
    for _ in range(int(os.environ.get("RAG_TEST_DAMAGES", "8"))):
        damaged = bytearray(whole)
        damage(damaged, place)
        file.write_bytes(damaged)
        assert found_by_verify(tmp_path / "library")


def test_damage_of_what_matters_is_found_without_a_seal_too(library: Library, tmp_path: Path) -> None:
    library._save()
    library.close()
    folder = tmp_path / "library"
    (folder / "library.db.sha256").unlink()
    whole = (folder / "library.db").read_bytes()
    place = random.Random(9)
    with open_library(tmp_path) as opened:
        signature, expected = opened._store.signature(), answers(opened)
    for _ in range(25):
        damaged = bytearray(whole)
        flip(damaged, place)
        (folder / "library.db").write_bytes(damaged)
        if found_by_verify(folder):
            continue
        with open_library(tmp_path) as opened:  # the bit is in unused space
            assert (opened._store.signature(), answers(opened)) == (signature, expected)


def test_a_damaged_database_is_reported_and_its_files_are_not_compared(library: Library, papers: Path) -> None:
    library._store._database.connection.execute("UPDATE pages SET text = 'x' WHERE id = 1")
    (papers / "lease.pdf").unlink()
    report = library.verify()
    assert [d.detail.partition(": ")[2] for d in report.differences] == [
        "its pages, passages or vectors are not those that were stored."
    ]
    assert report.notes == ("The files were not compared: the library itself is damaged.",)
    with pytest.raises(RagError) as raised:
        report.raise_differences()
    assert "Run `rag doctor --repair`" in raised.value.hint
