"""Answers in the form that their question asks for, and what becomes of them by how likely they are right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import LIKELIHOODS, TRUSTING, ScriptedGenerator, fakes_of, open_library, short_answer
from house import GARDEN, HOUSE, NOTICE, QUESTION

from rag_app.answering.excerpt import STATEMENT, TALK
from rag_app.language.language import get_language, languages
from rag_app.models.generator import Usage
from rag_app.models.numbers import GeneratorNumbers
from rag_app.proof.quotes import is_verdict, markers, unmarked
from rag_app.types import Tokens, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.models.generator import Message
    from rag_app.proof.confidence import Judge
    from rag_app.types import Answer

BY_LINE = {"list", "steps"}
KINDS = {
    "list": "list",
    "steps": "howto",
    "explanation": "explanation",
    "yes": "yesno",
    "comparison": "comparison",
}


class Leaning(ScriptedGenerator):
    """Takes every question for one of a kind, by the prompt's name for it; says of every answer how right it is."""

    def __init__(
        self,
        kind: str = "fact",
        *said: str,
        right: float = 2.0,
        there: float = 2.0,
        yes: float = 0.0,
        numbers: GeneratorNumbers = LIKELIHOODS,
    ) -> None:
        super().__init__((lambda _: said[0]) if said else None)
        self.numbers = numbers
        self.kind = kind
        self.right = right
        self.there = there
        self.yes = yes  # by how much the lines rather say yes than no
        self.judged: list[str] = []

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        assert self.kind in words or "calculation" in words
        return [100.0 * (word in (self.kind, "none")) for word in words]

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        if "by the text alone" in messages[0].content:
            return self.yes
        if "right and whole" not in messages[-1].content:
            return self.there
        self.judged.append(messages[-1].content)
        return self.right


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    for name, text in (("house", HOUSE), ("garden", GARDEN)):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_library(tmp_path) as opened:
        opened.ingest([tmp_path / "house.txt", tmp_path / "garden.txt"])
        yield opened


def asked(library: Library, generator: Leaning, question: str = QUESTION) -> Answer:
    """Ask, and check what holds of every answer."""
    fakes_of(library).generator = generator
    found = library.ask(question)
    assert found.confidence is not None
    assert 0 <= found.confidence <= 1
    if found.status != "not_found":
        assert [one.marker for one in found.citations] == list(range(1, len(found.citations) + 1))
        assert set(markers(found.answer)) == {one.marker for one in found.citations}
    for citation in found.citations:
        assert citation.verified
        assert citation.quote == library.read(citation.document).text[citation.start : citation.end]
    return found


def strict(answered: float, shown: float) -> Judge:
    return replace(TRUSTING, answered=answered, shown=shown)


def decides(monkeypatch: pytest.MonkeyPatch, judge: Judge) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: judge)


# Kinds


@pytest.mark.parametrize(("named", "kind"), KINDS.items())
def test_what_is_more_than_a_short_answer_is_shown_in_the_words_of_the_document(
    library: Library, named: str, kind: str
) -> None:
    found = asked(library, Leaning(named))
    assert (found.status, found.kind) == ("answered", kind)
    text = " ".join(f"{HOUSE} {GARDEN}".split())
    for line in unmarked(found.answer).splitlines():
        assert line in text
    assert "a pair of shoes without heels" in found.answer


@pytest.mark.parametrize(("named", "kind"), KINDS.items())
def test_the_lines_of_lists_and_steps_stand_alone_each_with_its_marker(library: Library, named: str, kind: str) -> None:
    lines = asked(library, Leaning(named)).answer.splitlines()
    assert all(line.endswith("]") for line in lines)
    assert ("• a towel of cotton [1]" in lines) == (named in BY_LINE)


DOGS = "May the dogs of a visitor run free in the garden?"


@pytest.mark.parametrize(
    ("question", "yes", "said"),
    [
        (DOGS, LIKELIHOODS.verdict, "Yes. "),
        (DOGS, -LIKELIHOODS.verdict, "No. "),
        (DOGS, 0.9 * LIKELIHOODS.verdict, ""),
        (DOGS, -0.9 * LIKELIHOODS.verdict, ""),
        ("Darf der Hund eines Besuchers im Garten frei laufen?", -9.0, "Nein. "),
    ],
)
def test_yes_or_no_stands_before_the_lines_that_decide_where_the_generator_is_sure(
    library: Library, question: str, yes: float, said: str
) -> None:
    alone = asked(library, Leaning("yes"), question)
    found = asked(library, Leaning("yes", yes=yes), question)
    assert found.answer == f"{said}{alone.answer}"
    assert (found.citations, found.confidence) == (alone.citations, alone.confidence)


def test_neither_yes_nor_no_is_said_where_the_lines_may_be_the_wrong_ones(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    decides(monkeypatch, strict(answered=1.0, shown=0.0))
    found = asked(library, Leaning("yes", yes=9.0), DOGS)
    assert (found.status, is_verdict(found.answer)) == ("partial", False)


def test_a_generator_that_was_not_measured_for_it_says_neither_yes_nor_no(library: Library) -> None:
    unmeasured = Leaning("yes", yes=9.0, numbers=replace(LIKELIHOODS, verdict=0.0))
    assert asked(library, unmeasured, DOGS).answer == asked(library, Leaning("yes"), DOGS).answer


@pytest.mark.parametrize("named", sorted({*KINDS} - {"yes"}))
def test_no_other_kind_of_answer_begins_with_yes_or_no(library: Library, named: str) -> None:
    assert not is_verdict(asked(library, Leaning(named, yes=9.0), DOGS).answer)


def test_every_language_can_say_yes_and_no() -> None:
    for language in languages():
        if language.sentences.not_found:
            assert is_verdict(language.sentences.yes), language.code
            assert is_verdict(language.sentences.no), language.code
            assert language.sentences.yes != language.sentences.no


def test_nothing_is_written_where_lines_are_shown(library: Library) -> None:
    generator = Leaning("list")
    assert asked(library, generator).tokens.completion == 0
    assert generator.prompts == []


def test_a_comparison_may_show_two_documents(library: Library) -> None:
    question = "What does a visitor bring to the house or the garden?"
    found = asked(library, Leaning("comparison"), question)
    assert {citation.document.rpartition("/")[2] for citation in found.citations} == {"house.txt", "garden.txt"}
    assert len(found.answer.splitlines()) >= 2


def test_a_generator_that_was_not_measured_gives_short_answers(library: Library) -> None:
    found = asked(library, Leaning("list", "three months", numbers=GeneratorNumbers()), NOTICE)
    assert (found.kind, short_answer(found)) == ("short", "three months [1]")


def test_an_unanswered_question_is_no_more_likely_answered_for_its_kind(library: Library) -> None:
    found = asked(library, Leaning("list", there=-4.0), "Who is the president of France?")
    assert (found.status, found.citations, found.confidence) == ("not_found", (), 0.0)


# A short answer and its statement


def test_a_short_answer_is_followed_by_the_lines_that_state_it(library: Library) -> None:
    found = asked(library, Leaning("fact", "three months"), NOTICE)
    short, _, statement = found.answer.partition("\n")
    assert (found.status, found.kind, short) == ("answered", "short", "three months [1]")
    assert "for a visitor of the house is three months to the end of a calendar month. [1]" in statement
    assert unmarked(statement) in " ".join(HOUSE.split())
    assert "three months" in found.citations[0].quote


def leaning(library: Library, monkeypatch: pytest.MonkeyPatch, generator: Leaning, question: str) -> Answer:
    """Ask a question that leans on one before, and means what is given."""
    monkeypatch.setattr("rag_app.answering.answer.standalone", lambda *_: question)
    return asked(library, generator, "And that?")


def test_a_second_place_follows_a_short_answer_to_a_question_that_leans_on_others(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = asked(library, Leaning("fact", "three months"), NOTICE)
    found = leaning(library, monkeypatch, Leaning("fact", "three months"), NOTICE)
    assert found.answer.startswith(alone.answer)
    assert [one.marker for one in found.citations] == [1, 2]
    first, second = found.citations
    assert first == alone.citations[0]
    assert (first.document, first.start) != (second.document, second.start)


@pytest.mark.parametrize("named", [*KINDS, "fact"])
def test_what_leans_on_others_is_answered_in_fewer_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    lines = "\n".join(f"The notice period for a visitor of house {row} is {row} months." for row in range(2, 60))
    (tmp_path / "houses.txt").write_text(lines, encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "houses.txt"])
        found = leaning(library, monkeypatch, Leaning(named, "three months"), "How long is the notice period?")
    assert 0 < len(unmarked(found.answer).split()) <= 2 * STATEMENT
    assert named not in BY_LINE or len(unmarked(found.answer).split()) <= TALK.words


def test_the_first_source_of_a_short_answer_is_its_proof_and_says_how_well_it_supports_it(library: Library) -> None:
    found = asked(library, Leaning("fact", "three months"), NOTICE)
    assert found.citations[0].support is not None
    assert [citation.support for citation in found.citations[1:]] == [None] * len(found.citations[1:])


def test_a_short_answer_out_of_a_line_that_is_only_markup_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text('<notice period="three months to the end of a month">', encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "page.txt"])
        found = asked(library, Leaning("fact", "three months"), NOTICE)
    assert found.answer == "three months [1]"
    assert len(found.citations) == 1


def test_only_lines_on_the_page_of_the_proof_follow_a_short_answer(tmp_path: Path) -> None:
    (tmp_path / "pages.txt").write_text(HOUSE.replace("\nThe notice", "\fThe notice"), encoding="utf-8")
    with open_library(tmp_path) as library:
        library.ingest([tmp_path / "pages.txt"])
        found = asked(library, Leaning("fact", "three months"), NOTICE)
    assert short_answer(found) == "three months [1]"
    assert [citation.page for citation in found.citations] == [2]
    assert "three months to the end of a calendar month. [1]" in found.answer
    assert "three months" in found.citations[0].quote


def test_a_whole_sentence_is_not_said_twice(library: Library) -> None:
    sentence = HOUSE.splitlines()[-1]
    found = asked(library, Leaning("fact", sentence), NOTICE)
    assert " ".join(found.answer.split()).count(sentence) == 1
    assert found.kind == "short"


def test_a_short_sentence_that_is_its_own_proof_stands_alone(library: Library) -> None:
    sentence = "The visitor leaves the house before noon."
    found = asked(library, Leaning("fact", sentence), "When does the visitor leave the house?")
    assert found.answer in (f"{sentence} [1]", f"{sentence.removesuffix('.')} [1]")
    assert [citation.quote for citation in found.citations] == [sentence]


def test_an_answer_with_several_sources_is_left_as_it_is(library: Library) -> None:
    found = asked(library, Leaning("fact", "three months, built in 1904"), NOTICE)
    assert (len(found.citations), len(found.answer.splitlines())) == (2, 1)


@pytest.mark.parametrize("named", ["fact", *KINDS])
def test_where_no_window_is_found_the_short_answer_stands_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.windows", lambda *_: [])
    found = asked(library, Leaning(named, "three months"), NOTICE)
    assert (found.status, found.kind, found.answer) == ("answered", "short", "three months [1]")


# What it costs


class Costly(Leaning):
    """Adds up what all of its calls read and wrote, and says so of its choices."""

    def __init__(self, kind: str, *said: str) -> None:
        super().__init__(kind, *said)
        self.spent = Usage()
        self.calls: list[str] = []

    def counting(self, total: Usage) -> Costly:
        self.total = total
        return self

    def stream(self, messages: Sequence[Message], usage: Usage, **options: Any) -> Iterator[str]:
        self.calls.append("stream")
        yield from super().stream(messages, usage, **options)
        self.spent.add(usage)

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        self._choose("leanings", messages)
        return super().leanings(messages, words)

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        self._choose("preference", messages)
        return super().preference(messages, one, other)

    def _choose(self, call: str, messages: Sequence[Message]) -> None:
        self.calls.append(call)
        read = sum(self.count_tokens(message.content) for message in messages)
        for total in (self.spent, self.total):
            total.add(Usage(read, read // 2))


@pytest.mark.parametrize(
    ("named", "history", "calls"),
    [
        ("fact", (), {"stream", "leanings", "preference"}),
        ("list", (), {"leanings", "preference"}),
        ("comparison", (), {"stream", "leanings", "preference"}),
        ("fact", ("Who may visit the house?",), {"stream", "leanings", "preference"}),
    ],
)
def test_all_that_is_read_and_written_for_a_question_is_counted(
    library: Library, named: str, history: tuple[str, ...], calls: set[str]
) -> None:
    generator = Costly(named, "three months")
    fakes_of(library).generator = generator
    for _ in range(2):  # the second question does not count the first
        generator.spent = Usage()
        found = library.ask("How long is the notice period for it?", history=[Turn("user", text) for text in history])
        spent = generator.spent
        assert found.tokens == Tokens(spent.prompt, spent.evaluated, spent.completion)
        assert spent.evaluated < spent.prompt
    assert set(generator.calls) == calls


# How likely it is right


@pytest.mark.parametrize("named", ["fact", *KINDS])
def test_an_answer_is_judged_once_with_what_it_is_taken_from(library: Library, named: str) -> None:
    generator = Leaning(named, "three months")
    asked(library, generator, NOTICE)
    [judged] = generator.judged
    assert NOTICE in judged
    assert judged.count("three months") >= 2  # in the text and in the answer


@pytest.mark.parametrize("named", ["fact", "list", "yes"])
def test_what_is_more_surely_right_has_more_confidence(library: Library, named: str) -> None:
    values = [asked(library, Leaning(named, "three months", right=right), NOTICE).confidence for right in (-3, 0, 3)]
    assert values == sorted(set(values), key=float)


@pytest.mark.parametrize("named", ["fact", *KINDS])
@pytest.mark.parametrize(
    ("answered", "shown", "status", "sure"),
    [(0.0, 0.0, "answered", True), (1.0, 0.0, "partial", False), (1.0, 1.0, "not_found", True)],
)
def test_the_status_follows_from_the_confidence(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    answered: float,
    shown: float,
    status: str,
    sure: bool,
) -> None:
    decides(monkeypatch, strict(answered, shown))
    found = asked(library, Leaning(named, "three months"), NOTICE)
    assert (found.status, found.unsure == "") == (status, sure)
    assert (found.citations == ()) == (status == "not_found")
    assert found.passages != ()


def test_an_answer_that_is_not_wholly_covered_stays_partial_for_that_reason(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for judge in (strict(0.0, 0.0), strict(1.0, 0.0)):
        decides(monkeypatch, judge)
        found = asked(library, Leaning("fact", "Otto Bergmann"), NOTICE)
        assert (found.status, found.unsure) == ("partial", "")


def test_not_sure_is_said_in_the_language_of_the_question(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    decides(monkeypatch, strict(1.0, 0.0))
    assert asked(library, Leaning("list")).unsure == get_language("en").sentences.unsure
    german = asked(library, Leaning("list"), "Was soll ein visitor in das house mitbringen, towel und shoes?")
    assert german.unsure == get_language("de").sentences.unsure


def test_every_language_can_say_that_it_is_not_sure() -> None:
    said = [language.sentences.unsure for language in languages() if language.sentences.not_found]
    assert all(said)
    assert len(set(said)) == len(
        {language.sentences.not_found for language in languages() if language.sentences.not_found}
    )
