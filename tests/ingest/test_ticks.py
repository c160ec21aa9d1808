from __future__ import annotations

import pytest

from ingest.marks import parted
from ingest.ticks import told


@pytest.mark.parametrize(
    ("line", "expected", "hidden"),
    [
        ("☒ I have read the rules", "I have read the rules: yes", []),
        ("Newsletter ☐", "Newsletter: no", []),
        ("Allergies: ☑", "Allergies: yes", []),
        ("Can swim: yes ☒ no ☐", "Can swim: yes (☐ no)", ["☐ no"]),
        ("Can swim? ☐ yes ☒ no", "Can swim? no (☐ yes)", ["☐ yes"]),
        ("Ticket ☐ child ☒ adult ☐ senior", "Ticket adult (☐ child, ☐ senior)", ["☐ child, ☐ senior"]),
        ("Skills: ☒ sails ☒ rows ☐ dives", "Skills: sails: yes; rows: yes; dives: no", []),
        ("Can swim: yes ☐ no ☐", "Can swim: (☐ yes, ☐ no)", ["☐ yes, ☐ no"]),
        ("☒ Post ☐ E-mail", "Post: yes; E-mail: no", []),
        ("Mark the box ☒ where it applies.", "Mark the box ☒ where it applies.", []),
        ("☑ is yes and ☒ is no", "☑ is yes and ☒ is no", []),
        ("No box at all", "No box at all", []),
    ],
)
def test_a_box_says_yes_or_no_of_what_it_stands_at(line: str, expected: str, hidden: list[str]) -> None:
    text, spans = parted(told(line))
    assert (text, [text[start:end] for start, end in spans]) == (expected, hidden)


@pytest.mark.parametrize(("cell", "expected"), [("☒", "yes"), ("☐", "no"), ("☐ yes ☒ no", "no (☐ yes)")])
def test_the_row_of_a_cell_asks_what_it_answers(cell: str, expected: str) -> None:
    assert parted(told(cell, in_cell=True))[0] == expected
