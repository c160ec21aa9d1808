from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pypdf
import pytest
from fakes import write_pdf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_files import assemble, pages, stream
from pypdf.constants import PageLabelStyle

from ingest import Document, DocumentError, Remark, cut, read, sentences
from ingest.limits import TERMS, Terms
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def encrypted(path: Path, password: str, algorithm: str = "AES-256") -> Path:
    writer = pypdf.PdfWriter(clone_from=path)
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    writer.write(path)
    return path


@pytest.fixture(autouse=True)
def _own_terms() -> Iterator[None]:
    token = TERMS.set(Terms())
    yield
    TERMS.reset(token)


def reason(path: Path, password: str | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        read(path, password)
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_a_pdf_becomes_its_pages_in_order(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "report.pdf", "First page.", "Second page.", title="Annual Report")
    document = read(path)
    assert (document.path, document.title, document.warnings) == (str(path), "Annual Report", ())
    assert [(page.number, page.label, page.text) for page in document.pages] == [
        (1, "1", "First page."),
        (2, "2", "Second page."),
    ]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (None, "stem"),
        ("", "stem"),
        ("Untitled", "stem"),
        ("Microsoft Word - draft.docx", "stem"),
        ("final_v2.pdf", "stem"),
        ("my long name.docx", "stem"),
        ("Document1", "stem"),
        ("0000320193-22-000070", "stem"),
        ("  On the\tOrigin \n of Species ", "On the Origin of Species"),
        ("Über Pferde", "Über Pferde"),
        ("Presentation of Data", "Presentation of Data"),
    ],
)
def test_the_title_is_the_metadata_if_sensible_else_the_stem(
    tmp_path: Path, metadata: str | None, expected: str
) -> None:
    path = write_pdf(tmp_path / "stem.pdf", "Text.", title=metadata)
    assert read(path, lexicon=lexicon()).title == expected


def test_page_labels_are_the_printed_numbers(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "book.pdf", *(f"Text {letter}." for letter in "abcde"))
    writer = pypdf.PdfWriter(clone_from=path)
    writer.set_page_label(0, 2, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(3, 4, style=PageLabelStyle.DECIMAL, start=7)
    writer.write(path)
    assert [page.label for page in read(path).pages] == ["i", "ii", "iii", "7", "8"]


def test_damaged_page_labels_fall_back_to_page_numbers(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "book.pdf", "Text a.", "Text b.")
    writer = pypdf.PdfWriter(clone_from=path)
    labels = pypdf.generic.DictionaryObject(
        {pypdf.generic.NameObject("/Nums"): pypdf.generic.TextStringObject("nonsense")}
    )
    writer.root_object[pypdf.generic.NameObject("/PageLabels")] = labels
    writer.write(path)
    assert [page.label for page in read(path).pages] == ["1", "2"]


def test_one_bad_page_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_pdf(tmp_path / "a.pdf", "One.", "Two.", "Three.")
    extract = pypdf.PageObject.extract_text

    def fail_on_two(page: pypdf.PageObject) -> str:
        text = extract(page)
        if "Two" in text:
            raise RecursionError("too\ndeep")
        return text

    monkeypatch.setattr(pypdf.PageObject, "extract_text", fail_on_two)
    document = read(path)
    assert [(page.text, page.method) for page in document.pages] == [
        ("One.", "text"),
        ("Two.", "fallback"),
        ("Three.", "text"),
    ]
    assert document.warnings == ("page 2 read with the second parser: too deep",)
    TERMS.set(Terms(native=False))
    document = read(path)
    assert [(page.text, page.method) for page in document.pages] == [("One.", "text"), ("", "text"), ("Three.", "text")]
    assert document.warnings == ("page 2 could not be read: too deep",)


def test_pages_that_failed_are_named_together_where_they_did_for_the_same_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_pdf(tmp_path / "a.pdf", "One.", "Two.", "Three.", "Four.")
    extract = pypdf.PageObject.extract_text

    def fail(page: pypdf.PageObject) -> str:
        text = extract(page)
        if "One" not in text:
            raise ValueError("odd" if "Three" in text else "too deep")
        return text

    monkeypatch.setattr(pypdf.PageObject, "extract_text", fail)
    assert read(path).remarks == (
        Remark("pages_second_parser", (2, 4), "too deep"),
        Remark("pages_second_parser", (3,), "odd"),
    )
    TERMS.set(Terms(native=False))
    assert read(path).remarks == (Remark("pages_lost", (2, 4), "too deep"), Remark("pages_lost", (3,), "odd"))


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf_needs_its_password(tmp_path: Path, algorithm: str) -> None:
    path = encrypted(write_pdf(tmp_path / "a.pdf", "Secret text."), "open sesame", algorithm)
    assert reason(path) == "is encrypted: a password is needed"
    assert reason(path, "guess") == "is encrypted: the password is wrong"
    assert read(path, "open sesame").text == "Secret text."
    assert read(path, "owner").text == "Secret text."


def test_a_pdf_encrypted_with_the_empty_password_opens_by_itself(tmp_path: Path) -> None:
    path = encrypted(write_pdf(tmp_path / "a.pdf", "Public text."), "")
    assert read(path).text == "Public text."
    assert read(path, "needless").text == "Public text."


def test_a_pdf_without_text_has_empty_pages(tmp_path: Path) -> None:
    document = read(write_pdf(tmp_path / "scan.pdf", "", ""))
    assert [page.text for page in document.pages] == ["", ""]
    assert document.warnings == ()
    assert cut(document, lambda texts: [1 for _ in texts], 10, 0) == []


def test_random_bytes_and_other_files_are_no_pdf(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    for content in (random.Random(0).randbytes(5000), b"<html>no</html>", b"\0"):
        path.write_bytes(content)
        assert reason(path) == "is not a PDF"


def test_a_header_without_a_body_is_damaged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + random.Random(0).randbytes(3000))
    assert reason(path).startswith("is damaged and cannot be read: ")
    assert capfd.readouterr() == ("", "")


def test_a_pdf_without_pages_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pypdf.PdfWriter().write(path)
    assert reason(path) == "holds no page"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), flips=st.lists(st.floats(0, 1), max_size=5))
def test_a_truncated_or_corrupted_pdf_is_read_or_refused_cleanly(
    tmp_path: Path, share: float, flips: list[float]
) -> None:
    whole = tmp_path / "whole.pdf"
    if not whole.exists():
        write_pdf(whole, *(f"Page {number} says something." for number in range(1, 6)))
    data = bytearray(whole.read_bytes())
    for flip in flips:
        data[int(flip * (len(data) - 1))] ^= 0x55
    path = tmp_path / "cut.pdf"
    path.write_bytes(bytes(data[: max(1, int(share * len(data)))]))
    try:
        document = read(path)
    except DocumentError as error:
        assert "\n" not in error.reason  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(document, Document)
        assert "\f" not in "".join(page.text for page in document.pages)


def test_a_sentence_over_two_pages_stays_whole(tmp_path: Path) -> None:
    first = "The committee met in the spring. Its members agreed after a long and heated debate that the"
    path = write_pdf(tmp_path / "a.pdf", first, "budget had to grow. Nobody objected.")
    document = read(path)
    spans = [document.text[start:end] for start, end in sentences(document.text)]
    assert spans == [
        "The committee met in the spring.",
        "Its members agreed after a long and heated debate that the\fbudget had to grow.",
        "Nobody objected.",
    ]
    [passage] = cut(document, lambda texts: [len(text.split()) for text in texts], 50, 0)
    assert (passage.page, passage.page_end, passage.text) == (1, 2, document.text)


@pytest.mark.slow
def test_pypdf_is_loaded_only_when_a_pdf_is_read() -> None:
    code = "import sys, ingest; sys.exit('pypdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WIDE = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 122/Widths[%b]>>" % (b"500 " * 91)


@pytest.mark.parametrize(
    ("drawn", "method"),
    [
        (
            b"[(The)-200(tenant)-200(may)-200(keep)-200(one)-200(cat.)]TJ",
            "fallback",
        ),  # gaps smaller than the font's space
        (b"(The tenant may keep one cat.)Tj", "text"),
    ],
)
def test_words_are_parted_where_the_page_shows_gaps(tmp_path: Path, drawn: bytes, method: str) -> None:
    path = tmp_path / "lease.pdf"
    content = stream(b"BT /F1 10 Tf 20 100 Td %b ET" % drawn)
    path.write_bytes(assemble(pages([content], b"/Resources<</Font<</F1 %b>>>>" % WIDE)))
    [page] = read(path).pages
    assert (page.text, page.method) == ("The tenant may keep one cat.", method)
