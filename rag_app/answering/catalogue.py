"""What the program says by itself: to a greeting or thanks, what it can do, and of the documents that the library has.

No model has a part in these answers, and no document is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.answering.proved import Result
from rag_app.asking.meant_document import meant, without_generic
from rag_app.language.language import filled
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag_app.asking.program_question import ProgramFact
    from rag_app.language.language import Language, Sentences
    from rag_app.types import StoredDocument

    Documents = Sequence[StoredDocument]
    Say = Callable[[str, Documents, Sentences], str]

SHOWN = 20  # documents that are named; all are counted


def program_answer(
    question: str, facts: Sequence[ProgramFact], documents: Callable[[], Documents], language: Language
) -> Result:
    """Return what the program says to each of some facts that are asked for.

    Args:
        question: tells which document is meant.
        facts: at least one.
        documents: those that are searched.
        language: of the answer.
    """
    said = language.sentences
    replies: Mapping[ProgramFact, str] = {"thanks": said.welcome, "hello": said.hello, "fine": said.fine}
    asked = [fact for fact in facts if fact not in replies]
    if not asked:
        return Result("answered", next(reply for fact, reply in replies.items() if fact in facts))
    known = documents()
    return Result("answered", "\n".join(_SAYS[fact](question, known, said) for fact in asked))


def _abilities(_: str, documents: Documents, said: Sentences) -> str:
    return filled(said.abilities, documents=_count_of(documents, said))


def _names(question: str, documents: Documents, said: Sentences) -> str:
    return _listed(_group(question, documents), said) if documents else said.no_documents


def _count(question: str, documents: Documents, said: Sentences) -> str:
    asked = _group(question, documents)
    return _listed(asked, said) if len(asked) < len(documents) else f"{_count_of(documents, said)}."


def _pages(question: str, documents: Documents, said: Sentences) -> str:
    if not documents:
        return said.no_documents
    asked = _asked(question, documents)
    if len(asked) > 1:
        return _listed(asked, said, f", {_pages_of(asked, said)}")
    return f"{_name(asked[0])}: {_pages_of(asked, said)}."


def _added(question: str, documents: Documents, said: Sentences) -> str:
    if not documents:
        return said.no_documents
    newest = sorted(_asked(question, documents), key=lambda one: -one.ingested)
    lines = [
        filled(said.added, document=_name(one), added=_day(one.ingested), changed=_day(one.modified))
        for one in newest[:SHOWN]
    ]
    return "\n".join([*lines, *_more(newest, said)])


def _newest(question: str, documents: Documents, said: Sentences) -> str:
    if not documents:
        return said.no_documents
    asked = _group(question, documents)
    newest = max(asked, key=lambda one: one.modified)
    last = max(asked, key=lambda one: one.ingested)
    changed = filled(said.newest, document=_name(newest), changed=_day(newest.modified))
    return f"{changed} {filled(said.last_added, document=_name(last), added=_day(last.ingested))}"


def _longest(question: str, documents: Documents, said: Sentences) -> str:
    """Say which is the longest, or how long the one is that is named."""
    if not documents or len(meant(without_generic(question), documents)) == 1:
        return _pages(question, documents, said)
    longest = max(_group(question, documents), key=lambda one: (one.pages, one.chunks))
    return filled(said.longest, document=_name(longest), pages=_pages_of([longest], said))


_SAYS: Mapping[ProgramFact, Say] = {
    "abilities": _abilities,
    "names": _names,
    "count": _count,
    "pages": _pages,
    "added": _added,
    "newest": _newest,
    "longest": _longest,
}


def _asked(question: str, documents: Documents) -> Documents:
    """Return the documents that a question names; all where it names none."""
    return meant(question, documents) or documents


def _group(question: str, documents: Documents) -> Documents:
    """Return the documents of which a question names several at once, such as the invoices; else all."""
    named = meant(without_generic(question), documents)
    return named if len(named) > 1 else documents


def _listed(documents: Documents, said: Sentences, after: str = "") -> str:
    """Return how many documents there are, and their names with the pages of each."""
    lines = [f"- {_name(one)} ({_pages_of([one], said)})" for one in documents[:SHOWN]]
    return "\n".join([f"{_count_of(documents, said)}{after}:", *lines, *_more(documents, said)])


def _more(documents: Documents, said: Sentences) -> list[str]:
    left = len(documents) - SHOWN
    return [filled(said.more, count=left)] if left > 0 else []


def _count_of(documents: Documents, said: Sentences) -> str:
    return said.one_document if len(documents) == 1 else filled(said.many_documents, count=len(documents))


def _pages_of(documents: Documents, said: Sentences) -> str:
    count = sum(one.pages for one in documents)
    return said.one_page if count == 1 else filled(said.many_pages, count=count)


def _name(document: StoredDocument) -> str:
    return one_line(PurePath(document.path).name)


def _day(seconds: float) -> str:
    """Return a day as every language writes it, in the time of this machine."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().date().isoformat()
