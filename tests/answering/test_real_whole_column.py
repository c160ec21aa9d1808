"""Questions to whole columns with the default models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rag_app import config
from rag_app.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.models

MODELS = str(config.load().models)
FILES = {
    "donations.csv": """Donor,Town,Donation
Ana,Lund,120 euros
Ben,Cork,45 euros
Carla,Lund,310 euros
Deniz,Ghent,80 euros
Ewa,Cork,95 euros
""",
    "plots.md": """# Allotment gardens

| Plot | Area (m²) | Fenced |
|---|---|---|
| Mill | 240 | yes |
| Forge | 180 | no |
| Hill | 320 | yes |
| Brook | 205 | no |
""",
    "heizung.html": """<h1>Störungscodes der Heizung</h1>
<table><tr><th>Störungscode</th><th>Bedeutung</th><th>Kosten der Reparatur</th></tr>
<tr><td>E1</td><td>Kein Wasser</td><td>60 Euro</td></tr>
<tr><td>E4</td><td>Pumpe steht</td><td>240 Euro</td></tr>
<tr><td>E7</td><td>Fühler fehlt</td><td>35 Euro</td></tr></table>
""",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three papers with a table each in a library of the default models."""
    folder = tmp_path_factory.mktemp("tables")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with Library.open(folder / "library", settings=config.load(environment={"RAG_MODELS": MODELS})) as opened:
        opened.ingest([folder / name for name in FILES])
        yield opened


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which plot has the largest area?", "Hill: 320"),
        ("What are the two smallest plots by area?", "Forge: 180"),
        ("How many plots have an area of more than 200?", "3: Mill, Hill, Brook"),
        ("Which plots are fenced?", "Mill"),
        ("What is the total of all donations?", "650 euros ="),
        ("List the donors by donation, largest first.", "Carla: 310 euros"),
        ("Wie viele Störungscodes hat die Heizung?", "3: E1, E4, E7"),
        ("Welcher Störungscode hat die höchsten Kosten der Reparatur?", "E4: 240 Euro"),
    ],
)
def test_what_is_asked_of_a_column_is_worked_out_over_all_rows(library: Library, question: str, said: str) -> None:
    answer = library.ask(question)
    assert answer.answer.startswith(said)
    assert answer.status == "answered" or answer.unsure
    assert all(library.stands(citation) for citation in answer.citations)
