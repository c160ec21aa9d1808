"""What was read of a file with a loss takes the place of a longer text only where that, too, had one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored import make_document, put

from ingest import Remark
from rag_app.storage.store import Store
from rag_app.writing.staleness import loss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = make_document("/a.epub", "The first chapter.", "The second one.")
PART = make_document("/a.epub", "", "The second one.")
DAMAGED = [
    Remark("pages_lost", (1,), "too deep"),
    Remark("slide_cut", (1,), "no shape"),
    Remark("chapter_missing", (1,), "one.xhtml"),
    Remark("pages_missing", detail="found 1 of 2 pages"),
    Remark("page_list_lost"),
]
HARMLESS = [
    Remark("pages_second_parser", (1,), "too deep"),
    Remark("ocr_missing", (1,)),
    Remark("ocr_failed", (1,), "page 1 could not be read: too deep"),
    Remark("parser_said", detail="page 1 could not be read: pages are missing"),
    Remark("pages_forgotten"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        yield store


@pytest.mark.parametrize("remark", DAMAGED, ids=lambda remark: remark.code)
def test_a_damaged_file_keeps_its_whole_text_and_loses_one_that_was_damaged_too(store: Store, remark: Remark) -> None:
    put(store, WHOLE)
    problem = loss(store, "/a.epub", replace(PART, remarks=(remark,)), "cd" * 32)
    assert problem is not None
    assert (problem.code, problem.reason) == (
        "damaged",
        f"is damaged, and less of it can be read than before: {remark.text}",
    )
    put(store, replace(WHOLE, remarks=(Remark("page_list_lost"),)))
    assert loss(store, "/a.epub", replace(PART, remarks=(remark,)), "cd" * 32) is None


@pytest.mark.parametrize("remark", HARMLESS, ids=lambda remark: remark.code)
def test_a_file_that_only_became_shorter_is_read_anew_whatever_is_said_of_it(store: Store, remark: Remark) -> None:
    put(store, WHOLE)
    assert loss(store, "/a.epub", replace(PART, remarks=(remark,)), "cd" * 32) is None
