from __future__ import annotations

import pytest

from ingest.titles import titled


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
    assert titled(path, title) == expected
