from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).resolve().parents[2] / "data"
SAMPLES = DATA / "samples"
QUESTIONS = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
ANSWERABLE = [question for question in QUESTIONS if question["document"]]
DOCUMENTS = sorted(path.name for path in SAMPLES.glob("*.pdf"))
OTHER_KINDS = {"kind", "need", "history", "opposite"}  # fields of questions that do not ask for a fact
NEEDING = [question for question in QUESTIONS if "kind" in question]
FRONT = ["i", "ii", "iii", "iv"]


def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


def normal(text: str) -> str:
    joined = re.sub(r"(?<=\w)-\n(?=\w)", "", text)
    return " ".join(joined.split()).lower()


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    return {name: [normal(text) for text in pages(SAMPLES / name)] for name in DOCUMENTS}


@pytest.fixture(scope="module")
def points() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DATA.parent / "benchmarks"))
        yield import_module("points")
        sys.modules.pop("points", None)


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    pytest.importorskip("fpdf")
    spec = importlib.util.spec_from_file_location("make_samples", DATA / "make_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up while the class is made.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "make_samples", module)
        spec.loader.exec_module(module)
        yield module


def test_there_are_enough_documents_and_questions() -> None:
    assert len(DOCUMENTS) >= 7
    assert len(ANSWERABLE) >= 40
    assert len(QUESTIONS) - len(ANSWERABLE) >= 10
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)


def test_every_document_has_questions() -> None:
    for name in DOCUMENTS:
        assert sum(question["document"] == name for question in ANSWERABLE) >= 6, name


def test_unanswerable_questions_name_nothing() -> None:
    for question in QUESTIONS:
        assert set(question) - OTHER_KINDS == {"question", "answers", "document", "page"}
        if question["document"] is None:
            assert question["answers"] == []
            assert question["page"] is None


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["question"][:60])
def test_an_answer_stands_on_its_page(question: dict[str, Any], texts: dict[str, list[str]]) -> None:
    found = texts[question["document"]][question["page"] - 1]
    assert any(normal(answer) in found for answer in question["answers"])


def test_questions_of_other_kinds_say_what_an_answer_needs() -> None:
    kinds = Counter(question["kind"] for question in NEEDING)
    assert kinds == {
        "list": 8,
        "explain": 6,
        "howto": 6,
        "yesno": 6,
        "compare": 4,
        "count": 3,
        "followup": 4,
        "section": 3,
    }
    for question in NEEDING:
        assert question["answers"] == question["need"][0]
        assert ("history" in question) is (question["kind"] == "followup")
        assert ("opposite" in question) is (question["kind"] == "yesno")


@pytest.mark.parametrize("question", NEEDING, ids=lambda question: question["question"][:60])
def test_every_form_of_every_point_stands_on_its_page(
    question: dict[str, Any], texts: dict[str, list[str]], points: Any
) -> None:
    found = texts[question["document"]][question["page"] - 1]
    missing = [form for forms in question["need"] for form in forms if not points.is_met([form], found)]
    assert missing == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_have_4_to_20_pages_of_text(name: str, texts: dict[str, list[str]]) -> None:
    assert 4 <= len(texts[name]) <= 20
    assert all(len(text) > 250 for text in texts[name])


def test_one_document_is_long(texts: dict[str, list[str]]) -> None:
    assert max(len(found) for found in texts.values()) >= 12


def test_the_manual_has_roman_front_matter() -> None:
    labels = PdfReader(SAMPLES / "dishwasher-manual.pdf").page_labels
    assert labels == FRONT + [str(number) for number in range(1, len(labels) - len(FRONT) + 1)]


def test_the_columns_are_read_one_after_the_other() -> None:
    found = normal(pages(SAMPLES / "research-note.pdf")[0])
    assert found.index("1 introduction") < found.index("does it reach the bedrooms?") < found.index("2.1 study area")


def test_some_words_are_hyphenated_and_some_sentences_run_over() -> None:
    assert re.search(r"[a-z]-\n[a-z]", "".join(pages(SAMPLES / "research-note.pdf")))
    first, second = pages(SAMPLES / "travel-policy.pdf")[:2]
    assert "Nobody" in first
    assert "approves their own trip" in normal(second)


@pytest.mark.slow
def test_the_script_makes_the_stored_documents_again(script: Any, tmp_path: Path) -> None:
    made = script.main(tmp_path)
    assert sorted(path.name for path in made) == DOCUMENTS
    fpdf = pytest.importorskip("fpdf")
    for path in made:
        if fpdf.__version__ == script.FPDF_VERSION:
            assert path.read_bytes() == (SAMPLES / path.name).read_bytes(), path.name
        else:
            assert pages(path) == pages(SAMPLES / path.name), path.name
