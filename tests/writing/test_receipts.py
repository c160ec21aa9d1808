from __future__ import annotations

from ingest import Document, Page, Remark
from rag_app.types import StoredDocument
from rag_app.writing.receipts import receipt_of

STORED = StoredDocument("/a.pdf", "T", "ab" * 32, 7, 0.0, 4, 2, 2, 5.0, ("/a.pdf", "/b.pdf"))


def test_a_receipt_tells_what_was_read_of_each_page() -> None:
    pages = (
        Page(1, "i", "some seen and hidden words", "ocr", 0.5, ((5, 9),)),
        Page(2, "ii", ""),
        Page(3, "iii", "sure words", "fallback"),
        Page(4, "iv", "", "text"),
    )
    document = Document("/a.pdf", "T", pages, (Remark("pages_lost", (4,), "stream"),))
    receipt = receipt_of(document, STORED, 0, [(0, len(document.text)), (0, 4)])
    assert (receipt.passages, receipt.tokens_cut, receipt.warnings) == (2, 0, document.warnings)
    assert (receipt.document, receipt.paths, receipt.sha256, receipt.ingested) == (
        *("/a.pdf", ("/a.pdf", "/b.pdf"), "ab" * 32, 5.0),
    )
    assert [(p.page, p.characters, p.method, p.confidence, p.hidden, p.passages, p.warning) for p in receipt.pages] == [
        (1, 26, "ocr", 0.5, 4, 2, "recognised with a confidence of 0.50 only"),
        (2, 0, "text", None, 0, 0, "no text was found on it"),
        (3, 10, "fallback", None, 0, 1, None),
        (4, 0, "text", None, 0, 0, "page 4 could not be read: stream"),
    ]


def test_each_of_several_pages_that_a_remark_names_is_told_of_alone() -> None:
    pages = tuple(Page(number, str(number), "") for number in range(1, 6))
    remarks = (
        Remark("second_parser", detail="the first failed: loop"),
        Remark("pages_lost", (1, 2, 5), "stream"),
        Remark("ocr_missing", (2, 3)),
        Remark("parser_said", detail="page 4 is odd"),
    )
    told = [page.warning for page in receipt_of(Document("/a.pdf", "T", pages, remarks), STORED, 0, []).pages]
    assert told == [
        "page 1 could not be read: stream",
        "page 2 could not be read: stream",
        Remark("ocr_missing", (3,)).text,
        "no text was found on it",
        "page 5 could not be read: stream",
    ]


def test_what_was_set_aside_is_a_note_and_no_warning() -> None:
    pages = (Page(1, "1", "one"), Page(2, "2", ""))
    remarks = (Remark("line_repeated", (2,), "Bank of Ely"), Remark("page_numbers", (1, 2), "- 1 -"))
    receipt = receipt_of(Document("/a.pdf", "T", pages, remarks), STORED, 0, [])
    assert (receipt.warnings, receipt.notes) == ((), (remarks[0].text, remarks[1].text))
    assert [page.warning for page in receipt.pages] == [None, "no text was found on it"]


def test_a_page_is_in_a_passage_that_holds_one_of_its_characters() -> None:
    document = Document("/a.pdf", "T", (Page(1, "1", "first"), Page(2, "2", "second")))
    spans = [(0, 6), (0, 7), (6, 12), (11, 12)]  # the page break is at 5
    assert [page.passages for page in receipt_of(document, STORED, 0, spans).pages] == [2, 3]
