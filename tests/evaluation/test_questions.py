from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import make_hit, write_collection, write_lines

from rag_app.errors import UsageError
from rag_app.evaluation.questions import digest_of, page_topic, path_of, read_collection, read_questions
from rag_app.storage.heading import heading

if TYPE_CHECKING:
    from pathlib import Path


def test_a_question_that_leans_on_a_conversation_is_left_out(tmp_path: Path) -> None:
    alone = {"question": "How high is the rent?", "document": "a.pdf", "page": 2}
    leaning = {**alone, "question": "And when is it due?", "history": [{"question": "Rent?", "answer": "950 euros"}]}
    assert [one.text for one in read_questions(write_lines(tmp_path / "q", leaning, alone))] == [
        "How high is the rent?"
    ]


def test_a_collection_has_its_documents_and_the_judged_queries_in_the_order_of_their_ids(tmp_path: Path) -> None:
    collection = read_collection(write_collection(tmp_path / "small"))
    assert collection.name == "small"
    assert [(d.path, d.title, d.text) for d in collection.documents] == [
        (path_of("d1"), "Rent", "The rent is 1,250 euros."),
        (path_of("d2"), "", "A dog needs consent."),
        (path_of("d/3"), "", "The filter is cleaned weekly."),
    ]
    assert [(t.id, t.text, t.relevant) for t in collection.topics] == [
        ("q10", "How high is the rent?", {"d1": 2, "d2": 0}),
        ("q2", "May I keep a dog?", {"d2": 1}),
    ]
    assert [topic.id for topic in read_collection(tmp_path / "small", 1).topics] == ["q10"]


@pytest.mark.parametrize("title", ["", "Rent", "Dr. No, vs. the a/b/c", "日本"])
def test_the_id_of_an_entry_is_not_read_by_any_stage(title: str) -> None:
    assert heading(path_of("invoice 2024/x.pdf"), title) == title


def test_a_document_stands_where_its_best_passage_stands(tmp_path: Path) -> None:
    topic = read_collection(write_collection(tmp_path)).topics[0]
    hits = [make_hit("text", document=path_of(key)) for key in ("d/3", "d1", "d/3", "d2", "d1")]
    assert topic.rank(hits) == ["d/3", "d1", "d2"]


def test_runs_of_the_same_questions_have_the_same_digest_and_others_do_not(tmp_path: Path) -> None:
    folder = write_collection(tmp_path)
    assert digest_of(read_collection(folder).topics) == digest_of(read_collection(folder).topics)
    assert digest_of(read_collection(folder).topics) != digest_of(read_collection(folder, 1).topics)


@pytest.mark.parametrize(
    ("file", "lines", "message"),
    [
        ("corpus.jsonl", ['{"_id": "d1", "text": "x"}', "{oops"], "Line 2 of {file} is not a JSON object."),
        ("corpus.jsonl", ["[1]"], "Line 1 of {file} is not a JSON object."),
        ("corpus.jsonl", ['{"text": "x"}'], 'Line 1 of {file} has no text under "_id".'),
        ("corpus.jsonl", ['{"_id": "d1"}', '{"_id": "d1"}'], "Line 2 of {file} repeats the _id d1."),
        ("queries.jsonl", ['{"_id": "q2", "text": " "}'], 'Line 1 of {file} has no text under "text".'),
        ("qrels/test.tsv", ["q2\td2\t1", "q2 d2 1"], "Line 2 of {file} is not a query, a document and a whole number."),
        ("qrels/test.tsv", ["q7\td2\t1"], "{file} names the query q7, which queries.jsonl does not hold."),
        ("qrels/test.tsv", ["q2\td9\t1"], "{file} names no relevant document that corpus.jsonl holds."),
        ("qrels/test.tsv", [], "{file} names no relevant document that corpus.jsonl holds."),
    ],
)
def test_a_bad_line_of_a_collection_is_named(tmp_path: Path, file: str, lines: list[str], message: str) -> None:
    write_lines(write_collection(tmp_path) / file, *lines)
    with pytest.raises(UsageError) as caught:
        read_collection(tmp_path)
    assert caught.value.message == message.format(file=tmp_path / file)
    assert caught.value.hint


def test_a_missing_file_is_named_and_the_layout_is_told(tmp_path: Path) -> None:
    (write_collection(tmp_path) / "qrels" / "test.tsv").unlink()
    with pytest.raises(UsageError, match=r"test\.tsv cannot be read: No such file or directory") as caught:
        read_collection(tmp_path)
    assert "corpus.jsonl, queries.jsonl and qrels/test.tsv" in caught.value.hint


def test_own_questions_may_have_one_answer_several_or_none(tmp_path: Path) -> None:
    place = {"document": "lease.pdf", "page": 2}
    file = write_lines(
        tmp_path / "own.jsonl",
        {"question": "Rent?", **place},
        "",
        {"question": "Rent?", "answer": "950 euros", **place},
        {"question": "Rent?", "answers": ["950", "EUR 950"], **place},
        {"question": "Age of the roof?", "answers": [], "document": None, "page": None},
    )
    questions = read_questions(file)
    assert [question.answers for question in questions] == [None, ("950 euros",), ("950", "EUR 950"), ()]
    assert [(question.document, question.page) for question in questions] == [("lease.pdf", 2)] * 3 + [("", 0)]
    assert questions[1].place == f"Line 3 of {file}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "Rent?", "document": "a.pdf"}', "Line 1 of {file} has no page from 1 on."),
        ('{"question": "Rent?", "document": "a.pdf", "page": true}', "Line 1 of {file} has no page from 1 on."),
        ('{"question": "Rent?", "document": "a.pdf", "page": 0}', "Line 1 of {file} has no page from 1 on."),
        ('{"question": "Rent?", "page": 1}', 'Line 1 of {file} has no text under "document".'),
        ('{"document": "a.pdf", "page": 1}', 'Line 1 of {file} has no text under "question".'),
        (
            '{"question": "R?", "document": "a", "page": 1, "answer": 950}',
            "Line 1 of {file} has an answer that is no text.",
        ),
        ("[" * 100_000, "Line 1 of {file} is not a JSON object."),
        ("", "{file} holds no question."),
    ],
)
def test_a_bad_line_of_own_questions_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = write_lines(tmp_path / "own.jsonl", line)
    with pytest.raises(UsageError) as caught:
        read_questions(file)
    assert caught.value.message == message.format(file=file)


def test_a_passage_is_right_that_begins_or_ends_on_the_page_of_the_document(tmp_path: Path) -> None:
    [question] = read_questions(write_lines(tmp_path / "q", {"question": "Rent?", "document": "a.pdf", "page": 2}))
    topic = page_topic("1", question, ["/files/a.pdf", "/copies/a.pdf"])
    other = make_hit("x", document="/files/b.pdf")
    before = make_hit("x", document="/files/a.pdf")
    over = type(before)(**{**before.as_json(), "document": "/copies/a.pdf", "page_end": 2})
    long = type(before)(**{**before.as_json(), "page_end": 9})
    assert topic.rank([other, before, long]) == ["0", "1", "2"]
    assert topic.rank([other, over, over]) == ["0", "page", "2"]
