"""Where the numbers that tune answers may stand: those of a model in its file, all others here with a reason."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1] / "rag_app"
ROOMS = ("searching", "evidence", "answering", "proof", "asking", "langchain")

# A fraction that stands in these rooms is no logit, likelihood or similarity of a model, since it is ...
ALLOWED = {
    "searching/fusion.py: DENSE": "a share, of a score that is scaled to 0 to 1",
    "searching/near_duplicates.py: _SAME": "a share of words",
    "evidence/cells.py: _LEAST": "a probability",
    "evidence/cells.py: _UNREAD": "a bound of what is seen, whose weight is fitted with it",
    "evidence/choose.py: _PASSAGE_WEIGHT": "a share of one score in a sum of two on the same scale",
    "evidence/injection.py: _READABLE": "a share of characters",
    "evidence/labels.py: _NEUTRAL": "a share of words",
    "answering/operands.py: _MEANT": "a probability",
    "answering/shaped.py: _ANSWERED": "a probability",
    "answering/shaped.py: _POSSIBLE": "a probability",
    "answering/shaped.py: _EVEN": "a probability",
    "answering/shaped.py: _HARDLY": "a probability",
    "answering/shaped.py: _TRUSTED": "a probability",
    "answering/shaped.py: _SURE": "a probability",
    "answering/summary.py: _HELD": "a share of words",
    "proof/calibrate.py: PULL": "a number of examples",
    "proof/calibration.py: _SETTLED": "a precision of arithmetic",
    "proof/calibration.py: _LOOSE": "a share, of one pull to another",
    "proof/calibration.py: Logistic": "the largest exponent that arithmetic holds",
    "proof/calibration.py: fit": "a precision of arithmetic",
    "proof/confidence.py: _FAR": "a bound of what is seen, whose weight is fitted with it",
    "proof/confidence.py: _log_odds": "an even chance",
    "proof/confidence.py: judge_of": "a probability",
    "proof/contradictions.py: _LACKED": "a share of words",
    "proof/contradictions.py: _SHARED": "a share of words",
    "proof/contradictions.py: _VERBATIM": "a share of words",
    "proof/quotes.py: _COVERED": "a weight of words, beside which a score has a share that the model's file gives",
    "proof/refusal.py: DOUBT": "two probabilities",
    "proof/refusal.py: EVEN": "a probability",
    "proof/refusal.py: _CLEAR": "two probabilities",
    "asking/series.py: _MAJORITY": "a share of passages",
    "searching/second_stage.py: SecondStage": "a share of the passages that are wanted",
}


def fractions(tree: ast.Module) -> set[str]:
    """Return the names of what holds a fraction at the top of a module, 0.0 and 1.0 aside."""
    found = set()
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value not in {0.0, 1.0}:
                found.add(name_of(statement))
    return found


def name_of(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0])
    if isinstance(statement, ast.AnnAssign):
        return ast.unparse(statement.target)
    return str(getattr(statement, "name", ast.unparse(statement)))


def test_no_module_of_the_way_to_an_answer_holds_a_threshold_of_a_model() -> None:
    found = {
        f"{room}/{file.name}: {name}"
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        for name in fractions(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found == set(ALLOWED), "a number of a model belongs into rag_app/models/calibrations"


def test_thresholds_are_found_however_they_are_written() -> None:
    text = (
        "A = -0.15\nB: float = 3.0\nC = (0.2, 7)\nD = Logistic(1, {'score': 0.5})\nE = 5\n"
        "def f():\n    return 1.0 + 2.5\n"
    )
    assert fractions(ast.parse(text)) == {"A", "B", "C", "D", "f"}
