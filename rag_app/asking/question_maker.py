"""Questions about the user's own documents, written by the generator, with answers that stand there word for word."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from prompts import render
from rag_app.evidence.guard import neutral
from rag_app.evidence.injection import shown_name
from rag_app.language.language import languages
from rag_app.language.vocabulary import word_pattern
from rag_app.language.words import words
from rag_app.models.generator import Message, Usage
from rag_app.storage.heading import heading
from rag_app.text import single_spaced
from rag_app.types import MadeQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ingest import Document
    from rag_app.models.generator import Generator

_ANSWER, _QUESTION = "Answer: ", "\nQuestion: "
_TRIES = 4  # passages for each question that is wanted
_LEAST = 80  # characters of a passage that can be asked about
_LONGEST = 80  # characters of an answer
_LONGEST_QUESTION = 200
_LEAST_WORDS = 5  # of a question
_TOKENS = 120


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """Two lines: an answer copied from a text, then a question."""

    text: str  # with single spaces, as `single_spaced` returns it

    def allows(self, written: str, piece: str) -> bool:
        """Tell whether `piece` may follow `written`: answers are parts of the text and end where its words end."""
        whole = written + piece
        if len(whole) <= len(_ANSWER):
            return _ANSWER.startswith(whole)
        if not whole.startswith(_ANSWER):
            return False
        answer, newline, _ = whole[len(_ANSWER) :].partition("\n")
        if not self._is_part(answer, ended=bool(newline)):
            return False
        rest = whole[len(_ANSWER) + len(answer) :]
        if len(rest) <= len(_QUESTION):
            return _QUESTION.startswith(rest)
        question = rest.removeprefix(_QUESTION)
        return rest.startswith(_QUESTION) and "\n" not in question and len(question) <= _LONGEST_QUESTION

    def complete(self, written: str) -> bool:
        """Tell whether it may end after `written`."""
        return self.finished(written)

    def finished(self, written: str) -> bool:
        """Tell whether it must end: the question has its mark."""
        return _QUESTION in written and written.rstrip().endswith("?")

    def _is_part(self, answer: str, *, ended: bool) -> bool:
        if len(answer) > _LONGEST or (answer and not answer.strip()) or (ended and not answer.strip()):
            return False
        pattern = rf"(?<!\w){re.escape(answer)}" + (r"(?!\w)" if ended else "")
        return re.search(pattern, self.text) is not None


def make_questions(
    n: int,
    sizes: Mapping[str, int],
    passage: Callable[[str, int], tuple[int, int]],
    read: Callable[[str], Document],
    generator: Generator,
    seed: int = 0,
) -> Iterator[MadeQuestion]:
    """Yield at most `n` questions about passages chosen at random, each passage at most once.

    Args:
        n: how many; fewer come back where too many passages yield none.
        sizes: how many passages each document has, by its path.
        passage: the span, in the document's text, of a passage given by path and 0-based position.
        read: a path to the document.
        generator: writes them.
        seed: of the choice.
    """
    places = [(path, ordinal) for path, size in sorted(sizes.items()) for ordinal in range(size)]
    random.Random(seed).shuffle(places)
    asked: set[str] = set()
    for path, ordinal in places[: _TRIES * n]:
        if len(asked) == n:
            return
        question = question_about(read(path), *passage(path, ordinal), generator)
        if question and question.question.casefold() not in asked:
            asked.add(question.question.casefold())
            yield question


def question_about(document: Document, start: int, end: int, generator: Generator) -> MadeQuestion | None:
    """Return a question about the passage at `start:end`, or None where the generator writes no usable one."""
    text = single_spaced(document.text[start:end])
    if len(text) < _LEAST:
        return None
    title = heading(document.path, document.title) or PurePath(document.path).stem
    messages = [
        Message("system", render("question_system"), kept=True),
        Message("user", render("question_user", document=shown_name(title), text=neutral(text))),
    ]
    written = "".join(generator.stream(messages, Usage(), max_tokens=_TOKENS, form=QuestionForm(text)))
    first, _, second = written.partition(_QUESTION)
    answer, question = first.removeprefix(_ANSWER).strip(" .,;:"), single_spaced(second)
    page = _page_of(answer, document, start, end)
    if page is None or not _usable(question, answer):
        return None
    return MadeQuestion(question, document.path, page, answer)


def _page_of(answer: str, document: Document, start: int, end: int) -> int | None:
    """Return the page in which the whole answer stands, between `start` and `end`; None where it does not."""
    if not answer:
        return None
    words = r"\s+".join(re.escape(word) for word in answer.split())
    found = re.compile(rf"(?<!\w){words}(?!\w)").search(document.text, start, end)
    if found is None or document.page_at(found.start()) != document.page_at(found.end() - 1):
        return None
    return document.page_at(found.start()).number


def _usable(question: str, answer: str) -> bool:
    """Tell whether a question stands on its own and does not give its answer away."""
    said = words(question)
    told = set(words(answer))
    new = told - set(said)
    return (
        question.endswith("?")
        and len(said) >= _LEAST_WORDS
        and bool(new)
        and (2 * len(new) >= len(told) or any(map(str.isdigit, new)))
        and not _itself().search(question)
    )


@cache
def _itself() -> re.Pattern[str]:
    """Return the pattern of words by which a question speaks of the text that it was made from."""
    return word_pattern(filter(None, (language.questions.itself for language in languages())))
