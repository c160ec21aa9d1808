"""Which lines carry a sentence of the generator's own, and which sentences none does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.language.reading import sentences
from rag_app.proof.statement import bare_item, lines_behind

FALSEHOODS = Path(__file__).parents[2] / "benchmarks" / "falsehoods.jsonl"
ROWS = [json.loads(line) for line in FALSEHOODS.read_text(encoding="utf-8").splitlines()]
HOUSE = (
    "The house stands on a hill above the river and was built in 1904.",
    "A visitor brings to the house:",
    "• a towel of cotton",
    "• a pair of shoes without heels",
    "• the letter of invitation",
    "The visitor leaves the house before noon.",
    "The notice period for a visitor of the house is three months to the end of a calendar month.",
)
RULES = (
    "Dogs of a visitor may not run free in the garden.",
    "The deputy chair is Anna Berg.",
    "Otto Klein is treasurer.",
    "The deposit is at least 500 euros and is paid by Otto to Anna.",
    "You may keep a dog if the landlord agrees.",
    "Device: QM-7; Accuracy: 0.5 mm; Weight: 3 kg",
    "Members are Anna, Otto and Eva.",
    "Notice period: three months",
    "Smoking is allowed, except in the lift.",
    "Some guests may park in the yard.",
    "Meeting: noon",
    "Flats are larger than houses.",
    "The heating runs at 20-30 degrees.",
    "The fee is 1,250.50 euros.",
    "Cats or birds are kept in the shed.",
)
VERTRAG = (
    "Hunde dürfen im Garten nicht frei laufen.",
    "Die Kaution beträgt drei Monatsmieten.",
    "Der Mieter zahlt die Miete am dritten Werktag eines Monats.",
    "Wenn der Vermieter zustimmt, darf der Mieter einen Hund halten.",
    "Der Mietvertrag endet am 31. März 2026.",
)


@pytest.mark.parametrize(
    ("lines", "statement", "rows"),
    [
        (HOUSE, "A visitor leaves the house before noon.", (5,)),
        (HOUSE, "The house was built in 1904.", (0,)),
        (HOUSE, "The house stands on a hill above the river.", (0,)),
        (HOUSE, "The house stands on a hill and was built in 1904.", (0,)),
        (HOUSE, "The notice period for a visitor is 3 months to the end of a calendar month.", (6,)),
        (HOUSE, "a pair of shoes without heels", (3,)),
        (HOUSE, "A visitor brings to the house a towel of cotton.", (1, 2)),
        (HOUSE, "Visitors bring to the house the letter of invitation.", (1, 4)),
        (
            HOUSE,
            "A visitor brings a towel of cotton, a pair of shoes without heels and the letter of invitation.",
            (1, 2, 3, 4),
        ),
        (RULES, "Dogs of a visitor may not run free.", (0,)),
        (RULES, "Otto Klein is the treasurer.", (2,)),
        (RULES, "The deposit is at least 500 euros.", (3,)),
        (RULES, "You may keep a dog if the landlord agrees.", (4,)),
        (RULES, "Members are Anna, Otto, and Eva.", (6,)),
        (RULES, "The notice period is three months.", (7,)),
        (RULES, "Some guests may park in the yard.", (9,)),
        (RULES, "The meeting is at noon.", ()),  # nothing says that it is not until noon
        (RULES, "The fee is 1250.50 euros.", (13,)),
        (RULES, "Cats or birds are kept in the shed.", (14,)),
        (VERTRAG, "Die Kaution beträgt 3 Monatsmieten.", (1,)),
        (VERTRAG, "Der Mieter zahlt die Miete am dritten Werktag.", (2,)),
        (VERTRAG, "Der Mietvertrag endet am 31. März 2026.", (4,)),
        (("The rent is 900.", "The fee is 3."), "The rent is 900, and the fee is 3.", (0, 1)),
    ],
)
def test_a_sentence_in_the_words_of_lines_is_carried_by_them(
    lines: tuple[str, ...], statement: str, rows: tuple[int, ...]
) -> None:
    assert lines_behind(statement, "What does a visitor bring to the house?", lines) == rows


@pytest.mark.parametrize(
    ("lines", "statement"),
    [
        (HOUSE, "The house was built in 1905."),
        (HOUSE, "The visitor leaves the house after noon."),
        (HOUSE, "The visitor does not leave the house before noon."),
        (HOUSE, "A visitor brings a pair of shoes."),
        (HOUSE, "A visitor brings the house."),
        (HOUSE, "The notice period is three months to the end of the year."),
        (HOUSE, "The notice period for a visitor of the house is fifteen months."),
        (HOUSE, "The house stands on a river."),
        (HOUSE, "A visitor brings heels."),
        (RULES, "Dogs of a visitor may run free in the garden."),
        (RULES, "The chair is Anna Berg."),
        (RULES, "Anna Berg is treasurer."),
        (RULES, "Otto Klein is the deputy chair."),
        (RULES, "The deposit is 500 euros."),
        (RULES, "The deposit is paid by Anna to Otto."),
        (RULES, "The deposit is paid to Otto."),
        (RULES, "You may keep a dog."),
        (RULES, "Device QM-7 has a weight of 0.5 kg."),
        (RULES, "QM-7 has 3 kg."),
        (RULES, "Members are Anna and Otto."),
        (RULES, "Members are Eva."),
        (RULES, "Smoking is allowed."),
        (RULES, "Smoking is allowed in the lift."),
        (RULES, "Guests may park in the yard."),
        (RULES, "All guests may park in the yard."),
        (RULES, "The meeting is after noon."),
        (RULES, "Houses are larger than flats."),
        (RULES, "The heating runs at 30 degrees."),
        (RULES, "The fee is 125.50 euros."),
        (RULES, "Cats and birds are kept in the shed."),
        (RULES, "Cats are kept in the shed."),
        (VERTRAG, "Hunde dürfen frei laufen."),
        (VERTRAG, "Die Kaution beträgt zwei Monatsmieten."),
        (VERTRAG, "Der Mieter darf einen Hund halten."),
        (VERTRAG, "Der Vermieter zahlt die Miete."),
        (("The rent is due in May.", "The deposit in June."), "The rent is due in June."),
        (("Anna Berg", "Treasurer: Otto Klein"), "Anna Berg is treasurer."),
        (("The chair is Anna.", "The treasurer is Otto."), "The chair is Anna, the treasurer."),
        (("Chair:", "Anna", "Notes", "Otto is absent."), "The chair is Otto."),
        (("The rent for the garage is 50 euros.",), "The rent is 50 euros."),
        (("Net profit was 5 million in 2020, and 7 million in 2021.",), "Net profit was 7 million in 2020."),
        (("Net profit was 5 million in 2020.",), "Profit was 5 million in 2020."),
        (("Only members may vote.",), "Non-members may vote."),
        (("Every tenant may vote.",), "No tenant may vote."),
        (("Open from 9 to 17.",), "Open from 17 to 9."),
        (("The water has -5 degrees.",), "The water has 5 degrees."),
        (("The water has < 5 degrees.",), "The water has 5 degrees."),
        (("The profit was 5 million.",), "The profit was 5."),
        (("The fee is 5 %.",), "The fee is 5."),
        (("Tenants use the car park.",), "Tenants use the car."),
        (("The QM-7 is less accurate.",), "The QM-7 is accurate."),
        (("Tenants must pay the rent.",), "Tenants can pay the rent."),
        (("Fees:", "• Adults: 5 euros", "• Children: 3 euros"), "Fees: adults 3 euros"),
        ((), "The rent is 50 euros."),
        (HOUSE, ""),
        (HOUSE, "It is there."),
    ],
)
def test_what_the_lines_do_not_say_is_carried_by_none(lines: tuple[str, ...], statement: str) -> None:
    assert lines_behind(statement, "", lines) == ()
    assert lines_behind(statement, statement, lines) == ()  # asking for it does not make it so


def test_the_words_that_limit_are_not_left_out_though_they_are_asked_for() -> None:
    line = ("The QM-7 is less accurate.",)
    assert lines_behind("The QM-7 is accurate.", "Is the QM-7 less accurate, or is it more?", line) == ()
    assert lines_behind("The QM-7 is less accurate.", "Is the QM-7 less accurate, or is it more?", line) == (0,)


def test_what_the_question_says_itself_may_be_left_out() -> None:
    line = ("The rent for the garage is 50 euros.",)
    assert lines_behind("The rent is 50 euros.", "How high is the rent for the garage?", line) == (0,)
    assert lines_behind("The rent is 50 euros.", "How high is the rent for the flat?", line) == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']}: {row['false']}")
def test_no_planted_falsehood_is_carried_and_every_sentence_of_its_document_is(row: dict[str, str]) -> None:
    text = row["evidence"]
    lines = [text[start:end] for start, end in sentences(text)]
    assert lines_behind(row["false"], row["question"], lines) == ()
    assert [lines_behind(line, row["question"], lines) for line in lines] == [(at,) for at, _ in enumerate(lines)]


@given(st.lists(st.sampled_from([*HOUSE, *RULES, *VERTRAG]), min_size=1, max_size=6), st.data())
def test_the_lines_that_carry_a_sentence_hold_every_figure_of_it(lines: list[str], data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(" ".join([*HOUSE, *RULES]).split()), min_size=1, max_size=5))
    statement = " ".join(words)
    rows = lines_behind(statement, "", lines)
    assert list(rows) == sorted(set(rows))
    held = " ".join(lines[row] for row in rows)
    assert not rows or all(word.strip(".,") in held for word in words if word[0].isdigit())


@pytest.mark.parametrize("line", ["• a towel", "- a towel", "2. a towel", "b) a towel", "a towel"])
def test_an_item_loses_its_mark(line: str) -> None:
    assert bare_item(line) == "a towel"
