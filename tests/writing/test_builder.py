from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import WordEmbedder, fakes_of, open_library, write_pdf
from odd_files import picture_of, recursive_form, truncated_tail, with_scans

from ingest import Document, Page, PassedOver
from rag_app.errors import DiskError, LibraryBusy
from rag_app.reports import DocumentReport
from rag_app.storage.store import Store
from rag_app.writing.builder import report_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.library import Library
    from rag_app.reports import IngestReport
    from rag_app.types import Vectors
    from rag_app.writing.builder import Step

NOTICE = "How long is the notice period?"


def statuses(report: IngestReport) -> dict[str, str]:
    return {Path(document.path).name: document.status for document in report.documents}


def texts(library: Library) -> list[str]:
    return [passage.text for passage in library.passages_and_vectors()[0]]


class Interrupted(WordEmbedder):
    """Raises at the passage that holds a word."""

    def __init__(self, word: str, error: BaseException) -> None:
        super().__init__()
        self.word, self.error = word, error

    def embed_passages(self, passages: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if any(self.word in passage for passage in passages):
            raise self.error
        return super().embed_passages(passages, progress)


# What becomes of a file


def test_new_files_are_added_with_their_pages_and_passages(empty_library: Library, papers: Path) -> None:
    report = empty_library.ingest([papers])
    assert (report.added, report.updated, report.unchanged, report.removed, report.failed) == (2, 0, 0, 0, 0)
    assert report.documents == (
        DocumentReport(str(papers / "lease.pdf"), "added", 2, 2, 2),
        DocumentReport(str(papers / "manual.pdf"), "added", 1, 1, 1),
    )
    assert [document.path for document in empty_library.documents()] == [d.path for d in report.documents]


def test_every_passage_is_the_document_text_at_its_offsets(library: Library) -> None:
    passages, vectors = library.passages_and_vectors()
    assert len(passages) == len(vectors) == 3
    for passage in passages:
        document = library.read(passage.document)
        assert document.text[passage.start : passage.end] == passage.text
        assert document.page_at(passage.start).number == passage.page
        assert document.page_at(passage.end - 1).number == passage.page_end


def test_a_passage_is_embedded_after_its_title(library: Library) -> None:
    passages, vectors = library.passages_and_vectors()
    embedder = WordEmbedder()
    again = embedder.embed_passages([f"{passage.title}\n{passage.text}" for passage in passages])
    assert passages[0].title == "Residential Lease"
    assert np.array_equal(vectors, again)


def test_no_passage_with_its_title_is_longer_than_the_setting(library: Library) -> None:
    embedder = library.embedder
    assert isinstance(embedder, WordEmbedder)
    assert all(n + embedder.special_tokens <= 48 for n in embedder.count_tokens(embedder.read))


def test_the_embedders_own_limit_goes_before_a_larger_setting(tmp_path: Path, papers: Path) -> None:
    with open_library(tmp_path, passage_tokens=256, overlap_tokens=0) as library:
        fakes_of(library).embedder = embedder = WordEmbedder(max_tokens=32)
        library.ingest([papers])
        assert max(embedder.count_tokens(embedder.read)) <= 30
        assert len(embedder.read) > 3


def test_a_long_title_is_shortened_before_it_is_embedded(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", "Short text.", title="title " * 45)
    with open_library(tmp_path) as library:
        library.ingest([path])
        embedder = library.embedder
        assert isinstance(embedder, WordEmbedder)
        assert embedder.read == [f"{' '.join(['title'] * 32)}\nShort text."]


def test_unchanged_files_are_skipped_and_need_no_embedder(library: Library, papers: Path) -> None:
    fakes_of(library).embedder = Interrupted("", AssertionError("embedded again"))
    report = library.ingest([papers])
    assert (report.added, report.unchanged, report.failed) == (0, 2, 0)
    assert report.documents[0] == DocumentReport(str(papers / "lease.pdf"), "unchanged", 2, 2, 2)


def test_a_file_with_a_new_time_and_the_same_bytes_is_unchanged(library: Library, papers: Path) -> None:
    (papers / "lease.pdf").touch()
    assert statuses(library.ingest([papers])) == {"lease.pdf": "unchanged", "manual.pdf": "unchanged"}


def test_a_changed_file_replaces_its_old_passages(library: Library, papers: Path) -> None:
    write_pdf(papers / "manual.pdf", "The oven weighs 40 kg.", title="Oven")
    report = library.ingest([papers])
    assert (statuses(report), report.updated) == ({"lease.pdf": "unchanged", "manual.pdf": "updated"}, 1)
    assert [text for text in texts(library) if "dishwasher" in text.lower()] == []
    assert library.search("How much does the oven weigh?")[0].text == "The oven weighs 40 kg."


def test_an_empty_pdf_is_added_with_a_warning_and_no_passages(empty_library: Library, tmp_path: Path) -> None:
    report = empty_library.ingest([write_pdf(tmp_path / "scan.pdf", "", "")])
    assert (report.added, report.failed) == (1, 0)
    [document] = report.documents
    assert (document.status, document.pages, document.pages_with_text, document.chunks) == ("empty", 2, 0, 0)
    assert document.reason == "no text found: the pages may be scans"
    assert empty_library.search("anything at all") == []


def test_only_a_pdf_without_text_may_be_a_scan(empty_library: Library, tmp_path: Path) -> None:
    page = tmp_path / "blank.html"
    page.write_text("<html><body></body></html>")
    [document] = empty_library.ingest([page]).documents
    assert (document.status, document.reason) == ("empty", "no text found")


def test_a_scan_needs_no_embedder(empty_library: Library, tmp_path: Path) -> None:
    def absent() -> WordEmbedder:
        raise AssertionError("the embedder was loaded")

    fakes_of(empty_library).embedder_now = absent
    assert statuses(empty_library.ingest([write_pdf(tmp_path / "scan.pdf", "")])) == {"scan.pdf": "empty"}


def test_a_file_that_still_has_no_text_counts_as_updated(library: Library, papers: Path) -> None:
    write_pdf(papers / "scan.pdf", "")
    library.ingest([papers])
    write_pdf(papers / "scan.pdf", "", "")
    report = library.ingest([papers])
    assert (report.added, report.updated, statuses(report)["scan.pdf"]) == (0, 1, "empty")


def test_a_file_that_loses_its_text_keeps_its_passages(library: Library, papers: Path) -> None:
    before = texts(library)
    write_pdf(papers / "manual.pdf", "")
    report = library.ingest([papers])
    assert (report.updated, report.failed, statuses(report)["manual.pdf"]) == (0, 1, "failed")
    assert texts(library) == before


def test_files_that_cannot_be_read_do_not_stop_the_others(empty_library: Library, papers: Path, tmp_path: Path) -> None:
    (papers / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    (papers / "empty.pdf").write_bytes(b"")
    report = empty_library.ingest([tmp_path / "absent.pdf", papers])
    assert (report.added, report.failed) == (2, 2)
    assert statuses(report) == {
        "absent.pdf": "failed",
        "broken.pdf": "failed",
        "lease.pdf": "added",
        "manual.pdf": "added",
    }
    reasons = {Path(document.path).name: document.reason for document in report.documents}
    assert reasons["absent.pdf"] == "does not exist"
    assert report.passed_over == (PassedOver(str(papers / "empty.pdf"), "is empty"),)
    assert "\n" not in str(reasons["broken.pdf"])
    assert reasons["lease.pdf"] is None


def test_a_file_that_breaks_later_keeps_the_version_that_could_be_read(library: Library, papers: Path) -> None:
    before = texts(library)
    (papers / "lease.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    assert statuses(library.ingest([papers])) == {"lease.pdf": "failed", "manual.pdf": "unchanged"}
    assert texts(library) == before


def test_a_page_with_text_beside_a_page_without_counts_once(empty_library: Library, tmp_path: Path) -> None:
    [document] = empty_library.ingest([write_pdf(tmp_path / "mixed.pdf", "Some text.", "")]).documents
    assert (document.status, document.pages, document.pages_with_text, document.chunks) == ("added", 2, 1, 1)


def test_pages_that_are_only_pictures_are_reported_by_number(
    empty_library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.pool.ocr_available", lambda: False)
    path = with_scans(tmp_path / "book.pdf", ["Some text.", picture_of("A picture."), "More text."])
    [document] = empty_library.ingest([path]).documents
    assert (document.status, document.pages, document.pages_with_text) == ("added", 3, 2)
    how = "`pip install '.[ocr]'` in the folder of rag-app's source and `rag ingest` again would read them"
    assert document.reason == f"page 2 not read, shown only as pictures: {how}"


@pytest.mark.slow
def test_a_hostile_file_costs_only_itself(empty_library: Library, papers: Path) -> None:
    (papers / "forms.pdf").write_bytes(recursive_form())
    (papers / "garbage.pdf").write_bytes(b"%PDF-1.7" + bytes(range(256)) * 100)
    (papers / "tail.pdf").write_bytes(truncated_tail())
    report = empty_library.ingest([papers])
    assert statuses(report) == {
        "forms.pdf": "added",
        "garbage.pdf": "failed",
        "lease.pdf": "added",
        "manual.pdf": "added",
        "tail.pdf": "added",
    }
    assert empty_library.search("Beta")[0].document == str(papers / "tail.pdf")


# Runs that end early


def test_ctrl_c_in_the_second_document_leaves_the_first_whole_and_searchable(tmp_path: Path, papers: Path) -> None:
    with open_library(tmp_path) as library:
        fakes_of(library).embedder = Interrupted("Dishwasher", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            library.ingest([papers])
    with open_library(tmp_path) as library:
        assert [Path(document.path).name for document in library.documents()] == ["lease.pdf"]
        assert "notice period" in library.search(NOTICE)[0].text
        assert library._store.check() == []
        assert statuses(library.ingest([papers])) == {"lease.pdf": "unchanged", "manual.pdf": "added"}


def test_ctrl_c_in_an_update_leaves_the_version_before_it(library: Library, papers: Path) -> None:
    before = library._store.signature()
    write_pdf(papers / "manual.pdf", "The oven weighs 40 kg.", title="Oven")
    fakes_of(library).embedder = Interrupted("Oven", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        library.ingest([papers])
    assert library._store.signature() == before
    fakes_of(library).embedder = WordEmbedder()
    assert library.search("dishwasher")[0].document == str(papers / "manual.pdf")


def test_after_an_interruption_the_library_can_be_written_again(library: Library, papers: Path) -> None:
    write_pdf(papers / "new.pdf", "New text.")
    fakes_of(library).embedder = Interrupted("New", DiskError("full", hint="free"))
    with pytest.raises(DiskError):
        library.ingest([papers])
    fakes_of(library).embedder = WordEmbedder()
    assert statuses(library.ingest([papers]))["new.pdf"] == "added"


def test_a_library_that_another_process_writes_is_busy(library: Library, papers: Path) -> None:
    with Store.open(library.settings.library) as other, other.writing(), pytest.raises(LibraryBusy):
        library.ingest([papers])


def test_what_was_built_at_once_is_what_was_built_in_steps(tmp_path: Path, papers: Path) -> None:
    with open_library(tmp_path / "one") as one, open_library(tmp_path / "two") as two:
        one.ingest([papers])
        two.ingest([papers / "manual.pdf"])
        two.ingest([papers])
        assert one._store.signature() == two._store.signature()


# Progress


def test_progress_rises_over_files_and_passages_to_the_end(empty_library: Library, papers: Path) -> None:
    steps: list[Step] = []
    empty_library.ingest([papers], progress=steps.append)
    assert [(Path(s.path).name, s.files_done, s.files, s.passages_done, s.passages) for s in steps] == [
        ("lease.pdf", 0, 2, 0, 0),
        ("lease.pdf", 0, 2, 1, 2),
        ("lease.pdf", 0, 2, 2, 2),
        ("manual.pdf", 1, 2, 0, 0),
        ("manual.pdf", 1, 2, 1, 1),
        ("manual.pdf", 2, 2, 0, 0),
    ]


def test_a_run_without_files_has_no_progress(empty_library: Library, tmp_path: Path) -> None:
    steps: list[Step] = []
    assert empty_library.ingest([tmp_path / "absent"], progress=steps.append).failed == 1
    assert steps == []


def test_an_empty_document_counts_as_added_or_updated_by_what_was_known() -> None:
    reports = [DocumentReport("/new", "empty"), DocumentReport("/old", "empty"), DocumentReport("/gone", "removed")]
    report = report_of(reports, {"/old"}, 1.23456)
    assert (report.added, report.updated, report.removed, report.seconds) == (1, 1, 1, 1.235)
    assert report.documents == tuple(reports)


# Settings that leave little room


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"passage_tokens": 32, "overlap_tokens": 0}, id="little room beside the title"),
        pytest.param({"passage_tokens": 32}, id="overlap longer than the passage"),
        pytest.param({"passage_tokens": 64, "overlap_tokens": 64}, id="overlap as long as the passage"),
        pytest.param({"passage_tokens": 64, "overlap_tokens": 16}, id="small"),
    ],
)
def test_passages_of_any_allowed_length_can_be_built(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write_pdf(tmp_path / "a.pdf", "\n".join(f"Sentence number {n}." for n in range(30)), title="title " * 40)
    with open_library(tmp_path, **changes) as library:
        assert library.ingest([path]).added == 1
        assert len(texts(library)) > 1


def test_documents_without_a_file_are_stored_once_and_found(empty_library: Library) -> None:
    documents = [
        Document(f"entry {n}/_", f"Title {n}", (Page(1, "1", f"Plums number {n} are ripe."),)) for n in range(70)
    ]
    told: list[Step] = []
    empty_library.add(documents[:2])
    empty_library.add([*documents, Document("empty/_", "", (Page(1, "1", ""),))], progress=told.append)
    assert len(empty_library.documents()) == 71
    assert [hit.document for hit in empty_library.search("Which plums have number 69?", k=1)] == ["entry 69/_"]
    assert empty_library.read("entry 69/_") == documents[69]
    assert (told[-1].files_done, told[-1].files) == (69, 69)
    assert isinstance(empty_library.embedder, WordEmbedder)
    assert len(empty_library.embedder.read) == 70
    assert empty_library._store.check() == []


def test_documents_are_kept_in_whole_groups_when_adding_stops(empty_library: Library) -> None:
    fakes_of(empty_library).embedder = Interrupted("number 66", KeyboardInterrupt())
    documents = [Document(f"{n}/_", "", (Page(1, "1", f"Plums number {n} are ripe."),)) for n in range(70)]
    with pytest.raises(KeyboardInterrupt):
        empty_library.add(documents)
    assert len(empty_library.documents()) == 64


def test_why_a_file_was_not_read_is_a_code_beside_the_sentence(library: Library, papers: Path, tmp_path: Path) -> None:
    manual, lease, copy = papers / "manual.pdf", papers / "lease.pdf", papers / "sub" / "copy.pdf"
    copy.parent.mkdir()
    copy.write_bytes(lease.read_bytes())
    manual.rename(papers / "guide.pdf")
    (papers / "bad.txt").write_bytes(b"\0")
    report = library.sync(papers)
    found = {Path(line.path).name: (line.status, line.code, line.other, line.hint) for line in report.documents}
    assert found == {
        "bad.txt": ("failed", "wrong_type", "", ""),
        "copy.pdf": ("added", "copy", str(lease), ""),
        "guide.pdf": ("updated", "renamed", str(manual), ""),
        "lease.pdf": ("unchanged", "", "", ""),
    }
    [missing] = library.ingest([tmp_path / "gone.pdf"]).documents
    assert (missing.code, missing.hint) == ("missing", "Check the path.")
    assert missing.as_json()["code"] == "missing"
    [gone] = library.remove("gone.pdf").documents
    assert (gone.code, gone.hint) == ("unknown", "List what is there with `rag documents`.")


def test_a_line_without_anything_to_say_has_no_more_json_than_before(library: Library, papers: Path) -> None:
    [line, _] = library.ingest([papers]).documents
    assert set(line.as_json()) == {"path", "status", "pages", "pages_with_text", "chunks", "reason"}
