from __future__ import annotations

import pytest

from ingest import place_name


@pytest.mark.parametrize(
    ("path", "page", "label", "expected"),
    [
        ("/a/b.PDF", 4, "iv", "page iv (PDF page 4)"),
        ("b.pdf", 4, "4", "page 4"),
        ("b.pdf", 4, "", "page 4"),
        ("b.txt", 2, "2", "page 2"),
        ("b.txt", 1, "lines 3-5", "lines 3-5"),
        ("b.py", 1, "line 3", "line 3"),
        ("b.md", 1, "Terms of use", "“Terms of use”"),
        ("b.docx", 1, "1", ""),
        ("b.pptx", 7, "7", "slide 7"),
        ("b.xlsx", 2, "Costs", "sheet Costs"),
        ("b.epub", 3, "3", "chapter 3"),
        ("b.epub", 3, "Dragons", "“Dragons” (chapter 3)"),
    ],
)
def test_a_place_is_named_in_the_words_of_its_format(path: str, page: int, label: str, expected: str) -> None:
    assert place_name(path, page, label) == expected
