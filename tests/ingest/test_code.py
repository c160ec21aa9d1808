from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import CELL, DocumentError, Passage, cut, read, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_source_code_keeps_its_lines_and_indentation(tmp_path: Path) -> None:
    path = tmp_path / "area.py"
    path.write_bytes(b"\xef\xbb\xbf\r\n\r\ndef area(r):\r\n\tpi  =  3.14   \r\n\r\n\r\n    return pi*r**2\r\n")
    document = read(path)
    assert document.title == "area.py"
    assert document.text == "\n\ndef area(r):\n    pi  =  3.14\n\n\n    return pi*r**2\n"
    assert document.sections == ((2, "line 3"), (15, "line 4"), (33, "line 7"))
    assert CELL not in document.text


def test_what_cannot_be_seen_is_removed_from_source_code(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("if (admin\u202e) { // \u2066check\u2069\n\x1b[31mfi\u200bx()\f}\n")
    assert read(path).text == "if (admin) { // check\n[31mfix() }\n"


def test_passages_of_code_end_with_a_blank_line_and_name_their_lines(tmp_path: Path) -> None:
    function = "def step_{n}(value):\n    # adds {n} and returns it\n    result = value + {n}\n    return result\n"
    path = tmp_path / "steps.py"
    path.write_text("\n".join(function.format(n=n) for n in range(12)))
    passages = cut(read(path), words, 40, 0)
    assert [passage.page_label for passage in passages] == [f"lines {n}-{n + 8}" for n in range(1, 60, 10)]
    assert all(passage.text.startswith("def step_") and passage.text.endswith("return result") for passage in passages)


def test_a_single_line_is_cited_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('\n\nname = "x"\n')
    document = read(path)
    assert cut(document, words, 10, 0) == [Passage(2, 12, 1, 1, "line 3", 'name = "x"')]


def test_a_line_of_a_million_characters_is_cut_in_time(tmp_path: Path) -> None:
    path = tmp_path / "min.js"
    path.write_text("var a=1;" * 130_000)
    document = read(path)
    assert max(end - start for start, end in sentences(document.text)) <= 600
    assert document.label_at(500_000, 500_010) == "line 1"


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"int main() { \x00 }", bytes(range(1, 9)) * 9])
def test_bytes_that_no_code_has_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.c"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.reason == "is not a text file"
