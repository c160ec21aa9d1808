from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import write_pdf

from rag_app.searching.document_names import aboutness, names
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What did Intel earn in Q2 2023?", ["Intel", "Q2", "2023"]),
        ("How much does Kestrel & Boone's insurance pay?", ["Kestrel", "Boone"]),
        ("Welche Firma darf die Wallbox einbauen?", ["Firma", "Wallbox"]),
        ("what is the rent of 3 rooms?", []),
        ("Intel or Intel?", ["Intel"]),
        ("What did ACME earn in the first quarter of 2023?", ["ACME", "2023", "Q1"]),
        ("a 2nd-quarter loss, or Q2, or the fourth quarter", ["2nd", "Q2", "Q4"]),
        ("", []),
    ],
)
def test_names_are_capitalised_words_codes_and_years(question: str, found: list[str]) -> None:
    assert names(question) == found


@pytest.mark.parametrize(
    ("path", "title", "expected"),
    [
        ("/files/2022 Q3 ACME.pdf", "Annual report", "2022 Q3 ACME: Annual report"),
        ("/files/annual-report.pdf", "Annual Report 2024", "Annual Report 2024"),
        ("/files/notes.txt", "notes", "notes"),
        ("/files/---.txt", "---", "---"),
    ],
)
def test_the_file_name_comes_first_where_it_says_more_than_the_title(path: str, title: str, expected: str) -> None:
    assert heading(path, title) == expected


def test_words_of_the_file_name_are_searched(empty_library: Library, tmp_path: Path) -> None:
    for share, quarter in enumerate(("2022 Q3 ACME", "2023 Q1 ACME"), 2):
        text = f"Revenue rose by {share} per cent in the quarter."
        write_pdf(tmp_path / "reports" / f"{quarter}.pdf", text, title="Quarterly report")
    empty_library.ingest([tmp_path / "reports"])
    for quarter in ("2022 Q3 ACME", "2023 Q1 ACME"):
        [first, *_] = empty_library.search(f"Did revenue rise in {quarter}?")
        assert first.document.endswith(f"{quarter}.pdf")
    assert empty_library.search("Q1", mode="keyword", rerank=False)[0].document.endswith("2023 Q1 ACME.pdf")
    empty_library.remove(["2023 Q1 ACME.pdf"])
    assert empty_library.search("Q1", mode="keyword", rerank=False) == []
    assert empty_library._store.check() == []


def test_a_document_is_named_as_much_as_the_one_that_has_the_names_most() -> None:
    shares = {"Intel": {"a": 0.5, "b": 0.25}, "Nobody": {}}
    assert aboutness("Did Intel hire Nobody?", lambda word: shares[word], 4) == {"a": 1.0, "b": 0.5}


def test_a_name_that_few_documents_have_counts_more() -> None:
    shares = {
        "Acme": {"a": 1.0},
        "Q2": {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0},
        "2023": dict.fromkeys("abcdefgh", 1.0),
    }
    named = aboutness("How much did Acme earn in Q2 2023?", lambda word: shares[word], 8)
    assert named["a"] == 1.0
    assert named["b"] == pytest.approx(0.25)  # log 2 of log 2 + log 8
    assert named["e"] == 0.0


def test_a_name_that_every_document_has_names_none() -> None:
    assert aboutness("What of 2023?", lambda word: {"a": 1.0, "b": 1.0}, 2) == {}


def test_a_question_without_names_is_about_no_document() -> None:
    assert aboutness("how high is the rent?", lambda word: {"a": 1.0}, 2) == {}


def test_a_word_has_the_share_of_each_documents_passages_that_hold_it(library: Library, papers: Path) -> None:
    lease, manual = str(papers / "lease.pdf"), str(papers / "manual.pdf")
    assert library._store.shares("landlord") == {lease: 0.5}
    assert library._store.shares("dishwasher") == {manual: 1.0}
    assert library._store.shares("zebra") == library._store.shares("the") == library._store.shares('"') == {}


def test_of_two_like_passages_that_of_the_document_named_in_the_question_comes_first(
    empty_library: Library, tmp_path: Path
) -> None:
    for company in ("Acme", "Bolt"):
        pages = (f"{company} makes tools.", "Revenue of the company rose in the year to nine million.")
        write_pdf(tmp_path / "reports" / f"{company.lower()}.pdf", *pages, title="Annual report")
    empty_library.ingest([tmp_path / "reports"])
    for company in ("Acme", "Bolt"):
        [first, *_] = empty_library.search(f"How much did revenue of {company} rise?")
        assert first.document.endswith(f"{company.lower()}.pdf")
