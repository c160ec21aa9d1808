"""Which documents a question means, by the words of their file names and titles that stand in it."""

from __future__ import annotations

from functools import cache
from math import log
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import every
from rag_app.language.words import among, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import StoredDocument


def name_words(path: str, title: str) -> list[str]:
    """Return the words of a document's file name and title that say something."""
    return [word for word in words(f"{stem(PurePath(path))} {title}") if word not in STOP_WORDS]


def meant(question: str, documents: Sequence[StoredDocument]) -> list[StoredDocument]:
    """Return the documents that a question names most; none where it names none.

    A file name written out wins over all else. Else a word counts the more the fewer documents have it in their name.
    """
    asked = question.casefold()
    written = [one for one in documents if any(PurePath(path).name.casefold() in asked for path in _paths(one))]
    if written:
        return written
    names = {one.path: [w for path in _paths(one) for w in name_words(path, one.title)] for one in documents}
    told = [word for word in words(question) if word not in STOP_WORDS]
    having = {word: {path for path, name in names.items() if among(word, name)} for word in dict.fromkeys(told)}
    worth = dict.fromkeys(names, 0.0)
    for paths in having.values():
        for path in paths:
            worth[path] += log(1 + len(documents) / len(paths))
    most = max(worth.values(), default=0.0)
    if not most:
        return []
    return [one for one in documents if worth[one.path] == most]


def without_generic(question: str) -> str:
    """Return the words of a question but for "document" and the like, which say of no document which it is."""
    return " ".join(word for word in words(question) if word not in generic_words())


@cache
def generic_words() -> frozenset[str]:
    """Return the words of all languages for a document as such."""
    return every(lambda language: language.kinds.generic)


def _paths(document: StoredDocument) -> Sequence[str]:
    return document.paths or (document.path,)
