from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeModels, WordEmbedder, fakes_of, make_settings, write_collection, write_lines

import rag_app
from rag_app import config
from rag_app.errors import UsageError
from rag_app.evaluation import run
from rag_app.evaluation.compare import SYSTEMS
from rag_app.evaluation.questions import path_of, read_collection
from rag_app.evaluation.run import (
    Wish,
    _make,
    changed_settings,
    open_collection,
    question_file,
    read_baseline,
    run_collection,
    run_questions,
    save,
    save_questions,
)
from rag_app.types import MadeQuestion

if TYPE_CHECKING:
    from rag_app.config import Settings
    from rag_app.library import Library


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a cache of their own."""
    monkeypatch.setattr(config, "cache_folder", lambda: tmp_path / "cache")
    return make_settings(tmp_path)


def ask(library: Library, tmp_path: Path, *lines: Any, **how: Any) -> dict[str, Any]:
    return run_questions(write_lines(tmp_path / "own.jsonl", *lines), library, **how).as_json()


RENT = {"question": "When is the monthly rent due?", "document": "lease.pdf", "page": 1, "answer": "third day"}
DOG = {"question": "Does a dog need consent of the landlord?", "document": "lease.pdf", "page": 2, "answer": "consent"}
ROOF = {"question": "Quantum chromodynamics lattice?", "answers": [], "document": None, "page": None}


def test_a_collection_is_searched_by_the_pipeline_and_its_library_is_kept(settings: Settings, tmp_path: Path) -> None:
    collection = read_collection(write_collection(tmp_path / "small"))
    with open_collection(collection, settings, loaded=FakeModels()) as library:
        figures = run_collection(collection, library).as_json()
        assert [document.path for document in library.documents()] == [path_of(key) for key in ("d/3", "d1", "d2")]
        embedder = library.embedder
        assert isinstance(embedder, WordEmbedder)
        assert embedder.read == [
            "Rent\nThe rent is 1,250 euros.",
            "\nA dog needs consent.",
            "\nThe filter is cleaned weekly.",
        ]
    assert (figures["dataset"], figures["documents"], figures["queries"]) == ("small", 3, 2)
    assert {system["name"]: system["ndcg@10"] for system in figures["systems"]} == dict.fromkeys(SYSTEMS, 1.0)
    with open_collection(collection, settings, loaded=FakeModels()) as again:
        assert isinstance(again.embedder, WordEmbedder)
        assert (again.embedder.read, len(again.documents())) == ([], 3)


def test_an_interrupted_build_goes_on_where_it_stopped(settings: Settings, tmp_path: Path) -> None:
    collection = read_collection(write_collection(tmp_path / "small"))
    with open_collection(collection, settings, loaded=FakeModels()) as library:
        library._store.remove(path_of("d2"))
    with open_collection(collection, settings, loaded=FakeModels()) as again:
        assert isinstance(again.embedder, WordEmbedder)
        assert again.embedder.read == ["\nA dog needs consent."]


def test_the_code_that_a_kept_library_depends_on_is_there() -> None:
    assert [name for name in run._BUILDING if not (Path(rag_app.__file__).parent / name).is_file()] == []


def test_other_passages_and_other_texts_get_another_library(settings: Settings, tmp_path: Path) -> None:
    collection = read_collection(write_collection(tmp_path / "small"))
    folders = []
    for changes in ({}, {"passage_tokens": 64}, {"overlap_tokens": 0}):
        with open_collection(collection, config.changed(settings, changes), loaded=FakeModels()) as library:
            folders.append(library.settings.library)
    write_lines(tmp_path / "small" / "corpus.jsonl", {"_id": "d2", "text": "A dog."})
    with open_collection(read_collection(tmp_path / "small"), settings, loaded=FakeModels()) as library:
        folders.append(library.settings.library)
    assert len(set(folders)) == 4
    assert {folder.parent for folder in folders} == {tmp_path / "cache" / "evaluation"}


def test_own_questions_are_scored_by_page(library: Library, tmp_path: Path) -> None:
    figures = ask(library, tmp_path, RENT, DOG)
    assert (figures["dataset"], figures["documents"], figures["queries"]) == ("own", 2, 2)
    assert {system["name"]: system["mrr@10"] for system in figures["systems"]}["hybrid+rerank"] == 1.0
    wrong = ask(library, tmp_path, {**RENT, "document": "manual.pdf"})
    assert {system["name"]: system["mrr@10"] for system in wrong["systems"]}["hybrid+rerank"] < 1.0


def test_a_document_may_go_by_its_path(library: Library, papers: Path, tmp_path: Path) -> None:
    figures = ask(library, tmp_path, {**RENT, "document": str(papers / "lease.pdf")})
    assert figures["systems"][-1]["mrr@10"] == 1.0


def test_answers_are_counted_on_request(library: Library, tmp_path: Path) -> None:
    wrong = {**DOG, "answer": "a flock of geese"}
    figures = ask(library, tmp_path, RENT, wrong, ROOF, answers=True)
    assert figures["queries"] == 2
    assert figures["answers"] | {"interval": None} == {
        **{"questions": 2, "right": 0.5, "interval": None},
        **{"unanswerable": 1, "refused": 1.0},
    }
    assert "answers" not in ask(library, tmp_path, RENT, wrong, ROOF)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({**RENT, "document": "nosuch.pdf"}, "Line 2 of {file}: nosuch.pdf is not in the library."),
        ({**RENT, "page": 3}, "Line 2 of {file}: lease.pdf has no page 3."),
    ],
)
def test_a_line_that_does_not_fit_the_library_is_named(
    library: Library, tmp_path: Path, line: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(library, tmp_path, RENT, line)
    assert caught.value.message == message.format(file=tmp_path / "own.jsonl")


def test_questions_without_a_page_or_without_an_answer_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no question that a document answers"):
        ask(library, tmp_path, ROOF)
    with pytest.raises(UsageError, match="holds no answer"):
        ask(library, tmp_path, {key: value for key, value in RENT.items() if key != "answer"}, answers=True)


def test_the_library_has_its_own_reranker_again_after_a_run(library: Library, tmp_path: Path) -> None:
    own = fakes_of(library).reranker
    ask(library, tmp_path, RENT)
    assert fakes_of(library).reranker is own


def test_questions_are_made_from_the_library_and_can_be_asked(library: Library, tmp_path: Path) -> None:
    fakes_of(library).generator.script = lambda messages: (  # type: ignore[union-attr]
        "Answer: third day\nQuestion: On which date is the payment for the flat due?"
        if "third day" in messages[-1].content
        else "Answer: water\nQuestion: What should be used for the cleaning of it?"
    )
    made = list(library.make_questions(2))
    assert {(Path(q.document).name, q.page, q.answer) for q in made} == {
        ("lease.pdf", 1, "third day"),
        ("manual.pdf", 1, "water"),
    }
    save_questions(made, tmp_path / "new" / "made.jsonl")
    assert run_questions(tmp_path / "new" / "made.jsonl", library).as_json()["queries"] == 2
    assert list(library.make_questions(2)) == made


def test_a_saved_run_is_read_as_it_was_and_the_changed_settings_are_told(library: Library, tmp_path: Path) -> None:
    evaluation = run_questions(write_lines(tmp_path / "own.jsonl", RENT), library)
    save(evaluation, tmp_path / "before.json")
    before = read_baseline(tmp_path / "before.json")
    assert before == json.loads(json.dumps(evaluation.saved()))
    assert changed_settings(evaluation, before) == []
    changed = {**before, "settings": {**before["settings"], "passage_tokens": 999}}
    assert changed_settings(evaluation, changed) == ["passage_tokens: 999 before, 48 now"]


def test_what_is_no_saved_run_is_read_as_nothing_and_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert read_baseline(write_lines(tmp_path / "list.json", [1])) == {}
    assert read_baseline(write_lines(tmp_path / "broken.json", "{oops")) == {}
    with pytest.raises(UsageError, match=r"nosuch\.json cannot be read: No such file"):
        read_baseline(tmp_path / "nosuch.json")


def test_a_folder_stands_for_the_question_file_in_it(tmp_path: Path) -> None:
    own = write_lines(tmp_path / "own.jsonl", RENT)
    assert [question_file(path) for path in (own, tmp_path)] == [own, own]
    other = write_lines(tmp_path / "other.jsonl", RENT)
    with pytest.raises(UsageError, match=r"holds neither corpus\.jsonl nor a single file of questions"):
        question_file(tmp_path)
    assert question_file(other) == other
    named = write_lines(tmp_path / "questions.jsonl", RENT)
    assert question_file(tmp_path) == named


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"path": None}, "There is nothing to evaluate."),
        ({"path": Path("a"), "make": Path("b")}, "Both PATH and --make are given."),
        ({"path": Path("a"), "plot": Path("a.png")}, "a.png cannot be drawn: plots are SVG only."),
        ({"path": None, "make": Path(__file__)}, f"{__file__} is there already."),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_before_anything_is_done(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Wish(**wish)
    assert caught.value.message == message


def test_a_collection_has_no_answers_to_count(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--answers needs a file of questions"):
        Wish(write_collection(tmp_path), answers=True)


def test_made_questions_are_lines_of_a_question_file(tmp_path: Path) -> None:
    save_questions([MadeQuestion("Wo?", "/files/straße.pdf", 3, "hier")], tmp_path / "made.jsonl")
    line = (tmp_path / "made.jsonl").read_text(encoding="utf-8")
    assert line == '{"question": "Wo?", "document": "/files/straße.pdf", "page": 3, "answer": "hier"}\n'


def test_questions_that_were_made_are_kept_when_making_stops(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MadeQuestion("When is the rent due?", "lease.pdf", 1, "third day")

    def stopped(_n: int) -> Any:
        yield made
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "make_questions", stopped)
    told: list[tuple[str, int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        _make(tmp_path / "made.jsonl", 5, library, lambda *step: told.append(step))
    assert json.loads((tmp_path / "made.jsonl").read_text(encoding="utf-8")) == made.as_json()
    assert told == [("questions", 0, 5), ("questions", 1, 5)]
