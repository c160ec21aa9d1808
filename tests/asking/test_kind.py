from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_app.answering.comparison import side_by_side, topic_question
from rag_app.asking.kind import Asked, kind_of, named
from rag_app.types import Citation, StoredDocument


def stored(path: str, title: str = "") -> StoredDocument:
    return StoredDocument(path, title, "0" * 64, 1, 0.0, 1, 1, 1, 0.0, (path,))


LEASE = stored("/files/apartment-lease.pdf", "Residential lease for a furnished flat")
PARKING = stored("/files/mietvertrag-stellplatz.pdf", "Mietvertrag über einen Stellplatz")
MANUAL = stored("/files/dishwasher-manual.pdf", "Aquilo 45 dishwasher: user manual")
POLICY_A, POLICY_B = (
    stored("/files/travel-2023.pdf", "Travel policy"),
    stored("/files/travel-2024.pdf", "Travel policy"),
)
ALL = [LEASE, PARKING, MANUAL, POLICY_A, POLICY_B]


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Which documents mention the guarantee?", "guarantee"),
        ("Which of my documents mention a heat pump?", "heat pump"),
        ("What files talk about parking?", "parking"),
        ("In which documents is Anna Weber mentioned?", "Anna Weber"),
        ("How many documents mention the filter?", "filter"),
        ("List all documents about mileage.", "mileage"),
        ("List the files that refer to error E05", "error E05"),
        ('Show me all my documents that mention "salt refill"', "salt refill"),
        ("which pdfs deal with cancellation fees", "cancellation fees"),
        ("Welche Dokumente erwähnen die Kaution?", "Kaution"),
        ("Welche meiner Dokumente enthalten den Stellplatz?", "Stellplatz"),
        ("In welchen Dokumenten wird die Kaution erwähnt?", "Kaution"),
        ("Wie viele Dateien erwähnen Bern?", "Bern"),
        ("Liste alle Dokumente auf, die Lärm erwähnen", "Lärm"),
        ("Which files contain the word guarantee?", "guarantee"),
        ("Which documents contain E05?", "E05"),
        ("What documents do I have about insurance?", "insurance"),
        ("Do any of my documents mention a helmet?", "helmet"),
        ("Are there any documents about bicycles?", "bicycles"),
        ("In how many documents does the word deposit occur?", "deposit"),
        ("Can you list the documents that mention Anna Weber, please?", "Anna Weber"),
        ("List all documents in which parking is mentioned", "parking"),
        ("Which documents mention both hotels and trains?", "hotels and trains"),
        ("In wie vielen Dokumenten wird die Kaution erwähnt?", "Kaution"),
        ("In welchem Dokument steht etwas über Haustiere?", "Haustiere"),
        ("Gibt es Dokumente über Fahrräder?", "Fahrräder"),
        ("Zeig mir alle Dokumente zum Thema Fahrrad", "Fahrrad"),
    ],
)
def test_a_question_for_documents_is_a_list(question: str, topic: str) -> None:
    asked = kind_of(question, lambda: ALL)
    assert (asked.kind, asked.topic) == ("list", topic)


@pytest.mark.parametrize(
    ("question", "topic", "sides"),
    [
        ("Compare the notice period in the apartment lease and the Stellplatz", "the notice period", (LEASE, PARKING)),
        ("Compare the travel-2023.pdf and travel-2024.pdf on mileage", "mileage", (POLICY_A, POLICY_B)),
        (
            "What are the differences in mileage between travel 2023 and travel 2024?",
            "mileage",
            (POLICY_A, POLICY_B),
        ),
        ("How does the deposit differ between the lease and the Stellplatz?", "the deposit", (LEASE, PARKING)),
        ("Is the deposit higher in the lease than in the Stellplatz?", "the deposit", (LEASE, PARKING)),
        ("Vergleiche die Kaution im Lease und im Stellplatz", "die Kaution", (LEASE, PARKING)),
        ("Compare the number of users in the lease and the user manual", "the number of users", (LEASE, MANUAL)),
        ("Compare the deposit of the lease and of the Stellplatz", "the deposit", (LEASE, PARKING)),
        (
            "What is the difference between the price of keys in the lease and in the Stellplatz?",
            "the price of keys",
            (LEASE, PARKING),
        ),
        (
            "Vergleiche den Preis von Schlüsseln im Lease und im Stellplatz",
            "den Preis von Schlüsseln",
            (LEASE, PARKING),
        ),
        ("Is the deposit in the lease the same as in the Stellplatz contract?", "the deposit", (LEASE, PARKING)),
        ("Is the notice longer in the lease or in the Stellplatz contract?", "the notice", (LEASE, PARKING)),
        ("Which has the higher deposit, the lease or the Stellplatz?", "deposit", (LEASE, PARKING)),
        (
            "What is the difference between the deposit in the lease and in the Stellplatz?",
            "the deposit",
            (LEASE, PARKING),
        ),
        ("Worin unterscheiden sich Lease und Stellplatz bei der Kaution?", "der Kaution", (LEASE, PARKING)),
        ("Compare apartment-lease.pdf with mietvertrag-stellplatz.pdf", "", (LEASE, PARKING)),
        ("What is the difference between the lease and the dishwasher manual?", "", (LEASE, MANUAL)),
        ("Ist die Kaution im Lease höher als im Stellplatz?", "die Kaution", (LEASE, PARKING)),
    ],
)
def test_a_comparison_names_two_documents(question: str, topic: str, sides: tuple[StoredDocument, ...]) -> None:
    asked = kind_of(question, lambda: ALL)
    assert (asked.kind, asked.topic) == ("comparison", topic)
    assert asked.documents == tuple(side.path for side in sides)


@pytest.mark.parametrize(
    ("question", "topic", "things"),
    [
        ("Compare the salt in water and in milk", "the salt", ("water", "milk")),
        ("Compare the rates for cars and bicycles", "the rates", ("cars", "bicycles")),
        (  # two documents have that title
            "Compare the mileage in the travel policy and the lease",
            "the mileage",
            ("the travel policy", "the lease"),
        ),
        ("What are the differences in price between annual and day tickets?", "price", ("annual", "day tickets")),
        ("Vergleiche den Preis für Erwachsene und für Kinder", "den Preis", ("Erwachsene", "Kinder")),
    ],
)
def test_two_things_are_compared_only_where_the_question_says_so(
    question: str, topic: str, things: tuple[str, str]
) -> None:
    asked = kind_of(question, lambda: ALL)
    assert (asked.kind, asked.topic, asked.things, asked.documents) == ("comparison", topic, things, ())


def test_names_of_documents_are_not_read_for_an_ordinary_question() -> None:
    def read() -> list[StoredDocument]:
        raise AssertionError

    assert kind_of("What is the notice period?", read).kind == "fact"
    assert kind_of("Which documents mention salt?", read).kind == "list"


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Summarise the dishwasher manual", MANUAL),
        ("Please summarize dishwasher-manual.pdf.", MANUAL),
        ("Give me a short summary of the apartment lease", LEASE),
        ("What is the dishwasher manual about?", MANUAL),
        ("Fasse den Mietvertrag zusammen", PARKING),
        ("Worum geht es im Mietvertrag?", PARKING),
        ("Could you summarise the apartment contract in three sentences?", LEASE),
        ("I need a summary of the report apartment-lease.pdf", LEASE),
        ("Tell me what the lease is about", LEASE),
        ("What's the dishwasher manual about?", MANUAL),
        ("What are the key points of the lease?", LEASE),
        ("Kannst du den Mietvertrag kurz zusammenfassen?", PARKING),
        ("Was steht im Mietvertrag?", PARKING),
    ],
)
def test_a_summary_names_one_document(question: str, document: StoredDocument) -> None:
    asked = kind_of(question, lambda: ALL)
    assert (asked.kind, asked.documents) == ("summary", (document.path,))


@pytest.mark.parametrize(
    "question",
    [
        "What is the notice period?",
        "What is the difference between salt and rinse aid?",
        "Compare the short and the long programme",
        "Summarise the rules about pets",
        "What is the guarantee about?",
        "Which programme mentions the short wash?",
        "Which documents do I need for a refund?",
        "What documents are required to join the club?",
        "List the error codes of the dishwasher",
        "How many documents must be signed?",
        "Is a dog or a cat cheaper in the lease than in other flats?",
        "Summarise",
        "Which documents mention the?",
        "Which documents are about to expire?",
        "Which documents on file are valid for five years?",
        "Which documents cover me abroad?",
        "What documents contain personal data under the policy?",
        "How many files contain a backup copy after the migration?",
        "Which documents mention the retention period and how long is it?",
        "Which of the documents prevails?",
        "Show files on the display",
        "What is the lease about pets?",
        "What does the lease say about pets?",
        "Does the lease cover water damage?",
        "Is smoking mentioned in the lease?",
        "Is the mileage rate higher for cars than for bicycles?",
        "Welche Unterlagen sind zu der Abrechnung nötig?",
        "Wie viele Dokumente sind zu unterschreiben?",
        "Was steht im Mietvertrag über die Kaution?",
        "",
    ],
)
def test_any_other_question_is_about_a_fact(question: str) -> None:
    assert kind_of(question, lambda: ALL).kind == "fact"


def test_no_question_of_the_samples_is_taken_for_another_kind() -> None:
    folder = Path(__file__).parents[2] / "data" / "samples"
    documents = [stored(str(path)) for path in folder.glob("*.pdf")]
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert len(questions) > 100
    assert [question for question in questions if kind_of(question, lambda: documents).kind != "fact"] == []


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("the lease", LEASE),
        ("apartment-lease.pdf", LEASE),
        ("APARTMENT-LEASE.PDF", LEASE),
        ("/files/apartment-lease.pdf", LEASE),
        ("travel policy", None),
        ("travel policy 2024", POLICY_B),
        ("the document", None),
        ("", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_document_is_named_by_words_that_no_other_has(text: str, document: StoredDocument | None) -> None:
    assert named(text, ALL) == (document.path if document else None)


def citation(marker: int) -> Citation:
    return Citation(marker, "/files/a.pdf", 1, "1", 0, 3, "abc", True)


def test_sides_are_numbered_through_and_a_missing_one_says_so() -> None:
    text, cited = side_by_side(
        [
            ("a.pdf", "answered", "three months [1][2]", [citation(1), citation(2)]),
            ("b.pdf", "answered", "two [1]", [citation(1)]),
            ("c.pdf", "not_found", "The documents do not answer this question.", []),
        ]
    )
    assert text == "a.pdf: three months [1][2]\nb.pdf: two [3]\nc.pdf: not stated"
    assert [one.marker for one in cited] == [1, 2, 3]
    assert side_by_side([("a.pdf", "not_found", "", [])], language="de")[0] == "a.pdf: nicht angegeben"


def test_a_thing_is_asked_about_by_name() -> None:
    assert topic_question(Asked("comparison", "the rate"), "cars") == "What is the rate for cars?"
    assert topic_question(Asked("comparison", "der Preis", language="de"), "Kinder") == "Was ist der Preis für Kinder?"
    assert topic_question(Asked("comparison", "the number of seats"), "Bern") == "How many seats are there for Bern?"


@pytest.mark.parametrize(
    ("topic", "language", "question"),
    [
        ("the notice period", "en", "What is the notice period?"),
        ("how long notice is", "en", "how long notice is?"),
        ("die Kaution", "de", "Was ist die Kaution?"),
        ("the number of paying members", "en", "How many paying members are there?"),
        ("die Anzahl der Mitglieder", "de", "Wie viele Mitglieder gibt es?"),
    ],
)
def test_each_side_is_asked_about_the_topic(topic: str, language: str, question: str) -> None:
    assert topic_question(Asked("comparison", topic, language=language)) == question
