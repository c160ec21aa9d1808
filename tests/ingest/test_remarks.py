"""What reading says of a document is a code with pages and a detail; the sentence and what can be done follow."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

import pytest

from ingest import Document, Page, Remark, ocr_available, tells_of_loss, worth_reading_again
from ingest.remarks import RemarkCode, by_page, by_reason, remark_of

CODES: list[tuple[Remark, str, bool]] = [  # the sentence, and whether parts of a damaged file were not read
    (Remark("pages_lost", (2, 3, 9), "too deep"), "pages 2-3, 9 could not be read: too deep", True),
    (Remark("slide_cut", (4,), "no shape"), "slide 4 could not be read whole: no shape", True),
    (Remark("chapter_missing", (1,), "OPS/one.xhtml"), "chapter 1 is missing: OPS/one.xhtml", True),
    (Remark("pages_missing", detail="found 2 of 3 pages"), "pages are missing: found 2 of 3 pages", True),
    (Remark("page_list_lost"), "its list of pages was damaged and made anew: some may be lost", True),
    (
        Remark("second_parser", detail="the first failed: {loop}"),
        "read with the second parser, as the first failed: {loop}",
        False,
    ),
    (Remark("pages_second_parser", (2,), "too deep"), "page 2 read with the second parser: too deep", False),
    (Remark("no_letters", (1,)), "page 1 set in a font that does not say which letters its shapes are", False),
    (
        Remark("letters_lost", (4,)),
        "page 4 without some words: their font does not say which letters its shapes are",
        False,
    ),
    (
        Remark("ocr_missing", (2, 3, 6)),
        "pages 2-3, 6 not read, shown only as pictures: `pip install '.[ocr]'` in the folder of rag-app's source "
        "and `rag ingest` again would read them",
        False,
    ),
    (Remark("ocr_failed", (2,), "needed more"), "page 2 could not be recognised: needed more", False),
    (Remark("ocr_empty", (3,)), "page 3 shown as pictures in which no text was recognised", False),
    (Remark("ocr_unsure", (2,)), "page 2 recognised with low confidence", False),
    (Remark("line_numbers", (1, 2)), "pages 1-2 without the numbers in the margin that count lines", False),
    (
        Remark("text_hidden", (2, 5)),
        "pages 2, 5 with hidden text, which is kept and is no evidence",
        False,
    ),
    (
        Remark("beside_lost", (1,), "too deep"),
        "page 1 holding form fields or notes that could not all be read: too deep",
        False,
    ),
    (
        Remark("hidden_unknown", detail="made the reader crash"),
        "the second parser made the reader crash: hidden text was not looked for, nor the labels of form fields",
        False,
    ),
    (
        Remark("slides_hidden", (2, 3)),
        "slides 2-3 left out when it is shown: the text is kept and is no evidence",
        False,
    ),
    (
        Remark("parts_missing", detail="word/footnotes.xml"),
        "parts of it are missing or damaged: word/footnotes.xml",
        True,
    ),
    (Remark("parser_said", detail="page 1 could not be read: {x}"), "page 1 could not be read: {x}", False),
    (Remark("as_it_stands", detail="it is not XML"), "read as it stands: it is not XML", False),
    (
        Remark("bytes_lost", detail="2 places"),
        "bytes at 2 places are no characters: � stands for them",
        False,
    ),
    (
        Remark("encoding_unsure", detail="KOI8-R"),
        "it does not say how its letters are encoded: read as KOI8-R, which may be wrong",
        False,
    ),
    (
        Remark("encoding_other", detail="gb2312, but was read as UTF-8"),
        "it says that it is written in gb2312, but was read as UTF-8",
        False,
    ),
    (
        Remark("cells_forgotten", detail="1,000,000"),
        "tables of more than 1,000,000 cells are kept as text only",
        False,
    ),
    (
        Remark("not_shown", detail="sheet “Old”; row 4 of “Prices”"),
        "hidden in its program, kept as hidden text: sheet “Old”; row 4 of “Prices”",
        False,
    ),
    (Remark("worked_out", detail="6"), "formulas without a stored value that were worked out: 6", False),
    (
        Remark("not_worked_out", detail="2"),
        "formulas without a stored value that are not worked out, and stand as written: 2",
        False,
    ),
    (
        Remark("line_repeated", (2, 3), "Bank of Ely"),
        "pages 2-3 without a line that stands on an earlier one: “Bank of Ely”",
        False,
    ),
    (Remark("page_numbers", (1, 2), "- 1 -"), "pages 1-2 without page numbers, such as “- 1 -”", False),
    (Remark("pages_forgotten"), "some of its pages were lost with a damaged library: read the file again", False),
    (Remark("members_unread", detail="a.bin: no"), "not read of what is in it: a.bin: no", False),
]


def test_the_table_has_every_code() -> None:
    assert [remark.code for remark, *_ in CODES] == list(get_args(RemarkCode))


@pytest.mark.parametrize(("remark", "sentence", "loss"), CODES, ids=get_args(RemarkCode))
def test_the_sentence_and_what_can_be_done_follow_from_the_code(remark: Remark, sentence: str, loss: bool) -> None:
    assert remark.text == sentence
    assert tells_of_loss([remark]) is loss
    assert worth_reading_again([remark]) is (remark.code == "ocr_missing" and ocr_available())
    document = Document("a.pdf", "a", (Page(1, "1", ""),), (remark,))
    note = remark.code in {"line_repeated", "page_numbers"}
    assert (document.warnings, document.notes) == (((), (sentence,)) if note else ((sentence,), ()))


@pytest.mark.parametrize(("remark", "sentence", "loss"), CODES, ids=get_args(RemarkCode))
def test_a_remark_comes_back_from_json(remark: Remark, sentence: str, loss: bool) -> None:
    assert remark_of(json.loads(json.dumps(asdict(remark)))) == remark
    assert (remark.text, remark.tells_of_loss) == (sentence, loss)


def test_words_of_a_sentence_that_somebody_else_wrote_decide_nothing() -> None:
    said = [Remark("parser_said", detail=remark.text) for remark, *_ in CODES]
    assert not tells_of_loss(said)
    assert not worth_reading_again(said)


def test_of_one_of_its_pages_the_same_is_said_alone() -> None:
    remark = Remark("pages_lost", (2, 3, 9), "too deep")
    assert remark.text_on(3) == "page 3 could not be read: too deep"


def test_a_sentence_is_never_longer_than_a_line_may_be() -> None:
    text = Remark("pages_lost", tuple(range(1, 20_000, 2)), "x" * 1_000).text
    assert (len(text), text[:14], text[-1]) == (1_000, "pages 1, 3, 5,", "…")


def test_a_sentence_about_thousands_of_pages_still_says_what_is_the_matter() -> None:
    text = Remark("pages_lost", tuple(range(1, 10_001, 2)), "too deep").text
    assert text.startswith("pages 1, 3, 5, ")
    assert text.endswith(", 37, 39 and 4,980 more could not be read: too deep")


def test_pages_that_fail_each_for_its_own_reason_are_all_named_in_few_remarks() -> None:
    remarks = by_reason("pages_lost", {page: f"bad object {page % 4_000}" for page in range(5_000, 0, -1)})
    assert [(remark.pages, remark.detail) for remark in remarks[:2]] == [
        ((1, 4_001), "bad object 1"),
        ((2, 4_002), "bad object 2"),
    ]
    assert len(remarks) == 21
    assert remarks[-1].text.endswith("could not be read: various reasons")
    assert sorted(page for remark in remarks for page in remark.pages) == list(range(1, 5_001))


def test_a_page_is_told_of_by_the_first_remark_that_names_it() -> None:
    first, second = Remark("pages_lost", (2, 3), "why"), Remark("ocr_missing", (3, 4))
    note = Remark("page_numbers", (2, 5), "1")
    assert by_page([Remark("page_list_lost"), note, first, second]) == {2: first, 3: first, 4: second}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("page 1 could not be read: x", id="a sentence"),
        pytest.param(None, id="nothing"),
        pytest.param({}, id="no field"),
        pytest.param({"code": "page_list_lost", "pages": []}, id="a field less"),
        pytest.param({"code": "page_list_lost", "pages": [], "detail": "", "text": "x"}, id="a field more"),
        pytest.param({"code": "magic", "pages": [], "detail": ""}, id="another code"),
        pytest.param({"code": ["page_list_lost"], "pages": [], "detail": ""}, id="no text for a code"),
        pytest.param({"code": "ocr_unsure", "pages": [], "detail": ""}, id="no page"),
        pytest.param({"code": "ocr_unsure", "pages": 3, "detail": ""}, id="a number for pages"),
        pytest.param({"code": "ocr_unsure", "pages": "3", "detail": ""}, id="a text for pages"),
        pytest.param({"code": "ocr_unsure", "pages": [0], "detail": ""}, id="page 0"),
        pytest.param({"code": "ocr_unsure", "pages": [True], "detail": ""}, id="no number"),
        pytest.param({"code": "ocr_unsure", "pages": [1.0], "detail": ""}, id="no integer"),
        pytest.param({"code": "ocr_unsure", "pages": [[1]], "detail": ""}, id="a list for a number"),
        pytest.param({"code": "ocr_unsure", "pages": [2, 1], "detail": ""}, id="pages out of order"),
        pytest.param({"code": "ocr_unsure", "pages": [2, 2], "detail": ""}, id="a page twice"),
        pytest.param({"code": "ocr_unsure", "pages": [2], "detail": "why"}, id="a detail that is not said"),
        pytest.param({"code": "page_list_lost", "pages": [2], "detail": ""}, id="pages of what is about the file"),
        pytest.param({"code": "parser_said", "pages": [], "detail": 7}, id="a number for a detail"),
    ],
)
def test_what_is_no_remark_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="remark"):
        remark_of(value)
