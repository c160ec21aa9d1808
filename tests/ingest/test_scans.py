"""Pages without a text layer are recognised one by one, or named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from odd_files import picture_of, with_scans

from ingest import Document, Page, Readers, Remark, Scans, is_unread, ocr_available, pool, waiting
from ingest.process import Lost, Process
from ingest.readers.reading_order import Line, in_order
from ingest.recognition import Recognition
from ingest.scans import completed, left
from ingest.types import Recognised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.remarks import RemarkCode

SCANNED = picture_of("The warranty of the heron boat", "ends on 14 March 2031.")
HOW = (
    "not read, shown only as pictures: `pip install '.[ocr]'` in the folder of rag-app's source "
    "and `rag ingest` again would read them"
)


@pytest.fixture
def document() -> Document:
    return Document("a.pdf", "a", (Page(1, "1", "Text."), Page(2, "2", ""), Page(3, "3", "")), unread=(2, 3))


@pytest.mark.slow
def test_one_scanned_page_of_forty_is_recognised_with_its_number(tmp_path: Path) -> None:
    if not ocr_available():
        pytest.skip("the extra ocr is not installed")
    sheets = [f"This is page {number} of the book." for number in range(1, 41)]
    path = with_scans(tmp_path / "book.pdf", [*sheets[:22], SCANNED, *sheets[23:]])
    with Readers(1) as readers:
        document = readers.read(path)
    page = document.pages[22]
    assert " ".join(page.text.split()) == "The warranty of the heron boat ends on 14 March 2031."
    assert (page.number, page.method) == (23, "ocr")
    assert page.confidence is not None
    assert 0.8 < page.confidence <= 1
    assert {other.method for other in document.pages if other is not page} == {"text"}
    assert (document.unread, document.warnings) == ((), ())


def test_without_the_extra_the_pages_are_named_with_what_would_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ocr_available", lambda: False)
    path = with_scans(tmp_path / "book.pdf", ["One.", SCANNED, SCANNED, "Four.", "", SCANNED])
    with Readers(1) as readers:
        document = readers.read(path)
    assert document.unread == (2, 3, 6)  # page 5 is blank
    assert document.warnings == (f"pages 2-3, 6 {HOW}",)
    assert [page.text for page in document.pages] == ["One.", "", "", "Four.", "", ""]


def test_a_scan_with_a_stamp_in_its_text_layer_is_still_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ocr_available", lambda: False)
    path = with_scans(tmp_path / "scan.pdf", [SCANNED], stamp="EX-0017")
    with Readers(1) as readers:
        document = readers.read(path)
    assert (document.text, document.unread) == ("EX-0017", (1,))


def test_recognised_pages_replace_empty_ones_and_unread_ones_are_named(document: Document) -> None:
    done = completed(document, {2: Recognised("Found.", 0.93)})
    assert done.pages[1] == Page(2, "2", "Found.", "ocr", 0.93)
    assert (done.text, done.unread) == ("Text.\fFound.\f", (3,))
    assert done.warnings == (f"page 3 {HOW}",)


def test_what_only_the_text_layer_of_a_scan_has_comes_after_what_is_recognised() -> None:
    page = Page(1, "1", "Lift out of order\nNote: Ask Ben\nKEPT BACK", hidden=((32, 41),))
    found = {1: Recognised("The lift is serviced twice a year by the caretaker.\nLIFT OUT OF ORDER", 0.9)}
    [done] = completed(Document("a.pdf", "a", (page,), unread=(1,)), found).pages
    assert done.text == f"{found[1].text}\n\nNote: Ask Ben\nKEPT BACK"
    assert [done.text[start:end] for start, end in done.hidden] == ["KEPT BACK"]


def test_pages_that_nobody_has_tried_to_recognise_are_known_by_the_remarks(document: Document) -> None:
    codes: tuple[RemarkCode, ...] = ("ocr_missing", "ocr_waiting", "ocr_off")
    for code in codes:
        said = left(document, (2, 3), code).remarks
        assert said == (Remark(code, (2, 3)),)
        assert is_unread(said)
    assert waiting(left(document, (2, 3), "ocr_waiting").remarks) == (2, 3)
    assert waiting(left(document, (2, 3), "ocr_off").remarks) == ()
    assert not is_unread(completed(document, {}, "made the reader crash").remarks)
    assert not is_unread(())


def test_forced_recognition_replaces_the_text_of_a_page_where_it_finds_any(document: Document) -> None:
    assert Scans("force").wanted(document) == (1, 2, 3)
    assert Scans("force").wanted(replace(document, path="a.tif")) == (2, 3)
    found = {1: Recognised("New.", 0.9), 2: Recognised("Found.", 0.9), 3: Recognised("", 0.0)}
    done = completed(document, found, forced=True)
    assert [(page.text, page.method) for page in done.pages] == [("New.", "ocr"), ("Found.", "ocr"), ("", "text")]
    assert done.remarks == (Remark("ocr_forced"), Remark("ocr_empty", (3,)))
    kept = completed(document, {1: Recognised("", 0.0)}, "made the reader crash", forced=True)
    assert (kept.pages[0].text, kept.pages[0].method) == ("Text.", "text")
    assert kept.remarks == (Remark("ocr_forced"), Remark("ocr_failed", (2, 3), "made the reader crash"))


class Told:
    """Stands in for the processes that recognise pages, and says which were asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, str, int]] = []
        monkeypatch.setattr(Process, "recognise", self._recognise)
        monkeypatch.setattr(pool, "ocr_available", lambda: True)

    def _recognise(
        self,
        path: Path,
        password: str | None,
        numbers: Sequence[int],
        recognised: Callable[[int, Recognised], None],
        member: str = "",
    ) -> None:
        for number in numbers:
            self.asked.append((path.name, member, number))
            if number in self.deadly:
                raise Lost("made the reader crash")
            recognised(number, Recognised(f"Recognised {number}.", 0.9))

    deadly: frozenset[int] = frozenset()


class Memory:
    """Keeps recognised pages in memory."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str, int], Recognised] = {}

    def find(self, path: Path, member: str, number: int) -> Recognised | None:
        return self.pages.get((path.name, member, number))

    def keep(self, path: Path, member: str, number: int, page: Recognised) -> None:
        self.pages[path.name, member, number] = page


def test_scans_are_named_as_waiting_and_recognised_later_without_the_pages_that_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, kept = Told(monkeypatch), Memory()
    path = with_scans(tmp_path / "book.pdf", ["One.", SCANNED, SCANNED, "Four."])
    kept.keep(path, "", 3, Recognised("Kept 3.", 0.8))
    with Readers(1) as readers:
        first = readers.read(path, scans=Scans(later=True))
        assert (waiting(first.remarks), told.asked) == ((2, 3), [])
        assert [page.text for page in first.pages] == ["One.", "", "", "Four."]
        whole = readers.read(path, scans=Scans(kept=kept))
        off = readers.read(path, scans=Scans("off"))
    assert told.asked == [("book.pdf", "", 2)]
    assert [page.text for page in whole.pages] == ["One.", "Recognised 2.", "Kept 3.", "Four."]
    assert list(kept.pages) == [("book.pdf", "", 3), ("book.pdf", "", 2)]
    assert off.remarks == (Remark("ocr_off", (2, 3)),)


def test_a_page_that_kills_its_process_costs_only_itself_and_three_in_a_row_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(monkeypatch)
    path = with_scans(tmp_path / "book.pdf", [SCANNED] * 7)
    with Readers(1) as readers:
        readers._recognition = Recognition(readers.lexicon, 1)
        told.deadly = frozenset({2, 3})
        assert readers.read(path).remarks == (Remark("ocr_failed", (2, 3), "made the reader crash"),)
        told.deadly = frozenset({2, 3, 4})
        assert readers.read(path).remarks == (Remark("ocr_failed", (2, 3, 4, 5, 6, 7), "made the reader crash"),)
        readers._recognition.close()


def test_low_confidence_and_pictures_without_text_are_flagged(document: Document) -> None:
    done = completed(document, {2: Recognised("Fuond.", 0.41), 3: Recognised("", 0.0)})
    assert done.unread == ()
    assert done.warnings == (
        "page 3 shown as pictures in which no text was recognised",
        "page 2 recognised with low confidence",
    )


def test_pages_that_broke_the_recogniser_are_named(document: Document) -> None:
    done = completed(document, {3: Recognised("Found.", 0.9)}, "made the reader crash")
    assert done.warnings == ("page 2 could not be recognised: made the reader crash",)


def test_two_columns_are_read_one_after_the_other_and_cells_side_by_side() -> None:
    left = [Line(0, 100 + 20 * n, 450, 115 + 20 * n, f"left {n}") for n in range(6)]
    right = [Line(500, 104 + 20 * n, 950, 119 + 20 * n, f"right {n}") for n in range(6)]
    title, foot = Line(0, 50, 940, 80, "Title over both"), Line(10, 300, 930, 315, "Foot under both")
    order = in_order([foot, *right, *left, title]).split("\n")
    assert order == [
        "Title over both",
        *(f"left {n}" for n in range(6)),
        *(f"right {n}" for n in range(6)),
        "Foot under both",
    ]
    cells = [Line(0, 10, 80, 20, "Rent"), Line(600, 11, 650, 21, "85"), Line(0, 30, 80, 40, "Heat")]
    assert in_order(cells) == "Rent 85\nHeat"
    assert in_order([]) == ""
