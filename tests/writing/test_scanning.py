"""Documents of pictures come in at once with what they have, and are recognised after all others, page by page."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from fakes import open_library
from odd_files import picture_of, with_scans

from ingest import Remark, pool
from ingest.process import Process
from ingest.types import Recognised
from rag_app.errors import MissingExtra, SettingsError
from rag_app.storage.scanned import FILE, ScannedPages
from rag_app.writing import ingestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.reports import IngestReport
    from rag_app.writing.builder import Step

SCAN = picture_of("A picture")


class Recogniser:
    """Stands in for the processes that recognise pages: page 2 of b.pdf says "b.pdf 2 heron"."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.ends_at: int | None = None  # the page, counted from 1, at which the run is interrupted
        self.before: Callable[[], None] = lambda: None

    def recognise(
        self,
        path: Path,
        password: str | None,
        numbers: Sequence[int],
        recognised: Callable[[int, Recognised], None],
        member: str = "",
    ) -> None:
        for number in numbers:
            self.before()
            self.asked.append((path.name, number))
            if len(self.asked) == self.ends_at:
                raise KeyboardInterrupt
            recognised(number, Recognised(f"{member or path.name} {number} heron.", 0.9))


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Recogniser:
    own = Recogniser()
    monkeypatch.setattr(Process, "recognise", lambda _, *how: own.recognise(*how))
    for module in (pool, ingestion):
        monkeypatch.setattr(module, "ocr_available", lambda: True)
    monkeypatch.setattr("ingest.ocr_available", lambda: True)
    monkeypatch.setattr(pool, "_processors", lambda: 1)
    return own


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    with_scans(folder / "a.pdf", ["Cover of a.", SCAN, SCAN])
    with_scans(folder / "b.pdf", [SCAN, SCAN])
    (folder / "z.txt").write_text("The zebra comes last.")
    return folder


def lines(report: IngestReport) -> list[tuple[str, str, str | None]]:
    return [(one.path.rpartition("/")[2], one.status, one.reason) for one in report.documents]


def texts(library: Library) -> dict[str, list[str]]:
    stored = [library.read(document.path) for document in library.documents()]
    return {one.path.rpartition("/")[2]: [page.text for page in one.pages] for one in stored}


def waiting(library: Library) -> dict[str, int]:
    return {one.path.rpartition("/")[2]: one.pages_waiting for one in library.documents() if one.pages_waiting}


WHOLE = {
    "a.pdf": ["Cover of a.", "a.pdf 2 heron.", "a.pdf 3 heron."],
    "b.pdf": ["b.pdf 1 heron.", "b.pdf 2 heron."],
    "z.txt": ["The zebra comes last."],
}


def test_all_documents_are_searchable_before_the_first_page_is_recognised(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    with open_library(tmp_path) as library:
        seen: list[object] = []

        def look() -> None:
            if seen:
                return
            with open_library(tmp_path) as other:
                verified = other.verify()
                seen.append((other.search("zebra")[0].text, waiting(other), verified.ok, verified.notes))

        recogniser.before = look
        steps: list[Step] = []
        report = library.ingest([files], progress=steps.append)
        note = ("4 pages of 2 documents wait to be recognised: run `rag sync FOLDER` or `rag ingest PATH` to go on.",)
        assert seen[0] == ("The zebra comes last.", {"a.pdf": 2, "b.pdf": 2}, True, note)
        assert lines(report) == [("a.pdf", "added", None), ("b.pdf", "added", None), ("z.txt", "added", None)]
        assert (report.added, report.updated) == (3, 0)
        assert (texts(library), waiting(library)) == (WHOLE, {})
        assert library.search("heron")[0].document.endswith(".pdf")
        assert (steps[-1].scans_done, steps[-1].scans) == (4, 4)
        assert not (library.settings.library / FILE).exists()
        assert {one.status for one in library.ingest([files]).documents} == {"unchanged"}
        assert len(recogniser.asked) == 4


def test_an_interrupted_run_keeps_its_pages_and_the_next_one_recognises_the_others(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    recogniser.ends_at = 4
    with open_library(tmp_path) as library, pytest.raises(KeyboardInterrupt):
        library.ingest([files])
    with open_library(tmp_path) as library:
        assert "b.pdf" in waiting(library)
        receipt = library.receipt("b.pdf")
        assert receipt.pages[0].warning == (
            "page 1 not read yet, waiting to be recognised: the next `rag ingest` or `rag sync` of it goes on"
        )
        recogniser.asked.clear()
        recogniser.ends_at = None
        report = library.sync(files)
        assert ("b.pdf", "updated", None) in lines(report)
        assert recogniser.asked == [("b.pdf", 2)]
        assert (texts(library), waiting(library)) == (WHOLE, {})
        assert library.verify(0).ok
        assert not (library.settings.library / FILE).exists()


def test_a_scan_that_replaces_a_document_with_text_waits_until_it_is_recognised(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    with_scans(files / "b.pdf", ["Typed text of b."])
    with open_library(tmp_path) as library:
        library.ingest([files])
        with_scans(files / "b.pdf", [SCAN, SCAN])
        old: list[list[str]] = []
        recogniser.before = lambda: old.append(texts(library)["b.pdf"])
        report = library.sync(files)
        assert lines(report)[1] == ("b.pdf", "updated", None)
        assert old[0] == ["Typed text of b."]
        assert texts(library) == WHOLE


def test_copies_in_places_that_this_run_does_not_look_at_get_the_pages_too(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    copy = tmp_path / "elsewhere" / "copy.pdf"
    copy.parent.mkdir()
    copy.write_bytes((files / "b.pdf").read_bytes())
    with open_library(tmp_path) as library:
        library.ingest([files, copy], ocr="off")
        assert library.read("copy.pdf").remarks == (Remark("ocr_off", (1, 2)),)
        report = library.ingest([files])
        assert [path.rpartition("/")[2] for path, *_ in lines(report)] == ["a.pdf", "b.pdf", "z.txt", "copy.pdf"]
        [scan] = [one for one in library.documents() if str(copy) in one.paths]
        assert scan.paths == (str(copy), str(files / "b.pdf"))
        assert [page.method for page in library.read("b.pdf").pages] == ["ocr", "ocr"]


def test_off_recognises_nothing_and_says_how_it_is_done_later(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    said = "not read, shown only as pictures, and recognition was off: `rag ingest --ocr auto` reads them"
    with open_library(tmp_path, ocr="off") as library:
        report = library.ingest([files])
        assert lines(report)[0] == ("a.pdf", "added", f"pages 2-3 {said}")
        assert lines(report)[1][:2] == ("b.pdf", "empty")
        assert recogniser.asked == []
        assert library.verify().ok
        assert {one.status for one in library.ingest([files]).documents} == {"unchanged"}
        library.ingest([files / "b.pdf"], ocr="auto")
        assert recogniser.asked == [("b.pdf", 1), ("b.pdf", 2)]


def test_force_recognises_all_pages_of_pdfs_once(tmp_path: Path, files: Path, recogniser: Recogniser) -> None:
    with open_library(tmp_path) as library:
        library.ingest([files])
        recogniser.asked.clear()
        library.ingest([files], ocr="force")
        assert recogniser.asked == [("a.pdf", 1), ("a.pdf", 2), ("a.pdf", 3), ("b.pdf", 1), ("b.pdf", 2)]
        assert texts(library)["a.pdf"][0] == "a.pdf 1 heron."
        assert library.receipt("a.pdf").warnings == (
            "all pages were recognised, whatever text they had, as --ocr force asked for",
        )
        library.ingest([files], ocr="force")
        library.ingest([files])
        assert len(recogniser.asked) == 5
        assert library.verify().ok


def test_force_needs_the_extra_and_other_words_are_refused(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.ocr_available", lambda: False)
    with pytest.raises(MissingExtra) as error:
        library.ingest([papers], ocr="force")
    assert error.value.hint == "Run `pip install '.[ocr]'` in the folder of rag-app's source."
    with pytest.raises(SettingsError, match="ocr = 'always' is unknown"):
        library.ingest([papers], ocr="always")  # type: ignore[arg-type]


def test_a_file_that_changes_while_its_pages_are_recognised_keeps_none_of_them(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    def change() -> None:
        if recogniser.asked == [("a.pdf", 2)]:
            with_scans(files / "a.pdf", ["Another cover of a.", SCAN])

    recogniser.before = change
    with open_library(tmp_path) as library:
        report = library.ingest([files])
        assert lines(report)[0] == ("a.pdf", "failed", "is being written: it changed while it was read")
        assert waiting(library) == {"a.pdf": 2}
        library.sync(files)
        assert texts(library)["a.pdf"] == ["Another cover of a.", "a.pdf 2 heron."]
        assert not (library.settings.library / FILE).exists()


def test_pages_that_a_kill_left_behind_are_forgotten_once_no_document_waits_for_them(
    tmp_path: Path, files: Path, recogniser: Recogniser
) -> None:
    with open_library(tmp_path) as library:
        library.ingest([files])
        pages = ScannedPages.open(library.settings.library, "of another time")
        pages.keep(library.documents()[0].sha256, "", 1, Recognised("Text.", 0.9))
        pages.close()
        assert (library.settings.library / FILE).exists()
        library.ingest([files / "z.txt"])
        assert not (library.settings.library / FILE).exists()


# The file beside the library


def test_kept_pages_come_back_until_they_are_dropped_or_damaged_or_of_another_recipe(tmp_path: Path) -> None:
    page = Recognised("Text with 😀.", 0.75)
    pages = ScannedPages.open(tmp_path, "one")
    for number in (1, 2):
        pages.keep("aa", "", number, page)
    pages.keep("bb", "a.eml > b.pdf", 1, page)
    pages.close()
    pages = ScannedPages.open(tmp_path, "one")
    assert pages.find("aa", "", 1) == pages.find("bb", "a.eml > b.pdf", 1) == page
    assert (pages.find("aa", "", 3), pages.count("aa")) == (None, 2)
    pages.only(["bb"])
    assert (pages.count("aa"), pages.count("bb")) == (0, 1)
    pages.close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("UPDATE pages SET page = replace(page, 'Text', 'Test')")
    connection.commit()
    connection.close()
    pages = ScannedPages.open(tmp_path, "one")
    assert pages.find("bb", "a.eml > b.pdf", 1) is None
    pages.close()
    pages = ScannedPages.open(tmp_path, "two")
    assert pages.count("bb") == 0
    pages.close()
    assert not (tmp_path / FILE).exists()
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    ScannedPages.open(tmp_path, "one").close()
    assert list(tmp_path.iterdir()) == []
