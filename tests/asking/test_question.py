"""A question that asks nothing is refused in every door alike, and what cannot be seen of one never goes further."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from fakes import ScriptedGenerator, fakes_of, open_library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import Document, Page
from rag_app.asking.question import LONGEST_QUESTION, readable_turns, usable
from rag_app.errors import EmptyQuestion, RagError, UsageError
from rag_app.types import Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from running import Running

    from rag_app.library import Library

MESSAGE = "The question is empty: it has no letter and no digit."
HINT = 'Ask something: rag ask "How long is the notice period?"'

NOTHING = {
    "empty": "",
    "blank": " \t\r\n ",
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
    "NUL": "\x00",
    "controls": "\x1b\x07\x9b\x7f",
    "question mark": "?",
    "two question marks": "¿?",
    "punctuation": "... — !? “” 。",
    "symbols": "+ = € % §",
    "heart": "❤️",
    "family": "👩‍👩‍👧",
    "combining marks": "\u0301\u0308\u20e3",
    "direction marks": "\u202e\u200f\u2066",
    "joiners": "\u200c\u200d",
    "tag characters": "\U000e0061\U000e0062",
    "Hangul filler": "\u3164\u115f",
    "soft hyphen": "\u00ad",
    "line separator": "\u2028\u2029",
}
SOMETHING = {
    "Greek letter and mark": ("π?", "π?"),
    "sum": ("5+5", "5+5"),
    "wide digits": ("１２", "１２"),
    "Hebrew": ("שלום", "שלום"),
    "Chinese": ("什么？", "什么？"),
    "Arabic digit": ("٣", "٣"),
    "number sign": ("Ⅻ", "Ⅻ"),
    "keycap": ("1️⃣", "1\u20e3"),
    "letter between marks": ("\u200b\ufeff?a?\x00", "?a?"),
    "decomposed": ("e\u0301?", "e\u0301?"),
    "lines": ("How\nlong\tis\x0bit?", "How long is it?"),
    "Persian joiner": ("می\u200cخواهم", "می\u200cخواهم"),
    "disguise": ("no\u200btice\u202e period", "notice period"),
}


@pytest.mark.parametrize("question", NOTHING.values(), ids=NOTHING)
def test_a_question_of_nothing_is_refused(question: str) -> None:
    with pytest.raises(EmptyQuestion) as caught:
        usable(question)
    assert (caught.value.message, caught.value.hint) == (MESSAGE, HINT)


@pytest.mark.parametrize(("question", "line"), SOMETHING.values(), ids=SOMETHING)
def test_a_question_of_any_script_is_taken_on_one_line(question: str, line: str) -> None:
    assert usable(question) == line


def test_what_cannot_be_seen_does_not_count_for_the_length() -> None:
    assert usable("\u200b" * 9000 + "x" * LONGEST_QUESTION) == "x" * LONGEST_QUESTION
    with pytest.raises(UsageError, match=r"^The question has 4,001 characters; at most 4,000 can be used\.$"):
        usable("x" * (LONGEST_QUESTION + 1))


def test_turns_are_cleaned_and_those_that_say_nothing_left_out() -> None:
    turns = (Turn("user", "no\x1btice\n period?"), Turn("assistant", "\u200b…"), Turn("assistant", "90\u202e days [1]"))
    assert readable_turns(turns) == (Turn("user", "notice period?"), Turn("assistant", "90 days [1]"))


# Every door of Python

DOORS: dict[str, Callable[[Library, str], Any]] = {
    "search": lambda library, question: library.search(question),
    "keyword search": lambda library, question: library.search(question, mode="keyword", rerank=False),
    "search_result": lambda library, question: library.search_result(question),
    "ask": lambda library, question: library.ask(question),
    "stream": lambda library, question: next(library.stream(question)),
    "asearch": lambda library, question: asyncio.run(library.asearch(question)),
    "aask": lambda library, question: asyncio.run(library.aask(question)),
    "runnable": lambda library, question: library.as_runnable().invoke(question),
    "runnable with a history": lambda library, question: library.as_runnable().invoke(
        {"question": question, "history": [("user", "How long is the notice period?")]}
    ),
    "runnable's stream": lambda library, question: next(library.as_runnable().stream(question)),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("question", ["", "\u200b", "?", "❤️"], ids=ascii)
def test_every_door_refuses_it_before_a_model_is_loaded(
    library: Library, door: Callable[[Library, str], Any], question: str
) -> None:
    loaded = fakes_of(library)
    loaded.embedder = loaded.reranker = loaded.generator = None  # to ask for one here would be ModelMissing
    with pytest.raises(EmptyQuestion) as caught:
        door(library, question)
    assert (caught.value.message, caught.value.hint) == (MESSAGE, HINT)


@pytest.mark.parametrize("question", ["", "\u200b", "?", "❤️"], ids=ascii)
def test_a_retriever_refuses_it_with_the_same_words(library: Library, question: str) -> None:
    retriever = library.as_retriever()
    with pytest.raises(EmptyQuestion) as caught:
        retriever.invoke(question)
    with pytest.raises(EmptyQuestion):
        asyncio.run(retriever.ainvoke(question))
    assert (caught.value.message, caught.value.hint) == (MESSAGE, HINT)


def test_a_retriever_searches_for_what_can_be_seen(library: Library) -> None:
    found, plain = (library.as_retriever().invoke(text) for text in ("no\u200btice\nperiod\x00", "notice period"))
    assert found == plain


def test_a_tool_tells_its_agent_the_same(library: Library) -> None:
    message = library.as_tool().invoke(
        {"type": "tool_call", "id": "1", "name": "ask_documents", "args": {"question": "?"}}
    )
    assert (message.status, message.content) == ("error", f"{MESSAGE} {HINT}")


# HTTP


@pytest.mark.parametrize("question", NOTHING.values(), ids=NOTHING)
def test_the_server_refuses_it_in_every_route_with_one_code(served: Running, question: str) -> None:
    refused = {"error": {"message": MESSAGE, "type": "invalid_request_error", "code": "empty_question"}}
    answers = [
        served.ask(question),
        served.ask(question, stream=True),
        *(served.client.post("/v1/search", json={name: question}) for name in ("question", "query")),
        *(served.client.post("/v1/responses", json={"input": question, "stream": stream}) for stream in (False, True)),
    ]
    assert [answer.status_code for answer in answers] == [400] * 6
    assert [answer.json() for answer in answers] == [refused] * 6


# What goes further


def unseen(text: str) -> list[str]:
    """Return the control and hiding characters of a text; lines of a prompt may end."""
    return [
        character
        for character in text
        if character != "\n"
        and (unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in "\u200b\u202e\u2066\ufeff")
    ]


ROUGH = st.text(
    st.sampled_from("ab 7\x00\x07\x1b\x9b\x7f\x85\r\n\t\x0b\f\u2028\u200b\u202e\u2066\ufeff\u200d.:"), max_size=40
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROUGH, ROUGH, ROUGH)
def test_no_control_character_reaches_a_prompt_or_an_answer(tmp_path: Path, one: str, two: str, three: str) -> None:
    text = f"{one}The notice{two} period is\x1b three months{three}.\nSystem\u200b: {two}"
    document = Document(f"/n{three}.txt".replace("\0", ""), f"Lease{one}", (Page(1, "1", text),))
    with open_library(tmp_path) as library:
        library.remove([stored.path for stored in library.documents()])
        library.add([document])
        fakes_of(library).generator = generator = ScriptedGenerator()
        turns = [Turn("user", f"Who is{one} the tenant?"), Turn("assistant", f"Anna{two} Lind{three}")]
        answers = [
            library.ask(f"How long{two} is the notice{one} period?"),
            library.ask(f"And how long is it{three} there?", history=turns),
            library.ask(f"Which documents mention{one} notice?"),
        ]
    prompts = [message.content for prompt in generator.prompts for message in prompt]
    assert prompts
    for said in [*prompts, *(answer.answer for answer in answers), *(answer.standalone_question for answer in answers)]:
        assert unseen(said) == [], ascii(said)


def test_the_refusal_is_a_problem_that_the_user_can_act_on() -> None:
    assert isinstance(EmptyQuestion(), UsageError)
    assert isinstance(EmptyQuestion(), RagError)
