from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ingest import Document, Page, read
from ingest.clean import repair
from ingest.lines import line_sections, repaired_sections

if TYPE_CHECKING:
    from pathlib import Path

PROSE = st.lists(st.sampled_from(["amber", "bridge", "cedar-wood", "Dune", "elm", "far.", "gate,", "12"]), max_size=14)


def test_wrapped_lines_are_joined_and_still_have_the_numbers_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    lines = [
        "",
        "The keeper of the old lighthouse climbed the two hundred stairs every single eve-",
        "ning until winter.",
    ]
    path.write_text(
        "\r\n".join([*lines, "", "Then he rested, for the lamps had been replaced by ones that need no keeper."])
    )
    document = read(path)
    assert "every single evening until winter." in document.text
    place = document.text.index("ning until")
    assert document.label_at(0, 5) == "line 2"
    assert document.label_at(place, place + 4) == "line 3"
    assert document.label_at(0, place + 4) == "lines 2-3"
    assert document.label_at(document.text.index("Then he"), len(document.text)) == "line 5"


def test_a_lone_carriage_return_ends_a_line_and_an_exotic_break_does_not(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("first\x0bstill first\rsecond\u2028still second\nthird".encode())
    document = read(path)
    labels = {
        word: document.label_at(at := document.text.index(word), at + 1) for word in ("still f", "second", "third")
    }
    assert labels == {"still f": "line 1", "second": "line 2", "third": "line 3"}


def test_sections_belong_to_their_page_and_a_page_without_one_has_its_label() -> None:
    pages = (Page(1, "i", "Head\ntext"), Page(2, "ii", "text\nTail"))
    document = Document("a.epub", "a", pages, sections=((0, "Head"), (15, "Tail")))
    assert [document.label_at(at, at + 1) for at in (0, 6, 10, 15, 17)] == ["Head", "Head", "ii", "Tail", "Tail"]
    assert document.headings == {0, 15}


def test_a_document_without_sections_is_cited_by_its_page_labels() -> None:
    assert Document("a.pdf", "a", (Page(1, "i", "One."), Page(2, "ii", "Two."))).label_at(5, 9) == "ii"


@given(st.lists(PROSE.map(" ".join), max_size=30))
def test_each_line_begins_where_its_section_says(lines: list[str]) -> None:
    raw = "\n".join(lines)
    [text] = repair([raw])
    sections = repaired_sections(raw, text)
    assert [place for place, _ in sections] == sorted({place for place, _ in sections})
    for place, label in sections:
        line = re.sub(r"[\s-]", "", lines[int(label.removeprefix("line ")) - 1])
        assert re.sub(r"[\s-]", "", text[place:]).startswith(line)


@given(st.text(alphabet="ab \n", max_size=200))
def test_the_lines_of_unchanged_text_are_those_of_its_file(text: str) -> None:
    sections = line_sections(text)
    for place, label in sections:
        assert text.count("\n", 0, place) + 1 == int(label.removeprefix("line "))
    assert len(sections) == sum(bool(line.strip()) for line in text.split("\n"))
