"""The tables of a recognised page come from the boxes of its texts, by the code that reads those of other PDFs."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_files import picture_of, table_picture, with_scans

from ingest import Document, Page, Readers, ocr_available
from ingest.grid import row_header
from ingest.lexicon import Lexicon
from ingest.readers import ocr
from ingest.readers.boxes import Box, lines_of, sheet_of
from ingest.readers.ocr import Sight
from ingest.scans import completed
from ingest.types import Recognised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.table import Table

WIDTH, HEIGHT = 500.0, 700.0  # points
LETTER = 5.0  # points of each letter
SIZE = 10.0  # of the letters
PITCH = 15.0  # from line to line
ROOM = 2.0  # that recognition leaves around a text
ROOM_ALONE = 6.0  # beside a single letter
WORDS = Lexicon(markers=frozenset({"Table"}), unit_in=frozenset({"in"}), scales=frozenset({"thousands"}))
BILLS = [
    "Table 3: Bills of the club",
    "",
    "In thousands                                           2023      2022",
    "Water by meter                                        7,560     5,208",
    "Rent                                                     40       (38)",
    "  of the boat house                                      22        20",
    "Fees                                                  1,250     1,100",
]
CELLS = [
    ["In thousands", "2023", "2022"],
    ["Water by meter", "7,560", "5,208"],
    ["Rent", "40", "(38)"],
    ["of the boat house", "22", "20"],
    ["Fees", "1,250", "1,100"],
]
PROSE = [
    "The club has paid 7,560 euros for its water by meter in 2023 and 5,208",
    "euros in the year before, as the boats were washed in each of the weeks",
    "from May to October. The rent was 40 euros a month, and it was 38 euros",
    "before that. Fees are paid by all members but those who are younger than",
    "18 or older than 80, and nobody has paid more than 1,250 euros for them.",
    "In 2022 there were 214 members, and in 2023 there were 230 of them.",
]
COLUMNS = [f"{line[:34].strip():<38}{line[34:].strip()}" for line in PROSE * 3]


def cuts(line: str, gap: int) -> Iterator[tuple[int, str]]:
    """Yield the parts of a line that at least `gap` spaces part, each after its column."""
    start = 0
    for part in line.split(" " * gap):
        if part.strip():
            yield start + len(part) - len(part.lstrip()), part.strip()
        start += len(part) + gap


class Scan:
    """What recognition finds on a page of fixed-width letters that leans by `slope`; edges are off by up to `off`."""

    def __init__(self, slope: float = 0.0, off: float = 0.0, seed: int = 0) -> None:
        self._slope, self._off, self._chance = slope, off, random.Random(seed)

    def boxes(self, lines: list[str], gap: int = 3, *, parts: bool = True) -> list[Box]:
        """Return a box for each text that `gap` spaces part from the next, with its words if `parts`."""
        return [
            self._box(text, column, PITCH * (number + 2), parts=parts)
            for number, line in enumerate(lines)
            for column, text in cuts(line, gap)
        ]

    def _box(self, text: str, column: int, top: float, *, parts: bool) -> Box:
        left = LETTER * (column + 4)
        words = [(left + LETTER * at, word) for at, word in cuts(text, 1)] if parts else []
        return Box(
            " ".join(text.split()),
            self._corners(left, top, len(text)),
            tuple(Box(word, self._corners(at, top, len(word))) for at, word in words),
        )

    def _corners(self, left: float, top: float, letters: int) -> Any:
        x0, y0, x1, y1 = (ROOM + self._chance.uniform(-self._off, self._off) for _ in range(4))
        if letters == 1:
            x0 = x1 = ROOM_ALONE
        x0, y0, x1, y1 = left - x0, top - y0, left + LETTER * letters + x1, top + SIZE + y1
        return tuple((x - self._slope * y, y + self._slope * x) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def page(boxes: list[Box], number: int = 1) -> tuple[str, tuple[Table, ...]]:
    found = ocr.page_of(Sight(tuple(boxes), WIDTH, HEIGHT, 0.9), number, WORDS)
    return found.text, found.tables


def rows(table: Table) -> list[list[str]]:
    texts: list[list[str]] = [[] for _ in range(1 + max(cell.row for cell in table.cells))]
    for cell in table.cells:
        texts[cell.row].append(cell.text)
    return texts


def test_a_scanned_table_has_cells_at_their_places_in_the_text_and_a_name() -> None:
    text, [table] = page(Scan().boxes(BILLS), number=7)
    assert text.split("\n") == [BILLS[0], *("\t".join(row) for row in CELLS)]
    assert rows(table) == CELLS
    assert [text[cell.start : cell.end] for cell in table.cells] == [cell.text for cell in table.cells]
    assert {cell.text for cell in table.cells if cell.header} == {*CELLS[0]}
    assert (table.page, table.page_end, table.caption, table.unit) == (7, 7, BILLS[0], "In thousands")
    left, top, right, bottom = table.cells[3].box or (0, 0, 0, 0)  # "Water by meter", without the room around it
    assert (left, right) == pytest.approx((4 * LETTER, 18 * LETTER), abs=1.5)
    assert (top + bottom) / 2 == pytest.approx(5 * PITCH + SIZE / 2, abs=1.5)


@pytest.mark.parametrize("slope", [-0.03, -0.01, 0.01, 0.03])  # 0.03: the last column is 10 points lower
def test_a_page_that_leans_has_the_same_table(slope: float) -> None:
    text, [table] = page(Scan(slope).boxes(BILLS))
    assert (text, rows(table)) == (page(Scan().boxes(BILLS))[0], CELLS)


@given(st.integers(0, 10_000), st.sampled_from([-0.02, 0.0, 0.02]))
def test_boxes_that_are_too_large_or_too_small_make_the_same_table(seed: int, slope: float) -> None:
    boxes = Scan(slope, off=0.8, seed=seed).boxes(BILLS)
    random.Random(seed).shuffle(boxes)
    _, [table] = page(boxes)
    assert rows(table) == CELLS
    labels = [" > ".join(cell.text for cell in row_header(table, row)) for row in range(1, 5)]
    assert labels == ["Water by meter", "Rent", "Rent > of the boat house", "Fees"]


def test_a_box_over_two_columns_is_two_cells() -> None:
    boxes = Scan().boxes(BILLS, gap=7)  # the figures of most rows stand in one box
    assert "7,560 5,208" in [box.text for box in boxes]
    text, [table] = page(boxes)
    assert rows(table) == CELLS
    assert "Water by meter\t7,560\t5,208" in text


def test_signs_that_stand_apart_belong_to_the_figures_after_them() -> None:
    lines = [
        "                             2023           2022",
        "Products          $        60,584  $      63,355",
        "Services          $        21,213  $      19,604",
        "Other             $           265  $        (10)",
    ]
    _, [table] = page(Scan().boxes(lines, gap=2))
    assert rows(table) == [
        ["2023", "2022"],
        ["Products", "$ 60,584", "$ 63,355"],
        ["Services", "$ 21,213", "$ 19,604"],
        ["Other", "$ 265", "$ (10)"],
    ]


def test_figures_that_are_recognised_without_a_space_are_two_cells_by_their_places() -> None:
    boxes = [
        Box("7,5605,208", box.corners, box.parts) if box.text == "7,560 5,208" else box
        for box in Scan().boxes(BILLS, gap=7)
    ]
    assert rows(page(boxes)[1][0]) == CELLS


@pytest.mark.parametrize("parts", [(), (Box("Remt", ((0, 0), (9, 0), (9, 9), (0, 9))),)])
def test_letters_are_spread_evenly_where_the_places_of_words_are_not_known(parts: tuple[Box, ...]) -> None:
    [line] = lines_of([Box("Rent for May", ((10, 20), (70, 20), (70, 30), (10, 30)), parts)], WIDTH, HEIGHT)
    step = (line.right - line.left) / 12
    assert [(word.text, pytest.approx(word.left), pytest.approx(word.right)) for word in line.words] == [
        ("Rent", line.left, line.left + 4 * step),
        ("for", line.left + 5 * step, line.left + 8 * step),
        ("May", line.left + 9 * step, line.right),
    ]


@given(st.lists(st.text(max_size=9), max_size=5), st.floats(-0.05, 0.05))
def test_every_letter_that_is_recognised_is_on_the_sheet(texts: list[str], slope: float) -> None:
    boxes = Scan(slope).boxes(texts)
    glyphs = sheet_of(lines_of(boxes, WIDTH, HEIGHT), WIDTH, HEIGHT).glyphs
    assert [glyph.text for glyph in glyphs] == [letter for box in boxes for letter in "".join(box.text.split())]


@pytest.mark.parametrize("lines", [PROSE, COLUMNS, ["", "  Bills of 2023", "", *PROSE, "", "    12"], [""]])
@pytest.mark.parametrize("slope", [0.0, 0.02])
def test_prose_makes_no_table(lines: list[str], slope: float) -> None:
    text, tables = page(Scan(slope, off=1.0).boxes(lines))
    assert (tables, "\t" in text) == ((), False)
    assert sorted(text.split()) == sorted(" ".join(lines).split())


def test_text_that_runs_upwards_beside_a_table_is_no_part_of_it() -> None:
    stamp = Box("Copy of the archive", ((430, 30), (440, 30), (440, 140), (430, 140)))
    text, [table] = page([*Scan().boxes(BILLS), stamp])
    assert rows(table) == CELLS
    assert stamp.text in text


def test_a_table_over_two_scanned_pages_is_one() -> None:
    head, *body = BILLS[2:]
    scans = [page(Scan().boxes(lines), number) for number, lines in ((2, [head, *body]), (3, [head, *reversed(body)]))]
    found = {number: Recognised(text, 0.9, tables) for number, (text, tables) in enumerate(scans, 2)}
    unread = Document("a.pdf", "a", (Page(1, "1", "Bills"), Page(2, "2", ""), Page(3, "3", "")), unread=(2, 3))
    document = completed(unread, found)
    [table] = document.tables
    assert (table.page, table.page_end) == (2, 3)
    assert rows(table) == [*CELLS, *reversed(CELLS[1:])]
    assert [document.text[cell.start : cell.end] for cell in table.cells] == [cell.text for cell in table.cells]


class Corners(list[list[float]]):
    """As an array of numbers."""

    def tolist(self) -> list[list[float]]:
        return self


class Engine:
    """Reads the bills on each picture with a black corner, surely where it is the upper left one."""

    def __init__(self, *, places_words: bool = True) -> None:
        self._places_words = places_words

    def __call__(self, picture: Any, *, use_cls: bool, return_word_box: bool) -> Any:
        if return_word_box and not self._places_words:
            raise ValueError("a box without a width")
        black = [bool(picture[y, x, 0] < 128) for x, y in ((9, 9), (-9, 9), (-9, -9), (9, -9))]
        boxes = Scan().boxes(BILLS) if any(black) else []
        upside_down, sideways = black.index(True) > 1 if boxes else False, black[1] or black[3]
        return SimpleNamespace(
            txts=[box.text[::-1] if upside_down else box.text for box in boxes],
            boxes=[self._corners(box, sideways=sideways) for box in boxes],
            scores=[0.7 if upside_down else 0.95] * len(boxes),
            word_results=[self._words(box) if return_word_box else None for box in boxes],
        )

    def _words(self, box: Box) -> list[tuple[str, float, Corners]]:
        return [(part.text, 0.9, self._corners(part, sideways=False)) for part in box.parts]

    def _corners(self, box: Box, *, sideways: bool) -> Corners:
        (x0, y0), _, (x1, y1), _ = [(x * 200 / 72, y * 200 / 72) for x, y in box.corners]  # pixels
        if sideways:
            x0, y0, x1, y1 = y0, x0, y1, x1
        return Corners([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def bills(path: Path, turns: int = 0) -> Path:
    """Write a PDF whose second page is a scan that lies in one of four ways."""
    picture = picture_of()
    picture.paste(0, (0, 0, 60, 60))
    return with_scans(path, ["Bills", picture.rotate(90 * turns, expand=True)])


@pytest.mark.parametrize("turns", range(4))
def test_a_scan_is_read_as_it_reads_best_however_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(ocr, "_engine", Engine)
    [(number, found)] = ocr.recognise(bills(tmp_path / "scan.pdf", turns), None, [2], WORDS)
    assert (number, found.confidence) == (2, pytest.approx(0.95))
    assert [rows(table) for table in found.tables] == [CELLS]


def test_a_scan_without_text_is_read_as_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_engine", Engine)
    path = with_scans(tmp_path / "scan.pdf", [picture_of()])
    assert list(ocr.recognise(path, None, [1], WORDS)) == [(1, Recognised("", 0.0))]


def test_a_scan_is_read_where_the_places_of_its_words_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "_engine", lambda: Engine(places_words=False))
    [(_, found)] = ocr.recognise(bills(tmp_path / "scan.pdf"), None, [2], WORDS)
    assert [rows(table) for table in found.tables] == [CELLS]


@pytest.mark.slow
def test_a_picture_of_a_table_is_recognised_as_cells(tmp_path: Path) -> None:
    if not ocr_available():
        pytest.skip("the extra ocr is not installed")
    path = with_scans(tmp_path / "bills.pdf", ["The bills of the club follow.", table_picture(BILLS[0], CELLS)])
    with Readers(1, WORDS) as readers:
        document = readers.read(path)
    [table] = document.tables
    assert rows(table) == CELLS
    assert (table.page, table.caption, table.unit) == (2, BILLS[0], "In thousands")
    assert [document.text[cell.start : cell.end] for cell in table.cells] == [cell.text for cell in table.cells]
    assert document.pages[1].text.split("\n") == [BILLS[0], *("\t".join(row) for row in CELLS)]
